"""Long work on a page: the button that starts it, how far it is with the way to stop it, and how it ended otherwise than well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from gatedclip.types import Job, JobStatus
from gatedclip.ui import parts, session
from gatedclip.workbench import Workbench

START = {
    "retrain": "Start training",
    "audit": "Audit what it would learn from",
    "choose": "Choose the next batch",
    "noise": "Measure it again",
    "reviewers": "Leave each reviewer out in turn",
    "reproduce": "Train it again and compare the bytes",
}
ICONS = {
    "retrain": ":material/play_arrow:",
    "audit": ":material/policy:",
    "choose": ":material/auto_awesome:",
    "noise": ":material/casino:",
    "reviewers": ":material/group_remove:",
    "reproduce": ":material/replay:",
}
DOING = {
    "retrain": "Training",
    "audit": "Auditing",
    "choose": "Choosing",
    "noise": "Training with other seeds",
    "reviewers": "Training without some decisions",
    "reproduce": "Training again",
}
NAMES = {
    "retrain": "training",
    "audit": "audit",
    "choose": "choice of a batch",
    "noise": "measurement of seeds",
    "reviewers": "measurement of reviewers",
    "reproduce": "comparison",
}
"""Every kind of work that a page starts, in the words of the page."""


def button(bench: Workbench, kind: str, start: Callable[..., Job], *args: Any, able: bool = True, **look: Any) -> None:
    """The button that starts it, which is off while one of its kind is under way."""
    job = bench.job(kind)
    st.button(
        START[kind],
        key=f"start-{kind}",
        icon=ICONS[kind],
        disabled=not able or (job is not None and job.status.active),
        on_click=session.attempt,
        args=(start, *args),
        **look,
    )


def watch(bench: Workbench, kind: str, more: Callable[[Job], None] | None = None, **options: Any) -> Job | None:
    """The latest job of a kind, and how it stands: looks again every second while it is under way, `more` too.

    One with other options is shown while it is under way, as no other can start. What was done is not said: its result is.
    """
    latest = bench.job(kind)
    job = latest if latest is not None and latest.status.active else bench.job(kind, **options)
    if job is None:
        return None
    if not job.status.active:
        _ended(job)
        return job
    job_id = job.id

    @st.fragment(run_every=1.0)
    def look() -> None:
        now = bench.job(kind)
        if now is None or now.id != job_id or not now.status.active:
            st.rerun()
        _under_way(bench, now)
        if more is not None:
            more(now)

    look()
    return job


def _under_way(bench: Workbench, job: Job) -> None:
    st.progress(job.progress, text=DOING[job.kind] if job.progress else "Getting ready")
    st.text(f"{job.message or 'starting'} · started by {job.requested_by}")
    cancelled, key = job.cancelling, f"cancel-{job.kind}"
    st.button(f"Cancel the {NAMES[job.kind]}", key=key, disabled=cancelled, on_click=bench.cancel, args=(job.id,))


def _ended(job: Job) -> None:
    name = NAMES[job.kind]
    if job.status is JobStatus.CANCELLED:
        parts.note(f"The last {name} was cancelled. Nothing changed.")
    elif job.status is JobStatus.LOST:
        parts.problem(f"The last {name} stopped answering and counts as lost. Nothing changed; start it again.")
    elif job.status is JobStatus.FAILED:
        parts.problem(f"The last {name} failed: {job.message}")
