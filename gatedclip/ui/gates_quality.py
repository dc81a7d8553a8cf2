"""How good a head is over many memes: what a threshold does, and on which slices."""

from __future__ import annotations

import html

import streamlit as st

from gatedclip.figures import population as figures
from gatedclip.model import operating
from gatedclip.population.columns import Population
from gatedclip.population.summary import FEW, Slice, slices
from gatedclip.types import Interval
from gatedclip.ui import parts
from gatedclip.workbench import Workbench

COSTS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)  # false alarms that a missed hateful meme may be worth


@st.fragment
def show(bench: Workbench, population: Population) -> None:
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
