"""How well people judge: with each other, on hidden memes of known label, and with the model before and after seeing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from gatedclip.errors import NotAllowed
from gatedclip.team import GOLD_SHARE, SECOND_SHARE
from gatedclip.types import Interval
from gatedclip.ui import parts, session
from gatedclip.workbench import Workbench

if TYPE_CHECKING:
    from gatedclip.learn.agreement import Accuracy, Share
    from gatedclip.workbench.leading import Quality

SHARES = {
    SECOND_SHARE: (
        "Second answers, % of memes",
        "So many memes are answered by two people, neither seeing the other's answer. Where they differ, a lead decides.",
    ),
    GOLD_SHARE: (
        "Hidden memes, % of those reviewed",
        "So many of the memes a person gets are ones whose label is known. They look like any other and are never learned from.",
    ),
}


def show(bench: Workbench) -> None:
    """Agreement, accuracy and anchoring, for those whose task it is."""
    try:
        found = bench.quality(session.reviewer())
    except NotAllowed as refused:
        parts.note(f"Agreement and accuracy judge people, so not everyone sees them. {refused}")
        return
    st.subheader("Agreement", anchor=False)
    _agreement(found)
    st.subheader("Hidden memes of known label", anchor=False)
    _accuracy(bench, found)
    st.subheader("Before and after seeing the model", anchor=False)
    _anchoring(found)
    st.subheader("How much is checked", anchor=False)
    _shares(bench)


def _agreement(found: Quality) -> None:
    everyone = found.overall
    if everyone.alpha is not None:
        parts.facts(
            {
                "Krippendorff's alpha": parts.interval(everyone.alpha),
                "Measured on": f"{everyone.n:,} memes, {everyone.reviewers} people, {everyone.answers:,} answers given blind",
            }
        )
    if everyone.note:
        parts.note(everyone.note)
    st.caption("1 is full agreement, 0 what chance gives, in brackets the 95 % interval. Only first answers given blind count.")
    pairs = [pair for pair in found.pairs if pair.raw.n]
    if pairs:
        parts.table(
            ["two people", "memes", "same label", "Cohen's kappa"],
            [
                (
                    f"{p.first} and {p.second}",
                    f"{p.raw.n:,}",
                    _percent(p.raw),
                    parts.interval(p.kappa) if p.kappa else "undefined",
                )
                for p in pairs
            ],
        )
    for note in dict.fromkeys(pair.note for pair in pairs if pair.note not in ("", everyone.note)):
        parts.note(note)


def _accuracy(bench: Workbench, found: Quality) -> None:
    from gatedclip.learn.agreement import FLOOR, LEAST

    if not found.gold:
        parts.note("There are no hidden memes yet. A lead marks some on the queue page: choose them and give their true label.")
        return
    st.caption(
        f"{found.gold:,} hidden memes. People are flagged when their whole 95 % interval lies under {FLOOR:.0%} after at least "
        f"{LEAST} answers. One in forty of those who are just good enough is flagged by chance: look before you act."
    )
    if not found.accuracy:
        parts.note("Nobody has met one yet.")
        return
    parts.table(
        ["who", "right", "95 % interval", "hateful found", "benign found", "unsure"],
        [
            (a.reviewer, _of(a.right), _interval(a.right.interval), _of(a.hateful), _of(a.benign), str(a.unsure))
            for a in found.accuracy
        ],
    )
    out = {person.name for person in bench.team.people() if person.quarantined}
    for person in found.below:
        _below(bench, person, person.reviewer in out)


def _below(bench: Workbench, person: Accuracy, out: bool) -> None:
    with st.container(border=True):
        parts.problem(f"{person.reviewer} is under the floor: {_of(person.right)} right, {_interval(person.right.interval)}.")
        quarantine(bench, person.reviewer, out, "quality")


def quarantine(bench: Workbench, name: str, out: bool, where: str) -> None:
    """Keeps a person's labels out of training, or lets them back in."""
    st.button(
        "Let their labels back in" if out else "Keep their labels out of training",
        key=f"quarantine-{where}-{name}-{out}",
        icon=":material/lock_open:" if out else ":material/block:",
        on_click=_quarantine,
        args=(bench, name, not out),
        help="Counts from the next head on. Nothing is deleted and nobody is locked out; letting them back in undoes it.",
    )


def _quarantine(bench: Workbench, name: str, out: bool) -> None:
    said = "stay out of training from the next head on" if out else "are learned from again, from the next head on"
    session.act(f"The labels of {name} {said}.", bench.team.quarantine, name, out, session.reviewer())


def _anchoring(found: Quality) -> None:
    from gatedclip.learn.agreement import CAVEAT

    if not found.anchoring:
        parts.note("No decision was made while a head served, so there is nothing to compare.")
        return
    parts.facts({each.reviewer: each.sentence.removesuffix(CAVEAT).strip() for each in found.anchoring})
    parts.note(CAVEAT)


def _shares(bench: Workbench) -> None:
    with st.container(horizontal=True):
        for share, (title, why) in SHARES.items():
            now = round(100 * float(bench.team.setting(share)))
            key = f"{share}-{now}"
            st.number_input(title, 0, 100, now, step=5, key=key, help=why, on_change=_share, args=(bench, share, key), width=280)


def _share(bench: Workbench, share: str, key: str) -> None:
    percent = st.session_state[key]
    session.act(f"The {share} is {percent} % from now on.", bench.team.choose, share, percent / 100, session.reviewer())


def _percent(share: Share) -> str:
    return f"{share.hits / share.n:.0%}" if share.n else "–"


def _of(share: Share) -> str:
    return f"{share.hits} of {share.n}"


def _interval(value: Interval | None) -> str:
    return f"{value.low:.0%} to {value.high:.0%}" if value else "–"
