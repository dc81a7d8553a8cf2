"""Whether two pictures are the same to the eye: PDQ hashes of the picture as it is and with its caption painted away.

PDQ (Facebook, 2019) keeps 256 bits of a picture's coarse shape and says how much shape there was, 0..100. Copies differ in a few
bits. A caption moves many, so the picture is hashed a second time with every piece of writing filled from its surroundings: then
other words on the same picture stay near.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

import numpy as np
from PIL import Image, ImageDraw

from gatedclip.data import ocr
from gatedclip.data.text import fingerprint
from gatedclip.types import Likeness

NEAR = (32, 40)
"""Bits of 256 up to which two hashes are of one picture, for whole pictures and for those without their writing.

Chosen on MemeWorld so that of 240 scenes with another main thing under the same words, whose label may differ, one is taken for a
copy. `gatedclip bench duplicates` measures what that finds and mistakes.
"""

FEATURED = 50
"""Quality from which a hash is compared at all: PDQ's own advice. Below, plain surfaces resemble one another."""

GROWN = 0.15  # of a box's height, added on each side: outlines and shadows of letters reach beyond it
CHUNK = 16  # pictures compared with all others at once: 50 MB with 100,000 stored


class Relation(StrEnum):
    """What one meme is to another."""

    EXACT = "exact"  # same file, same words
    DUPLICATE = "duplicate"  # same picture to the eye, same words
    FAMILY = "family"  # same picture, other words
    UNRELATED = "unrelated"


def boxes(jpeg: bytes) -> np.ndarray:
    """Where writing stands on a picture: (N, 4, 2) corners in pixels."""
    return ocr.look(jpeg).boxes


def likeness_of(jpeg: bytes, find: Callable[[bytes], np.ndarray] = boxes) -> Likeness:
    """The hashes of a picture; `find` gives the (N, 4, 2) boxes of its writing and is not asked about a featureless picture."""
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as opened:
        pixels = np.asarray(opened.convert("RGB"))  # (H, W, 3)
    whole, mirrored, quality = _hashed(pixels)
    if quality < FEATURED:
        return Likeness(whole * 2, mirrored * 2, (quality, quality))
    bare, bare_mirrored, bare_quality = _hashed(without_writing(pixels, find(jpeg)))
    return Likeness(whole + bare, mirrored + bare_mirrored, (quality, bare_quality))


def _hashed(pixels: np.ndarray) -> tuple[bytes, bytes, int]:
    """PDQ of a picture and of its mirror image, 32 bytes each, and the quality, 0..100."""
    import pdqhash

    upright, quality = pdqhash.compute(np.ascontiguousarray(pixels))
    mirrored, _ = pdqhash.compute(np.ascontiguousarray(pixels[:, ::-1]))
    return np.packbits(upright.astype(bool)).tobytes(), np.packbits(mirrored.astype(bool)).tobytes(), int(quality)


# --- painting the caption away ------------------------------------------------------------------------------------


def without_writing(pixels: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """The picture (H, W, 3) with what lies in the boxes (N, 4, 2) filled from around them."""
    if not len(corners):
        return pixels
    mask = Image.new("1", (pixels.shape[1], pixels.shape[0]), 1)
    canvas = ImageDraw.Draw(mask)
    for box in corners:
        (left, top), (right, bottom) = box.min(0), box.max(0)
        grown = GROWN * (bottom - top)
        canvas.rectangle((left - grown, top - grown, right + grown, bottom + grown), fill=0)
    return _filled(pixels.astype(np.float32), np.asarray(mask)).round().astype(np.uint8)


def _filled(pixels: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Unknown pixels take the mean of the known ones in the smallest 2×2, 4×4, 8×8 … cell that holds any; grey when none are."""
    if known.all():
        return pixels
    if not known.any():
        return np.full_like(pixels, 127)
    height, width = known.shape
    pad = ((0, height % 2), (0, width % 2))
    sums = _by_cell(np.pad(np.where(known[..., None], pixels, 0), (*pad, (0, 0))))
    counts = _by_cell(np.pad(known.astype(np.float32), pad)[..., None])  # (H/2, W/2, 1)
    coarse = _filled(sums / np.maximum(counts, 1), counts[..., 0] > 0)
    return np.where(known[..., None], pixels, coarse.repeat(2, 0).repeat(2, 1)[:height, :width])


def _by_cell(values: np.ndarray) -> np.ndarray:
    """Sums over cells of 2×2 pixels: (H, W, C) to (H/2, W/2, C)."""
    height, width, channels = values.shape
    return values.reshape(height // 2, 2, width // 2, 2, channels).sum((1, 3))


# --- comparing ----------------------------------------------------------------------------------------------------


def distances(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Bits in which each of `some` (M, 32) uint8 differs from each of `others` (N, 32): (M, N), 0..256."""
    a, b = (np.ascontiguousarray(hashes).view(np.uint64) for hashes in (some, others))  # (M, 4), (N, 4)
    return np.bitwise_count(a[:, None] ^ b[None]).sum(-1, dtype=np.uint16)


def near(some: Sequence[Likeness], others: Sequence[Likeness], within: tuple[int, int] = NEAR) -> Iterator[list[int]]:
    """For each of `some` the positions in `others` of the same picture, mirrored or not, whatever is written on it.

    Exact: every pair is compared, hashes of low quality excepted.
    """
    stored, good = _stacked(others, "upright")
    for start in range(0, len(some), CHUNK):
        same = np.zeros((len(some[start : start + CHUNK]), len(others)), dtype=bool)
        for seen in ("upright", "mirrored"):
            asked, worth = _stacked(some[start : start + CHUNK], seen)
            for part in (0, 1):  # whole, bare
                close = distances(asked[:, part], stored[:, part]) <= within[part]
                same |= close & worth[:, None, part] & good[None, :, part]
        yield from (np.flatnonzero(row).tolist() for row in same)


def clusters(likenesses: Sequence[Likeness]) -> list[int]:
    """A number for each picture, the same for pictures that are near over any number of steps."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    if not likenesses:
        return []
    pairs = [(n, other) for n, found in enumerate(near(likenesses, likenesses)) for other in found]
    rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    links = csr_array((np.ones(len(rows), dtype=bool), (rows, columns)), shape=(len(likenesses), len(likenesses)))
    return connected_components(links, directed=False)[1].tolist()


def _stacked(likenesses: Sequence[Likeness], seen: str) -> tuple[np.ndarray, np.ndarray]:
    """Hashes (N, 2, 32) uint8 of whole and bare, and which of them (N, 2) are good enough to compare."""
    hashes = np.frombuffer(b"".join(getattr(one, seen) for one in likenesses), np.uint8).reshape(-1, 2, 32)
    return hashes, np.array([one.qualities for one in likenesses]).reshape(-1, 2) >= FEATURED


def same_words(one: str, other: str) -> bool:
    """Whether two texts differ only in case, spacing, punctuation or emoji; texts of emoji alone must be equal."""
    a, b = fingerprint(one), fingerprint(other)
    return a == b if a or b else one == other


def relation(same_file: bool, same_picture: bool, one: str, other: str) -> Relation:
    """What two memes with the texts `one` and `other` are to each other."""
    if not (same_file or same_picture):
        return Relation.UNRELATED
    if not same_words(one, other):
        return Relation.FAMILY
    return Relation.EXACT if same_file else Relation.DUPLICATE
