"""Pieces that several screens are made of. Text of memes, files and people is escaped here and nowhere becomes Markdown."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from gatedclip.data.images import Box, outlined
from gatedclip.figures import export, style
from gatedclip.types import Decision, Interval, Label, Meme, Prediction, Receipt, Refusal
from gatedclip.workbench import Workbench

FORMS: dict[export.Form, str] = {"html": "Page (HTML)", "svg": "Drawing (SVG)", "png": "Picture (PNG)"}
_SIGN, _APART = re.compile(r"[!-/:-@\[-`{-~]"), "\u2060"
ICONS = {Label.HATEFUL: "✖", Label.BENIGN: "✔", Label.UNSURE: "?"}


def note(text: str) -> None:
    """A calm message in plain text."""
    st.html(f'<p class="gc-note" role="status">{html.escape(text)}</p>')


def problem(text: str) -> None:
    """What went wrong and what to do, in plain text."""
    st.html(f'<p class="gc-problem" role="alert">{html.escape(text)}</p>')


def empty(title: str, what_next: str) -> None:
    """What an empty screen says."""
    st.html(f'<div class="gc-empty"><h2>{html.escape(title)}</h2><p>{html.escape(what_next)}</p></div>')


def facts(values: dict[str, str]) -> None:
    """Names and values in two columns."""
    rows = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>" for name, value in values.items())
    st.html(f'<dl class="gc-facts">{rows}</dl>')


def table(head: Sequence[str], body: Sequence[Sequence[str]]) -> None:
    """A small table of plain text; the first column names the rows."""
    rows = "<tr>" + "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head) + "</tr>"
    for name, *values in body:
        cells = "".join(f"<td>{html.escape(value)}</td>" for value in values)
        rows += f'<tr><th scope="row">{html.escape(name)}</th>{cells}</tr>'
    st.html(f'<table class="gc-table">{rows}</table>')


def memes(count: int) -> str:
    """1 meme, 2 memes."""
    return f"{count:,} {'meme' if count == 1 else 'memes'}"


def words(text: str, *, small: bool = False) -> None:
    """A meme's words, as they are."""
    shown = html.escape(text) if text else "<em>no words</em>"
    st.html(f'<p class="gc-words{" gc-small" if small else ""}">{shown}</p>')


def plain(text: str) -> str:
    """Someone else's words as they are, for places that render Markdown: every sign is escaped, and none makes an address."""
    return _SIGN.sub(lambda sign: f"\\{sign[0]}{_APART if sign[0] in ':/.@' else ''}", " ".join(text.split()))


def paragraphs(text: str) -> None:
    """A text of several lines, as it was written."""
    st.html(f'<p class="gc-text">{html.escape(text)}</p>')


def label_text(label: Label | None) -> str:
    """A label with its sign, for tables."""
    return f"{ICONS[label]} {label.value}" if label else ""


def label_chip(label: Label | None, before: str = "") -> str:
    """A label as a piece of HTML: a sign and a word beside its colour."""
    if label is None:
        return f'<span class="gc-chip">{html.escape(before)}waiting</span>'
    return f'<span class="gc-chip gc-{label.value}">{html.escape(before)}{ICONS[label]} {label.value}</span>'


WRONG_REASON = '<span class="gc-chip gc-wrong">⚠ right for the wrong reason</span>'
"""What says that the model agreed, and not for the reasons that were marked."""


def chips(*pieces: str) -> None:
    """Several pieces from `label_chip` in a row."""
    st.html(f'<p class="gc-chips">{" ".join(pieces)}</p>')


def verdict(said: Prediction, *, warn: bool = True) -> None:
    """The probability with the threshold it is judged by, and a warning where the meme is unfamiliar."""
    at, line = f"{said.probability * 100:.1f}", f"{said.threshold * 100:.1f}"
    word = f"{ICONS[said.label]} {said.label.value}"
    label = f"{word}: probability of hateful {said.probability:.0%}, decided from {said.threshold:.0%}"
    st.html(
        f'<div class="gc-verdict gc-{said.label.value}" role="img" aria-label="{html.escape(label, quote=True)}">'
        f"<p><strong>{word}</strong><span>{said.probability:.0%} likely hateful</span></p>"
        f'<div class="gc-track"><i style="width:{at}%"></i><b style="left:{line}%"></b></div>'
        f'<small style="left:{line}%">decides at {said.threshold:.0%}</small></div>'
    )
    if warn and said.outside:
        outside(said)


def outside(said: Prediction) -> None:
    note(
        f"Outside what this model knows: {said.novelty:.1f} times as far from its training memes as memes usually are. "
        "Do not trust its score here."
    )


def thumbnail(bench: Workbench, meme: Meme, *, revealed: bool = False, box: Box | None = None) -> None:
    """A small picture, blurred unless revealed, with a frame around one place of it if asked."""
    data = bench.picture(meme.picture, "thumb" if revealed else "thumb-blurred")
    data = outlined(data, box) if box else data
    st.image(data, width="stretch", alt=f"Meme {meme.id}{'' if revealed else ', blurred'}")


def receipt(found: Receipt) -> None:
    """What became of an upload or import; every refused file with its reason."""
    counts = [(len(found.added), "added"), (len(found.known), "here already"), (len(found.refused), "refused")]
    note(", ".join(f"{n:,} {what}" for n, what in counts if n) or "Nothing was brought.")
    refused(found.refused)


def refused(rows: Sequence[Refusal]) -> None:
    """Each refused row with its reason; nothing where none was."""
    if rows:
        st.dataframe(
            {
                "row": [r.row for r in rows],
                "file": [r.name for r in rows],
                "why it was refused": [r.reason for r in rows],
            },
            hide_index=True,
            width="stretch",
            alt="What was refused, and the reasons",
            column_config={"why it was refused": st.column_config.TextColumn(width="large")},
        )


def pick(columns: Mapping[str, object], rows: int, **options: Any) -> int | None:
    """A table of which one row can be selected, and that row; None when none is, or when it is gone since."""
    event = st.dataframe(columns, hide_index=True, on_select="rerun", selection_mode="single-row", **options)
    picked = event.selection.rows
    return picked[0] if picked and picked[0] < rows else None


def chart(figure: style.Figure, key: str, **options: Any) -> Any:
    """A figure with its sentence for screen readers and its files; what was selected in it, where `options` ask for that."""
    look: dict[str, Any] = {"theme": "streamlit", "config": {"displayModeBar": False}}
    event = st.plotly_chart(figure, key=key, alt=style.alt(figure), **look, **options)
    _files(figure, key)
    return event


def _files(figure: style.Figure, key: str) -> None:
    """The figure to take along; a file is made when it is asked for."""
    with st.popover("Save figure", icon=":material/download:", type="tertiary", key=f"{key}-save"), st.container(gap=None):
        for form in export.forms():
            made, name = partial(export.to_bytes, figure, form), f"{key.replace(' ', '-')}.{form}"
            st.download_button(FORMS[form], made, name, on_click="ignore", key=f"{key}-{form}", type="tertiary")


def interval(value: Interval | None, signed: bool = False) -> str:
    """0.912 (0.900 to 0.924), or a dash."""
    if value is None:
        return "–"
    sign = "+" if signed else ""
    return f"{value.value:{sign}.3f} ({value.low:{sign}.3f} to {value.high:{sign}.3f})"


def when(at: datetime) -> str:
    """A moment of the store (UTC) in the reader's own time zone."""
    try:
        zone: ZoneInfo | None = ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, TypeError):
        zone = None
    return at.replace(tzinfo=UTC).astimezone(zone or UTC).strftime("%Y-%m-%d %H:%M")


def score(decision: Decision) -> str:
    """What the model said when a decision was made."""
    return "" if decision.probability is None else f"{decision.probability:.0%}"


def grid(count: int, across: int = 6) -> Sequence[st.delta_generator.DeltaGenerator]:
    """Places for `count` small things, wrapping on narrow windows."""
    places: list[st.delta_generator.DeltaGenerator] = []
    for start in range(0, count, across):
        places += st.columns(across)[: min(across, count - start)]
    return places
