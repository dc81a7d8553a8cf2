"""What people have begun to say: kept on the server, so that a reload, a crash or a lost lease loses nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from gatedclip.store.database import Database, upsert
from gatedclip.store.tables import DraftRow, utcnow


class Drafts:
    def __init__(self, database: Database) -> None:
        self._db = database

    def get(self, reviewer: str, meme_id: int) -> dict[str, Any]:
        """What was kept; empty when nothing was."""
        with self._db.reading() as session:
            row = session.get(DraftRow, (reviewer, meme_id))
            return dict(row.content) if row else {}

    def put(self, reviewer: str, meme_id: int, content: dict[str, Any]) -> None:
        row = {"reviewer": reviewer, "meme_id": meme_id, "content": content, "at": utcnow()}
        with self._db.writing() as session:
            upsert(session, DraftRow, [row])


def drop(session: Session, reviewer: str, meme_id: int) -> None:
    """Forgets a draft that has become a decision."""
    session.execute(delete(DraftRow).where(DraftRow.reviewer == reviewer, DraftRow.meme_id == meme_id))
