"""How good the head that serves is on what comes in, from memes drawn by chance."""

from __future__ import annotations

import streamlit as st

from gatedclip.ui import parts
from gatedclip.workbench import Workbench

WHY = (
    "On memes drawn by chance from all that wait, answered without the model's view while this head served. "
    "Unbiased, whatever else was chosen to be looked at."
)
NOBODY = "No meme was drawn by chance yet: choose a batch on the queue page. Each batch holds some."


def show(bench: Workbench) -> None:
    """Accuracy and AUROC with their intervals, or what is still missing; nothing before a head serves."""
    found, champion = bench.live_estimate(), bench.champion()
    if found is None or champion is None:
        return
    with st.container(border=True, key="live-estimate"):
        st.subheader("How good it is on what comes in", anchor=False)
        if not found.drawn:
            parts.note(NOBODY)
            return
        st.caption(WHY)
        parts.facts(
            {
                "head": champion.name,
                "accuracy": parts.interval(found.accuracy),
                "AUROC": parts.interval(found.auroc),
                "answers": f"{found.answered:,} of {found.drawn:,} drawn",
            }
        )
        if found.note:
            parts.note(f"{found.note[:1].upper()}{found.note[1:]}.")
