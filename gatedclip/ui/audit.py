"""What an audit found in the memes to be learned from, the gravest first, with the way to look at each again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from gatedclip.config import TrainConfig
from gatedclip.learn.audit import DETECTED
from gatedclip.types import Job
from gatedclip.ui import jobs, named, nav, parts
from gatedclip.workbench import Workbench

WORDS = {
    "refuse": "⛔ Nothing may be trained",
    "warn": "⚠ Look first",
    "note": "ℹ Good to know",
}
SHOWN = 6  # findings of each gravity

Found = Mapping[str, Any]


def show(bench: Workbench, config: TrainConfig) -> None:
    """How the last audit stands, or what it found; nothing where there was none."""
    job = jobs.watch(bench, "audit")
    if job is not None and "findings" in job.result:
        _findings(bench, job, bench.lesson(config).sha256)


def _findings(bench: Workbench, job: Job, lesson: str) -> None:
    found: list[Found] = job.result["findings"]
    counts = {gravity: sum(f["severity"] == gravity for f in found) for gravity in WORDS}
    with st.container(border=True, key="audit"):
        st.subheader("Audit", anchor=False)
        told = f"{counts['refuse']} refused, {counts['warn']} to look at first, {counts['note']} good to know."
        parts.note(f"{told} By {job.requested_by}, {parts.when(job.finished_at or job.created_at)}.")
        if job.result["lesson"] != lesson:
            parts.problem("What would be learned from has changed since this audit. Audit it again before you rely on it.")
        for gravity, words in WORDS.items():
            some = [f for f in found if f["severity"] == gravity]
            if some and gravity == "note":
                with st.expander(f"{words} ({len(some)})"):
                    _list(bench, some)
            elif some:
                st.markdown(f"**{words}** ({len(some)})")
                _list(bench, some)


def _list(bench: Workbench, found: Sequence[Found]) -> None:
    for n, finding in enumerate(found[:SHOWN]):
        st.text(finding["sentence"])
        named.memes(bench, finding["meme_ids"], key := f"{finding['severity']}-{n}", finding.get("box"))
        if finding["kind"] in DETECTED:
            _suspected(bench, finding, key)
    if len(found) > SHOWN:
        st.caption(f"The first {SHOWN} of {len(found):,}. Put these right and audit again to see what is left.")


def _suspected(bench: Workbench, finding: Found, key: str) -> None:
    """What can be done about what looks like poison: ask again, and keep one person's labels out."""
    with st.container(horizontal=True, vertical_alignment="center"):
        named.reopen_all(bench, finding["meme_ids"], key)
        if finding.get("reviewer"):
            st.page_link(nav.TEAM, label="Keep someone's labels out of training", icon=":material/groups:")
