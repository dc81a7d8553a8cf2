"""What may go live: each rule refuses on its own, and stays quiet where nothing is wrong."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatedclip.errors import ConfigError, DataError
from gatedclip.learn.compare import Said
from gatedclip.learn.promotion import Bars, Evidence, MustPass, judge, seed_noise, widen
from gatedclip.model.metrics import brier_change
from gatedclip.types import Interval

N = 400
HATEFUL = np.arange(N) % 2
SLICES = {"early": np.arange(N) < 200, "late": np.arange(N) >= 200}


def says(strength: float, seed: int = 0, gate: float = 0.5, spread: float = 0.2) -> Said:
    """A calibrated head: log odds drawn from two normals that lie `strength` apart, so its margin is true."""
    random = np.random.default_rng(seed)
    evidence = random.standard_normal(N) + strength * HATEFUL
    margin = strength * (evidence - strength / 2)
    return Said(1 / (1 + np.exp(-margin)), np.clip(gate + spread * random.standard_normal(N), 0, 1), 0.5)


GOOD = Evidence(HATEFUL, after=says(2.2), before=says(1.8), slices=SLICES, must_pass=(MustPass(7, True, 0.9, 0.8),))


def refused(evidence: Evidence, bars: Bars | None = None) -> list[str]:
    return [refusal.rule for refusal in judge(evidence, bars).refusals]


def test_a_better_head_passes_every_rule_and_each_says_its_two_numbers():
    verdict = judge(GOOD)
    assert verdict.fit
    assert verdict.change
    assert [ruling.rule for ruling in verdict.passes] == [
        "AUROC floor",
        "recall floor",
        "AUROC change",
        "recall",
        "calibration",
        "slice early",
        "slice late",
        "must pass",
        "gate mean",
        "gate spread",
        "seed noise",
    ]
    for ruling in verdict.passes[2:5]:
        assert f"{ruling.before:.3f}" in ruling.sentence
        assert f"{ruling.after:.3f}" in ruling.sentence


def test_the_auroc_floor_refuses_alone():
    assert refused(GOOD, Bars(auroc=0.97)) == ["AUROC floor"]
    (refusal,) = judge(GOOD, Bars(auroc=0.97)).refusals
    assert refusal.bound == 0.97
    assert f"{refusal.after:.3f}" in refusal.sentence
    assert "0.970" in refusal.sentence


def test_the_recall_floor_refuses_alone():
    assert refused(GOOD, Bars(recall=0.99)) == ["recall floor"]


def test_a_lower_auroc_refuses_alone():
    worse = replace(GOOD, after=says(1.4), slices={})
    assert refused(worse, Bars(recall_loss=1, brier_loss=1)) == ["AUROC change"]
    (refusal,) = judge(worse, Bars(recall_loss=1, brier_loss=1)).refusals
    assert refusal.after < refusal.before


def test_too_few_memes_to_tell_are_refused_as_a_lower_auroc_would_be():
    """Twenty memes in order for both heads, but for one pair: the interval reaches far below."""
    few = np.arange(20) % 2
    before = Said(np.where(few == 1, 0.8, 0.2), np.linspace(0, 1, 20), 0.5)
    p = before.probability.copy()
    p[[1, 2]] = p[[2, 1]]
    rulings = judge(Evidence(few, Said(p, before.gate, 0.5), before, seed_noise=0), Bars(recall_loss=1, brier_loss=1))
    assert [r.rule for r in rulings.refusals] == ["AUROC change"]


def test_a_lower_recall_at_the_operating_threshold_refuses_alone():
    strict = replace(GOOD, after=replace(GOOD.after, threshold=0.7))
    assert refused(strict) == ["recall"]
    (refusal,) = judge(strict).refusals
    assert refusal.bound == pytest.approx(refusal.before - 0.02)
    assert refused(strict, Bars(recall_loss=0.5)) == []


def test_worse_probabilities_in_the_same_order_refuse_alone():
    """Moved towards 0 or 1, never past another meme and never past the threshold: rank and verdict stay, the claim grows."""
    p = GOOD.after.probability
    extreme = replace(GOOD.after, probability=np.where(p >= 0.5, 0.98, 0) + p * 0.02)
    sure = replace(GOOD, before=says(2.15), after=extreme, seed_noise=0)
    assert refused(sure) == ["calibration"]


def test_a_slice_that_lost_beyond_its_interval_refuses_alone():
    p = GOOD.after.probability.copy()
    rows = np.flatnonzero(SLICES["late"])[:60]
    slices = {"late few": np.isin(np.arange(N), rows), "early": SLICES["early"]}
    p[rows] = 0.55 + 0.4 * np.random.default_rng(0).random(60)  # everything there is flagged now, in no order
    lost = replace(GOOD, after=replace(GOOD.after, probability=p), slices=slices, seed_noise=0)
    assert refused(lost, Bars(brier_loss=1, margin=1, slice_auroc=0)) == ["slice late few"]
    assert refused(replace(lost, slices={}), Bars(brier_loss=1, margin=1)) == []


def test_a_slice_below_its_own_floor_refuses_alone_also_without_a_head_that_serves():
    first = replace(GOOD, before=None)
    assert refused(first, Bars(slices={"early": 0.99})) == ["slice early"]
    assert refused(first, Bars(slices={"early": 0.9})) == []


def test_a_slice_of_one_class_says_nothing():
    assert judge(replace(GOOD, slices={"hateful": HATEFUL == 1})).passes == judge(replace(GOOD, slices={})).passes


def test_a_must_pass_meme_judged_wrong_refuses_alone_and_is_named():
    wrong = replace(GOOD, must_pass=(MustPass(7, True, 0.9), MustPass(41, False, 0.5)))
    (refusal,) = judge(wrong).refusals
    assert (refusal.rule, refusal.after, refusal.bound) == ("must pass", 1, 2)
    assert "Wrong: 41." in refusal.sentence


@pytest.mark.parametrize("gate", [0.0, 1.0])
def test_a_gate_at_one_end_refuses_alone(gate):
    shut = replace(GOOD, after=replace(GOOD.after, gate=np.clip(gate + 0.02 * np.sin(np.arange(N)), 0, 1)))
    assert refused(shut, Bars(gate_spread=0)) == ["gate mean"]


def test_a_gate_that_is_the_same_for_every_meme_refuses_alone_unless_the_head_has_none():
    stuck = replace(GOOD, after=replace(GOOD.after, gate=np.full(N, 0.5)))
    assert refused(stuck) == ["gate spread"]
    assert refused(replace(stuck, gated=False)) == []


def test_a_change_within_seed_noise_is_no_change_and_refuses_alone():
    same = replace(GOOD, after=GOOD.before)
    verdict = judge(same)
    assert [r.rule for r in verdict.refusals] == ["seed noise"]
    assert verdict.refusals[0].sentence.startswith("No change")
    assert not verdict.change
    assert refused(replace(GOOD, seed_noise=0.1)) == ["seed noise"]


def test_the_first_head_has_nothing_to_be_compared_with():
    assert [r.rule for r in judge(replace(GOOD, before=None)).passes] == [
        "AUROC floor",
        "recall floor",
        "slice early",
        "slice late",
        "must pass",
        "gate mean",
        "gate spread",
    ]


def test_ensembles_have_less_noise_to_exceed():
    """Two heads of one seed each: √2 deviations. One against the mean of four: √(1 + 1/4). Four against four: √(1/2)."""
    bounds = []
    for seeds in ((1, 1), (1, 4), (4, 4)):
        (ruling,) = [r for r in judge(replace(GOOD, seed_noise=0.01, seeds=seeds)).passes if r.rule == "seed noise"]
        bounds.append(ruling.bound)
    assert bounds == pytest.approx([0.0196 * 2**0.5, 0.0196 * 1.25**0.5, 0.0196 * 0.5**0.5], rel=1e-3)


def test_seed_noise_is_pooled_over_recipes():
    assert seed_noise([[0.90, 0.92], [0.5]]) == pytest.approx(0.02 / 2**0.5)
    assert seed_noise([[0.90, 0.92], [0.70, 0.74]]) == pytest.approx(((0.0002 + 0.0008) / 2) ** 0.5)
    with pytest.raises(DataError, match="other seeds"):
        seed_noise([[0.9], [0.8]])


def test_two_intervals_at_once_are_wider_than_one_and_one_stays_as_it_is():
    one, ten = widen(Interval(0.5, 0.4, 0.7), 1), widen(Interval(0.5, 0.4, 0.7), 10)
    assert (one.low, one.high) == pytest.approx((0.4, 0.7))
    assert (0.5 - ten.low) / 0.1 == pytest.approx(2.8070 / 1.96, abs=1e-3)  # normal quantile at 1 - 0.0025
    assert (ten.high - 0.5) / 0.2 == pytest.approx(2.8070 / 1.96, abs=1e-3)


def test_brier_change_is_exact_and_zero_for_the_same_head():
    y = np.array([1, 0, 1, 0])
    before, after = np.array([0.5, 0.5, 0.5, 0.5]), np.array([1.0, 0.0, 1.0, 0.5])
    assert brier_change(y, before, after).value == pytest.approx(-0.75 / 4)
    assert brier_change(y, before, before) == Interval(0, 0, 0)


@pytest.mark.parametrize("bars", [{"auroc": 1.5}, {"recall": -0.1}, {"slices": {"x": 2}}])
def test_a_bar_outside_0_to_1_is_refused(bars):
    with pytest.raises(ConfigError, match="between 0 and 1"):
        Bars(**bars)


def test_bars_come_back_from_their_plain_form_and_unknown_ones_are_named():
    assert Bars.from_dict(Bars(recall=0.8, slices={"x": 0.7}).to_dict()) == Bars(recall=0.8, slices={"x": 0.7})
    with pytest.raises(ConfigError, match="speed"):
        Bars.from_dict({"speed": 1})


@settings(max_examples=8, deadline=None)
@given(st.floats(0.3, 2.5), st.floats(0.3, 2.5), st.floats(0.0, 0.2))
def test_raising_a_bar_never_turns_a_refusal_into_a_pass(before, after, more):
    evidence = replace(GOOD, before=says(before), after=says(after), slices={})
    lenient, strict = Bars(auroc=0.5, recall=0.3), Bars(auroc=0.5 + more, recall=0.3 + more, margin=0.02 * (1 - more))
    assert set(refused(evidence, lenient)) <= set(refused(evidence, strict))
