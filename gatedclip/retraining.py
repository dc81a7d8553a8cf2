"""One retraining from start to end: embed the lesson, fit a head, measure it against the champion, keep it as a candidate."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

import numpy as np
import torch
from torch import Tensor

from gatedclip import curriculum, jobs
from gatedclip.config import TrainConfig
from gatedclip.engine import Engine
from gatedclip.errors import DataError
from gatedclip.learn.compare import Said, compare
from gatedclip.learn.finish import finish
from gatedclip.learn.lesson import Lesson
from gatedclip.learn.train import Epoch, Examples, fit
from gatedclip.model import checkpoint
from gatedclip.model.checkpoint import TrainedHead
from gatedclip.model.metrics import scores
from gatedclip.store.memes import MemeColumns
from gatedclip.types import NEW_THEMES, HeadVersion, Label, Progress, Report, Scores, Split


def unwatched(epoch: Epoch) -> None:
    """An epoch that nobody watches."""


def retrain(
    engine: Engine, config: TrainConfig, by: str, progress: Progress, on_epoch: Callable[[Epoch], None] = unwatched
) -> HeadVersion:
    """A new candidate from base and decisions, measured against the champion on held-out memes.

    Raises DataError when there is too little to learn from, no validation meme, or gold among what would be learned.
    """
    tidy(engine)
    memes = curriculum.columns(engine.store, engine.encoder.demo)
    lesson = curriculum.lesson(engine.store, memes, config)
    curriculum.require_no_gold(engine.store, memes, lesson)
    validation = memes.where(Split.VALIDATION)
    if not len(validation):
        raise DataError("No validation memes: they choose when to stop. Import labelled memes into the base set first.")
    trained = train(engine, lesson, memes.of(lesson.ids), validation, config, progress, on_epoch)
    return _keep(engine, trained, lesson, by, memes)


def tidy(engine: Engine, now: datetime | None = None) -> None:
    """Removes what processes that died left of versions that never came to be; a folder this database never began stays."""
    left = engine.store.versions.abandoned(jobs.alive, now)
    for folder in left:
        checkpoint.remove(engine.settings.versions / folder)
    engine.store.versions.forget(left)


def train(
    engine: Engine,
    lesson: Lesson,
    learn: MemeColumns,
    validation: MemeColumns,
    config: TrainConfig,
    progress: Progress,
    on_epoch: Callable[[Epoch], None] = unwatched,
) -> TrainedHead:
    """The head of a lesson, whose memes `learn` are in its order; the same lesson, validation and config give the same bytes."""
    taught = examples(engine, learn, lesson.hateful, lesson.weight, config, progress)
    held = examples(engine, validation, hateful(validation), None, config, progress)

    def told(epoch: Epoch) -> None:
        on_epoch(epoch)
        progress(epoch.number / config.epochs, _say(epoch, config))

    fitted = fit(taught, held, config, told)
    return finish(fitted, taught, held, lesson, config, engine.encoder.identity)


def _say(epoch: Epoch, config: TrainConfig) -> str:
    return f"epoch {epoch.number} of {config.epochs}: loss {epoch.loss:.3f}, validation AUROC {epoch.auroc:.3f}"


def examples(
    engine: Engine, memes: MemeColumns, labels: np.ndarray, weight: np.ndarray | None, config: TrainConfig, progress: Progress
) -> Examples:
    """Memes as vectors to train on, the mirrored pictures too where the recipe flips."""
    picture, words = engine.embed(memes.pictures, memes.texts, progress)
    mirrored = engine.mirrored(memes.pictures, progress) if config.flip else None
    weights = None if weight is None else torch.from_numpy(weight)
    return Examples(picture, words, torch.from_numpy(labels), mirrored, weights)


def _keep(engine: Engine, trained: TrainedHead, lesson: Lesson, by: str, memes: MemeColumns) -> HeadVersion:
    parent = engine.store.versions.champion()
    test, report = measure(engine, parent, trained, memes)
    folder = uuid.uuid4().hex
    engine.store.versions.begin(folder, os.getpid())
    checkpoint.save(trained, engine.settings.versions / folder)
    curriculum.keep(lesson, memes, memes.where(Split.VALIDATION), engine.settings.versions / folder)
    told = trained.provenance
    metrics = {name: told[name] for name in ("validation", "best_epoch", "epochs", "seconds")}
    return engine.store.versions.add(
        parent_id=parent.id if parent else None,
        kind=trained.head.kind,
        encoder=trained.encoder,
        folder=folder,
        created_by=by,
        config=told["config"],
        data={**told["data"], **{name: getattr(lesson, name) for name in ("unsure", "leaking", "soft", "assisted", "bulk")}},
        metrics=metrics | ({"test": asdict(test)} if test else {}),
        report=asdict(report) if report else {},
    )


def measure(
    engine: Engine, parent: HeadVersion | None, trained: TrainedHead, memes: MemeColumns
) -> tuple[Scores | None, Report | None]:
    """A head on the test memes, alone and against its parent; None without test memes, or without a parent on this encoder."""
    test = memes.where(Split.TEST)
    if not len(test):
        return None, None
    vectors, labels = engine.embed(test.pictures, test.texts), hateful(test)
    after = said(trained, *vectors)
    alone = scores(labels, after.probability, after.threshold, after.gate)
    if parent is None or parent.encoder != trained.encoder:
        return alone, None
    before = said(engine.head(parent), *vectors)
    return alone, compare(test.ids.tolist(), labels, before, after, slices(test, memes))


def hateful(memes: MemeColumns) -> np.ndarray:
    """The labels memes came with, as (N,) float32 0/1."""
    return np.array([given == Label.HATEFUL for given in memes.given], dtype=np.float32)


def slices(test: MemeColumns, memes: MemeColumns) -> dict[str, np.ndarray]:
    """Named parts of the test memes as masks (N,): themes no base meme has, what decides, each theme."""
    themes, truths = np.array(test.themes), np.array(test.truths)
    taught = set(memes.where(Split.TRAIN).themes)
    found = {NEW_THEMES: np.array([theme not in taught for theme in test.themes])}
    found |= {f"decided by {truth}": truths == truth for truth in dict.fromkeys(test.truths) if truth}
    return found | {f"theme {theme}": themes == theme for theme in sorted(set(test.themes)) if theme}


@torch.no_grad()
def said(trained: TrainedHead, picture: Tensor, words: Tensor) -> Said:
    """What a head says about memes given as raw embeddings (N, D_I), (N, D_T)."""
    out = trained.head(picture, words)
    return Said(out.probability.numpy(), out.gate.numpy(), trained.threshold)
