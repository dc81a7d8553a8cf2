"""Figures of a head, against scikit-learn and against cases worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from gatedclip.errors import DataError
from gatedclip.model.metrics import (
    RESAMPLES,
    SEED,
    auroc,
    auroc_change,
    balanced_accuracy,
    best_threshold,
    calibration_error,
    scores,
)
from gatedclip.types import Interval

Y = np.array([0, 0, 1, 1])
S = np.array([0.1, 0.4, 0.35, 0.8])


def sample(n: int = 120, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.4).astype(int)
    return y, np.round(np.clip(0.3 * y + 0.7 * rng.random(n), 0, 1), 1)  # rounded: full of ties


def drawn_again(y: np.ndarray, s: np.ndarray) -> np.ndarray:
    """AUROC of every bootstrap sample the slow way: build it, ask scikit-learn."""
    draws = np.random.default_rng(SEED).multinomial(len(y), np.full(len(y), 1 / len(y)), size=RESAMPLES)
    return np.array([roc_auc_score(np.repeat(y, d), np.repeat(s, d)) for d in draws])


def test_auroc_of_four_memes_is_three_of_four_pairs():
    assert auroc(Y, S).value == 0.75


def test_the_interval_is_the_percentile_bootstrap_that_scikit_learn_would_give_ties_included():
    y, s = sample()
    found = auroc(y, s)
    low, high = np.percentile(drawn_again(y, s), [2.5, 97.5])
    assert found.value == roc_auc_score(y, s)
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-12), pytest.approx(high, abs=1e-12))


def test_scores_that_are_all_tied_are_chance_with_no_width():
    y, _ = sample()
    assert auroc(y, np.full(len(y), 0.5)) == Interval(0.5, 0.5, 0.5)


def test_a_perfect_ranking_is_1_with_no_width():
    y, _ = sample()
    assert auroc(y, y.astype(float)) == Interval(1.0, 1.0, 1.0)


def test_resamples_that_lose_one_class_do_not_spoil_the_interval():
    found = auroc(np.array([0, 0, 0, 1]), np.array([0.1, 0.2, 0.3, 0.4]))
    assert found == Interval(1.0, 1.0, 1.0)


def test_a_change_is_measured_on_the_same_draws():
    y, s = sample()
    t = np.clip(s + np.random.default_rng(1).normal(0, 0.2, len(s)), 0, 1)
    found = auroc_change(y, s, t)
    low, high = np.percentile(drawn_again(y, t) - drawn_again(y, s), [2.5, 97.5])
    assert found.value == pytest.approx(roc_auc_score(y, t) - roc_auc_score(y, s))
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-12), pytest.approx(high, abs=1e-12))


def test_the_same_scores_change_by_exactly_nothing():
    y, s = sample()
    assert auroc_change(y, s, s.copy()) == Interval(0.0, 0.0, 0.0)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=4, max_size=40))
def test_turning_the_scores_round_turns_auroc_round(rows):
    y, s = np.array([r[0] for r in rows], dtype=int), np.array([r[1] for r in rows], dtype=float)
    if 0 < y.sum() < len(y):
        there, back = auroc(y, s), auroc(y, -s)
        assert there.value + back.value == pytest.approx(1)
        assert there.low + back.high == pytest.approx(1)
        assert there.low <= there.value + 1e-12


def test_calibration_error_by_hand():
    # two bins of two: mean score 0.25 of which 0 % are hateful, mean score 0.75 of which 50 %: (0.25·2 + 0.25·2) / 4
    assert calibration_error(np.array([0, 0, 1, 0]), np.array([0.2, 0.3, 0.7, 0.8]), bins=2) == pytest.approx(0.25)


def test_a_score_equal_to_the_share_is_perfectly_calibrated():
    assert calibration_error(np.array([0, 1, 0, 1]), np.full(4, 0.5), bins=1) == 0.0


def test_the_threshold_is_one_half_wherever_that_cuts_as_well_as_any():
    assert best_threshold(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.6, 0.9])) == 0.5
    assert best_threshold(Y, S) == 0.5  # 0.35 and 0.8 cut equally well, and 1/2 cuts like 0.8


def test_otherwise_it_lies_midway_between_the_scores_it_parts():
    assert best_threshold(np.array([0, 0, 1, 1]), np.array([0.6, 0.7, 0.8, 0.9])) == pytest.approx(0.75)
    assert best_threshold(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.3, 0.4])) == pytest.approx(0.25)


def test_a_ranking_that_is_wholly_wrong_gets_the_neutral_threshold():
    assert best_threshold(np.array([1, 1, 0, 0]), np.array([0.1, 0.2, 0.6, 0.9])) == 0.5


@pytest.mark.parametrize("seed", range(5))
def test_no_cut_beats_the_chosen_threshold_by_more_than_one_standard_error(seed):
    y, s = sample(seed=seed)
    found = {t: balanced_accuracy(y, s, t) for t in np.unique(s)}
    best = max(found, key=found.__getitem__)
    hits, alarms = (s[y == 1] >= best).mean(), (s[y == 0] >= best).mean()
    error = np.sqrt(hits * (1 - hits) / y.sum() + alarms * (1 - alarms) / (1 - y).sum()) / 2
    assert balanced_accuracy(y, s, best_threshold(y, s)) >= found[best] - error - 1e-12


def test_balanced_accuracy_is_the_mean_of_both_recalls():
    assert balanced_accuracy(np.array([1, 1, 1, 1, 0, 0]), np.array([1, 1, 1, 0, 0, 1.0]), 0.5) == (0.75 + 0.5) / 2


def test_all_figures_of_a_split_together():
    y, s = sample()
    found = scores(y, s, 0.5, np.linspace(0, 1, len(y)))
    assert (found.n, found.positives, found.threshold) == (120, int(y.sum()), 0.5)
    assert found.accuracy.value == ((s >= 0.5) == (y == 1)).mean()
    assert found.average_precision == average_precision_score(y, s)
    assert found.mean_gate == pytest.approx(0.5)


def test_accuracy_carries_wilson_s_interval():
    y = np.array([1] * 5 + [0] * 5)
    s = np.array([0.9] * 4 + [0.1] + [0.1] * 4 + [0.9])  # 8 of 10 right
    found = scores(y, s, 0.5, np.zeros(10)).accuracy
    # (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n) with p = 0.8, n = 10, z = 1.959964
    assert (found.value, found.low, found.high) == (0.8, pytest.approx(0.490162, abs=1e-6), pytest.approx(0.943318, abs=1e-6))


def test_a_score_at_the_threshold_counts_as_hateful():
    assert scores(np.array([1, 0]), np.array([0.5, 0.4]), 0.5, np.zeros(2)).accuracy.value == 1.0


def test_one_class_only_is_refused_with_what_is_missing():
    with pytest.raises(DataError, match="hold 0 hateful and 3 benign; at least one of each is needed"):
        scores(np.zeros(3), np.zeros(3), 0.5, np.zeros(3))
    with pytest.raises(DataError, match="The memes that choose the threshold hold 2 hateful and 0 benign"):
        best_threshold(np.ones(2), np.array([0.1, 0.2]))
