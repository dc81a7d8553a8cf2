"""What is said beside the label: a note, how sure one is, and what the policy asks; and the policy itself, to read."""

from __future__ import annotations

from itertools import groupby

import streamlit as st

from gatedclip.types import Facet, Policy
from gatedclip.ui import parts
from gatedclip.ui.desk import Desk
from gatedclip.ui.marking import SURE, Draft
from gatedclip.workbench import Workbench


def said(bench: Workbench, desk: Desk) -> None:
    """The note and the questions beside the label, kept on the server while they are filled in."""

    @st.fragment
    def box() -> None:
        draft, policy = desk.draft, desk.policy
        st.session_state.setdefault(f"note-{draft.token}", draft.note)
        st.text_input("Note", key=f"note-{draft.token}", placeholder="Why, if it is worth saying", max_chars=500, live="400ms")
        first = [n for n, facet in enumerate(policy.facets) if facet.required and desk.wanted in facet.asked_for]
        if desk.lacks:
            with st.container(border=True, key="lacks"):
                parts.problem(desk.lacks)
                for n in first:
                    _question(draft, policy, n)
        with st.expander("Sub-labels, and how sure you are", icon=":material/sell:", expanded=draft.detailed):
            _sure(draft)
            _questions(draft, policy, first)
        draft.hear(policy)
        desk.keep(bench)

    box()


def _sure(draft: Draft) -> None:
    key = f"sure-{draft.token}"
    st.session_state.setdefault(key, draft.confidence)
    st.segmented_control("How sure?", list(SURE), format_func=SURE.__getitem__, key=key)


def _questions(draft: Draft, policy: Policy, first: list[int]) -> None:
    """What the policy asks, by the labels it is asked with, save what stands above already."""
    asked = [(n, facet) for n, facet in enumerate(policy.facets) if n not in first]
    for labels, some in groupby(asked, lambda one: one[1].asked_for):
        asked_with = " and ".join(label.value for label in labels)
        st.caption(f"Asked with {asked_with}:")
        for n, _ in some:
            _question(draft, policy, n)


def _question(draft: Draft, policy: Policy, n: int) -> None:
    facet, key = policy.facets[n], draft.key(policy, n)
    chosen = [option for option in draft.tags.get(facet.name, ()) if option in facet.options]
    st.session_state.setdefault(key, chosen if facet.many else next(iter(chosen), None))
    st.pills(
        parts.plain(facet.title + (" (required)" if facet.required else "")),
        facet.options,
        selection_mode="multi" if facet.many else "single",
        format_func=parts.plain,
        key=key,
    )


def text(policy: Policy) -> None:
    """The policy, folded, with its version."""
    version = f"version {policy.id:d}" if policy.id else "as it came"
    with st.expander(f"Policy, {version}", icon=":material/gavel:"):
        parts.paragraphs(policy.text)
        parts.facts({facet.title: _how(facet) for facet in policy.facets})


def _how(facet: Facet) -> str:
    labels = " and ".join(label.value for label in facet.asked_for)
    return f"{'required' if facet.required else 'asked'} with {labels}: {', '.join(facet.options)}"
