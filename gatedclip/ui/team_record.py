"""The record: whether it is sound, what was erased, and which heads learned from what is gone."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from gatedclip.data.export import RECORDS
from gatedclip.errors import NotAllowed
from gatedclip.store.receipts import Audit
from gatedclip.ui import erasing, nav, parts, session
from gatedclip.workbench import Workbench

_AUDIT, _BROUGHT = "audit", "brought"


def show(bench: Workbench) -> None:
    st.subheader("Is the record sound?", anchor=False)
    st.caption(
        "Each event carries a receipt that is chained to the one before, so that a change behind the workbench's back shows."
    )
    st.button("Check every receipt", key="audit-now", icon=":material/fact_check:", on_click=_audit, args=(bench,))
    if (checked := st.session_state.get(_AUDIT)) is not None:
        _say(*checked)
    st.subheader("Bring a record", anchor=False)
    _bring(bench)
    st.subheader("Heads that want a refit", anchor=False)
    _refits(bench)
    st.subheader("Erase", anchor=False)
    _erase(bench)


def _audit(bench: Workbench) -> None:
    found = session.attempt(lambda: (bench.audit(), bench.audit_promotions()))
    st.session_state[_AUDIT] = None if found is None else (*found, datetime.now(UTC))


def _say(decisions: Audit, promotions: Audit, at: datetime) -> None:
    st.text(f"Checked {parts.when(at)}.")
    _say_one(decisions, "The record", "event", f", {decisions.erased:,} of them erased on request")
    _say_one(promotions, "The record of promotions", "promotion")
    st.text("The newest receipts. Note them elsewhere: whoever can rewrite everything can rewrite the chains, but not your note.")
    for what, found in (("Of what was decided", decisions), ("Of promotions", promotions)):
        st.text(what)
        st.code(found.newest, language=None, wrap_lines=True)


def _say_one(found: Audit, record: str, what: str, more: str = "") -> None:
    if found.sound:
        parts.note(f"{record} is sound: {_many(found.events, what)}{more}.")
    else:
        problems = _many(len(found.problems), "problem")
        parts.problem(f"{record} is not sound: {problems} in {_many(found.events, what)}. {found.problems[0]}")
        with st.expander("All problems"):
            st.text("\n".join(found.problems[:200]))
    if found.uncovered:
        parts.note(f"Recorded before receipts were kept: {_many(found.uncovered, what)}.")


def _many(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def _bring(bench: Workbench) -> None:
    if not bench.team.may(session.reviewer(), "people"):
        parts.note("Only admins bring decisions in the names of others.")
        return
    st.caption(
        "Decisions that were exported elsewhere, with who and when. Their memes must be here; what is here already stays once."
    )
    with st.form("bring-record", border=False, clear_on_submit=True):
        st.file_uploader("A CSV, JSONL or Parquet file from the history page", RECORDS, key="record-file")
        st.form_submit_button("Bring it", key="bring-record", icon=":material/upload:", on_click=_take, args=(bench,))
    if (found := st.session_state.get(_BROUGHT)) is not None:
        parts.note(f"{found.recorded:,} events recorded, {found.known:,} here already, {len(found.refused):,} refused.")
        parts.refused(found.refused)


def _take(bench: Workbench) -> None:
    if file := st.session_state["record-file"]:
        form = file.name.rsplit(".", 1)[-1].lower()
        st.session_state[_BROUGHT] = session.attempt(bench.bring_record, file.getvalue(), form, session.reviewer())


def _refits(bench: Workbench) -> None:
    wanted = bench.refits()
    if not wanted:
        parts.note("None: no head learned from anything that was erased.")
        return
    parts.facts({f"v{version_id}": why for version_id, why in sorted(wanted.items(), reverse=True)})
    st.page_link(nav.RETRAIN, label="Train one without it", icon=":material/model_training:")


def _erase(bench: Workbench) -> None:
    try:
        bench.team.require(session.reviewer(), "erase")
    except NotAllowed as refused:
        parts.note(str(refused))
        return
    left, right = st.columns(2, gap="large")
    with left:
        meme_id = st.number_input("Number of the meme", 1, value=None, step=1, key="erase-meme", format="%d")
        if meme_id:
            erasing.meme(bench, int(meme_id))
    with right:
        name = st.selectbox("Person", bench.reviewers(), index=None, key="erase-person", placeholder="Nobody")
        if name:
            erasing.person(bench, name)
