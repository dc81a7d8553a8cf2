"""Frozen sets of memes that heads are judged on, and every look at a sealed one; both append-only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatedclip.errors import NotFound
from gatedclip.store.database import Database
from gatedclip.store.memes import row_of
from gatedclip.store.tables import LookRow, ManifestRow, utcnow
from gatedclip.types import Frozen, Label, Look, Split, Status


class Gold:
    def __init__(self, database: Database) -> None:
        self._db = database

    def freeze(self, kind: str, sha256: str, entries: Sequence[tuple[int, str, str]], split: Split, by: str) -> Frozen:
        """A new manifest of its kind, its memes moved to `split` with their labels, in one step; earlier ones are kept.

        `entries` are (id, label, hash of the content).
        """
        row = ManifestRow(kind=kind, sha256=sha256, entries=[list(entry) for entry in entries], by=by, at=utcnow())
        with self._db.writing() as session:
            for meme_id, label, _ in entries:
                meme = row_of(session, meme_id, lock=True)
                meme.split, meme.given, meme.others_only = split, Label(label), True
                meme.status, meme.label = Status.WAITING, None
            session.add(row)
            session.flush()
            return _to_frozen(row)

    def newest(self, kind: str) -> Frozen | None:
        """The manifest of a kind that holds; None before the first."""
        with self._db.reading() as session:
            row = session.scalar(select(ManifestRow).where(ManifestRow.kind == kind).order_by(ManifestRow.id.desc()).limit(1))
            return None if row is None else _to_frozen(row)

    def look(self, manifest_id: int, version_id: int, by: str, result: dict[str, Any]) -> Look:
        """Records that a sealed manifest was measured on."""
        with self._db.writing() as session:
            if session.get(ManifestRow, manifest_id) is None:
                raise NotFound(f"There is no manifest {manifest_id}. Freeze some memes first.")
            row = LookRow(manifest_id=manifest_id, version_id=version_id, by=by, result=result, at=utcnow())
            session.add(row)
            session.flush()
            return _to_look(session, row)

    def looks(self) -> list[Look]:
        """Every look, oldest first."""
        with self._db.reading() as session:
            return [_to_look(session, row) for row in session.scalars(select(LookRow).order_by(LookRow.id))]


def _to_frozen(row: ManifestRow) -> Frozen:
    entries = tuple((int(meme_id), str(label), str(content)) for meme_id, label, content in row.entries)
    return Frozen(row.id, row.kind, row.sha256, entries, row.by, row.at)


def _to_look(session: Session, row: LookRow) -> Look:
    earlier = select(LookRow.id).where(LookRow.manifest_id == row.manifest_id, LookRow.id <= row.id)
    number = len(session.scalars(earlier).all())
    return Look(row.id, row.manifest_id, row.version_id, row.by, row.result, row.at, number)
