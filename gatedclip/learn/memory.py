"""Correction memory: what people decided about memes that lie near acts at once, before any head is trained anew.

A meme is compared with every decided one by the cosine of their fused vectors, exactly, and the nearest vote by rank and
similarity (after RGCL, Mei et al., ACL 2024). The head's probability is then mixed with the vote. A vote reaches as far as its
neighbours are alike: far from everything decided, the head speaks alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from sklearn.metrics import roc_auc_score

from gatedclip.errors import DataError
from gatedclip.model.metrics import require_both_classes

MIXES = tuple(n / 10 for n in range(11))  # 0 switches the memory off
FLOORS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95)  # cosines below which a decided meme is no neighbour
NEIGHBOURS = (5, 20)
SPOILS = 0.01  # how much worse the Brier score on validation memes may become


@dataclass(frozen=True)
class Memory:
    """Decided memes as the head that serves sees them."""

    vectors: np.ndarray  # (N, P), unit rows; see `unit`
    hateful: np.ndarray  # (N,), 0..1: what people decided
    ids: tuple[int, ...]

    def __post_init__(self) -> None:
        sizes = {len(self.vectors), len(self.hateful), len(self.ids)}
        if len(sizes) > 1:
            raise DataError(f"A memory came in columns of {sorted(sizes)} rows; give one vector, label and id for each meme.")


@dataclass(frozen=True)
class Setting:
    """How the memory speaks: stored with the version it was chosen for."""

    mix: float = 0.0  # weight of a vote whose neighbours are all identical to the meme, 0..1
    floor: float = 0.0  # cosine below which a decided meme is no neighbour, 0..1
    neighbours: int = 20


@dataclass(frozen=True)
class Recalled:
    """What the memory says about B memes."""

    vote: np.ndarray  # (B,), -1 benign .. 1 hateful
    reach: np.ndarray  # (B,), 0..1: how alike the neighbours are; |vote| is never larger
    rows: np.ndarray  # (B, K) of the memory, the nearest first: the reason
    similarity: np.ndarray  # (B, K), cosine


@dataclass(frozen=True)
class Choice:
    """The setting that did best, and what each did."""

    setting: Setting
    brier: float  # of the mixed probabilities, mean of validation and decided memes; lower is better
    without: float  # of the head alone
    tried: tuple[tuple[Setting, float], ...]  # every setting that spoils little, with its Brier score


@dataclass(frozen=True)
class Effect:
    """What a memory did to N memes of known label: the head alone, then with it."""

    n: int
    brier: tuple[float, float]
    auroc: tuple[float, float]
    accuracy: tuple[float, float]


def effect(hateful: np.ndarray, alone: tuple[np.ndarray, float], moved: tuple[np.ndarray, float]) -> Effect:
    """The effect on memes of labels (N,) 0/1 of both classes, each head as its probabilities (N,) and its threshold."""
    squares = [float(np.mean((probability - hateful) ** 2)) for probability, _ in (alone, moved)]
    areas = [float(roc_auc_score(hateful, probability)) for probability, _ in (alone, moved)]
    right = [float(((probability >= cut) == hateful.astype(bool)).mean()) for probability, cut in (alone, moved)]
    return Effect(len(hateful), (squares[0], squares[1]), (areas[0], areas[1]), (right[0], right[1]))


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows (N, P) at length 1; a row of zeros stays one, and is like nothing."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(length > 0, length, 1.0)


def recall(memory: Memory, query: np.ndarray, setting: Setting, apart: np.ndarray | None = None) -> Recalled:
    """What the nearest decided memes say about each of the unit vectors `query` (B, P).

    The k-th of K neighbours counts K + 1 - k times its cosine above the floor, as a share of what is left above it. `apart`
    (B, N) is true where a decided meme may not speak about a queried one: itself and its family, when decided memes are asked.
    """
    cosine = query @ memory.vectors.T  # (B, N), -1..1
    if apart is not None:
        cosine = np.where(apart, -1.0, cosine)
    k = min(setting.neighbours, len(memory.ids))
    rows = np.argsort(-cosine, axis=1, kind="stable")[:, :k]
    similarity = np.take_along_axis(cosine, rows, axis=1)
    rank = np.arange(k, 0, -1.0)
    alike = np.clip((similarity - setting.floor) / max(1 - setting.floor, 1e-6), 0, 1) * rank / max(rank.sum(), 1.0)  # (B, K)
    vote = (alike * (2 * memory.hateful[rows] - 1)).sum(axis=1)
    return Recalled(vote, alike.sum(axis=1), rows, similarity)


def mixed(probability: np.ndarray, recalled: Recalled, mix: float) -> np.ndarray:
    """The head's probability (B,) moved towards the vote, by at most `mix`: (B,), 0..1.

    (1 - mix · reach) · head + mix · reach · memory, with memory = ½ (1 + vote / reach). With mix 0 it is the head's own.
    """
    return probability * (1 - mix * recalled.reach) + mix * (recalled.reach + recalled.vote) / 2


def choose(
    memory: Memory,
    query: np.ndarray,
    probability: np.ndarray,
    hateful: np.ndarray,
    known: np.ndarray,
    apart: np.ndarray | None = None,
) -> Choice:
    """The setting whose mixed probabilities have the lowest Brier score on memes of known label; off where none beats the head.

    `query` (B, P) unit vectors, `probability` (B,) of the head, `hateful` (B,) 0/1; `apart` as in `recall`. `known` (B,) are the
    validation memes, which show what a memory spoils: there the score may rise by SPOILS at most. The others are the decided
    memes, each asked without its family: validation holds nothing of what only decisions are about. Both have the same say,
    however many they are. Of equals the smaller mix wins.

    Not the AUROC: it takes no notice of votes that move many scores across the threshold as long as their order stays, and the
    settings it prefers cost several times as much on what the head knew (docs/memory.md). Raises DataError when either kind
    holds one class only.
    """
    for part in (known, ~known):
        require_both_classes(hateful[part], "The memes that choose the mix")

    def brier(said: np.ndarray) -> tuple[float, float]:
        squares = (said - hateful) ** 2
        return float(squares[known].mean()), float(squares[~known].mean())

    alone = brier(probability)
    tried = [(Setting(), sum(alone) / 2)]
    for floor, neighbours in product(FLOORS, NEIGHBOURS):
        recalled = recall(memory, query, Setting(0.0, floor, neighbours), apart)
        scores = [(Setting(mix, floor, neighbours), brier(mixed(probability, recalled, mix))) for mix in MIXES[1:]]
        tried += [(setting, sum(both) / 2) for setting, both in scores if both[0] <= alone[0] + SPOILS]
    best, score = min(sorted(tried, key=lambda each: each[0].mix), key=lambda each: each[1])
    return Choice(best, score, tried[0][1], tuple(tried))


def kin(ids: Sequence[int], families: Sequence[str], of: Memory, memory_families: Sequence[str]) -> np.ndarray:
    """Which decided memes are a queried one or of its family: (B, N) bool, as `recall` takes it; "" is no family."""
    same = np.asarray(ids)[:, None] == np.asarray(of.ids)[None]
    mine, theirs = np.asarray(families, dtype=object), np.asarray(memory_families, dtype=object)
    return same | ((mine[:, None] == theirs[None]) & (mine[:, None] != ""))
