"""What a candidate would change: on memes that people decided, and on what waits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatedclip import curriculum
from gatedclip.engine import Engine
from gatedclip.judging import of_stored, rival
from gatedclip.learn.compare import Said, flips
from gatedclip.learn.gold import KNOWN
from gatedclip.model.operating import proportion
from gatedclip.store.memes import MemeFilter
from gatedclip.types import Flip, HeadVersion, Interval, Label, Split, Status

SHADOW, WAITING = 200, 1000  # decided memes scored again, and waiting memes looked at


@dataclass(frozen=True, slots=True)
class Shadow:
    """The last decided memes under both heads, against what people decided."""

    n: int
    learned: int  # of them the candidate learned from, which flatters it there
    changed: int  # verdicts that differ
    before: Interval | None  # share on which the head that serves agrees with people; None where none serves or n is 0
    after: Interval | None
    flips: tuple[Flip, ...]  # `truth` is what people decided


@dataclass(frozen=True, slots=True)
class QueueEffect:
    """What waits, under both heads."""

    n: int
    before: Interval | None  # share flagged as hateful; None where no head serves or nothing waits
    after: Interval | None
    changed: int  # verdicts that differ


def shadow(engine: Engine, version: HeadVersion, n: int = SHADOW) -> Shadow:
    """The last `n` memes people decided as hateful or benign, scored again by a version and by the head that serves."""
    decided = [d for d in engine.store.decisions.standing() if d.label in KNOWN][-n:] if n > 0 else []
    memes = engine.store.memes.many([d.meme_id for d in decided])
    truth = np.array([d.label is Label.HATEFUL for d in decided], dtype=np.float32)
    taught = curriculum.learned(engine.settings.versions / version.folder)
    before = rival(engine, version)
    heads = [version, *([before] if before else [])]
    after, *was = of_stored(engine, heads, [m.picture for m in memes], [m.text for m in memes])
    changed = flips([m.id for m in memes], truth, was[0], after) if was else ()
    return Shadow(
        n=len(memes),
        learned=sum(m.id in taught for m in memes),
        changed=len(changed),
        before=_agreement(truth, was[0]) if was else None,
        after=_agreement(truth, after),
        flips=changed,
    )


def _agreement(truth: np.ndarray, head: Said) -> Interval | None:
    right = (head.probability >= head.threshold) == truth.astype(bool)
    return proportion(int(right.sum()), len(right)) if len(right) else None


def queue_effect(engine: Engine, version: HeadVersion, limit: int = WAITING) -> QueueEffect:
    """Which share of the memes that wait, the `limit` oldest, a version flags and the head that serves does."""
    waiting = engine.store.memes.find(MemeFilter(split=Split.QUEUE, status=Status.WAITING), limit)
    before = rival(engine, version)
    heads = [version, *([before] if before else [])]
    told = of_stored(engine, heads, [m.picture for m in waiting], [m.text for m in waiting])
    flagged = [head.probability >= head.threshold for head in told]
    rates = [proportion(int(f.sum()), len(f)) if len(f) else None for f in flagged]
    changed = int((flagged[0] != flagged[-1]).sum())
    return QueueEffect(len(waiting), rates[1] if before else None, rates[0], changed)
