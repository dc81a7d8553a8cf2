"""What is learned from, and for how much each decision counts."""

import numpy as np
import pytest

from gatedclip.learn.lesson import decision_weight, plan
from gatedclip.types import Label

H, N, U = Label.HATEFUL, Label.BENIGN, Label.UNSURE


def test_base_memes_come_first_each_with_weight_1_then_decisions():
    lesson = plan([(1, H), (2, N), (3, N), (4, H)] * 25, [(9, N), (8, H)], set(), weight=10, cap=0.3)
    assert lesson.ids[-2:] == (9, 8)
    assert lesson.hateful[-2:].tolist() == [0.0, 1.0]
    assert set(lesson.weight[:-2].tolist()) == {1.0}
    assert lesson.weight[-2:].tolist() == [10.0, 10.0]  # 20 of 120: below the cap
    assert (lesson.base, lesson.decisions, lesson.unsure, lesson.leaking) == (100, 2, 0, 0)


def test_confirming_what_the_head_said_teaches_as_much_as_correcting_it():
    lesson = plan([(1, H), (2, N)] * 50, [(1, H), (2, H)], set(), 1, 0.3)
    assert lesson.ids[-2:] == (1, 2)
    assert len(set(lesson.weight.tolist())) == 1


def test_unsure_memes_and_relatives_of_held_out_ones_are_left_out_and_counted():
    lesson = plan([(1, H), (2, N)], [(5, U), (6, H), (7, N), (8, U)], held_out={7, 8}, weight=1, cap=1)
    assert lesson.ids == (1, 2, 6)
    assert (lesson.decisions, lesson.unsure, lesson.leaking) == (1, 2, 1)


@pytest.mark.parametrize(
    ("base", "decisions", "weight", "cap", "expected"),
    [
        (8500, 20, 10, 0.3, 10.0),  # 200 of 8,700 is 2.3 %
        (700, 30, 10, 0.3, 10.0),  # 300 of 1,000 is exactly the cap
        (700, 60, 10, 0.3, 5.0),  # 300 of 1,000 again, shared by twice as many
        (100, 100, 10, 0.5, 1.0),
        (0, 5, 10, 0.3, 10.0),  # without a base there is nothing to outweigh
        (100, 5, 10, 1.0, 10.0),  # no cap
    ],
)
def test_weight_of_a_decision_by_hand(base, decisions, weight, cap, expected):
    assert decision_weight(base, decisions, weight, cap) == pytest.approx(expected)


@pytest.mark.parametrize("decisions", [1, 40, 500, 5000])
def test_decisions_never_exceed_their_cap(decisions):
    lesson = plan([(i, H) for i in range(900)], [(1000 + i, N) for i in range(decisions)], set(), 10, 0.3)
    ours = float(lesson.weight[900:].astype(np.float64).sum())
    assert ours / (ours + 900) <= 0.3 + 1e-6


def test_the_hash_tells_lessons_apart_by_meme_label_and_weight():
    base = [(1, H), (2, N)]
    same = plan(base, [(3, H)], set(), 2, 1).sha256
    assert plan(list(base), [(3, H)], set(), 2, 1).sha256 == same
    others = [plan(base, [(4, H)], set(), 2, 1), plan(base, [(3, N)], set(), 2, 1), plan(base, [(3, H)], set(), 3, 1)]
    assert len({same, *(lesson.sha256 for lesson in others)}) == 4


def test_nothing_at_all_makes_an_empty_lesson():
    lesson = plan([], [], set(), 10, 0.3)
    assert (lesson.ids, len(lesson.hateful), lesson.base, lesson.decisions) == ((), 0, 0, 0)
