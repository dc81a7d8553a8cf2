"""How one person is shown memes, and how much of them they saw unblurred. That is exposure; it says nothing about harm."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

from gatedclip.store.pictures import Variant
from gatedclip.types import Preferences
from gatedclip.ui import parts, session
from gatedclip.workbench import Workbench

STRENGTHS = {"light": 12, "middle": 24, "strong": 48}  # radius in pixels of a blurred picture, as large as it is shown
BLURRED: dict[int, Variant] = {12: "blurred-light", 24: "blurred", 48: "blurred-strong"}
GREY: dict[Variant, Variant] = {
    "full": "full-grey",
    "blurred": "blurred-grey",
    "blurred-light": "blurred-light-grey",
    "blurred-strong": "blurred-strong-grey",
}
TICK = 15.0  # seconds between two notes of how long a picture has been unblurred: a closed tab loses no more
_DISMISSED = "break-dismissed"


def variant(chosen: Preferences, clear: bool) -> Variant:
    """Which of a picture's variants a person is shown."""
    shown: Variant = "full" if clear else BLURRED[min(BLURRED, key=lambda radius: abs(radius - chosen.blur))]
    return GREY[shown] if chosen.greyscale else shown


def picture(bench: Workbench, key: str, clear: bool) -> bytes:
    """A picture as the person at this tab wants to be shown it."""
    return bench.picture(key, variant(bench.team.preferences(session.reviewer()), clear))


# --- exposure -------------------------------------------------------------------------------------------------------


@dataclass
class View:
    """One picture that somebody sees, or saw, unblurred."""

    person: str
    meme_id: int
    since: float  # monotonic
    until: float | None = None
    row: int | None = None  # its number on record


@dataclass
class Views:
    """The unblurred views of one tab that are not wholly on record."""

    kept: list[View] = field(default_factory=list)

    @property
    def going_on(self) -> bool:
        return any(view.until is None for view in self.kept)

    def begin(self, person: str, meme_id: int) -> None:
        self.end()
        self.kept.append(View(person, meme_id, time.monotonic()))

    def end(self) -> None:
        for view in self.kept:
            view.until = view.until or time.monotonic()

    def record(self, bench: Workbench) -> None:
        """Puts on record how long each has lasted by now, and forgets those that are over."""
        for view in self.kept:
            lasted = (view.until or time.monotonic()) - view.since
            view.row = bench.team.exposed(view.person, view.meme_id, lasted, view.row)
        self.kept = [view for view in self.kept if view.until is None]


def exposure(bench: Workbench, views: Views) -> None:
    """What this person saw unblurred today, in one line that counts on while a picture is clear, and a break when it is time."""

    @st.fragment(run_every=TICK if views.going_on else None)
    def line() -> None:
        views.record(bench)
        name = session.reviewer()
        today = bench.team.exposure(name, days=1)
        if not today:
            return
        reveals, seconds = sum(day.reveals for day in today), int(sum(day.seconds for day in today))
        pictures = "picture" if reveals == 1 else "pictures"
        st.caption(f"Seen unblurred today (UTC): {reveals:,d} {pictures}, {seconds // 60:d} min {seconds % 60:d} s")
        every = bench.team.preferences(name).break_after
        if every and seconds // (60 * every) > st.session_state.get(_DISMISSED, {}).get(name, 0):
            _break(name, seconds, every)

    line()


def _break(name: str, seconds: int, every: int) -> None:
    with st.container(border=True, key="break"):
        parts.note(
            f"You have looked at unblurred pictures for {seconds // 60} minutes today. A break? This is said every {every} "
            "minutes, as chosen under How memes are shown. This counts exposure and claims nothing about harm."
        )
        st.button("Dismiss", key="dismiss-break", type="tertiary", on_click=_dismiss, args=(name, seconds // (60 * every)))


def _dismiss(name: str, times: int) -> None:
    st.session_state.setdefault(_DISMISSED, {})[name] = times


# --- preferences ----------------------------------------------------------------------------------------------------


def preferences(bench: Workbench, chosen: Callable[[], None]) -> None:
    """How memes are shown to this person, to be chosen, and `chosen` called then; the form is made when it is opened."""
    chooser = st.popover("How memes are shown", icon=":material/shield:", type="tertiary", key="preferences", on_change="rerun")
    if chooser.open:
        with chooser:
            _form(bench, session.reviewer(), chosen)


def _form(bench: Workbench, name: str, chosen: Callable[[], None]) -> None:
    now = bench.team.preferences(name)
    strengths = {radius: strength for strength, radius in STRENGTHS.items()}
    nearest = min(strengths, key=lambda radius: abs(radius - now.blur))
    kinds = sorted({*bench.kinds(), *now.opt_out})
    with st.form("preferences-form", border=False):
        st.select_slider("Blur", list(STRENGTHS), strengths[nearest], key=f"blur {name}")
        st.toggle("Grey, also when revealed", now.greyscale, key=f"grey {name}")
        st.toggle("Words first, the picture when asked for", now.text_first, key=f"text-first {name}")
        st.multiselect("Leave to others: sources and themes", kinds, now.opt_out, key=f"opt-out {name}")
        st.number_input(
            "Suggest a break after so many minutes unblurred (0: never)", 0, 600, now.break_after, 5, key=f"break {name}"
        )
        with st.container(horizontal=True):
            st.form_submit_button("Keep", type="primary", on_click=_keep, args=(bench, name, chosen))
            st.form_submit_button("As everyone has it", on_click=session.attempt, args=(bench.team.prefer, name, None))


def _keep(bench: Workbench, name: str, chosen: Callable[[], None]) -> None:
    state = st.session_state
    wish = Preferences(
        STRENGTHS[state[f"blur {name}"]],
        state[f"grey {name}"],
        state[f"text-first {name}"],
        tuple(state[f"opt-out {name}"]),
        int(state[f"break {name}"]),
    )
    if session.act("Kept. Memes are shown like this to you only.", bench.team.prefer, name, wish):
        chosen()
