"""Receipts: each event's hash chained to the one before it, so that no event can be changed, removed or put in between unseen.

The chain has no secret key. Whoever can rewrite the whole database can rewrite the whole chain; note the newest receipt elsewhere
(`gatedclip audit verify` prints it) to notice even that. An erased event keeps its digest but loses salt and content, so the
chain still verifies and nothing of the content can be guessed back.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Link:
    """One event as the chain sees it."""

    id: int
    salt: str
    digest: str
    receipt: str
    erased: bool
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Audit:
    """What checking the record found."""

    events: int
    erased: int
    uncovered: int  # recorded before receipts were kept
    newest: str  # the newest receipt, worth noting elsewhere
    problems: tuple[str, ...]  # empty: nothing was changed behind the workbench's back

    @property
    def sound(self) -> bool:
        return not self.problems


def new_salt() -> str:
    return secrets.token_hex(16)


def digest(salt: str, content: dict[str, Any]) -> str:
    """SHA-256 of an event's content under its salt."""
    return hashlib.sha256((salt + json.dumps(content, sort_keys=True, default=_plain)).encode()).hexdigest()


def link(previous: str, digest: str) -> str:
    """The receipt that follows `previous`."""
    return hashlib.sha256((previous + digest).encode()).hexdigest()


def check(links: Iterable[Link], end: dict[str, Any] | None, what: str) -> Audit:
    """Walks a chain of `what`, oldest first, and compares where it ends with what `end` remembers."""
    events = erased = uncovered = 0
    before, problems = GENESIS, []
    for each in links:
        events += 1
        if not each.receipt and before == GENESIS:
            uncovered += 1
            continue
        erased += each.erased
        if each.receipt != link(before, each.digest):
            problems.append(f"{what} {each.id} does not follow the one before it: one was changed, removed or put in between.")
        if not each.erased and each.digest != digest(each.salt, each.content):
            problems.append(f"{what} {each.id} is not what was recorded: its content was changed.")
        before = each.receipt
    newest, count = (end or {}).get("newest", GENESIS), (end or {}).get("count", 0)
    if newest != before or count != events - uncovered:
        problems.append(
            f"The record ends after {events - uncovered} events at {before[:12]}, but {count} ending at {newest[:12]} were"
            " written: events at the end were removed or added."
        )
    return Audit(events, erased, uncovered, before, tuple(problems))


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat()
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} cannot be part of a receipt")
