"""Whether choosing what to look at pays: learning curves of simulated reviewers in MemeWorld."""

from __future__ import annotations

import streamlit as st

from gatedclip.figures.learning import learning_curves
from gatedclip.ui import parts
from gatedclip.workbench import Workbench


def show(bench: Workbench) -> None:
    """The curves of every way of choosing, drawn once they are asked for."""
    box = st.expander("Does choosing pay? Measured in MemeWorld", icon=":material/show_chart:", key="paying", on_change="rerun")
    if box.open:
        with box:
            found = bench.simulated()
            parts.chart(learning_curves(found.learned), key="learning-curves")
            st.text("\n".join(found.verdict))
            st.text(found.about)
