"""What people saw unblurred, and for how long. It measures exposure and says nothing about harm."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select, update

from gatedclip.store.database import Database
from gatedclip.store.tables import ExposureRow, utcnow
from gatedclip.types import Exposure


class Exposures:
    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, person: str, meme_id: int, seconds: float, at: datetime | None = None) -> int:
        """The number of one more unblurred view."""
        with self._db.writing() as session:
            row = ExposureRow(person=person, meme_id=meme_id, seconds=seconds, at=at or utcnow())
            session.add(row)
            session.flush()
            return row.id

    def lengthen(self, view: int, seconds: float) -> None:
        """How long a view has lasted by now; nothing happens when its meme was erased meanwhile."""
        with self._db.writing() as session:
            session.execute(update(ExposureRow).where(ExposureRow.id == view).values(seconds=seconds))

    def days(self, person: str = "", days: int = 7, now: datetime | None = None) -> list[Exposure]:
        """Views per person and UTC day over the last `days`, newest first; of everyone unless one is named."""
        since = ((now or utcnow()) - timedelta(days=days - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
        query = select(ExposureRow).where(ExposureRow.at >= since)
        query = query.where(ExposureRow.person == person) if person else query
        found: dict[tuple[date, str], list[float]] = {}
        with self._db.reading() as session:
            for row in session.scalars(query):
                found.setdefault((row.at.date(), row.person), []).append(row.seconds)
        return [Exposure(who, day, len(views), sum(views)) for (day, who), views in sorted(found.items(), reverse=True)]
