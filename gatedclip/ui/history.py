"""The record of decisions as a table, one event of it in detail, and its downloads."""

from __future__ import annotations

from functools import partial

import streamlit as st

from gatedclip.data.export import Form
from gatedclip.types import Action, Decision, Meme, Split, Status
from gatedclip.ui import erasing, marking, nav, parts, session
from gatedclip.workbench import DecisionFilter, Workbench

Row = tuple[Decision, Meme]

FILES: dict[Form, tuple[str, str, str]] = {
    "csv": ("CSV", "decisions.csv", "text/csv"),
    "jsonl": ("JSONL", "decisions.jsonl", "application/jsonl"),
    "parquet": ("Parquet", "decisions.parquet", "application/vnd.apache.parquet"),
    "hateful-memes": ("Memes", "memes.zip", "application/zip"),
}


def downloads(bench: Workbench, which: DecisionFilter) -> None:
    """What the table shows, all pages of it, as files for those who may take them; made when asked for."""
    if not bench.team.may(session.reviewer(), "export"):
        return
    for form, (title, name, mime) in FILES.items():
        made_when_asked = partial(bench.export, which, form, session.reviewer())
        st.download_button(
            title, made_when_asked, name, mime, key=f"export-{form}", icon=":material/download:", on_click="ignore"
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
        if meme.split is Split.ERASED:
            parts.note(f"Meme {meme.id} was erased on request. Only its place in the record is left.")
            _receipt(decision)
            return
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
            _receipt(decision)
            with st.container(horizontal=True):
                _undo(bench, decision)
                _reopen(bench, meme)
                _appeal(bench, meme)
                _erase(bench, meme)
                st.page_link(nav.LAB, label="Try it in the lab", icon=":material/science:", query_params={"meme": str(meme.id)})
        if decision.marks:
            clear = bool(decision.marks.regions) and st.toggle("Show the picture clear", key=f"clear-{decision.id}")
            marking.comparison(bench, decision, meme, revealed=clear)


def _receipt(decision: Decision) -> None:
    """What vouches for the event, and under what it was made."""
    facts = {"Receipt": decision.receipt[:16] or "recorded before receipts were kept"}
    if decision.action is Action.DECIDE:
        facts["Policy"] = f"version {decision.policy_id}" if decision.policy_id else "the one this software comes with"
        facts |= {name: ", ".join(chosen) for name, chosen in decision.tags.items()}
    if decision.confidence is not None:
        facts["Confidence"] = f"{decision.confidence:.0%}"
    if decision.previous:
        facts["Label before"] = decision.previous.value
    if decision.bulk:
        facts["Decided together"] = f"group {decision.bulk[:8]}; an undo takes all of it back"
    if decision.adjudicates:
        facts["Settles"] = "what waited for a lead"
    if decision.erased:
        facts["Erased"] = "what it said was removed on request; its receipt still takes its place in the chain"
    parts.facts(facts)


def _undo(bench: Workbench, decision: Decision) -> None:
    if decision.action in (Action.DECIDE, Action.SKIP, Action.ESCALATE) and not (decision.undone or decision.erased):
        st.button(
            "Undo this event", key=f"undo-{decision.id}", icon=":material/undo:", on_click=_undo_event, args=(bench, decision)
        )


def _undo_event(bench: Workbench, decision: Decision) -> None:
    if session.attempt(bench.undo, session.reviewer(), decision.id):
        session.flash(f"Undone. The event stays on record, and so does the undo of meme {decision.meme_id}.")


def _reopen(bench: Workbench, meme: Meme) -> None:
    if meme.status.open:
        st.page_link(nav.REVIEW, label="Review it", icon=":material/rate_review:", query_params={"meme": str(meme.id)})
    else:
        st.button(
            "Reopen for review", key=f"reopen-{meme.id}", icon=":material/replay:", on_click=_reopen_meme, args=(bench, meme)
        )


def _reopen_meme(bench: Workbench, meme: Meme) -> None:
    if session.attempt(bench.reopen, meme.id, session.reviewer()):
        session.flash(f"Meme {meme.id} waits again. What was decided stays on record.")


def _appeal(bench: Workbench, meme: Meme) -> None:
    if meme.status is Status.DECIDED:
        st.button(
            "Appeal",
            key=f"appeal-{meme.id}",
            icon=":material/gavel:",
            help="Sends the meme to somebody who has not decided it and is not told the label.",
            on_click=_appeal_meme,
            args=(bench, meme),
        )


def _appeal_meme(bench: Workbench, meme: Meme) -> None:
    if session.attempt(bench.appeal, meme.id, session.reviewer()):
        session.flash(f"Meme {meme.id} goes to somebody who has not decided it. Until they have, nobody is told the label.")


def _erase(bench: Workbench, meme: Meme) -> None:
    if bench.team.may(session.reviewer(), "erase"):
        with st.popover("Erase", icon=":material/delete_forever:", type="tertiary"):
            erasing.meme(bench, meme.id)
