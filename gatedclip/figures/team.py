"""How much a team decides."""

from __future__ import annotations

import html
from collections.abc import Sequence

import plotly.graph_objects as go

from gatedclip.figures.style import base, described
from gatedclip.learn.flow import Day

COLOURS = ("#554bb0", "#c98a1b", "#2f9e6b", "#2f8fbf", "#b0568f", "#808792")
PATTERNS = ("", "/", ".", "x", "-", "\\")
"""Beside the colours, so that people can be told apart without them."""

DAY = 86_400_000  # milliseconds, in which Plotly measures along dates


def throughput(days: Sequence[Day]) -> go.Figure:
    """Decisions a day, one stacked bar per day in parts by person; after five people the others share the last part."""
    totals: dict[str, int] = {}
    for each in days:
        totals[each.reviewer] = totals.get(each.reviewer, 0) + each.decisions
    most = sorted(totals, key=lambda name: -totals[name])
    alone = most if len(most) <= len(COLOURS) else most[: len(COLOURS) - 1]
    figure = base("decisions", height=280)
    for n, name in enumerate(alone):
        _bars(figure, n, name, {each.day.isoformat(): each.decisions for each in days if each.reviewer == name})
    if len(alone) < len(most):
        rest: dict[str, int] = {}
        for each in (day for day in days if day.reviewer not in alone):
            rest[each.day.isoformat()] = rest.get(each.day.isoformat(), 0) + each.decisions
        _bars(figure, len(COLOURS) - 1, f"{len(most) - len(alone)} others", rest)
    figure.update_layout(barmode="stack", showlegend=True, bargap=0.35)
    figure.update_xaxes(type="date", tickformat="%-d %b", tickangle=0)
    said = "; ".join(f"{name} {totals[name]:,}" for name in alone)
    return described(figure, f"Decisions over {len({d.day for d in days})} days: {sum(totals.values()):,} in all. {said}.")


def _bars(figure: go.Figure, n: int, name: str, counts: dict[str, int]) -> None:
    """A person's bars; Plotly reads names as HTML, so theirs is escaped."""
    figure.add_bar(
        x=list(counts), y=list(counts.values()), name=html.escape(name), width=0.65 * DAY,
        marker={"color": COLOURS[n], "pattern": {"shape": PATTERNS[n], "fillmode": "overlay", "size": 6}},
        hovertemplate="%{x|%-d %b}: %{y}<extra>%{fullData.name}</extra>",
    )  # fmt: skip
