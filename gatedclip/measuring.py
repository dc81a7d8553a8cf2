"""What is known about a recipe by training with it: how much another seed changes, and whether heads learn the reviewer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime

from gatedclip import curriculum
from gatedclip.config import TrainConfig
from gatedclip.engine import Engine
from gatedclip.errors import DataError
from gatedclip.judging import NOISE, SeedNoise, judged
from gatedclip.learn.lesson import Lesson
from gatedclip.learn.promotion import seed_noise
from gatedclip.learn.reviewers import HeldOutReviewers, held_out_reviewers
from gatedclip.learn.train import Examples, each_epoch, fit
from gatedclip.model.metrics import area_under
from gatedclip.retraining import examples, hateful
from gatedclip.store.memes import MemeColumns
from gatedclip.store.store import Store
from gatedclip.types import Progress, Split


def keep_seed_noise(store: Store, config: TrainConfig, seeds: Sequence[int], areas: Sequence[float], by: str) -> SeedNoise:
    """Keeps what these heads, which differ in their seed alone, show as what a change has to exceed."""
    found = SeedNoise(seed_noise([areas]), tuple(areas), by, datetime.now(UTC).replace(tzinfo=None))
    kept = {**asdict(found), "at": f"{found.at:%Y-%m-%dT%H:%M:%S}", "seeds": list(seeds), "config": config.to_dict()}
    store.settings.put(NOISE, kept)
    return found


def areas_by_seed(engine: Engine, config: TrainConfig, seeds: Sequence[int], progress: Progress) -> list[float]:
    """AUROC on the judged memes of heads that differ in their seed alone, trained on today's lesson; none is kept."""
    memes, on = curriculum.columns(engine.store, engine.encoder.demo), judged(engine)
    if not len(memes.where(Split.VALIDATION)) or not len(on):
        raise DataError("Seed noise needs validation and held-out memes. Import labelled memes for base and test first.")
    _, learn, stop = _today(engine, memes, config, progress)
    areas, vectors, labels = [], engine.embed(on.pictures, on.texts), hateful(on)
    for done, seed in enumerate(seeds):
        name = f"seed {seed}, {done + 1} of {len(seeds)}"
        fitted = fit(learn, stop, replace(config, seed=seed), each_epoch(progress, name, done, len(seeds), config))
        areas.append(area_under(labels, fitted.head(*vectors).probability.numpy()))
    return areas


def reviewer_held_out(engine: Engine, config: TrainConfig, progress: Progress) -> HeldOutReviewers:
    """Heads trained without one reviewer's decisions at a time, each judged on those, beside random parts left out."""
    memes = curriculum.columns(engine.store, engine.encoder.demo)
    who = {d.meme_id: d.reviewer for d in engine.store.decisions.standing()}
    lesson, learn, stop = _today(engine, memes, config, progress)
    reviewers = [who.get(meme_id, "") for meme_id in lesson.ids[lesson.base :]]
    return held_out_reviewers(learn, lesson.base, reviewers, stop, config, progress)


def _today(engine: Engine, memes: MemeColumns, config: TrainConfig, progress: Progress) -> tuple[Lesson, Examples, Examples]:
    """Today's lesson, the same as vectors to train on, and the validation memes that say when to stop."""
    lesson, held = curriculum.lesson(engine.store, memes, config), memes.where(Split.VALIDATION)
    learn = examples(engine, memes.of(lesson.ids), lesson.hateful, lesson.weight, config, progress)
    return lesson, learn, examples(engine, held, hateful(held), None, config, progress)
