"""Memes that a finding or a rule names, blurred, with the way to look at each again and to send all of them back at once."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gatedclip.data.images import Box
from gatedclip.types import Meme, Split, Status
from gatedclip.ui import nav, parts, session
from gatedclip.workbench import Workbench

SHOWN = 6  # of each finding


def memes(bench: Workbench, ids: Sequence[int], key: str, box: Box | None = None) -> None:
    """The first of them; `box` is the place that matters in each picture."""
    here = [meme for meme in bench.look_up(ids[:SHOWN]) if meme.split is not Split.ERASED]
    for place, meme in zip(parts.grid(len(here)), here, strict=True):
        with place:
            parts.thumbnail(bench, meme, box=box)
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


def reopen_all(bench: Workbench, ids: Sequence[int], key: str) -> None:
    """One button for all of them that are decided, where they are several; for leads."""
    some = [meme.id for meme in bench.look_up(ids) if meme.status is Status.DECIDED and meme.split is Split.QUEUE]
    if len(some) > 1 and bench.team.may(session.reviewer(), "adjudicate"):
        st.button(
            f"Reopen all {len(some):,} for review",
            key=f"reopen-all-{key}",
            icon=":material/restart_alt:",
            on_click=_reopen_all,
            args=(bench, tuple(some)),
        )


def _reopen_all(bench: Workbench, ids: Sequence[int]) -> None:
    made = session.attempt(bench.reopen_all, ids, session.reviewer())
    if made is not None:
        session.flash(f"{made:,} memes wait again, and nothing is learned from them until they are decided.")
