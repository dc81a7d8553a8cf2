"""The audit before training: each finding alone, and the same check quiet where nothing is wrong."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatedclip.errors import DataError
from gatedclip.learn.audit import (
    LEAST,
    Finding,
    Material,
    balance,
    by_severity,
    conflicting_duplicates,
    gold_in_training,
    one_voice,
    require_none_refused,
    suspected_errors,
)


def material(*rows):
    """Memes as (id, picture, words, family)."""
    return Material(*(tuple(column) for column in zip(*rows, strict=True)))


TAUGHT = material((1, "p1", "w1", "f1"), (2, "p2", "w2", ""), (3, "p3", "", ""))


@pytest.mark.parametrize(
    ("gold", "kin"),
    [
        ((1, "other", "other", ""), (1,)),  # the meme itself
        ((9, "p2", "other", ""), (2,)),  # its picture
        ((9, "other", "w2", ""), (2,)),  # its words
        ((9, "other", "other", "f1"), (1,)),  # its family
    ],
)
def test_gold_and_its_relatives_are_refused_by_name(gold, kin):
    (found,) = gold_in_training(TAUGHT, material(gold))
    assert (found.kind, found.severity, found.meme_ids) == ("gold", "refuse", kin)
    assert f"meme {kin[0]}." in found.sentence
    with pytest.raises(DataError, match=re.escape(found.sentence)):
        require_none_refused([found])


def test_gold_that_is_no_kin_refuses_nothing():
    apart = material((9, "p9", "w9", "f9"), (8, "p8", "", ""))  # no words and no family are shared by all who have none
    assert gold_in_training(TAUGHT, apart) == []
    assert gold_in_training(TAUGHT, Material((), (), (), ())) == []
    require_none_refused([Finding("balance", "warn", "so it is")])


def test_many_gold_memes_are_counted_and_the_first_ten_named():
    taught = material(*((n, f"p{n}", "", "f") for n in range(1, 13)))
    (found,) = gold_in_training(taught, material((99, "p99", "", "f")))
    assert found.numbers == {"memes": 12}
    assert "memes 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more" in found.sentence


def test_the_same_meme_with_both_labels_is_found_once_for_each_group():
    memes = material((1, "p", "w", ""), (2, "p", "w", ""), (3, "p", "w", ""), (4, "q", "w", ""), (5, "q", "w", ""))
    (found,) = conflicting_duplicates(memes, np.array([1.0, 0.0, 1.0, 0.0, 0.0]))
    assert (found.severity, found.meme_ids, found.numbers) == ("warn", (1, 2, 3), {"hateful": 2, "benign": 1})
    assert "hateful in memes 1, 3 and as benign in meme 2" in found.sentence


def test_contrast_pairs_and_soft_targets_contradict_nobody():
    same_picture = material((1, "p", "v", "f"), (2, "p", "w", "f"))
    assert conflicting_duplicates(same_picture, np.array([1.0, 0.0])) == []
    same_meme = material((1, "p", "w", ""), (2, "p", "w", ""))
    assert conflicting_duplicates(same_meme, np.array([1.0, 0.5])) == []
    assert conflicting_duplicates(same_meme, np.array([1.0, 1.0])) == []


def test_one_voice_is_named_above_the_bound_only():
    half = ["anna"] * 10 + ["ben"] * 10
    assert one_voice(half) == []
    assert one_voice(["anna"] * (LEAST - 1)) == []  # too few to say
    (found,) = one_voice(["anna", *half])
    assert found.sentence.startswith("anna gave 11 of 21 decisions (52%).")
    assert found.numbers == {"decisions": 11, "of": 21, "share": 11 / 21, "bound": 0.5}


@given(st.lists(st.sampled_from("abc")))
def test_one_voice_warns_exactly_when_others_could_not_outvote_it(reviewers):
    most = max((reviewers.count(name) for name in "abc"), default=0)
    assert bool(one_voice(reviewers)) == (len(reviewers) >= LEAST and most > len(reviewers) - most)


def test_balance_is_noted_and_rare_labels_warn():
    even = np.array([1.0, 0.0] * 50)
    (note,) = balance(even, {"theme home": np.arange(100) < 40})
    assert (note.severity, note.numbers["hateful"]) == ("note", 0.5)
    rare = np.array([1.0] * 9 + [0.0] * 91)
    (warned,) = balance(rare, {})
    assert (warned.severity, warned.numbers["hateful"]) == ("warn", pytest.approx(0.09))


def test_a_slice_with_one_label_warns_unless_it_is_small():
    hateful = np.array([1.0] * 50 + [0.0] * 50)
    one_sided = np.arange(100) < 30
    _, found = balance(hateful, {"theme home": one_sided})
    assert (found.severity, found.numbers["memes"]) == ("warn", 30)
    assert "'theme home': 100% of 30 hateful" in found.sentence
    assert len(balance(hateful, {"theme home": np.arange(100) < LEAST - 1})) == 1


def test_nothing_at_all_has_no_balance():
    assert balance(np.zeros(0), {}) == []


def test_flipped_labels_are_suspected_and_the_least_likely_comes_first():
    rng = np.random.default_rng(0)
    truth = np.arange(200) % 2
    probability = np.clip(np.where(truth == 1, 0.9, 0.1) + rng.normal(0, 0.03, 200), 0.01, 0.99)
    given_, flipped = truth.astype(float), [7, 50, 121]
    given_[flipped] = 1 - given_[flipped]
    probability[50] = 0.001  # benign, and stands as hateful by mistake: the surest of the three
    found = suspected_errors(tuple(range(1000, 1200)), given_, probability, base=100)
    assert {f.meme_ids[0] - 1000 for f in found} == set(flipped)
    assert found[0].meme_ids == (1050,)
    assert found[0].numbers == {"probability": pytest.approx(0.001), "hateful": 1.0, "decided": 0.0}
    assert {f.meme_ids[0]: f.severity for f in found} == {1007: "note", 1050: "note", 1121: "warn"}


def test_labels_as_heads_expect_them_are_not_suspected():
    truth = np.arange(100) % 2
    assert suspected_errors(tuple(range(100)), truth.astype(float), np.where(truth == 1, 0.8, 0.2), base=0) == []
    assert suspected_errors((1, 2), np.array([1.0, 1.0]), np.array([0.1, 0.2]), base=0) == []  # one label says nothing


def test_soft_targets_are_never_suspected():
    truth = np.append(np.arange(100) % 2, 0.5)
    assert suspected_errors(tuple(range(101)), truth, np.append(np.where(truth[:-1] == 1, 0.8, 0.2), 0.99), base=0) == []


def test_the_gravest_comes_first_and_equals_keep_their_order():
    kinds = [("a", "note"), ("b", "warn"), ("c", "refuse"), ("d", "warn")]
    assert [f.sentence for f in by_severity([Finding("balance", severity, s) for s, severity in kinds])] == ["c", "b", "d", "a"]
