"""What the next head learns from: the base set and every standing decision, each with its weight."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from gatedclip.types import Label

SOFT = {Label.HATEFUL: 1.0, Label.BENIGN: 0.0}  # an unsure meme teaches nothing


@dataclass(frozen=True)
class Lesson:
    """Memes to learn from, in a fixed order: base first, then decisions."""

    ids: tuple[int, ...]
    hateful: np.ndarray  # (N,) float32, 0 or 1
    weight: np.ndarray  # (N,) float32
    base: int
    decisions: int
    unsure: int  # decided unsure, left out
    leaking: int  # share a picture or text with a held-out meme, left out

    @property
    def sha256(self) -> str:
        """Identifies the data a head learned from: ids, labels and weights."""
        digest = hashlib.sha256(np.asarray(self.ids, dtype=np.int64).tobytes())
        digest.update(self.hateful.tobytes())
        digest.update(self.weight.tobytes())
        return digest.hexdigest()


def plan(
    base: list[tuple[int, Label]], decided: list[tuple[int, Label]], held_out: set[int], weight: float, cap: float
) -> Lesson:
    """The lesson from labelled base memes and decided ones, as (id, label).

    `held_out` are decided memes that share a family with validation or test. One decision counts as `weight` base memes, unless
    all decisions together would exceed the share `cap` of the whole.
    """
    sure = [(i, label) for i, label in decided if label in SOFT]
    taken = [(i, label) for i, label in sure if i not in held_out]
    rows = base + taken
    return Lesson(
        ids=tuple(i for i, _ in rows),
        hateful=np.array([SOFT[label] for _, label in rows], dtype=np.float32),
        weight=np.array([1.0] * len(base) + [decision_weight(len(base), len(taken), weight, cap)] * len(taken), dtype=np.float32),
        base=len(base),
        decisions=len(taken),
        unsure=len(decided) - len(sure),
        leaking=len(sure) - len(taken),
    )


def decision_weight(base: int, decisions: int, weight: float, cap: float) -> float:
    """How many base memes one decision counts for, so that decisions never exceed the share `cap` of the total weight."""
    if not base or not decisions or cap >= 1:
        return weight
    return min(weight, cap / (1 - cap) * base / decisions)
