"""Erasure: what was asked to be removed is gone everywhere, and the chain of receipts still verifies."""

from __future__ import annotations

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from gatedclip.errors import NotFound
from gatedclip.store.database import Database
from gatedclip.store.decisions import add_event, settle
from gatedclip.store.memes import lock_all, row_of
from gatedclip.store.tables import (
    AttributionRow,
    DecisionRow,
    DraftRow,
    ExposureRow,
    JobRow,
    LikenessRow,
    MemeRow,
    PersonRow,
    PickRow,
    TextEditRow,
    VectorRow,
)
from gatedclip.types import Action, Decision, JobStatus, Split, Status

NOBODY = "(erased)"
NAMING = ("reviewers", "audit")  # kinds of jobs whose results name people or words
GONE = {"salt": "", "erased": True, "note": "", "tags": {}, "marks": None, "reasons": None, "wrong_reason": False}
"""An event without its content: its salt is forgotten, so its digest tells nothing, and still takes its place in the chain."""


class Erasure:
    def __init__(self, database: Database) -> None:
        self._db = database

    def meme(self, meme_id: int, by: str, text_key: str) -> str:
        """Removes a meme, what was said about it, its words and everything computed from it; the key of its picture.

        Vectors and maps go too, unless another meme shares the picture or the words (`text_key`). Its row stays as an empty place
        that the record can point to. The caller removes the files.
        """
        with self._db.writing() as session:
            meme = row_of(session, meme_id, lock=True)
            if meme.split is Split.ERASED:
                raise NotFound(f"Meme {meme_id} was erased before. There is nothing left to erase.")
            picture = meme.picture
            _forget_computed(session, meme, text_key)
            for table in (TextEditRow, DraftRow, ExposureRow, PickRow):
                session.execute(delete(table).where(table.meme_id == meme_id))  # type: ignore[attr-defined]
            session.execute(update(DecisionRow).where(DecisionRow.meme_id == meme_id).values(**GONE))
            meme.picture = meme.text = meme.name = meme.machine_text = meme.source_sha256 = meme.family = meme.theme = ""
            meme.truth, meme.split, meme.given, meme.leased_by, meme.assigned_to = "", Split.ERASED, None, "", ""
            meme.status, meme.label, meme.score = Status.DECIDED, None, None
            _forget_findings(session)
            add_event(session, Decision(meme_id, Action.ERASE, by))
            shared = session.scalar(select(func.count()).where(MemeRow.picture == picture))
            return "" if shared else picture

    def person(self, name: str, by: str) -> list[int]:
        """Takes a person's decisions back and their name off the record; ids of the memes they had decided."""
        with self._db.writing() as session:
            mine = DecisionRow.reviewer == name
            memes = sorted(set(session.scalars(select(DecisionRow.meme_id).where(mine))))
            session.execute(update(DecisionRow).where(mine).values(**GONE, reviewer=NOBODY))
            session.execute(update(TextEditRow).where(TextEditRow.reviewer == name).values(reviewer=NOBODY))
            session.execute(update(JobRow).where(JobRow.requested_by == name).values(requested_by=NOBODY))
            for table, column in ((DraftRow, DraftRow.reviewer), (ExposureRow, ExposureRow.person), (PersonRow, PersonRow.name)):
                session.execute(delete(table).where(column == name))
            _forget_findings(session)
            session.expire_all()
            lock_all(session, memes)
            for meme_id in memes:
                meme = row_of(session, meme_id)
                add_event(session, Decision(meme_id, Action.ERASE, by))
                if meme.split is not Split.ERASED:
                    settle(session, meme)
            return memes


def _forget_findings(session: Session) -> None:
    """Ended jobs that name people and words of memes in their results go; they can be made again."""
    ended = JobRow.status.not_in((JobStatus.QUEUED, JobStatus.RUNNING))
    session.execute(delete(JobRow).where(JobRow.kind.in_(NAMING), ended))


def _forget_computed(session: Session, meme: MemeRow, text_key: str) -> None:
    others = MemeRow.id != meme.id
    same_picture = session.scalar(select(func.count()).where(MemeRow.picture == meme.picture, others))
    same_words = session.scalar(select(func.count()).where(MemeRow.text == meme.text, others))
    session.execute(delete(AttributionRow).where(AttributionRow.picture == meme.picture, AttributionRow.text_key == text_key))
    if not same_picture:
        session.execute(delete(LikenessRow).where(LikenessRow.picture == meme.picture))
        session.execute(delete(VectorRow).where(VectorRow.key == meme.picture, VectorRow.kind.in_(("picture", "mirrored"))))
    if not same_words:
        session.execute(delete(VectorRow).where(VectorRow.key == text_key, VectorRow.kind == "words"))
