"""The fused vectors of many memes on a plane, to pick memes from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from gatedclip.figures import population as figures
from gatedclip.population.columns import Population
from gatedclip.ui import opened, parts
from gatedclip.workbench import Workbench

LISTS = ("", "the surest mistakes", "the least familiar")


@st.fragment
def show(bench: Workbench, population: Population) -> None:
    """The fused vectors on a plane; what is drawn around, or listed, opens below."""
    colours = _colours(bench, population)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.selectbox("Coloured by", list(colours), key="colour", bind="query-params", width=190)
        tool = st.segmented_control("Pick by", list(figures.DRAGS), default="lasso", required=True, key="tool")
        listed = st.selectbox("Or open", LISTS, key="list", placeholder="Nothing", width=210)
    figure = figures.vector_map(population.plane, population.spread, population.ids, by, colours[by](), tool or "lasso")
    picked = parts.chart(figure, key=f"map-{by}-{tool}", on_select="rerun", selection_mode=("points", "box", "lasso"))
    st.caption("Memes that the head sees alike lie close. Draw around points to open their memes; a double click clears.")
    ids = opened.picked(picked)
    if listed and not ids:
        ids = (population.mistakes(population.threshold) if listed == LISTS[1] else _unfamiliar(bench, population)).tolist()
    opened.grid(bench, population, ids)


def _unfamiliar(bench: Workbench, population: Population) -> np.ndarray:
    return population.ids[(-bench.novelties(population)).argsort(kind="stable")]


def _colours(bench: Workbench, population: Population) -> dict[str, Callable[[], np.ndarray]]:
    """What the map can be coloured by; computed only when chosen."""
    return {
        "label": lambda: population.known,
        "outcome": lambda: population.outcome(population.threshold),
        "what decides": lambda: population.truth,
        "theme": lambda: population.theme,
        "split": lambda: population.split,
        "source": lambda: population.source,
        "P(hateful)": lambda: population.probability,
        "gate": lambda: population.gate,
        "norm-adjusted share": lambda: population.share,
        "Shapley share": lambda: bench.shapley_shares(population).picture,
        "unfamiliarity": lambda: bench.novelties(population),
    }
