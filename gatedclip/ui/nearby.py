"""What the collection holds near a meme: halves to swap with, and memes like it."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from gatedclip.types import By, Meme, Neighbour, Probe, Swap
from gatedclip.ui import nav, parts, trial
from gatedclip.ui.trial import Trial
from gatedclip.workbench import Workbench

ACROSS = 6
NEAR: dict[By, str] = {"picture": "picture", "words": "words", "fused": "both, as the head mixes them"}
TURNING = "nearest that turn the verdict"


def confounders(bench: Workbench, meme: Meme) -> None:
    """The nearest swaps of one half, with the model's answer and what people said, and a button to try each."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        turning = st.segmented_control("Swaps", ["nearest", TURNING], default="nearest", required=True, key="lab-swaps")
        clear = st.toggle("Show these pictures clear", key=f"lab-clear-{meme.id}")
    swaps = bench.confounders(Probe.of(meme), ACROSS, turning=turning == TURNING)
    none = "None of the 500 nearest turns the verdict." if turning == TURNING else "There is no other meme to swap with."
    for half, title in (("picture", "Other pictures, with these words"), ("words", "Other words, with this picture")):
        _swaps(bench, title, [swap for swap in swaps if swap.half == half], clear, none)
    _left_out(bench)


def _swaps(bench: Workbench, title: str, swaps: Sequence[Swap], clear: bool, none: str) -> None:
    st.html(f'<h3 class="gc-h">{html.escape(title)}</h3>')
    if not swaps:
        parts.note(none)
        return
    with st.container(key=f"lab-by-{swaps[0].half}"):
        for place, swap in zip(parts.grid(len(swaps)), swaps, strict=True):
            with place, st.container(border=True, height="stretch"):
                _swap(bench, swap, clear)


def _swap(bench: Workbench, swap: Swap, clear: bool) -> None:
    said = swap.prediction
    if swap.half == "picture":
        thumbnail(bench, swap.probe, clear, f"Picture of meme {swap.meme.id}")
    else:
        parts.words(swap.probe.text, small=True)
    parts.chips(parts.label_chip(said.label, f"{said.probability:.0%} "))
    if swap.turns:
        parts.words("turns the verdict", small=True)
    if swap.known is not None:
        parts.chips(parts.label_chip(swap.known.label or swap.known.given, f"is meme {swap.known.id}: "))
    st.button(
        "Try",
        key=f"lab-try-{swap.half}-{swap.meme.id}",
        on_click=trial.trial().take,
        args=(swap.probe,),
        help="Makes this the variant.",
    )


def _left_out(bench: Workbench) -> None:
    if unread := bench.unread():
        parts.note(f"{unread:,} memes are not searched yet: the model has not looked at them. Each visit reads some more.")


def similar(bench: Workbench, here: Trial, meme: Meme) -> None:
    """Stored memes near the variant, with what people decided about them."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.segmented_control(
            "Near by", list(NEAR), format_func=NEAR.__getitem__, default="fused", required=True, key="lab-by"
        )
        clear = st.toggle("Show these pictures clear", key=f"lab-clear-{meme.id}")
    near = bench.similar(here.variant, by or "fused", 2 * ACROSS)
    if not near:
        parts.note("There is no other meme.")
    with st.container(key="lab-similar"):
        for place, found in zip(parts.grid(len(near)), near, strict=True):
            with place, st.container(border=True, height="stretch"):
                _neighbour(bench, found, clear)
    _left_out(bench)


def _neighbour(bench: Workbench, found: Neighbour, clear: bool) -> None:
    meme = found.meme
    thumbnail(bench, Probe.of(meme), clear, f"Meme {meme.id}")
    parts.words(meme.text, small=True)
    if meme.given:
        parts.chips(parts.label_chip(meme.given, "came as: "))
    for past in found.decisions[:3]:
        parts.chips(parts.label_chip(past.label, f"{past.reviewer}: "))
    if not (meme.given or found.decisions):
        parts.chips(parts.label_chip(None))
    parts.words(f"similarity {found.similarity:.2f}", small=True)
    st.page_link(nav.LAB, label="Try it", icon=":material/science:", query_params={"meme": str(meme.id)})


def thumbnail(bench: Workbench, probe: Probe, clear: bool, name: str) -> None:
    """A small picture of a probe, blurred unless shown clear."""
    data = bench.probe_picture(probe, "thumb" if clear else "thumb-blurred")
    st.image(data, width="stretch", alt=f"{name}{'' if clear else ', blurred'}")
