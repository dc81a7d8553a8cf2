"""How a head was trained, and what that changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gatedclip.figures.style import BENIGN, DOTTED, GRID, PICTURE, QUIET, base, beside, described, dot, dots, styled
from gatedclip.types import Report


def training_curves(epochs: Sequence[Mapping[str, float]], best: int) -> go.Figure:
    """Training loss, validation AUROC and mean gate by epoch; each has number, loss, auroc, mean_gate; `best` was kept."""
    panels = (("loss", "Training loss", QUIET), ("auroc", "Validation AUROC", BENIGN), ("mean_gate", "Mean gate", PICTURE))
    figure = styled(make_subplots(rows=1, cols=3, subplot_titles=[p[1] for p in panels], horizontal_spacing=0.08), height=250)
    number = [e["number"] for e in epochs]
    for column, (key, _, colour) in enumerate(panels, start=1):
        y = [e[key] for e in epochs]
        line = {"mode": "lines+markers", "line": {"width": 2.5, "color": colour}, "marker_size": 5}
        figure.add_scatter(x=number, y=y, **line, row=1, col=column)
        figure.add_scatter(
            x=[best], y=[y[number.index(best)]], mode="markers", marker=dot(colour, hollow=True), row=1, col=column
        )
    figure.update_xaxes(title="epoch", rangemode="tozero", dtick=max(1, len(number) // 5))
    figure.update_annotations(font_size=14)
    kept, last = epochs[number.index(best)], epochs[-1]
    return described(
        figure,
        f"{len(epochs)} epochs: training loss ends at {last['loss']:.3f}; validation AUROC is {kept['auroc']:.3f} at epoch "
        f"{best}, which is kept; mean gate is {kept['mean_gate']:.2f} there.",
    )


def live_curves(epochs: Sequence[Mapping[str, float]]) -> go.Figure:
    """The same of a training that is under way; the best epoch so far is marked."""
    best = max(epochs, key=lambda epoch: epoch["auroc"])
    return training_curves(epochs, int(best["number"]))


def before_after(report: Report) -> go.Figure:
    """AUROC by slice under two heads, two dots a row with their 95 % intervals; the top row is all held-out memes."""
    rows = [("all", report.before.n, report.before.auroc, report.after.auroc)]
    rows += [(s.name, s.n, s.before, s.after) for s in report.slices if s.before and s.after]
    labels = [f"{name}  ({n:,})" for name, n, _, _ in rows]
    figure = base("AUROC", height=100 + 36 * len(rows), across=True)
    for label, (_, _, old, new) in zip(labels, rows, strict=True):
        join = {"mode": "lines", "line": {"width": 4, "color": GRID}, "hoverinfo": "skip", "showlegend": False}
        figure.add_scatter(x=[old.value, new.value], y=[label] * 2, **join)
        beside(figure, label, f"{old.value:.3f} → {new.value:.3f}")
    dots(figure, labels, [r[2] for r in rows], "before", QUIET, hollow=True)
    dots(figure, labels, [r[3] for r in rows], "after", BENIGN, hollow=False)
    low = min(min(old.low, new.low) for _, _, old, new in rows)
    figure.update_xaxes(range=[max(0.0, min(0.48, low - 0.02)), 1.01])
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_layout(showlegend=True, margin_r=120)
    figure.add_vline(x=0.5, line=DOTTED, annotation_text="chance", annotation_position="top")
    said = "; ".join(f"{name} {old.value:.3f} to {new.value:.3f}" for name, _, old, new in rows)
    return described(figure, f"AUROC before and after: {said}.")
