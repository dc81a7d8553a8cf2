"""Plotly figures from types. They carry no background and no text colour, so that they follow the page, light or dark.

Each returns the figure alone; what it shows is also said in its `layout.meta["alt"]`, for screen readers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gatedclip.explain import heat, markup
from gatedclip.types import Interval, Report

PICTURE, WORDS = f"rgb{markup.PICTURE}", f"rgb{markup.WORDS}"
HATEFUL, BENIGN = f"rgb{heat.TOWARDS}", f"rgb{heat.AWAY}"
QUIET = "#808792"
GRID = "rgba(128, 135, 146, 0.25)"
DOTTED = {"width": 1.5, "dash": "dot", "color": QUIET}


def gate_sweep_figure(probabilities: np.ndarray, gate: float, threshold: float, flips: Sequence[float] = ()) -> go.Figure:
    """P(hateful) if the gate were forced from words to picture: today's gate, the threshold, and where the decision flips."""
    at = np.linspace(0, 1, len(probabilities))
    now = float(np.interp(gate, at, probabilities))
    figure = _base("P(hateful)", height=280)
    hover = "gate %{x:.0%}: %{y:.0%}<extra></extra>"
    figure.add_scatter(x=at, y=probabilities, mode="lines", line={"width": 3, "color": QUIET}, hovertemplate=hover)
    figure.add_scatter(x=list(flips), y=[threshold] * len(flips), mode="markers", marker=_dot(HATEFUL, hollow=True))
    figure.add_scatter(
        x=[gate], y=[now], mode="markers+text", text=[f"now {now:.0%}"], marker=_dot(PICTURE if gate >= 0.5 else WORDS),
        textposition="bottom center" if now > 0.85 else "top center", cliponaxis=False,
    )  # fmt: skip
    _threshold(figure, threshold, across=True)
    figure.update_xaxes(range=[0, 1], tickvals=[0, 0.5, 1], ticktext=["words only", "gate 50%", "picture only"])
    figure.update_yaxes(range=[-0.02, 1.02], tickformat=".0%")
    turning = f"the decision flips at gate {' and '.join(f'{g:.0%}' for g in flips)}" if flips else "no gate flips the decision"
    ends = f"from {probabilities[0]:.0%} by words only to {probabilities[-1]:.0%} by picture only"
    return _alt(figure, f"Probability of hateful over the gate: {ends}; {now:.0%} at today's gate {gate:.0%}; {turning}.")


def training_curves(epochs: Sequence[Mapping[str, float]], best: int) -> go.Figure:
    """Training loss, validation AUROC and mean gate by epoch; each has number, loss, auroc, mean_gate; `best` was kept."""
    panels = (("loss", "Training loss", QUIET), ("auroc", "Validation AUROC", BENIGN), ("mean_gate", "Mean gate", PICTURE))
    figure = _style(make_subplots(rows=1, cols=3, subplot_titles=[p[1] for p in panels], horizontal_spacing=0.08), height=250)
    number = [e["number"] for e in epochs]
    for column, (key, _, colour) in enumerate(panels, start=1):
        y = [e[key] for e in epochs]
        line = {"mode": "lines+markers", "line": {"width": 2.5, "color": colour}, "marker_size": 5}
        figure.add_scatter(x=number, y=y, **line, row=1, col=column)
        figure.add_scatter(
            x=[best], y=[y[number.index(best)]], mode="markers", marker=_dot(colour, hollow=True), row=1, col=column
        )
    figure.update_xaxes(title="epoch", rangemode="tozero", dtick=max(1, len(number) // 5))
    figure.update_annotations(font_size=14)
    kept, last = epochs[number.index(best)], epochs[-1]
    return _alt(
        figure,
        f"{len(epochs)} epochs: training loss ends at {last['loss']:.3f}; validation AUROC is {kept['auroc']:.3f} at epoch "
        f"{best}, which is kept; mean gate is {kept['mean_gate']:.2f} there.",
    )


def before_after(report: Report) -> go.Figure:
    """AUROC by slice under two heads, two dots a row with their 95 % intervals; the top row is all held-out memes."""
    rows = [("all", report.before.n, report.before.auroc, report.after.auroc)]
    rows += [(s.name, s.n, s.before, s.after) for s in report.slices if s.before and s.after]
    labels = [f"{name}  ({n:,})" for name, n, _, _ in rows]
    figure = _base("AUROC", height=100 + 36 * len(rows), across=True)
    for label, (_, _, old, new) in zip(labels, rows, strict=True):
        join = {"mode": "lines", "line": {"width": 4, "color": GRID}, "hoverinfo": "skip", "showlegend": False}
        figure.add_scatter(x=[old.value, new.value], y=[label] * 2, **join)
        _beside(figure, label, f"{old.value:.3f} → {new.value:.3f}")
    _dots(figure, labels, [r[2] for r in rows], "before", QUIET, hollow=True)
    _dots(figure, labels, [r[3] for r in rows], "after", BENIGN, hollow=False)
    low = min(min(old.low, new.low) for _, _, old, new in rows)
    figure.update_xaxes(range=[max(0.0, min(0.48, low - 0.02)), 1.01])
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_layout(showlegend=True, margin_r=120)
    figure.add_vline(x=0.5, line=DOTTED, annotation_text="chance", annotation_position="top")
    said = "; ".join(f"{name} {old.value:.3f} to {new.value:.3f}" for name, _, old, new in rows)
    return _alt(figure, f"AUROC before and after: {said}.")


def alt(figure: go.Figure) -> str:
    """What the figure shows, in a sentence."""
    return str(figure.layout.meta["alt"])


# --- one style ----------------------------------------------------------------------------------------------------


def _base(title: str, height: int, across: bool = False) -> go.Figure:
    """An empty figure; `title` names the measured axis, which is the horizontal one when `across`."""
    figure = _style(go.Figure(), height)
    (figure.update_xaxes if across else figure.update_yaxes)(title=title, showgrid=True)
    return figure


def _style(figure: go.Figure, height: int) -> go.Figure:
    figure.update_layout(
        template="none", height=height, margin={"l": 16, "r": 44, "t": 36, "b": 16}, showlegend=False, font={"size": 13},
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", hovermode="closest",
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"},
    )  # fmt: skip
    axis = {
        "gridcolor": GRID, "linecolor": GRID, "zeroline": False, "showgrid": False, "automargin": True, "fixedrange": True,
        "title_standoff": 12,
    }  # fmt: skip
    return figure.update_xaxes(**axis).update_yaxes(**axis)


def _dot(colour: str, hollow: bool = False) -> dict[str, object]:
    return {"size": 12, "color": colour, "symbol": "circle-open" if hollow else "circle", "line": {"width": 2.5, "color": colour}}


def _dots(figure: go.Figure, labels: list[str], values: list[Interval], name: str, colour: str, hollow: bool) -> None:
    """One dot a row with its interval."""
    error = {
        "symmetric": False, "array": [v.high - v.value for v in values], "arrayminus": [v.value - v.low for v in values],
        "color": colour, "thickness": 1.5, "width": 3,
    }  # fmt: skip
    figure.add_scatter(
        x=[v.value for v in values], y=labels, mode="markers", marker=_dot(colour, hollow), error_x=error, name=name,
        customdata=[str(v) for v in values], hovertemplate=f"{name} %{{customdata}}<extra></extra>",
    )  # fmt: skip


def _beside(figure: go.Figure, row: str, text: str) -> None:
    """A label to the right of a row, outside the plot, where it hides nothing."""
    figure.add_annotation(x=1.01, xref="paper", xanchor="left", y=row, text=text, showarrow=False)


def _threshold(figure: go.Figure, threshold: float, across: bool = False) -> None:
    line = {"width": 1.5, "dash": "dash", "color": QUIET}
    if across:
        figure.add_hline(y=threshold, line=line, annotation_text=f"threshold {threshold:.0%}", annotation_position="top left")
    else:
        figure.add_vline(x=threshold, line=line, annotation_text=f"threshold {threshold:.0%}", annotation_position="top")


def _alt(figure: go.Figure, sentence: str) -> go.Figure:
    return figure.update_layout(meta={"alt": sentence})
