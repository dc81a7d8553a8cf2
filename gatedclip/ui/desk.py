"""The review desk of one browser tab: which meme lies on it, since when, and what has been uncovered.

Rules that keep a label honest: a decision counts only for the meme on the desk, and only once a person can have seen it. What is
said beside the label is kept on the server, and lies on the desk again with its meme.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from gatedclip.errors import GatedCLIPError, LeaseLost, NotAllowed, NotFound, PolicyError
from gatedclip.store.pictures import Variant
from gatedclip.types import Decision, Label, Meme, Policy
from gatedclip.ui import session
from gatedclip.ui.marking import Draft
from gatedclip.ui.protection import Views
from gatedclip.workbench import Workbench

ARMING = 0.6  # seconds before a new meme takes a decision: a double press must not label a meme nobody has seen
SKIPS = ("not my language", "cannot read it", "broken picture", "do not want to see this", "other")
KEPT = "What you had said about it is kept and is here again when you open it."
_KEY = "desk"
_SKIP = "skip-reason"


@dataclass
class Desk:
    reviewer: str = ""  # whose desk it is
    meme_id: int | None = None  # the meme to decide, held by this reviewer
    back: Decision | None = None  # a decision being looked back at, with the model's view
    last: Decision | None = None  # this tab's last decision
    unfolded: bool = False  # the picture was asked for, by someone who wants the words first
    revealed: bool = False  # the picture is shown clear
    seen: bool = False  # the meme's picture was shown clear at some time
    uncovered: bool = False  # the model's view is shown
    assisted: bool = False  # it was shown before the decision
    marking: bool = False  # the marking of reasons is open, and stays so from meme to meme
    draft: Draft = field(default_factory=Draft)  # what is said so far about the meme to decide
    kept: dict[str, Any] = field(default_factory=dict)  # of that, what the server has
    policy: Policy = field(default_factory=lambda: Policy("", ()))  # the one that is judged by
    lacks: str = ""  # what the policy still asks for, as a sentence
    wanted: Label | None = None  # the label it asks that with
    notice: str = ""  # why another meme lies here than was asked for
    views: Views = field(default_factory=Views)
    token: str = ""  # one per meme laid on the desk; makes a repeated press harmless
    laid: float = 0.0  # monotonic time of being laid; 0 = not drawn yet
    fresh: bool = False  # laid, and not yet as it was left
    ahead: str = ""  # token of the meme under which the next ones were made ready

    def seat(self, bench: Workbench, reviewer: str, queue: str = "") -> Meme | None:
        """The meme to show: the one looked back at, the one on the desk, or the next that waits; None when none does."""
        if self.reviewer not in ("", reviewer):
            self.clear()
            self.last = None
        self.reviewer, self.policy = reviewer, bench.team.policy()
        if self.back is not None:
            return bench.meme(self.back.meme_id)
        meme = self._asked_for(bench) or bench.claim(reviewer, queue=queue)
        if meme is None:
            self.clear()
            return None
        if meme.id != self.meme_id or not self.token:
            self.lay(meme.id)
        if self.fresh:
            self._take_up(bench.draft(reviewer, meme.id), meme)
        return meme

    def _asked_for(self, bench: Workbench) -> Meme | None:
        """The meme laid on the desk, unless someone else holds it, or is to answer it, or a link made it up."""
        if not self.meme_id:
            return None
        try:
            meme = bench.claim(self.reviewer, self.meme_id)
        except NotFound:
            return None
        except NotAllowed as why:
            self.notice = str(why)
            return None
        if meme is None:
            self.notice = f"Somebody else has meme {self.meme_id} now." + (f" {KEPT}" if self.content() else "")
        return meme

    def follow(self, address: MutableMapping[str, str]) -> None:
        """Lays the meme that a link asks for (?meme=12), once; anything else in its place is ignored."""
        wanted = address.pop("meme", "")
        if wanted.isdecimal() and len(wanted) < 10:
            self.lay(int(wanted))

    def lay(self, meme_id: int) -> None:
        """Puts a meme on the desk, covered and blind."""
        self.clear()
        self.meme_id, self.token, self.fresh = meme_id, uuid.uuid4().hex, True
        self.draft = Draft(self.token)

    def clear(self) -> None:
        """Takes away what lies here; whatever picture was clear is covered."""
        self.cover()
        self.meme_id, self.back, self.token, self.laid, self.draft = None, None, "", 0.0, Draft()
        self.unfolded = self.seen = self.uncovered = self.assisted = self.fresh = False
        self.kept, self.lacks, self.wanted = {}, "", None

    def drawn(self) -> None:
        """Called when the meme stands on the page: from here on time counts."""
        self.laid = self.laid or time.monotonic()

    def armed(self, meme_id: int) -> bool:
        """Whether a decision for this meme may count now."""
        return meme_id == self.meme_id and self.laid > 0 and time.monotonic() - self.laid >= ARMING

    def look_ahead(self, bench: Workbench, queue: str, variants: Sequence[Variant]) -> None:
        """Lets what comes next be made ready while this meme is looked at."""
        if self.ahead != self.token:
            self.ahead = self.token
            bench.look_ahead(self.reviewer, queue, variants)

    def give_back(self, bench: Workbench) -> None:
        """Leaves the meme to whoever comes next; what was said is kept."""
        if self.meme_id is not None:
            self.keep(bench)
            bench.release(self.meme_id, self.reviewer)
            self.clear()

    def noticed(self) -> str:
        """The notice, which is given once."""
        notice, self.notice = self.notice, ""
        return notice

    # --- the picture ----------------------------------------------------------------------------------------------

    def reveal(self) -> None:
        """Shows the picture clear, which counts as exposure until it is covered."""
        shown = self.back.meme_id if self.back else self.meme_id
        if shown is not None:
            self.revealed, self.seen = True, self.seen or self.back is None
            self.views.begin(self.reviewer, shown)

    def cover(self) -> None:
        self.revealed = False
        self.views.end()

    # --- what is said so far ----------------------------------------------------------------------------------------

    def content(self) -> dict[str, Any]:
        """What the server keeps about the meme: what was said, and whether a decision about it can still be blind."""
        flags = {"assisted": self.assisted, "seen": self.seen}
        return self.draft.content() | {name: True for name, on in flags.items() if on}

    def keep(self, bench: Workbench) -> None:
        """Puts on the server what was said since."""
        if self.meme_id is not None and not self.fresh and self.content() != self.kept:
            self.kept = self.content()
            bench.keep_draft(self.reviewer, self.meme_id, self.kept)

    def _take_up(self, content: dict[str, Any], meme: Meme) -> None:
        self.draft.take_up(content, meme)
        self.assisted, self.seen = bool(content.get("assisted")), bool(content.get("seen"))
        self.kept, self.fresh = self.content(), False


def desk() -> Desk:
    """This tab's desk."""
    return st.session_state.setdefault(_KEY, Desk())


def leave(bench: Workbench) -> None:
    """Called when the tab shows another page: what was clear here is covered, and on record."""
    if _KEY in st.session_state:
        desk().cover()
        desk().views.record(bench)


# --- actions of the buttons and keys; each may fail politely ---------------------------------------------------------


def decide(bench: Workbench, meme: Meme, label: Label, copy: Decision | None = None) -> None:
    """Records the label, of a `copy` with what was said about that; nothing happens where the policy asks for more."""
    here = desk()
    if not _may_count(here, meme):
        return
    draft = _heard(here, bench, meme)
    note, tags = draft.note, draft.tags_for(here.policy, label)
    if copy is not None:
        note = note or f"As its copy, meme {copy.meme_id}"
        tags = copy.tags | tags if copy.policy_id == here.policy.id else tags
    try:
        here.last = bench.decide(
            meme,
            label,
            here.reviewer,
            key=here.token,
            assisted=here.assisted,
            revealed=here.seen,
            note=note,
            seconds=round(time.monotonic() - here.laid, 1),
            marks=draft.marks(meme),
            tags=tags,
            confidence=draft.confidence,
            policy_id=here.policy.id,
        )
    except PolicyError as why:
        here.lacks, here.wanted = str(why), label
        return
    except GatedCLIPError as why:
        session.flash(f"{why} {KEPT}" if isinstance(why, LeaseLost) else str(why), problem=True)
    here.clear()  # also when it failed: the next run lays what this person holds, as it was left, or the next


def _may_count(here: Desk, meme: Meme) -> bool:
    """Whether a press is for the meme on the desk, and for one that can have been seen; the latter is said otherwise."""
    if meme.id != here.meme_id:
        return False  # a late press for a meme that is no longer on the desk
    if not here.armed(meme.id):
        session.flash("That was too quick to have seen the meme, so it was not counted. Look, then press again.")
        return False
    return True


def _heard(here: Desk, bench: Workbench, meme: Meme) -> Draft:
    """The draft with the browser's last word, kept on the server too."""
    here.draft.take(meme)
    here.draft.hear(here.policy)
    session.attempt(here.keep, bench)
    return here.draft


def skip(bench: Workbench, meme: Meme, chosen: str = "") -> None:
    """Leaves the meme to the others, with the reason chosen in the menu `chosen`, else with the last one."""
    here = desk()
    if chosen and (reason := st.session_state.get(chosen)) in SKIPS:
        st.session_state[_SKIP] = reason
    if _may_count(here, meme):
        note = ": ".join(filter(None, (skip_reason(), _heard(here, bench, meme).note)))
        session.attempt(bench.skip, meme, here.reviewer, key=here.token, note=note)
        here.clear()


def skip_reason() -> str:
    """The reason with which a key press skips: the last one chosen."""
    return st.session_state.get(_SKIP, SKIPS[-1])


def escalate(bench: Workbench, meme: Meme) -> None:
    """Asks a lead to decide, with the note."""
    here = desk()
    if _may_count(here, meme):
        note = _heard(here, bench, meme).note
        if session.attempt(bench.escalate, meme, here.reviewer, key=here.token, note=note):
            session.flash(f"Meme {meme.id} waits for a lead now.")
        here.clear()


def undo(bench: Workbench, meme: Meme | None = None) -> None:
    """Takes the last decision back and lays its meme on the desk again, with what was said about it."""
    here = desk()
    if meme is not None and meme.id == here.meme_id:
        _heard(here, bench, meme)
    try:
        undone = bench.undo(session.reviewer())
    except GatedCLIPError as why:
        session.flash(str(why), problem=True)
        return
    if undone is None:
        session.flash("There is nothing to undo.")
        return
    here.last = None
    here.lay(undone.meme_id)
    session.flash(f"Undone. Meme {undone.meme_id} is back on the desk.")


def toggle_picture() -> None:
    here = desk()
    if here.revealed:
        here.cover()
    else:
        here.reveal()


def unfold_picture() -> None:
    desk().unfolded = True


def toggle_marking(meme: Meme) -> None:
    here = desk()
    here.draft.take(meme)  # closing takes the components away, and with them what they hold
    here.marking = not here.marking


def forget_marks() -> None:
    desk().draft.clear()


def show_model() -> None:
    desk().assisted = desk().uncovered = True


def look_back() -> None:
    """Shows the last decided meme with the model's view; deciding it again needs an undo."""
    here = desk()
    if here.last is not None:
        here.cover()
        here.back = here.last


def go_on() -> None:
    """Back to the meme that waits on the desk."""
    here = desk()
    here.cover()
    here.back = None


def step_aside(bench: Workbench, meme: Meme) -> None:
    """Gives the meme back, as when its kind is left to others or another queue is chosen."""
    here = desk()
    if meme.id == here.meme_id:
        _heard(here, bench, meme)
        session.attempt(here.give_back, bench)


def heed_opt_out(bench: Workbench, meme: Meme) -> None:
    """Gives the meme back if this person leaves its kind to others."""
    if {meme.source, meme.theme} & set(bench.team.preferences(desk().reviewer).opt_out):
        step_aside(bench, meme)
