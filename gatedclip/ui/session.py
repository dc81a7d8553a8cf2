"""What one browser tab is looking at: the reviewer's name, a message for the next run, and actions that may fail politely."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from gatedclip.errors import GatedCLIPError
from gatedclip.ui import parts

REVIEWER = "reviewer"
_FLASH = "_flash"


def reviewer() -> str:
    """The name beside this person's decisions."""
    return str(st.session_state.get(REVIEWER) or "guest").strip()[:80] or "guest"


def flash(message: str, problem: bool = False) -> None:
    """Says something at the top of the next run, in plain text."""
    st.session_state[_FLASH] = (message, problem)


def show_flash() -> None:
    message, problem = st.session_state.pop(_FLASH, ("", False))
    if message:
        (parts.problem if problem else parts.note)(message)


def attempt(action: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The action's result; what went wrong is said on the next run. For button callbacks, where raising shows a trace."""
    try:
        return action(*args, **kwargs)
    except GatedCLIPError as error:
        flash(str(error), problem=True)
        return None


def act(message: str, action: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
    """Whether the action was done; the next run says `message`, or what went wrong."""
    if done := attempt(lambda: (action(*args, **kwargs), True)):
        flash(message)
    return bool(done)
