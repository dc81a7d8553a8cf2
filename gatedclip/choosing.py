"""What to look at next, fetched from the store and the engine; `learn.selecting` holds the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from gatedclip import curriculum
from gatedclip.config import TrainConfig
from gatedclip.engine import Engine
from gatedclip.errors import DataError
from gatedclip.explain.modality import as_long_as, drawn, picture_shares
from gatedclip.learn.committee import MEMBERS, Committee, deal, fit_committee
from gatedclip.learn.folds import EPOCHS, quick
from gatedclip.learn.lesson import SOFT, Lesson
from gatedclip.learn.selecting.batch import Choice, Decided, Mix, Waiting, choose
from gatedclip.learn.selecting.second import suspects
from gatedclip.learn.train import Examples
from gatedclip.retraining import hateful
from gatedclip.store.memes import MemeColumns
from gatedclip.types import Decision, Pick, Progress, Split

POOL = 5_000  # waiting memes that are scored; of more, so many are drawn by chance
REFERENCES = 16  # memes that stand for an absent half
RECIPE = TrainConfig(calibration="none")  # of the committee, which trains quickly


def choose_next(engine: Engine, progress: Progress, seed: int | None = None, mix: Mix | None = None) -> list[Pick]:
    """The next batch, chosen and kept: the store's queue serves it first. Seeded by its number unless a seed is given.

    Trains a committee on what a head trained now would learn from. NotFound without a head that serves, DataError where nothing
    waits for anyone or there is too little to learn from.
    """
    champion, store, mix = engine.champion(), engine.store, mix or Mix()
    seed = store.picks.number() + 1 if seed is None else seed
    memes = curriculum.columns(store, engine.encoder.demo)
    pool, waiting = _pool(engine, memes, seed)
    taught = _learn(engine, memes, seed, progress)
    progress(0.8, f"Scoring {len(pool):,} memes")
    seen, members = _waiting(engine, pool, taught)
    progress(0.9, "Choosing")
    batch = choose(seen, _decided(engine, taught, members.mean(0), mix.size), mix, seed)
    picks = [_pick(choice, len(pool), waiting, seed, champion.id) for choice in batch.choices]
    progress(1.0, f"Chose {len(picks)} memes")
    return store.picks.add(picks)


def _pool(engine: Engine, memes: MemeColumns, seed: int) -> tuple[MemeColumns, int]:
    """The waiting memes that are scored, and how many wait; those drawn to become gold are left to their two reviewers."""
    known = set(memes.ids.tolist()) - set(engine.store.settings.get(curriculum.DRAWN, []))
    ids = [meme_id for meme_id in engine.store.picks.open() if meme_id in known]
    if not ids:
        raise DataError("No meme waits that anyone may take, so there is nothing to choose from. Bring memes first.")
    some = np.sort(np.random.default_rng(seed).choice(ids, min(POOL, len(ids)), replace=False))
    return memes.of(some.tolist()), len(ids)


@dataclass(frozen=True)
class _Taught:
    """What a head trained now would learn from, and a committee that did."""

    lesson: Lesson
    memes: MemeColumns  # in its order
    data: Examples
    committee: Committee
    folds: np.ndarray  # (N,) member that never learned from it; -1 for the base set
    answers: dict[int, tuple[Decision, ...]]  # by decided meme


def _learn(engine: Engine, memes: MemeColumns, seed: int, progress: Progress) -> _Taught:
    validation = memes.where(Split.VALIDATION)
    lesson = curriculum.lesson(engine.store, memes, RECIPE)
    taught = memes.of(lesson.ids)
    data = _examples(engine, taught, lesson.hateful, lesson.weight, progress)
    held = _examples(engine, validation, hateful(validation), None, progress)
    decided = deal(taught.families[lesson.base :], MEMBERS, seed)
    folds = np.concatenate([np.full(lesson.base, -1), decided]).astype(np.int64)
    config = quick(replace(RECIPE, seed=seed), len(data))
    committee = fit_committee(data, held, config, MEMBERS, folds, lambda epoch: progress(*_say(epoch.number)))
    answers = {each.meme_id: each.answers for each in curriculum.said(engine.store, memes)}
    return _Taught(lesson, taught, data, committee, folds, answers)


def _say(epoch: int) -> tuple[float, str]:
    return 0.7 * epoch / EPOCHS + 0.1, f"Training {MEMBERS} heads, epoch {epoch} of {EPOCHS}"


def _examples(engine: Engine, memes: MemeColumns, labels: np.ndarray, weight: np.ndarray | None, progress: Progress) -> Examples:
    picture, words = engine.embed(memes.pictures, memes.texts, progress)
    return Examples(picture, words, torch.from_numpy(labels), weight=None if weight is None else torch.from_numpy(weight))


@torch.no_grad()
def _waiting(engine: Engine, pool: MemeColumns, taught: _Taught) -> tuple[Waiting, np.ndarray]:
    """The waiting memes as the head that serves and the committee see them, and what each member says, (K, N)."""
    trained = engine.head(engine.champion())
    picture, words = engine.embed(pool.pictures, pool.texts)
    out = trained.head(picture, words)
    members = taught.committee.probabilities(picture, words)
    waiting = Waiting(
        ids=pool.ids.tolist(),
        families=pool.families,
        probability=out.probability.numpy(),
        fused=out.fused.numpy(),
        threshold=trained.threshold,
        members=members,
        gate=out.gate.numpy(),
        picture_share=picture_shares(trained.head, picture, words, *_absent(trained.head.input_scale, picture, words, taught)),
    )
    return waiting, members


def _absent(scale: str, picture: Tensor, words: Tensor, taught: _Taught) -> tuple[Tensor, Tensor]:
    """Embeddings that stand for an absent half."""
    pictures, texts = drawn(taught.data.picture, REFERENCES), drawn(taught.data.words, REFERENCES)
    return (as_long_as(picture, pictures), as_long_as(words, texts)) if scale == "raw" else (pictures, texts)


@torch.no_grad()
def _decided(engine: Engine, taught: _Taught, unknown: np.ndarray, size: int) -> Decided:
    """What was decided hateful or benign, with the doubts about it; `unknown` (M,) are the committee's words on waiting memes."""
    said = [_definite(taught.answers.get(meme_id, ())) for meme_id in taught.lesson.ids]
    rows = [n for n in range(taught.lesson.base, len(said)) if said[n]]
    if not rows:
        return Decided(labels=len(said))
    picture, words = taught.data.picture[rows], taught.data.words[rows]
    left_out = taught.committee.out_of_fold(picture, words, taught.folds[rows])
    most = max(len(said[n]) for n in rows)
    answers = np.array([said[n] + [np.nan] * (most - len(said[n])) for n in rows])
    ids = [int(taught.lesson.ids[n]) for n in rows]
    wrong = engine.store.memes.wrong_reasons(ids)
    return Decided(
        ids=ids,
        hateful=taught.lesson.hateful[rows],
        left_out=left_out,
        fused=engine.head(engine.champion()).head(picture, words).fused.numpy(),
        suspects=suspects(answers, left_out, unknown, size),
        wrong_reason=[n for n, meme_id in enumerate(ids) if meme_id in wrong],
        labels=len(said),
    )


def _definite(answers: Sequence[Decision]) -> list[float]:
    """Each person's last answer that says hateful (1) or benign (0)."""
    last = {answer.reviewer: answer.label for answer in answers}
    return [SOFT[label] for label in last.values() if label in SOFT]


def _pick(choice: Choice, pool: int, waiting: int, seed: int, version_id: int) -> Pick:
    """As it is kept; what was drawn from a drawn pool was drawn from all that wait."""
    reason, chance = choice.reason, choice.probability
    if choice.strategy == "random":
        reason, chance = reason.replace(f" {pool:,} ", f" {waiting:,} "), chance * pool / waiting
    return Pick(int(choice.meme_id), choice.strategy, reason, chance, seed, version_id)
