"""How fast ways of choosing what to label teach a head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gatedclip.figures.style import BENIGN, HATEFUL, QUIET, described, styled
from gatedclip.types import Interval

LINES = {"random": (QUIET, "dot"), "uncertainty": (HATEFUL, "dash"), "mix": (BENIGN, "solid")}
PANELS = ("All held-out memes", "Themes missing from the base set")

Learned = tuple[int, Interval, Interval]
"""Labels so far, AUROC on all held-out memes and on those of the missing themes."""


def learning_curves(curves: Mapping[str, Sequence[Learned]]) -> go.Figure:
    """AUROC by labels for each strategy, with 95 % intervals over seeds as bands."""
    figure = styled(make_subplots(rows=2, cols=1, subplot_titles=PANELS, vertical_spacing=0.14), height=640)
    for name, points in curves.items():
        labels = [n for n, _, _ in points]
        colour, dash = LINES.get(name, (QUIET, "solid"))
        for row, areas in enumerate(([a for _, a, _ in points], [a for _, _, a in points]), start=1):
            band = {"x": labels + labels[::-1], "y": [a.high for a in areas] + [a.low for a in areas][::-1]}
            figure.add_scatter(
                **band, mode="lines", fill="toself", fillcolor=colour, opacity=0.12, line_width=0, hoverinfo="skip",
                showlegend=False, row=row, col=1,
            )  # fmt: skip
            figure.add_scatter(
                x=labels, y=[a.value for a in areas], name=name, mode="lines", line={"width": 2.5, "color": colour, "dash": dash},
                customdata=[str(a) for a in areas], hovertemplate=f"{name}, %{{x}} labels: %{{customdata}}<extra></extra>",
                legendgroup=name, showlegend=row == 1, row=row, col=1,
            )  # fmt: skip
    figure.update_xaxes(title="labels given", row=2).update_yaxes(title="AUROC", showgrid=True)
    figure.update_layout(
        showlegend=True, legend={"orientation": "h", "y": -0.13, "yanchor": "top", "x": 0.5, "xanchor": "center"}
    )
    ends = "; ".join(f"{name} {points[-1][1].value:.3f}, {points[-1][2].value:.3f}" for name, points in curves.items())
    return described(figure, f"AUROC after {max(p[-1][0] for p in curves.values())} labels, all and missing themes: {ends}.")
