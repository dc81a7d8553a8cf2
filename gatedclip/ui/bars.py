"""How high the bars of a promotion lie, and the memes that every head has to judge right."""

from __future__ import annotations

from dataclasses import fields, replace

import streamlit as st

from gatedclip.errors import InputError
from gatedclip.ui import floors, noise, parts, promotion, session
from gatedclip.workbench import Workbench

NAMES = {
    "auroc": "AUROC at least",
    "recall": "Share of the hateful found, at least",
    "margin": "AUROC may fall by less than",
    "recall_loss": "Share found may fall by",
    "brier_loss": "Brier score may rise by",
    "slice_auroc": "AUROC of each slice reaches",
    "slice_loss": "AUROC of a slice may fall by",
    "gate_edge": "Mean gate keeps from 0 and 1",
    "gate_spread": "Gate differs between memes by",
    "bypass": "Of the hateful, one trigger opens",
}


def show(bench: Workbench) -> None:
    """What a head has to show before it may serve; leads change it."""
    with st.expander("Rules of promotion, must-pass memes", icon=":material/gavel:"):
        able = promotion.may(bench)
        if not able:
            st.caption(promotion.LEADS_ONLY)
        _bars(bench, able)
        floors.show(bench, able)
        noise.show(bench, able)
        _must_pass(bench, able)


def _bars(bench: Workbench, able: bool) -> None:
    st.subheader("How high the bars lie", anchor=False)
    now = bench.bars()
    if not able:
        parts.facts({label: f"{getattr(now, name):g}" for name, label in NAMES.items()})
        return
    with st.form("bars", border=False):
        columns = st.columns(3)
        for n, f in enumerate(field for field in fields(now) if field.name in NAMES):
            columns[n % 3].number_input(
                NAMES[f.name], 0.0, 1.0, float(getattr(now, f.name)), 0.001, format="%g", key=f"bar-{f.name}"
            )
        st.form_submit_button("Save the bars", on_click=_save_bars, args=(bench,))


def _save_bars(bench: Workbench) -> None:
    """Button action: floors of single slices stay as they are."""
    chosen = {name: float(st.session_state[f"bar-{name}"]) for name in NAMES}
    said = "These bars hold from now on."
    session.act(said, lambda: bench.choose_bars(replace(bench.bars(), **chosen), session.reviewer()))  # type: ignore[arg-type]


def _must_pass(bench: Workbench, able: bool) -> None:
    st.subheader("Memes that every head has to judge right", anchor=False)
    ids = bench.must_pass()
    for place, meme in zip(parts.grid(len(ids)), bench.look_up(ids), strict=False):
        with place:
            parts.thumbnail(bench, meme)
            parts.chips(parts.label_chip(meme.label or meme.given, f"{meme.id}: "))
    if not ids:
        st.caption("None yet. A meme that must never pass, or never be flagged again, belongs here.")
    if able:
        with st.form("must-pass", border=False):
            numbers = ", ".join(map(str, ids))
            st.text_input("Numbers of these memes", numbers, key="must-pass-ids", placeholder="12, 57", max_chars=2000)
            st.form_submit_button("Save these memes", on_click=_save_must_pass, args=(bench,))


def _save_must_pass(bench: Workbench) -> None:
    given = str(st.session_state["must-pass-ids"])
    session.act(
        "Every head has to judge these memes right from now on.", lambda: bench.require_right(_ids(given), session.reviewer())
    )


def _ids(given: str) -> list[int]:
    words = given.replace(",", " ").split()
    if wrong := [word for word in words if not (word.isascii() and word.isdigit() and len(word) < 10)]:
        raise InputError(f"{wrong[0]!r} is not a meme's number. Type numbers with commas between, such as 12, 57.")
    return [int(word) for word in words]
