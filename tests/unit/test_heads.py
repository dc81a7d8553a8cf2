"""The heads against the paper: parameters counted by hand, fusion at its ends, loss terms worked out on paper."""

import math

import pytest
import torch

from gatedclip.config import TrainConfig
from gatedclip.errors import ConfigError
from gatedclip.model.heads import HEADS, GatedCLIP, HeadOutput, MeanBaseline, alignment_loss, loss, make_head

B, D = 5, 12


@pytest.fixture
def pair():
    torch.manual_seed(3)
    return torch.randn(B, D), torch.randn(B, D)


@pytest.fixture
def gated():
    torch.manual_seed(4)
    return GatedCLIP(D, D, "unit").eval()


def count(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def output(**changes) -> HeadOutput:
    parts = {
        "logits": torch.zeros(2, 2),
        "gate": torch.full((2,), 0.5),
        "picture": torch.ones(2, 3),
        "words": torch.ones(2, 3),
        "fused": torch.ones(2, 3),
    }
    return HeadOutput(**{**parts, **changes})


# --- parameters ---------------------------------------------------------------------------------------------------


def test_each_part_of_gatedclip_has_the_parameters_worked_out_by_hand():
    head = GatedCLIP(512, 512)
    projection = (512 * 256 + 256) + (256 * 128 + 128)
    assert count(head.project_picture) == count(head.project_words) == projection == 164_224
    assert count(head.gate) == (256 * 64 + 64) + (64 * 1 + 1) == 16_448 + 65
    assert count(head.classify) == (128 * 64 + 64) + (64 * 2 + 2) == 8_256 + 130


def test_gatedclip_trains_353347_parameters_and_the_baseline_1024():
    assert GatedCLIP(512, 512).trained_parameters == 2 * 164_224 + 16_513 + 8_386 == 353_347
    assert MeanBaseline(512, 512).trained_parameters == 512 * 2 == 1_024


def test_towers_of_two_widths_are_taken():
    head = GatedCLIP(1024, 768)
    assert head.trained_parameters - GatedCLIP(512, 512).trained_parameters == (1024 - 512 + 768 - 512) * 256
    assert head(torch.randn(2, 1024), torch.randn(2, 768)).logits.shape == (2, 2)


def test_every_kind_can_be_made_and_answers_alike():
    for kind in HEADS:
        out = make_head(kind, D, D).eval()(torch.randn(B, D), torch.randn(B, D))
        assert (out.logits.shape, out.gate.shape, out.probability.shape) == ((B, 2), (B,), (B,))


# --- fusion and gate ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("g", "mixture"), [(1.0, (1, 0)), (0.0, (0, 1)), (0.5, (0.5, 0.5))])
def test_fusion_is_the_picture_at_1_the_words_at_0_and_their_mean_halfway(gated, pair, g, mixture):
    out = gated(*pair, gate=torch.full((B,), g))
    expected = mixture[0] * out.picture + mixture[1] * out.words
    assert torch.equal(out.fused, expected)
    assert torch.equal(out.logits, gated.classify(expected))


def test_a_meme_s_own_gate_given_back_changes_nothing(gated, pair):
    free = gated(*pair)
    assert torch.equal(gated(*pair, gate=free.gate).logits, free.logits)


def test_the_gate_stays_between_0_and_1_however_large_the_inputs(gated):
    out = GatedCLIP(D, D, "raw").eval()(torch.randn(200, D) * 1e4, torch.randn(200, D) * 1e4)
    assert ((out.gate >= 0) & (out.gate <= 1)).all()
    usual = gated(torch.randn(200, D), torch.randn(200, D)).gate
    assert ((usual > 0) & (usual < 1)).all()


def test_the_gate_is_the_sigmoid_of_its_logit(gated, pair):
    out = gated(*pair)
    assert torch.equal(out.gate, gated.gate_logit(out.picture, out.words).sigmoid())


def test_projections_are_never_negative(gated, pair):
    out = gated(*pair)
    assert (out.picture >= 0).all()
    assert (out.words >= 0).all()


# --- baselines ----------------------------------------------------------------------------------------------------


def test_the_mean_baseline_is_additive_in_picture_and_words(pair):
    head = MeanBaseline(D, D, "unit").eval()
    a, b, c, d = *pair, *(v.flip(0) for v in pair)
    cross = head(a, b).margin - head(a, d).margin - head(c, b).margin + head(c, d).margin
    assert torch.allclose(cross, torch.zeros(B), atol=1e-6)


def test_the_mean_baseline_refuses_two_widths_by_name():
    with pytest.raises(ConfigError, match="1024 and 768"):
        MeanBaseline(1024, 768)


@pytest.mark.parametrize(("kind", "blind_to", "gate"), [("picture", 1, 1.0), ("words", 0, 0.0)])
def test_a_head_of_one_modality_never_looks_at_the_other(pair, kind, blind_to, gate):
    head = make_head(kind, D, D).eval()
    changed = list(pair)
    changed[blind_to] = torch.randn(B, D)
    assert torch.equal(head(*pair).logits, head(*changed).logits)
    assert head(*pair).gate.tolist() == [gate] * B


# --- what an output says of itself --------------------------------------------------------------------------------


def test_probability_is_the_softmax_over_both_logits(gated, pair):
    out = gated(*pair)
    assert torch.allclose(out.probability, out.logits.softmax(dim=1)[:, 1], atol=1e-6)


def test_the_share_weighs_the_gate_by_the_norms():
    # |h_I| = 3, |h_T| = 1, g = 1/2: 1.5 / (1.5 + 0.5)
    out = output(picture=torch.tensor([[3.0, 0], [0, 0]]), words=torch.tensor([[0, 1.0], [0, 0]]), gate=torch.tensor([0.5, 0.3]))
    assert out.share.tolist() == pytest.approx([0.75, 0.3])  # both empty: the gate itself


# --- input scale --------------------------------------------------------------------------------------------------


def test_standardised_inputs_have_mean_0_and_deviation_1_on_the_training_memes():
    head = make_head("gated", D, D, "standardise")
    v = torch.randn(300, D) * 7 + 2
    head.scale_picture.fit(v)
    scaled = head.scale_picture(v)
    assert torch.allclose(scaled.mean(0), torch.zeros(D), atol=1e-5)
    assert torch.allclose(scaled.std(0), torch.ones(D), atol=1e-4)


def test_unit_inputs_have_length_1_and_raw_ones_are_untouched():
    v = torch.tensor([[3.0, 4.0]])
    assert make_head("gated", 2, 2, "unit").scale_words(v).tolist() == [[pytest.approx(0.6), pytest.approx(0.8)]]
    assert torch.equal(make_head("gated", 2, 2, "raw").scale_words(v), v)


def test_a_feature_that_never_varies_does_not_divide_by_zero():
    head = make_head("gated", 2, 2, "standardise")
    head.scale_picture.fit(torch.tensor([[1.0, 0.0], [2.0, 0.0]]))
    assert torch.isfinite(head.scale_picture(torch.tensor([[5.0, 1.0]]))).all()


# --- loss ---------------------------------------------------------------------------------------------------------


def test_equal_logits_cost_ln_2():
    value = loss(output(), torch.tensor([0.0, 1.0]), torch.ones(2), alignment=0.0)
    assert float(value) == pytest.approx(math.log(2))


def test_cross_entropy_is_weighted_by_meme():
    # logits (0, ln 3): p = 3/4. First meme hateful, cost ln(4/3), weight 3; second benign, cost ln 4, weight 1.
    out = output(logits=torch.tensor([[0.0, math.log(3)]] * 2))
    value = loss(out, torch.tensor([1.0, 0.0]), torch.tensor([3.0, 1.0]), alignment=0.0)
    assert float(value) == pytest.approx((3 * math.log(4 / 3) + math.log(4)) / 4)


def test_a_soft_target_costs_its_mixture():
    out = output(logits=torch.tensor([[0.0, math.log(3)]] * 2))
    value = loss(out, torch.tensor([0.25, 0.25]), torch.ones(2), alignment=0.0)
    assert float(value) == pytest.approx(0.25 * math.log(4 / 3) + 0.75 * math.log(4))


def test_alignment_is_0_for_one_direction_1_for_orthogonal_ones():
    same = output(picture=torch.tensor([[1.0, 0], [2, 2]]), words=torch.tensor([[5.0, 0], [1, 1]]))
    apart = output(picture=torch.tensor([[1.0, 0], [0, 2]]), words=torch.tensor([[0.0, 3], [4, 0]]))
    assert float(alignment_loss(same)) == pytest.approx(0.0, abs=1e-6)
    assert float(alignment_loss(apart)) == pytest.approx(1.0)


def test_alignment_enters_the_loss_with_its_weight():
    apart = output(picture=torch.tensor([[1.0, 0], [0, 2]]), words=torch.tensor([[0.0, 3], [4, 0]]))
    value = loss(apart, torch.tensor([0.0, 1.0]), torch.ones(2), alignment=0.01)
    assert float(value) == pytest.approx(math.log(2) + 0.01)


def test_alignment_of_empty_projections_is_finite_with_finite_gradients():
    nothing = torch.zeros(2, 3, requires_grad=True)
    value = alignment_loss(output(picture=nothing, words=torch.ones(2, 3)))
    value.backward()
    assert float(value.detach()) == 1.0
    assert torch.isfinite(nothing.grad).all()


# --- presets ------------------------------------------------------------------------------------------------------


def test_the_paper_preset_is_the_paper_s_recipe():
    paper = TrainConfig.preset("paper")
    said = {
        "head": "gated", "input_scale": "unit", "resize": "crop", "flip": 0.5, "threshold": "half", "epochs": 20, "batch": 32,
        "learning_rate": 1e-4, "weight_decay": 0.01, "warmup": 2, "patience": 7, "clip_norm": 1.0, "alignment": 0.01,
        "gate_hold": 0,
    }  # fmt: skip
    assert {name: getattr(paper, name) for name in said} == said


def test_a_training_option_out_of_range_is_refused_with_its_range():
    with pytest.raises(ConfigError, match=r"flip is 1.5; it must lie between 0 and 1"):
        TrainConfig(flip=1.5)
    with pytest.raises(ConfigError, match="Unknown training options: lr"):
        TrainConfig.from_dict({"lr": 1})
    with pytest.raises(ConfigError, match="'huge'; it must be one of 'tuned', 'paper'"):
        TrainConfig.preset("huge")  # type: ignore[arg-type]
