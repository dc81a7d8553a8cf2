"""A population made by hand."""

from datetime import datetime

import numpy as np

from gatedclip.population.columns import Population
from gatedclip.types import HeadVersion


def population(kind: str = "gated", data: dict | None = None, **columns) -> Population:
    """Memes 1, 2, … with the columns given; the others are alike for all."""
    n = len(next(iter(columns.values())))
    version = HeadVersion(1, None, kind, "tiny", "folder", "anna", datetime(2026, 1, 2), data=data or {})
    usual = {
        "texts": ["words"] * n, "known": ["unlabelled"] * n, "decided": [False] * n, "truth": [""] * n, "theme": [""] * n,
        "source": ["base"] * n, "split": ["test"] * n, "probability": [0.5] * n, "margin": [0.0] * n, "gate": [0.5] * n,
        "share": [0.5] * n, "plane": [[0.0, 0.0]] * n,
    }  # fmt: skip
    given = {name: np.array(columns.get(name, values)) for name, values in usual.items()}
    floats = {name: a.astype(np.float32) if a.dtype.kind == "f" else a for name, a in given.items()}
    return Population(version=version, threshold=0.5, ids=np.arange(1, n + 1), spread=(0.6, 0.2), **floats)
