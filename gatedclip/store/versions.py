"""Trained heads, and which of them serves."""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatedclip.errors import NotFound, PromotionRefused, StoreError
from gatedclip.store import chain
from gatedclip.store.database import Database
from gatedclip.store.jobs import STALE
from gatedclip.store.receipts import Audit, Link, digest
from gatedclip.store.settings import changed
from gatedclip.store.tables import HeadVersionRow, PromotionRow, SettingRow, utcnow
from gatedclip.types import HeadVersion, Promotion, Verdict

BEGUN = "versions begun"  # setting: folders being written, each with the process that does and since when
FIELDS = [field.name for field in fields(HeadVersion) if field.name != "champion"]


class Versions:
    def __init__(self, database: Database) -> None:
        self._db = database

    def begin(self, folder: str, pid: int, now: datetime | None = None) -> None:
        """Notes that a process is writing a version into `folder`, so that what it leaves is found should it die before `add`."""
        note = {folder: {"pid": pid, "since": (now or utcnow()).isoformat()}}
        with self._db.writing() as session:
            changed(session, BEGUN, lambda begun: begun | note, {})

    def abandoned(self, alive: Callable[[int | None], bool], now: datetime | None = None) -> builtins.list[str]:
        """Folders begun a while ago that no version came of and whose process (`alive(pid)`) is gone."""
        quiet = (now or utcnow()) - STALE
        with self._db.reading() as session:
            begun = session.scalar(select(SettingRow.value).where(SettingRow.key == BEGUN)) or {}
        return [f for f, note in begun.items() if datetime.fromisoformat(note["since"]) < quiet and not alive(note["pid"])]

    def forget(self, folders: Collection[str]) -> None:
        """These folders are gone."""
        with self._db.writing() as session:
            changed(session, BEGUN, lambda begun: {f: note for f, note in begun.items() if f not in folders}, {})

    def add(
        self,
        *,
        kind: str,
        encoder: str,
        folder: str,
        created_by: str,
        parent_id: int | None = None,
        config: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        metrics: dict[str, Any] | None = None,
        report: dict[str, Any] | None = None,
    ) -> HeadVersion:
        """A candidate whose files already lie in `folder`, a name no other version has."""
        row = HeadVersionRow(parent_id=parent_id, kind=kind, encoder=encoder, folder=folder, created_by=created_by)
        row.config, row.data, row.metrics, row.report = config or {}, data or {}, metrics or {}, report or {}
        with self._db.writing() as session:
            if session.scalar(select(HeadVersionRow.id).where(HeadVersionRow.folder == folder)):
                raise StoreError(f"A version in folder {folder!r} exists already. Save the head under a new name.")
            if parent_id is not None:
                _row(session, parent_id)
            changed(session, BEGUN, lambda begun: {f: note for f, note in begun.items() if f != folder}, {})
            session.add(row)
            session.flush()
            return _to_version(row, None)

    def get(self, version_id: int) -> HeadVersion:
        with self._db.reading() as session:
            return _to_version(_row(session, version_id), serving(_promotions(session)))

    def list(self) -> list[HeadVersion]:
        """All versions, newest first."""
        with self._db.reading() as session:
            now = serving(_promotions(session))
            return [_to_version(row, now) for row in session.scalars(select(HeadVersionRow).order_by(HeadVersionRow.id.desc()))]

    def champion(self) -> HeadVersion | None:
        """The head that serves; None before the first promotion."""
        with self._db.reading() as session:
            now = serving(_promotions(session))
            return None if now is None else _to_version(_row(session, now), now)

    def promote(
        self, version_id: int, by: str, reason: str = "", *, verdict: Verdict | None = None, override: bool = False
    ) -> Promotion:
        """Makes a version serve. Promoting the one that serves gives its last promotion and does nothing.

        PromotionRefused where the verdict refuses it and nobody overrides; an override without a reason is refused as well.
        """
        _require(verdict, reason, override)
        with self._db.writing() as session:
            _row(session, version_id)
            end = chain.lock(session, chain.PROMOTIONS)
            past = _promotions(session)
            if past and past[-1].version_id == version_id:
                return past[-1]
            row = PromotionRow(version_id=version_id, by=by, reason=reason, rollback=False)
            if verdict is not None:
                row.verdict = json.loads(json.dumps(asdict(verdict)))  # tuples become lists, as they will be read back
                row.manifest, row.override = verdict.memes, not verdict.fit
            return _append(session, end, row)

    def rollback(self, by: str, reason: str = "") -> Promotion:
        """Makes the head serve that served before the present one was promoted; again and again, back to the first."""
        with self._db.writing() as session:
            end = chain.lock(session, chain.PROMOTIONS)
            line = served(_promotions(session))
            if len(line) < 2:
                raise NotFound("No earlier head to roll back to: the present one is the first that served. Promote one instead.")
            return _append(session, end, PromotionRow(version_id=line[-2], by=by, reason=reason, rollback=True))

    def promotions(self) -> builtins.list[Promotion]:
        """Every change of the serving head, newest first."""
        with self._db.reading() as session:
            return _promotions(session)[::-1]

    def audit(self) -> Audit:
        """Checks every receipt of the record of promotions."""
        with self._db.reading() as session:
            rows = session.scalars(select(PromotionRow).order_by(PromotionRow.id)).all()
            return chain.audit(session, chain.PROMOTIONS, map(_link, rows))


def _require(verdict: Verdict | None, reason: str, override: bool) -> None:
    if override and not reason.strip():
        raise PromotionRefused("Overriding a refusal needs a reason, which stays on record. Say why this head should serve.")
    if verdict is not None and not verdict.fit and not override:
        why = " ".join(refusal.sentence for refusal in verdict.refusals)
        raise PromotionRefused(f"This head may not serve yet. {why} Train another, or override with a reason.")


def served(past: Iterable[Promotion]) -> list[int]:
    """Versions a rollback would walk back through, the serving one last: a promotion pushes, a rollback pops."""
    line: list[int] = []
    for change in past:
        if change.rollback:
            line.pop()
        else:
            line.append(change.version_id)
    return line


def serving(past: Iterable[Promotion]) -> int | None:
    return line[-1] if (line := served(past)) else None


def _promotions(session: Session) -> list[Promotion]:
    """Oldest first."""
    return [_to_promotion(row) for row in session.scalars(select(PromotionRow).order_by(PromotionRow.id))]


def _append(session: Session, end: SettingRow, row: PromotionRow) -> Promotion:
    row.at, row.verdict, row.manifest, row.override = utcnow(), row.verdict or {}, row.manifest or "", bool(row.override)
    row.receipt = chain.extend(end, digest("", _content(row)))
    session.add(row)
    session.flush()
    return _to_promotion(row)


def _content(row: PromotionRow) -> dict[str, Any]:
    """What a receipt vouches for."""
    return {
        name: getattr(row, name) for name in ("version_id", "by", "reason", "rollback", "verdict", "override", "manifest", "at")
    }


def _link(row: PromotionRow) -> Link:
    """Promotions are never erased, so they need no salt, and their digest is made again instead of kept."""
    content = _content(row)
    return Link(row.id, "", digest("", content), row.receipt, False, content)


def _row(session: Session, version_id: int) -> HeadVersionRow:
    row = session.get(HeadVersionRow, version_id)
    if row is None:
        raise NotFound(f"There is no head version {version_id}. Look at the list of models for those that exist.")
    return row


def _to_version(row: HeadVersionRow, champion: int | None) -> HeadVersion:
    return HeadVersion(**{name: getattr(row, name) for name in FIELDS}, champion=row.id == champion)


def _to_promotion(row: PromotionRow) -> Promotion:
    return Promotion(**{field.name: getattr(row, field.name) for field in fields(Promotion)})
