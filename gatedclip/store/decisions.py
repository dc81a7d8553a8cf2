"""What people said about memes: an append-only record, each event chained to the one before."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from gatedclip.errors import NotFound, StoreError
from gatedclip.store import chain
from gatedclip.store.database import Database
from gatedclip.store.drafts import bring_back, drop
from gatedclip.store.fold import Standing, fold
from gatedclip.store.memes import lock_all, row_of, to_meme
from gatedclip.store.policies import policy_of, require
from gatedclip.store.queue import held, let_go
from gatedclip.store.receipts import Audit, Link, digest, new_salt
from gatedclip.store.tables import DecisionRow, MemeRow, utcnow
from gatedclip.store.undone import STANDS, UNDONE
from gatedclip.types import Action, Decision, Label, Meme, Split, Status, marks_from, reasons_from

STORED = [field.name for field in fields(Decision) if field.name not in ("id", "undone", "receipt", "erased", "marks", "reasons")]
MINE = (Action.DECIDE, Action.SKIP, Action.ESCALATE)  # what a reviewer does while holding a meme, and may undo


@dataclass(frozen=True)
class DecisionFilter:
    """Which events to show; None or "" leaves a field open.

    Where a second answer is awaited the first is not told, so no filter by what it says finds it.
    """

    reviewer: str = ""
    action: Action | None = None
    label: Label | None = None
    meme_id: int | None = None
    version_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Events before this moment."""
    wrong_reason: bool = False
    """Only decisions that the model was right about for the wrong reason."""

    def conditions(self) -> list[ColumnElement[bool]]:
        wanted = {name: getattr(self, name) for name in ("reviewer", "action", "label", "meme_id", "version_id")}
        exact = [getattr(DecisionRow, name) == value for name, value in wanted.items() if value not in (None, "")]
        after = [DecisionRow.at >= self.since] if self.since else []
        before = [DecisionRow.at < self.until] if self.until else []
        wrong = [DecisionRow.wrong_reason] if self.wrong_reason else []
        told = [DecisionRow.meme_id.not_in(select(MemeRow.id).where(MemeRow.others_only))]
        return [*exact, *after, *before, *wrong, *(told if self.label or self.wrong_reason else [])]


class Decisions:
    def __init__(self, database: Database) -> None:
        self._db = database

    def record(self, decision: Decision, answers: int = 1) -> Decision:
        """The event as stored. A key that is on record already gives the recorded event and does nothing.

        `answers` people must answer before an undecided meme counts as decided. A lease that ran out still counts until someone
        else takes the meme; then LeaseLost. PolicyError when the policy asks for more than was given.
        """
        _check(decision)
        with self._db.writing() as session:
            if known := _by_key(session, decision.key):
                return known
            meme = held(session, decision.meme_id, decision.reviewer)
            if known := _by_key(session, decision.key):  # PostgreSQL: its twin may have held the row until now
                return known
            if decision.action is Action.DECIDE:
                require(policy_of(session, decision.policy_id), decision)
                meme.answers = max(meme.answers, answers)
                drop(session, decision.reviewer, meme.id)  # whoever passes a meme on may come back to it
            let_go(meme)
            return add_decision(session, meme, decision)

    def undo(self, reviewer: str, decision_id: int | None = None) -> Decision | None:
        """The UNDO event that reverses one event, or None when there is nothing (left) to reverse.

        Without `decision_id` that is the reviewer's latest decision, skip or escalation that stands. What was decided in bulk is
        reversed in bulk. The meme goes back to what its remaining events say: an earlier label, or the queue; what was said
        with the decision becomes its reviewer's draft again.
        """
        with self._db.writing() as session:
            found = _last(session, reviewer) if decision_id is None else _event(session, decision_id)
            if found is None or found.action is Action.UNDO or found.erased:
                return None
            together = [found]
            if found.bulk:
                together += _events(session, DecisionRow.bulk == found.bulk, DecisionRow.id != found.id)
            lock_all(session, [event.meme_id for event in together])
            undone = [_reverse(session, event, reviewer) for event in together]
            return undone[0]

    def reopen(self, meme_id: int, reviewer: str, action: Action = Action.REOPEN) -> Decision | None:
        """The REOPEN event that sends a meme back to everyone's queue, or the APPEAL that sends it to someone who has not
        decided it; None when it waits already."""
        with self._db.writing() as session:
            meme = row_of(session, meme_id, lock=True)
            if meme.status is Status.WAITING and not meme.others_only:
                return None
            return add_decision(session, meme, Decision(meme_id, action, reviewer))

    def reopen_all(self, meme_ids: Collection[int], reviewer: str) -> builtins.list[Decision]:
        """The REOPEN events of those of these memes that are decided: all are sent back, or none."""
        with self._db.writing() as session:
            lock_all(session, sorted(set(meme_ids)))
            memes = [row_of(session, meme_id, lock=True) for meme_id in sorted(set(meme_ids))]
            decided = [meme for meme in memes if meme.split is Split.QUEUE and meme.status is Status.DECIDED]
            return [add_decision(session, meme, Decision(meme.id, Action.REOPEN, reviewer)) for meme in decided]

    def place(self, meme_id: int, split: Split, given: Label | None) -> Meme:
        """The meme in another split, with the label it has there, standing where its events put it there."""
        with self._db.writing() as session:
            meme = row_of(session, meme_id, lock=True)
            meme.split, meme.given = split, given
            settle(session, meme)
            return to_meme(meme)

    def get(self, decision_id: int) -> Decision:
        with self._db.reading() as session:
            return _event(session, decision_id)

    def last(self, reviewer: str) -> Decision | None:
        """What `undo` would reverse."""
        with self._db.reading() as session:
            return _last(session, reviewer)

    def list(self, which: DecisionFilter, limit: int | None = 50, offset: int = 0) -> list[Decision]:
        """Events, newest first; limit None for all."""
        with self._db.reading() as session:
            return list(_events(session, *which.conditions(), limit=limit, offset=offset))

    def count(self, which: DecisionFilter) -> int:
        with self._db.reading() as session:
            return session.scalars(select(func.count(DecisionRow.id)).where(*which.conditions())).one()

    def newest(self) -> int:
        """The number of the last event; 0 before the first."""
        with self._db.reading() as session:
            return session.scalar(select(func.coalesce(func.max(DecisionRow.id), 0))) or 0

    def touched(self, since: int) -> set[int]:
        """Memes that something happened to after the event numbered `since`."""
        with self._db.reading() as session:
            return set(session.scalars(select(DecisionRow.meme_id).where(DecisionRow.id > since).distinct()))

    def standing(self, split: Split = Split.QUEUE, without: Collection[str] = (), since: int = 0) -> builtins.list[Decision]:
        """The one decision that gives each decided meme its label: what is learned from. Oldest first.

        Decisions of the reviewers `without` count as if they had never been. With `since` only of memes that something happened
        to after the event of that number.
        """
        latest = (
            select(func.max(DecisionRow.id))
            .join(MemeRow, MemeRow.id == DecisionRow.meme_id)
            .where(MemeRow.split == split, MemeRow.status == Status.DECIDED, DecisionRow.action == Action.DECIDE, STANDS)
            .where(DecisionRow.reviewer.not_in(without))
            .group_by(DecisionRow.meme_id)
        )
        if since:
            after = aliased(DecisionRow)
            latest = latest.where(DecisionRow.meme_id.in_(select(after.meme_id).where(after.id > since)))
        with self._db.reading() as session:
            return [*_events(session, DecisionRow.id.in_(latest))][::-1]

    def accepted(self, split: Split = Split.QUEUE, without: Collection[str] = ()) -> builtins.list[Decision]:
        """Every decision that stands about a decided meme or one in conflict, since it was last sent back; oldest first.

        Decisions of the reviewers `without` count as if they had never been.
        """
        back, undo = aliased(DecisionRow), aliased(DecisionRow)
        sent_back = (
            select(func.coalesce(func.max(back.id), 0))
            .where(back.meme_id == DecisionRow.meme_id, back.action.in_((Action.REOPEN, Action.APPEAL)))
            .where(~back.erased, ~exists().where(undo.undoes == back.id))
            .scalar_subquery()
        )
        which = (
            select(DecisionRow.id)
            .join(MemeRow, MemeRow.id == DecisionRow.meme_id)
            .where(MemeRow.split == split, MemeRow.status.in_((Status.DECIDED, Status.CONFLICT)))
            .where(DecisionRow.action == Action.DECIDE, STANDS, DecisionRow.reviewer.not_in(without), DecisionRow.id > sent_back)
        )
        with self._db.reading() as session:
            return [*_events(session, DecisionRow.id.in_(which))][::-1]

    def answers(self, split: Split = Split.QUEUE) -> builtins.list[Decision]:
        """Every decision that stands, oldest first: who said what about which meme."""
        mine = (DecisionRow.action == Action.DECIDE, STANDS, MemeRow.split == split)
        joined = select(DecisionRow.id).join(MemeRow, MemeRow.id == DecisionRow.meme_id).where(*mine)
        with self._db.reading() as session:
            return [*_events(session, DecisionRow.id.in_(joined))][::-1]

    def answered(self, meme_id: int, reviewer: str) -> bool:
        """Whether this person's decision about the meme stands."""
        mine = (DecisionRow.meme_id == meme_id, DecisionRow.reviewer == reviewer, DecisionRow.action == Action.DECIDE, STANDS)
        with self._db.reading() as session:
            return bool(session.scalar(select(exists().where(*mine))))

    def audit(self) -> Audit:
        """Checks every receipt, and that each meme stands where its events put it."""
        with self._db.reading() as session:
            rows = session.scalars(select(DecisionRow).order_by(DecisionRow.id)).all()
            found = chain.audit(session, chain.DECISIONS, map(_link, rows))
            return replace(found, problems=(*found.problems, *_hidden(session), *_misplaced(session)))


def _reverse(session: Session, event: Decision, reviewer: str) -> Decision | None:
    meme = row_of(session, event.meme_id, lock=True)
    if session.scalar(select(exists().where(DecisionRow.undoes == event.id))):
        return None
    if event.action is Action.DECIDE:
        bring_back(session, event)
    return add_decision(session, meme, Decision(meme.id, Action.UNDO, reviewer, undoes=event.id))


def _check(decision: Decision) -> None:
    if decision.action not in MINE:
        raise StoreError(f"Cannot record {decision.action.value!r}; record takes decide, skip or escalate; the others are verbs.")
    if (decision.action is Action.DECIDE) != (decision.label is not None):
        raise StoreError(f"A {decision.action.value} came with label {decision.label}; only a decision has one, and always.")


def add_decision(session: Session, meme: MemeRow, decision: Decision) -> Decision:
    """Writes one event with its receipt, and the standing it leads to."""
    row = add_event(session, replace(decision, previous=meme.label))
    settle(session, meme)
    return _to_decision(row, undone=False)


def add_event(session: Session, decision: Decision) -> DecisionRow:
    """Writes one event at the end of the chain; it happens now, unless it happened elsewhere before."""
    end = chain.lock(session, chain.DECISIONS)
    at = utcnow() if decision.at == datetime.min else decision.at
    row = DecisionRow(**_values(decision) | {"key": decision.key or None, "at": at, "salt": new_salt()}, **_reasoned(decision))
    session.add(row)
    session.flush()
    row.digest = digest(row.salt, _content(row))
    row.receipt = chain.extend(end, row.digest)
    session.flush()
    return row


def settle(session: Session, meme: MemeRow) -> None:
    """Puts a meme where its events say it stands."""
    meme.status, meme.label, meme.others_only = _standing(session, meme)


def _standing(session: Session, meme: MemeRow) -> Standing:
    if meme.split in (Split.GOLD, Split.RESERVE):
        return Standing(others_only=True)  # gold waits for everyone, each once; what is sealed waits for nobody
    return fold([*_events(session, DecisionRow.meme_id == meme.id)][::-1], meme.answers)


def _hidden(session: Session) -> Iterator[str]:
    """Events that claim to be erased though nobody erased their meme or their reviewer."""
    erased = select(DecisionRow.meme_id).where(DecisionRow.action == Action.ERASE, ~DecisionRow.erased)
    for row in session.scalars(select(DecisionRow).where(DecisionRow.erased, DecisionRow.meme_id.not_in(erased))):
        yield f"Event {row.id} is marked as erased, and the record holds no erasure of it."


def _misplaced(session: Session) -> Iterator[str]:
    """Memes that do not stand where their events put them."""
    touched = select(MemeRow).where(MemeRow.id.in_(select(DecisionRow.meme_id)), MemeRow.split != Split.ERASED)
    for meme in session.scalars(touched):
        if (meme.status, meme.label, meme.others_only) != _standing(session, meme):
            yield f"Meme {meme.id} is {meme.status.value} as {meme.label}, which is not what its events add up to."


def _values(of: Decision | DecisionRow) -> dict[str, Any]:
    return {name: getattr(of, name) for name in STORED}


def _reasoned(decision: Decision) -> dict[str, Any]:
    return {
        "marks": asdict(decision.marks) if decision.marks else None,
        "reasons": asdict(decision.reasons) if decision.reasons else None,
        "wrong_reason": decision.wrong_reason,
    }


def _content(row: DecisionRow) -> dict[str, Any]:
    """What a receipt vouches for; JSON turns tuples into lists, so both ways of reading agree."""
    return _values(row) | {"marks": row.marks, "reasons": row.reasons, "wrong_reason": row.wrong_reason}


def _link(row: DecisionRow) -> Link:
    return Link(row.id, row.salt, row.digest, row.receipt, row.erased, _content(row))


def _events(session: Session, *where: ColumnElement[bool], limit: int | None = None, offset: int = 0) -> Iterator[Decision]:
    """Newest first."""
    query = select(DecisionRow, UNDONE).where(*where).order_by(DecisionRow.id.desc()).limit(limit).offset(offset)
    return (_to_decision(row, undone) for row, undone in session.execute(query))


def _event(session: Session, decision_id: int) -> Decision:
    found = next(_events(session, DecisionRow.id == decision_id), None)
    if found is None:
        raise NotFound(f"There is no decision {decision_id}. Reload the history.")
    return found


def _by_key(session: Session, key: str) -> Decision | None:
    return next(_events(session, DecisionRow.key == key), None) if key else None


def _last(session: Session, reviewer: str) -> Decision | None:
    return next(_events(session, DecisionRow.reviewer == reviewer, DecisionRow.action.in_(MINE), STANDS, limit=1), None)


def _to_decision(row: DecisionRow, undone: bool) -> Decision:
    marks, reasons = row.marks and marks_from(row.marks), row.reasons and reasons_from(row.reasons)
    stored = Decision(**_values(row), id=row.id, undone=undone, receipt=row.receipt, erased=row.erased)
    return replace(stored, key=row.key or "", marks=marks or None, reasons=reasons or None)
