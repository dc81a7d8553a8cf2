"""The layout of the Hateful Memes Challenge: one JSON object a line, {id, img, text, label}, beside a folder of pictures."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from gatedclip.data.text import MAX_CHARS, clean_text, cut_off
from gatedclip.errors import ImportRejected, UploadRejected
from gatedclip.types import Label, Refusal

LABELS = {0: Label.BENIGN, 1: Label.HATEFUL}


@dataclass(frozen=True, slots=True)
class Row:
    """One meme of a dataset; its picture is not yet looked at."""

    row: int  # 1-based line
    id: str
    img: str  # as the dataset names it
    text: str  # cleaned
    label: Label | None
    data: bytes  # of the picture
    part: str = ""  # the list it came from: train, dev_seen, …


class _Refused(Exception):
    """Why one line is not taken."""


def read_hateful_memes(jsonl: bytes, images: Callable[[str], bytes | None], part: str = "") -> Iterator[Row | Refusal]:
    """Each line as a Row, or as a Refusal that says why not; blank lines are passed over.

    images: gives the bytes for a line's `img`, or None when there is no such picture. Raises ImportRejected, at once, when
    the file as a whole is empty or not UTF-8.
    """
    try:
        lines = jsonl.decode("utf-8-sig").split("\n")  # only \n: JSON strings may hold the other line breaks
    except UnicodeDecodeError as why:
        raise ImportRejected(
            f"The file is not UTF-8 text (byte {why.start}). Save it as UTF-8, one JSON object a line."
        ) from None
    if not any(line.strip() for line in lines):
        raise ImportRejected("The file holds no lines. It needs one JSON object a line, such as {id, img, text, label}.")
    return _read(lines, images, part)


def _read(lines: list[str], images: Callable[[str], bytes | None], part: str) -> Iterator[Row | Refusal]:
    seen: dict[str, int] = {}
    for row, line in enumerate(lines, 1):
        if not line.strip():
            continue
        values: dict[str, Any] = {}
        try:
            values = _values(line)
            meme = _id(values)
            if meme in seen:
                raise _Refused(f"id {meme!r} was on line {seen[meme]} already; each id may occur once.")
            img, text, label = _words(values, "img"), _text(values), _label(values)
            data = _picture(img, images)
        except _Refused as why:
            yield Refusal(row, clean_text(str(values.get("id") or values.get("img") or ""))[:80], str(why))
        else:
            seen[meme] = row
            yield Row(row, meme, img, text, label, data, part)


def _values(line: str) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        raise _Refused("The line is not JSON; one object a line is needed, such as {id, img, text, label}.") from None
    if not isinstance(values, dict):
        raise _Refused(f"The line holds a {type(values).__name__}; an object with id, img and text is needed.")
    return values


def _id(values: dict[str, Any]) -> str:
    value = values.get("id")
    if isinstance(value, bool) or not isinstance(value, int | str) or not clean_text(str(value)):
        raise _Refused(f"id is {_short(value)}; a number or a text is needed.")
    return clean_text(str(value))[:200]


def _words(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or (name == "img" and not value):
        raise _Refused(f"{name} is {_short(value)}; a text is needed.")
    return value


def _text(values: dict[str, Any]) -> str:
    """The words, cleaned; too many are refused rather than cut, so that nothing is lost unseen."""
    text = _words(values, "text")
    if more := cut_off(text):
        raise _Refused(f"text has {MAX_CHARS + more:,} characters; up to {MAX_CHARS:,} are accepted. Shorten it.")
    return clean_text(text)


def _label(values: dict[str, Any]) -> Label | None:
    value = values.get("label")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value not in LABELS:
        raise _Refused(f"label is {_short(value)}; 0 (benign), 1 (hateful) or nothing is accepted.")
    return LABELS[int(value)]


def _picture(img: str, images: Callable[[str], bytes | None]) -> bytes:
    try:
        data = images(img)
    except UploadRejected as why:
        raise _Refused(str(why)) from None
    if data is None:
        raise _Refused(f"The picture {_short(img)} is not among the files. Bring it in together with the list.")
    return data


def _short(value: object) -> str:
    return "missing" if value is None else ascii(value)[:80]
