"""The gate, the quality and the fused vectors of many memes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import plotly.graph_objects as go

from gatedclip.explain import heat
from gatedclip.figures.style import (
    BENIGN,
    DOTTED,
    GRID,
    HATEFUL,
    PICTURE,
    QUIET,
    WORDS,
    base,
    beside,
    described,
    dot,
    dots,
    styled,
    threshold_line,
)
from gatedclip.model.operating import CalibrationBin, Confusion, Cuts
from gatedclip.types import Interval

TOGETHER = f"rgb{heat.MATTERED}"
PAPER = {"picture": 0.68, "words": 0.35}  # mean gate where that half carries the hate
PAPER_DEVIATION = 0.25  # of the gate over all memes
Tool = Literal["lasso", "box", "click"]
"""How memes are picked from a figure; Streamlit lets a point be clicked only where nothing can be drawn."""
DRAGS: dict[Tool, str] = {"lasso": "lasso", "box": "select", "click": "pan"}
BINS = 25
ROW = 0.78  # height of the tallest bar of a row; rows are 1 apart
CURVE = 400  # points of a curve that are drawn, evenly over its thresholds

GROUPS = {
    "hateful": HATEFUL, "benign": BENIGN, "picture": PICTURE, "words": WORDS, "together": TOGETHER, "neither": QUIET,
    "unsure": QUIET, "unlabelled": QUIET,
}  # fmt: skip
OTHERS = (BENIGN, PICTURE, WORDS, HATEFUL, TOGETHER, "rgb(22, 140, 110)", QUIET)
SIGNS = ("circle", "x", "diamond", "square", "triangle-up", "cross", "star", "triangle-down", "pentagon", "hexagram")


def gate_histogram(groups: Mapping[str, np.ndarray], title: str) -> go.Figure:
    """How the gate is spread in each group, one row a group, its mean as a line; the paper's means where it reports one."""
    figure = styled(go.Figure(), height=100 + 76 * len(groups))
    centres = (np.arange(BINS) + 0.5) / BINS
    for row, (name, gate) in enumerate(groups.items()):
        part = np.histogram(gate, bins=BINS, range=(0, 1))[0] / len(gate)
        colour, floor, mean = GROUPS.get(name, QUIET), -float(row), float(gate.mean())
        figure.add_bar(
            x=centres, y=part / part.max() * ROW, base=floor, width=1 / BINS, marker={"color": colour, "opacity": 0.75},
            customdata=part, hovertemplate=f"{name}, gate %{{x:.2f}}: %{{customdata:.1%}}<extra></extra>",
        )  # fmt: skip
        figure.add_scatter(
            x=[mean, mean], y=[floor, floor + ROW + 0.08], mode="lines", line={"width": 3, "color": colour},
            hovertemplate=f"{name}: mean {mean:.2f}<extra></extra>",
        )  # fmt: skip
        if name in PAPER:
            figure.add_scatter(
                x=[PAPER[name]], y=[floor + ROW], mode="markers", marker=dot(QUIET, hollow=True) | {"symbol": "diamond-open"},
                hovertemplate=f"the paper's mean: {PAPER[name]}<extra></extra>",
            )  # fmt: skip
    figure.update_xaxes(
        range=[0, 1], showgrid=True, title="gate", tickvals=[0, 0.25, 0.5, 0.75, 1],
        ticktext=["0 words", "0.25", "0.5", "0.75", "1 picture"],
    )  # fmt: skip
    names = [f"{name} <br>({len(gate):,}) " for name, gate in groups.items()]
    figure.update_yaxes(range=[1 - len(groups), 1], tickvals=[ROW / 2 - n for n in range(len(groups))], ticktext=names)
    figure.update_layout(barmode="overlay")
    means = "; ".join(f"{name} {gate.mean():.2f} over {len(gate):,} memes" for name, gate in groups.items())
    paper = [f"{value} where {name} carry the hate" for name, value in PAPER.items() if name in groups]
    beside = f" The paper reports {' and '.join(paper)}, standard deviation {PAPER_DEVIATION}." if paper else ""
    return described(figure, f"Gate {title}, means: {means}.{beside}")


def gate_against_share(gate: np.ndarray, share: np.ndarray, apart: np.ndarray, ids: np.ndarray) -> go.Figure:
    """The gate of each meme against the picture's Shapley share; those where the two lean apart (N,) bool are set off.

    For hundreds of memes: drawn without WebGL, which takes longer to wake than these take to draw.
    """
    figure = base("Shapley share of the picture", height=420)
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=DOTTED, hoverinfo="skip", showlegend=False)
    for name, mask, colour, sign in (("agree", ~apart, BENIGN, "circle"), ("lean apart", apart, PICTURE, "diamond")):
        figure.add_scatter(
            x=gate[mask], y=share[mask], mode="markers", name=f"{name} ({mask.sum():,})", customdata=ids[mask],
            marker={"size": 7 if name == "agree" else 9, "color": colour, "symbol": sign, "opacity": 0.65},
            hovertemplate="meme %{customdata}: gate %{x:.2f}, share %{y:.2f}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(dragmode=DRAGS["click"], showlegend=True)
    figure.update_xaxes(range=[-0.02, 1.02], title="gate", showgrid=True)
    figure.update_yaxes(range=[-0.02, 1.02])
    return described(
        figure,
        f"Gate against the picture's Shapley share of {len(gate):,} memes: means {gate.mean():.2f} and {share.mean():.2f}; on "
        f"{int(apart.sum()):,} the two lean to different halves.",
    )


def gate_by_version(versions: Mapping[str, np.ndarray], truth: np.ndarray) -> go.Figure:
    """How the gate is spread on the same memes under each version, oldest first; means where one half decides are marked."""
    figure = base("gate", height=360)
    names = list(versions)
    quantiles = {name: np.quantile(gate, [0.05, 0.25, 0.5, 0.75, 0.95]) for name, gate in versions.items()}
    low, q1, middle, q3, high = (list(values) for values in zip(*quantiles.values(), strict=True))
    figure.add_box(
        x=names, lowerfence=low, q1=q1, median=middle, q3=q3, upperfence=high, name="all: 5, 25, 50, 75, 95 %", line_color=QUIET,
        fillcolor=GRID, width=0.4,
    )  # fmt: skip
    for half, sign in (("picture", "square"), ("words", "diamond")):
        mask = truth == half
        if mask.any():
            means = [float(gate[mask].mean()) for gate in versions.values()]
            figure.add_scatter(
                x=names, y=means, mode="markers+lines", name=f"mean, {half} decide", marker=dot(GROUPS[half]) | {"symbol": sign},
                line={"width": 1.5, "dash": "dot", "color": GROUPS[half]},
                hovertemplate=f"{half} decide: %{{y:.2f}}<extra></extra>",
            )  # fmt: skip
    figure.update_layout(showlegend=True)
    figure.update_yaxes(range=[0, 1], tickvals=[0, 0.5, 1], ticktext=["0 words", "0.5", "1 picture"])
    said = "; ".join(f"{n} {q[2]:.2f} ({q[1]:.2f} to {q[3]:.2f})" for n, q in quantiles.items())
    return described(figure, f"Gate on the same memes by head version, median and middle half: {said}.")


def calibration(bins: Sequence[CalibrationBin]) -> go.Figure:
    """How many memes are hateful where the head says so with this probability; a trustworthy head lies on the diagonal."""
    figure = base("truly hateful", height=360)
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=DOTTED, hoverinfo="skip")
    reach = {
        "symmetric": False, "array": [b.true.high - b.true.value for b in bins],
        "arrayminus": [b.true.value - b.true.low for b in bins], "color": BENIGN, "thickness": 1.5, "width": 3,
    }  # fmt: skip
    figure.add_scatter(
        x=[b.said for b in bins], y=[b.true.value for b in bins], mode="markers+lines", error_y=reach,
        marker=dot(BENIGN) | {"size": 7}, line={"width": 1.5, "color": BENIGN}, customdata=[b.n for b in bins],
        hovertemplate="%{customdata:,} memes: said %{x:.0%}, true %{y:.0%}<extra></extra>",
    )  # fmt: skip
    _unit(figure, "mean P(hateful) of a tenth of the memes")
    error = sum(b.n * abs(b.said - b.true.value) for b in bins) / sum(b.n for b in bins)
    said = "; ".join(f"{b.said:.0%} said, {b.true.value:.0%} true" for b in bins)
    return described(figure, f"Calibration over {len(bins)} bins, mean error {error:.3f}: {said}.")


def roc(cuts: Cuts, at: Confusion, area: float) -> go.Figure:
    """Hateful found against benign flagged over all thresholds, today's marked."""
    figure = base("hateful found", height=360)
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=DOTTED, hoverinfo="skip")
    here = (at.alarms / max(cuts.negatives, 1), at.found / max(cuts.positives, 1))
    _curve(figure, cuts, cuts.false_alarm_rate, cuts.recall)
    _mark(figure, here, f"threshold {at.threshold:.0%}", "bottom right", PICTURE, "circle")
    _unit(figure, "benign flagged")
    return described(
        figure,
        f"ROC curve, area {area:.3f}; at threshold {at.threshold:.0%} {here[1]:.0%} of the hateful are found and {here[0]:.0%} "
        "of the benign flagged.",
    )


def precision_recall(cuts: Cuts, at: Confusion) -> go.Figure:
    """How many of the flagged are hateful against how many of the hateful are found, today's threshold marked."""
    figure = base("flagged that are hateful", height=360)
    share = cuts.positives / (cuts.positives + cuts.negatives)
    figure.add_hline(y=share, line=DOTTED, annotation_text=f"by chance {share:.0%}", annotation_position="bottom left")
    here = (at.found / cuts.positives, at.found / (at.found + at.alarms) if at.found + at.alarms else 1.0)
    _curve(figure, cuts, cuts.recall, cuts.precision)
    _mark(figure, here, f"threshold {at.threshold:.0%}", "bottom left", PICTURE, "circle")
    _unit(figure, "hateful found")
    return described(
        figure,
        f"Precision against recall: at threshold {at.threshold:.0%} {here[1]:.0%} of the flagged are hateful and {here[0]:.0%} "
        f"of the hateful are found; by chance {share:.0%} would be.",
    )


def cost_curve(cuts: Cuts, at: Confusion, miss: float, cheapest: float) -> go.Figure:
    """Expected cost of a meme over the threshold, in false alarms; today's threshold and the cheapest are marked."""
    figure = base("cost of 100 memes, in false alarms", height=360)
    rows = _thin(len(cuts.thresholds))
    thresholds, cost = np.minimum(cuts.thresholds, 1)[rows], 100 * cuts.cost(miss)[rows]
    figure.add_scatter(
        x=thresholds, y=cost, mode="lines", line={"width": 2.5, "color": BENIGN, "shape": "hv"},
        hovertemplate="threshold %{x:.0%}: %{y:.1f}<extra></extra>",
    )  # fmt: skip
    least, now = 100 * float(cuts.cost(miss).min()), 100 * at.cost(miss)
    _mark(figure, (cheapest, least), f"cheapest {cheapest:.0%}", "top center", HATEFUL, "diamond")
    _mark(figure, (at.threshold, now), "", "top center", PICTURE, "circle")
    threshold_line(figure, at.threshold)
    figure.update_xaxes(range=[0, 1], tickformat=".0%", title="threshold")
    figure.update_yaxes(rangemode="tozero")
    return described(
        figure,
        f"Expected cost when a miss costs {miss:g} false alarms: {now:.1f} per 100 memes at threshold {at.threshold:.0%}, least "
        f"{least:.1f} at {cheapest:.0%}.",
    )


def slice_quality(rows: Mapping[str, tuple[int, Interval]]) -> go.Figure:
    """AUROC with its interval by slice, as name: (n, AUROC); the first row is all of them."""
    labels = {name: f"{name}  ({n:,})" for name, (n, _) in rows.items()}
    figure = base("AUROC", height=100 + 34 * len(rows), across=True)
    dots(figure, list(labels.values()), [area for _, area in rows.values()], "AUROC", BENIGN, hollow=False)
    for name, (_, area) in rows.items():
        beside(figure, labels[name], f"{area.value:.3f}")
    figure.update_xaxes(range=[max(0.0, min(0.48, *(area.low for _, area in rows.values())) - 0.02), 1.01])
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.add_vline(x=0.5, line=DOTTED, annotation_text="chance", annotation_position="top")
    figure.update_layout(margin_r=70)
    return described(figure, f"AUROC by slice: {'; '.join(f'{name} {area}' for name, (_, area) in rows.items())}.")


def vector_map(
    plane: np.ndarray, spread: tuple[float, float], ids: np.ndarray, by: str, values: np.ndarray, tool: Tool = "lasso"
) -> go.Figure:
    """Fused vectors (N, 2) on their first two principal components, coloured by a column of numbers or of names (N,)."""
    figure = base(f"second component, {spread[1]:.0%} of the variance", height=560)
    figure.update_xaxes(title=f"first component, {spread[0]:.0%} of the variance")
    if values.dtype.kind in "fi":
        ramp = {
            "color": values, "symbol": "circle", "colorscale": "Viridis", "showscale": True,
            "colorbar": {"title": by, "thickness": 12, "outlinewidth": 0},
        }  # fmt: skip
        _points(figure, plane, ids, by, ramp, text=values)
        shown = f"from {values.min():.2f} to {values.max():.2f}" if len(values) else "none"
    else:
        names = sorted(set(values.tolist()), key=lambda name: (-int((values == name).sum()), name))
        for n, name in enumerate(names):
            mask = values == name
            colour = GROUPS.get(name, OTHERS[n % len(OTHERS)])
            look = {"color": colour, "symbol": SIGNS[n % len(SIGNS)]}
            _points(figure, plane[mask], ids[mask], name or "unknown", look)
        shown = ", ".join(f"{name or 'unknown'} {int((values == name).sum()):,}" for name in names)
        figure.update_layout(showlegend=True)
    figure.update_layout(dragmode=DRAGS[tool], newselection={"line": {"color": QUIET, "width": 2}})
    return described(figure, f"Map of the fused vectors of {len(ids):,} memes by {by}: {shown}.")


def _points(
    figure: go.Figure, plane: np.ndarray, ids: np.ndarray, name: str, marker: Mapping[str, object], text: np.ndarray | None = None
) -> None:
    said = ": %{text:.2f}" if text is not None else f", {name}"
    figure.add_scattergl(
        x=plane[:, 0].round(3), y=plane[:, 1].round(3), mode="markers", name=f"{name} ({len(ids):,})", customdata=ids, text=text,
        marker={"size": 6, "opacity": 0.7, **marker}, hovertemplate=f"meme %{{customdata}}{said}<extra></extra>",
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 0.12}},
    )  # fmt: skip


def _curve(figure: go.Figure, cuts: Cuts, x: np.ndarray, y: np.ndarray) -> None:
    rows = _thin(len(x))
    figure.add_scatter(
        x=x[rows], y=y[rows], mode="lines", line={"width": 2.5, "color": BENIGN}, customdata=np.minimum(cuts.thresholds, 1)[rows],
        hovertemplate="threshold %{customdata:.0%}: %{y:.1%} against %{x:.1%}<extra></extra>",
    )  # fmt: skip


def _mark(figure: go.Figure, at: tuple[float, float], text: str, side: str, colour: str, sign: str) -> None:
    figure.add_scatter(
        x=[at[0]], y=[at[1]], mode="markers+text", text=[text], textposition=side,
        marker=dot(colour) | {"symbol": sign}, cliponaxis=False, hoverinfo="skip",
    )  # fmt: skip


def _unit(figure: go.Figure, title: str) -> None:
    figure.update_xaxes(range=[-0.01, 1.01], tickformat=".0%", title=title, showgrid=True)
    figure.update_yaxes(range=[-0.01, 1.02], tickformat=".0%")


def _thin(n: int) -> np.ndarray:
    """Positions of at most CURVE of n points, the first and the last among them."""
    return np.unique(np.linspace(0, n - 1, min(n, CURVE)).round().astype(int))
