"""The gate over many memes: which head, which memes, and the views of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Literal

import streamlit as st

from gatedclip.population.columns import Population, PopulationFilter
from gatedclip.types import HeadVersion, Split
from gatedclip.ui import gates_balance, gates_map, gates_quality, parts
from gatedclip.workbench import Workbench

UNREAD = "Memes that no head was ever asked about have no vectors yet, and are left out here until they have."

MEMES: dict[str, PopulationFilter] = {
    "test": PopulationFilter(split=Split.TEST),
    "validation": PopulationFilter(split=Split.VALIDATION),
    "train": PopulationFilter(split=Split.TRAIN),
    "queue": PopulationFilter(split=Split.QUEUE),
    "decided": PopulationFilter(state="decided"),
    "all": PopulationFilter(),
}

VIEWS: dict[str, Callable[[Workbench, Population], None]] = {
    "Balance": gates_balance.show,
    "Quality": gates_quality.show,
    "Slices": gates_quality.by_slice,
    "Map": gates_map.show,
}


def head(bench: Workbench) -> HeadVersion:
    """The head to look at: the one that serves unless another of its encoder is chosen."""
    heads = gates_balance.heads(bench)
    serving = next((name for name, v in heads.items() if v.champion), next(iter(heads)))
    name = st.selectbox("Head", list(heads), index=list(heads).index(serving), key="head", bind="query-params", width=110)
    return heads[name]


def which(everyone: Population) -> PopulationFilter:
    """The filters as they stand in the row and in the address; test memes at first, because no head learned from them."""
    default = "test" if (everyone.split == Split.TEST).any() else "all"
    memes = st.selectbox("Memes", list(MEMES), index=list(MEMES).index(default), key="memes", bind="query-params", width=140)
    label = st.selectbox(
        "Label", ["", *everyone.choices("known")], key="label", placeholder="Any", bind="query-params", width=140
    )
    truth = theme = source = ""
    if truths := everyone.choices("truth"):
        truth = st.selectbox("Decided by", ["", *truths], key="truth", placeholder="Any", bind="query-params", width=140)
    if themes := everyone.choices("theme"):
        theme = st.selectbox("Theme", ["", *themes], key="theme", placeholder="Any", bind="query-params", width=150)
    if len(sources := everyone.choices("source")) > 1:
        source = st.selectbox("Source", ["", *sources], key="source", placeholder="Any", bind="query-params", width=150)
    search = st.text_input("Words contain", key="words", bind="query-params", type="search", width=180)
    given = {"known": label, "truth": truth, "theme": theme, "source": source, "search": search}
    return replace(MEMES[memes], **{name: value or "" for name, value in given.items()})  # type: ignore[arg-type]


def said_of(bench: Workbench, population: Population) -> None:
    """How many memes are looked at, what to know about them, and the same as files."""
    version, taught = population.version, int(population.taught.sum())
    with st.container(horizontal=True, vertical_alignment="center"):
        labelled = len(population.labelled)
        st.caption(f"{len(population):,} memes, {labelled:,} labelled; a decision outweighs the label a meme came with.")
        _download(bench, population, "csv", "text/csv")
        _download(bench, population, "jsonl", "application/jsonl")
        if missing := bench.unembedded():
            _embed(bench, missing)
    if taught:
        parts.note(
            f"{version.name} may have learned from {taught:,} of these memes: it looks better on them than it is on new ones."
        )


def _download(bench: Workbench, population: Population, form: Literal["csv", "jsonl"], mime: str) -> None:
    """One row a meme, made when asked for."""
    file, made = f"gates-{population.version.name}.{form}", partial(bench.export_population, population, form)
    st.download_button(
        "CSV" if form == "csv" else "JSONL", made, file, mime, key=f"gates-{form}", icon=":material/download:", on_click="ignore"
    )


def _embed(bench: Workbench, missing: int) -> None:
    if not st.button(f"Embed {missing:,d} more", key="embed", icon=":material/memory:", help=UNREAD):
        return
    bar = st.progress(0.0)

    def told(done: float, message: str) -> None:
        bar.progress(done)

    bench.embed_all(told)
    st.rerun()
