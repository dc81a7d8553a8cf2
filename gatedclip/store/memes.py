"""Memes: adding, finding, counting, and correcting their text."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Literal

import numpy as np
from sqlalchemy import ColumnElement, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from gatedclip.errors import NotFound
from gatedclip.store.database import Database, chunks
from gatedclip.store.tables import LAST_TURN, DecisionRow, MemeRow, TextEditRow, utcnow
from gatedclip.types import Action, Label, Meme, NewMeme, Split, Status

FIELDS = [field.name for field in fields(Meme)]
_Other, _Undo = aliased(DecisionRow), aliased(DecisionRow)
_last_standing = select(func.max(_Other.id)).where(
    _Other.meme_id == DecisionRow.meme_id, _Other.action == Action.DECIDE, ~exists().where(_Undo.undoes == _Other.id)
)
_WRONG_REASON = select(DecisionRow.meme_id).where(DecisionRow.wrong_reason, DecisionRow.id == _last_standing.scalar_subquery())
"""Ids of memes whose label stands on a decision that the model was right about for the wrong reason."""


@dataclass(frozen=True)
class MemeFilter:
    """Which memes to show; None or "" leaves a field open."""

    split: Split | None = None
    status: Status | None = None
    label: Label | None = None
    """The label by decision."""
    given: Label | None = None
    """The label it came with."""
    source: str = ""
    theme: str = ""
    search: str = ""
    """Part of the text, whatever its case."""
    wrong_reason: bool = False
    """Only decided memes that the model was right about for the wrong reason."""
    assigned_to: str = ""
    """Only memes on this person's own list."""
    suggested: bool = False
    """Only memes of the newest batch to look at next."""
    order: Literal["oldest", "newest", "chosen"] = "oldest"
    """By age, or as they were chosen to be looked at next."""

    def conditions(self) -> list[ColumnElement[bool]]:
        wanted = {name: getattr(self, name) for name in ("split", "status", "label", "given", "source", "theme", "assigned_to")}
        exact = [getattr(MemeRow, name) == value for name, value in wanted.items() if value]
        search = [MemeRow.text.icontains(self.search, autoescape=True)] if self.search else []
        wrong = [MemeRow.status == Status.DECIDED, MemeRow.id.in_(_WRONG_REASON)] if self.wrong_reason else []
        chosen = [MemeRow.turn < LAST_TURN] if self.suggested else []
        return [*exact, *search, *wrong, *chosen]


@dataclass(frozen=True)
class MemeColumns:
    """Many memes column by column, oldest first: what training and scoring need, without one object per meme."""

    ids: np.ndarray  # (N,) int64
    pictures: tuple[str, ...]
    texts: tuple[str, ...]
    given: tuple[Label | None, ...]  # came with it
    labels: tuple[Label | None, ...]  # by decision
    families: tuple[str, ...]
    themes: tuple[str, ...]
    truths: tuple[str, ...]
    splits: tuple[Split, ...]
    sources: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Sequence[int]) -> MemeColumns:
        """The memes at these positions, in the order given."""
        rest = {f.name: tuple(getattr(self, f.name)[n] for n in rows) for f in fields(self) if f.name != "ids"}
        return MemeColumns(self.ids[list(rows)], **rest)

    def of(self, ids: Sequence[int]) -> MemeColumns:
        """The memes with these ids, in the order given."""
        at = {meme_id: n for n, meme_id in enumerate(self.ids.tolist())}
        return self.take([at[meme_id] for meme_id in ids])

    def and_(self, more: MemeColumns) -> MemeColumns:
        """These memes, then `more`."""
        rest = {f.name: getattr(self, f.name) + getattr(more, f.name) for f in fields(self) if f.name != "ids"}
        return MemeColumns(np.concatenate([self.ids, more.ids]), **rest)

    def where(self, split: Split) -> MemeColumns:
        """The labelled memes of one split."""
        return self.take([n for n, (s, given) in enumerate(zip(self.splits, self.given, strict=True)) if s == split and given])


class Memes:
    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, memes: Sequence[NewMeme]) -> list[int]:
        """Ids of the new memes, in the order given; all of them are stored, or none."""
        if not memes:
            return []
        rows = [asdict(meme) for meme in memes]
        with self._db.writing() as session:
            return list(session.scalars(insert(MemeRow).returning(MemeRow.id, sort_by_parameter_order=True), rows))

    def get(self, meme_id: int) -> Meme:
        with self._db.reading() as session:
            return to_meme(row_of(session, meme_id))

    def many(self, ids: Sequence[int]) -> list[Meme]:
        """These memes, in the order asked; NotFound names the missing ones."""
        found: dict[int, Meme] = {}
        with self._db.reading() as session:
            for some in chunks(ids):
                found |= {row.id: to_meme(row) for row in session.scalars(select(MemeRow).where(MemeRow.id.in_(some)))}
        if missing := sorted(set(ids) - set(found)):
            raise NotFound(f"{len(missing)} of {len(ids)} memes are not in the store (first: {missing[:5]}). Reload the list.")
        return [found[meme_id] for meme_id in ids]

    def find(self, which: MemeFilter, limit: int = 50, offset: int = 0) -> list[Meme]:
        by_age = MemeRow.id.desc() if which.order == "newest" else MemeRow.id
        order = [MemeRow.turn, by_age] if which.order == "chosen" else [by_age]
        query = select(MemeRow).where(*which.conditions()).order_by(*order).limit(limit).offset(offset)
        with self._db.reading() as session:
            return [to_meme(row) for row in session.scalars(query)]

    def count(self, which: MemeFilter) -> int:
        with self._db.reading() as session:
            return session.scalars(select(func.count(MemeRow.id)).where(*which.conditions())).one()

    def beside(self, meme_id: int, which: MemeFilter, forward: bool = True) -> Meme | None:
        """The next (or previous) matching meme by id; None at the end."""
        at, order = (MemeRow.id > meme_id, MemeRow.id) if forward else (MemeRow.id < meme_id, MemeRow.id.desc())
        with self._db.reading() as session:
            row = session.scalar(select(MemeRow).where(at, *which.conditions()).order_by(order).limit(1))
            return None if row is None else to_meme(row)

    def stamp(self) -> tuple[int, int, int]:
        """A value that is another one whenever memes came or went or got other words; decisions leave it as it is."""
        counts = (func.count(MemeRow.id), func.coalesce(func.max(MemeRow.id), 0))
        edits = select(func.coalesce(func.max(TextEditRow.id), 0))
        with self._db.reading() as session:
            n, last = session.execute(select(*counts)).one()
            return n, last, session.scalars(edits).one()

    def tally(self) -> dict[Split, dict[Status, int]]:
        """How many memes each split holds in each status; zeros included."""
        counts = {split: dict.fromkeys(Status, 0) for split in Split}
        query = select(MemeRow.split, MemeRow.status, func.count()).group_by(MemeRow.split, MemeRow.status)
        with self._db.reading() as session:
            for split, status, n in session.execute(query):
                counts[split][status] = n
        return counts

    def wrong_reasons(self, ids: Sequence[int]) -> set[int]:
        """Which of these memes the model was right about for the wrong reason."""
        decided = MemeFilter(wrong_reason=True).conditions()
        with self._db.reading() as session:
            return {i for some in chunks(ids) for i in session.scalars(select(MemeRow.id).where(MemeRow.id.in_(some), *decided))}

    def sources(self) -> list[str]:
        """Where memes came from, alphabetically."""
        with self._db.reading() as session:
            return list(session.scalars(select(MemeRow.source).distinct().order_by(MemeRow.source)))

    def themes(self) -> list[str]:
        """What memes show, as far as it came with them, alphabetically."""
        with self._db.reading() as session:
            return list(session.scalars(select(MemeRow.theme).where(MemeRow.theme != "").distinct().order_by(MemeRow.theme)))

    def by_upload(self, source_sha256s: Collection[str]) -> dict[str, list[Meme]]:
        """Memes that came from exactly these bytes, oldest first, for the uploads that were here before."""
        found: dict[str, list[Meme]] = {}
        wanted = sorted(set(source_sha256s) - {""})
        with self._db.reading() as session:
            for some in chunks(wanted):
                query = select(MemeRow).where(MemeRow.source_sha256.in_(some)).order_by(MemeRow.id)
                for row in session.scalars(query):
                    found.setdefault(row.source_sha256, []).append(to_meme(row))
        return found

    def by_picture(self, pictures: Collection[str]) -> dict[str, list[Meme]]:
        """Memes with exactly these pictures, oldest first."""
        found: dict[str, list[Meme]] = {}
        with self._db.reading() as session:
            for some in chunks(sorted(set(pictures))):
                for row in session.scalars(select(MemeRow).where(MemeRow.picture.in_(some)).order_by(MemeRow.id)):
                    found.setdefault(row.picture, []).append(to_meme(row))
        return found

    def kin(self, meme: Meme) -> list[Meme]:
        """The other memes of its family and those with its very picture, oldest first."""
        same = MemeRow.picture == meme.picture
        where = or_(same, MemeRow.family == meme.family) if meme.family else same
        with self._db.reading() as session:
            query = select(MemeRow).where(where, MemeRow.id != meme.id).order_by(MemeRow.id)
            return [to_meme(row) for row in session.scalars(query)]

    def join_families(self, groups: Sequence[Collection[int]]) -> None:
        """Makes each group of memes one family, taking in the families its members had; all groups, or none.

        A family keeps the name of its oldest member's, or is named after that member.
        """
        with self._db.writing() as session:
            for ids in groups:
                _join(session, sorted(set(ids)))

    def edit_text(self, meme_id: int, text: str, reviewer: str) -> Meme:
        """The meme with its new text; the old one stays on record. The same text again changes nothing."""
        with self._db.writing() as session:
            row = row_of(session, meme_id, lock=True)
            if row.text != text:
                session.add(TextEditRow(meme_id=meme_id, before=row.text, after=text, reviewer=reviewer, at=utcnow()))
                row.text = text
            return to_meme(row)

    def ask(self, ids: Sequence[int], answers: int) -> None:
        """From now on at least so many people must answer each of these memes."""
        with self._db.writing() as session:
            for some in chunks(ids):
                few = MemeRow.answers < answers
                session.execute(update(MemeRow).where(MemeRow.id.in_(some), few).values(answers=answers))

    def all_keys(self, split: Split | None = None) -> MemeColumns:
        """One split's memes; of all splits those that can be learned from or measured on."""
        columns = (
            MemeRow.id,
            MemeRow.picture,
            MemeRow.text,
            MemeRow.given,
            MemeRow.label,
            MemeRow.family,
            MemeRow.theme,
            MemeRow.truth,
            MemeRow.split,
            MemeRow.source,
        )
        query = select(*columns).where(*_of(split)).order_by(MemeRow.id)
        with self._db.reading() as session:
            rows = session.execute(query).all()
        ids, *rest = zip(*rows, strict=True) if rows else [()] * len(columns)
        return MemeColumns(np.array(ids, dtype=np.int64), *rest)


def _of(split: Split | None) -> list[ColumnElement[bool]]:
    return [MemeRow.split == split] if split else [MemeRow.split.not_in((Split.ERASED, Split.GOLD, Split.RESERVE))]


def _join(session: Session, ids: Sequence[int]) -> None:
    had: dict[int, str] = {}
    for some in chunks(ids):
        had.update(session.execute(select(MemeRow.id, MemeRow.family).where(MemeRow.id.in_(some))).tuples().all())
    if missing := sorted(set(ids) - set(had)):
        raise NotFound(f"{len(missing)} of {len(ids)} memes are not in the store (first: {missing[:5]}). Reload the list.")
    name = next((had[i] for i in ids if had[i]), f"meme-{ids[0]}") if ids else ""
    for some in chunks([i for i in ids if had[i] != name]):
        session.execute(update(MemeRow).where(MemeRow.id.in_(some)).values(family=name))
    for some in chunks(sorted(set(had.values()) - {"", name})):
        session.execute(update(MemeRow).where(MemeRow.family.in_(some)).values(family=name))


def lock_all(session: Session, ids: Sequence[int]) -> None:
    """Locks several memes, lowest first, before the first event is written: two who each want what the other has would wait."""
    for some in chunks(sorted(set(ids))):
        session.execute(select(MemeRow.id).where(MemeRow.id.in_(some)).order_by(MemeRow.id).with_for_update()).all()


def row_of(session: Session, meme_id: int, lock: bool = False) -> MemeRow:
    """The meme's row, on PostgreSQL locked until the transaction ends if asked (SQLite's writer is alone anyway)."""
    row = session.get(MemeRow, meme_id, with_for_update=lock or None)
    if row is None:
        raise NotFound(f"There is no meme {meme_id}. It may have been removed; go back to the queue.")
    return row


def to_meme(row: MemeRow) -> Meme:
    return Meme(**{name: getattr(row, name) for name in FIELDS})
