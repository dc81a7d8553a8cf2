"""Memes that share a picture or a text belong together: no split may cut them apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from gatedclip.data.text import fingerprint
from gatedclip.errors import DataError


def families(pictures: Sequence[str], texts: Sequence[str]) -> list[int]:
    """The family of each meme, numbered from 0 in order of first appearance.

    Two memes are linked by an equal picture key or an equal fingerprint of their texts, and families are what is linked
    over any number of steps. A text without letters or digits links nothing.
    """
    parent = list(range(len(pictures)))

    def root(meme: int) -> int:
        while parent[meme] != meme:
            parent[meme] = meme = parent[parent[meme]]
        return meme

    first: dict[tuple[str, str], int] = {}
    for meme, (picture, text) in enumerate(zip(pictures, texts, strict=True)):
        for link in (("picture", picture), ("text", fingerprint(text))):
            if link[1]:
                parent[root(meme)] = root(first.setdefault(link, meme))
    number: dict[int, int] = {}
    return [number.setdefault(root(meme), len(number)) for meme in range(len(parent))]


def split_by_family(of: Sequence[int], fractions: Sequence[float], seed: int) -> list[np.ndarray]:
    """Indices of the memes in each part, sorted: the same for the same seed, and no family in two parts.

    Parts come as close to `fractions` as whole families allow. Raises DataError unless the fractions are ≥ 0 and add up to 1.
    """
    if min(fractions, default=-1) < 0 or abs(sum(fractions) - 1) > 1e-6:
        raise DataError(f"The parts are {list(fractions)}; fractions of at least 0 that add up to 1 are needed.")
    sizes = Counter(of)
    lacking = np.array(fractions, dtype=float) * len(of)
    part = {}
    for family in np.random.default_rng(seed).permutation(sorted(sizes)).tolist():
        part[family] = int(np.argmax(lacking))
        lacking[part[family]] -= sizes[family]
    parts = np.array([part[family] for family in of], dtype=int)
    return [np.flatnonzero(parts == index) for index in range(len(fractions))]
