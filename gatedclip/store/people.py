"""People: who they are here, what they may do, and how they want to be shown memes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatedclip.errors import NotFound
from gatedclip.store.database import Database, upsert
from gatedclip.store.tables import PersonRow
from gatedclip.types import Person, Preferences, Role


class People:
    def __init__(self, database: Database) -> None:
        self._db = database

    def list(self) -> list[Person]:
        """Everyone, alphabetically."""
        with self._db.reading() as session:
            return sorted(map(_to_person, session.scalars(select(PersonRow))), key=lambda person: person.name.casefold())

    def find(self, name: str) -> Person | None:
        with self._db.reading() as session:
            row = session.get(PersonRow, name)
            return None if row is None else _to_person(row)

    def by_email(self, email: str) -> Person | None:
        with self._db.reading() as session:
            row = session.scalar(select(PersonRow).where(PersonRow.email == email.casefold()).limit(1))
            return None if row is None else _to_person(row)

    def add(self, name: str, role: Role, email: str = "") -> Person:
        """The person as known; one already here keeps what they have."""
        row = {"name": name, "role": role, "email": email.casefold(), "quarantined": False, "preferences": {}}
        with self._db.writing() as session:
            upsert(session, PersonRow, [row], replace=False)
            return _to_person(_row(session, name))

    def change(self, name: str, **changes: Any) -> Person:
        """The person with another role, email, quarantine or preferences (None for the organisation's)."""
        if "preferences" in changes:
            preferred = changes["preferences"]
            changes["preferences"] = asdict(preferred) if preferred else {}
        with self._db.writing() as session:
            row = _row(session, name)
            for field, value in changes.items():
                setattr(row, field, value)
            session.flush()
            return _to_person(row)

    def quarantined(self) -> frozenset[str]:
        """Names of those whose labels are not learned from."""
        with self._db.reading() as session:
            return frozenset(session.scalars(select(PersonRow.name).where(PersonRow.quarantined)))


def _row(session: Session, name: str) -> PersonRow:
    row = session.get(PersonRow, name)
    if row is None:
        raise NotFound(f"There is nobody called {name!r} here. Add them on the team page first.")
    return row


def _to_person(row: PersonRow) -> Person:
    preferences = preferences_from(row.preferences) if row.preferences else None
    return Person(row.name, row.role, row.email, row.quarantined, preferences)


def preferences_from(values: dict[str, Any]) -> Preferences:
    """Preferences from their plain form."""
    return Preferences(**{**values, "opt_out": tuple(values.get("opt_out", ()))})
