"""Memes of one kind decided together: a family, or near neighbours, with a veto for each and one step to undo."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gatedclip.errors import NotFound
from gatedclip.types import Label, Meme, Probe, Split
from gatedclip.ui import loaders, parts, session
from gatedclip.workbench import Workbench

MOST = 24
LABELS = list(Label)
FAMILY, NEAR = "its family", "near neighbours"
_AROUND, _MADE = "group", "group-made"


def open_(meme_id: int) -> None:
    """Shows the group around a meme from the next run on."""
    st.session_state[_AROUND] = meme_id


def close() -> None:
    st.session_state.pop(_AROUND, None)


def chosen(bench: Workbench) -> Meme | None:
    """The meme whose group is shown, if any."""
    try:
        return bench.meme(st.session_state[_AROUND]) if _AROUND in st.session_state else None
    except NotFound:
        close()
        return None


def show(bench: Workbench, around: Meme) -> None:
    """The open memes around one, and one decision for those that are not left out."""
    st.button("Back to the list", key="group-close", icon=":material/arrow_back:", on_click=close)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.segmented_control("Together with", [FAMILY, NEAR], default=FAMILY, required=True, key="group-by")
        clear = st.toggle("Show the pictures clear", key=f"group-clear-{around.id}")
    memes = _members(bench, around, by or FAMILY)
    st.caption(
        "One picture under other words, or the same words on another picture, may deserve another label. Leave out what does not "
        "belong; it stays in the queue."
    )
    if len(memes) < 2:
        parts.note("No other meme that waits belongs to it.")
    kept = _grid(bench, memes, clear)
    _decision(bench, around, kept, clear)


def _members(bench: Workbench, around: Meme, by: str) -> list[Meme]:
    """The meme and the open ones near it, most alike first."""
    if by == FAMILY:
        others = bench.kin(around)
    else:
        loaders.wait_for_model()
        found = bench.similar(Probe.of(around), "fused" if bench.champion() else "picture", 3 * MOST)
        others = [near.meme for near in found]
    fit = [meme for meme in [around, *others] if meme.split is Split.QUEUE and meme.status.open]
    return list({meme.id: meme for meme in fit}.values())[:MOST]


def _grid(bench: Workbench, memes: Sequence[Meme], clear: bool) -> list[Meme]:
    kept = []
    for place, meme in zip(parts.grid(len(memes)), memes, strict=True):
        with place, st.container(border=True, key=f"group-card-{meme.id}", height="stretch"):
            parts.thumbnail(bench, meme, revealed=clear)
            parts.words(meme.text, small=True)
            if not st.checkbox(f"Leave out meme {meme.id:d}", key=f"veto-{meme.id}"):
                kept.append(meme)
    return kept


def _decision(bench: Workbench, around: Meme, kept: Sequence[Meme], clear: bool) -> None:
    start = f"group-{around.id}"
    with st.container(border=True):
        label = st.radio("All of these are", LABELS, format_func=str.capitalize, horizontal=True, key=f"{start}-label")
        asked = [facet for facet in bench.team.policy().facets if label in facet.asked_for]
        for n, facet in enumerate(asked):
            st.text(f"{facet.title}{' (must be answered)' if facet.required else ''}")
            st.multiselect(
                f"Question {n + 1:d}", facet.options, key=f"{start}-{facet.name}", label_visibility="collapsed",
                max_selections=None if facet.many else 1,
            )  # fmt: skip
        st.text_input("Note", key=f"{start}-note", max_chars=500)
        st.button(
            f"Decide {len(kept)} together",
            key=f"{start}-decide",
            type="primary",
            icon=":material/done_all:",
            disabled=not kept,
            on_click=_decide,
            args=(bench, start, kept, label, [facet.name for facet in asked], clear),
        )


def _decide(bench: Workbench, start: str, memes: Sequence[Meme], label: Label, facets: Sequence[str], clear: bool) -> None:
    tags = {name: st.session_state[f"{start}-{name}"] for name in facets}
    note = st.session_state[f"{start}-note"]
    done = session.attempt(bench.decide_together, memes, label, session.reviewer(), revealed=clear, note=note, tags=tags)
    if done is None:
        return  # what is missing is said, and everything stays as it was chosen
    made, left = done
    if not made:
        session.flash("None of these were decided: somebody holds them, or has decided them meanwhile.")
        return
    st.session_state[_MADE] = (made[0].id, len(made))
    others = f" {len(left)} stay in the queue: somebody holds them, or has decided them." if left else ""
    session.flash(f"{len(made)} memes are decided as {label.value}, marked as decided together.{others}")
    close()


def offer_undo(bench: Workbench) -> None:
    """Takes the last group of this tab back in one step."""
    if _MADE in st.session_state:
        decision_id, count = st.session_state[_MADE]
        st.button(
            f"Undo all {count:d} decided together", key=f"group-undo-{decision_id}", icon=":material/undo:", on_click=_undo,
            args=(bench, decision_id),
        )  # fmt: skip


def _undo(bench: Workbench, decision_id: int) -> None:
    _, count = st.session_state.pop(_MADE)
    if session.attempt(bench.undo, session.reviewer(), decision_id):
        session.flash(f"Undone: {count} memes wait again.")
    else:
        session.flash("There is nothing left to undo.")
