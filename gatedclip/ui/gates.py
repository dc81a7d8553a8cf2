"""The gate over many memes: which memes, how it weighs, how good the head is, on which slices, and a map to pick memes from."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np
import streamlit as st

from gatedclip.figures import population as figures
from gatedclip.model import operating
from gatedclip.population.alarm import collapse
from gatedclip.population.columns import Population, PopulationFilter
from gatedclip.population.summary import FEW, Slice, by_class, by_truth, slices
from gatedclip.types import HeadVersion, Interval, Split
from gatedclip.ui import opened, parts
from gatedclip.workbench import Workbench

SHAPLEY = 500  # memes whose shares one figure shows: they take a moment, 10,000 take seconds
HEADS = 8  # latest versions side by side
UNREAD = "Memes that no head was ever asked about have no vectors yet, and are left out here until they have."
COSTS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)  # false alarms that a missed hateful meme may be worth

MEMES: dict[str, PopulationFilter] = {
    "test": PopulationFilter(split=Split.TEST),
    "validation": PopulationFilter(split=Split.VALIDATION),
    "train": PopulationFilter(split=Split.TRAIN),
    "queue": PopulationFilter(split=Split.QUEUE),
    "decided": PopulationFilter(state="decided"),
    "all": PopulationFilter(),
}

# --- which head, which memes ------------------------------------------------------------------------------------------


def head(bench: Workbench) -> HeadVersion:
    """The head to look at: the one that serves unless another of its encoder is chosen."""
    heads = _heads(bench)
    serving = next((name for name, v in heads.items() if v.champion), next(iter(heads)))
    name = st.selectbox("Head", list(heads), index=list(heads).index(serving), key="head", bind="query-params", width=110)
    return heads[name]


def _heads(bench: Workbench) -> dict[str, HeadVersion]:
    """Versions that read the same vectors as the one that serves, newest first."""
    versions = bench.versions()
    serving = bench.champion() or versions[0]
    return {v.name: v for v in versions if v.encoder == serving.encoder}


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


# --- how the gate weighs ----------------------------------------------------------------------------------------------


def balance(bench: Workbench, population: Population) -> None:
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
    gated = [v for v in _heads(bench).values() if v.gated][:HEADS]
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


# --- how good the head is ---------------------------------------------------------------------------------------------


@st.fragment
def quality(bench: Workbench, population: Population) -> None:
    """What a threshold does: confusion, cost, calibration and curves."""
    labelled = population.labelled
    if not _both_classes(labelled):
        return
    key = f"threshold-{population.version.id}"
    left, right = st.columns(2)
    threshold = left.slider("Threshold", 0.0, 1.0, population.threshold, 0.005, key=key, format="percent")
    miss = right.select_slider("A missed hateful meme costs as many false alarms as", COSTS, value=1, key="miss")
    known = labelled.hateful, labelled.probability
    every, at = operating.cuts(*known), operating.confusion(*known, threshold)
    cheapest = every.cheapest(miss)
    _confusion(at, miss)
    st.button("Use the cheapest threshold", icon=":material/savings:", key="cheapest", on_click=_set, args=(key, cheapest))
    drawn = {
        "Cost of the threshold": figures.cost_curve(every, at, miss, cheapest),
        "Calibration": figures.calibration(operating.calibration(*known)),
        "ROC": figures.roc(every, at, operating.auroc_delong(*known).value),
        "Precision and recall": figures.precision_recall(every, at),
    }
    for place, (title, figure) in zip([*st.columns(2), *st.columns(2)], drawn.items(), strict=True):
        with place:
            st.html(f'<h3 class="gc-h">{html.escape(title)}</h3>')
            parts.chart(figure, key=f"quality-{title}")
    st.caption(
        "The threshold here is for looking only: what a head decides by is fixed when it is trained. Costs hold for sets with as "
        "large a part of hateful memes as this one."
    )


def _both_classes(labelled: Population) -> bool:
    """Whether there is something to measure; says so where there is not."""
    positives = int(labelled.hateful.sum())
    if 0 < positives < len(labelled):
        return True
    parts.note(
        f"Nothing can be measured on {positives:,} hateful and {len(labelled) - positives:,} benign memes: at least one of each "
        "is needed. Change the filters, or decide more memes."
    )
    return False


def _set(key: str, value: float) -> None:
    st.session_state[key] = value


def _confusion(at: operating.Confusion, miss: float) -> None:
    with st.container(horizontal=True):
        st.metric("Found", f"{at.found:,}", border=True, help="Hateful and flagged.")
        st.metric("Missed", f"{at.missed:,}", border=True, help="Hateful and not flagged.")
        st.metric("False alarms", f"{at.alarms:,}", border=True, help="Benign and flagged.")
        st.metric("Cleared", f"{at.cleared:,}", border=True, help="Benign and not flagged.")
        st.metric("Cost of 100 memes", f"{100 * at.cost(miss):.1f}", border=True, help="In false alarms.")
    parts.facts(
        {
            "Hateful found": _percent(at.recall),
            "Benign flagged": _percent(at.false_alarm_rate),
            "Flagged that are hateful": _percent(at.precision),
            "Right": _percent(at.accuracy),
        }
    )


def _percent(rate: Interval | None) -> str:
    return "–" if rate is None else f"{rate.value:.1%} ({rate.low:.1%} to {rate.high:.1%})"


# --- on which slices --------------------------------------------------------------------------------------------------


def by_slice(bench: Workbench, population: Population) -> None:
    """How good the head is on each part of the memes, at its own threshold."""
    if not _both_classes(population.labelled):
        return
    found = slices(population, population.threshold)
    if rows := {s.name: (s.n, s.auroc) for s in found if s.auroc}:
        parts.chart(figures.slice_quality(rows), key="slice-quality")
    _table(found)
    st.caption(
        f"Intervals are 95 %: DeLong's for the AUROC, given from {FEW} memes of each class on, Wilson's for the accuracy, at the "
        f"head's own threshold {population.threshold:.1%}. Of twenty slices one lies outside its interval by chance."
    )


def _table(found: list[Slice]) -> None:
    st.dataframe(
        {
            "slice": [s.name for s in found],
            "memes": [s.n for s in found],
            "hateful": [s.positives for s in found],
            "AUROC": [parts.interval(s.auroc) for s in found],
            "accuracy": [parts.interval(s.accuracy) for s in found],
            "mean gate": [round(s.mean_gate, 3) for s in found],
        },
        hide_index=True,
        width="stretch",
        alt="How good the head is by slice",
    )


# --- a map to pick memes from -----------------------------------------------------------------------------------------

LISTS = ("", "the surest mistakes", "the least familiar")


@st.fragment
def atlas(bench: Workbench, population: Population) -> None:
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


VIEWS: dict[str, Callable[[Workbench, Population], None]] = {
    "Balance": balance,
    "Quality": quality,
    "Slices": by_slice,
    "Map": atlas,
}
