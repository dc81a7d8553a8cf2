"""The audit before training, fetched from the store and the engine; `learn.audit` holds the rules."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from gatedclip import curriculum, suspecting
from gatedclip.config import TrainConfig
from gatedclip.engine import Engine
from gatedclip.errors import DataError
from gatedclip.learn import audit
from gatedclip.learn.audit import Finding
from gatedclip.learn.folds import out_of_fold
from gatedclip.learn.lesson import Lesson, Said
from gatedclip.learn.train import Examples
from gatedclip.store.memes import MemeColumns
from gatedclip.types import Progress


def examine(engine: Engine, config: TrainConfig, progress: Progress) -> tuple[Finding, ...]:
    """Everything found in what a head trained now would learn from, the gravest first; takes about as long as half a training.

    Looks for label errors only where both labels have families enough, for poison only where a head serves, and notes where not.
    """
    memes = curriculum.columns(engine.store, engine.encoder.demo)
    lesson = curriculum.lesson(engine.store, memes, config)
    taught = memes.of(lesson.ids)
    material = curriculum.material(taught)
    told = curriculum.said(engine.store, memes)
    found = audit.gold_in_training(material, curriculum.gold(engine.store))
    found += suspecting.suspicions(engine, memes, told, lesson, config.seed, progress)
    found += audit.conflicting_duplicates(material, lesson.hateful)
    found += audit.one_voice(_voices(told, lesson))
    found += audit.balance(lesson.hateful, _slices(taught, lesson))
    found += _errors(engine, taught, lesson, config, progress)
    progress(1.0, "Audited")
    return audit.by_severity(found)


def _errors(engine: Engine, taught: MemeColumns, lesson: Lesson, config: TrainConfig, progress: Progress) -> list[Finding]:
    picture, words = engine.embed(taught.pictures, taught.texts, progress)
    data = Examples(picture, words, torch.from_numpy(lesson.hateful), weight=torch.from_numpy(lesson.weight))
    try:
        probability = out_of_fold(data, taught.families, config, progress)
    except DataError as error:
        return [Finding("suspected error", "note", str(error))]
    return audit.suspected_errors(lesson.ids, lesson.hateful, probability, lesson.base)


def _voices(told: Sequence[Said], lesson: Lesson) -> list[str]:
    """Who gave the label of each decided meme that is learned from; where people split, each of them."""
    learned = set(lesson.ids[lesson.base :])
    return [
        name
        for each in told
        if each.meme_id in learned
        for name in ([each.answers[-1].reviewer] if each.settled else sorted({answer.reviewer for answer in each.answers}))
    ]


def _slices(taught: MemeColumns, lesson: Lesson) -> dict[str, np.ndarray]:
    """Named parts of the lesson as masks (N,): decisions, each theme, each source."""
    parts = {"decisions": np.arange(len(taught)) >= lesson.base}
    for what, column in (("theme", taught.themes), ("source", taught.sources)):
        values = np.array(column)
        parts |= {f"{what} {value}": values == value for value in sorted(set(column)) if value}
    return parts
