"""The review desk of one browser tab: which meme lies on it, since when, and what has been uncovered.

Rules that keep a label honest: a decision counts only for the meme on the desk, and only once a person can have seen it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import MutableMapping
from dataclasses import dataclass, field

import streamlit as st

from gatedclip.errors import NotFound
from gatedclip.types import Decision, Label, Meme
from gatedclip.ui import session
from gatedclip.ui.marking import Draft
from gatedclip.workbench import Workbench

ARMING = 0.6  # seconds before a new meme takes a decision: a double press must not label a meme nobody has seen
_KEY = "desk"


@dataclass
class Desk:
    meme_id: int | None = None  # the meme to decide, held by this reviewer
    back: Decision | None = None  # a decision being looked back at, with the model's view
    last: Decision | None = None  # this tab's last decision
    revealed: bool = False  # the picture is shown clear
    assisted: bool = False  # the model's view was shown before the decision
    marking: bool = False  # the marking of reasons is open, and stays so from meme to meme
    draft: Draft = field(default_factory=Draft)  # what is marked on the meme to decide
    token: str = ""  # one per meme laid on the desk; makes a repeated press harmless
    laid: float = 0.0  # monotonic time of being laid; 0 = not drawn yet

    def seat(self, bench: Workbench, reviewer: str) -> Meme | None:
        """The meme to show: the one looked back at, the one on the desk, or the next that waits; None when none does."""
        if self.back is not None:
            return bench.meme(self.back.meme_id)
        meme = self._asked_for(bench, reviewer) or bench.claim(reviewer)
        if meme is None:
            self.clear()
        elif meme.id != self.meme_id or not self.token:
            self.lay(meme.id)
        return meme

    def _asked_for(self, bench: Workbench, reviewer: str) -> Meme | None:
        """The meme laid on the desk, unless someone else holds it or a link made it up."""
        try:
            return bench.claim(reviewer, self.meme_id) if self.meme_id else None
        except NotFound:
            return None

    def follow(self, address: MutableMapping[str, str]) -> None:
        """Lays the meme that a link asks for (?meme=12), once; anything else in its place is ignored."""
        wanted = address.pop("meme", "")
        if wanted.isdecimal() and len(wanted) < 10:
            self.lay(int(wanted))

    def lay(self, meme_id: int) -> None:
        """Puts a meme on the desk, covered and blind."""
        self.meme_id, self.back, self.token = meme_id, None, uuid.uuid4().hex
        self.draft = Draft(self.token)
        self.revealed = self.assisted = False
        self.laid = 0.0

    def clear(self) -> None:
        self.meme_id, self.back, self.token, self.laid, self.draft = None, None, "", 0.0, Draft()
        self.revealed = self.assisted = False

    def drawn(self) -> None:
        """Called when the meme stands on the page: from here on time counts."""
        self.laid = self.laid or time.monotonic()

    def armed(self, meme_id: int) -> bool:
        """Whether a decision for this meme may count now."""
        return meme_id == self.meme_id and self.laid > 0 and time.monotonic() - self.laid >= ARMING


def desk() -> Desk:
    """This tab's desk."""
    return st.session_state.setdefault(_KEY, Desk())


# --- actions of the buttons and keys; each may fail politely ---------------------------------------------------------


def decide(bench: Workbench, meme: Meme, label: Label) -> None:
    here = desk()
    if meme.id != here.meme_id:
        return  # a late press for a meme that is no longer on the desk
    if not here.armed(meme.id):
        session.flash("That was too quick to have seen the meme, so it was not counted. Look, then press again.")
        return
    made = session.attempt(
        bench.decide,
        meme,
        label,
        session.reviewer(),
        key=here.token,
        assisted=here.assisted,
        revealed=here.revealed,
        note=st.session_state.get(f"note-{here.token}", ""),
        seconds=round(time.monotonic() - here.laid, 1),
        marks=here.draft.marks(meme),
    )
    if made is not None:
        here.last = made
    here.clear()  # also when the lease was lost: the next run says so and lays what waits


def skip(bench: Workbench, meme: Meme) -> None:
    here = desk()
    if here.armed(meme.id):
        session.attempt(bench.skip, meme, session.reviewer(), key=here.token)
        here.clear()


def undo(bench: Workbench) -> None:
    """Takes the last decision back and lays its meme on the desk again."""
    reversed_ = session.attempt(bench.undo, session.reviewer())
    if reversed_ is None:
        session.flash("There is nothing to undo.")
        return
    here = desk()
    here.last = None
    here.lay(reversed_.meme_id)
    session.flash(f"Undone. Meme {reversed_.meme_id} is back on the desk.")


def toggle_picture() -> None:
    desk().revealed = not desk().revealed


def toggle_marking(meme: Meme) -> None:
    here = desk()
    here.draft.take(meme)  # closing takes the components away, and with them what they hold
    here.marking = not here.marking


def forget_marks() -> None:
    desk().draft.clear()


def show_model() -> None:
    desk().assisted = True


def look_back() -> None:
    """Shows the last decided meme with the model's view; deciding it again needs an undo."""
    here = desk()
    if here.last is not None:
        here.back, here.revealed = here.last, False


def go_on() -> None:
    """Back to the meme that waits on the desk."""
    here = desk()
    here.back, here.revealed = None, False
