"""Long work and how far it is. The record outlives both the page and the process that does the work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from gatedclip.errors import AlreadyRunning, NotFound, StoreError
from gatedclip.store.database import Database
from gatedclip.store.tables import ACTIVE_JOB, JobRow, utcnow
from gatedclip.types import Job, JobStatus

STALE = timedelta(seconds=15)  # without a heartbeat, a process is asked for
FIELDS = [field.name for field in fields(Job)]
ACTIVE = text(ACTIVE_JOB)


class Jobs:
    def __init__(self, database: Database) -> None:
        self._db = database

    def start(self, kind: str, by: str, options: dict[str, Any] | None = None) -> Job:
        """A queued job. One of a kind may be active: AlreadyRunning says who started the other."""
        row = JobRow(kind=kind, requested_by=by, options=options or {})
        with self._db.writing() as session:
            try:
                with session.begin_nested():
                    session.add(row)
            except IntegrityError as why:
                other = session.scalar(select(JobRow.requested_by).where(JobRow.kind == kind, ACTIVE))
                raise AlreadyRunning(f"A {kind} job started by {other!r} is active. Wait for it to end, or cancel it.") from why
            return _to_job(row)

    def begin(self, job_id: int, pid: int) -> bool:
        """Called by the process that will do the work; False when the job is no longer queued, and nothing is to be done."""
        running = update(JobRow).values(status=JobStatus.RUNNING, pid=pid, heartbeat=utcnow()).returning(JobRow.id)
        with self._db.writing() as session:
            return session.scalar(running.where(JobRow.id == job_id, JobRow.status == JobStatus.QUEUED)) is not None

    def progress(self, job_id: int, fraction: float, message: str) -> bool:
        """Notes how far the work is (0..1) and that it lives; True when it should stop, because it was cancelled or ended."""
        alive = update(JobRow).values(progress=fraction, message=message, heartbeat=utcnow()).returning(JobRow.cancelling)
        with self._db.writing() as session:
            return session.scalar(alive.where(JobRow.id == job_id, ACTIVE)) is not False

    def note(self, job_id: int, result: dict[str, Any]) -> None:
        """Keeps what an active job has found so far; its end replaces it."""
        with self._db.writing() as session:
            session.execute(update(JobRow).where(JobRow.id == job_id, ACTIVE).values(result=result))

    def cancel(self, job_id: int) -> None:
        """Asks an active job to stop; it does so at its next `progress`."""
        with self._db.writing() as session:
            session.execute(update(JobRow).where(JobRow.id == job_id, ACTIVE).values(cancelling=True))

    def finish(self, job_id: int, status: JobStatus, message: str = "", result: dict[str, Any] | None = None) -> None:
        """Ends an active job; one that has ended stays as it is."""
        if status.active:
            raise StoreError(f"A job cannot finish as {status.value!r}; it ends as done, failed, cancelled or lost.")
        ended = {"status": status, "message": message, "result": result or {}, "finished_at": utcnow()}
        if status is JobStatus.DONE:
            ended["progress"] = 1.0
        with self._db.writing() as session:
            session.execute(update(JobRow).where(JobRow.id == job_id, ACTIVE).values(**ended))

    def reap(self, alive: Callable[[int | None], bool], now: datetime | None = None) -> list[Job]:
        """Marks as lost the jobs that went quiet and whose process (`alive(pid)`) is gone; gives those."""
        now = now or utcnow()
        lost = []
        with self._db.writing() as session:
            for row in session.scalars(select(JobRow).where(ACTIVE).with_for_update()):
                if now - (row.heartbeat or row.created_at) > STALE and not alive(row.pid):
                    row.status, row.finished_at, row.message = JobStatus.LOST, now, "Its process stopped answering."
                    lost.append(_to_job(row))
        return lost

    def get(self, job_id: int) -> Job:
        with self._db.reading() as session:
            row = session.get(JobRow, job_id)
        if row is None:
            raise NotFound(f"There is no job {job_id}. Look at the list of jobs for those that exist.")
        return _to_job(row)

    def active(self, kind: str) -> Job | None:
        with self._db.reading() as session:
            row = session.scalar(select(JobRow).where(JobRow.kind == kind, ACTIVE))
            return None if row is None else _to_job(row)

    def latest(self, kind: str | None = None, n: int = 10) -> list[Job]:
        """The last n jobs, newest first."""
        query = select(JobRow).order_by(JobRow.id.desc()).limit(n)
        with self._db.reading() as session:
            return [_to_job(row) for row in session.scalars(query if kind is None else query.where(JobRow.kind == kind))]


def _to_job(row: JobRow) -> Job:
    return Job(**{name: getattr(row, name) for name in FIELDS})
