"""The queue and the record, told as what reviewers do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from deciding import decide, state
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatedclip.errors import LeaseLost, NotFound, StoreError
from gatedclip.store import DecisionFilter, MemeFilter, fold
from gatedclip.types import Action, Decision, Label, Marks, NewMeme, Rationale, Reasons, Split, Status

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
H, B, U = Label.HATEFUL, Label.BENIGN, Label.UNSURE


def fill(store, n, split=Split.QUEUE):
    return store.memes.add([NewMeme(picture=f"p{i}", text=f"t{i}", source="test", split=split) for i in range(n)])


def skip(store, who, meme_id):
    assert store.queue.claim(who, meme_id=meme_id) is not None
    return store.decisions.record(Decision(meme_id, Action.SKIP, who))


# Holding a meme


def test_two_reviewers_get_different_memes_and_a_reload_gives_ones_own_back(store):
    first, second = fill(store, 2)
    assert store.queue.claim("anna").id == first
    assert store.queue.claim("ben").id == second
    assert store.queue.claim("anna").id == first
    assert store.queue.claim("cem") is None


def test_only_the_queue_is_served(store):
    fill(store, 2, Split.TRAIN)
    assert store.queue.claim("anna") is None


def test_an_expired_lease_passes_to_the_next_and_the_late_decision_is_refused(store):
    (meme_id,) = fill(store, 1)
    claimed = store.queue.claim("anna", now=NOON, lease=timedelta(minutes=10))
    assert (claimed.leased_by, claimed.leased_until) == ("anna", NOON + timedelta(minutes=10))
    assert store.queue.claim("cem", now=NOON + timedelta(minutes=10)) is None
    assert store.queue.claim("cem", now=NOON + timedelta(minutes=11)).id == meme_id
    with pytest.raises(LeaseLost, match=r"no longer held by 'anna'"):
        store.decisions.record(Decision(meme_id, Action.DECIDE, "anna", label=H))
    assert state(store, meme_id) == (Status.WAITING, None)
    assert store.decisions.count(DecisionFilter()) == 0


def test_a_late_decision_counts_while_nobody_else_has_taken_the_meme(store):
    (meme_id,) = fill(store, 1)
    store.queue.claim("anna", now=NOON)
    store.decisions.record(Decision(meme_id, Action.DECIDE, "anna", label=H))
    assert state(store, meme_id) == (Status.DECIDED, H)


def test_a_meme_nobody_claimed_cannot_be_decided(store):
    (meme_id,) = fill(store, 1)
    with pytest.raises(LeaseLost):
        store.decisions.record(Decision(meme_id, Action.DECIDE, "anna", label=H))


def test_a_renewed_lease_lasts_longer(store):
    (meme_id,) = fill(store, 1)
    store.queue.claim("anna", now=NOON)
    store.queue.renew(meme_id, "anna", now=NOON + timedelta(minutes=9))
    assert store.queue.claim("ben", now=NOON + timedelta(minutes=15)) is None
    assert store.queue.claim("ben", now=NOON + timedelta(minutes=20)).id == meme_id
    with pytest.raises(LeaseLost):
        store.queue.renew(meme_id, "anna")


def test_a_released_meme_is_free_and_others_cannot_release_it(store):
    (meme_id,) = fill(store, 1)
    store.queue.claim("anna")
    store.queue.release(meme_id, "ben")
    assert store.queue.claim("ben") is None
    store.queue.release(meme_id, "anna")
    assert store.queue.claim("ben").id == meme_id


def test_a_chosen_meme_can_be_claimed_even_when_decided_unless_someone_holds_it(store):
    first, second = fill(store, 2)
    decide(store, "anna", second)
    assert store.queue.claim("ben", meme_id=second).status is Status.DECIDED
    assert store.queue.claim("anna", meme_id=second) is None
    assert store.queue.claim("ben").id == first
    with pytest.raises(NotFound, match="no meme 77"):
        store.queue.claim("ben", meme_id=77)


def test_nobody_cannot_hold_a_meme(store):
    fill(store, 1)
    with pytest.raises(StoreError, match="Nobody is named"):
        store.queue.claim("")


# Recording

MARKS = Marks(((0.0, 0.25, 0.5, 1.0), (0.1, 0.1, 0.2, 0.2)), (0, 3), Rationale.TOGETHER, ("love", "“smell”"))
WRONG = Reasons(0.5, 0.75, 0.375, 0.5, None, 0.6, 0.4, ("you",), Rationale.WORDS, False, True, True)


def test_marks_and_reasons_come_back_as_they_were_given(store):
    first, second, third = fill(store, 3)
    decide(store, "anna", first, marks=MARKS, reasons=WRONG)
    decide(store, "anna", second, marks=Marks(rationale=Rationale.NEITHER))
    decide(store, "anna", third)
    kept = [store.decisions.list(DecisionFilter(meme_id=meme_id))[0] for meme_id in (first, second, third)]
    assert [(d.marks, d.reasons, d.wrong_reason) for d in kept] == [
        (MARKS, WRONG, True),
        (Marks(rationale=Rationale.NEITHER), None, False),
        (None, None, False),
    ]


def test_decisions_right_for_the_wrong_reason_can_be_picked_out(store):
    first, second, third = fill(store, 3)
    decide(store, "anna", first, marks=MARKS, reasons=WRONG)
    decide(store, "anna", second, marks=MARKS, reasons=replace(WRONG, wrong_reason=False))
    decide(store, "anna", third)
    assert [d.meme_id for d in store.decisions.list(DecisionFilter(wrong_reason=True))] == [first]
    assert store.decisions.count(DecisionFilter(wrong_reason=True, reviewer="ben")) == 0


def test_a_decision_is_stored_as_made_and_frees_the_meme(store):
    (meme_id,) = fill(store, 1)
    version = store.versions.add(kind="gated", encoder="demo", folder="v1", created_by="anna")
    store.queue.claim("anna", meme_id=meme_id)
    made = Decision(
        meme_id,
        Action.DECIDE,
        "anna",
        label=U,
        assisted=True,
        revealed=True,
        note="=cmd()",
        version_id=version.id,
        probability=0.25,
        gate=0.75,
        threshold=0.5,
        seconds=3.5,
        key="k1",
    )
    stored = store.decisions.record(made)
    same = [name for name in Decision.__slots__ if name not in ("id", "at", "receipt")]
    assert {n: getattr(stored, n) for n in same} == {n: getattr(made, n) for n in same}
    assert stored == store.decisions.get(stored.id) == store.decisions.last("anna")
    assert store.memes.get(meme_id).leased_by == ""
    assert state(store, meme_id) == (Status.DECIDED, U)


def test_the_same_key_is_recorded_once(store):
    first, second = fill(store, 2)
    once = decide(store, "anna", first, key="press-1")
    again = store.decisions.record(Decision(first, Action.DECIDE, "anna", label=B, key="press-1"))
    assert again == once
    store.queue.claim("anna")
    store.decisions.record(Decision(second, Action.DECIDE, "anna", label=B, key="press-1"))
    assert state(store, first) == (Status.DECIDED, H)
    assert state(store, second) == (Status.WAITING, None)
    assert store.decisions.count(DecisionFilter()) == 1


def test_decisions_without_a_key_are_all_recorded(store):
    for meme_id in fill(store, 2):
        decide(store, "anna", meme_id)
    assert store.decisions.count(DecisionFilter()) == 2


@pytest.mark.parametrize(
    "wrong",
    [Decision(1, Action.UNDO, "anna"), Decision(1, Action.DECIDE, "anna"), Decision(1, Action.SKIP, "anna", label=H)],
)
def test_an_event_that_makes_no_sense_is_refused(store, wrong):
    fill(store, 1)
    store.queue.claim("anna")
    with pytest.raises(StoreError):
        store.decisions.record(wrong)
    assert store.decisions.count(DecisionFilter()) == 0


def test_a_head_version_that_does_not_exist_is_refused_and_nothing_changes(store):
    (meme_id,) = fill(store, 1)
    store.queue.claim("anna")
    with pytest.raises(StoreError, match="refused"):
        store.decisions.record(Decision(meme_id, Action.DECIDE, "anna", label=H, version_id=9))
    assert state(store, meme_id) == (Status.WAITING, None)
    assert store.memes.get(meme_id).leased_by == "anna"


# Skipping


def test_a_skipped_meme_waits_for_others_and_does_not_come_back_to_who_skipped_it(store):
    first, second = fill(store, 2)
    skip(store, "anna", first)
    assert state(store, first) == (Status.SKIPPED, None)
    assert store.queue.claim("anna").id == second
    assert store.queue.claim("ben").id == first
    store.decisions.record(Decision(second, Action.SKIP, "anna"))
    assert store.queue.claim("anna") is None


def test_a_skip_that_is_undone_brings_the_meme_back(store):
    (meme_id,) = fill(store, 1)
    skip(store, "anna", meme_id)
    assert store.decisions.undo("anna").action is Action.UNDO
    assert store.queue.claim("anna").id == meme_id


# Undoing and reopening


def test_undo_walks_back_through_ones_own_events_only(store):
    a, b, c = fill(store, 3)
    decide(store, "anna", a)
    skip(store, "anna", b)
    decide(store, "ben", c)
    assert store.decisions.undo("anna").meme_id == b
    assert store.decisions.undo("anna").meme_id == a
    assert store.decisions.undo("anna") is None
    assert state(store, c) == (Status.DECIDED, H)
    assert store.decisions.last("anna") is None


def test_undoing_a_correction_restores_the_earlier_label(store):
    (meme_id,) = fill(store, 1)
    decide(store, "anna", meme_id, H)
    decide(store, "ben", meme_id, B)
    assert state(store, meme_id) == (Status.DECIDED, B)
    store.decisions.undo("ben")
    assert state(store, meme_id) == (Status.DECIDED, H)


def test_a_given_event_can_be_undone_by_another_person_once(store):
    (meme_id,) = fill(store, 1)
    event = decide(store, "anna", meme_id)
    undo = store.decisions.undo("lea", event.id)
    assert (undo.reviewer, undo.undoes, undo.meme_id) == ("lea", event.id, meme_id)
    assert store.decisions.undo("lea", event.id) is None
    assert store.decisions.undo("lea", undo.id) is None
    assert store.decisions.get(event.id).undone
    assert state(store, meme_id) == (Status.WAITING, None)
    with pytest.raises(NotFound, match="no decision 999"):
        store.decisions.undo("lea", 999)


def test_a_reopened_meme_goes_to_everyone_and_its_history_stays(store):
    (meme_id,) = fill(store, 1)
    decide(store, "anna", meme_id)
    assert store.decisions.reopen(meme_id, "lea").action is Action.REOPEN
    assert store.decisions.reopen(meme_id, "lea") is None
    assert store.queue.claim("anna").id == meme_id
    assert [e.action for e in store.decisions.list(DecisionFilter(meme_id=meme_id))] == [Action.REOPEN, Action.DECIDE]


# Reading


def test_standing_holds_the_one_decision_behind_each_label(store):
    a, b, c, d = fill(store, 4)
    decide(store, "anna", a, H)
    corrected = decide(store, "ben", a, B)
    only = decide(store, "anna", b, U)
    skip(store, "anna", c)
    decide(store, "anna", d)
    store.decisions.reopen(d, "lea")
    (base,) = fill(store, 1, Split.TEST)
    apart = decide(store, "anna", base)
    assert store.decisions.standing() == [corrected, only]
    assert store.decisions.standing(Split.TEST) == [apart]
    store.decisions.undo("ben", corrected.id)
    assert [(e.meme_id, e.label) for e in store.decisions.standing()] == [(a, H), (b, U)]


def test_accepted_holds_every_answer_about_what_is_decided_or_in_conflict(store):
    a, b, c, d = fill(store, 4)
    first, corrected = decide(store, "anna", a, H), decide(store, "ben", a, B)
    assert store.queue.claim("anna", meme_id=b) is not None
    blind = store.decisions.record(Decision(b, Action.DECIDE, "anna", label=H), answers=2)
    assert store.decisions.accepted() == [first, corrected]  # one of two answers is not accepted yet
    other = decide(store, "ben", b, B)
    assert state(store, b) == (Status.CONFLICT, None)
    decide(store, "anna", c)
    store.decisions.reopen(c, "lea")
    decide(store, "anna", d, H)
    store.decisions.reopen(d, "lea")
    again = decide(store, "cem", d, B)
    assert store.decisions.accepted() == [first, corrected, blind, other, again]  # what was said before reopening is set aside
    assert store.decisions.accepted(without=["ben"]) == [first, blind, again]
    store.decisions.undo("ben", corrected.id)
    assert store.decisions.accepted() == [first, blind, other, again]


def test_each_field_of_the_filter_narrows_and_the_newest_comes_first(store):
    a, b = fill(store, 2)
    version = store.versions.add(kind="gated", encoder="demo", folder="v1", created_by="anna").id
    first = decide(store, "anna", a, H, version_id=version)
    second = decide(store, "ben", b, B)
    third = store.decisions.undo("ben")

    def ids(**which):
        found = [e.id for e in store.decisions.list(DecisionFilter(**which))]
        assert store.decisions.count(DecisionFilter(**which)) == len(found)
        return found

    assert ids() == [third.id, second.id, first.id]
    assert ids(reviewer="anna") == ids(label=H) == ids(meme_id=a) == ids(version_id=version) == [first.id]
    assert ids(action=Action.UNDO) == [third.id]
    assert ids(since=second.at) == [third.id, second.id]
    assert ids(until=second.at) == [first.id]
    assert [e.undone for e in store.decisions.list(DecisionFilter())] == [False, True, False]
    assert [e.id for e in store.decisions.list(DecisionFilter(), limit=1, offset=1)] == [second.id]


MOVES = st.lists(
    st.tuples(st.sampled_from(["hateful", "benign", "skip", "undo", "reopen"]), st.sampled_from(["anna", "ben"])), max_size=12
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MOVES)
def test_the_cached_label_is_always_the_fold_over_the_events(store, moves):
    for meme_id in fill(store, 2):
        for move, who in moves:
            if move == "undo":
                store.decisions.undo(who)
            elif move == "reopen":
                store.decisions.reopen(meme_id, who)
            elif move == "skip":
                skip(store, who, meme_id)
            else:
                decide(store, who, meme_id, Label(move))
    for meme in store.memes.find(MemeFilter(), limit=1_000):
        events = store.decisions.list(DecisionFilter(meme_id=meme.id), limit=None)[::-1]
        assert (meme.status, meme.label) == fold(events)[:2]
