"""What the next head learns from: the base set and every accepted decision, each with its target and its weight.

It is always the whole of both, confirmations too, and a head is always fitted to it anew: no weights are carried on from an
earlier head. So the same record gives the same lesson, going back is choosing another head, and what was erased was never there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gatedclip.config import TrainConfig
from gatedclip.types import Decision, Label

SOFT = {Label.HATEFUL: 1.0, Label.BENIGN: 0.0}
HALF = 0.5  # what an unsure answer stands for, where it is learned from at all


class Said(NamedTuple):
    """Everything people stand by about one meme."""

    meme_id: int
    answers: tuple[Decision, ...]  # oldest first
    settled: bool  # False: blind answers differ, and no lead has decided


class Taught(NamedTuple):
    """What people taught about one meme."""

    meme_id: int
    target: float | None  # probability of hateful, 0..1; None where they were unsure, which then teaches nothing
    counts: float = 1.0  # against a label given blind and on its own
    assisted: bool = False  # given after the model's view was shown
    bulk: bool = False  # given to several memes at once


@dataclass(frozen=True)
class Lesson:
    """Memes to learn from, in a fixed order: base first, then decisions."""

    ids: tuple[int, ...]
    hateful: np.ndarray  # (N,) float32: 0 or 1, or between where people split
    weight: np.ndarray  # (N,) float32
    base: int
    decisions: int
    unsure: int  # decided unsure, left out
    leaking: int  # share a picture, text or family with a held-out meme, left out
    soft: int = 0  # of the decisions: with a target between 0 and 1
    assisted: int = 0  # of the decisions: given after the model's view was shown
    bulk: int = 0  # of the decisions: given to several memes at once
    assisted_weight: float = 1.0  # what these two kinds count for against a label given blind and on its own
    bulk_weight: float = 1.0

    @property
    def sha256(self) -> str:
        """Identifies the data a head learned from: ids, targets and weights, which hold every choice made here."""
        digest = hashlib.sha256(np.asarray(self.ids, dtype=np.int64).tobytes())
        digest.update(self.hateful.tobytes())
        digest.update(self.weight.tobytes())
        return digest.hexdigest()


def consensus(said: Said, config: TrainConfig) -> Taught:
    """What the answers about one meme add up to.

    A settled meme has the label of the last decision: the lead's where people differed. Where blind answers differ and nobody has
    settled it, the target is their mean, each person's last answer weighed by how it was given; unsure is ½ of it, or left out
    of it where the config says so. The meme counts as the most independent of the answers behind its target does.
    """
    last = tuple({answer.reviewer: answer for answer in said.answers}.values())
    behind = [a for a in last if a.label is said.answers[-1].label] if said.settled else list(last)
    behind = [a for a in behind if config.unsure == "soft" or a.label in SOFT]
    if not behind:
        return Taught(said.meme_id, None)
    counts = [reliance(a, config) for a in behind]
    target = np.average([SOFT.get(a.label, HALF) for a in behind], weights=counts)  # type: ignore[arg-type]
    best = behind[int(np.argmax(counts))]
    return Taught(said.meme_id, float(target), max(counts), best.assisted, bool(best.bulk))


def reliance(answer: Decision, config: TrainConfig) -> float:
    """What an answer counts for against one given blind and on its own, 0..1; the smaller share where both kinds apply."""
    return min(config.assisted_weight if answer.assisted else 1.0, config.bulk_weight if answer.bulk else 1.0)


def with_kin(held_out: Iterable[int], families: Mapping[int, str]) -> set[int]:
    """The held-out memes and all of their families: a contrast pair, one family with both labels, is learned from whole or not
    at all, never one half from the lesson and the other from what measures it. `families` names each meme's, "" = alone."""
    held = set(held_out)
    theirs = {families[i] for i in held if families.get(i)}
    return held | {i for i, family in families.items() if family in theirs}


def plan(
    base: Sequence[tuple[int, Label]],
    decided: Sequence[Taught],
    held_out: set[int],
    weight: float,
    cap: float,
    assisted_weight: float = 1.0,
    bulk_weight: float = 1.0,
) -> Lesson:
    """The lesson from labelled base memes, as (id, label), and what people taught.

    `held_out` are decided memes that share a family with validation or test. One decision counts as `weight` base memes times its
    own `counts`, unless all decisions together would exceed the share `cap` of the whole. `assisted_weight` and `bulk_weight` are
    only noted: `counts` holds them.
    """
    sure = [(t, t.target) for t in decided if t.target is not None]
    taken = [(t, target) for t, target in sure if t.meme_id not in held_out]
    each = decision_weight(len(base), sum(t.counts for t, _ in taken), weight, cap)
    return Lesson(
        ids=(*(i for i, _ in base), *(t.meme_id for t, _ in taken)),
        hateful=np.array([SOFT[label] for _, label in base] + [target for _, target in taken], dtype=np.float32),
        weight=np.array([1.0] * len(base) + [each * t.counts for t, _ in taken], dtype=np.float32),
        base=len(base),
        decisions=len(taken),
        unsure=len(decided) - len(sure),
        leaking=len(sure) - len(taken),
        soft=sum(0 < target < 1 for _, target in taken),
        assisted=sum(t.assisted for t, _ in taken),
        bulk=sum(t.bulk for t, _ in taken),
        assisted_weight=assisted_weight,
        bulk_weight=bulk_weight,
    )


def decision_weight(base: int, decisions: float, weight: float, cap: float) -> float:
    """How many base memes one decision counts for, so that decisions never exceed the share `cap` of the total weight.

    `decisions` is their number, those that weigh less counted as the part they weigh.
    """
    if not base or not decisions or cap >= 1:
        return weight
    return min(weight, cap / (1 - cap) * base / decisions)
