"""Batches of memes to look at next: why each was chosen, and its turn in the queue. Append-only; the newest batch holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields, replace

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from gatedclip.errors import StoreError
from gatedclip.store.database import Database
from gatedclip.store.tables import LAST_TURN, MemeRow, PickRow, utcnow
from gatedclip.types import Pick, Split, Status

FIELDS = [field.name for field in fields(Pick)]


class Picks:
    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, picks: Sequence[Pick]) -> list[Pick]:
        """A new batch in the order given, numbered and dated here; its waiting memes are next in the queue, in one step."""
        if not picks:
            raise StoreError("A batch of no memes was to be kept. Choose one meme or more.")
        with self._db.writing() as session:
            newest, at = _newest(session), utcnow()
            kept = [replace(pick, batch=newest + 1, at=at) for pick in picks]
            session.add_all([PickRow(**asdict(pick)) for pick in kept])
            before = select(PickRow.meme_id).where(PickRow.batch == newest)
            session.execute(update(MemeRow).where(MemeRow.id.in_(before)).values(turn=LAST_TURN))
            turns = [{"id": pick.meme_id, "turn": turn} for turn, pick in enumerate(kept)]
            session.execute(update(MemeRow), turns)
            return kept

    def newest(self, meme_id: int | None = None) -> list[Pick]:
        """The newest batch in its order, or of it only the pick of one meme; empty before the first."""
        with self._db.reading() as session:
            query = select(PickRow).where(PickRow.batch == _newest(session)).order_by(PickRow.id)
            if meme_id is not None:
                query = query.where(PickRow.meme_id == meme_id)
            return [_to_pick(row) for row in session.scalars(query)]

    def by(self, strategy: str) -> list[Pick]:
        """What one strategy chose in all batches, oldest first."""
        with self._db.reading() as session:
            query = select(PickRow).where(PickRow.strategy == strategy).order_by(PickRow.id)
            return [_to_pick(row) for row in session.scalars(query)]

    def number(self) -> int:
        """Of the newest batch; 0 before the first."""
        with self._db.reading() as session:
            return _newest(session)

    def open(self) -> list[int]:
        """Ids of the memes that wait for anyone and that nobody has passed or answered: what a batch is chosen from."""
        query = select(MemeRow.id).where(
            MemeRow.split == Split.QUEUE, MemeRow.status == Status.WAITING, MemeRow.assigned_to == "", ~MemeRow.others_only
        )
        with self._db.reading() as session:
            return list(session.scalars(query.order_by(MemeRow.id)))


def _newest(session: Session) -> int:
    return session.scalar(select(func.max(PickRow.batch))) or 0


def _to_pick(row: PickRow) -> Pick:
    return Pick(**{name: getattr(row, name) for name in FIELDS})
