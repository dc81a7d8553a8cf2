"""Variants of a meme that turn its truth: stored beside it, in one family, and decided at once."""

from __future__ import annotations

from dataclasses import asdict, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatedclip.errors import LeaseLost, StoreError
from gatedclip.store.database import Database
from gatedclip.store.decisions import add_decision
from gatedclip.store.memes import row_of, to_meme
from gatedclip.store.queue import free, let_go
from gatedclip.store.tables import MemeRow, utcnow
from gatedclip.types import Decision, Meme, NewMeme, Split


class Variants:
    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, original_id: int, variant: NewMeme, decision: Decision) -> Meme:
        """The variant as a decided member of the original's family, all in one transaction; the original gets a family if it had
        none.

        The same picture and words again are the same meme, and the same label again is not recorded twice. StoreError when they
        are the original itself or belong to the base or held-out memes; LeaseLost when someone else is reviewing them.
        """
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
                let_go(row)
                add_decision(session, row, replace(decision, meme_id=row.id))
            return to_meme(row)


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
    if rows and free(session, rows[0].id, reviewer, utcnow()) is None:
        raise LeaseLost(f"{rows[0].leased_by!r} is reviewing exactly this as meme {rows[0].id}. Nothing was stored.")
    return rows[0] if rows else None
