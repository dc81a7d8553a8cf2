"""How the gate weighs over many memes: by label, by what decides, by head version, and against the Shapley share."""

from __future__ import annotations

import streamlit as st

from gatedclip.figures import population as figures
from gatedclip.population.alarm import collapse
from gatedclip.population.columns import Population
from gatedclip.population.summary import by_class, by_truth
from gatedclip.types import HeadVersion
from gatedclip.ui import opened, parts
from gatedclip.workbench import Workbench

SHAPLEY = 500  # memes whose shares one figure shows: they take a moment, 10,000 take seconds
HEADS = 8  # latest versions side by side


def show(bench: Workbench, population: Population) -> None:
    """The gate by class, by what decides, by version, and against the Shapley share."""
    if not population.gated:
        parts.note(
            f"{population.version.name} is a head of kind {population.version.kind}: it has no gate, its weights are fixed."
        )
        return
    found = collapse(population.gate)
    (parts.problem if found.alarm else parts.note)(found.sentence)
    left, right = st.columns(2)
    with left:
        st.subheader("Gate by label", anchor=False)
        parts.chart(figures.gate_histogram(by_class(population), "by label"), key="gate-label")
    with right:
        st.subheader("Gate by what decides", anchor=False)
        _by_truth(population)
    _over_versions(bench, population)
    _against_shapley(bench, population)


def heads(bench: Workbench) -> dict[str, HeadVersion]:
    """Versions that read the same vectors as the one that serves, newest first."""
    versions = bench.versions()
    serving = bench.champion() or versions[0]
    return {v.name: v for v in versions if v.encoder == serving.encoder}


def _by_truth(population: Population) -> None:
    groups = by_truth(population)
    if not groups:
        parts.note("Not known for any of these memes. It is once people mark, on review, which half of a meme decides.")
        return
    parts.chart(figures.gate_histogram(groups, "by what decides"), key="gate-truth")
    st.caption(
        "Diamonds: the paper's means on Hateful Memes, 0.68 where the picture carries the hate and 0.35 where the words do, with "
        "a standard deviation of 0.25. Its data does not tell which do; here people's marks do, or how a meme was made."
    )


def _over_versions(bench: Workbench, population: Population) -> None:
    """How retraining moved the gate, on these very memes."""
    gated = [v for v in heads(bench).values() if v.gated][:HEADS]
    if len(gated) < 2:
        return
    st.subheader("Gate by head version", anchor=False)
    gates = {v.name: bench.population(v).of(population.ids).gate for v in reversed(gated)}
    parts.chart(figures.gate_by_version(gates, population.truth), key="gate-versions")


@st.fragment
def _against_shapley(bench: Workbench, population: Population) -> None:
    st.subheader("Gate against Shapley share", anchor=False)
    some = population.sample(SHAPLEY)
    shares = bench.shapley_shares(some)
    figure = figures.gate_against_share(some.gate, shares.picture, shares.apart, some.ids)
    picked = parts.chart(figure, key="gate-shapley", on_select="rerun", selection_mode="points")
    st.caption(
        f"{len(some):,} of these memes, by a seeded draw. The share is the picture's part of the exact two-player Shapley split "
        f"of the logit; an absent half is averaged over {shares.references:,} training memes. Where gate and share lean to "
        "different halves, the gate alone misleads. Click a point to open its meme."
    )
    opened.grid(bench, population, opened.picked(picked))
