"""The record of decisions, for spreadsheets and for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import Enum
from typing import Any

from gatedclip.types import Decision, Meme

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run

_VALUES: dict[str, Callable[[Decision, Meme], Any]] = {
    "decision_id": lambda d, m: d.id,
    "at": lambda d, m: d.at,
    "reviewer": lambda d, m: d.reviewer,
    "action": lambda d, m: d.action,
    "label": lambda d, m: d.label,
    "undone": lambda d, m: d.undone,
    "undoes": lambda d, m: d.undoes,
    "note": lambda d, m: d.note,
    "meme_id": lambda d, m: d.meme_id,
    "name": lambda d, m: m.name,
    "source": lambda d, m: m.source,
    "split": lambda d, m: m.split,
    "text": lambda d, m: m.text,
    "machine_text": lambda d, m: m.machine_text,
    "picture": lambda d, m: m.picture,
    "given_label": lambda d, m: m.given,
    "current_label": lambda d, m: m.label,
    "version": lambda d, m: d.version_id,
    "probability": lambda d, m: d.probability,
    "threshold": lambda d, m: d.threshold,
    "gate": lambda d, m: d.gate,
    "assisted": lambda d, m: d.assisted,
    "revealed": lambda d, m: d.revealed,
    "seconds": lambda d, m: d.seconds,
}
COLUMNS = tuple(_VALUES)
"""Columns of both formats, in order. Programs rely on them: add at the end, never rename."""


def decisions_csv(rows: Iterable[tuple[Decision, Meme]]) -> bytes:
    """UTF-8 CSV with a header. A text that a spreadsheet would run as a formula begins with an apostrophe."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(value) for value in _plain(decision, meme).values()] for decision, meme in rows)
    return out.getvalue().encode("utf-8", "replace")


def decisions_jsonl(rows: Iterable[tuple[Decision, Meme]]) -> bytes:
    """One JSON object a line; every text exactly as stored."""
    return b"".join(json.dumps(_plain(decision, meme)).encode() + b"\n" for decision, meme in rows)


def _plain(decision: Decision, meme: Meme) -> dict[str, Any]:
    return {name: _value(value(decision, meme)) for name, value in _VALUES.items()}


def _value(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, datetime) else value


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
