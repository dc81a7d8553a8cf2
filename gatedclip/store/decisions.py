"""Who holds which meme, and what people said about it: an append-only record."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from gatedclip.errors import LeaseLost, NotFound, StoreError
from gatedclip.store.database import Database
from gatedclip.store.fold import fold
from gatedclip.store.memes import row_of, to_meme
from gatedclip.store.tables import DecisionRow, MemeRow, utcnow
from gatedclip.types import Action, Decision, Label, Meme, NewMeme, Split, Status, marks_from, reasons_from

LEASE = timedelta(minutes=10)
_Undo = aliased(DecisionRow)
UNDONE = exists().where(_Undo.undoes == DecisionRow.id)
STORED = [field.name for field in fields(Decision) if field.name not in ("id", "undone", "marks", "reasons")]


@dataclass(frozen=True)
class DecisionFilter:
    """Which events to show; None or "" leaves a field open."""

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
        return [*exact, *after, *before, *wrong]


class Decisions:
    def __init__(self, database: Database) -> None:
        self._db = database

    def claim(
        self, reviewer: str, now: datetime | None = None, lease: timedelta = LEASE, meme_id: int | None = None
    ) -> Meme | None:
        """A meme that `reviewer` alone holds until the lease ends; None when nothing is free.

        The meme they hold already comes first, then the oldest of the queue that nobody holds and that they have not
        skipped. With `meme_id` exactly that meme, whatever its status, unless someone else holds it.
        """
        if not reviewer:
            raise StoreError("Nobody is named as the reviewer. Choose a name first; a meme is held by a person.")
        now = now or utcnow()
        with self._db.writing() as session:
            row = _free(session, meme_id, reviewer, now) if meme_id is not None else _next(session, reviewer, now)
            if row is None:
                return None
            row.leased_by, row.leased_until = reviewer, now + lease
            session.flush()
            return to_meme(row)

    def renew(self, meme_id: int, reviewer: str, now: datetime | None = None, lease: timedelta = LEASE) -> Meme:
        """The meme with a fresh lease; LeaseLost when someone else has taken it."""
        with self._db.writing() as session:
            row = _held(session, meme_id, reviewer)
            row.leased_until = (now or utcnow()) + lease
            return to_meme(row)

    def release(self, meme_id: int, reviewer: str) -> None:
        """Gives the meme back, if `reviewer` holds it."""
        with self._db.writing() as session:
            row = row_of(session, meme_id, lock=True)
            if row.leased_by == reviewer:
                _let_go(row)

    def record(self, decision: Decision) -> Decision:
        """The event as stored. A key that is on record already gives the recorded event and does nothing.

        A lease that ran out still counts until someone else takes the meme; then LeaseLost.
        """
        _check(decision)
        with self._db.writing() as session:
            if known := _by_key(session, decision.key):
                return known
            meme = _held(session, decision.meme_id, decision.reviewer)
            if known := _by_key(session, decision.key):  # PostgreSQL: its twin may have held the row until now
                return known
            _let_go(meme)
            return _append(session, meme, decision)

    def add_variant(self, original_id: int, variant: NewMeme, decision: Decision) -> Meme:
        """The variant as a decided member of the original's family, all in one transaction; the original gets a family if it had
        none.

        The same picture and words again are the same meme, and the same label again is not recorded twice. StoreError when they
        are the original itself or belong to the base or held-out memes; LeaseLost when someone else is reviewing them.
        """
        _check(decision)
        with self._db.writing() as session:
            original = row_of(session, original_id, lock=True)
            row = _same(session, original, variant, decision.reviewer)
            original.family = original.family or f"meme-{original.id}"
            if row is None:
                row = MemeRow(**asdict(replace(variant, family=original.family)))
                session.add(row)
                session.flush()
            row.family = row.family or original.family
            if row.label != decision.label:
                _let_go(row)
                _append(session, row, replace(decision, meme_id=row.id))
            return to_meme(row)

    def undo(self, reviewer: str, decision_id: int | None = None) -> Decision | None:
        """The UNDO event that reverses one event, or None when there is nothing (left) to reverse.

        Without `decision_id` that is the reviewer's latest decision or skip that stands. The meme goes back to what its
        remaining events say: an earlier label, or the queue.
        """
        with self._db.writing() as session:
            found = _last(session, reviewer) if decision_id is None else _event(session, decision_id)
            if found is None:
                return None
            meme = row_of(session, found.meme_id, lock=True)
            if found.action is Action.UNDO or session.scalar(select(exists().where(DecisionRow.undoes == found.id))):
                return None
            return _append(session, meme, Decision(meme.id, Action.UNDO, reviewer, undoes=found.id))

    def reopen(self, meme_id: int, reviewer: str) -> Decision | None:
        """The REOPEN event that sends a decided or skipped meme back to everyone's queue; None when it waits already."""
        with self._db.writing() as session:
            meme = row_of(session, meme_id, lock=True)
            if meme.status is Status.WAITING:
                return None
            return _append(session, meme, Decision(meme_id, Action.REOPEN, reviewer))

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

    def standing(self, split: Split = Split.QUEUE) -> builtins.list[Decision]:
        """The one decision that gives each decided meme its label: what is learned from. Oldest first."""
        latest = (
            select(func.max(DecisionRow.id))
            .join(MemeRow, MemeRow.id == DecisionRow.meme_id)
            .where(MemeRow.split == split, MemeRow.status == Status.DECIDED, DecisionRow.action == Action.DECIDE, ~UNDONE)
            .group_by(DecisionRow.meme_id)
        )
        with self._db.reading() as session:
            return [*_events(session, DecisionRow.id.in_(latest))][::-1]


def _next(session: Session, reviewer: str, now: datetime) -> MemeRow | None:
    mine = MemeRow.leased_by == reviewer
    nobodys = or_(MemeRow.leased_until.is_(None), MemeRow.leased_until < now)
    passed = (
        exists()
        .where(DecisionRow.meme_id == MemeRow.id, DecisionRow.reviewer == reviewer, DecisionRow.action == Action.SKIP, ~UNDONE)
        .correlate(MemeRow)
    )
    open_to_them = or_(MemeRow.status == Status.WAITING, and_(MemeRow.status == Status.SKIPPED, ~passed))
    waiting = select(MemeRow).where(MemeRow.split == Split.QUEUE, open_to_them).order_by(MemeRow.id).limit(1)
    waiting = waiting.with_for_update(skip_locked=True)  # PostgreSQL: two reviewers walk past each other's row
    return session.scalar(waiting.where(mine)) or session.scalar(waiting.where(nobodys))


def _free(session: Session, meme_id: int, reviewer: str, now: datetime) -> MemeRow | None:
    row = row_of(session, meme_id, lock=True)
    held = row.leased_until is not None and row.leased_until >= now and row.leased_by != reviewer
    return None if held else row


def _held(session: Session, meme_id: int, reviewer: str) -> MemeRow:
    row = row_of(session, meme_id, lock=True)
    if row.leased_by != reviewer:
        raise LeaseLost(
            f"Meme {meme_id} is no longer held by {reviewer!r}: the time ran out or it was given back, so nothing was"
            " recorded. Open it again to decide."
        )
    return row


def _same(session: Session, original: MemeRow, variant: NewMeme, reviewer: str) -> MemeRow | None:
    """The meme of the queue that has this picture and these words already; None when no meme has."""
    alike = select(MemeRow).where(MemeRow.picture == variant.picture, MemeRow.text == variant.text).order_by(MemeRow.id)
    rows = list(session.scalars(alike.with_for_update()))
    if any(row.id == original.id for row in rows):
        raise StoreError(f"This is meme {original.id} as it stands. Change its words or its picture first.")
    if fixed := [row for row in rows if row.split is not Split.QUEUE]:
        raise StoreError(
            f"The collection holds this picture with these words already: meme {fixed[0].id}, a {fixed[0].split.value} meme, "
            "whose label stays as it came. Nothing was stored; try another change."
        )
    if rows and _free(session, rows[0].id, reviewer, utcnow()) is None:
        raise LeaseLost(f"{rows[0].leased_by!r} is reviewing exactly this as meme {rows[0].id}. Nothing was stored.")
    return rows[0] if rows else None


def _let_go(row: MemeRow) -> None:
    row.leased_by, row.leased_until = "", None


def _check(decision: Decision) -> None:
    if decision.action not in (Action.DECIDE, Action.SKIP):
        raise StoreError(f"Cannot record {decision.action.value!r}; record takes decide or skip, and undo and reopen are verbs.")
    if (decision.action is Action.DECIDE) != (decision.label is not None):
        raise StoreError(f"A {decision.action.value} came with label {decision.label}; a decision has one, a skip has none.")


def _append(session: Session, meme: MemeRow, decision: Decision) -> Decision:
    """Writes one event and the fold it leads to."""
    values = {name: getattr(decision, name) for name in STORED}
    row = DecisionRow(
        **values | {"key": decision.key or None, "at": utcnow()},
        marks=asdict(decision.marks) if decision.marks else None,
        reasons=asdict(decision.reasons) if decision.reasons else None,
        wrong_reason=decision.wrong_reason,
    )
    session.add(row)
    session.flush()
    meme.status, meme.label = fold([*_events(session, DecisionRow.meme_id == meme.id)][::-1])
    return _to_decision(row, undone=False)


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
    theirs = DecisionRow.action.in_((Action.DECIDE, Action.SKIP))
    return next(_events(session, DecisionRow.reviewer == reviewer, theirs, ~UNDONE, limit=1), None)


def _to_decision(row: DecisionRow, undone: bool) -> Decision:
    stored = Decision(**{name: getattr(row, name) for name in STORED}, id=row.id, undone=undone)
    marks = marks_from(row.marks) if row.marks else None
    return replace(stored, key=row.key or "", marks=marks, reasons=reasons_from(row.reasons) if row.reasons else None)
