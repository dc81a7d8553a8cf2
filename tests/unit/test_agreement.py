"""Agreement between people, against textbook examples and cases worked by hand."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from gatedclip.learn.agreement import CAVEAT, NARROW, Share, accuracy, anchoring, below_floor, overall, pairwise
from gatedclip.types import Action, Decision, Interval, Label

H, B, U = Label.HATEFUL, Label.BENIGN, Label.UNSURE
MORNING = datetime(2026, 1, 5, 8)


def decided(meme_id: int, reviewer: str, label: Label, **more) -> Decision:
    minute = more.pop("minute", 0)
    return Decision(meme_id, Action.DECIDE, reviewer, label=label, at=MORNING + timedelta(minutes=minute), **more)


def answers(**said: str) -> list[Decision]:
    """One letter per meme and person: h, b, u, or a dot for no answer."""
    letters = {"h": H, "b": B, "u": U}
    return [
        decided(meme, name, letters[letter]) for name, line in said.items() for meme, letter in enumerate(line) if letter != "."
    ]


def from_table(table: list[list[int]]) -> list[Decision]:
    """Two people whose labels make up a table: rows of ann, columns of bea."""
    letters = "hbu"
    cells = [(row, column) for row, line in enumerate(table) for column, n in enumerate(line) for _ in range(n)]
    return answers(ann="".join(letters[row] for row, _ in cells), bea="".join(letters[column] for _, column in cells))


def only(found: tuple):
    (one,) = found
    return one


def ends(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high


# --- two people ------------------------------------------------------------------------------------------------------


def test_kappa_of_fifty_grant_proposals_is_two_fifths():
    pair = only(pairwise(from_table([[20, 5], [10, 15]])))  # 0.7 observed, 0.5 by chance
    assert (pair.first, pair.second, pair.raw.hits, pair.raw.n, pair.note) == ("ann", "bea", 35, 50, "")
    assert pair.kappa.value == pytest.approx(0.4)


def test_kappa_of_three_labels_is_that_of_cohens_two_hundred():
    pair = only(pairwise(from_table([[88, 14, 18], [10, 40, 10], [2, 6, 12]])))
    assert pair.raw.interval.value == 0.7
    assert pair.kappa.value == pytest.approx((0.70 - 0.41) / (1 - 0.41))


def test_total_disagreement_is_minus_one():
    assert only(pairwise(answers(ann="hhbb", bea="bbhh"))).kappa.value == -1


def test_raw_agreement_of_eight_in_ten_has_wilsons_interval():
    pair = only(pairwise(answers(ann="hhhhhbbbbb", bea="hhhhbbbbbh")))
    assert (pair.raw.hits, pair.raw.n) == (8, 10)
    assert ends(pair.raw.interval) == pytest.approx((0.4902, 0.9433), abs=5e-5)


def test_kappas_interval_is_that_of_resampling_memes_the_slow_way():
    table = [[20, 5], [10, 15]]
    a, b = np.repeat([[0, 0], [0, 1], [1, 0], [1, 1]], np.ravel(table), axis=0).T
    rng = np.random.default_rng(7)
    again = [cohen_kappa_score(a[rows], b[rows]) for rows in rng.integers(0, 50, (800, 50))]
    assert ends(only(pairwise(from_table(table))).kappa) == pytest.approx(np.percentile(again, [2.5, 97.5]), abs=0.04)


def test_without_any_disagreement_a_few_memes_do_not_claim_certainty():
    pair = only(pairwise(answers(ann="hhbbb", bea="hhbbb")))
    lower = 5 / (5 + 1.959964**2)  # Wilson's of five in five
    assert (pair.kappa.value, pair.kappa.high, pair.note) == (1, 1, NARROW)
    assert pair.kappa.low == pytest.approx(1 - (1 - lower) / 0.48, abs=1e-6)  # 0.52 by chance


@pytest.mark.parametrize(
    ("ann", "bea", "why"),
    [
        ("hb..", "..hb", "No meme was answered blind by both"),
        ("bbbb", "bbbb", "Both gave every common meme the same label"),
        ("bbbb", "bbhb", "One of the two gave every common meme the same label"),
        ("bbbb", "hhhh", "One of the two gave every common meme the same label"),
        ("h...", "b...", "One of the two gave every common meme the same label"),
    ],
)
def test_a_kappa_that_says_nothing_is_a_sentence_instead(ann, bea, why):
    pair = only(pairwise(answers(ann=ann, bea=bea)))
    assert pair.kappa is None
    assert pair.note.startswith(why)


def test_pairs_with_most_memes_in_common_come_first_and_strangers_last():
    found = pairwise(answers(ann="hbhb..", bea="hhhb..", cal="....hb", dan="...bhb"))
    assert [(p.first, p.second, p.raw.n) for p in found[:4]] == [
        ("ann", "bea", 4),
        ("cal", "dan", 2),
        ("ann", "dan", 1),
        ("bea", "dan", 1),
    ]
    assert found[4].raw == Share(0, 0, None)


def test_nobody_or_one_person_makes_no_pair():
    assert pairwise([]) == ()
    assert pairwise(answers(ann="hb")) == ()


# --- which answers count ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Settling(Decision):
    adjudicates: bool = True


BOTH = answers(ann="hhbb", bea="hbbb")


@pytest.mark.parametrize(
    "more",
    [
        [decided(9, "ann", H, assisted=True), decided(9, "bea", H)],
        [decided(9, "ann", H), Settling(9, Action.DECIDE, "bea", label=H)],
        [decided(9, "ann", H), Decision(9, Action.SKIP, "bea")],
        [decided(9, "ann", H), decided(9, "bea", H, undone=True)],
    ],
    ids=["assisted", "settles a conflict", "skipped", "taken back"],
)
def test_an_answer_that_is_not_a_first_blind_one_does_not_count(more):
    assert only(pairwise(BOTH + more)) == only(pairwise(BOTH))
    assert overall(BOTH + more) == overall(BOTH)


def test_an_answer_after_a_skip_counts():
    skipped, later = Decision(9, Action.SKIP, "bea", at=MORNING), decided(9, "bea", H, minute=5)
    assert only(pairwise([*BOTH, decided(9, "ann", H), skipped, later])).raw.n == 5


def test_deciding_the_same_meme_again_changes_nothing():
    again = decided(1, "bea", H, minute=5)  # now with ann
    assert pairwise([again, *BOTH]) == pairwise(BOTH)


def test_a_blind_answer_after_an_assisted_one_is_no_blind_answer():
    first, later = decided(9, "bea", H, assisted=True), decided(9, "bea", H, minute=5)
    assert pairwise([*BOTH, decided(9, "ann", H), later, first]) == pairwise(BOTH)


def test_deciding_again_after_taking_back_is_no_blind_answer():
    first, later = decided(9, "bea", B, undone=True), decided(9, "bea", H, minute=5)
    assert pairwise([*BOTH, decided(9, "ann", H), later, first]) == pairwise(BOTH)


# --- everybody -------------------------------------------------------------------------------------------------------


def test_alpha_of_krippendorffs_two_observers_of_ten_units():
    found = overall(answers(ann="bhbbbbbbhb", bea="hhhbbhbbbb"))
    assert (found.n, found.reviewers, found.answers, found.note) == (10, 2, 20, "")
    assert found.alpha.value == pytest.approx(1 - 19 * 4 / (14 * 6))  # 0.095


def test_alpha_with_missing_answers_and_three_labels():
    found = overall(answers(ann="hbuhh", bea="hbu.b", cal="b.u..", dan=".....", eve="....."))
    # the fourth meme has one answer. Ten answers: 3 hateful, 4 benign, 3 unsure; 1 + 2 + 3 of them meet their own kind
    assert (found.n, found.reviewers, found.answers) == (4, 3, 10)
    assert found.alpha.value == pytest.approx(1 - (4 / 10) / (66 / 90))


@pytest.mark.parametrize("times", [1, 6])
def test_alphas_interval_is_that_of_resampling_memes_the_slow_way(times):
    decisions = answers(ann="hbuhhbbhb" * times, bea="hbu.bbbhh" * times, cal="b.u.hbbhb" * times)
    counts = np.array([[sum(d.meme_id == m and d.label is x for d in decisions) for x in (H, B, U)] for m in range(9 * times)])
    counts = counts[counts.sum(axis=1) > 1]
    rng = np.random.default_rng(7)
    again = [
        krippendorff.alpha(value_counts=counts[rows], level_of_measurement="nominal")
        for rows in rng.integers(0, len(counts), (4000, len(counts)))
    ]
    assert ends(overall(decisions).alpha) == pytest.approx(np.percentile(again, [2.5, 97.5]), abs=0.02)


def test_without_any_disagreement_alphas_interval_reaches_below_one():
    found = overall(answers(ann="hhbbb", bea="hhbbb"))
    lower = 5 / (5 + 1.959964**2)
    assert (found.alpha.value, found.alpha.high, found.note) == (1, 1, NARROW)
    assert found.alpha.low == pytest.approx(1 - (1 - lower) / (48 / 90), abs=1e-6)


def test_with_nothing_but_disagreement_alphas_interval_reaches_above_it():
    found = overall(answers(ann="hh", bea="bb"))
    upper = 1.959964**2 / (2 + 1.959964**2)  # Wilson's of none in two
    assert ends(found.alpha) == pytest.approx((-0.5, 1 - (1 - upper) / (2 / 3)), abs=1e-6)


@pytest.mark.parametrize(
    ("said", "n", "why"),
    [
        ({"ann": "hb..", "bea": "..hb"}, 0, "No meme was answered blind by two people"),
        ({"ann": "h", "bea": "b"}, 1, "Only one meme"),
        ({"ann": "bbb", "bea": "bbb", "cal": ".bb"}, 3, "Everybody gave every meme the same label"),
        ({}, 0, "No meme was answered blind by two people"),
    ],
)
def test_an_alpha_that_says_nothing_is_a_sentence_instead(said, n, why):
    found = overall(answers(**said))
    assert (found.n, found.alpha) == (n, None)
    assert found.note.startswith(why)


# --- invariances -----------------------------------------------------------------------------------------------------

NAMES = ["ann", "bea", "cal", "dan"]


@st.composite
def records(draw) -> list[Decision]:
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, 7),
                st.sampled_from(NAMES),
                st.sampled_from([H, B, U]),
                st.booleans(),
                st.floats(0, 1),
                st.booleans(),
            ),
            max_size=60,
        )
    )
    return [
        decided(meme, name, label, assisted=assisted, probability=p, threshold=0.5, undone=undone, id=i, minute=i // 3)
        for i, (meme, name, label, assisted, p, undone) in enumerate(rows, 1)
    ]


def measured(decisions: list[Decision]) -> tuple:
    truth = {meme: (H, B)[meme % 2] for meme in range(5)}
    return (
        {frozenset((p.first, p.second)): (p.raw, p.kappa, p.note) for p in pairwise(decisions)},
        overall(decisions),
        {a.reviewer: (a.blind, a.assisted, a.difference, a.sentence) for a in anchoring(decisions)},
        {a.reviewer: (a.right, a.hateful, a.benign, a.unsure) for a in accuracy(decisions, truth)},
    )


def close(interval: Interval | None) -> Interval | None:
    """Rounded, as sums in another order differ in the last digit."""
    return interval and Interval(*(round(end, 9) + 0.0 for end in (interval.value, *ends(interval))))


@settings(max_examples=40, deadline=None)
@given(records(), st.permutations(NAMES))
def test_other_names_for_the_same_people_change_nothing(decisions, others):
    new = dict(zip(NAMES, others, strict=True))
    pairs, everybody, anchors, rights = measured(decisions)
    pairs_, everybody_, anchors_, rights_ = measured([replace(d, reviewer=new[d.reviewer]) for d in decisions])
    renamed = {frozenset(new[name] for name in pair): (raw, close(kappa), note) for pair, (raw, kappa, note) in pairs.items()}
    assert {pair: (raw, close(kappa), note) for pair, (raw, kappa, note) in pairs_.items()} == renamed
    assert replace(everybody_, alpha=close(everybody_.alpha)) == replace(everybody, alpha=close(everybody.alpha))
    assert anchors_ == {new[name]: found for name, found in anchors.items()}
    assert rights_ == {new[name]: found for name, found in rights.items()}


def test_whose_name_comes_first_does_not_move_kappas_interval():
    decisions = from_table([[20, 5, 1], [10, 15, 3], [0, 2, 4]])
    swapped = [replace(d, reviewer={"ann": "bea", "bea": "ann"}[d.reviewer]) for d in decisions]
    assert only(pairwise(swapped)) == only(pairwise(decisions))


@settings(max_examples=40, deadline=None)
@given(records(), st.randoms(use_true_random=False))
def test_the_order_in_which_the_record_is_read_changes_nothing(decisions, random):
    mixed = random.sample(decisions, len(decisions))
    assert measured(mixed) == measured(decisions)


@settings(max_examples=40, deadline=None)
@given(records())
def test_every_interval_holds_its_value(decisions):
    pairs, everybody, anchors, rights = measured(decisions)
    intervals = [kappa for _, kappa, _ in pairs.values()] + [everybody.alpha]
    intervals += [share.interval for raw, _, _ in pairs.values() for share in [raw]]
    intervals += [interval for blind, late, change, _ in anchors.values() for interval in (blind.interval, late.interval, change)]
    intervals += [share.interval for right, hateful, benign, _ in rights.values() for share in (right, hateful, benign)]
    for interval in filter(None, intervals):
        assert interval.low - 1e-9 <= interval.value <= interval.high + 1e-9


# --- with the model --------------------------------------------------------------------------------------------------


def followed(blind: tuple[int, int], assisted: tuple[int, int], name: str = "ann") -> list[Decision]:
    """Decisions that agree with a model that says hateful: so many of so many on either side."""
    sides = [(False, i < blind[0]) for i in range(blind[1])] + [(True, i < assisted[0]) for i in range(assisted[1])]
    return [
        decided(meme, name, H if agrees else B, assisted=seen, probability=0.5, threshold=0.5)
        for meme, (seen, agrees) in enumerate(sides)
    ]


def test_agreement_with_the_model_is_counted_blind_and_assisted():
    found = only(anchoring(followed((20, 25), (9, 10))))
    assert (found.reviewer, found.blind.hits, found.blind.n, found.assisted.hits, found.assisted.n) == ("ann", 20, 25, 9, 10)
    assert found.difference.value == pytest.approx(0.1)
    assert found.difference.low < 0 < found.difference.high


def test_the_verdict_is_hateful_from_the_threshold_of_its_day_on():
    below = decided(0, "ann", B, probability=0.59, threshold=0.6)
    at = decided(1, "ann", H, probability=0.6, threshold=0.6)
    assert only(anchoring([below, at])).blind.hits == 2


@pytest.mark.parametrize(
    ("blind", "assisted", "words"),
    [
        ((50, 100), (95, 100), "more often after seeing it"),
        ((95, 100), (50, 100), "less often after seeing it"),
        ((3, 3), (3, 3), "the difference may be chance"),
    ],
)
def test_the_sentence_says_which_way_and_that_nothing_is_proven(blind, assisted, words):
    sentence = only(anchoring(followed(blind, assisted))).sentence
    assert words in sentence
    assert sentence.endswith(CAVEAT)


def test_agreeing_every_time_on_a_few_memes_does_not_claim_certainty():
    difference = only(anchoring(followed((3, 3), (3, 3)))).difference
    assert difference.value == 0
    assert difference.low < -0.2
    assert difference.high > 0.2


def test_the_interval_of_the_difference_holds_the_truth_about_nineteen_times_in_twenty():
    rng = np.random.default_rng(3)
    trials = [(int(blind), int(late)) for blind, late in zip(rng.binomial(15, 0.7, 300), rng.binomial(15, 0.9, 300), strict=True)]
    found = [only(anchoring(followed((blind, 15), (late, 15)))).difference for blind, late in trials]
    assert np.mean([difference.low <= 0.2 <= difference.high for difference in found]) == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize(("blind", "assisted", "missing"), [((2, 3), (0, 0), "assisted"), ((0, 0), (2, 3), "blind")])
def test_with_one_side_only_there_is_no_difference(blind, assisted, missing):
    found = only(anchoring(followed(blind, assisted)))
    assert found.difference is None
    assert found.sentence == f"There is no {missing} answer yet, so there is nothing to compare."


def test_unsure_answers_and_those_without_a_model_say_nothing_about_anchoring():
    assert anchoring([decided(0, "ann", U, probability=0.9, threshold=0.5), decided(1, "ann", H)]) == ()


# --- with what is known ----------------------------------------------------------------------------------------------


def test_accuracy_and_both_recalls_by_hand():
    truth = {0: H, 1: H, 2: H, 3: B, 4: B, 5: B, 6: U}
    ann, bea = accuracy(answers(ann="hhbbhuhh", bea=".....b"), truth)
    assert (ann.reviewer, ann.right.hits, ann.right.n, ann.unsure) == ("ann", 3, 5, 1)
    assert (ann.hateful.hits, ann.hateful.n, ann.benign.hits, ann.benign.n) == (2, 3, 1, 2)
    assert (bea.right.hits, bea.right.n, bea.hateful) == (1, 1, Share(0, 0, None))


def test_people_without_a_meme_of_known_label_are_left_out():
    assert accuracy(answers(ann="hh"), {7: H}) == ()


def test_somebody_who_is_always_unsure_has_no_accuracy_but_is_seen():
    found = only(accuracy(answers(ann="uu"), {0: H, 1: B}))
    assert (found.right, found.unsure) == (Share(0, 0, None), 2)
    assert below_floor([found], least=0) == ()


def test_assisted_answers_count_and_second_thoughts_do_not():
    first, later = decided(0, "ann", B, assisted=True), decided(0, "ann", H, minute=9)
    found = only(accuracy([later, first], {0: H}))
    assert (found.right.hits, found.right.n) == (0, 1)


def test_below_the_floor_is_who_lies_under_it_with_the_whole_interval():
    truth = dict.fromkeys(range(20), H)
    said = answers(nine="h" * 9 + "b" * 11, ten="h" * 10 + "b" * 10)  # upper ends 0.658 and 0.701
    people = accuracy(said, truth)
    assert [person.reviewer for person in below_floor(people)] == ["nine"]
    assert [person.reviewer for person in below_floor(people, floor=0.71)] == ["nine", "ten"]
    assert below_floor(people, least=21) == ()
