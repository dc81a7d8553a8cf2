"""How long it takes to be handed a meme, however many wait."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

from gatedclip.store.store import Store
from gatedclip.types import Action, Decision, Label, NewMeme, Progress

SIZES = (1_000, 10_000, 100_000)
CLAIMS = 200  # claimed and decided at each size
BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Pace:
    """Claims with so many memes waiting."""

    waiting: int
    median: float  # milliseconds
    p95: float


def claims(progress: Progress, sizes: Sequence[int] = SIZES, count: int = CLAIMS) -> list[Pace]:
    """Claim times on SQLite files of their own, which are removed; every second meme is to be answered by two."""
    found = []
    for n, size in enumerate(sizes):
        progress(n / len(sizes), f"Claiming from {size:,} that wait")
        found.append(_pace(size, count))
    progress(1.0, "Done")
    return found


def ratio(found: Sequence[Pace]) -> float:
    """The slowest size's median over the fastest's."""
    return max(pace.median for pace in found) / min(pace.median for pace in found)


def _pace(size: int, count: int) -> Pace:
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{folder}/pace.db")
        for start in range(0, size, BATCH):
            some = range(start, min(size, start + BATCH))
            store.memes.add([NewMeme(picture=f"p{n}", text=f"words {n}", source="pace") for n in some])
        seconds = [_claim(store, 2 if n % 2 else 1) for n in range(min(count, size))]
        store.close()
    return Pace(size, 1000 * statistics.median(seconds), 1000 * statistics.quantiles(seconds, n=20)[-1])


def _claim(store: Store, answers: int) -> float:
    began = time.perf_counter()
    meme = store.queue.claim("anna")
    took = time.perf_counter() - began
    if meme is not None:
        store.decisions.record(Decision(meme.id, Action.DECIDE, "anna", label=Label.HATEFUL), answers)
    return took
