"""An attribution, or how far to trust one, as bytes that can be kept, and back, without pickle."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np

from gatedclip.errors import DataError
from gatedclip.types import Attribution, Interval, Trust, Word


def to_bytes(attribution: Attribution) -> bytes:
    """The attribution as UTF-8 JSON; every number survives exactly."""
    return json.dumps({**asdict(attribution), "patches": attribution.patches.tolist()}, allow_nan=False).encode()


def from_bytes(content: bytes) -> Attribution:
    """The attribution that `to_bytes` packed. Raises DataError for anything else."""
    try:
        values = json.loads(content)
        values["patches"] = np.asarray(values["patches"], dtype=np.float32)
        values["words"] = tuple(Word(**word) for word in values["words"])
        values["frame"] = tuple(values["frame"])
        return Attribution(**values)
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"A kept explanation of {len(content)} bytes is damaged ({error}). Explain the meme again.") from error


def trust_to_bytes(trust: Trust) -> bytes:
    """The trust as UTF-8 JSON; every number survives exactly."""
    return json.dumps(asdict(trust), allow_nan=False).encode()


def trust_from_bytes(content: bytes) -> Trust:
    """The trust that `trust_to_bytes` packed. Raises DataError for anything else."""
    try:
        values = json.loads(content)
        values["chance"] = values["chance"] and Interval(**values["chance"])
        values["reasons"] = tuple(values["reasons"])
        return Trust(**values)
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"A kept trust of {len(content)} bytes is damaged ({error}). Explain the meme again.") from error


def document(attribution: Attribution, trust: Trust | None, about: dict[str, Any]) -> bytes:
    """An attribution to hand on: what it is about, all its fields, and how far to trust it, as UTF-8 JSON for people too."""
    values = {**about, **json.loads(to_bytes(attribution)), "trust": None if trust is None else asdict(trust)}
    return json.dumps(values, allow_nan=False, ensure_ascii=False, indent=1).encode()
