import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import average_precision_score, roc_auc_score

from gatedclip.errors import DataError
from gatedclip.model.metrics import auroc
from gatedclip.model.operating import (
    HOTTEST,
    auroc_delong,
    calibration,
    confusion,
    cuts,
    proportion,
    temperature_for,
    threshold_for,
)

HATEFUL = np.array([1, 0, 1, 0, 1, 0])
PROBABILITY = np.array([0.9, 0.8, 0.7, 0.7, 0.3, 0.1])


def test_a_confusion_counts_memes_that_reach_the_threshold_as_flagged():
    found = confusion(HATEFUL, PROBABILITY, 0.7)
    assert (found.found, found.missed, found.alarms, found.cleared) == (2, 1, 2, 1)
    assert (found.recall.value, found.false_alarm_rate.value) == pytest.approx((2 / 3, 2 / 3))
    assert (found.precision.value, found.accuracy.value) == pytest.approx((1 / 2, 1 / 2))


def test_rates_of_a_class_that_is_absent_are_unknown():
    found = confusion(np.zeros(3), np.array([0.1, 0.2, 0.3]), 0.5)
    assert found.recall is None
    assert found.precision is None  # nothing was flagged
    assert found.accuracy.value == 1


def test_a_miss_costs_as_many_false_alarms_as_was_said():
    found = confusion(HATEFUL, PROBABILITY, 0.7)  # one miss, two alarms, six memes
    assert found.cost(1) == pytest.approx(3 / 6)
    assert found.cost(10) == pytest.approx(12 / 6)


def test_cuts_are_every_distinct_score_and_never_part_equal_ones():
    every = cuts(HATEFUL, PROBABILITY)
    assert every.thresholds.tolist() == [np.inf, 0.9, 0.8, 0.7, 0.3, 0.1]
    assert every.found.tolist() == [0, 1, 1, 2, 3, 3]
    assert every.alarms.tolist() == [0, 0, 1, 2, 2, 3]
    assert every.precision.tolist() == pytest.approx([1, 1, 1 / 2, 1 / 2, 3 / 5, 1 / 2])


def test_the_curves_enclose_the_areas_that_scikit_learn_measures():
    random = np.random.default_rng(0)
    hateful, probability = random.integers(0, 2, 300), random.integers(0, 40, 300) / 40
    every = cuts(hateful, probability)
    assert np.trapezoid(every.recall, every.false_alarm_rate) == pytest.approx(roc_auc_score(hateful, probability))
    steps = np.diff(every.recall) * every.precision[1:]
    assert steps.sum() == pytest.approx(average_precision_score(hateful, probability))


def test_the_cheapest_threshold_lies_between_the_memes_it_parts():
    """A miss for 1 alarm: flagging one or five memes costs 2, every other cut more. For 10: only flagging five costs 2."""
    every = cuts(HATEFUL, PROBABILITY)
    assert (every.cost(1) * 6).tolist() == pytest.approx([3, 2, 3, 3, 2, 3])
    assert every.cheapest(10) == pytest.approx((0.3 + 0.1) / 2)
    assert every.cheapest(0.1) == pytest.approx((0.9 + 0.8) / 2)
    assert confusion(HATEFUL, PROBABILITY, every.cheapest(10)).cost(10) == pytest.approx(every.cost(10).min())


def test_of_equally_cheap_thresholds_the_one_nearest_a_half_is_taken():
    every = cuts(np.array([1, 0]), np.array([0.9, 0.2]))
    assert every.cheapest(1) == pytest.approx(0.55)
    # flagging none (0.8) costs a miss, flagging both (0.15) an alarm
    assert cuts(np.array([0, 1]), np.array([0.6, 0.3])).cheapest(1) == pytest.approx(0.8)


def test_flagging_nothing_can_be_the_cheapest():
    assert cuts(np.array([0, 0, 1]), np.array([0.9, 0.8, 0.1])).cheapest(0.5) == pytest.approx((1 + 0.9) / 2)


def test_calibration_bins_hold_the_same_number_of_memes_each():
    probability = np.array([0.1, 0.2, 0.6, 0.8])
    low, high = calibration(np.array([0, 1, 1, 1]), probability, bins=2)
    assert (low.n, low.said, low.true.value) == (2, pytest.approx(0.15), 0.5)
    assert (high.n, high.said, high.true.value) == (2, pytest.approx(0.7), 1.0)
    assert high.true.high == 1
    assert high.true.low < 0.5
    assert len(calibration(np.array([0, 1]), np.array([0.1, 0.9]), bins=10)) == 2


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (10, 10), (3, 7), (481, 2000)])
def test_the_wilson_interval_is_scipys(hits, n):
    expected = binomtest(hits, n).proportion_ci(method="wilson")
    found = proportion(hits, n)
    assert (found.value, found.low, found.high) == pytest.approx((hits / n, expected.low, expected.high), abs=1e-12)


def test_the_interval_of_an_auroc_is_delongs():
    """Hateful 3, 1; benign 2, 0. Pairs won: 3 of 4. Beaten shares 1, ½ and beating shares ½, 1: variance 1/16 + 1/16 = 1/8."""
    found = auroc_delong(np.array([1, 0, 1, 0]), np.array([3, 2, 1, 0]) / 4)
    reach = 1.959963984540054 * (1 / 8) ** 0.5 / (0.75 * 0.25)
    assert found.value == 0.75
    assert np.log(found.high / (1 - found.high)) == pytest.approx(np.log(3) + reach)
    assert np.log(found.low / (1 - found.low)) == pytest.approx(np.log(3) - reach)


def test_delong_agrees_with_scikit_learn_and_with_the_bootstrap_of_the_report():
    random = np.random.default_rng(1)
    hateful = random.integers(0, 2, 1200)
    probability = (random.normal(hateful * 0.9, 1).round(1) + 5) / 12  # with ties
    found, resampled = auroc_delong(hateful, probability), auroc(hateful, probability)
    assert found.value == pytest.approx(roc_auc_score(hateful, probability))
    assert (found.low, found.high) == pytest.approx((resampled.low, resampled.high), abs=0.01)


def test_a_head_that_erred_never_or_always_is_as_sure_as_its_smaller_class_allows():
    never = auroc_delong(np.array([1, 1, 0, 0, 0]), np.array([0.9, 0.8, 0.3, 0.2, 0.1]))
    always = auroc_delong(np.array([1, 0]), np.array([0.1, 0.9]))
    assert (never, always) == (proportion(2, 2), proportion(0, 1))
    assert never.low < 0.5


@pytest.mark.parametrize(("share", "expected"), [(0.2, 0.85), (1 / 3, 0.85), (0.5, 0.5), (2 / 3, 0.5), (0.7, 0.2), (1.0, 0.2)])
def test_a_recall_is_reached_by_the_highest_threshold_that_does(share, expected):
    """Of three hateful memes one is found from 0.9 on, two from 0.7 on, all from 0.3 on; each cut lies half-way to the next."""
    found = threshold_for("recall", share, HATEFUL, PROBABILITY)
    assert found == pytest.approx(expected)
    assert confusion(HATEFUL, PROBABILITY, found).recall.value >= share


@pytest.mark.parametrize(("share", "expected"), [(1.0, 0.85), (0.6, 0.2), (0.5, 0.05)])
def test_a_precision_is_reached_by_the_lowest_threshold_that_does(share, expected):
    found = threshold_for("precision", share, HATEFUL, PROBABILITY)
    assert found == pytest.approx(expected)
    assert confusion(HATEFUL, PROBABILITY, found).precision.value >= share


def test_a_precision_that_no_threshold_reaches_is_refused_with_the_best_there_is():
    with pytest.raises(DataError, match=r"best on 3 validation memes is 0\.667"):
        threshold_for("precision", 0.7, np.array([0, 1, 1]), np.array([0.9, 0.8, 0.7]))


def test_a_threshold_of_least_cost_is_the_cheapest_cut():
    assert threshold_for("cost", 10, HATEFUL, PROBABILITY) == cuts(HATEFUL, PROBABILITY).cheapest(10)


@pytest.mark.parametrize("truth", [0.5, 1.0, 3.0])
def test_the_temperature_that_made_the_margins_too_large_is_found_again(truth):
    random = np.random.default_rng(1)
    margin = random.normal(0, 2, 20_000)
    hateful = (random.random(20_000) < 1 / (1 + np.exp(-margin))).astype(int)
    assert temperature_for(hateful, margin * truth) == pytest.approx(truth, rel=0.05)


def test_a_temperature_solved_on_paper():
    """Two memes of margin 2 and two of -2, one of each pair mislabelled: no margin is true but 0, so T is as hot as it gets.

    With three of four right and Platt's targets (5/6 and 1/6 for four of a class) the likeliest log odds z solve
    sigmoid(z) = (3·5/6 + 1/6) / 4 = 2/3, so T = 2 / ln 2.
    """
    half = temperature_for(np.array([1, 0, 0, 1]), np.array([2.0, 2.0, -2.0, -2.0]))
    assert half == pytest.approx(HOTTEST, rel=1e-3)
    labels, margins = np.array([1, 1, 1, 0, 0, 0, 0, 1]), np.array([2.0] * 4 + [-2.0] * 4)
    assert temperature_for(labels, margins) == pytest.approx(2 / np.log(2), rel=1e-4)


def test_a_few_memes_told_apart_without_a_mistake_do_not_make_a_head_certain():
    labels, margins = np.array([1, 1, 0, 0]), np.array([1.0, 1.0, -1.0, -1.0])
    assert 1 / (1 + np.exp(-1 / temperature_for(labels, margins))) == pytest.approx(3 / 4, rel=1e-4)  # Platt's (2 + 1) / (2 + 2)
