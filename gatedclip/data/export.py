"""The record of decisions and tables of memes, for spreadsheets and for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    "marked_regions": lambda d, m: d.marks and d.marks.regions,
    "marked_words": lambda d, m: d.marks and d.marks.said,
    "marked_half": lambda d, m: d.marks and d.marks.rationale,
    "model_half": lambda d, m: d.reasons and d.reasons.modality,
    "region_iou": lambda d, m: d.reasons and d.reasons.iou,
    "region_energy": lambda d, m: d.reasons and d.reasons.energy,
    "word_f1": lambda d, m: d.reasons and d.reasons.f1,
    "same_half": lambda d, m: d.reasons and d.reasons.same_modality,
    "wrong_reason": lambda d, m: d.reasons and d.reasons.wrong_reason,
}
COLUMNS = tuple(_VALUES)
"""Columns of both formats, in order. Programs rely on them: add at the end, never rename."""


def decisions_csv(rows: Iterable[tuple[Decision, Meme]]) -> bytes:
    """UTF-8 CSV with a header, lists as JSON. A text that a spreadsheet would run as a formula begins with an apostrophe."""
    return _csv(COLUMNS, (_plain(decision, meme).values() for decision, meme in rows))


def decisions_jsonl(rows: Iterable[tuple[Decision, Meme]]) -> bytes:
    """One JSON object a line; every text exactly as stored."""
    return b"".join(json.dumps(_plain(decision, meme)).encode() + b"\n" for decision, meme in rows)


def table_csv(columns: Mapping[str, Sequence[Any]]) -> bytes:
    """Columns of one length as CSV, as safe to open as `decisions_csv`."""
    return _csv(columns, zip(*columns.values(), strict=True))


def table_jsonl(columns: Mapping[str, Sequence[Any]]) -> bytes:
    """The same, one JSON object a line."""
    rows = zip(*columns.values(), strict=True)
    return b"".join(json.dumps(dict(zip(columns, row, strict=True))).encode() + b"\n" for row in rows)


def _csv(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8", "replace")


def _plain(decision: Decision, meme: Meme) -> dict[str, Any]:
    return {name: _value(value(decision, meme)) for name, value in _VALUES.items()}


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_value(part) for part in value]
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, datetime) else value


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
