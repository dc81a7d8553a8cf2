"""Memes that are both uncertain and unlike each other: k-means++ on gradient embeddings, one meme of a family."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gatedclip.learn.memory import unit
from gatedclip.learn.selecting.scores import typicality, uncertainty


def gradient_embeddings(fused: np.ndarray, probability: np.ndarray, threshold: float) -> np.ndarray:
    """What the last layer's gradient would be, were the head's own verdict the label: (N, P).

    After BADGE (Ash et al. 2020): as long as the meme is uncertain, pointing where its fused vector (N, P) points, to the other
    side for the other verdict. The residual is taken from the operating threshold instead of ½.
    """
    residual = uncertainty(probability, threshold) / 2 * np.where(probability >= threshold, 1.0, -1.0)
    return residual[:, None] * unit(fused)


def spread(
    vectors: np.ndarray, families: Sequence[str], free: np.ndarray, n: int, rng: np.random.Generator
) -> list[tuple[int, float]]:
    """At most `n` rows by k-means++ and the probability each was drawn with, given those before it.

    A row is drawn in proportion to its squared distance from the nearest row drawn so far, the first from 0, so that memes
    without a gradient are not drawn at all. `free` (N,) says which may be; a drawn meme takes its family with it.
    """
    open_ = free.copy()
    chosen: list[tuple[int, float]] = []
    distance = (vectors**2).sum(1)  # (N,) squared
    while len(chosen) < n:
        mass = np.where(open_, distance, 0.0)
        total = mass.sum()
        if total <= 1e-12:
            break
        row = int(rng.choice(len(mass), p=mass / total))
        chosen.append((row, float(mass[row] / total)))
        close(open_, families, row)
        distance = np.minimum(distance, ((vectors - vectors[row]) ** 2).sum(1))
    return chosen


def typical(fused: np.ndarray, labelled: np.ndarray, families: Sequence[str], free: np.ndarray, n: int) -> list[int]:
    """At most `n` free rows, each the densest of those that lie far from the labelled (L, P) and from the rows before it.

    Density is weighed against distance by their product, which is the idea of TypiClust without a number of clusters to choose.
    """
    vectors, density = unit(fused), typicality(fused)
    reach = np.full(len(vectors), 2.0)  # distance to the nearest labelled meme; 2 is the farthest on the sphere
    for row in unit(labelled) if len(labelled) else ():
        reach = np.minimum(reach, np.linalg.norm(vectors - row, axis=1))
    open_ = free.copy()
    chosen: list[int] = []
    while len(chosen) < n and open_.any():
        row = int(np.where(open_, density * reach, -1.0).argmax())
        chosen.append(row)
        close(open_, families, row)
        reach = np.minimum(reach, np.linalg.norm(vectors - vectors[row], axis=1))
    return chosen


def close(free: np.ndarray, families: Sequence[str], row: int) -> None:
    """Takes a meme and its family out of those that are free; an empty family is a meme alone."""
    free[row] = False
    if families[row]:
        free[[other for other, family in enumerate(families) if family == families[row]]] = False
