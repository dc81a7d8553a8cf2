"""Asks a head about every meme at once, and keeps the answers while nothing changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gatedclip import curriculum
from gatedclip.data.text import text_key
from gatedclip.engine import Engine
from gatedclip.errors import DataError
from gatedclip.explain.modality import as_long_as, disagree, drawn, picture_shares
from gatedclip.model.checkpoint import TrainedHead
from gatedclip.population.columns import Population, Shares
from gatedclip.store.decisions import DecisionFilter
from gatedclip.store.memes import MemeColumns
from gatedclip.types import HeadVersion, Progress

REFERENCES = 128  # K, memes that stand for an absent half: half the shares are then within 0.02 of those by 2,048
KEPT = 12  # head versions remembered at once; a population of 10,000 memes takes about 2 MB
ROWS = 8192  # memes put through a head at once


@dataclass(frozen=True)
class Vectors:
    """Every embedded meme with its raw embeddings."""

    memes: MemeColumns
    picture: Tensor  # (N, D_I)
    words: Tensor  # (N, D_T)
    missing: MemeColumns  # not embedded yet
    truth: np.ndarray  # (N,) of str: a person's mark first


@dataclass
class Answers:
    """What one head said, and what it was asked for later."""

    population: Population
    columns: dict[str, np.ndarray]  # (N,) each, NaN where not asked for yet


class Populations:
    """Every meme under any head version. Safe to share between threads; one asks the model at a time."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._lock = threading.RLock()
        self._stamp: tuple[int, ...] = ()
        self._vectors: Vectors | None = None
        self._answers: OrderedDict[int, Answers] = OrderedDict()

    def of(self, version: HeadVersion) -> Population:
        """What the version says of every embedded meme; milliseconds when nothing changed since it was asked last.

        CheckpointError when its head is damaged or made for another encoder; DataError when no meme is embedded.
        """
        with self._lock:
            return self._answer(version).population

    def missing(self) -> int:
        """How many memes are left out because they are not embedded yet."""
        with self._lock:
            return len(self._read().missing.ids)

    def embed_missing(self, progress: Progress) -> None:
        """Embeds the memes that are left out; they count from the next question on."""
        with self._lock:
            missing = self._read().missing
        self.engine.embed(missing.pictures, missing.texts, progress)
        with self._lock:
            self._stamp = ()

    def shapley(self, population: Population) -> Shares:
        """The picture's share in the Shapley split of each meme's margin, and where the gate leans the other way."""

        def ask(trained: TrainedHead, picture: Tensor, words: Tensor) -> np.ndarray:
            familiar = trained.familiar
            references = drawn(familiar.picture, REFERENCES), drawn(familiar.words, REFERENCES)
            if trained.head.input_scale == "raw":
                references = as_long_as(picture, references[0]), as_long_as(words, references[1])
            return picture_shares(trained.head, picture, words, *references)

        picture, most = self._column("shapley", population, ask), len(self.engine.head(population.version).familiar.picture)
        return Shares(picture, np.asarray(disagree(population.gate, picture)), min(REFERENCES, most))

    def novelty(self, population: Population) -> np.ndarray:
        """Distance (N,) to the training memes over the largest usual one; above 1 is unfamiliar."""
        return self._column("novelty", population, lambda trained, *vectors: trained.familiar.novelty(*vectors).numpy())

    def _column(self, name: str, population: Population, ask: Callable[[TrainedHead, Tensor, Tensor], np.ndarray]) -> np.ndarray:
        """One more column, computed only for the memes of `population` that lack it."""
        with self._lock:
            answers, vectors = self._answer(population.version), self._read()
            whole = answers.population.ids
            rows = np.searchsorted(whole, population.ids).clip(max=len(whole) - 1)
            if (whole[rows] != population.ids).any():
                raise DataError("Memes were removed since this page was drawn. Reload it.")
            column = answers.columns.setdefault(name, np.full(len(whole), np.nan, np.float32))
            if len(lacking := rows[np.isnan(column[rows])]):
                trained, some = self.engine.head(population.version), torch.from_numpy(lacking)
                column[lacking] = ask(trained, vectors.picture[some], vectors.words[some])
            return column[rows]

    def _answer(self, version: HeadVersion) -> Answers:
        vectors = self._read()
        if version.id not in self._answers:
            found = _ask(self.engine.head(version), version, vectors)
            self._answers[version.id] = Answers(found, {})
            while len(self._answers) > KEPT:
                self._answers.popitem(last=False)
        self._answers.move_to_end(version.id)
        return self._answers[version.id]

    def _read(self) -> Vectors:
        """All embeddings, read again only when the memes changed; all answers are forgotten then."""
        store = self.engine.store
        stamp = (*store.memes.stamp(), store.decisions.count(DecisionFilter()))
        if self._vectors is None or stamp != self._stamp:
            self._vectors = read(self.engine)
            self._answers.clear()
            self._stamp = stamp
        return self._vectors


def read(engine: Engine) -> Vectors:
    """Every meme the encoder understands and has embedded; none is embedded here, which could take minutes."""
    memes = curriculum.columns(engine.store, engine.encoder.demo)
    keys = [text_key(text) for text in memes.texts]
    lacking = {*engine.store.vectors.missing(engine.encoder.identity, "picture", memes.pictures)}
    speechless = {*engine.store.vectors.missing(engine.encoder.identity, "words", keys)}
    absent = np.array([p in lacking or k in speechless for p, k in zip(memes.pictures, keys, strict=True)], bool)
    here, missing = (memes.take(np.flatnonzero(mask).tolist()) for mask in (~absent, absent))
    if not len(here):
        raise DataError(
            f"None of the {len(memes):,} memes can be looked at: none is embedded. Train a head, or review some memes first."
            if len(memes)
            else "There are no memes yet. Bring some on the queue page, or import a labelled set."
        )
    return Vectors(here, *engine.embed(here.pictures, here.texts), missing, _truth(engine, here))


def _truth(engine: Engine, memes: MemeColumns) -> np.ndarray:
    """Which half decides: as a person marked it, else as the meme was made."""
    marked = {d.meme_id: d.marks.rationale.value for d in engine.store.decisions.standing() if d.marks and d.marks.rationale}
    return np.array([marked.get(i, made) for i, made in zip(memes.ids.tolist(), memes.truths, strict=True)])


@torch.no_grad()
def _ask(trained: TrainedHead, version: HeadVersion, vectors: Vectors) -> Population:
    """One forward pass over every meme."""
    parts = zip(vectors.picture.split(ROWS), vectors.words.split(ROWS), strict=True)
    outputs = [trained.head(*part) for part in parts]
    probability, margin, gate, share = (
        torch.cat([getattr(out, name) for out in outputs]).float().numpy() for name in ("probability", "margin", "gate", "share")
    )
    plane, spread = principal(torch.cat([out.fused for out in outputs]))
    memes, labels = vectors.memes, zip(vectors.memes.labels, vectors.memes.given, strict=True)
    return Population(
        version=version,
        threshold=trained.threshold,
        ids=memes.ids,
        texts=np.array(memes.texts, object),
        known=np.array([(by_decision or given or "unlabelled") for by_decision, given in labels], "<U10"),
        decided=np.array([label is not None for label in memes.labels], bool),
        truth=vectors.truth,
        theme=np.array(memes.themes),
        source=np.array(memes.sources),
        split=np.array(memes.splits, "<U10"),
        probability=probability,
        margin=margin,
        gate=gate,
        share=share,
        plane=plane,
        spread=spread,
    )


def principal(fused: Tensor) -> tuple[np.ndarray, tuple[float, float]]:
    """The first two principal components (N, 2) of fused vectors (N, P), and the share of the variance along each.

    Exact, and always the same way up: the largest loading of each is positive.
    """
    centred = (fused - fused.mean(dim=0)).double()
    values, axes = torch.linalg.eigh(centred.T @ centred)  # ascending
    axes = axes[:, [-1, -2]]  # (P, 2)
    axes = axes * axes.gather(0, axes.abs().argmax(dim=0, keepdim=True)).sign()
    total = values.clamp_min(0).sum().clamp_min(1e-12)
    return (centred @ axes).float().numpy(), (float(values[-1] / total), float(values[-2].clamp_min(0) / total))
