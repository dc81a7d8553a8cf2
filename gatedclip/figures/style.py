"""The one look of all figures, and the sentence each carries for those who do not see it."""

from __future__ import annotations

from plotly.graph_objects import Figure

from gatedclip.explain import heat, markup
from gatedclip.types import Interval

PICTURE, WORDS = f"rgb{markup.PICTURE}", f"rgb{markup.WORDS}"
HATEFUL, BENIGN = f"rgb{heat.TOWARDS}", f"rgb{heat.AWAY}"
QUIET = "#808792"
GRID = "rgba(128, 135, 146, 0.25)"
DOTTED = {"width": 1.5, "dash": "dot", "color": QUIET}


def alt(figure: Figure) -> str:
    """What the figure shows, in a sentence."""
    return str(figure.layout.meta["alt"])


def base(title: str, height: int, across: bool = False) -> Figure:
    """An empty figure; `title` names the measured axis, which is the horizontal one when `across`."""
    figure = styled(Figure(), height)
    (figure.update_xaxes if across else figure.update_yaxes)(title=title, showgrid=True)
    return figure


def styled(figure: Figure, height: int) -> Figure:
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


def dot(colour: str, hollow: bool = False) -> dict[str, object]:
    return {"size": 12, "color": colour, "symbol": "circle-open" if hollow else "circle", "line": {"width": 2.5, "color": colour}}


def dots(figure: Figure, labels: list[str], values: list[Interval], name: str, colour: str, hollow: bool) -> None:
    """One dot a row with its interval."""
    error = {
        "symmetric": False, "array": [v.high - v.value for v in values], "arrayminus": [v.value - v.low for v in values],
        "color": colour, "thickness": 1.5, "width": 3,
    }  # fmt: skip
    figure.add_scatter(
        x=[v.value for v in values], y=labels, mode="markers", marker=dot(colour, hollow), error_x=error, name=name,
        customdata=[str(v) for v in values], hovertemplate=f"{name} %{{customdata}}<extra></extra>",
    )  # fmt: skip


def beside(figure: Figure, row: str, text: str) -> None:
    """A label to the right of a row, outside the plot, where it hides nothing."""
    figure.add_annotation(x=1.01, xref="paper", xanchor="left", y=row, text=text, showarrow=False)


def threshold_line(figure: Figure, threshold: float, across: bool = False) -> None:
    line = {"width": 1.5, "dash": "dash", "color": QUIET}
    if across:
        figure.add_hline(y=threshold, line=line, annotation_text=f"threshold {threshold:.0%}", annotation_position="top left")
    else:
        figure.add_vline(x=threshold, line=line, annotation_text=f"threshold {threshold:.0%}", annotation_position="top")


def described(figure: Figure, sentence: str) -> Figure:
    return figure.update_layout(meta={"alt": sentence})
