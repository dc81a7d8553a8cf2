"""What a threshold does to memes with known labels: rates, curves, costs, and whether the probabilities mean what they say.

Labels are (N,) 0/1, 1 = hateful; probabilities (N,) 0..1. Loads nothing heavy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from gatedclip.errors import DataError
from gatedclip.types import Interval

COLDEST, HOTTEST = 0.05, 20.0
"""Least and largest temperature."""

Aim = Literal["recall", "precision", "cost"]
"""What a threshold is chosen for: a share of the hateful found, a share of the flagged that is hateful, or least cost."""

Z = 1.959963984540054  # half the width of a 95 % interval, in standard errors


def proportion(hits: int, n: int) -> Interval:
    """hits / n, of at least one, with its 95 % Wilson interval, which stays within 0..1 also at the ends."""
    return share(hits / n, n)


def share(p: float, n: float) -> Interval:
    """A share `p` of `n` memes, which may be an effective number, with its 95 % Wilson interval."""
    z2 = Z * Z / n
    middle, reach = p + z2 / 2, Z * (p * (1 - p) / n + z2 / (4 * n)) ** 0.5
    return Interval(p, max(0.0, (middle - reach) / (1 + z2)), min(1.0, (middle + reach) / (1 + z2)))


def _rate(hits: int, n: int) -> Interval | None:
    """None where there is nothing to be a share of."""
    return proportion(hits, n) if n else None


@dataclass(frozen=True, slots=True)
class Confusion:
    """How many memes fell where at one threshold; a meme is flagged when its probability reaches it."""

    threshold: float
    found: int  # hateful and flagged
    missed: int  # hateful and not flagged
    alarms: int  # benign and flagged
    cleared: int  # benign and not flagged

    @property
    def n(self) -> int:
        return self.found + self.missed + self.alarms + self.cleared

    @property
    def recall(self) -> Interval | None:
        """Share of the hateful that are flagged; None when there are none."""
        return _rate(self.found, self.found + self.missed)

    @property
    def false_alarm_rate(self) -> Interval | None:
        """Share of the benign that are flagged."""
        return _rate(self.alarms, self.alarms + self.cleared)

    @property
    def precision(self) -> Interval | None:
        """Share of the flagged that are hateful."""
        return _rate(self.found, self.found + self.alarms)

    @property
    def accuracy(self) -> Interval | None:
        return _rate(self.found + self.cleared, self.n)

    def cost(self, miss: float) -> float:
        """Expected cost of one meme, in false alarms, when a missed hateful meme costs as much as `miss` of them."""
        return (miss * self.missed + self.alarms) / self.n


@dataclass(frozen=True, slots=True)
class Cuts:
    """Every threshold that tells two memes apart, highest first, with what it flags; the first flags nothing."""

    thresholds: np.ndarray  # (C,), the first is inf
    found: np.ndarray  # (C,) hateful memes at or above
    alarms: np.ndarray  # (C,) benign memes at or above
    positives: int
    negatives: int

    @property
    def recall(self) -> np.ndarray:
        return self.found / self.positives

    @property
    def false_alarm_rate(self) -> np.ndarray:
        return self.alarms / self.negatives

    @property
    def precision(self) -> np.ndarray:
        """(C,), 1 where nothing is flagged."""
        flagged = self.found + self.alarms
        return np.where(flagged > 0, self.found / np.maximum(flagged, 1), 1.0)

    def cost(self, miss: float) -> np.ndarray:
        """(C,) expected cost of one meme, in false alarms; see Confusion.cost."""
        return (miss * (self.positives - self.found) + self.alarms) / (self.positives + self.negatives)

    def cheapest(self, miss: float) -> float:
        """The threshold 0..1 of least cost, half-way to the next meme below; of equally cheap ones the nearest ½."""
        cost = self.cost(miss)
        best = np.flatnonzero(np.isclose(cost, cost.min(), rtol=0, atol=1e-12))
        above = np.minimum(self.thresholds, 1.0)  # a cut in (below, above] flags the same memes
        below = np.append(self.thresholds[1:], 0.0)
        middle = (above + below)[best] / 2
        return float(middle[np.abs(middle - 0.5).argmin()])

    def between(self, cut: int) -> float:
        """The threshold 0..1 of one cut, half-way to the next meme below; it flags the same memes."""
        below = self.thresholds[cut + 1] if cut + 1 < len(self.thresholds) else 0.0
        return float((min(self.thresholds[cut], 1.0) + below) / 2)


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Memes of about the same probability."""

    n: int
    said: float  # mean probability
    true: Interval  # share that is hateful


def auroc_delong(hateful: np.ndarray, probability: np.ndarray) -> Interval:
    """Area under the ROC curve with DeLong's 95 % interval, on the logit scale so that it stays within 0..1; of both classes.

    No resampling: for many slices at once, where a bootstrap of each would take seconds.
    """
    bad = hateful.astype(bool)
    rank, positives, negatives = _midranks(probability), int(bad.sum()), int((~bad).sum())
    beaten = (rank[bad] - _midranks(probability[bad])) / negatives  # share of the benign below each hateful meme
    beating = 1 - (rank[~bad] - _midranks(probability[~bad])) / positives  # share of the hateful above each benign one
    area = float(beaten.mean())
    if not 0 < area < 1:  # no spread to measure; as many trials as the smaller class has memes is the cautious view
        few = min(positives, negatives)
        return proportion(round(area * few), few)
    variance = beaten.var(ddof=1) / positives + beating.var(ddof=1) / negatives
    reach = Z * variance**0.5 / (area * (1 - area))
    odds = area / (1 - area)
    return Interval(area, *(float(1 / (1 + 1 / (odds * np.exp(side * reach)))) for side in (-1, 1)))


def _midranks(values: np.ndarray) -> np.ndarray:
    """1-based ranks (N,), equal values sharing their mean rank."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (counts.cumsum() - (counts - 1) / 2)[place]


def confusion(hateful: np.ndarray, probability: np.ndarray, threshold: float) -> Confusion:
    flagged, bad = probability >= threshold, hateful.astype(bool)
    return Confusion(
        threshold=threshold,
        found=int((flagged & bad).sum()),
        missed=int((~flagged & bad).sum()),
        alarms=int((flagged & ~bad).sum()),
        cleared=int((~flagged & ~bad).sum()),
    )


def cuts(hateful: np.ndarray, probability: np.ndarray) -> Cuts:
    """All thresholds at once, for ROC, precision-recall and cost; memes with the same probability are never cut apart."""
    order = np.argsort(-probability, kind="stable")
    scores, bad = probability[order], hateful[order].astype(bool)
    last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)  # the last meme of each distinct score
    found, flagged = bad.cumsum()[last], last + 1
    return Cuts(
        thresholds=np.concatenate([[np.inf], scores[last]]),
        found=np.concatenate([[0], found]),
        alarms=np.concatenate([[0], flagged - found]),
        positives=int(bad.sum()),
        negatives=int((~bad).sum()),
    )


def calibration(hateful: np.ndarray, probability: np.ndarray, bins: int = 10) -> list[CalibrationBin]:
    """Equal-mass bins, lowest probability first; fewer than `bins` where there are fewer memes."""
    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return [
        CalibrationBin(len(part), float(probability[part].mean()), proportion(int(hateful[part].sum()), len(part)))
        for part in parts
    ]


def threshold_for(aim: Aim, value: float, hateful: np.ndarray, probability: np.ndarray) -> float:
    """The threshold 0..1 that reaches an aim on these memes of both classes, half-way to the next meme.

    `recall`: the highest at which at least the share `value` of the hateful is flagged. `precision`: the lowest from which on at
    least the share `value` of the flagged is hateful. `cost`: the cheapest where a miss costs as much as `value` false alarms.
    Raises DataError where no threshold reaches a precision, with the best there is.
    """
    every = cuts(hateful, probability)
    if aim == "cost":
        return every.cheapest(value)
    if aim == "recall":
        return every.between(int(np.flatnonzero(every.recall >= value - 1e-12)[0]))
    reached = np.flatnonzero(every.precision[1:] >= value - 1e-12) + 1  # the first cut flags nothing
    if not len(reached):
        raise DataError(
            f"No threshold makes {value:.3f} of the flagged memes hateful; the best on {len(hateful):,} validation memes is "
            f"{every.precision[1:].max():.3f}. Ask for less, or train a better head."
        )
    return every.between(int(reached[-1]))


def temperature_for(hateful: np.ndarray, margin: np.ndarray) -> float:
    """The T at which sigmoid(margin / T) is likeliest for memes of known labels: labels (N,) 0/1 of both classes, margins (N,).

    After Guo et al. 2017, with Platt's (1999) softened targets, which keep T away from 0 where few memes are told apart without
    a mistake. The likelihood has one peak in 1/T, so a search along one line finds it.
    """
    from scipy.optimize import minimize_scalar

    positives, negatives = hateful.sum(), len(hateful) - hateful.sum()
    targets = np.where(hateful.astype(bool), (positives + 1) / (positives + 2), 1 / (negatives + 2))

    def loss(log_t: float) -> float:
        z = margin.astype(np.float64) / np.exp(log_t)
        return float(np.mean(np.logaddexp(0, z) - targets * z))

    found = minimize_scalar(loss, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))
