"""The record of decisions as a table, one event of it in detail, and its downloads."""

from __future__ import annotations

from functools import partial
from typing import Literal

import streamlit as st

from gatedclip.types import Action, Decision, Meme, Status
from gatedclip.ui import marking, nav, parts, session
from gatedclip.workbench import DecisionFilter, Workbench

Row = tuple[Decision, Meme]


def downloads(bench: Workbench, which: DecisionFilter) -> None:
    """What the table shows, all pages of it, as files; made when asked for."""
    forms: tuple[tuple[Literal["csv", "jsonl"], str], ...] = (("csv", "text/csv"), ("jsonl", "application/jsonl"))
    for form, mime in forms:
        made_when_asked = partial(bench.export, which, form)
        st.download_button(
            form.upper(),
            made_when_asked,
            f"decisions.{form}",
            mime,
            key=f"export-{form}",
            icon=":material/download:",
            on_click="ignore",
        )


def table(rows: list[Row]) -> Row | None:
    """The events; the selected one, if any."""
    shown = {
        "when": [parts.when(d.at) for d, _ in rows],
        "who": [d.reviewer for d, _ in rows],
        "what": [_what(d) for d, _ in rows],
        "label": [f"{parts.ICONS[d.label]} {d.label.value}" if d.label else "" for d, _ in rows],
        "model said": [parts.score(d) for d, _ in rows],
        "head": [f"v{d.version_id}" if d.version_id else "" for d, _ in rows],
        "assisted": [d.assisted for d, _ in rows],
        "reasons": [_reasons(d) for d, _ in rows],
        "meme": [m.id for _, m in rows],
        "words": [m.text for _, m in rows],
        "note": [d.note for d, _ in rows],
    }
    row = parts.pick(shown, len(rows), key="events", alt="Decisions, newest first", height=430)
    return None if row is None else rows[row]


def _reasons(decision: Decision) -> str:
    """Whether reasons were marked, and what came of them."""
    if decision.wrong_reason:
        return "right for the wrong reason"
    return "marked" if decision.marks else ""


def _what(decision: Decision) -> str:
    if decision.undone:
        return f"{decision.action.value} (undone)"
    return decision.action.value


def detail(bench: Workbench, decision: Decision, meme: Meme) -> None:
    """One event with its meme, and what can still be done about it."""
    with st.container(border=True, key="event"):
        left, right = st.columns([1, 3])
        with left:
            parts.thumbnail(bench, meme)
        with right:
            parts.words(meme.text)
            parts.chips(
                parts.label_chip(decision.label, "this event: ") if decision.label else "",
                parts.label_chip(meme.label, "now: "),
                parts.WRONG_REASON if decision.wrong_reason else "",
            )
            with st.container(horizontal=True):
                _undo(bench, decision)
                _reopen(bench, meme)
                st.page_link(nav.LAB, label="Try it in the lab", icon=":material/science:", query_params={"meme": str(meme.id)})
        if decision.marks:
            clear = bool(decision.marks.regions) and st.toggle("Show the picture clear", key=f"clear-{decision.id}")
            marking.comparison(bench, decision, meme, revealed=clear)


def _undo(bench: Workbench, decision: Decision) -> None:
    if decision.action in (Action.DECIDE, Action.SKIP) and not decision.undone:
        st.button(
            "Undo this event", key=f"undo-{decision.id}", icon=":material/undo:", on_click=_undo_event, args=(bench, decision)
        )


def _undo_event(bench: Workbench, decision: Decision) -> None:
    if session.attempt(bench.undo, session.reviewer(), decision.id):
        session.flash(f"Undone. The event stays on record, and so does the undo of meme {decision.meme_id}.")


def _reopen(bench: Workbench, meme: Meme) -> None:
    if meme.status == Status.WAITING:
        st.page_link(nav.REVIEW, label="Review it", icon=":material/rate_review:", query_params={"meme": str(meme.id)})
    else:
        st.button(
            "Reopen for review", key=f"reopen-{meme.id}", icon=":material/replay:", on_click=_reopen_meme, args=(bench, meme)
        )


def _reopen_meme(bench: Workbench, meme: Meme) -> None:
    if session.attempt(bench.reopen, meme.id, session.reviewer()):
        session.flash(f"Meme {meme.id} waits again. What was decided stays on record.")
