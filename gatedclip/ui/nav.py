"""The screens, and the guard that keeps each of them inside the frame.

Streamlit also finds `pages/` by itself: on a freshly started server a deep link would run a page without app.py, hence without
frame and identity. Each page therefore begins with `require_frame()`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from gatedclip.config import ASSETS

ICON = str(ASSETS / "icon.png")

_inside: ContextVar[bool] = ContextVar("inside the frame", default=False)
"""Not session state: that cannot be written any more once a page has called st.stop or st.rerun."""

REVIEW, QUEUE, HISTORY, GATES, LAB, RETRAIN, MODELS, TEAM = (
    f"pages/{name}.py" for name in ("review", "queue", "history", "gates", "lab", "retrain", "models", "team")
)


def build() -> StreamlitPage:
    """Registers the screens and gives the one asked for."""
    # The icon is a file of ours and set before the navigation; otherwise the browser fetches the screen's icon from outside.
    st.set_page_config(page_title="GatedCLIP workbench", page_icon=ICON, layout="wide", initial_sidebar_state=240)
    return st.navigation(
        [
            st.Page(REVIEW, title="Review", icon=":material/rate_review:", default=True),
            st.Page(QUEUE, title="Queue", icon=":material/inbox:"),
            st.Page(HISTORY, title="History", icon=":material/history:"),
            st.Page(GATES, title="Gates", icon=":material/balance:"),
            st.Page(LAB, title="Lab", icon=":material/science:"),
            st.Page(RETRAIN, title="Retrain", icon=":material/model_training:"),
            st.Page(MODELS, title="Models", icon=":material/deployed_code:"),
            st.Page(TEAM, title="Team", icon=":material/groups:"),
        ]
    )


@contextmanager
def framed() -> Iterator[None]:
    """While a page runs in here, `require_frame` lets it."""
    token = _inside.set(True)
    try:
        yield
    finally:
        _inside.reset(token)


def require_frame() -> None:
    """Sends a page that was run on its own back through app.py."""
    if not _inside.get():
        build()
        st.rerun()
