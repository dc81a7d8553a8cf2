"""A fitted head made ready to serve: with the memes it is familiar with, and with where it came from."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version

import numpy as np

from gatedclip.config import TrainConfig
from gatedclip.learn.lesson import Lesson
from gatedclip.learn.train import Examples, Fit
from gatedclip.model.checkpoint import TrainedHead
from gatedclip.model.familiar import MEMES, Familiar

PACKAGES = ("torch", "open_clip_torch", "safetensors", "numpy")


def finish(fitted: Fit, train: Examples, held: Examples, lesson: Lesson, config: TrainConfig, encoder: str) -> TrainedHead:
    """The head as it is kept and served. `train` are the lesson's memes in its order, `held` the validation memes."""
    sample = np.random.default_rng(config.seed).choice(lesson.base, min(lesson.base, MEMES), replace=False)
    decided = np.arange(lesson.base, len(train))
    known = train.take(np.concatenate([np.sort(sample), decided]))  # a sample of the base, and every decision
    familiar = Familiar.fit(known.picture, known.words, held.picture, held.words)
    provenance = {
        "config": config.to_dict(),
        "data": {"base": lesson.base, "decisions": lesson.decisions, "sha256": lesson.sha256},
        "best_epoch": fitted.best,
        "epochs": [asdict(epoch) for epoch in fitted.epochs],
        "validation": asdict(fitted.validation),
        "seconds": round(fitted.seconds, 2),
        "packages": {name: version(name) for name in PACKAGES},
    }
    return TrainedHead(fitted.head, encoder, fitted.threshold, familiar, provenance)
