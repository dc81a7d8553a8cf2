"""A moderator's own reasons: regions on the picture, words, and which half decides; and how they compare with the model's.

What the browser sends is checked here, and counts only with the tag of the meme it was made for.
"""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from PIL import Image

from gatedclip.config import ASSETS
from gatedclip.data.text import text_key
from gatedclip.data.text import words as words_of
from gatedclip.explain.heat import heat_overlay, outlined
from gatedclip.explain.reasons import say_reasons
from gatedclip.types import Attribution, Decision, Label, Marks, Meme, Policy, Rationale, Region
from gatedclip.ui import parts, protection
from gatedclip.workbench import Workbench

SIDE = 900  # pixels of the picture's longer side in the browser, enough to point at things
MOST = 16  # regions
SMALLEST = 0.01  # side of a region, as a fraction of the picture's; less marks nothing

HALVES: dict[Rationale, str] = {
    Rationale.PICTURE: "Picture alone",
    Rationale.WORDS: "Words alone",
    Rationale.TOGETHER: "Only together",
    Rationale.NEITHER: "Neither",
}
KEYS = dict(zip(HALVES, "PWTO", strict=True))


def _asset(name: str) -> str:
    return (ASSETS / "marking" / name).read_text(encoding="utf-8")


_REGIONS = st.components.v2.component(
    "gatedclip_regions",
    html="""
    <div class="wrap" tabindex="0" role="application" aria-label="Picture to mark" aria-describedby="how">
      <img class="pic" draggable="false" alt="">
      <svg class="lay" viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true"></svg>
    </div>
    <p class="say" id="how">Drag over what decides. By keys: arrows move a box, Shift with arrows sizes it, Enter marks it.</p>
    <p class="say" role="status"></p>
    <div class="bar" role="group" aria-label="Regions"></div>
    """,
    css=_asset("marking.css"),
    js=_asset("regions.js"),
)
_WORDS = st.components.v2.component(
    "gatedclip_words",
    html="""
    <div class="words" role="group" aria-label="Words that decide"></div>
    """,
    css=_asset("marking.css"),
    js=_asset("words.js"),
)


# --- what is marked so far --------------------------------------------------------------------------------------------


SURE = {0.25: "Low", 0.6: "Middle", 0.95: "High"}


@dataclass
class Draft:
    """What is said so far about the meme on the desk, beside its label. A new meme gets a new draft."""

    token: str = ""  # of the meme on the desk
    round: int = 0  # counts how often everything was cleared: what the browser still holds is then void
    regions: tuple[Region, ...] = ()
    words: tuple[int, ...] = ()
    text: str = ""  # key of the text that `words` point into
    said: tuple[str, ...] = ()  # the words that `words` point to
    rationale: Rationale | None = None
    note: str = ""
    tags: dict[str, list[str]] = field(default_factory=dict)  # options chosen, by facet of the policy
    confidence: float | None = None
    detailed: bool = False  # it came with more than a note

    @property
    def tag(self) -> str:
        return f"{self.token} {self.round}"

    def marks(self, meme: Meme) -> Marks | None:
        """What is marked, the last word of the browser included; None when nothing is."""
        self.take(meme)
        return Marks(self.regions, self.words, self.rationale) or None

    def take(self, meme: Meme) -> None:
        """Takes over what the browser has sent; words that were corrected meanwhile have to be marked again."""
        if self.text != text_key(meme.text):
            self.words, self.said, self.text = (), (), text_key(meme.text)
        sent, stand = _sent(f"regions-{self.token}", "regions", self.tag), words_of(meme.text)
        self.regions = self.regions if sent is None else regions_of(sent)
        sent = _sent(f"words-{self.token}", "picked", f"{self.tag} {self.text}")
        self.words = self.words if sent is None else picked_of(sent, len(stand))
        self.said = tuple(stand[at] for at in self.words)

    def clear(self) -> None:
        """Forgets the marks."""
        self.round, self.regions, self.words, self.said, self.rationale = self.round + 1, (), (), (), None

    # --- note, sub-labels and how sure ----------------------------------------------------------------------------

    def key(self, policy: Policy, n: int) -> str:
        """The widget that asks the policy's question n about this meme."""
        return f"tag-{policy.id}-{n}-{self.token}"

    def hear(self, policy: Policy) -> None:
        """Takes over what the widgets hold; a question that was not drawn keeps its answer."""
        state = st.session_state
        self.note = state.get(f"note-{self.token}", self.note) or ""
        self.confidence = state.get(f"sure-{self.token}", self.confidence)
        for n, facet in enumerate(policy.facets):
            if (key := self.key(policy, n)) in state:
                self.tags[facet.name] = list(state[key] or ()) if facet.many else [state[key]] if state[key] else []

    def tags_for(self, policy: Policy, label: Label) -> dict[str, list[str]]:
        """The answers to what is asked with this label."""
        asked = {facet.name for facet in policy.facets if label in facet.asked_for}
        return {name: chosen for name, chosen in self.tags.items() if chosen and name in asked}

    # --- kept on the server ---------------------------------------------------------------------------------------

    def content(self) -> dict[str, Any]:
        """All of it as plain values; nothing for what was not said."""
        marks = {
            "regions": [list(region) for region in self.regions],
            "words": list(self.words),
            "said": list(self.said),
            "rationale": self.rationale.value if self.rationale else None,
        }
        tags = {name: chosen for name, chosen in self.tags.items() if chosen}
        said = {"note": self.note, "tags": tags, "confidence": self.confidence, "marks": marks if any(marks.values()) else None}
        return {name: value for name, value in said.items() if value}

    def take_up(self, content: dict[str, Any], meme: Meme) -> None:
        """Goes on with what was kept; marked words count while they stand where they stood."""
        marks, stand = content.get("marks") or {}, words_of(meme.text)
        pairs = zip(marks.get("words", ()), marks.get("said", ()), strict=False)
        kept = [(at, word) for at, word in pairs if 0 <= at < len(stand) and stand[at] == word]
        self.regions = regions_of(marks.get("regions"))
        self.words, self.said, self.text = tuple(at for at, _ in kept), tuple(word for _, word in kept), text_key(meme.text)
        self.rationale = Rationale(marks["rationale"]) if marks.get("rationale") else None
        self.note, self.confidence = content.get("note", ""), content.get("confidence")
        self.tags = {name: list(chosen) for name, chosen in content.get("tags", {}).items()}
        self.detailed = bool(self.tags) or self.confidence is not None


def _sent(key: str, name: str, tag: str) -> object:
    """What a component of this page holds, if it is about this meme and this round; None otherwise."""
    state = st.session_state.get(key)
    value = state.get(name) if isinstance(state, dict) else None
    return value.get(name) if isinstance(value, dict) and value.get("tag") == tag else None


def regions_of(sent: object) -> tuple[Region, ...]:
    """The regions in what a browser sent; whatever is no region is left out."""
    given = sent if isinstance(sent, list) else []
    return tuple(region for one in given[:MOST] if (region := _region(one)) is not None)


def _region(sent: Any) -> Region | None:
    if not isinstance(sent, list) or len(sent) != 4 or not all(_is_number(value) for value in sent):
        return None
    left, top, right, bottom = (round(min(1.0, max(0.0, float(value))), 4) for value in sent)
    return (left, top, right, bottom) if right - left >= SMALLEST and bottom - top >= SMALLEST else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def picked_of(sent: object, n: int) -> tuple[int, ...]:
    """The positions among n words in what a browser sent, in order, each once."""
    given = sent if isinstance(sent, list) else []
    whole = {int(at) for at in given if _is_number(at) and float(at).is_integer()}
    return tuple(sorted(at for at in whole if 0 <= at < n))


# --- marking ------------------------------------------------------------------------------------------------------


def picture(draft: Draft, meme: Meme, data: bytes, alt: str) -> None:
    """The picture as it may be seen, to drag regions on."""
    draft.take(meme)
    _REGIONS(
        key=f"regions-{draft.token}",
        data={"src": data_uri(data), "tag": draft.tag, "regions": [list(region) for region in draft.regions], "alt": alt},
        default={"regions": None},
        on_regions_change=_nothing,
    )


def words(draft: Draft, meme: Meme) -> None:
    """The words, each a button."""
    draft.take(meme)
    if not meme.text:
        parts.words(meme.text)
        return
    _WORDS(
        key=f"words-{draft.token}",
        data={"words": list(words_of(meme.text)), "tag": f"{draft.tag} {draft.text}", "picked": list(draft.words)},
        default={"picked": None},
        on_picked_change=_nothing,
    )


def _nothing() -> None:
    """A change is read when the page runs, or when the meme is decided."""


@st.cache_data(max_entries=32, show_spinner=False)
def data_uri(data: bytes) -> str:
    """A picture of at most SIDE pixels a side as a data URI, JPEG."""
    shown = Image.open(io.BytesIO(data)).convert("RGB")
    shown.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    shown.save(out, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}"


def halves(draft: Draft) -> None:
    """Which half decides: one of four keys; the same again takes it back."""
    st.caption("What decides?")
    with st.container(horizontal=True, key="halves"):
        for half in HALVES:
            chosen = draft.rationale is half
            st.button(
                HALVES[half],
                key=f"half-{half.value}-{draft.token}",
                shortcut=KEYS[half],
                type="primary" if chosen else "secondary",
                icon=":material/check:" if chosen else None,
                on_click=_choose,
                args=(draft, half),
            )


def _choose(draft: Draft, half: Rationale) -> None:
    draft.rationale = None if draft.rationale is half else half


def summary(draft: Draft) -> str:
    """What is marked so far, in a few words; empty when nothing is."""
    counts = ((len(draft.regions), "region"), (len(draft.words), "word"))
    said = [f"{n} {what}{'' if n == 1 else 's'}" for n, what in counts if n]
    return ", ".join([*said, HALVES[draft.rationale].lower()] if draft.rationale else said)


# --- against the model ----------------------------------------------------------------------------------------------


def comparison(bench: Workbench, decision: Decision, meme: Meme, *, revealed: bool) -> None:
    """The marks of a decision against what the model went by then: in words, and both on the picture, blurred unless revealed."""
    marks, reasons = decision.marks, decision.reasons
    if marks is None:
        return
    with st.container(border=True, key="comparison"):
        st.html('<h3 class="gc-h">Marked reasons against the model\'s</h3>')
        if reasons is None:
            parts.note("No head could be asked when this was decided, so there is nothing to compare with.")
        else:
            verdict, *numbers = say_reasons(marks, reasons)
            parts.note(verdict)
            for sentence in numbers:
                st.text(sentence)
        if marks.regions:
            found = bench.remembered(decision, meme)
            data = protection.picture(bench, meme.picture, revealed)
            state = "shown clear" if revealed else "blurred"
            st.image(_both(data, found, marks.regions), width=420, alt=f"Meme {meme.id}, {state}, with the marked regions")
            st.caption(
                "Yellow: what was marked. Heat: the quick map it was compared with." if found else "Yellow: what was marked."
            )
        if marks.said and reasons is None:
            st.text(f"Marked words: {', '.join(marks.said)}")


def _both(data: bytes, found: Attribution | None, regions: tuple[Region, ...]) -> bytes:
    """The picture under its heat with the regions outlined, as JPEG."""
    shown = Image.open(io.BytesIO(data)).convert("RGB")
    out = io.BytesIO()
    outlined(heat_overlay(shown, found) if found else shown, regions).save(out, "JPEG", quality=88)
    return out.getvalue()
