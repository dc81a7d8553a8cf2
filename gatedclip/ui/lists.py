"""The lists of the queue page: everyone's, one's own, and those that wait for a lead; and what a lead does with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from gatedclip.types import Action, Label, Meme, Split, Status
from gatedclip.ui import group, nav, parts, session, suggested
from gatedclip.workbench import DecisionFilter, MemeFilter, Workbench

PER_PAGE = 24
SHOWN = {
    "waiting": Status.WAITING,
    "suggested": None,
    "skipped": Status.SKIPPED,
    "decided": Status.DECIDED,
    "my list": None,
    "escalated": Status.ESCALATED,
    "conflict": Status.CONFLICT,
    "all": None,
    "hidden": None,
}
FOR_LEADS = ("escalated", "conflict", "hidden")
NOTHING = {
    "suggested": "No batch is chosen, or none of it fits. Choose the next batch above.",
    "my list": "A lead can put memes on your own list; they come before all others on the review page.",
    "escalated": "Nobody asks for a lead.",
    "conflict": "Nobody disagrees: where two people answer the same meme differently, it is listed here.",
    "hidden": "No meme is hidden among the others to see how people judge. Choose some under Waiting, and give their true label.",
}
STATES = {
    Status.SKIPPED: "skipped",
    Status.ESCALATED: "asks for a lead",
    Status.CONFLICT: "answers differ",
}


def choose(bench: Workbench, me: str) -> str:
    """Which list to show; those that wait for a lead only where one looks."""
    leads = bench.team.may(me, "adjudicate")
    names = [name for name in SHOWN if leads or name not in FOR_LEADS]
    if st.session_state.get("show") not in names:
        st.session_state.pop("show", None)
    return st.segmented_control("Show", names, default="waiting", required=True, key="show", bind="query-params") or "waiting"


def narrow(shown: str, me: str) -> MemeFilter:
    """The memes that the filters on the page leave."""
    decided_as, wrong = "", False
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if shown in ("decided", "all"):
            decided_as = st.selectbox("Decided as", ["", *Label], key="label", bind="query-params", width=170)
            wrong = st.toggle("Right for the wrong reason", key="wrong-reason", bind="query-params")
        order = ""
        if shown != "suggested":
            order = st.segmented_control(
                "Order", ["oldest", "newest"], default="oldest", required=True, key="order", bind="query-params"
            )
        search = st.text_input("Words contain", key="words", bind="query-params", type="search", width=260)
    split = Split.GOLD if shown == "hidden" else Split.QUEUE
    which = MemeFilter(split=split, status=SHOWN[shown], wrong_reason=wrong, search=search or "")
    which = replace(which, order="newest" if order == "newest" else "oldest")
    which = replace(which, suggested=True, order="chosen") if shown == "suggested" else which
    return replace(which, label=Label(decided_as) if decided_as else None, assigned_to=me if shown == "my list" else "")


# --- what a lead does ---------------------------------------------------------------------------------------------


def lead(bench: Workbench, me: str, memes: Sequence[Meme]) -> None:
    """Puts the chosen memes on a person's list, or makes them hidden memes of known label."""
    if memes[0].split is Split.GOLD or not bench.team.may(me, "assign"):
        return
    ids = [meme.id for meme in memes]
    chosen = [meme_id for meme_id in ids if st.session_state.get(f"choose-{meme_id}")]
    with st.expander("For leads: assign memes, hide some of known label", icon=":material/assignment_ind:", key="for-leads"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"{len(chosen)} chosen on this page.", width="content")
            st.button("Choose all", key="choose-all", on_click=_choose, args=(ids, True))
            st.button("Choose none", key="choose-none", on_click=_choose, args=(ids, False))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.selectbox("Assign to", ["", *bench.reviewers()], format_func=lambda n: n or "everyone", key="assign-to", width=240)
            st.button("Assign", key="assign", disabled=not chosen, on_click=_assign, args=(bench, chosen))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.selectbox("True label", [Label.HATEFUL, Label.BENIGN], key="gold-label", width=240)
            st.button("Hide among the others", key="make-gold", disabled=not chosen, on_click=_make_gold, args=(bench, chosen))
        st.caption(
            "A hidden meme is shown to everyone once, to see how they judge. It leaves this list and is never learned from."
        )


def _choose(ids: Sequence[int], on: bool) -> None:
    for meme_id in ids:
        st.session_state[f"choose-{meme_id}"] = on


def _assign(bench: Workbench, ids: Sequence[int]) -> None:
    person = st.session_state["assign-to"]
    whom = f"on the list of {person}" if person else "on everyone's list"
    if session.act(f"{parts.memes(len(ids))} {_are(ids)} {whom} now.", bench.assign, ids, person, session.reviewer()):
        _choose(ids, False)


def _make_gold(bench: Workbench, ids: Sequence[int]) -> None:
    label = Label(st.session_state["gold-label"])
    said = f"{parts.memes(len(ids))} {_are(ids)} hidden among the others now, as {label.value}."
    if session.act(said, _gold, bench, ids, label):
        _choose(ids, False)


def _are(ids: Sequence[int]) -> str:
    return "is" if len(ids) == 1 else "are"


def _gold(bench: Workbench, ids: Sequence[int], label: Label) -> None:
    for meme_id in ids:
        bench.team.make_gold(meme_id, label, session.reviewer())


def _give_back(bench: Workbench, meme_id: int) -> None:
    said = f"Meme {meme_id} is in the queue again; what people said of it counts."
    session.act(said, bench.team.give_back, meme_id, session.reviewer())


# --- the memes ----------------------------------------------------------------------------------------------------


def cards(bench: Workbench, me: str, memes: Sequence[Meme]) -> None:
    """The memes, blurred, each with where it stands and what can be done."""
    right_for_wrong = bench.wrong_reasons(memes)
    leads = bench.team.may(me, "assign")
    if memes[0].split is Split.GOLD:
        _hidden(bench, memes)
        return
    picks = {pick.meme_id: pick for pick in bench.picks()}
    for place, meme in zip(parts.grid(len(memes)), memes, strict=True):
        with place, st.container(border=True, key=f"card-{meme.id}", height="stretch"):
            if leads:
                st.checkbox(f"Meme {meme.id:d}", key=f"choose-{meme.id}")
            parts.thumbnail(bench, meme)
            parts.words(meme.text, small=True)
            if meme.status not in STATES:
                parts.chips(parts.label_chip(meme.label), parts.WRONG_REASON if meme.id in right_for_wrong else "")
            _state(bench, meme, leads)
            if pick := picks.get(meme.id):
                suggested.reason(pick, meme)
                suggested.second(bench, pick, meme)
            if meme.status.open or (meme.status.for_a_lead and leads):
                _ways(meme)


def _hidden(bench: Workbench, memes: Sequence[Meme]) -> None:
    """Memes hidden among the others, each with its true label and the way back."""
    for place, meme in zip(parts.grid(len(memes)), memes, strict=True):
        with place, st.container(border=True, key=f"card-{meme.id}", height="stretch"):
            parts.thumbnail(bench, meme)
            parts.words(meme.text, small=True)
            parts.chips(parts.label_chip(meme.given, "in truth: "))
            st.button(
                "Back into the queue", key=f"give-back-{meme.id}", icon=":material/undo:", type="tertiary", on_click=_give_back,
                args=(bench, meme.id),
            )  # fmt: skip


def _state(bench: Workbench, meme: Meme, leads: bool) -> None:
    if meme.status in STATES:
        parts.words(STATES[meme.status], small=True)
    if meme.assigned_to:
        parts.words(f"for {meme.assigned_to}", small=True)
    if meme.status is Status.CONFLICT and leads:
        events = bench.history(DecisionFilter(meme_id=meme.id, action=Action.DECIDE))
        parts.chips(*(parts.label_chip(e.label, f"{e.reviewer}: ") for e, _ in reversed(events) if e.label and not e.undone))


def _ways(meme: Meme) -> None:
    st.page_link(
        nav.REVIEW,
        label="Settle" if meme.status.for_a_lead else "Review",
        icon=":material/rate_review:",
        query_params={"meme": str(meme.id)},
    )
    if meme.status.open:
        st.button(
            "With its like",
            key=f"group-{meme.id}",
            icon=":material/grid_view:",
            type="tertiary",
            on_click=group.open_,
            args=(meme.id,),
        )
