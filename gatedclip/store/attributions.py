"""Attributions worked out before, as the bytes the caller packed them into."""

from __future__ import annotations

from gatedclip.store.database import Database, upsert
from gatedclip.store.tables import AttributionRow


class Attributions:
    def __init__(self, database: Database) -> None:
        self._db = database

    def get(self, picture: str, text_key: str, version_id: int, method: str) -> bytes | None:
        """What was put for this picture and these words under this head by this method; None when nothing was."""
        with self._db.reading() as session:
            row = session.get(AttributionRow, (picture, text_key, version_id, method))
            return None if row is None else row.content

    def put(self, picture: str, text_key: str, version_id: int, method: str, content: bytes) -> None:
        row = {"picture": picture, "text_key": text_key, "version_id": version_id, "method": method, "content": content}
        with self._db.writing() as session:
            upsert(session, AttributionRow, [row])
