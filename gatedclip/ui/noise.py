"""How much another seed alone changes the AUROC, which a change has to exceed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from gatedclip.ui import jobs, parts, session
from gatedclip.workbench import Workbench

if TYPE_CHECKING:
    from gatedclip.judging import SeedNoise

HOW = "It trains five heads with the recipe of the one that serves, on what would be learned from now. None is kept. Minutes."
NOBODY = "Nobody has measured it here; it is what five seeds gave on the demo."


def show(bench: Workbench, able: bool) -> None:
    """What was measured, and for leads the way to measure it again."""
    st.subheader("What another seed changes", anchor=False)
    st.text(_say(bench.seed_noise()))
    if able:
        st.caption(HOW)
        jobs.button(bench, "noise", bench.start_seed_noise, session.reviewer())
        jobs.watch(bench, "noise")


def _say(found: SeedNoise) -> str:
    told = f"Another seed changes the AUROC by ±{found.deviation:.4f} (standard deviation); up to {found.bound:.4f} is no change."
    if not found.areas:
        return f"{told} {NOBODY}"
    who = f" by {found.by}" if found.by else ""
    when = f", {parts.when(found.at)}" if found.at else ""
    return f"{told} Measured{who} on {len(found.areas)} seeds{when}."
