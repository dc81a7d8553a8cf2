"""How well a head does, with intervals. Everything is computed once over a whole split, never averaged over batches."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score, balanced_accuracy_score, roc_auc_score, roc_curve

from gatedclip.errors import DataError
from gatedclip.model.operating import proportion
from gatedclip.types import Interval, Scores

RESAMPLES = 1000
SEED = 0  # of the bootstrap draws


def scores(hateful: np.ndarray, probability: np.ndarray, threshold: float, gate: np.ndarray) -> Scores:
    """All figures of one split: true labels (N,) 0/1, probabilities (N,) 0..1, gates (N,) 0..1.

    Raises DataError when the split holds one class only, because AUROC is then undefined.
    """
    require_both_classes(hateful, "The memes to measure on")
    right = int(((probability >= threshold) == hateful.astype(bool)).sum())
    return Scores(
        n=len(hateful),
        positives=int(hateful.sum()),
        auroc=auroc(hateful, probability),
        accuracy=proportion(right, len(hateful)),
        average_precision=float(average_precision_score(hateful, probability)),
        calibration_error=calibration_error(hateful, probability),
        threshold=threshold,
        mean_gate=float(gate.mean()),
    )


def require_both_classes(hateful: np.ndarray, what: str) -> None:
    positives = int(hateful.sum())
    if not 0 < positives < len(hateful):
        raise DataError(
            f"{what} hold {positives} hateful and {len(hateful) - positives} benign; at least one of each is needed. "
            "Add labelled memes."
        )


def auroc(hateful: np.ndarray, probability: np.ndarray) -> Interval:
    """Area under the ROC curve with a 95 % percentile bootstrap interval."""
    low, high = _percentiles(_resampled_auroc(hateful, probability, _draws(len(hateful))))
    return Interval(float(roc_auc_score(hateful, probability)), low, high)


def area_under(hateful: np.ndarray, probability: np.ndarray) -> float:
    """The area under the ROC curve alone, 0..1, where an interval is not needed."""
    return float(roc_auc_score(hateful, probability))


def auroc_change(hateful: np.ndarray, before: np.ndarray, after: np.ndarray) -> Interval:
    """AUROC of `after` minus AUROC of `before` on the same memes, with a 95 % paired bootstrap interval."""
    draws = _draws(len(hateful))
    low, high = _percentiles(_resampled_auroc(hateful, after, draws) - _resampled_auroc(hateful, before, draws))
    return Interval(float(roc_auc_score(hateful, after) - roc_auc_score(hateful, before)), low, high)


def brier_change(hateful: np.ndarray, before: np.ndarray, after: np.ndarray) -> Interval:
    """Brier score of `after` minus that of `before` on the same memes, with a 95 % paired bootstrap interval; lower is better.

    A proper score: it is least for the true probabilities, and being a mean over memes it is not biased as binned errors are.
    """
    each = (after - hateful) ** 2 - (before - hateful) ** 2  # (N,)
    low, high = _percentiles(_draws(len(hateful)) @ each / len(hateful))
    return Interval(float(each.mean()), low, high)


def calibration_error(hateful: np.ndarray, probability: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error over equal-mass bins, 0..1."""
    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gaps = [abs(hateful[part].mean() - probability[part].mean()) * len(part) for part in parts]
    return float(sum(gaps) / len(hateful))


def best_threshold(hateful: np.ndarray, probability: np.ndarray) -> float:
    """The threshold nearest ½ whose balanced accuracy is within one standard error of the best: 0..1.

    The best itself is often decided by a single meme; where a head separates well it can lie anywhere between the classes.
    """
    require_both_classes(hateful, "The memes that choose the threshold")
    false_alarms, hits, thresholds = roc_curve(hateful, probability, drop_intermediate=False)
    balanced = (hits + 1 - false_alarms) / 2
    best = int(balanced.argmax())
    if balanced[best] <= 0.5:  # no better than chance anywhere
        return 0.5
    positives, negatives = hateful.sum(), len(hateful) - hateful.sum()
    spread = hits[best] * (1 - hits[best]) / positives + false_alarms[best] * (1 - false_alarms[best]) / negatives
    good = np.flatnonzero(balanced >= balanced[best] - np.sqrt(spread) / 2)
    # any cut in (below, above] is the same
    above, below = np.minimum(thresholds, 1.0)[good], np.append(thresholds[1:], 0.0)[good]
    cuts = np.where((below < 0.5) & (above >= 0.5), 0.5, (below + above) / 2)
    return float(cuts[np.abs(cuts - 0.5).argmin()])


def balanced_accuracy(hateful: np.ndarray, probability: np.ndarray, threshold: float) -> float:
    """Mean of the two classes' recalls at a threshold, 0..1."""
    return float(balanced_accuracy_score(hateful, probability >= threshold))


def _draws(n: int) -> np.ndarray:
    """How often each of n memes is drawn in each resample: (R, n). Seeded, so that compared heads share the draws."""
    return np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), size=RESAMPLES)


def _resampled_auroc(hateful: np.ndarray, score: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """AUROC of every resample at once, ties counted half: (R,); NaN where a resample lost one class."""
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.diff(score[order], prepend=-np.inf))  # first index of each distinct score
    positive = np.add.reduceat(draws[:, order] * hateful[order], starts, axis=1)  # (R, distinct)
    negative = np.add.reduceat(draws[:, order] * (1 - hateful[order]), starts, axis=1)
    below = negative.cumsum(axis=1) - negative / 2
    pairs = positive.sum(axis=1) * negative.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (positive * below).sum(axis=1) / pairs


def _percentiles(values: np.ndarray) -> tuple[float, float]:
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)
