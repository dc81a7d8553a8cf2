"""How much one look at a meme would tell, each score one rule on arrays: the higher, the sooner."""

from __future__ import annotations

import numpy as np
from sklearn.neighbors import NearestNeighbors

from gatedclip.learn.memory import unit

APART = 0.2  # gate and Shapley share on different sides and this far apart contradict each other
NEAREST = 20  # neighbours that say how typical a meme is


def uncertainty(probability: np.ndarray, threshold: float) -> np.ndarray:
    """How near calibrated probabilities (N,) lie to the operating threshold: (N,), 1 on it, 0 at probability 0 or 1."""
    below, above = max(threshold, 1e-9), max(1 - threshold, 1e-9)
    apart = np.where(probability < threshold, (threshold - probability) / below, (probability - threshold) / above)
    return 1 - np.clip(apart, 0.0, 1.0)


def gate_conflict(gate: np.ndarray, picture_share: np.ndarray) -> np.ndarray:
    """How far gate and Shapley share, both (N,) 0..1 towards the picture, contradict each other: (N,), 0 where they agree."""
    apart = np.abs(gate - picture_share)
    return np.where(((gate >= 0.5) != (picture_share >= 0.5)) & (apart >= APART), apart, 0.0)


def wrong_reason(fused: np.ndarray, wrong: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest of the memes (W, P) that the head judged right for the wrong reason, and its cosine: (N,), (N,) -1..1.

    A head that went by the wrong thing once goes by it again where memes are alike to it. Without such memes cosines are 0.
    """
    if not len(wrong):
        return np.zeros(len(fused), dtype=np.int64), np.zeros(len(fused))
    cosine = unit(fused) @ unit(wrong).T  # (N, W)
    return cosine.argmax(1), cosine.max(1)


def typicality(fused: np.ndarray, nearest: int = NEAREST) -> np.ndarray:
    """1 / mean distance to the nearest memes, on unit vectors (N, P): (N,), high where memes are dense.

    With few labels these teach more than uncertain ones (Hacohen, Dekel and Weinshall 2022).
    """
    if len(fused) < 2:
        return np.ones(len(fused))
    vectors = unit(fused)
    found = NearestNeighbors(n_neighbors=min(nearest, len(fused) - 1)).fit(vectors)
    distances, _ = found.kneighbors()
    return 1 / (distances.mean(1) + 1e-6)
