"""Two heads side by side: on a meme and its variant, and on a whole set."""

from __future__ import annotations

import streamlit as st

from gatedclip.types import HeadVersion, Label, Meme, Probe, Versus
from gatedclip.ui import nav, parts
from gatedclip.ui.trial import AMONG, Trial
from gatedclip.workbench import Workbench

MOST = 1_000  # memes of a set that are compared at once
FAMILY = "its family"


def two_heads(bench: Workbench, here: Trial, meme: Meme) -> None:
    """Which two, what they say of this meme and its variant, and where they part on a set."""
    versions = bench.versions()
    if len(versions) < 2:
        parts.note("There is only one head. Train another on the retrain page to compare them.")
        return
    pair = _choose(bench, versions)
    _on_one(bench, here, meme, *pair)
    chosen = st.selectbox("On a set", ["", FAMILY, *AMONG], key="lab-set", width=260, persist_state="session")
    if chosen:
        memes = [meme, *bench.kin(meme)] if chosen == FAMILY else bench.memes(AMONG[chosen], MOST)
        with st.spinner("Asking both heads…", show_time=True):
            found = bench.compare(*pair, memes)
        _on_set(found, len(memes) if chosen == FAMILY else bench.count(AMONG[chosen]), *pair)


def _choose(bench: Workbench, versions: list[HeadVersion]) -> tuple[HeadVersion, HeadVersion]:
    """The head that serves against the newest other one, unless chosen otherwise."""
    by_name = {version.name: version for version in versions}
    serving = bench.champion() or versions[0]
    newest = max((v for v in versions if v.id != serving.id), key=lambda v: v.id)
    names = list(by_name)
    with st.container(horizontal=True):
        first = st.selectbox("One head", names, index=names.index(serving.name), key="lab-one", width=160)
        other = st.selectbox("Another head", names, index=names.index(newest.name), key="lab-other", width=160)
    return by_name[first], by_name[other]


def _on_one(bench: Workbench, here: Trial, meme: Meme, one: HeadVersion, other: HeadVersion) -> None:
    probes = {"original": Probe.of(meme)} | ({"variant": here.variant} if here.variant != Probe.of(meme) else {})
    rows = []
    for name, probe in probes.items():
        was, now = bench.ask(probe, one).prediction, bench.ask(probe, other).prediction
        verdict = "same" if was.label == now.label else f"{was.label.value} → {now.label.value}"
        gates = f"{was.gate:.0%} → {now.gate:.0%}"
        rows.append((name, f"{was.probability:.0%}", f"{now.probability:.0%}", gates, verdict))
    parts.table(("", f"hateful, {one.name}", f"hateful, {other.name}", "gate", "verdict"), rows)


def _on_set(found: list[Versus], count: int, one: HeadVersion, other: HeadVersion) -> None:
    if not found:
        parts.note("This set is empty.")
        return
    flips = sorted((v for v in found if v.flips), key=lambda v: -abs(v.after.probability - v.before.probability))
    some = f"the first {len(found):,} of {count:,} memes" if count > len(found) else f"{count:,} memes"
    parts.note(
        f"They agree on {1 - len(flips) / len(found):.1%} of {some}; {len(flips):,} change sides.{_right(found, one, other)}"
    )
    if flips:
        _flips(flips, one, other)


def _right(found: list[Versus], one: HeadVersion, other: HeadVersion) -> str:
    """How often each is right where people or the data set said what is true."""
    labelled = [(v, truth) for v in found if (truth := v.meme.label or v.meme.given) in (Label.HATEFUL, Label.BENIGN)]
    if not labelled:
        return ""
    was = sum(v.before.label == truth for v, truth in labelled) / len(labelled)
    now = sum(v.after.label == truth for v, truth in labelled) / len(labelled)
    return f" Of the {len(labelled):,} with a label {one.name} has {was:.1%} right and {other.name} {now:.1%}."


def _flips(flips: list[Versus], one: HeadVersion, other: HeadVersion) -> None:
    shown = {
        "meme": [v.meme.id for v in flips],
        "label": [parts.label_text(v.meme.label or v.meme.given) for v in flips],
        one.name: [f"{v.before.probability:.0%}" for v in flips],
        other.name: [f"{v.after.probability:.0%}" for v in flips],
        "words": [v.meme.text for v in flips],
    }
    row = parts.pick(shown, len(flips), key="lab-flips", alt="Memes that change sides", height=300)
    if row is not None:
        picked = str(flips[row].meme.id)
        st.page_link(nav.LAB, label="Try the selected meme", icon=":material/science:", query_params={"meme": picked})
