"""A head version's report: what it learned from, how it did against the head before it, and which memes changed sides."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gatedclip.figures.training import before_after, training_curves
from gatedclip.types import NEW_THEMES, Flip, HeadVersion, Interval, Report, Scores
from gatedclip.ui import parts
from gatedclip.workbench import Workbench

FLIPS = 12  # shown per side


def show(bench: Workbench, version: HeadVersion) -> None:
    """Everything known about how good a version is."""
    found = bench.report(version)
    if found is None:
        _alone(version)
    else:
        _headline(version, found)
        parts.chart(before_after(found), key=f"before-after-{version.id}")
        _flips(bench, found.flips)
    with st.expander("How it was trained", icon=":material/timeline:"):
        _training(version)


def _alone(version: HeadVersion) -> None:
    """The scores of a head that replaced none."""
    test = version.metrics.get("test")
    if not test:
        parts.note("Not measured: there are no held-out memes. Import some with a label for the test.")
        return
    with st.container(horizontal=True):
        st.metric("AUROC", f"{test['auroc']['value']:.3f}", border=True)
        st.metric("Accuracy", f"{test['accuracy']['value']:.3f}", border=True)
        st.metric("Mean gate", f"{test['mean_gate']:.2f}", border=True)
    auroc = parts.interval(Interval(**test["auroc"]))
    parts.note(f"On {test['n']:,} held-out memes. AUROC {auroc}, 95 % interval. There was no head before it to compare with.")


def _headline(version: HeadVersion, found: Report) -> None:
    before, after = found.before, found.after
    with st.container(horizontal=True):
        _metric("AUROC", before.auroc.value, after.auroc.value, after)
        _metric("Accuracy", before.accuracy.value, after.accuracy.value, after)
        st.metric(
            "Mean gate", f"{after.mean_gate:.2f}", f"{after.mean_gate - before.mean_gate:+.2f}", delta_color="off", border=True
        )
    verdict = "better" if found.change.low > 0 else "worse" if found.change.high < 0 else "no clear difference"
    parts.note(
        f"On {after.n:,} held-out memes the AUROC changes by {parts.interval(found.change, signed=True)}: {verdict}. "
        f"Intervals are 95 %, from resampling the same memes for both heads."
    )
    for part in found.slices:
        if part.name == NEW_THEMES and part.before and part.after:
            parts.note(
                f"On the {part.n:,} of themes missing from the base set it goes from {part.before.value:.3f} to "
                f"{part.after.value:.3f}, a change of {parts.interval(part.change, signed=True)}."
            )


def _metric(name: str, before: float, after: float, scores: Scores) -> None:
    st.metric(name, f"{after:.3f}", f"{after - before:+.3f}", border=True, help=f"On {scores.n:,} held-out memes.")


def _flips(bench: Workbench, flips: Sequence[Flip]) -> None:
    better, worse = [f for f in flips if f.better], [f for f in flips if not f.better]
    st.subheader("Memes that change sides", anchor=False)
    if not flips:
        parts.note("None: both heads decide alike on every held-out meme.")
        return
    now_right, now_wrong = st.tabs([f"Now right ({len(better)})", f"Now wrong ({len(worse)})"])
    for tab, some in ((now_right, better), (now_wrong, worse)):
        with tab:
            _flip_grid(bench, some[:FLIPS])
            if len(some) > FLIPS:
                st.caption(f"The {FLIPS} largest changes of {len(some):,}.")


def _flip_grid(bench: Workbench, flips: Sequence[Flip]) -> None:
    if not flips:
        st.caption("None.")
    memes = bench.look_up([f.meme_id for f in flips])
    for place, flip, meme in zip(parts.grid(len(flips)), flips, memes, strict=True):
        with place:
            parts.thumbnail(bench, meme)
            parts.words(meme.text, small=True)
            parts.chips(parts.label_chip(flip.truth, "truth: "))
            st.caption(f"{flip.before:.0%} → {flip.after:.0%} hateful")


def _training(version: HeadVersion) -> None:
    data, metrics = version.data, version.metrics
    parts.facts(
        {
            "Learned from": f"{data.get('base', 0):,} base memes and {data.get('decisions', 0):,} decisions",
            "Data": str(data.get("sha256", ""))[:16],
            "Encoder": version.encoder,
            "Head": version.kind,
            "Trained by": f"{version.created_by}, {parts.when(version.created_at)}",
            "Seconds": str(metrics.get("seconds", "")),
        }
    )
    if epochs := metrics.get("epochs"):
        parts.chart(training_curves(epochs, metrics["best_epoch"]), key=f"curves-{version.id}")
