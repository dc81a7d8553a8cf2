"""The screens, and the guard that keeps each of them inside the frame.

Streamlit also finds `pages/` by itself: on a freshly started server a deep link would run a page without app.py, hence without
frame and identity. Each page therefore begins with `require_frame()`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.navigation.page import StreamlitPage

_INSIDE = "_inside_frame"

REVIEW, QUEUE, HISTORY, RETRAIN, MODELS = (f"pages/{name}.py" for name in ("review", "queue", "history", "retrain", "models"))


def build() -> StreamlitPage:
    """Registers the screens and gives the one asked for."""
    return st.navigation(
        [
            st.Page(REVIEW, title="Review", icon=":material/rate_review:", default=True),
            st.Page(QUEUE, title="Queue", icon=":material/inbox:"),
            st.Page(HISTORY, title="History", icon=":material/history:"),
            st.Page(RETRAIN, title="Retrain", icon=":material/model_training:"),
            st.Page(MODELS, title="Models", icon=":material/deployed_code:"),
        ]
    )


@contextmanager
def framed() -> Iterator[None]:
    """While a page runs in here, `require_frame` lets it."""
    st.session_state[_INSIDE] = True
    try:
        yield
    finally:
        st.session_state.pop(_INSIDE, None)


def require_frame() -> None:
    """Sends a page that was run on its own back through app.py."""
    if not st.session_state.get(_INSIDE):
        build()
        st.rerun()
