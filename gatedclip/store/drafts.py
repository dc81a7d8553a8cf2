"""What people have begun to say: kept on the server, so that a reload, a crash or a lost lease loses nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from gatedclip.store.database import Database, upsert
from gatedclip.store.tables import DraftRow, utcnow
from gatedclip.types import Decision


class Drafts:
    def __init__(self, database: Database) -> None:
        self._db = database

    def get(self, reviewer: str, meme_id: int) -> dict[str, Any]:
        """What was kept; empty when nothing was."""
        with self._db.reading() as session:
            row = session.get(DraftRow, (reviewer, meme_id))
            return dict(row.content) if row else {}

    def put(self, reviewer: str, meme_id: int, content: dict[str, Any]) -> None:
        with self._db.writing() as session:
            _put(session, reviewer, meme_id, content)


def drop(session: Session, reviewer: str, meme_id: int) -> None:
    """Forgets a draft that has become a decision."""
    session.execute(delete(DraftRow).where(DraftRow.reviewer == reviewer, DraftRow.meme_id == meme_id))


def bring_back(session: Session, decision: Decision) -> None:
    """Makes a draft of a decision that was taken back; what its reviewer has begun to say since goes before it."""
    row = session.get(DraftRow, (decision.reviewer, decision.meme_id))
    _put(session, decision.reviewer, decision.meme_id, draft_of(decision) | (row.content if row else {}))


def draft_of(decision: Decision) -> dict[str, Any]:
    """What a decision said beside its label, as it is kept in a draft; nothing for what it did not say.

    Whoever decided was shown the model's score right after, if there was one: deciding again is no longer blind.
    """
    said = {
        "note": decision.note,
        "tags": decision.tags,
        "confidence": decision.confidence,
        "marks": asdict(decision.marks) if decision.marks else None,
        "assisted": decision.assisted or decision.probability is not None,
        "seen": decision.revealed,
    }
    return {name: value for name, value in said.items() if value}


def _put(session: Session, reviewer: str, meme_id: int, content: dict[str, Any]) -> None:
    upsert(session, DraftRow, [{"reviewer": reviewer, "meme_id": meme_id, "content": content, "at": utcnow()}])
