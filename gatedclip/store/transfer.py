"""A record that was kept elsewhere, taken into this one: its events follow those that are here, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from gatedclip.store.database import Database
from gatedclip.store.decisions import add_decision
from gatedclip.store.queue import let_go
from gatedclip.store.tables import DecisionRow, HeadVersionRow, MemeRow
from gatedclip.types import Action, Brought, Decision, Recorded, Refusal, Split


class Transfer:
    def __init__(self, database: Database) -> None:
        self._db = database

    def bring(self, events: Sequence[Recorded]) -> Brought:
        """Records events with who, when and what as they were, oldest first; what was brought before is known again.

        A meme is found by its picture and words. Receipts and numbers are this record's own; a head's number is kept where such a
        head is here, a policy's as it was. Refused are events of memes that are not here, events whose content was erased or kept
        back, and what undoes these.
        """
        rows = sorted(enumerate(events, start=1), key=lambda each: each[1].decision.id)
        here: dict[int, int] = {}  # number of an event there: its number here
        refused: list[Refusal] = []
        known = 0
        for row, event in rows:
            told = event.decision
            with self._db.writing() as session:
                if (at := _before(session, told)) is not None:
                    here[told.id], known = at, known + 1
                elif isinstance(taken := _take(session, event, here), str):
                    refused.append(Refusal(row, f"event {told.id}", taken))
                else:
                    here[told.id] = taken
        return Brought(len(here) - known, known, tuple(refused))


def _key(told: Decision) -> str:
    """What recognises an event that had no key of its own."""
    return told.key or f"brought {told.receipt or f'{told.id} {told.at.isoformat()}'}"


def _before(session: Session, told: Decision) -> int | None:
    """The number of the very same event here, if it is here."""
    same = [DecisionRow.key == _key(told), *([DecisionRow.receipt == told.receipt] if told.receipt else [])]
    return session.scalar(select(DecisionRow.id).where(or_(*same)).limit(1))


def _take(session: Session, event: Recorded, here: dict[int, int]) -> int | str:
    """The number of the event as it is recorded here, or why it cannot be."""
    told, meme = event.decision, _meme(session, event)
    if told.erased or told.action is Action.ERASE:
        return "It was erased on request and says nothing any more."
    if told.action is Action.DECIDE and told.label is None:
        return "Its answer was kept back while a second one was awaited. Export the record again when the meme is decided."
    if told.undoes is not None and told.undoes not in here:
        return f"It takes back event {told.undoes}, which is not here. Bring both in one file."
    if meme is None:
        return "No meme here has its picture and its words. Import the pictures first, then this file again."
    if told.version_id is not None and session.get(HeadVersionRow, told.version_id) is None:
        told = replace(told, version_id=None)
    undoes = None if told.undoes is None else here[told.undoes]
    meme.answers = max(meme.answers, event.answers)
    let_go(meme)
    return add_decision(session, meme, replace(told, meme_id=meme.id, undoes=undoes, key=_key(told))).id


def _meme(session: Session, event: Recorded) -> MemeRow | None:
    """The meme an event speaks of: its picture as it is kept, or as it was uploaded, with its words."""
    picture = or_(MemeRow.picture == event.picture, MemeRow.source_sha256 == event.picture)
    alike = select(MemeRow).where(picture, MemeRow.text == event.text, MemeRow.split != Split.ERASED).order_by(MemeRow.id)
    return session.scalar(alike.limit(1).with_for_update())
