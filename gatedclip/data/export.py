"""The record of decisions and tables of memes, for spreadsheets and for programs; and the record read back from them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from typing import Any, Literal, get_args

from gatedclip.data.hateful_memes import LABELS
from gatedclip.errors import ImportRejected
from gatedclip.types import Action, Decision, Label, Meme, Recorded, marks_from, reasons_from

Form = Literal["csv", "jsonl", "parquet", "hateful-memes"]
"""The record as CSV, JSONL or Parquet, or the decided memes with their pictures in the Hateful Memes layout, zipped."""

FORMS: tuple[str, ...] = get_args(Form)
RECORDS = ("csv", "jsonl", "parquet")  # forms that hold every event, and can be read back

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")  # what a spreadsheet would run

Kind = Literal["number", "fraction", "truth", "words", "word", "moment", "regions", "list", "object"]
"""What a column holds: an int, float, bool, text, a text or nothing, a moment in UTC, or lists and objects, which CSV holds as
JSON. All but "words" and "truth" may be nothing."""

_COLUMNS: dict[str, tuple[Kind, Callable[[Decision, Meme], Any]]] = {
    "decision_id": ("number", lambda d, m: d.id),
    "at": ("moment", lambda d, m: d.at),
    "reviewer": ("words", lambda d, m: d.reviewer),
    "action": ("words", lambda d, m: d.action),
    "label": ("word", lambda d, m: d.label),
    "undone": ("truth", lambda d, m: d.undone),
    "undoes": ("number", lambda d, m: d.undoes),
    "note": ("words", lambda d, m: d.note),
    "meme_id": ("number", lambda d, m: d.meme_id),
    "name": ("words", lambda d, m: m.name),
    "source": ("words", lambda d, m: m.source),
    "split": ("words", lambda d, m: m.split),
    "text": ("words", lambda d, m: m.text),
    "machine_text": ("words", lambda d, m: m.machine_text),
    "picture": ("words", lambda d, m: m.picture),
    "given_label": ("word", lambda d, m: m.given),
    "current_label": ("word", lambda d, m: m.label),
    "version": ("number", lambda d, m: d.version_id),
    "probability": ("fraction", lambda d, m: d.probability),
    "threshold": ("fraction", lambda d, m: d.threshold),
    "gate": ("fraction", lambda d, m: d.gate),
    "assisted": ("truth", lambda d, m: d.assisted),
    "revealed": ("truth", lambda d, m: d.revealed),
    "seconds": ("fraction", lambda d, m: d.seconds),
    "marked_regions": ("regions", lambda d, m: d.marks.regions if d.marks else None),
    "marked_words": ("list", lambda d, m: d.marks.said if d.marks else None),
    "marked_half": ("word", lambda d, m: d.marks.rationale if d.marks else None),
    "model_half": ("word", lambda d, m: d.reasons and d.reasons.modality),
    "region_iou": ("fraction", lambda d, m: d.reasons and d.reasons.iou),
    "region_energy": ("fraction", lambda d, m: d.reasons and d.reasons.energy),
    "word_f1": ("fraction", lambda d, m: d.reasons and d.reasons.f1),
    "same_half": ("object", lambda d, m: d.reasons and d.reasons.same_modality),
    "wrong_reason": ("object", lambda d, m: d.reasons and d.reasons.wrong_reason),
    "policy_version": ("number", lambda d, m: d.policy_id),
    "tags": ("object", lambda d, m: d.tags),
    "confidence": ("fraction", lambda d, m: d.confidence),
    "previous_label": ("word", lambda d, m: d.previous),
    "adjudicates": ("truth", lambda d, m: d.adjudicates),
    "bulk": ("words", lambda d, m: d.bulk),
    "key": ("words", lambda d, m: d.key),
    "receipt": ("words", lambda d, m: d.receipt),
    "erased": ("truth", lambda d, m: d.erased),
    "marks": ("object", lambda d, m: None if d.marks is None else asdict(d.marks)),
    "reasons": ("object", lambda d, m: d.reasons and asdict(d.reasons)),
    "answers": ("number", lambda d, m: m.answers),
}
COLUMNS = tuple(_COLUMNS)
"""Columns of all forms, in order. Programs rely on them: add at the end, never rename."""

_SAME = (
    "meme_id", "reviewer", "assisted", "revealed", "note", "probability", "gate", "threshold", "seconds", "undoes", "key", "tags",
    "confidence", "adjudicates", "bulk", "receipt", "erased", "undone",
)  # fmt: skip
"""Fields of a decision that are columns of the same name and value."""


# --- out ----------------------------------------------------------------------------------------------------------


def decisions_csv(rows: Iterable[tuple[Decision, Meme]]) -> bytes:
    """UTF-8 CSV with a header, lists as JSON. A text that a spreadsheet would run as a formula begins with an apostrophe."""
    return _csv(COLUMNS, (_plain(decision, meme).values() for decision, meme in rows))


def decisions_jsonl(rows: Iterable[tuple[Decision, Meme]]) -> bytes:
    """One JSON object a line; every text exactly as stored."""
    return b"".join(json.dumps(_plain(decision, meme)).encode() + b"\n" for decision, meme in rows)


def decisions_parquet(rows: Iterable[tuple[Decision, Meme]]) -> bytes:
    """The same as a Parquet file, each column with its type; objects as JSON."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        "number": pa.int64(), "fraction": pa.float64(), "truth": pa.bool_(), "words": pa.string(), "word": pa.string(),
        "moment": pa.timestamp("us", "UTC"), "regions": pa.list_(pa.list_(pa.float64())), "list": pa.list_(pa.string()),
        "object": pa.string(),
    }  # fmt: skip
    lines = [[_typed(kind, _value(get(*row))) for kind, get in _COLUMNS.values()] for row in rows]
    columns = zip(*lines, strict=True) if lines else [()] * len(COLUMNS)
    arrays = [pa.array(values, types[kind]) for values, (kind, _) in zip(columns, _COLUMNS.values(), strict=True)]
    out = io.BytesIO()
    pq.write_table(pa.table(arrays, names=list(COLUMNS)), out)
    return out.getvalue()


def hateful_memes_zip(memes: Iterable[Meme], picture: Callable[[str], bytes]) -> bytes:
    """The memes decided as hateful or benign in the Hateful Memes layout, zipped: memes.jsonl and a picture each."""
    numbers = {label: number for number, label in LABELS.items()}
    out, lines = io.BytesIO(), []
    with zipfile.ZipFile(out, "w") as archive:  # JPEGs do not get smaller
        for meme in memes:
            if meme.label in numbers:
                img = f"img/{meme.id}.jpg"
                archive.writestr(img, picture(meme.picture))
                lines.append(json.dumps({"id": meme.id, "img": img, "label": numbers[meme.label], "text": meme.text}))
        archive.writestr("memes.jsonl", "\n".join(lines))
    return out.getvalue()


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
    return {name: _value(get(decision, meme)) for name, (_, get) in _COLUMNS.items()}


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_value(part) for part in value]
    if isinstance(value, dict):
        return {name: _value(part) for name, part in value.items()}
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, datetime) else value


def _typed(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    if kind == "moment":
        return datetime.fromisoformat(value)
    return json.dumps(value) if kind == "object" else value


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return f"'{value}" if isinstance(value, str) and _runs(value) else value


def _runs(text: str) -> bool:
    """Whether a spreadsheet would run it; also with apostrophes before, so that reading back can take one away."""
    return text.lstrip("'").startswith(_FORMULA)


# --- back ---------------------------------------------------------------------------------------------------------


def read_rows(data: bytes, form: Form) -> list[dict[str, Any]]:
    """The rows of an exported CSV, JSONL or Parquet file, the same plain values whatever the form.

    ImportRejected when it is no such file; columns of earlier versions that are not there are left out.
    """
    try:
        return {"csv": _rows_csv, "jsonl": _rows_jsonl, "parquet": _rows_parquet}[form](data)
    except (ValueError, KeyError, csv.Error) as why:  # pyarrow's errors are ValueErrors too
        raise ImportRejected(f"This is no {form} file of decisions: {str(why)[:200]}. Export it again.") from None


def read_record(data: bytes, form: Form) -> list[Recorded]:
    """The events of an exported file with all their fields, in its order, and the picture and words of each one's meme."""
    try:
        rows = read_rows(data, form)
        return [Recorded(_decision(row), row["picture"], row["text"], row.get("answers") or 1) for row in rows]
    except (KeyError, ValueError, TypeError) as why:
        raise ImportRejected(
            f"A row of this {form} file is no event: {type(why).__name__}, {str(why)[:200]}. Export it again."
        ) from None


def _rows_csv(data: bytes) -> list[dict[str, Any]]:
    lines = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    return [{name: _from_cell(_COLUMNS[name][0], cell) for name, cell in line.items()} for line in lines]


def _rows_jsonl(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.split(b"\n") if line]


def _rows_parquet(data: bytes) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    rows = pq.read_table(io.BytesIO(data)).to_pylist()
    return [{name: _from_typed(_COLUMNS[name][0], value) for name, value in row.items()} for row in rows]


def _from_cell(kind: Kind, cell: str) -> Any:
    if kind in ("words", "word"):
        text = cell[1:] if cell.startswith("'") and _runs(cell) else cell
        return text if text or kind == "words" else None
    if not cell:
        return None
    if kind == "moment":
        return cell
    return {"number": int, "fraction": float}.get(kind, json.loads)(cell)


def _from_typed(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    if kind == "moment":
        return value.isoformat()
    return json.loads(value) if kind == "object" else value


def _decision(row: Mapping[str, Any]) -> Decision:
    def label(name: str) -> Label | None:
        return Label(row[name]) if row[name] else None

    return Decision(
        action=Action(row["action"]),
        label=label("label"),
        version_id=row["version"],
        policy_id=row["policy_version"],
        previous=label("previous_label"),
        marks=marks_from(row["marks"]) if row["marks"] else None,
        reasons=reasons_from(row["reasons"]) if row["reasons"] else None,
        id=row["decision_id"],
        at=datetime.fromisoformat(row["at"]),
        **{name: row[name] for name in _SAME},
    )
