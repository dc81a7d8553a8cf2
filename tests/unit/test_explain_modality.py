import numpy as np
import pytest
import torch
from explaining import head_for

from gatedclip.errors import DataError
from gatedclip.explain.modality import as_long_as, crossings, disagree, drawn, gate_sweep, ledger, picture_shares, shapley
from gatedclip.model.heads import Head, HeadOutput, make_head


class Product(Head):
    """margin = picture · words, one number each: nothing but interaction."""

    kind = "gated"

    def __init__(self) -> None:
        super().__init__(1, 1, "raw")
        self.one = torch.nn.Parameter(torch.ones(()))

    def halves(self, picture, words):
        return picture, words

    def join(self, h_i, h_t, gate=None):
        margin = self.one * h_i * h_t
        return HeadOutput(torch.cat([0 * margin, margin], dim=1), torch.full((len(margin),), 0.5), h_i, h_t, margin)


def column(*values: float) -> torch.Tensor:
    return torch.tensor(values)[:, None]


def random_vectors(n: int, width: int = 16, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, width, generator=torch.Generator().manual_seed(seed))


def test_a_product_is_split_as_on_paper():
    """f(I,T) = 3·2 = 6; without words 3·mean(0, 1) = 1.5; without picture 2·mean(0, 2) = 2; neither mean(0·0, 2·1) = 1."""
    shares = shapley(Product().eval(), column(3.0), column(2.0), column(0.0, 2.0), column(0.0, 1.0))
    assert shares.margin == pytest.approx(6)
    assert shares.base == pytest.approx(1)
    assert shares.picture == pytest.approx(((1.5 - 1) + (6 - 2)) / 2)
    assert shares.words == pytest.approx(((2 - 1) + (6 - 1.5)) / 2)
    assert shares.interaction == pytest.approx(6 - 1.5 - 2 + 1)
    # picture against each reference: (0-0+6-0)/2 = 3 and (3-2+6-4)/2 = 1.5; words: (0-0+6-0)/2 = 3 and (4-2+6-3)/2 = 2.5
    assert shares.standard_error == pytest.approx(np.std([3, 1.5], ddof=1) / 2**0.5)


def test_an_additive_head_has_no_interaction():
    head = make_head("mean", 1, 1, "raw").eval()
    with torch.no_grad():
        head.classify.weight.copy_(column(0.0, 4.0))  # margin = 4·(picture + words)/2
    shares = shapley(head, column(5.0), column(-1.0), column(1.0, 3.0), column(2.0, 2.0))
    assert (shares.picture, shares.words, shares.interaction, shares.base, shares.margin) == pytest.approx((6, -6, 0, 8, 8))


@pytest.mark.parametrize("kind", ["gated", "mean", "picture", "words"])
def test_shares_add_up_to_what_the_meme_changes(tiny_encoder, kind):
    head = head_for(tiny_encoder, kind)
    shares = shapley(head, random_vectors(1), random_vectors(1, seed=1), random_vectors(64, seed=2), random_vectors(64, seed=3))
    change = shares.margin - shares.base
    assert abs(change) > 1e-3
    assert shares.picture + shares.words == pytest.approx(change, abs=1e-9)
    assert shares.picture_alone + shares.words_alone + shares.interaction == pytest.approx(change, abs=1e-9)
    assert (shares.picture == 0) == (kind == "words")
    assert (shares.words == 0) == (kind == "picture")


def test_swapping_the_roles_swaps_the_shares():
    one = shapley(Product().eval(), column(3.0), column(2.0), column(0.0, 2.0), column(0.0, 1.0))
    other = shapley(Product().eval(), column(2.0), column(3.0), column(0.0, 1.0), column(0.0, 2.0))
    assert (one.picture, one.words, one.interaction) == pytest.approx((other.words, other.picture, other.interaction))


def test_the_gate_can_be_split_too(tiny_encoder):
    head, picture, words = head_for(tiny_encoder), random_vectors(1), random_vectors(1, seed=1)
    shares = shapley(head, picture, words, random_vectors(8, seed=2), random_vectors(8, seed=3), target="gate")
    assert torch.tensor(shares.margin).sigmoid() == pytest.approx(head(picture, words).gate.item(), abs=1e-6)


@pytest.mark.parametrize("kind", ["gated", "mean", "picture", "words"])
def test_the_shares_of_many_memes_are_those_of_each(tiny_encoder, kind):
    head, many = head_for(tiny_encoder, kind), (random_vectors(5), random_vectors(5, seed=1))
    references = random_vectors(16, seed=2), random_vectors(16, seed=3)
    one_by_one = [shapley(head, *(v[n : n + 1] for v in many), *references).picture_share for n in range(5)]
    assert picture_shares(head, *many, *references, at_once=2) == pytest.approx(one_by_one, abs=1e-5)


def test_a_meme_that_moves_nothing_owes_half_to_each_half():
    nothing = torch.zeros(1, 1)
    assert picture_shares(Product().eval(), nothing, nothing, column(0.0, 0.0), column(0.0, 0.0)).tolist() == [0.5]


def test_reference_memes_are_drawn_whole_each_once_and_always_the_same():
    rows = torch.arange(100.0)[:, None]
    once, again = drawn(rows, 60)[:, 0].tolist(), drawn(-rows, 60)[:, 0].tolist()
    assert once == sorted(set(once))
    assert len(once) == 60
    assert again == [-n for n in once]  # a picture stays with its words
    assert np.ptp(np.diff(once)) > 0  # not every nth
    assert drawn(column(0, 1), 512)[:, 0].tolist() == [0, 1]


def test_references_without_a_length_get_the_mean_length_of_the_memes():
    assert as_long_as(column(2.0, -4.0), column(1.0, -0.1)).tolist() == [[3], [-3]]


def test_fewer_than_two_references_are_refused(tiny_encoder):
    head, v = head_for(tiny_encoder), random_vectors(1)
    with pytest.raises(DataError, match="at least 2; there are 1 and 1"):
        shapley(head, v, v, v, v)


def test_a_sweep_runs_from_pure_words_to_pure_picture_through_the_heads_own_gate(tiny_encoder):
    head, picture, words = head_for(tiny_encoder), random_vectors(1), random_vectors(1, seed=1)
    sweep, out = gate_sweep(head, picture, words), head(picture, words)
    assert sweep.shape == (101,)
    by_words, by_picture = (head.classify(h).softmax(1)[0, 1].item() for h in (out.words, out.picture))
    assert (sweep[0], sweep[-1]) == pytest.approx((by_words, by_picture), abs=1e-6)
    assert abs(by_words - by_picture) > 1e-3
    own = np.interp(out.gate.item(), np.linspace(0, 1, 101), sweep)
    assert own == pytest.approx(out.probability.item(), abs=1e-3)


def test_the_decision_flips_where_the_sweep_crosses_the_threshold():
    assert crossings(np.array([0.2, 0.6, 0.8]), 0.5) == pytest.approx([0.375])
    assert crossings(np.array([0.9, 0.1, 0.5]), 0.5) == pytest.approx([0.25, 1.0])
    assert crossings(np.array([0.6, 0.7]), 0.5) == []


# --- the ledger -----------------------------------------------------------------------------------------------------


def test_the_ledger_of_a_product_is_as_on_paper():
    """f(I,T) = 3·2; references (0, 0) and (2, 1): without the picture 2·0 and 2·2, without the words 3·0 and 3·1."""
    told = ledger(Product().eval(), column(3.0), column(2.0), column(0.0, 2.0), column(0.0, 1.0))

    def p(margin: float) -> float:
        return 1 / (1 + np.exp(-margin))

    # a raw head reads lengths, so references become 3·sign for pictures and 2·sign for words: (0, 0) and (3, 2)
    assert told.without_picture == pytest.approx((p(0) + p(6)) / 2)
    assert told.without_words == pytest.approx((p(0) + p(6)) / 2)
    assert told.probability == pytest.approx(p(6))
    assert told.references == 2
    assert told.gate_logit is None
    assert not told.disagrees
    assert "length of this meme's own" in told.note


@pytest.mark.parametrize("kind", ["gated", "mean", "picture", "words"])
def test_the_ledger_adds_up_and_says_what_the_head_says(tiny_encoder, kind):
    head, picture, words = head_for(tiny_encoder, kind), random_vectors(1), random_vectors(1, seed=1)
    told = ledger(head, picture, words, random_vectors(600, seed=2), random_vectors(600, seed=3))
    out = head(picture, words)
    assert (told.gate, told.share, told.probability) == pytest.approx(
        (out.gate.item(), out.share.item(), out.probability.item()), abs=1e-6
    )
    for shares in filter(None, (told.margin, told.gate_logit)):
        assert shares.picture + shares.words == pytest.approx(shares.margin - shares.base, abs=1e-5)
    assert (told.gate_logit is not None) == (kind == "gated")
    assert told.references == 512
    assert told.sentence.endswith(".")
    assert told.note == ""
    if kind == "picture":
        assert told.without_words == pytest.approx(told.probability, abs=1e-6)
        assert told.margin.picture_share == 1


def test_unit_references_stand_for_the_memes_they_came_from(tiny_encoder):
    head, picture, words = head_for(tiny_encoder), random_vectors(1), random_vectors(1, seed=1)
    raw = random_vectors(64, seed=2), random_vectors(64, seed=3)
    unit = [torch.nn.functional.normalize(v, dim=1) for v in raw]
    assert ledger(head, picture, words, *raw).margin.picture == pytest.approx(
        ledger(head, picture, words, *unit).margin.picture, abs=1e-5
    )


@pytest.mark.parametrize(
    ("gate", "share", "flagged"), [(0.9, 0.8, False), (0.7, 0.3, True), (0.3, 0.7, True), (0.55, 0.45, False), (0.9, 0.55, False)]
)
def test_gate_and_shapley_disagree_only_on_different_sides_and_well_apart(gate, share, flagged):
    assert disagree(gate, share) == flagged
    assert disagree(np.array([gate]), np.array([share])).tolist() == [flagged]
