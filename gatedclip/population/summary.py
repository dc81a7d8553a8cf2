"""What can be said of a population in a few rows: the gate by group, and how good the head is on each slice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from gatedclip.model.operating import auroc_delong, calibration, confusion, cuts, proportion
from gatedclip.population.alarm import collapse
from gatedclip.population.columns import Population
from gatedclip.types import Interval

FEW = 5  # memes of each class below which an AUROC would only be noise


@dataclass(frozen=True, slots=True)
class Slice:
    """How good the head is on one part of the labelled memes."""

    name: str
    n: int
    positives: int
    auroc: Interval | None  # None with fewer than FEW memes of either class
    accuracy: Interval
    mean_gate: float


def slices(population: Population, threshold: float) -> list[Slice]:
    """All labelled memes, then by what decides, theme, source and split, wherever there are two or more."""
    labelled = population.labelled
    return [_slice(name, labelled.take(mask), threshold) for name, mask in _parts(labelled) if mask.any()]


def _parts(labelled: Population) -> Iterator[tuple[str, np.ndarray]]:
    yield "all", np.ones(len(labelled), bool)
    for column, said in (("truth", "decided by"), ("theme", "theme"), ("source", "source"), ("split", "split")):
        values = labelled.choices(column)  # type: ignore[arg-type]
        for value in values if len(values) > 1 else []:
            yield f"{said} {value}", getattr(labelled, column) == value


def _slice(name: str, part: Population, threshold: float) -> Slice:
    hateful, positives = part.hateful, int(part.hateful.sum())
    right = int(((part.probability >= threshold) == hateful.astype(bool)).sum())
    enough = min(positives, len(part) - positives) >= FEW
    return Slice(
        name=name,
        n=len(part),
        positives=positives,
        auroc=auroc_delong(hateful, part.probability) if enough else None,
        accuracy=proportion(right, len(part)),
        mean_gate=float(part.gate.mean()),
    )


def by_class(population: Population) -> dict[str, np.ndarray]:
    """Gates of the hateful and the benign, and of those not labelled so where there are any."""
    return _groups(population.gate, population.known, ("hateful", "benign", "unsure", "unlabelled"))


def by_truth(population: Population) -> dict[str, np.ndarray]:
    """Gates by what decides, where that is known."""
    return _groups(population.gate, population.truth, ("picture", "words", "together", "neither"))


def _groups(gate: np.ndarray, column: np.ndarray, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    return {name: gate[column == name] for name in names if (column == name).any()}


def summarise(population: Population, threshold: float | None = None, miss: float = 1.0) -> dict[str, Any]:
    """Everything above as plain values: gate, alarm, rates at a threshold (the head's own unless given), costs, slices."""
    threshold = population.threshold if threshold is None else threshold
    labelled = population.labelled
    hateful, probability = labelled.hateful, labelled.probability
    gates = {**by_class(population), **by_truth(population)}
    found: dict[str, Any] = {
        "version": population.version.id,
        "memes": len(population),
        "labelled": len(labelled),
        "may_have_taught": int(population.taught.sum()),
        "gate": {name: {"n": len(g), "mean": float(g.mean()), "deviation": float(g.std())} for name, g in gates.items()},
        "collapse": asdict(collapse(population.gate)) if population.gated else None,
        "threshold": threshold,
        "miss": miss,
    }
    if not len(labelled):
        return found
    at = confusion(hateful, probability, threshold)
    found |= {
        "confusion": asdict(at),
        "cost": at.cost(miss),
        "cheapest": cuts(hateful, probability).cheapest(miss),
        "calibration": [asdict(part) for part in calibration(hateful, probability)],
        "slices": [asdict(part) for part in slices(population, threshold)],
    }
    return found
