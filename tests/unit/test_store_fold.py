"""What events add up to: cases by hand, and laws over any history."""

from hypothesis import given
from hypothesis import strategies as st

from gatedclip.store import fold
from gatedclip.types import Action, Decision, Label, Status

A, B = Label.HATEFUL, Label.BENIGN


def history(*events):
    """Events numbered from 1: a label decides, "skip" and "reopen" are themselves, a number undoes that event."""
    built = []
    for number, event in enumerate(events, 1):
        if isinstance(event, Label):
            built.append(Decision(1, Action.DECIDE, "anna", label=event, id=number))
        elif isinstance(event, int):
            built.append(Decision(1, Action.UNDO, "anna", undoes=event, id=number))
        else:
            built.append(Decision(1, Action(event), "anna", id=number))
    return built


def test_a_meme_without_events_waits():
    assert fold([])[:2] == (Status.WAITING, None)


def test_the_last_decision_wins():
    assert fold(history(A, B))[:2] == (Status.DECIDED, B)


def test_undoing_the_last_decision_gives_the_one_before():
    assert fold(history(A, B, 2))[:2] == (Status.DECIDED, A)


def test_undoing_an_earlier_decision_leaves_the_later_one():
    assert fold(history(A, B, 1))[:2] == (Status.DECIDED, B)


def test_undoing_the_only_decision_sends_the_meme_back():
    assert fold(history(A, 1))[:2] == (Status.WAITING, None)


def test_a_reopened_meme_waits_and_undoing_the_reopening_restores_its_label():
    assert fold(history(A, "reopen"))[:2] == (Status.WAITING, None)
    assert fold(history(A, "reopen", 2))[:2] == (Status.DECIDED, A)


def test_undoing_a_decision_made_after_reopening_does_not_bring_the_old_one_back():
    assert fold(history(A, "reopen", B, 3))[:2] == (Status.WAITING, None)


def test_a_skip_marks_a_waiting_meme_and_leaves_a_decided_one_alone():
    assert fold(history("skip"))[:2] == (Status.SKIPPED, None)
    assert fold(history("skip", 1))[:2] == (Status.WAITING, None)
    assert fold(history(A, "skip"))[:2] == (Status.DECIDED, A)


@st.composite
def histories(draw):
    """Any history in which each event is undone at most once, later."""
    events = []
    for _ in range(draw(st.integers(0, 12))):
        free = [n for n, e in enumerate(events, 1) if not isinstance(e, int) and n not in events]
        choices = [*Label, "skip", "reopen", *free]
        events.append(draw(st.sampled_from(choices)))
    return history(*events)


@given(histories())
def test_a_label_stands_exactly_while_the_meme_is_decided(events):
    status, label, _ = fold(events)
    assert (label is not None) == (status is Status.DECIDED)


@given(histories(), st.sampled_from(list(Label)))
def test_deciding_gives_that_label_and_undoing_it_gives_what_was_before(events, label):
    decided = [*events, Decision(1, Action.DECIDE, "ben", label=label, id=100)]
    assert fold(decided)[:2] == (Status.DECIDED, label)
    assert fold([*decided, Decision(1, Action.UNDO, "ben", undoes=100, id=101)]) == fold(events)


@given(histories())
def test_an_undone_event_counts_as_if_it_had_never_been(events):
    undone = {e.undoes for e in events}
    assert fold(events) == fold([e for e in events if e.id not in undone and e.action is not Action.UNDO])
