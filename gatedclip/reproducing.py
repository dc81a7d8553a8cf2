"""Training a version again from what lies beside it, to show that it is what it is said to be."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import numpy as np

from gatedclip import curriculum
from gatedclip.config import TrainConfig
from gatedclip.engine import Engine
from gatedclip.errors import DataError
from gatedclip.learn.lesson import Lesson
from gatedclip.model import checkpoint
from gatedclip.retraining import train
from gatedclip.store.memes import MemeColumns
from gatedclip.types import HeadVersion, Label, Progress, Split


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What training a version again gave."""

    equal: bool  # weights, and the memes it is familiar with, byte by byte; threshold and temperature too
    before: str  # SHA-256 of the weights as kept
    after: str  # and as trained now
    packages: tuple[str, ...]  # whose version is another now, as "name: then → now"

    @property
    def sentence(self) -> str:
        if self.equal:
            return f"trained again, the same byte by byte. Weights {self.before[:16]}."
        why = f" Other versions now: {', '.join(self.packages)}." if self.packages else " The packages are the same."
        return f"trained again, not the same: weights {self.before[:16]} then, {self.after[:16]} now.{why}"


def reproduce(engine: Engine, version: HeadVersion, progress: Progress) -> Reproduction:
    """Trains from the kept lesson and compares the bytes; nothing is kept.

    Raises DataError when the lesson was not kept, or a meme of it was erased or is another now; CheckpointError when the version
    belongs to another encoder.
    """
    folder = engine.settings.versions / version.folder
    trained = engine.head(version)
    told = curriculum.kept(folder)
    if told is None:
        raise DataError(
            f"{version.name} came without its lesson, so it cannot be trained again: it shipped with the project, or is from "
            "before lessons were kept whole."
        )
    learn, validation = (
        _memes(engine, told["ids"], told["contents"]),
        _memes(engine, told["validation"], told["validation_contents"]),
    )
    validation = replace(validation, given=tuple(Label(label) for label in told["validation_labels"]))
    again = train(engine, _lesson(told), learn, validation, TrainConfig.from_dict(version.config), progress)
    with tempfile.TemporaryDirectory() as draft:
        checkpoint.save(again, Path(draft) / "again")
        before, after = checkpoint.hashes(folder), checkpoint.hashes(Path(draft) / "again")
    files = (checkpoint.WEIGHTS, checkpoint.FAMILIAR)
    same = all(before[name] == after[name] for name in files)
    same &= (trained.threshold, trained.temperature) == (again.threshold, again.temperature)
    return Reproduction(same, before[checkpoint.WEIGHTS], after[checkpoint.WEIGHTS], _other(trained.provenance))


def _lesson(told: dict[str, Any]) -> Lesson:
    ids, base = tuple(told["ids"]), told["base"]
    hateful, weight = (np.array(told[name], dtype=np.float32) for name in ("hateful", "weight"))
    return Lesson(ids, hateful, weight, base, len(ids) - base, unsure=0, leaking=0)


def _memes(engine: Engine, ids: list[int], contents: list[str]) -> MemeColumns:
    """These memes in this order, just as they were; DataError otherwise."""
    every = engine.store.memes.all_keys().and_(engine.store.memes.all_keys(Split.GOLD))
    gone = sorted(set(ids) - set(every.ids.tolist()))
    if gone:
        raise DataError(f"{len(gone)} memes it learned from are gone (first: {gone[:5]}): erased memes are in no training again.")
    memes = every.of(ids)
    other = [i for i, now, then in zip(ids, curriculum.contents(memes), contents, strict=True) if now != then]
    if other:
        raise DataError(f"{len(other)} memes it learned from have other words now (first: {other[:5]}).")
    return memes


def _other(provenance: dict[str, Any]) -> tuple[str, ...]:
    then = provenance.get("packages", {})
    return tuple(f"{name}: {was} → {now}" for name, was in sorted(then.items()) if (now := installed(name)) != was)
