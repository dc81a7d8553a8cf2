"""What pictures look like, by picture: two memes with the same picture share one likeness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from gatedclip.store.database import Database, chunks, upsert
from gatedclip.store.tables import LikenessRow
from gatedclip.types import Likeness

COLUMNS = (
    LikenessRow.picture,
    LikenessRow.upright,
    LikenessRow.mirrored,
    LikenessRow.whole_quality,
    LikenessRow.bare_quality,
)


class Likenesses:
    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, likenesses: Mapping[str, Likeness]) -> None:
        """Stores each under its picture's key; a new one replaces the old."""
        rows = [
            {
                "picture": picture,
                "upright": one.upright,
                "mirrored": one.mirrored,
                "whole_quality": one.qualities[0],
                "bare_quality": one.qualities[1],
            }
            for picture, one in likenesses.items()
        ]
        with self._db.writing() as session:
            upsert(session, LikenessRow, rows)

    def get(self, pictures: Sequence[str]) -> dict[str, Likeness]:
        """Those that are stored, by picture."""
        found: dict[str, Likeness] = {}
        with self._db.reading() as session:
            for some in chunks(list(dict.fromkeys(pictures))):
                rows = session.execute(select(*COLUMNS).where(LikenessRow.picture.in_(some)))
                found.update((row[0], _likeness(*row[1:])) for row in rows)
        return found

    def all(self) -> dict[str, Likeness]:
        """Every picture's, in the order of their keys."""
        with self._db.reading() as session:
            return {row[0]: _likeness(*row[1:]) for row in session.execute(select(*COLUMNS).order_by(LikenessRow.picture))}


def _likeness(upright: bytes, mirrored: bytes, whole: int, bare: int) -> Likeness:
    return Likeness(upright, mirrored, (whole, bare))
