"""What is learned from, and for how much each decision counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatedclip.config import TrainConfig
from gatedclip.errors import ConfigError
from gatedclip.learn.lesson import Said, Taught, consensus, decision_weight, plan, reliance, with_kin
from gatedclip.types import Action, Decision, Label

H, N, U = Label.HATEFUL, Label.BENIGN, Label.UNSURE
PLAIN = TrainConfig()
TARGET = {H: 1.0, N: 0.0, U: None}


def taught(*pairs):
    """What people taught, each given blind and on its own."""
    return [Taught(meme_id, TARGET[label]) for meme_id, label in pairs]


def said(*answers, settled=True, meme_id=7):
    """Answers as (reviewer, label) or (reviewer, label, more about it), oldest first."""
    made = [Decision(meme_id, Action.DECIDE, who, label=label, **dict(*more)) for who, label, *more in answers]
    return Said(meme_id, tuple(made), settled)


def test_base_memes_come_first_each_with_weight_1_then_decisions():
    lesson = plan([(1, H), (2, N), (3, N), (4, H)] * 25, taught((9, N), (8, H)), set(), weight=10, cap=0.3)
    assert lesson.ids[-2:] == (9, 8)
    assert lesson.hateful[-2:].tolist() == [0.0, 1.0]
    assert set(lesson.weight[:-2].tolist()) == {1.0}
    assert lesson.weight[-2:].tolist() == [10.0, 10.0]  # 20 of 120: below the cap
    assert (lesson.base, lesson.decisions, lesson.unsure, lesson.leaking) == (100, 2, 0, 0)


def test_confirming_what_the_head_said_teaches_as_much_as_correcting_it():
    lesson = plan([(1, H), (2, N)] * 50, taught((1, H), (2, H)), set(), 1, 0.3)
    assert lesson.ids[-2:] == (1, 2)
    assert len(set(lesson.weight.tolist())) == 1


def test_unsure_memes_and_relatives_of_held_out_ones_are_left_out_and_counted():
    lesson = plan([(1, H), (2, N)], taught((5, U), (6, H), (7, N), (8, U)), held_out={7, 8}, weight=1, cap=1)
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
    lesson = plan([(i, H) for i in range(900)], taught(*((1000 + i, N) for i in range(decisions))), set(), 10, 0.3)
    ours = float(lesson.weight[900:].astype(np.float64).sum())
    assert ours / (ours + 900) <= 0.3 + 1e-6


def test_the_hash_tells_lessons_apart_by_meme_target_and_weight():
    base = [(1, H), (2, N)]
    same = plan(base, taught((3, H)), set(), 2, 1).sha256
    assert plan(list(base), taught((3, H)), set(), 2, 1).sha256 == same
    others = [
        plan(base, taught((4, H)), set(), 2, 1),
        plan(base, taught((3, N)), set(), 2, 1),
        plan(base, taught((3, H)), set(), 3, 1),
        plan(base, [Taught(3, 0.5)], set(), 2, 1),
        plan(base, [Taught(3, 1.0, counts=0.5)], set(), 2, 1),
    ]
    assert len({same, *(lesson.sha256 for lesson in others)}) == 6


def test_nothing_at_all_makes_an_empty_lesson():
    lesson = plan([], [], set(), 10, 0.3)
    assert (lesson.ids, len(lesson.hateful), lesson.base, lesson.decisions) == ((), 0, 0, 0)


# What answers add up to


def test_one_answer_teaches_its_label_in_full():
    assert consensus(said(("anna", H)), PLAIN) == Taught(7, 1.0, 1.0)
    assert consensus(said(("anna", N)), PLAIN) == Taught(7, 0.0, 1.0)


def test_a_later_decision_about_a_settled_meme_wins_whoever_made_it():
    assert consensus(said(("anna", H), ("ben", N)), PLAIN) == Taught(7, 0.0)
    assert consensus(said(("anna", H), ("anna", N)), PLAIN) == Taught(7, 0.0)


def test_a_settled_conflict_has_the_label_of_the_lead():
    assert consensus(said(("anna", H), ("ben", N), ("lea", H, {"adjudicates": True})), PLAIN) == Taught(7, 1.0)


@pytest.mark.parametrize(
    ("answers", "target"),
    [
        ([("anna", H), ("ben", N)], 1 / 2),
        ([("anna", H), ("ben", N), ("cem", H)], 2 / 3),
        ([("anna", N), ("ben", N), ("anna", H)], 1 / 2),  # a person's last answer is the one they stand by
        ([("anna", H), ("ben", N, {"assisted": True})], 2 / 3),  # 1 against ½
    ],
)
def test_where_people_split_the_target_is_their_mean_by_hand(answers, target):
    assert consensus(said(*answers, settled=False), PLAIN).target == pytest.approx(target)


def test_unsure_is_left_out_or_one_half():
    soft = TrainConfig(unsure="soft")
    alone, split = said(("anna", U)), said(("anna", H), ("ben", U), settled=False)
    assert (consensus(alone, PLAIN).target, consensus(alone, soft).target) == (None, 0.5)
    assert (consensus(split, PLAIN).target, consensus(split, soft).target) == (1.0, 0.75)


def test_answers_given_with_the_model_in_view_or_in_bulk_count_for_less():
    config = TrainConfig(assisted_weight=0.4, bulk_weight=0.2)
    answers = said(
        ("a", H), ("b", H, {"assisted": True}), ("c", H, {"bulk": "x"}), ("d", H, {"assisted": True, "bulk": "x"})
    ).answers
    assert [reliance(a, config) for a in answers] == [1.0, 0.4, 0.2, 0.2]
    assert consensus(Said(7, answers[1:], True), config) == Taught(7, 1.0, 0.4, assisted=True)
    assert consensus(Said(7, answers, True), config) == Taught(7, 1.0, 1.0)  # as much as the most independent of them


def test_an_answer_that_was_overruled_lends_its_weight_to_nobody():
    assert consensus(said(("anna", H), ("ben", N, {"assisted": True})), PLAIN) == Taught(7, 0.0, 0.5, assisted=True)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([H, N, U]), st.booleans(), st.booleans()), min_size=1))
def test_a_target_lies_within_what_was_said_and_no_answer_counts_more_than_a_blind_one(answers):
    made = said(*((who, label, {"assisted": a, "bulk": "x" if b else ""}) for who, label, a, b in answers), settled=False)
    found = consensus(made, TrainConfig(unsure="soft"))
    values = [{H: 1.0, N: 0.0, U: 0.5}[label] for label in {who: label for who, label, _, _ in answers}.values()]
    assert min(values) - 1e-9 <= found.target <= max(values) + 1e-9
    assert 0.5 <= found.counts <= 1


def test_the_lesson_holds_targets_weights_and_their_counts():
    told = [Taught(5, 0.5), Taught(6, 1.0, 0.5, assisted=True), Taught(8, 0.0, 0.25, bulk=True), Taught(9, None)]
    lesson = plan([(1, H), (2, N)] * 50, told, set(), 4, 1, assisted_weight=0.5, bulk_weight=0.25)
    assert lesson.hateful[100:].tolist() == [0.5, 1.0, 0.0]
    assert lesson.weight[100:].tolist() == [4.0, 2.0, 1.0]
    assert (lesson.soft, lesson.assisted, lesson.bulk, lesson.unsure) == (1, 1, 1, 1)
    assert (lesson.assisted_weight, lesson.bulk_weight) == (0.5, 0.25)


def test_the_cap_holds_whatever_each_decision_counts_for():
    told = [Taught(100 + i, 1.0, 0.5 if i % 2 else 1.0) for i in range(400)]
    weight = plan([(i, N) for i in range(90)], told, set(), 10, 0.25).weight.astype(np.float64)
    assert weight[90:].sum() == pytest.approx(30)  # 30 of 120 is a quarter
    assert weight[91] == pytest.approx(weight[90] / 2)


@pytest.mark.parametrize(("name", "value"), [("assisted_weight", 0), ("bulk_weight", 1.5), ("unsure", "maybe")])
def test_weights_beyond_their_bounds_are_refused(name, value):
    with pytest.raises(ConfigError, match=name):
        TrainConfig(**{name: value})


# Contrast pairs


def test_a_family_is_held_out_whole():
    families = {1: "a", 2: "a", 3: "b", 4: "", 5: ""}
    assert with_kin({1}, families) == {1, 2}
    assert with_kin({4}, families) == {4}  # alone, and no kin of the other one that is alone
    assert with_kin(set(), families) == set()


@given(st.dictionaries(st.integers(0, 30), st.sampled_from(["", "a", "b", "c"])), st.sets(st.integers(0, 30)))
def test_no_family_is_ever_cut_apart(families, held_out):
    held = with_kin(held_out, families)
    kept = set(families) - held
    assert not {families[i] for i in held if families.get(i)} & {families[i] for i in kept}
    assert held_out <= held
