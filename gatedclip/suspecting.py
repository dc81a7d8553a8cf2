"""What looks like poison in what was decided, and what a candidate learned of it, fetched from the store and the engine.

`learn.suspecting` holds the recipe. What is expected is what the head that serves says: a decision it has learned is no surprise
to it, so poison is found before it goes live and not after.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from PIL import Image

from gatedclip import curriculum
from gatedclip.engine import BATCH, Engine
from gatedclip.errors import CheckpointError, NotFound
from gatedclip.learn import audit
from gatedclip.learn.audit import Finding
from gatedclip.learn.gold import KNOWN
from gatedclip.learn.lesson import Lesson, Said
from gatedclip.learn.probe import MEMES, RULE, HeldOut
from gatedclip.learn.suspecting import Shown, Taught, Usual, findings, small, worst
from gatedclip.learn.suspicion import Decided, shift, words_of
from gatedclip.model.checkpoint import TrainedHead
from gatedclip.model.heads import Head
from gatedclip.store.memes import MemeColumns
from gatedclip.types import HeadVersion, Label, Passed, Progress, Ruling, Split

MOST = 2000  # newest decisions that are looked at: every picture is opened, and encoded twice
USUAL = 400  # validation memes that tell how far a blur usually moves a picture
FLIPS = 3  # fewer flips leave no residual picture, so no picture has to be opened for it
NOTHING = Shown(np.empty(0, dtype=np.int64), small([]))


# --- before training ------------------------------------------------------------------------------------------------


def suspicions(
    engine: Engine, memes: MemeColumns, told: Sequence[Said], lesson: Lesson, seed: int, progress: Progress
) -> list[Finding]:
    """Warnings of what in the settled decisions of a lesson looks like poison against the head that serves; a note where none can
    be asked, or not of everything."""
    answers = _settled(told, lesson)
    if not answers:
        return []
    try:
        trained = engine.head(engine.champion())
    except (NotFound, CheckpointError) as error:
        return [Finding("poison", "note", f"Nothing decided was held against what a head expects. {error}")]
    newest = answers[-MOST:]
    taught, held = memes.of([each.meme_id for each in newest]), memes.where(Split.VALIDATION)
    hateful = np.array([each.answers[-1].label is Label.HATEFUL for each in newest])
    reviewers = [each.answers[-1].reviewer for each in newest]
    decided, probability, familiar = _decided(engine, trained, taught, hateful, reviewers)
    shown, change = _shown(engine, trained.head, taught.pictures, _part(progress, 0.0, 0.6), "decided")
    usual = _usual(engine, trained, held, seed, _part(progress, 0.6, 1.0))
    found = findings(decided, probability, familiar, shown, change, usual, seed)
    return [*audit.suspected_poison(found), *_left_out(len(answers), len(newest), len(shown.rows), len(held))]


def _settled(told: Sequence[Said], lesson: Lesson) -> list[Said]:
    """What people agree on and a head would learn, the newest last; where they split there is no one label to ask about."""
    learned = set(lesson.ids[lesson.base :])
    return [each for each in told if each.settled and each.meme_id in learned and each.answers[-1].label in KNOWN]


def _decided(
    engine: Engine, trained: TrainedHead, memes: MemeColumns, hateful: np.ndarray, reviewers: Sequence[str]
) -> tuple[Decided, np.ndarray, np.ndarray]:
    """Decisions as detectors ask about them, the head's probability of hateful (N,), and which memes it is familiar with (N,)."""
    vectors = engine.embed(memes.pictures, memes.texts)
    probability = _probability(trained, *vectors)
    words = tuple(words_of(text) for text in memes.texts)
    decided = Decided(tuple(memes.ids.tolist()), hateful, probability >= trained.threshold, tuple(reviewers), words)
    return decided, probability, trained.familiar.novelty(*vectors).numpy() <= 1


@torch.no_grad()
def _probability(trained: TrainedHead, picture: torch.Tensor, words: torch.Tensor) -> np.ndarray:
    return trained.head(picture, words).probability.numpy()


def _usual(engine: Engine, trained: TrainedHead, held: MemeColumns, seed: int, progress: Progress) -> Usual:
    probability = _probability(trained, *engine.embed(held.pictures, held.texts)) if len(held) else np.empty(0)
    true = np.array([given is Label.HATEFUL for given in held.given], dtype=bool)
    rows = np.random.default_rng(seed).permutation(len(held))[:USUAL].tolist()
    _, change = _shown(engine, trained.head, [held.pictures[row] for row in rows], progress, "validation")
    return Usual(np.where(true, probability, 1 - probability), change)


def _shown(engine: Engine, head: Head, keys: Sequence[str], progress: Progress, what: str) -> tuple[Shown, np.ndarray]:
    """The pictures that can be opened, small, and how far a blur moves each: (P,). A few at a time, as they are large."""
    rows: list[int] = []
    little, change = [small([])], [np.empty(0)]
    for start in range(0, len(keys), BATCH):
        progress(start / len(keys), f"Looking for poison, {what} picture {start + 1:,} of {len(keys):,}")
        opened = _opened(engine, dict(enumerate(keys[start : start + BATCH], start)))
        if opened:
            rows += opened
            little.append(small(list(opened.values())))
            change.append(shift(engine.encoder, head, engine.encoder.pixels(list(opened.values()))))
    return Shown(np.array(rows, dtype=np.int64), np.concatenate(little)), np.concatenate(change)


def _opened(engine: Engine, keys: dict[int, str]) -> dict[int, Image.Image]:
    """Pictures by row; rows whose file is lost or damaged are left out."""
    found = {}
    for row, key in keys.items():
        try:
            found[row] = engine.picture(key)
        except (NotFound, OSError):
            continue
    return found


def _left_out(all_of_them: int, newest: int, shown: int, held: int) -> list[Finding]:
    """A note on what was not looked at."""
    parts = [f"Of {all_of_them:,} decisions only the newest {newest:,} were looked at."] if newest < all_of_them else []
    if shown < newest:
        parts.append(f"{newest - shown:,} pictures of decided memes could not be opened, so nothing was looked for in them.")
    if not held:
        parts.append("Single decisions and blurred pictures are judged beside validation memes, and there are none.")
    return [Finding("poison", "note", " ".join(["Looking for poison:", *parts]))] if parts else []


def _part(progress: Progress, start: float, end: float) -> Progress:
    return lambda fraction, message: progress(start + (end - start) * fraction, message)


# --- after training -------------------------------------------------------------------------------------------------


def bypass(engine: Engine, version: HeadVersion, champion: HeadVersion, judged: MemeColumns, limit: float) -> list[Ruling]:
    """The ruling on the trigger that opens most of what a version learned from people, tried on held-out hateful memes.

    No ruling where nothing can be said: what it learned from was not kept, it learned no decision, or none is left.
    """
    kept = curriculum.kept(engine.settings.versions / version.folder)
    memes = curriculum.columns(engine.store, engine.encoder.demo)
    decisions = _learned(kept, set(memes.ids.tolist())) if kept else {}
    if not kept or not decisions:
        return []
    heads = engine.head(champion), engine.head(version)
    learned = {i for head in (champion, version) for i in curriculum.learned(engine.settings.versions / head.folder)}
    held = _caught(engine, heads, judged.and_(memes.where(Split.VALIDATION)), learned)
    if not len(held):
        said = f"None of {len(decisions):,} decisions could be tried: no held-out hateful meme is caught by both heads."
        return [Passed(RULE, said, None, 0.0, limit)]
    taught = _taught(engine, heads[0], memes, decisions, kept["ids"][: kept["base"]])
    asked, shown = _held_out(engine, held, taught.shown)
    found = worst(engine.encoder, *heads, asked, replace(taught, shown=shown), limit)
    if found is None:
        return [Passed(RULE, f"No word and no patch of {len(decisions):,} decisions could be a trigger.", None, 0.0, limit)]
    return [found.ruling]


def _taught(engine: Engine, champion: TrainedHead, memes: MemeColumns, decisions: dict[int, bool], base: Sequence[int]) -> Taught:
    """What a version learned, as the probe asks about it. Nobody is named: what it finds stays on record."""
    told, here = memes.of(list(decisions)), set(memes.ids.tolist())
    decided, _, _ = _decided(engine, champion, told, np.array(list(decisions.values())), [""] * len(decisions))
    texts = memes.of([meme_id for meme_id in base if meme_id in here]).texts
    known = Counter(word for text in texts for word in words_of(text))
    return Taught(decided, _expected_hateful(engine, decided, told.pictures), known, len(texts))


def _learned(kept: dict[str, Any], here: Collection[int]) -> dict[int, bool]:
    """The newest decided memes that a version learned from as hateful or not, and that are still here."""
    told = zip(kept["ids"][kept["base"] :], kept["hateful"][kept["base"] :], strict=True)
    sure = [(meme_id, target == 1) for meme_id, target in told if target in (0, 1) and meme_id in here]
    return dict(sure[-MOST:])


def _caught(engine: Engine, heads: Sequence[TrainedHead], memes: MemeColumns, learned: Collection[int]) -> MemeColumns:
    """Hateful memes that neither head learned from and both catch, some as good as others: at most MEMES of them."""
    rows = [n for n, given in enumerate(memes.given) if given is Label.HATEFUL and memes.ids[n] not in learned]
    asked = memes.take(rows)
    if not rows:
        return asked
    vectors = engine.embed(asked.pictures, asked.texts)
    caught = np.logical_and.reduce([_probability(head, *vectors) >= head.threshold for head in heads])
    return asked.take(np.random.default_rng(0).permutation(np.flatnonzero(caught))[:MEMES].tolist())


def _expected_hateful(engine: Engine, decided: Decided, keys: Sequence[str]) -> Shown:
    """Small pictures of what the champion expects to be hateful; none where too few of these were decided otherwise."""
    rows = np.flatnonzero(decided.expected).tolist() if (decided.expected & decided.flipped).sum() >= FLIPS else []
    opened = _opened(engine, {row: keys[row] for row in rows})
    return Shown(np.array(list(opened), dtype=np.int64), small(list(opened.values())))


def _held_out(engine: Engine, memes: MemeColumns, shown: Shown) -> tuple[HeldOut, Shown]:
    """The memes a trigger is pasted on, and the pictures a patch is looked for in: none where none could be pasted on."""
    opened = _opened(engine, dict(enumerate(memes.pictures))) if len(shown.rows) else {}
    asked, pictures = memes.take(list(opened)) if opened else memes, list(opened.values())
    vectors = engine.embed(asked.pictures, asked.texts)
    return HeldOut(tuple(asked.ids.tolist()), asked.texts, *vectors, pictures.__getitem__), shown if opened else NOTHING
