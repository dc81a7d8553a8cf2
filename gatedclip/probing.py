"""What if the words or the picture were different? Asks a head about memes that are not there, and finds those that are near."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import islice
from typing import NamedTuple, get_args

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from gatedclip import curriculum
from gatedclip.data.text import fingerprint, text_key
from gatedclip.engine import BATCH, Engine, open_jpeg
from gatedclip.explain.attribution import explain
from gatedclip.explain.modality import ledger
from gatedclip.model.checkpoint import TrainedHead
from gatedclip.store.decisions import DecisionFilter
from gatedclip.store.memes import MemeColumns
from gatedclip.types import (
    Action,
    Answer,
    Attribution,
    By,
    Decision,
    Half,
    HeadVersion,
    Meme,
    Neighbour,
    Prediction,
    Probe,
    Progress,
    Split,
    Swap,
    Versus,
)

KEPT = 128  # vectors and heat maps kept of what was asked last
REACH = 500  # nearest pictures and texts among which a turn of the verdict is sought
TEACHING = (Split.QUEUE, Split.TRAIN)  # a swap with a held-out meme could never be learned from


class Lab:
    """Answers what-ifs. Nothing asked here is stored, apart from the vectors of stored memes; safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._looked = lru_cache(KEPT)(self._look)
        self._read_words = lru_cache(KEPT)(self._read)
        self._heats = lru_cache(KEPT)(self._explain)
        self._index: Index | None = None
        self._indexing = threading.Lock()

    # --- one probe ------------------------------------------------------------------------------------------------

    def ask(self, probe: Probe, version: HeadVersion | None = None) -> Answer:
        """What the champion (or a given version) says; only what is new of the probe is encoded."""
        version, trained = self._head(version)
        vectors = self.vectors(probe)
        (said,) = trained.predict(*vectors, version.id)
        familiar = trained.familiar
        return Answer(said, ledger(trained.head, *vectors, familiar.picture, familiar.words, trained.threshold))

    def heat(self, probe: Probe, version: HeadVersion | None = None) -> Attribution:
        """The quick map of a probe."""
        version, _ = self._head(version)
        return self._heats(probe, version.id)

    def vectors(self, probe: Probe) -> tuple[Tensor, Tensor]:
        """Raw embeddings (1, D_I), (1, D_T), rounded as the store rounds: a probe that is saved later is answered the same."""
        return self._looked(probe.picture, probe.dropped), self._read_words(probe.text)

    def _look(self, key: str, dropped: bytes) -> Tensor:
        if dropped:
            return self.engine.encoder.encode_pictures([open_jpeg(dropped)]).half().float()
        return self.engine.embed([key], [])[0]

    def _read(self, text: str) -> Tensor:
        kept, encoder, key = self.engine.store.vectors, self.engine.encoder, [text_key(text)]
        if not kept.missing(encoder.identity, "words", key):
            return torch.from_numpy(kept.get(encoder.identity, "words", key))
        return encoder.encode_texts([text]).half().float()

    def _explain(self, probe: Probe, version_id: int) -> Attribution:
        picture = open_jpeg(probe.dropped) if probe.dropped else self.engine.picture(probe.picture)
        head = self.engine.head(self.engine.store.versions.get(version_id)).head
        return explain(self.engine.encoder, head, picture, probe.text)

    def _head(self, version: HeadVersion | None) -> tuple[HeadVersion, TrainedHead]:
        version = version or self.engine.champion()
        return version, self.engine.head(version)

    # --- the collection -------------------------------------------------------------------------------------------

    def confounders(self, probe: Probe, k: int = 6, version: HeadVersion | None = None, turning: bool = False) -> list[Swap]:
        """The k nearest other pictures with these words, then the k nearest other words with this picture, each answered.

        With `turning` only those that turn the verdict, sought among the nearest REACH. Both halves come from memes that are
        learned from. All answers are computed in one batch.
        """
        version, trained = self._head(version)
        index, (picture, words) = self.index(), self.vectors(probe)
        if not len(index.memes):
            return []
        reach = REACH if turning else k
        by_picture = _nearest(cosine(index.picture, picture), reach, index.memes.pictures, probe.picture, index.teaching)
        by_words = _nearest(cosine(index.words, words), reach, index.fingerprints, fingerprint(probe.text), index.teaching)
        pictures, texts = [n for n, _ in by_picture], [n for n, _ in by_words]
        original, *said = trained.predict(
            torch.cat([picture, index.picture[pictures], picture.expand(len(texts), -1)]),
            torch.cat([words, words.expand(len(pictures), -1), index.words[texts]]),
            version.id,
        )
        halves: list[Half] = ["picture" if n < len(pictures) else "words" for n in range(len(said))]
        found = [
            _Found(int(index.memes.ids[row]), half, similarity, answer, answer.label != original.label)
            for (row, similarity), half, answer in zip(by_picture + by_words, halves, said, strict=True)
        ]
        wanted = [f for f in found if f.turns or not turning]
        first = [f for half in get_args(Half) for f in islice((f for f in wanted if f.half == half), k)]
        return self._swaps(probe, index, first)

    def _swaps(self, probe: Probe, index: Index, found: list[_Found]) -> list[Swap]:
        swaps = []
        for meme, f in zip(self.engine.store.memes.many([f.meme_id for f in found]), found, strict=True):
            made = Probe(meme.picture, probe.text) if f.half == "picture" else replace(probe, text=meme.text)
            at = index.places.get((made.picture, made.text))
            known = None if at is None else self.engine.store.memes.get(at)
            swaps.append(Swap(meme, f.half, f.similarity, made, f.said, f.turns, known))
        return swaps

    def similar(self, probe: Probe, by: By = "fused", k: int = 12, version: HeadVersion | None = None) -> list[Neighbour]:
        """The k stored memes nearest to a probe by exact cosine, without those that are the probe itself, nearest first."""
        index, (picture, words) = self.index(), self.vectors(probe)
        if by == "fused":
            version, trained = self._head(version)
            near = cosine(index.fused(version, trained), _fuse(trained, picture, words))
        else:
            near = cosine(index.picture, picture) if by == "picture" else cosine(index.words, words)
        memes = index.memes
        other = [p != probe.picture or t != probe.text for p, t in zip(memes.pictures, memes.texts, strict=True)]
        found = _nearest(near, k, memes.ids.tolist(), None, np.array(other, dtype=bool))
        stored = self.engine.store.memes.many([int(memes.ids[n]) for n, _ in found])
        return [Neighbour(meme, s, self._decisions(meme)) for meme, (_, s) in zip(stored, found, strict=True)]

    def _decisions(self, meme: Meme) -> tuple[Decision, ...]:
        if meme.others_only:
            return ()  # a second answer is awaited, which must not know the first
        events = self.engine.store.decisions.list(DecisionFilter(action=Action.DECIDE, meme_id=meme.id))
        return tuple(event for event in events if not event.undone)

    def compare(
        self, before: HeadVersion, after: HeadVersion, memes: Sequence[Meme], progress: Progress | None = None
    ) -> list[Versus]:
        """Two versions on the same memes, in the order given; each half is embedded once for both."""
        if not memes:
            return []
        vectors = self.engine.embed([m.picture for m in memes], [m.text for m in memes], progress)
        was, now = (self.engine.head(version).predict(*vectors, version.id) for version in (before, after))
        return [Versus(*row) for row in zip(memes, was, now, strict=True)]

    def index(self) -> Index:
        """Every meme whose vectors are there, made anew when memes come, go or change.

        Memes that no head has seen yet are read along, one batch a call, so that a fresh collection fills up without a long wait.
        """
        with self._indexing:
            stamp = self.engine.store.memes.stamp()
            if self._index is None or self._index.stamp != stamp or self._index.unread:
                self._index = self._build(stamp)
            return self._index

    def _build(self, stamp: tuple[int, int, int]) -> Index:
        engine, memes = self.engine, curriculum.columns(self.engine.store, self.engine.encoder.demo)
        keys, vectors = [text_key(t) for t in memes.texts], engine.store.vectors
        lacking = set(vectors.missing(engine.encoder.identity, "picture", memes.pictures))
        wordless = set(vectors.missing(engine.encoder.identity, "words", keys))
        unread = [n for n, (p, t) in enumerate(zip(memes.pictures, keys, strict=True)) if p in lacking or t in wordless]
        engine.embed([memes.pictures[n] for n in unread[:BATCH]], [memes.texts[n] for n in unread[:BATCH]])
        left = set(unread[BATCH:])
        kept = memes.take([n for n in range(len(memes)) if n not in left])
        return Index(stamp, kept, *engine.embed(kept.pictures, kept.texts), unread=len(left))


class _Found(NamedTuple):
    """A swap before its meme is read from the store."""

    meme_id: int
    half: Half
    similarity: float
    said: Prediction
    turns: bool


@dataclass(frozen=True)
class Index:
    """The stored memes with their vectors, row by row."""

    stamp: tuple[int, int, int]
    memes: MemeColumns
    picture: Tensor  # (N, D_I), raw
    words: Tensor  # (N, D_T), raw
    unread: int  # memes left out because no vector was made of them yet
    _fused: dict[int, Tensor] = field(default_factory=dict)

    def fused(self, version: HeadVersion, trained: TrainedHead) -> Tensor:
        """The mixtures (N, P) of one version; those of the last two versions asked for are kept."""
        if version.id not in self._fused:
            for old in list(self._fused)[:-1]:
                self._fused.pop(old, None)
            self._fused[version.id] = _fuse(trained, self.picture, self.words)
        return self._fused[version.id]

    @cached_property
    def fingerprints(self) -> list[str]:
        return [fingerprint(text) for text in self.memes.texts]

    @cached_property
    def teaching(self) -> np.ndarray:
        """Which memes are learned from, (N,) bool."""
        return np.array([split in TEACHING for split in self.memes.splits], dtype=bool)

    @cached_property
    def places(self) -> dict[tuple[str, str], int]:
        """Id of the oldest meme with this picture and these words."""
        rows = zip(self.memes.pictures, self.memes.texts, self.memes.ids.tolist(), strict=True)
        return {(picture, text): meme_id for picture, text, meme_id in reversed(list(rows))}


@torch.no_grad()
def _fuse(trained: TrainedHead, picture: Tensor, words: Tensor) -> Tensor:
    return trained.head(picture, words).fused


def cosine(rows: Tensor, v: Tensor) -> np.ndarray:
    """Cosine of each row (N, D) with one vector (1, D): (N,), -1..1; 0 where either has no length."""
    if not len(rows):
        return np.empty(0, np.float32)
    return ((rows @ F.normalize(v, dim=1)[0]) / rows.norm(dim=1).clamp_min(1e-12)).numpy()


def _nearest(near: np.ndarray, k: int, keys: Sequence[object], but: object, usable: np.ndarray) -> list[tuple[int, float]]:
    """Rows by falling nearness with the value, one a key, without the key `but`; equals in the order they came."""
    order = np.argsort(-near, kind="stable")
    return [(n, float(near[n])) for n in islice(_distinct(order, keys, but, usable), k)]


def _distinct(order: np.ndarray, keys: Sequence[object], but: object, usable: np.ndarray) -> Iterator[int]:
    seen = {but}
    for n in order.tolist():
        if usable[n] and keys[n] not in seen:
            seen.add(keys[n])
            yield n
