"""What a meme's events add up to."""

from __future__ import annotations

from collections.abc import Iterable

from gatedclip.types import Action, Decision, Label, Status


def fold(events: Iterable[Decision]) -> tuple[Status, Label | None]:
    """Status and current label after one meme's events, oldest first.

    An undone event counts as if it had never been; the last decision or reopening that stands wins. A skip says nothing
    about the label, so it leaves a decided meme decided.
    """
    events = list(events)
    undone = {event.undoes for event in events if event.action is Action.UNDO}
    status, label = Status.WAITING, None
    for event in events:
        if event.id in undone or event.action is Action.UNDO:
            continue
        if event.action is Action.DECIDE:
            status, label = Status.DECIDED, event.label
        elif event.action is Action.REOPEN:
            status, label = Status.WAITING, None
        elif status is not Status.DECIDED:
            status = Status.SKIPPED
    return status, label
