"""Heads trained at once: the same forward, the same recipe, their own samples; and doubt split into its two parts."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from test_train import D, together

from gatedclip.config import TrainConfig
from gatedclip.errors import DataError
from gatedclip.learn.committee import (
    CheapDropout,
    deal,
    disagreement,
    fit_committee,
    fit_ensemble,
    fit_together,
    stack,
)
from gatedclip.learn.train import Examples, fit
from gatedclip.model.heads import Ensemble, loss, make_head

QUICK = TrainConfig(epochs=8, patience=8, warmup=1, learning_rate=3e-3, gate_hold=1)


@pytest.fixture(scope="module")
def data() -> tuple[Examples, Examples]:
    return together(400, 1), together(80, 2)


@pytest.fixture(scope="module")
def committee(data):
    return fit_committee(*data, QUICK, members=3)


def weights(head) -> list[torch.Tensor]:
    return list(head.state_dict().values())


# --- doubt --------------------------------------------------------------------------------------------------------


def test_members_that_contradict_each_other_are_one_bit_of_model_doubt():
    found = disagreement(np.array([[0.0, 0.5, 1.0], [1.0, 0.5, 1.0]]))
    assert found.epistemic == pytest.approx([1, 0, 0], abs=1e-9)
    assert found.aleatoric == pytest.approx([0, 1, 0], abs=1e-9)
    assert found.probability.tolist() == [0.5, 0.5, 1.0]


def test_half_a_contradiction_is_split_as_on_paper():
    # H(0.5) = 1; the mean of H(0.25) and H(0.75), which are both 0.811278 bits
    found = disagreement(np.array([[0.25], [0.75]]))
    assert found.aleatoric[0] == pytest.approx(0.8112781, abs=1e-6)
    assert found.epistemic[0] == pytest.approx(1 - 0.8112781, abs=1e-6)


@given(st.lists(st.lists(st.floats(0, 1), min_size=4, max_size=4), min_size=2, max_size=6))
def test_both_parts_of_doubt_lie_in_0_to_1_and_so_does_their_sum(rows):
    found = disagreement(np.array(rows))
    for part in (found.epistemic, found.aleatoric, found.total):
        assert ((part >= 0) & (part <= 1 + 1e-9)).all()


def test_one_head_alone_is_refused_as_a_committee(data):
    with pytest.raises(DataError, match="cannot disagree"):
        fit_committee(*data, QUICK, members=1)
    with pytest.raises(DataError, match="no committee's"):
        disagreement(np.zeros((1, 4)))


# --- at once ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["gated", "mean", "picture", "words"])
def test_a_stack_says_and_learns_what_each_head_does_alone(kind):
    torch.manual_seed(0)
    heads = [make_head(kind, D, D, "raw").eval() for _ in range(3)]
    picture, words, hateful = torch.randn(3, 5, D), torch.randn(3, 5, D), (torch.rand(3, 5) > 0.5).float()
    stacked = stack(heads).eval()
    at_once = loss(stacked(picture, words), hateful, torch.ones(3, 5), 0.01)
    alone = torch.stack(
        [loss(h(p, w), y, torch.ones(5), 0.01) for h, p, w, y in zip(heads, picture, words, hateful, strict=True)]
    )
    assert at_once.tolist() == pytest.approx(alone.tolist(), abs=1e-6)
    at_once.sum().backward()
    alone.sum().backward()
    found = dict(stacked.named_parameters())
    for k, head in enumerate(heads):
        for name, p in head.named_parameters():
            other = found[name].grad[k]
            assert torch.allclose(other.t() if name.endswith("weight") else other[0], p.grad, atol=1e-6)


def test_the_dropout_of_a_stack_drops_its_share_and_keeps_the_mean():
    torch.manual_seed(0)
    out = CheapDropout(0.3).train()(torch.ones(100_001))
    assert out.unique().tolist() == pytest.approx([0.0, 1 / 0.7])
    assert float((out == 0).float().mean()) == pytest.approx(0.3, abs=0.006)
    assert torch.equal(CheapDropout(0.3).eval()(out), out)


def test_a_committee_learns_what_only_both_halves_tell(committee, data):
    assert [one.validation.auroc.value > 0.9 for one in committee.fits] == [True] * 3


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(committee, data):
    again, other = fit_committee(*data, QUICK, members=3), fit_committee(*data, TrainConfig(**{**QUICK.to_dict(), "seed": 7}), 3)
    for one, same, different in zip(committee.fits, again.fits, other.fits, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(weights(one.head), weights(same.head), strict=True))
        assert not torch.equal(one.head.classify[0].weight, different.head.classify[0].weight)


def test_a_member_serves_as_the_validation_figures_say(committee, data):
    for one in committee.fits:
        kept = one.epochs[one.best - 1]
        assert one.validation.auroc.value == pytest.approx(kept.auroc, abs=1e-6)
        assert kept.auroc == max(epoch.auroc for epoch in one.epochs)


def test_without_chance_a_member_learns_exactly_what_the_same_recipe_alone_does(data):
    # the mean baseline drops nothing out, and one batch of all memes has no order
    config = TrainConfig(head="mean", epochs=6, patience=6, warmup=1, batch=400, learning_rate=0.1, clip_norm=0.05)
    alone, rows = fit(*data, config), torch.arange(400).expand(3, -1)
    at_once = fit_together(*data, config, rows)[0]
    assert at_once.best == alone.best
    assert torch.allclose(at_once.head.classify.weight, alone.head.classify.weight, atol=1e-5)
    for one, other in zip(at_once.epochs, alone.epochs, strict=True):
        assert (one.loss, one.auroc) == pytest.approx((other.loss, other.auroc), abs=1e-5)


def test_members_may_be_told_different_labels(data):
    train, validation = data
    rows = torch.arange(len(train)).expand(2, -1)
    told = torch.stack([train.hateful, 1 - train.hateful])
    right, wrong = fit_together(train, validation, QUICK, rows, hateful=told, keep=8)
    assert right.validation.auroc.value > 0.9
    assert wrong.validation.auroc.value < 0.1


def test_a_fixed_epoch_is_kept_whatever_validation_says(data):
    fits = fit_together(*data, QUICK, torch.arange(len(data[0])).expand(2, -1), keep=2)
    assert [(one.best, len(one.epochs)) for one in fits] == [(2, 2), (2, 2)]


def test_one_class_alone_is_refused_with_the_member_s_number(data):
    train, validation = data
    rows = torch.stack([torch.arange(len(train)), torch.arange(len(train))])
    with pytest.raises(DataError, match="member 2"):
        fit_together(train, validation, QUICK, rows, hateful=torch.stack([train.hateful, torch.zeros(len(train))]))


# --- folds --------------------------------------------------------------------------------------------------------


@given(
    st.lists(st.sampled_from(["", "a", "b", "c", "d", "e", "f"]), min_size=1, max_size=40), st.integers(2, 5), st.integers(0, 99)
)
def test_families_are_dealt_whole(families, members, seed):
    fold = deal(families, members, seed)
    assert ((fold >= 0) & (fold < members)).all()
    for name in set(families) - {""}:
        assert len({int(f) for f, own in zip(fold, families, strict=True) if own == name}) == 1


def test_memes_alone_are_dealt_into_folds_of_equal_size():
    assert np.bincount(deal([""] * 20, 5, 0)).tolist() == [4] * 5


def test_what_a_member_was_kept_from_does_not_reach_it(data):
    train, validation = data
    folds = np.concatenate([np.full(390, -1), np.zeros(10, dtype=int)])
    lied = Examples(train.picture, train.words, torch.cat([train.hateful[:390], 1 - train.hateful[390:]]))
    honest, poisoned = (fit_committee(one, validation, QUICK, 2, folds) for one in (train, lied))
    first, second = zip(honest.fits, poisoned.fits, strict=True)
    assert all(torch.equal(a, b) for a, b in zip(*(weights(one.head) for one in first), strict=True))
    assert not torch.equal(*(one.head.classify[0].weight for one in second))
    said = honest.out_of_fold(train.picture[390:], train.words[390:], folds[390:])
    assert said == pytest.approx(honest.probabilities(train.picture[390:], train.words[390:])[0])
    with pytest.raises(DataError, match="learned by every member"):
        honest.out_of_fold(train.picture, train.words, folds)


# --- ensembles ----------------------------------------------------------------------------------------------------


def test_an_ensemble_averages_logits_and_gates_of_its_members_in_one_forward():
    torch.manual_seed(0)
    head = make_head("ensemble", D, D, members=3).eval()
    picture, words = torch.randn(4, D), torch.randn(4, D)
    out, each = head(picture, words), [member(picture, words) for member in head.members]
    assert torch.allclose(out.margin, torch.stack([one.margin for one in each]).mean(0), atol=1e-6)
    assert torch.allclose(out.gate, torch.stack([one.gate for one in each]).mean(0))
    assert out.fused.shape == (4, 3 * each[0].fused.shape[1])
    assert torch.allclose(head.gate_logit(*head.halves(picture, words)).sigmoid(), out.gate, atol=1e-6)


def test_an_ensemble_s_gate_can_be_asked_what_if():
    head = make_head("ensemble", D, D, members=2).eval()
    picture, words = torch.randn(4, D), torch.randn(4, D)
    shut = head(picture, words, torch.zeros(4))
    assert torch.equal(shut.gate, torch.zeros(4))
    assert torch.allclose(shut.logits, head(torch.randn(4, D), words, torch.zeros(4)).logits, atol=1e-6)


def test_an_ensemble_counts_the_weights_of_all_its_members():
    assert make_head("ensemble", 512, 512, members=5).trained_parameters == 5 * 353_347


def test_the_ensemble_kind_is_trained_by_the_same_call_as_any_head(data):
    config = TrainConfig(**{**QUICK.to_dict(), "head": "ensemble", "members": 2})
    one = fit(*data, config)
    assert isinstance(one.head, Ensemble)
    assert len(one.head.members) == 2
    assert one.epochs[one.best - 1].auroc == pytest.approx(one.validation.auroc.value, abs=1e-6)
    same = fit_ensemble(*data, config)
    assert all(torch.equal(a, b) for a, b in zip(weights(one.head), weights(same.head), strict=True))
