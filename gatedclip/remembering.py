"""What people decided since the head that serves was trained, acting on what it says at once; `learn.memory` holds the rules.

The memory of a head holds the decided memes it has not learned from, or learned otherwise: what it has learned it knows already.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from gatedclip import curriculum
from gatedclip.config import TrainConfig
from gatedclip.engine import Engine
from gatedclip.errors import DataError
from gatedclip.learn.gold import KNOWN
from gatedclip.learn.memory import Effect, Memory, Recalled, Setting, choose, effect, kin, mixed, recall, unit
from gatedclip.learn.train import operating_threshold
from gatedclip.model.checkpoint import TrainedHead
from gatedclip.retraining import hateful
from gatedclip.store.memes import MemeColumns, MemeFilter
from gatedclip.types import WORLD, HeadVersion, Label, Meme, Prediction, Recall, Remembered, Split

KEPT = "memory"  # setting: how the memory of each head speaks, by the head's id
START = Setting(mix=0.9, floor=0.95, neighbours=5)  # until there is enough to choose by: near copies only
LEAST, OF_EACH = 10, 3  # decided memes, and of either label, that a choice needs
VALIDATION, DECIDED = "validation memes", "decided memes, each asked without its family"


@dataclass(frozen=True)
class State:
    """How the memory of one head speaks, and what that did to memes of known label when it was chosen."""

    on: bool = True
    setting: Setting = START
    threshold: float | None = None  # to decide by, 0..1; None: the head's own
    chosen_on: int = 0  # decided memes it held then; 0 until chosen
    effects: Mapping[str, Effect] = field(default_factory=dict)  # by what was asked about
    size: int = 0  # decided memes it holds now

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """From what `plain` gave; as at the start from nothing."""
        if not kept:
            return cls()
        effects = {
            name: Effect(e["n"], *(tuple(e[what]) for what in ("brier", "auroc", "accuracy")))
            for name, e in kept["effects"].items()
        }
        return cls(**{**kept, "setting": Setting(**kept["setting"]), "effects": effects})

    def plain(self) -> dict[str, Any]:
        """As it is kept; its size is counted anew each time."""
        return {name: value for name, value in asdict(self).items() if name != "size"}

    @property
    def speaks(self) -> bool:
        return self.on and self.size > 0 and self.setting.mix > 0

    @property
    def due(self) -> bool:
        """It was never chosen, or on half as many memes as there are now."""
        return self.on and self.size >= 2 * self.chosen_on


class Remembering:
    """Mixes what the head says with what people decided about memes like it. Safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._holding = _Holding(engine)

    def predict(self, memes: Sequence[Meme]) -> list[Prediction]:
        """What serves says about stored memes: the champion and the decided memes like them. No meme speaks about itself."""
        if not memes:
            return []
        vectors = self.engine.embed([meme.picture for meme in memes], [meme.text for meme in memes])
        return self.say(*vectors, [meme.id for meme in memes])

    def say(self, picture: Tensor, words: Tensor, ids: Sequence[int] = ()) -> list[Prediction]:
        """The same for raw embeddings (B, D_I), (B, D_T); `ids` are those of stored memes."""
        version = self.engine.champion()
        trained, held = self.engine.head(version), self._holding.of(version)
        state, alone = self._state(version, held), trained.predict(picture, words, version.id)
        if not state.speaks:
            return alone
        itself = np.asarray(ids or [0] * len(alone))[:, None] == np.asarray(held.memory.ids)[None]  # (B, N)
        found = recall(held.memory, _see(trained, picture, words)[0], state.setting, itself)
        moved = mixed(np.array([said.probability for said in alone]), found, state.setting.mix).tolist()
        return [_with(said, moved[n], state, _near(held.memory, found, n, state.setting.floor)) for n, said in enumerate(alone)]

    def state(self, version: HeadVersion) -> State:
        """How it speaks for a head; chosen by itself as soon as there is enough to choose by, and when that has doubled."""
        return self._state(version, self._holding.of(version))

    def choose(self, version: HeadVersion) -> State:
        """Chooses mix, floor and neighbours, and with them the threshold, anew; kept with the version. A second at most.

        DataError where too few memes are decided, or validation memes of both labels are missing.
        """
        held = self._holding.of(version)
        if not held.enough:
            raise DataError(
                f"Decided memes that {version.name} has not learned from: {len(held.memory.ids)}. "
                f"A choice needs {LEAST}, {OF_EACH} of either label among them. Review more, then choose again."
            )
        state = replace(self._chosen(version, held), size=len(held.memory.ids))
        self._keep(version, state)
        return state

    def switch(self, version: HeadVersion, on: bool) -> State:
        """Lets it speak for a head, or keeps it silent."""
        self._keep(version, replace(self._kept(version), on=on))
        return self.state(version)

    def _state(self, version: HeadVersion, held: _Held) -> State:
        state = replace(self._kept(version), size=len(held.memory.ids))
        if held.enough and state.due and _both(self._validation()):
            return self.choose(version)
        return state

    def _chosen(self, version: HeadVersion, held: _Held) -> State:
        trained, validation, memory = self.engine.head(version), self._validation(), held.memory
        seen, said = _see(trained, *self.engine.embed(validation.pictures, validation.texts))
        known = np.arange(len(validation) + len(memory.ids)) < len(validation)
        query, alone = np.concatenate([seen, memory.vectors]), np.concatenate([said, held.alone])
        truth = np.concatenate([hateful(validation), memory.hateful])
        apart = kin(memory.ids, held.families, memory, held.families)
        apart = np.concatenate([np.zeros((len(validation), len(memory.ids)), dtype=bool), apart])
        setting = choose(memory, query, alone, truth, known, apart).setting
        moved = mixed(alone, recall(memory, query, setting, apart), setting.mix)
        config = TrainConfig.from_dict(version.config)
        threshold = operating_threshold(truth[known], moved[known], config) if setting.mix else trained.threshold
        effects = {
            name: effect(truth[part], (alone[part], trained.threshold), (moved[part], threshold))
            for name, part in ((VALIDATION, known), (DECIDED, ~known))
        }
        return State(True, setting, threshold, len(memory.ids), effects)

    def _validation(self) -> MemeColumns:
        held = curriculum.understood(self.engine.store.memes.all_keys(Split.VALIDATION), self.engine.encoder.demo)
        return held.take([n for n, given in enumerate(held.given) if given in KNOWN])

    def _kept(self, version: HeadVersion) -> State:
        return State.of(self.engine.store.settings.get(KEPT, {}).get(str(version.id), {}))

    def _keep(self, version: HeadVersion, state: State) -> None:
        self.engine.store.settings.change(KEPT, lambda kept: {**kept, str(version.id): state.plain()}, {})


# --- what it holds ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Held:
    """The decided memes of a memory, with what the head says of them alone."""

    memory: Memory
    alone: np.ndarray  # (N,), 0..1
    families: tuple[str, ...]

    @property
    def enough(self) -> bool:
        """There is enough to choose by."""
        hateful = int(self.memory.hateful.sum())
        return len(self.memory.ids) >= LEAST and min(hateful, len(self.memory.ids) - hateful) >= OF_EACH


@dataclass(frozen=True)
class _Row:
    """One decided meme as the head sees it."""

    vector: np.ndarray  # (P,), length 1
    hateful: float
    alone: float
    family: str


class _Holding:
    """The memory of the head asked for last, kept up with the record: only memes that something happened to are seen again."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._lock = threading.Lock()
        self._stamp: Hashable = None  # of all that no event tells of; another one means starting over
        self._newest = -1  # the last event taken in
        self._taught: dict[int, float] = {}  # target of each meme that the head learned from
        self._rows: dict[int, _Row] = {}
        self._held = _gathered({})

    def of(self, version: HeadVersion) -> _Held:
        """What the memory of a version holds, as the record stands."""
        store = self.engine.store
        without, drawn = store.people.quarantined(), frozenset(store.settings.get(curriculum.DRAWN, []))
        stamp = (version.id, without, drawn, store.memes.stamp(), store.memes.count(MemeFilter(split=Split.GOLD)))
        with self._lock:
            if stamp != self._stamp:
                self._stamp, self._newest, self._rows = stamp, 0, {}
                self._taught = curriculum.targets(self.engine.settings.versions / version.folder)
                self._held = _gathered({})
            newest = store.decisions.newest()
            if newest != self._newest:
                self._take_in(version, without, drawn)
                self._newest, self._held = newest, _gathered(self._rows)
            return self._held

    def _take_in(self, version: HeadVersion, without: frozenset[str], drawn: frozenset[int]) -> None:
        store, since = self.engine.store, self._newest
        for meme_id in store.decisions.touched(since):
            self._rows.pop(meme_id, None)
        standing = [d for d in store.decisions.standing(without=without, since=since) if d.label in KNOWN]
        said = {d.meme_id: float(d.label is Label.HATEFUL) for d in standing if d.meme_id not in drawn}
        new = [meme_id for meme_id, target in said.items() if self._taught.get(meme_id) != target]
        memes = [meme for meme in store.memes.many(new) if self.engine.encoder.demo or meme.source != WORLD]
        if memes:
            vectors = self.engine.embed([meme.picture for meme in memes], [meme.text for meme in memes])
            seen, alone = _see(self.engine.head(version), *vectors)
            for meme, vector, p in zip(memes, seen, alone.tolist(), strict=True):
                self._rows[meme.id] = _Row(vector, said[meme.id], p, meme.family)


def _gathered(rows: Mapping[int, _Row]) -> _Held:
    each = list(rows.values())
    vectors = np.stack([row.vector for row in each]) if each else np.empty((0, 1), dtype=np.float32)
    memory = Memory(vectors, np.array([row.hateful for row in each]), tuple(rows))
    return _Held(memory, np.array([row.alone for row in each]), tuple(row.family for row in each))


@torch.no_grad()
def _see(trained: TrainedHead, picture: Tensor, words: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Fused vectors (B, P) at length 1 and probabilities (B,) of raw embeddings."""
    out = trained.head(picture, words)
    return unit(out.fused.numpy()), out.probability.numpy()


def _both(memes: MemeColumns) -> bool:
    return len(set(memes.given)) > 1


def _near(memory: Memory, found: Recalled, n: int, floor: float) -> tuple[Remembered, ...]:
    """The neighbours that had a say about the n-th meme, the nearest first."""
    rows = zip(found.rows[n].tolist(), found.similarity[n].tolist(), strict=True)
    return tuple(Remembered(memory.ids[row], bool(memory.hateful[row]), alike) for row, alike in rows if alike > floor)


def _with(alone: Prediction, probability: float, state: State, near: tuple[Remembered, ...]) -> Prediction:
    """What the head says alone, moved by its memory."""
    threshold = alone.threshold if state.threshold is None else state.threshold
    told = Recall(alone.probability, alone.threshold, near) if near else None
    return replace(alone, probability=probability, threshold=threshold, recalled=told)
