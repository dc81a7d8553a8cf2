"""What one browser tab tries in the lab: a meme, its variant, and the variants pinned beside it.

The address names the meme (?meme=12), so that a link opens it and a reload keeps it.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field, replace

import streamlit as st

from gatedclip.data.text import clean_text
from gatedclip.errors import NotFound
from gatedclip.store.memes import MemeFilter
from gatedclip.types import Label, Meme, Prediction, Probe, Split, Status
from gatedclip.ui import session
from gatedclip.workbench import Workbench

PINS = 12  # variants kept beside one meme
AMONG = {
    "decided memes": MemeFilter(split=Split.QUEUE, status=Status.DECIDED, order="newest"),
    "the base set": MemeFilter(split=Split.TRAIN),
    "waiting memes": MemeFilter(split=Split.QUEUE, status=Status.WAITING),
    "validation memes": MemeFilter(split=Split.VALIDATION),
    "test memes": MemeFilter(split=Split.TEST),
}
_KEY, _AMONG, _WORDS = "trial", "lab-among", "lab-search"
_ADDRESS = "meme"


@dataclass
class Trial:
    meme_id: int | None = None
    variant: Probe = field(default_factory=lambda: Probe("", ""))
    revealed: bool = False  # the pictures of meme and variant are shown clear
    round: int = 0  # counts new starts: text box and drop zone of an earlier one are gone
    pins: dict[int, list[Probe]] = field(default_factory=dict)  # by meme
    saved: int | None = None  # the meme that the last variant became

    def seat(self, bench: Workbench, address: MutableMapping[str, str]) -> Meme | None:
        """The meme to try, as the address names it, or the one of before, or the first there is; None when there is none."""
        meme = _named(bench, address.get(_ADDRESS, "")) or _named(bench, str(self.meme_id or "")) or _some(bench)
        if meme is not None:
            if meme.id != self.meme_id:
                self.lay(meme)
                st.session_state[_AMONG] = _kind(meme)
            address[_ADDRESS] = str(meme.id)
        return meme

    def lay(self, meme: Meme) -> None:
        """Starts anew with a meme, covered."""
        self.meme_id, self.variant, self.revealed, self.saved = meme.id, Probe.of(meme), False, None
        self.round += 1

    def take(self, probe: Probe) -> None:
        self.variant, self.saved = probe, None
        st.session_state[self.box] = probe.text

    @property
    def box(self) -> str:
        """Key of the box that holds the variant's words."""
        return f"lab-words-{self.meme_id}-{self.round}"

    @property
    def zone(self) -> str:
        """Key of the zone for another picture."""
        return f"lab-drop-{self.meme_id}-{self.round}"

    @property
    def pinned(self) -> list[Probe]:
        """The pins of the meme being tried."""
        return self.pins.setdefault(self.meme_id or 0, [])


def trial() -> Trial:
    """This tab's trial."""
    return st.session_state.setdefault(_KEY, Trial())


def _named(bench: Workbench, number: str) -> Meme | None:
    try:
        return bench.meme(int(number)) if number.isdecimal() and len(number) < 10 else None
    except NotFound:
        return None


def _some(bench: Workbench) -> Meme | None:
    """The first meme to try; one that a person decided already, if there is any, as the lab shows the model's view."""
    return next((found[0] for which in AMONG.values() if (found := bench.memes(which, 1))), None)


def _kind(meme: Meme) -> str:
    """Which of AMONG it belongs to; a skipped meme waits for the others."""
    if meme.split != Split.QUEUE:
        return next(name for name, which in AMONG.items() if which.split == meme.split)
    return "decided memes" if meme.status == Status.DECIDED else "waiting memes"


def chosen() -> MemeFilter:
    """Among which memes to look for another."""
    which = AMONG[st.session_state.setdefault(_AMONG, next(iter(AMONG)))]
    return replace(which, search=st.session_state.get(_WORDS, ""))


def say_change(before: Prediction, after: Prediction) -> str:
    """What became of the verdict and of the gate, in a sentence or two."""
    turned = "turns" if before.label != after.label else "stays"
    verdict = f"{before.probability:.0%} → {after.probability:.0%} likely hateful: {turned} {after.label.value}."
    moved = round(100 * (after.gate - before.gate))
    if not moved:
        return f"{verdict} The gate does not move."
    return f"{verdict} The gate moves {abs(moved)} points towards the {'picture' if moved > 0 else 'words'}."


# --- actions of the buttons and boxes; each may fail politely ---------------------------------------------------------


def go(meme: Meme) -> None:
    trial().lay(meme)
    st.query_params[_ADDRESS] = str(meme.id)


def reword() -> None:
    """Takes the words from their box."""
    here = trial()
    here.take(replace(here.variant, text=clean_text(st.session_state[here.box])))


def drop(bench: Workbench) -> None:
    """Takes the picture from the drop zone."""
    here = trial()
    file = st.session_state[here.zone]
    if file is not None and (probe := session.attempt(bench.probe_file, file.getvalue(), here.variant.text)):
        here.take(probe)


def start_over(meme: Meme) -> None:
    """Back to the meme as it is; it stays revealed if it was."""
    here, revealed = trial(), trial().revealed
    here.lay(meme)
    here.revealed = revealed


def toggle_pictures() -> None:
    trial().revealed = not trial().revealed


def pin(probe: Probe) -> None:
    here = trial()
    if probe in here.pinned:
        session.flash("This variant is pinned already.")
    elif len(here.pinned) >= PINS:
        session.flash(f"{PINS} variants are pinned, which is as many as fit. Unpin one first.")
    else:
        here.pinned.append(probe)


def unpin(probe: Probe) -> None:
    trial().pinned.remove(probe)


def save(bench: Workbench, meme: Meme, label: Label) -> None:
    here = trial()
    made = session.attempt(bench.save_variant, meme, here.variant, label, session.reviewer(), revealed=here.revealed)
    if made is not None:
        here.saved = made.id
        session.flash(f"Kept as meme {made.id}, decided {label.value}, in one family with meme {meme.id}.")
