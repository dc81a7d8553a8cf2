"""A candidate head against the one it would replace, on memes neither was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gatedclip.model.metrics import auroc, auroc_change, scores
from gatedclip.types import Flip, Label, Report, SliceScores


@dataclass(frozen=True)
class Said:
    """What one head says about N memes."""

    probability: np.ndarray  # (N,), 0..1
    gate: np.ndarray  # (N,), 0..1
    threshold: float


def compare(ids: Sequence[int], hateful: np.ndarray, before: Said, after: Said, slices: dict[str, np.ndarray]) -> Report:
    """The report a person reads before promoting; `hateful` (N,) is 0/1, each slice a boolean mask (N,).

    Raises DataError when the held-out memes hold one class only.
    """
    return Report(
        before=scores(hateful, before.probability, before.threshold, before.gate),
        after=scores(hateful, after.probability, after.threshold, after.gate),
        change=auroc_change(hateful, before.probability, after.probability),
        slices=tuple(_slice(name, mask, hateful, before, after) for name, mask in slices.items() if mask.any()),
        flips=flips(ids, hateful, before, after),
    )


def _slice(name: str, mask: np.ndarray, hateful: np.ndarray, before: Said, after: Said) -> SliceScores:
    y, b, a = hateful[mask], before.probability[mask], after.probability[mask]
    if not 0 < y.sum() < len(y):  # AUROC needs both classes
        return SliceScores(name, len(y), None, None, None)
    return SliceScores(name, len(y), auroc(y, b), auroc(y, a), auroc_change(y, b, a))


def flips(ids: Sequence[int], hateful: np.ndarray, before: Said, after: Said) -> tuple[Flip, ...]:
    """Memes whose predicted label changed, the largest change of probability first."""
    was, now = before.probability >= before.threshold, after.probability >= after.threshold
    changed = np.flatnonzero(was != now)
    order = changed[np.argsort(-np.abs(after.probability - before.probability)[changed], kind="stable")]
    return tuple(
        Flip(
            meme_id=ids[i],
            truth=Label.HATEFUL if hateful[i] else Label.BENIGN,
            before=float(before.probability[i]),
            after=float(after.probability[i]),
            better=bool(now[i] == bool(hateful[i])),
        )
        for i in order.tolist()
    )
