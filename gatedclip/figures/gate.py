"""The gate of one meme."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from gatedclip.figures.style import HATEFUL, PICTURE, QUIET, WORDS, base, described, dot, threshold_line


def gate_sweep(probabilities: np.ndarray, gate: float, threshold: float, flips: Sequence[float] = ()) -> go.Figure:
    """P(hateful) if the gate were forced from words to picture: today's gate, the threshold, and where the decision flips."""
    at = np.linspace(0, 1, len(probabilities))
    now = float(np.interp(gate, at, probabilities))
    figure = base("P(hateful)", height=280)
    hover = "gate %{x:.0%}: %{y:.0%}<extra></extra>"
    figure.add_scatter(x=at, y=probabilities, mode="lines", line={"width": 3, "color": QUIET}, hovertemplate=hover)
    figure.add_scatter(x=list(flips), y=[threshold] * len(flips), mode="markers", marker=dot(HATEFUL, hollow=True))
    figure.add_scatter(
        x=[gate], y=[now], mode="markers+text", text=[f"now {now:.0%}"], marker=dot(PICTURE if gate >= 0.5 else WORDS),
        textposition="bottom center" if now > 0.85 else "top center", cliponaxis=False,
    )  # fmt: skip
    threshold_line(figure, threshold, across=True)
    figure.update_xaxes(range=[0, 1], tickvals=[0, 0.5, 1], ticktext=["words only", "gate 50%", "picture only"])
    figure.update_yaxes(range=[-0.02, 1.02], tickformat=".0%")
    turning = f"the decision flips at gate {' and '.join(f'{g:.0%}' for g in flips)}" if flips else "no gate flips the decision"
    ends = f"from {probabilities[0]:.0%} by words only to {probabilities[-1]:.0%} by picture only"
    return described(figure, f"Probability of hateful over the gate: {ends}; {now:.0%} at today's gate {gate:.0%}; {turning}.")
