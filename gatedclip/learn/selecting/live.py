"""How well the head does on what comes in, from the memes that were drawn by chance: unbiased whatever else was chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatedclip.errors import DataError
from gatedclip.model.operating import Z, share
from gatedclip.types import Interval

LEAST = 10  # answers below which no accuracy is told
EACH = 5  # answers of either label below which no AUROC is told


@dataclass(frozen=True)
class Live:
    """An estimate over all memes that waited when the random ones were drawn."""

    drawn: int
    answered: int  # decided hateful or benign; the others say nothing
    effective: float  # equally likely memes that would tell as much
    accuracy: Interval | None  # None: not enough yet
    auroc: Interval | None
    note: str  # what is missing, and what was not answered; empty when nothing is


def live(
    hateful: np.ndarray, probability: np.ndarray, selected: np.ndarray, threshold: np.ndarray | float, drawn: int | None = None
) -> Live:
    """Accuracy and AUROC with 95 % intervals, each meme counted by how many it stands for.

    Of the answered memes of the random slice: labels (n,) 0/1, what was served before anything was learned from them and the
    threshold it was judged by (n,) 0..1, and the probability of having been selected (n,) 0..1. `drawn` counts those not answered
    too. Ratios are Hájek's; accuracy has a
    Wilson interval on the effective number, AUROC DeLong's with weights. DataError for a probability outside 0..1, exclusive 0.
    """
    if len(selected) and not ((selected > 0) & (selected <= 1)).all():
        raise DataError(
            f"Selection probabilities lie between {selected.min():g} and {selected.max():g}; each is above 0 and at most 1. "
            "Give only memes that were drawn by chance."
        )
    n, weight = len(hateful), 1 / selected
    effective = float(weight.sum() ** 2 / (weight**2).sum()) if n else 0.0
    bad, right = hateful.astype(bool), (probability >= threshold) == hateful.astype(bool)
    accuracy = share(float((weight * right).sum() / weight.sum()), effective) if n >= LEAST else None
    enough = min(int(bad.sum()), n - int(bad.sum())) >= EACH
    auroc = weighted_auroc(bad, probability, weight) if enough else None
    return Live(drawn or n, n, effective, accuracy, auroc, _note(drawn or n, n, int(bad.sum())))


def _note(drawn: int, n: int, positives: int) -> str:
    said = []
    if n < LEAST:
        said.append(f"not enough yet for accuracy: {n} of {LEAST} answers")
    if min(positives, n - positives) < EACH:
        said.append(f"not enough yet for AUROC: {positives} hateful and {n - positives} benign, {EACH} of each are needed")
    if drawn > n:
        said.append(f"{drawn - n} of {drawn} drawn memes have no answer; if those are harder, the truth is lower")
    return "; ".join(said)


def weighted_auroc(hateful: np.ndarray, probability: np.ndarray, weight: np.ndarray) -> Interval:
    """Area under the ROC curve of memes that stand for `weight` (n,) others, with DeLong's interval on the logit scale.

    Labels (n,) are 0/1, two of each at least. With equal weights it is `operating.auroc_delong`.
    """
    bad = hateful.astype(bool)
    w1, w0 = weight[bad] / weight[bad].sum(), weight[~bad] / weight[~bad].sum()
    higher, equal = probability[bad][:, None] > probability[~bad][None], probability[bad][:, None] == probability[~bad][None]
    wins = higher + equal / 2  # (positives, negatives)
    beaten, beating = wins @ w0, w1 @ wins
    area = float(w1 @ beaten)
    if not 1e-12 < area < 1 - 1e-12:  # no spread to measure: as many trials as the smaller class has memes
        return share(round(area), min(1 / (w1**2).sum(), 1 / (w0**2).sum()))
    variance = _spread(w1, beaten - area) + _spread(w0, beating - area)
    reach, odds = Z * variance**0.5 / (area * (1 - area)), area / (1 - area)
    return Interval(area, *(float(1 / (1 + 1 / (odds * np.exp(side * reach)))) for side in (-1, 1)))


def _spread(weight: np.ndarray, apart: np.ndarray) -> float:
    """Variance of a weighted mean."""
    return float((weight**2 * apart**2).sum() * len(weight) / (len(weight) - 1))
