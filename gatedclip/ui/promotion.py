"""Making a head serve: what the rules say of it, what it would change, and the way past a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from gatedclip.errors import GatedCLIPError, PromotionRefused
from gatedclip.types import HeadVersion, Ruling, Verdict
from gatedclip.ui import named, parts, session
from gatedclip.workbench import Workbench

if TYPE_CHECKING:
    from gatedclip.foreseeing import QueueEffect, Shadow

MOST_REASON = 500  # characters
LEADS_ONLY = "A lead or an admin makes heads serve and takes them back."
_RULED, _CHANGES, _KNOWN = "ruled", "changes", "_verdict"


def may(bench: Workbench) -> bool:
    return bench.team.may(session.reviewer(), "promote")


def offer(bench: Workbench, version: HeadVersion) -> None:
    """The way to make a version serve, and to see beforehand what the rules say and what it would change."""
    st.button(
        f"Promote {version.name}",
        key=f"promote-{version.id}",
        type="primary",
        icon=":material/publish:",
        disabled=not may(bench),
        help=None if may(bench) else LEADS_ONLY,
        on_click=_promote,
        args=(bench, version),
    )
    for label, icon, what in (
        ("What the rules say", ":material/gavel:", _RULED),
        ("What would change", ":material/compare_arrows:", _CHANGES),
    ):
        st.button(label, key=f"{what}-{version.id}", icon=icon, on_click=_open, args=(what, version))


def _open(what: str, version: HeadVersion) -> None:
    st.session_state[what] = version.id
    st.session_state.pop(_KNOWN, None)  # asked again, judged again


def _promote(bench: Workbench, version: HeadVersion) -> None:
    """Button action: this version serves from now on; a refusal is shown with all its rules."""
    try:
        bench.promote(version.id, session.reviewer())
    except PromotionRefused:
        _open(_RULED, version)
    except GatedCLIPError as error:
        session.flash(str(error), problem=True)
    else:
        _serves(version)


def _override(bench: Workbench, version: HeadVersion) -> None:
    reason = str(st.session_state.get(f"reason-{version.id}", "")).strip()
    if session.attempt(bench.promote, version.id, session.reviewer(), reason, override=True):
        _serves(version)


def _serves(version: HeadVersion) -> None:
    st.session_state.pop(_RULED, None)
    session.flash(f"{version.name} serves now. Scores on every page are its own from here on.")


def ruled(bench: Workbench, version: HeadVersion) -> None:
    """What was asked to be seen of this version: the verdict, and what it would change."""
    try:
        if st.session_state.get(_RULED) == version.id:
            with st.container(border=True, key="verdict"):
                _verdict(bench, version)
        if st.session_state.get(_CHANGES) == version.id:
            with st.container(border=True, key="changes"):
                _changes(bench, version)
    except GatedCLIPError as error:
        parts.problem(str(error))


def _verdict(bench: Workbench, version: HeadVersion) -> None:
    found = _judged(bench, version)
    if found.fit:
        parts.note(f"✔ No rule stands against {version.name}.")
    else:
        n = len(found.refusals)
        parts.problem(f"✖ {version.name} may not serve yet: {n} {'rule refuses' if n == 1 else 'rules refuse'} it.")
        for refusal in found.refusals:
            _refusal(bench, version, refusal)
    with st.expander(f"Rules it keeps ({len(found.passes)})", icon=":material/rule:"):
        parts.facts({f"✔ {passed.rule}": passed.sentence for passed in found.passes})
    if not found.fit:
        _past(bench, version)


def _judged(bench: Workbench, version: HeadVersion) -> Verdict:
    """The verdict, which takes seconds, kept in this tab while nothing it rests on is changed here."""
    rests_on = (version.id, len(bench.promotions()), bench.bars(), bench.must_pass())
    known = st.session_state.get(_KNOWN)
    if known is None or known[0] != rests_on:
        with st.spinner("Judging it on the held-out memes…"):
            known = st.session_state[_KNOWN] = (rests_on, bench.judge(version))
    verdict: Verdict = known[1]
    return verdict


def _refusal(bench: Workbench, version: HeadVersion, ruling: Ruling) -> None:
    numbers = f"now {_number(ruling.before)}, with it {_number(ruling.after)}, bound {_number(ruling.bound)}"
    parts.facts({f"✖ Refused: {ruling.rule}": numbers})
    st.text(ruling.sentence)
    if ruling.meme_ids:
        st.caption(f"{len(ruling.meme_ids):,} held-out memes pass; the first are shown")
        named.memes(bench, ruling.meme_ids, f"passes-{version.id}")
    if ruling.taught:
        _taught(bench, version, ruling)


def _taught(bench: Workbench, version: HeadVersion, ruling: Ruling) -> None:
    """The decisions behind what a rule found, whose they are, and the way to ask again."""
    st.caption(f"{len(ruling.taught):,} decided memes taught it; the first are shown")
    named.memes(bench, ruling.taught, f"taught-{version.id}")
    who = ", ".join(f"{name} ({n:,})" for name, n in bench.who_taught(ruling).items())
    st.text(f"Decided by {who}." if who else "None of these decisions stands any more.")
    named.reopen_all(bench, ruling.taught, f"taught-{version.id}")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _past(bench: Workbench, version: HeadVersion) -> None:
    """A refusal can be overridden by who may promote, with a reason."""
    if not may(bench):
        st.caption(LEADS_ONLY)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Reason to promote it although it is refused",
            key=f"reason-{version.id}",
            max_chars=MOST_REASON,
            placeholder="Stays on record beside your name",
        )
        st.button(
            "Promote all the same",
            key=f"override-{version.id}",
            icon=":material/warning:",
            on_click=_override,
            args=(bench, version),
        )


def _changes(bench: Workbench, version: HeadVersion) -> None:
    with st.spinner("Scoring decided and waiting memes again…"):
        past, waiting = bench.shadow(version), bench.queue_effect(version)
    st.text(_past_decisions(past))
    st.text(_what_waits(waiting))


def _past_decisions(found: Shadow) -> str:
    if not found.n:
        return "Nobody has decided a meme yet, so there are no decisions to score again."
    before = f"The head that serves agrees with people on {found.before.value:.0%}; " if found.before else ""
    learned = f" It learned from {found.learned:,} of them, which flatters it." if found.learned else ""
    after = found.after.value if found.after else 0.0
    return f"Of the last {found.n:,} decided memes {found.changed:,} change sides. {before}with it, it is {after:.0%}.{learned}"


def _what_waits(found: QueueEffect) -> str:
    if not found.n or found.after is None:
        return "Nothing waits, so the queue does not change."
    before = f"{found.before.value:.0%} → " if found.before else ""
    return f"Of {found.n:,} waiting memes it flags {before}{found.after.value:.0%} as hateful; {found.changed:,} change sides."
