import json

import numpy as np
import pytest
from populating import population

from gatedclip.population.summary import by_class, by_truth, slices, summarise

TWELVE = population(
    known=["hateful"] * 6 + ["benign"] * 6,
    truth=["picture"] * 2 + ["together"] * 8 + ["neither"] * 2,
    theme=["wit"] * 12,
    probability=[0.9, 0.8, 0.7, 0.6, 0.55, 0.2, 0.6, 0.4, 0.3, 0.2, 0.1, 0.05],
    gate=[0.8] * 6 + [0.2] * 6,
)


def test_slices_are_all_then_every_column_with_more_than_one_value():
    found = {s.name: s for s in slices(TWELVE, 0.5)}
    assert list(found) == ["all", "decided by neither", "decided by picture", "decided by together"]  # one theme, source, split
    every, together = found["all"], found["decided by together"]
    assert (every.n, every.positives, every.accuracy.value, every.mean_gate) == (
        12,
        6,
        pytest.approx(10 / 12),
        pytest.approx(0.5),
    )
    # of 36 pairs 0.2 loses to 0.6, 0.4, 0.3 and ties with 0.2; 0.55 loses to 0.6; 0.6 ties with 0.6
    assert every.auroc.value == pytest.approx((36 - 3 - 0.5 - 1 - 0.5) / 36)
    assert (together.n, together.positives) == (8, 4)


def test_too_few_of_a_class_have_no_auroc_but_an_accuracy():
    together = next(s for s in slices(TWELVE, 0.5) if s.name == "decided by together")
    assert together.auroc is None  # four of each
    assert together.accuracy.value == pytest.approx(6 / 8)


def test_unlabelled_memes_are_no_part_of_any_slice():
    half = population(known=["hateful", "unlabelled"], probability=[0.9, 0.9])
    assert [(s.name, s.n) for s in slices(half, 0.5)] == [("all", 1)]


def test_gates_are_grouped_by_label_and_by_what_decides_where_that_is_known():
    assert {name: len(g) for name, g in by_class(TWELVE).items()} == {"hateful": 6, "benign": 6}
    assert {name: len(g) for name, g in by_truth(TWELVE).items()} == {"picture": 2, "together": 8, "neither": 2}
    assert by_truth(population(gate=[0.5])) == {}


def test_a_summary_is_plain_and_holds_the_same_numbers():
    told = json.loads(json.dumps(summarise(TWELVE, miss=5)))
    assert (told["memes"], told["labelled"], told["threshold"]) == (12, 12, 0.5)
    assert told["gate"]["picture"] == {"n": 2, "mean": pytest.approx(0.8), "deviation": pytest.approx(0, abs=1e-6)}
    assert told["confusion"] == {"threshold": 0.5, "found": 5, "missed": 1, "alarms": 1, "cleared": 5}
    assert told["cost"] == pytest.approx((5 * 1 + 1) / 12)
    assert not told["collapse"]["alarm"]
    assert told["slices"][0]["name"] == "all"


def test_a_summary_of_unlabelled_memes_stops_at_the_gate_and_one_of_a_head_without_a_gate_has_no_alarm():
    told = summarise(population(kind="mean", gate=np.full(40, 0.5)))
    assert told["collapse"] is None
    assert "confusion" not in told
