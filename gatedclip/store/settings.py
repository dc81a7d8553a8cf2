"""Choices that outlive a visit, as JSON by key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatedclip.store.database import Database, upsert
from gatedclip.store.tables import SettingRow


class Settings:
    def __init__(self, database: Database) -> None:
        self._db = database

    def get(self, key: str, default: Any = None) -> Any:
        with self._db.reading() as session:
            row = session.get(SettingRow, key)
            return default if row is None else row.value

    def put(self, key: str, value: Any) -> None:
        with self._db.writing() as session:
            upsert(session, SettingRow, [{"key": key, "value": value}])

    def change(self, key: str, change: Callable[[Any], Any], default: Any = None) -> Any:
        """The new value, change(old one): read and written in one transaction, so that no one's change is lost."""
        with self._db.writing() as session:
            return changed(session, key, change, default)


def changed(session: Session, key: str, change: Callable[[Any], Any], default: Any = None) -> Any:
    """The new value of a choice, within a transaction that does more."""
    upsert(session, SettingRow, [{"key": key, "value": default}], replace=False)  # a row that can be locked
    value = change(session.scalar(select(SettingRow.value).where(SettingRow.key == key).with_for_update()))
    upsert(session, SettingRow, [{"key": key, "value": value}])
    return value
