"""Which stored memes the next head learns from, and which it is measured on."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gatedclip.config import TrainConfig
from gatedclip.data.text import fingerprint
from gatedclip.learn.audit import Material, gold_in_training, require_none_refused
from gatedclip.learn.gold import content
from gatedclip.learn.lesson import Lesson, Said, consensus, plan, with_kin
from gatedclip.store.memes import MemeColumns
from gatedclip.store.store import Store
from gatedclip.types import WORLD, Decision, Split

LESSON = "lesson.json"  # beside a head: what it learned from
DRAWN = "gold: drawn"  # setting: ids of memes that may become gold and are kept out of lessons until that is settled
HELD_OUT = (Split.VALIDATION, Split.TEST)


def columns(store: Store, demo: bool) -> MemeColumns:
    """Every meme the encoder in use understands: MemeWorld's only with the small CLIP."""
    return understood(store.memes.all_keys(), demo)


def understood(memes: MemeColumns, demo: bool) -> MemeColumns:
    """Those of the memes that the encoder in use understands."""
    return memes if demo else memes.take([n for n, source in enumerate(memes.sources) if source != WORLD])


def lesson(store: Store, memes: MemeColumns, config: TrainConfig) -> Lesson:
    """The base set and every accepted decision, without decided memes that share picture, words or family with a held-out one."""
    base = [(int(memes.ids[n]), g) for n, g in enumerate(memes.given) if memes.splits[n] == Split.TRAIN and g]
    told = said(store, memes)
    leaking = with_kin(
        _leaking(memes, [each.meme_id for each in told]), dict(zip(memes.ids.tolist(), memes.families, strict=True))
    )
    taught = [consensus(each, config) for each in told]
    weights = (config.decision_weight, config.decision_cap, config.assisted_weight, config.bulk_weight)
    return plan(base, taught, leaking, *weights)


def said(store: Store, memes: MemeColumns) -> list[Said]:
    """What people stand by about each decided meme, and about each in conflict that two answered, in the order last decided.

    Decisions of people in quarantine count as if they had never been.
    """
    drawn = set(store.settings.get(DRAWN, []))
    settled = {
        meme_id: label is not None
        for meme_id, label in zip(memes.ids.tolist(), memes.labels, strict=True)
        if meme_id not in drawn
    }
    answers: dict[int, list[Decision]] = defaultdict(list)
    for decision in store.decisions.accepted(without=store.people.quarantined()):
        if decision.meme_id in settled:
            answers[decision.meme_id].append(decision)
    return [
        Said(meme_id, tuple(each), settled[meme_id])
        for meme_id, each in sorted(answers.items(), key=lambda told: told[1][-1].id)
        if settled[meme_id] or len({answer.reviewer for answer in each}) > 1
    ]


def material(memes: MemeColumns) -> Material:
    """Memes as the audit compares them."""
    return Material(tuple(memes.ids.tolist()), memes.pictures, tuple(fingerprint(text) for text in memes.texts), memes.families)


def gold(store: Store) -> Material:
    """The memes of known label, the sealed ones too."""
    return material(store.memes.all_keys(Split.GOLD).and_(store.memes.all_keys(Split.RESERVE)))


def require_no_gold(store: Store, memes: MemeColumns, lesson: Lesson) -> None:
    """Refuses a lesson that holds gold memes or relatives of theirs: DataError names them."""
    require_none_refused(gold_in_training(material(memes.of(lesson.ids)), gold(store)))


def _leaking(memes: MemeColumns, ids: Sequence[int]) -> set[int]:
    """Those of the memes that share picture, words or family with a held-out one."""
    held = [n for n, split in enumerate(memes.splits) if split in HELD_OUT]
    pictures = {memes.pictures[n] for n in held}
    words = {fingerprint(memes.texts[n]) for n in held} - {""}
    families = {memes.families[n] for n in held} - {""}
    asked = memes.of(ids)
    each = zip(asked.ids.tolist(), asked.pictures, asked.texts, asked.families, strict=True)
    return {i for i, p, text, family in each if p in pictures or fingerprint(text) in words or family in families}


def keep(lesson: Lesson, memes: MemeColumns, validation: MemeColumns, folder: Path) -> None:
    """Notes beside a head everything that trains it again: what it learned from, in order, and what chose its epoch."""
    told = {
        "ids": [int(meme_id) for meme_id in lesson.ids],
        "hateful": lesson.hateful.tolist(),
        "weight": lesson.weight.tolist(),
        "base": lesson.base,
        "contents": contents(memes.of(lesson.ids)),
        "validation": validation.ids.tolist(),
        "validation_labels": [label.value for label in validation.given if label],
        "validation_contents": contents(validation),
    }
    (folder / LESSON).write_text(json.dumps(told))


def contents(memes: MemeColumns) -> list[str]:
    """What each meme shows, as the beginning of a hash: enough to notice that it was changed."""
    return [content(picture, text)[:16] for picture, text in zip(memes.pictures, memes.texts, strict=True)]


def kept(folder: Path) -> dict[str, Any] | None:
    """What `keep` noted; None where nothing or only ids were noted, as beside the head that came with the demo."""
    file = folder / LESSON
    told = json.loads(file.read_text()) if file.is_file() else None
    return told if isinstance(told, dict) else None


def targets(folder: Path) -> dict[int, float]:
    """What a head learned of each meme, 0 benign to 1 hateful; empty for the head that came with the demo."""
    told = kept(folder)
    return dict(zip(told["ids"], told["hateful"], strict=True)) if told else {}


def learned(folder: Path) -> set[int]:
    """Ids of the memes a head learned from; none for the head that came with the demo."""
    file = folder / LESSON
    told = json.loads(file.read_text()) if file.is_file() else []
    return set(told["ids"] if isinstance(told, dict) else told)  # once only the ids were noted
