"""Does a head learn the reviewer? What it says of one person's decisions without having learned from that person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from gatedclip.config import TrainConfig
from gatedclip.errors import DataError
from gatedclip.learn.train import Examples, each_epoch, fit
from gatedclip.model.metrics import auroc, auroc_change, require_both_classes
from gatedclip.types import Interval, Progress

LEAST = 5  # decisions of one person below which they are left with the others


@dataclass(frozen=True, slots=True)
class HeldOutReviewer:
    """AUROC on one person's decisions; None where they gave one label."""

    name: str
    decisions: int
    normal: Interval | None  # by heads that learned from their other decisions
    held: Interval | None  # by a head that learned from none of theirs


@dataclass(frozen=True, slots=True)
class HeldOutReviewers:
    """AUROC on decisions that were left out of training, against what their reviewers said."""

    normal: Interval  # left out at random: their reviewers' other decisions were learned from
    held: Interval  # left out by reviewer
    change: Interval  # held minus normal, on the same memes; clearly below 0 where the head learns the reviewer
    reviewers: tuple[HeldOutReviewer, ...]

    @property
    def sentence(self) -> str:
        """Whether the head learns the reviewer, in a sentence."""
        n = sum(each.decisions for each in self.reviewers)
        change = f"{self.change.value:+.3f} (95 %: {self.change.low:+.3f} to {self.change.high:+.3f})"
        if self.change.high < 0:
            return (
                f"The head learns the reviewer: without a person's decisions the AUROC on them changes by {change}, "
                f"on {n:,} decisions."
            )
        return (
            f"It does not show that the head learns the reviewer: without a person's decisions the AUROC on them changes by "
            f"{change}, on {n:,} decisions. An effect smaller than that interval would not be seen."
        )


def held_out_reviewers(
    data: Examples, base: int, reviewers: Sequence[str], stop: Examples, config: TrainConfig, progress: Progress
) -> HeldOutReviewers:
    """One head per reviewer, trained without their decisions, and as many with random parts of the same sizes left out.

    `data` holds `base` base memes, then the decided ones with their `reviewers`; `stop` chooses the epoch. DataError below two
    reviewers of enough decisions, or when all of theirs have one label.
    """
    counts = Counter(reviewers)
    names = sorted(name for name, n in counts.items() if n >= LEAST)
    if len(names) < 2:
        raise DataError(f"{len(names)} people have {LEAST} decisions or more to learn from; at least two are needed.")
    who = np.array(reviewers)
    rows = np.flatnonzero(np.isin(who, names))
    mine = [np.flatnonzero(who == name) for name in names]
    shuffled = np.random.default_rng(config.seed).permutation(rows)
    random = np.split(shuffled, np.cumsum([len(part) for part in mine])[:-1])
    labels = data.labels[base:]
    require_both_classes(labels[rows], "The decisions that are left out in turn")
    held = _left_out(data, base, mine, stop, config, lambda f, m: progress(f / 2, m))
    normal = _left_out(data, base, random, stop, config, lambda f, m: progress((1 + f) / 2, m))
    each = tuple(
        HeldOutReviewer(name, len(part), _area(labels[part], normal[part]), _area(labels[part], held[part]))
        for name, part in zip(names, mine, strict=True)
    )
    y = labels[rows]
    return HeldOutReviewers(auroc(y, normal[rows]), auroc(y, held[rows]), auroc_change(y, normal[rows], held[rows]), each)


def _left_out(
    data: Examples, base: int, parts: Sequence[np.ndarray], stop: Examples, config: TrainConfig, progress: Progress
) -> np.ndarray:
    """What heads say of the decided memes (M,) they have not learned from; NaN for those in no part."""
    said = np.full(len(data) - base, np.nan)
    for n, part in enumerate(parts):
        others = np.setdiff1d(np.arange(len(data)), part + base)
        name = f"left out: {n + 1} of {len(parts)}"
        fitted = fit(data.take(others), stop, config, each_epoch(progress, name, n, len(parts), config))
        with torch.no_grad():
            asked = data.take(part + base)
            said[part] = fitted.head(asked.picture, asked.words).probability.numpy()
    return said


def _area(labels: np.ndarray, said: np.ndarray) -> Interval | None:
    return auroc(labels, said) if 0 < labels.sum() < len(labels) else None
