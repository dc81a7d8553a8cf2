"""The policy that people judge by: its text, what it asks beside the label, and every version of it."""

from __future__ import annotations

import re

import streamlit as st

from gatedclip.types import Facet, Label, Policy
from gatedclip.ui import parts, session
from gatedclip.workbench import Workbench


def show(bench: Workbench) -> None:
    """The policy as it stands, a form for the next version, and those before."""
    policy = bench.team.policy()
    st.text(policy.text)
    parts.facts({facet.title: _say(facet) for facet in policy.facets})
    if policy.id:
        st.caption(
            f"Version {policy.id:d}. Decisions made from then on name it; earlier ones keep the version they were made under."
        )
    else:
        st.caption("The policy this software comes with.")
    if bench.team.may(session.reviewer(), "policy"):
        with st.expander("Write a new version", icon=":material/edit_note:"):
            _form(bench, policy)
    else:
        parts.note("Leads and admins write new versions.")
    with st.expander("All versions", icon=":material/history:"):
        _versions(bench.policies())


def _say(facet: Facet) -> str:
    how = "required" if facet.required else "optional"
    several = "several answers" if facet.many else "one answer"
    asked = " and ".join(label.value for label in facet.asked_for)
    return f"{', '.join(facet.options)} ({how}, {several}, asked with {asked})"


def _form(bench: Workbench, policy: Policy) -> None:
    start = f"policy-{policy.id}"
    with st.form(start, border=False):
        st.text_area("What reviewers judge by", policy.text, key=f"{start}-text", height=160, max_chars=20_000)
        for n, facet in enumerate([*policy.facets, Facet("", "", ())]):
            with st.container(border=True):
                _facet(f"{start}-{n}", n, facet)
        st.caption("A question that is left empty is dropped.")
        st.form_submit_button("Save as a new version", type="primary", on_click=_save, args=(bench, policy))


def _facet(key: str, n: int, facet: Facet) -> None:
    left, right = st.columns([3, 2])
    with left:
        st.text_input(f"Question {n + 1:d}", facet.title, key=f"{key}-title", max_chars=80)
        st.text_area("Answers to choose from, one a line", "\n".join(facet.options), key=f"{key}-options", height=120)
    with right:
        asked = [label.value for label in facet.asked_for]
        st.multiselect("Asked with", [label.value for label in Label], asked, key=f"{key}-asked")
        st.toggle("Must be answered", facet.required, key=f"{key}-required")
        st.toggle("Takes several answers", facet.many, key=f"{key}-many")


def _save(bench: Workbench, policy: Policy) -> None:
    start, state = f"policy-{policy.id}", st.session_state
    facets = []
    for n, old in enumerate([*policy.facets, Facet("", "", ())]):
        key = f"{start}-{n}"
        title = state[f"{key}-title"].strip()
        if title:
            options = tuple(line.strip() for line in state[f"{key}-options"].splitlines() if line.strip())
            asked = tuple(Label(value) for value in state[f"{key}-asked"])
            facets.append(Facet(old.name or _slug(title), title, options, asked, state[f"{key}-required"], state[f"{key}-many"]))
    new = Policy(state[f"{start}-text"].strip(), tuple(facets))
    session.act("Saved. Decisions made from now on name this version.", bench.team.write_policy, new, session.reviewer())


def _slug(title: str) -> str:
    """A short name that decisions keep the answers under."""
    return re.sub(r"\W+", "-", title.casefold()).strip("-")[:40] or "question"


def _versions(policies: list[Policy]) -> None:
    st.dataframe(
        {
            "version": [policy.id for policy in policies],
            "by": [policy.by or "this software" for policy in policies],
            "when": [parts.when(policy.at) if policy.id else "" for policy in policies],
            "questions": [", ".join(facet.title for facet in policy.facets) for policy in policies],
            "text": [policy.text for policy in policies],
        },
        hide_index=True,
        alt="Versions of the policy, newest first",
    )
