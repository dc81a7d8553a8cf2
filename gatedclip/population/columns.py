"""Many memes under one head, column by column, and which of them to look at."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np

from gatedclip.types import HeadVersion, Label, Split

State = Literal["decided", "undecided"]


@dataclass(frozen=True)
class PopulationFilter:
    """Which memes to look at; None or "" leaves a field open."""

    split: Split | None = None
    state: State | None = None
    """Whether a person decided about it."""
    known: str = ""
    """The label it is held to, by decision, else the one it came with: hateful, benign, unsure, unlabelled."""
    source: str = ""
    theme: str = ""
    truth: str = ""
    """What decides: picture, words, together, neither."""
    search: str = ""
    """Part of the text, whatever its case."""


@dataclass(frozen=True)
class Shares:
    """The picture's part of the Shapley split of each meme's margin."""

    picture: np.ndarray  # (N,) float32, 0..1
    apart: np.ndarray  # (N,) bool: the gate leans to one half and this split to the other
    references: int  # K, training memes that stood for an absent half


EVERYONE = PopulationFilter()


@dataclass(frozen=True)
class Population:
    """N memes and what one head says of each, oldest first; every array has one entry a meme."""

    version: HeadVersion
    threshold: float  # of the head, 0..1
    ids: np.ndarray  # (N,) int64
    texts: np.ndarray  # (N,) of str
    known: np.ndarray  # (N,) of str: the label by decision, else the one it came with; "unlabelled" without
    decided: np.ndarray  # (N,) bool: by a person
    truth: np.ndarray  # (N,) of str: which half decides by a person's mark, else as the meme was made; "" unknown
    theme: np.ndarray  # (N,) of str
    source: np.ndarray  # (N,) of str
    split: np.ndarray  # (N,) of str
    probability: np.ndarray  # (N,) float32, of hateful, 0..1
    margin: np.ndarray  # (N,) float32
    gate: np.ndarray  # (N,) float32, 0..1: weight on the picture
    share: np.ndarray  # (N,) float32, 0..1: the picture's, norm-adjusted
    plane: np.ndarray  # (N, 2) float32: first two principal components of all fused vectors
    spread: tuple[float, float]  # share of the fused vectors' variance along each, 0..1

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def gated(self) -> bool:
        """Whether the head has a gate of its own to look at."""
        return self.version.gated

    @property
    def labelled(self) -> Population:
        """Those known to be hateful or benign."""
        return self.take(np.isin(self.known, [Label.HATEFUL, Label.BENIGN]))

    @property
    def hateful(self) -> np.ndarray:
        """(N,) float32: 1 where known to be hateful, else 0."""
        return (self.known == Label.HATEFUL).astype(np.float32)

    @property
    def taught(self) -> np.ndarray:
        """(N,) bool: memes this head may have learned from, so that it looks better on them than it is."""
        return (self.split == Split.TRAIN) | (
            self.decided & (self.split == Split.QUEUE) & bool(self.version.data.get("decisions"))
        )

    def take(self, rows: np.ndarray) -> Population:
        """The memes at these positions, or where this mask is true."""
        arrays = {f.name: getattr(self, f.name) for f in fields(self)}
        return replace(self, **{name: a[rows] for name, a in arrays.items() if isinstance(a, np.ndarray)})

    def of(self, ids: np.ndarray) -> Population:
        """Those of the memes with these ids that are here."""
        return self.take(np.isin(self.ids, ids))

    def where(self, which: PopulationFilter) -> Population:
        exact = {"split": which.split, "known": which.known, "source": which.source, "theme": which.theme, "truth": which.truth}
        mask = np.ones(len(self), bool)
        for name, value in exact.items():
            if value:
                mask &= getattr(self, name) == value
        if which.state:
            mask &= self.decided == (which.state == "decided")
        if which.search:
            wanted = which.search.casefold()
            mask &= np.fromiter((wanted in text.casefold() for text in self.texts), bool, len(self))
        return self.take(mask)

    def sample(self, most: int) -> Population:
        """At most so many of them, by a seeded draw; in their order."""
        if len(self) <= most:
            return self
        return self.take(np.sort(np.random.default_rng(0).choice(len(self), most, replace=False)))

    def outcome(self, threshold: float) -> np.ndarray:
        """What became of each meme (N,) at a threshold: found, missed, false alarm, cleared, or not labelled."""
        flagged, hateful = self.probability >= threshold, self.known == Label.HATEFUL
        named = np.where(flagged, np.where(hateful, "found", "false alarm"), np.where(hateful, "missed", "cleared"))
        return np.where(np.isin(self.known, [Label.HATEFUL, Label.BENIGN]), named, "not labelled")

    def mistakes(self, threshold: float) -> np.ndarray:
        """Ids of the memes that are missed or a false alarm, those furthest on the wrong side of the threshold first."""
        wrong = self.take(np.isin(self.outcome(threshold), ["missed", "false alarm"]))
        return wrong.ids[np.argsort(-np.abs(wrong.probability - threshold), kind="stable")]

    def plain(self) -> dict[str, list[Any]]:
        """The columns as plain values, for CSV and JSON."""
        columns = {
            "meme_id": self.ids,
            "text": self.texts,
            "label": self.known,
            "decided": self.decided,
            "truth": self.truth,
            "theme": self.theme,
            "source": self.source,
            "split": self.split,
            "probability": self.probability.astype(float).round(6),
            "margin": self.margin.astype(float).round(5),
            "gate": self.gate.astype(float).round(6),
            "share": self.share.astype(float).round(6),
            "plane_x": self.plane[:, 0].astype(float),
            "plane_y": self.plane[:, 1].astype(float),
        }
        return {"version": [self.version.id] * len(self), **{name: column.tolist() for name, column in columns.items()}}

    def choices(self, name: Literal["split", "source", "theme", "truth", "known"]) -> list[str]:
        """The values a column holds, alphabetically, unknown ones left out."""
        return sorted({value for value in getattr(self, name).tolist() if value})
