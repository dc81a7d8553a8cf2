"""Training a version again from what lies beside it, to show that it is what it is said to be."""

from __future__ import annotations

import streamlit as st

from gatedclip.types import HeadVersion, Job
from gatedclip.ui import jobs, parts, session
from gatedclip.workbench import Workbench

HOW = "From the lesson kept beside it, with its own recipe and seed. Nothing is kept, and what serves stays as it is. Minutes."


def show(bench: Workbench, version: HeadVersion) -> None:
    """The way to train it again, and what that showed last."""
    me = session.reviewer()
    with st.expander("Is it what it is said to be?", icon=":material/fingerprint:"):
        st.caption(HOW)
        jobs.button(bench, "reproduce", bench.start_reproduction, version, me, able=bench.team.may(me, "retrain"))
        jobs.watch(bench, "reproduce", version_id=version.id)
        if found := bench.finished("reproduce", version_id=version.id):
            _compared(version, found)


def _compared(version: HeadVersion, job: Job) -> None:
    found = job.result
    if found["equal"]:
        parts.note(f"✔ {version.name}, trained again, is the same byte by byte.")
    else:
        parts.problem(f"✖ {version.name}, trained again, is not the same.")
    told = {"weights as kept (SHA-256)": found["before"], "weights trained again": found["after"]}
    if found["packages"]:
        told["other packages now"] = ", ".join(found["packages"])
    parts.facts({**told, "trained again": f"by {job.requested_by}, {parts.when(job.finished_at or job.created_at)}"})
