"""What an audit found in the memes to be learned from, the gravest first, with the way to look at each again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from gatedclip.config import TrainConfig
from gatedclip.types import Job, Meme, Split, Status
from gatedclip.ui import jobs, nav, parts, session
from gatedclip.workbench import Workbench

WORDS = {
    "refuse": "⛔ Nothing may be trained",
    "warn": "⚠ Look first",
    "note": "ℹ Good to know",
}
SHOWN, NAMED = 6, 6  # findings of each gravity, and memes of each finding

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
        _memes(bench, finding["meme_ids"][:NAMED], f"{finding['severity']}-{n}")
    if len(found) > SHOWN:
        st.caption(f"The first {SHOWN} of {len(found):,}. Put these right and audit again to see what is left.")


def _memes(bench: Workbench, ids: Sequence[int], key: str) -> None:
    memes = [meme for meme in bench.look_up(ids) if meme.split is not Split.ERASED]
    for place, meme in zip(parts.grid(len(memes)), memes, strict=True):
        with place:
            parts.thumbnail(bench, meme)
            parts.chips(parts.label_chip(meme.label or meme.given, f"{meme.id}: "))
            _way(bench, meme, key)


def _way(bench: Workbench, meme: Meme, key: str) -> None:
    """To the desk; a decided meme has to be reopened first, and base memes are nobody's to decide."""
    if meme.split is not Split.QUEUE:
        return
    if meme.status is Status.DECIDED:
        st.button(
            "Reopen for review",
            key=f"reopen-{key}-{meme.id}",
            type="tertiary",
            on_click=_reopen,
            args=(bench, meme),
        )
    else:
        st.page_link(nav.REVIEW, label="Review", icon=":material/rate_review:", query_params={"meme": str(meme.id)})


def _reopen(bench: Workbench, meme: Meme) -> None:
    said = f"Meme {meme.id} waits again, and nothing is learned from it until it is decided."
    session.act(said, bench.reopen, meme.id, session.reviewer())
