"""Does a head learn the reviewer? What heads say of one person's decisions that never learned from that person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from gatedclip.errors import NotAllowed
from gatedclip.types import HeadVersion, Interval, Job
from gatedclip.ui import jobs, parts, session
from gatedclip.workbench import Workbench

HOW = (
    "Heads are trained with this recipe on today's decisions, once without each person's and once without as many drawn at "
    "random. Where the first do clearly worse, a head learns who decided, not only what was decided. None is kept. Minutes."
)
HEAD = ("decisions of", "how many", "AUROC, left out at random", "AUROC, left out by person")

Found = Mapping[str, Any]


def show(bench: Workbench, version: HeadVersion) -> None:
    """The way to measure it, and what was measured last with this version's recipe; for those who may see how people judge."""
    me = session.reviewer()
    with st.expander("Does the head learn the reviewer?", icon=":material/groups:"):
        try:
            found = bench.reviewers_measured(version, me)
        except NotAllowed as refused:
            parts.note(f"This judges people, so not everyone sees it. {refused}")
            return
        st.caption(HOW)
        jobs.button(bench, "reviewers", bench.start_reviewers, version, me)
        jobs.watch(bench, "reviewers", version_id=version.id)
        if found is not None:
            _measured(version, found)


def _measured(version: HeadVersion, job: Job) -> None:
    found = job.result
    parts.note(found["sentence"])
    everyone = {"name": "all of them", "decisions": sum(each["decisions"] for each in found["reviewers"])}
    rows = [*found["reviewers"], {**everyone, "normal": found["normal"], "held": found["held"]}]
    parts.table(HEAD, [(row["name"], f"{row['decisions']:,}", _area(row["normal"]), _area(row["held"])) for row in rows])
    when = parts.when(job.finished_at or job.created_at)
    st.text(f"With the recipe of {version.name}, by {job.requested_by}, {when}. In brackets 95 % intervals.")


def _area(found: Found | None) -> str:
    return parts.interval(Interval(**found)) if found else "one label only"
