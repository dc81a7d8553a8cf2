"""What a meme's events add up to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from gatedclip.types import Action, Decision, Label, Status


class Standing(NamedTuple):
    """Where a meme stands after its events."""

    status: Status = Status.WAITING
    label: Label | None = None
    others_only: bool = False  # whoever decided it is not asked again: a second answer or an appeal waits


def fold(events: Iterable[Decision], answers: int = 1) -> Standing:
    """Where a meme that needs `answers` people to answer stands after its events, oldest first.

    An undone or erased event counts as if it had never been. Until enough people have answered, the label is not told; answers
    that differ make a conflict, which a lead's decision settles. Once settled, the last decision wins. Reopening and appealing
    begin anew. A skip says nothing about the label, so it leaves a decided meme decided.
    """
    events = list(events)
    undone = {event.undoes for event in events if event.action is Action.UNDO}
    standing = Standing()
    said: dict[str, Label | None] = {}
    for event in events:
        if event.id in undone or event.erased or event.action in (Action.UNDO, Action.ERASE):
            continue
        if event.action in (Action.REOPEN, Action.APPEAL):
            standing, said = Standing(others_only=event.action is Action.APPEAL), {}
        elif event.action is Action.DECIDE:
            said[event.reviewer] = event.label
            standing = _decided(standing, event, list(said.values()), answers)
        elif event.action is Action.ESCALATE:
            standing = standing if standing.status is Status.DECIDED else standing._replace(status=Status.ESCALATED)
        elif standing.status.open:
            standing = standing._replace(status=Status.SKIPPED)
    return standing


def _decided(before: Standing, event: Decision, said: list[Label | None], answers: int) -> Standing:
    """After one more decision; `said` holds each person's own latest answer."""
    if event.adjudicates or before.status is Status.DECIDED:
        return Standing(Status.DECIDED, event.label)
    if before.status.for_a_lead:
        return before
    if len(said) < answers:
        return Standing(others_only=True)
    agreed = answers == 1 or len(set(said)) == 1
    return Standing(Status.DECIDED, event.label) if agreed else Standing(Status.CONFLICT)
