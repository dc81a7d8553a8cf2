"""A figure as a file for a paper or a report: on white, and drawn without asking any host outside."""

from __future__ import annotations

import html
import shutil
from typing import Literal, get_args

import plotly.io
from plotly.graph_objects import Figure

from gatedclip.errors import ExportError
from gatedclip.figures.style import alt

Form = Literal["html", "svg", "png"]

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDTH, SCALE = 900, 2  # CSS pixels of a picture, and pixels of a PNG to each of them
INK = "#1f2328"
NOWHERE = "127.0.0.1:9"  # a proxy that nobody answers: the browser reaches files of this machine and nothing else

PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{sentence}</title></head>
<body style="margin: 1rem; font-family: sans-serif; color: {ink}; background: white">
{figure}
<p>{sentence}</p>
</body>
</html>
"""


def to_bytes(figure: Figure, form: Form) -> bytes:
    """The figure as a page that works offline (html), a drawing (svg) or a picture (png).

    svg and png are drawn by an installed Chromium or Chrome in a second or two; ExportError says so where there is none.
    """
    paper = on_paper(figure)
    return _page(paper) if form == "html" else _drawn(paper, form)


def on_paper(figure: Figure) -> Figure:
    """The same figure on white with dark text, whatever page it was made for."""
    font = {"color": INK, "family": "sans-serif"}
    return Figure(figure).update_layout(paper_bgcolor="white", plot_bgcolor="white", font=font)


def _page(figure: Figure) -> bytes:
    drawn = plotly.io.to_html(figure, full_html=False, include_plotlyjs=True, config={"displaylogo": False, "responsive": True})
    return PAGE.format(figure=drawn, sentence=html.escape(alt(figure)), ink=INK).encode()


def browser() -> str | None:
    """The browser that draws pictures; None when none is installed."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def forms() -> list[Form]:
    """What a figure can be made into on this machine."""
    return [form for form in get_args(Form) if form == "html" or browser()]


def _drawn(figure: Figure, form: Form) -> bytes:
    if (path := browser()) is None:
        raise ExportError(
            f"No browser is installed here, and {form} is drawn by one (the container image has none). "
            "Install Chromium, on Debian with apt-get install chromium, or choose html, which needs none."
        )
    import kaleido
    from kaleido.errors import KaleidoError

    size = {"format": form, "width": WIDTH, "height": figure.layout.height, "scale": SCALE if form == "png" else 1}
    alone = {"path": path, "mathjax": False, "proxy_server": NOWHERE}  # MathJax would come from a host outside
    try:
        return kaleido.calc_fig_sync(figure, opts=size, kopts=alone)
    except (KaleidoError, RuntimeError, OSError) as why:
        raise ExportError(f"{path} could not draw the figure: {why}. Try again, or choose html, which needs none.") from None
