"""Which stored memes the next head learns from, and which it is measured on."""

from __future__ import annotations

import json
from pathlib import Path

from gatedclip.config import TrainConfig
from gatedclip.data.text import fingerprint
from gatedclip.learn.lesson import Lesson, plan
from gatedclip.store.memes import MemeColumns
from gatedclip.store.store import Store
from gatedclip.types import WORLD, Split

LESSON = "lesson.json"  # beside a head: the ids of the memes it learned from
HELD_OUT = (Split.VALIDATION, Split.TEST)


def columns(store: Store, demo: bool) -> MemeColumns:
    """Every meme the encoder in use understands: MemeWorld's only with the small CLIP."""
    found = store.memes.all_keys()
    return found if demo else found.take([n for n, source in enumerate(found.sources) if source != WORLD])


def lesson(store: Store, memes: MemeColumns, config: TrainConfig) -> Lesson:
    """The base set and every standing decision, without decided memes that share picture, words or family with a held-out one."""
    at = {meme_id: n for n, meme_id in enumerate(memes.ids.tolist())}
    base = [(int(memes.ids[n]), g) for n, g in enumerate(memes.given) if memes.splits[n] == Split.TRAIN and g]
    decided = [
        (d.meme_id, d.label) for d in store.decisions.standing(without=store.people.quarantined()) if d.label and d.meme_id in at
    ]
    held = [n for n, split in enumerate(memes.splits) if split in HELD_OUT]
    pictures = {memes.pictures[n] for n in held}
    words = {fingerprint(memes.texts[n]) for n in held} - {""}
    families = {memes.families[n] for n in held} - {""}

    def leaks(n: int) -> bool:
        return memes.pictures[n] in pictures or fingerprint(memes.texts[n]) in words or memes.families[n] in families

    leaking = {i for i, _ in decided if leaks(at[i])}
    return plan(base, decided, leaking, config.decision_weight, config.decision_cap)


def keep(lesson: Lesson, folder: Path) -> None:
    """Notes beside a head which memes it learned from."""
    (folder / LESSON).write_text(json.dumps([int(meme_id) for meme_id in lesson.ids]))


def learned(folder: Path) -> set[int]:
    """Ids of the memes a head learned from; none for the head that came with the demo."""
    file = folder / LESSON
    return set(json.loads(file.read_text())) if file.is_file() else set()
