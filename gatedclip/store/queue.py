"""Who may hold which meme, and for how long: one atomic step takes a meme off the queue."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from gatedclip.errors import LeaseLost, StoreError
from gatedclip.store.database import Database, chunks
from gatedclip.store.memes import row_of, to_meme
from gatedclip.store.tables import DecisionRow, MemeRow, utcnow
from gatedclip.store.undone import STANDS
from gatedclip.types import Action, Meme, QueueRule, Split, Status

LEASE = timedelta(minutes=10)
OPEN = tuple(status for status in Status if status.open)  # fresh ones first, then those someone passed


class Queue:
    def __init__(self, database: Database) -> None:
        self._db = database

    def claim(
        self,
        reviewer: str,
        now: datetime | None = None,
        lease: timedelta = LEASE,
        *,
        meme_id: int | None = None,
        rule: QueueRule | None = None,
        avoid: Collection[str] = (),
        split: Split = Split.QUEUE,
    ) -> Meme | None:
        """A meme that `reviewer` alone holds until the lease ends; None when nothing is free.

        The meme they hold already comes first, then their own list, then without a `rule` the newest batch to look at next, in
        its order, then the oldest that fits `rule`. From both, only one that comes from no source and shows no theme of `avoid`,
        is held by nobody, and is not one they skipped or, where others are to answer, decided. With `meme_id` exactly that
        meme, whatever its status, unless someone else holds it.
        """
        if not reviewer:
            raise StoreError("Nobody is named as the reviewer. Choose a name first; a meme is held by a person.")
        now = now or utcnow()
        with self._db.writing() as session:
            if meme_id is not None:
                row = free(session, meme_id, reviewer, now)
            else:
                row = _next(session, reviewer, now, [MemeRow.split == split, *_fits(rule, avoid)], rule)
            if row is None:
                return None
            row.leased_by, row.leased_until = reviewer, now + lease
            if rule is not None:
                row.answers = max(row.answers, rule.answers)
            session.flush()
            return to_meme(row)

    def coming(
        self,
        reviewer: str,
        limit: int,
        *,
        rule: QueueRule | None = None,
        avoid: Collection[str] = (),
        now: datetime | None = None,
    ) -> list[Meme]:
        """What `reviewer` would be given one after the other, as it stands now; nothing is held by this."""
        found: list[Meme] = []
        with self._db.reading() as session:
            for step in _steps(reviewer, now or utcnow(), [MemeRow.split == Split.QUEUE, *_fits(rule, avoid)], rule):
                found += [to_meme(row) for row in session.scalars(step.limit(limit - len(found)))]
        return found

    def renew(self, meme_id: int, reviewer: str, now: datetime | None = None, lease: timedelta = LEASE) -> Meme:
        """The meme with a fresh lease; LeaseLost when someone else has taken it."""
        with self._db.writing() as session:
            row = held(session, meme_id, reviewer)
            row.leased_until = (now or utcnow()) + lease
            return to_meme(row)

    def release(self, meme_id: int, reviewer: str) -> None:
        """Gives the meme back, if `reviewer` holds it."""
        with self._db.writing() as session:
            row = row_of(session, meme_id, lock=True)
            if row.leased_by == reviewer:
                let_go(row)

    def assign(self, meme_ids: Sequence[int], person: str) -> None:
        """Puts memes on one person's own list; "" puts them back on everyone's."""
        with self._db.writing() as session:
            for some in chunks(meme_ids):
                session.execute(update(MemeRow).where(MemeRow.id.in_(some)).values(assigned_to=person))

    def score(self, scores: dict[int, float], version_id: int) -> None:
        """Keeps what a head says about waiting memes, for queues that choose by it."""
        rows = [{"id": meme_id, "score": score, "scored_by": version_id} for meme_id, score in scores.items()]
        with self._db.writing() as session:
            for some in chunks(rows):
                session.execute(update(MemeRow), some)

    def count(self, rule: QueueRule | None = None) -> int:
        """How many memes are open that fit the rule."""
        query = select(func.count(MemeRow.id)).where(MemeRow.split == Split.QUEUE, MemeRow.status.in_(OPEN), *_fits(rule, ()))
        with self._db.reading() as session:
            return session.scalars(query).one()

    def unscored(self, version_id: int, limit: int = 1000) -> list[Meme]:
        """Open memes whose score is missing or another head's."""
        stale = or_(MemeRow.scored_by.is_(None), MemeRow.scored_by != version_id)
        query = select(MemeRow).where(MemeRow.split == Split.QUEUE, MemeRow.status.in_(OPEN), stale).limit(limit)
        with self._db.reading() as session:
            return [to_meme(row) for row in session.scalars(query)]

    def since(self) -> list[datetime]:
        """When each open meme came in, oldest first."""
        query = (
            select(MemeRow.created_at).where(MemeRow.split == Split.QUEUE, MemeRow.status.in_(OPEN)).order_by(MemeRow.created_at)
        )
        with self._db.reading() as session:
            return list(session.scalars(query))


def _fits(rule: QueueRule | None, avoid: Collection[str]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [MemeRow.source.not_in(avoid), MemeRow.theme.not_in(avoid)] if avoid else []
    if rule is None:
        return conditions
    conditions += [getattr(MemeRow, name) == value for name in ("source", "family", "theme") if (value := getattr(rule, name))]
    if (rule.low, rule.high) != (0.0, 1.0):
        conditions.append(MemeRow.score.between(rule.low, rule.high))
    return conditions


def _next(
    session: Session, reviewer: str, now: datetime, fits: list[ColumnElement[bool]], rule: QueueRule | None
) -> MemeRow | None:
    for step in _steps(reviewer, now, fits, rule):
        step = step.limit(1).with_for_update(skip_locked=True)  # PostgreSQL: walk past others' rows
        if (row := session.scalar(step)) is not None:
            return row
    return None


def _steps(reviewer: str, now: datetime, fits: list[ColumnElement[bool]], rule: QueueRule | None) -> Iterator[Select[MemeRow]]:
    """Where to look for the next meme, first things first; each walks an index from its start, however many wait."""
    mine, own = MemeRow.leased_by == reviewer, MemeRow.assigned_to == reviewer
    loose = or_(MemeRow.leased_until.is_(None), MemeRow.leased_until < now)
    theirs = MemeRow.assigned_to == ""
    steps = [(mine, None), (and_(own, loose), None), *((and_(theirs, loose, *fits), status) for status in OPEN)]
    for where, status in steps:
        any_status = MemeRow.status.in_(OPEN) if status is None else MemeRow.status == status
        split = () if status else (MemeRow.split.in_((Split.QUEUE, Split.GOLD)),)
        order = (MemeRow.turn, MemeRow.id) if status and rule is None else (MemeRow.id,)
        yield select(MemeRow).where(*split, any_status, where, ~_passed(reviewer)).order_by(*order)


def _passed(reviewer: str) -> ColumnElement[bool]:
    """They skipped it, or have answered where others are to answer."""
    done = or_(DecisionRow.action == Action.SKIP, and_(DecisionRow.action == Action.DECIDE, MemeRow.others_only))
    return exists().where(DecisionRow.meme_id == MemeRow.id, DecisionRow.reviewer == reviewer, done, STANDS).correlate(MemeRow)


def free(session: Session, meme_id: int, reviewer: str, now: datetime) -> MemeRow | None:
    row = row_of(session, meme_id, lock=True)
    taken = row.leased_until is not None and row.leased_until >= now and row.leased_by != reviewer
    return None if taken or row.split is Split.ERASED else row


def held(session: Session, meme_id: int, reviewer: str) -> MemeRow:
    """The meme's row, locked; LeaseLost when `reviewer` does not hold it."""
    row = row_of(session, meme_id, lock=True)
    if row.leased_by != reviewer:
        raise LeaseLost(
            f"Meme {meme_id} is no longer held by {reviewer!r}: the time ran out or it was given back, so nothing was"
            " recorded. Open it again to decide."
        )
    return row


def let_go(row: MemeRow) -> None:
    row.leased_by, row.leased_until = "", None
