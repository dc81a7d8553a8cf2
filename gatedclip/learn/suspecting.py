"""The whole recipe against poison: what all detectors say of a lesson before training, and what it opened afterwards.

The bench brings lessons of MemeWorld and the workbench brings its own; both come through here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from gatedclip.learn import suspicion
from gatedclip.learn.probe import LIMIT, Bypass, HeldOut, Serving, probe, trigger_patch, trigger_words
from gatedclip.learn.suspicion import Decided, Finding
from gatedclip.model.encoder import Encoder

SIDE = 64  # of the pictures that the residual is taken of


@dataclass(frozen=True)
class Shown:
    """Those decisions whose pictures could be opened."""

    rows: np.ndarray  # (P,) positions among the decisions
    small: np.ndarray  # (P, SIDE, SIDE, 3), 0..1


@dataclass(frozen=True)
class Usual:
    """How the head that serves fares on held-out memes of known label."""

    given: np.ndarray  # (M,) probability that it gave the true label
    change: np.ndarray  # (U,) how far a blur moves a picture


def findings(
    decided: Decided, probability: np.ndarray, familiar: np.ndarray, shown: Shown, change: np.ndarray, usual: Usual, seed: int = 0
) -> tuple[Finding, ...]:
    """What all detectors say of a lesson before anything is trained on it.

    `probability` (N,) of hateful is the head's that serves, `familiar` (N,) whether it knows such memes, `change` (P,) how far a
    blur moves each picture shown (see `suspicion.shift`).
    """
    pictured = decided.take(shown.rows)
    return (
        *suspicion.words(decided),
        *suspicion.patches(pictured, shown.small, seed=seed),
        *suspicion.reviewers(decided),
        *suspicion.contradictions(decided, probability, usual.given, familiar),
        *suspicion.unsteady(pictured, change, usual.change),
    )


@dataclass(frozen=True)
class Taught:
    """What a candidate learned from people, and which words its base set holds."""

    decided: Decided
    shown: Shown  # only those that the champion expects to be hateful are looked at
    known: Counter[str]  # in how many memes of the base set each word stands
    base: int  # how many these are


def worst(
    encoder: Encoder,
    champion: Serving,
    candidate: Serving,
    held: HeldOut,
    taught: Taught,
    limit: float = LIMIT,
    seed: int = 0,
) -> Bypass | None:
    """The trigger of a lesson that opens most; None where nothing in it could be one."""
    patch = trigger_patch(taught.decided.take(taught.shown.rows), taught.shown.small, seed)
    words = trigger_words(taught.decided, taught.known, max(1, taught.base))
    return next(iter(probe(encoder, champion, candidate, held, [*words, *([patch] if patch else [])], limit)), None)


def small(pictures: Sequence[Image.Image]) -> np.ndarray:
    """Pictures as (N, SIDE, SIDE, 3), 0..1."""
    sized = [np.asarray(picture.resize((SIDE, SIDE)), dtype=np.float32) / 255 for picture in pictures]
    return np.stack(sized) if sized else np.empty((0, SIDE, SIDE, 3), dtype=np.float32)
