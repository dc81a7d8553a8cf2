"""Maps of memes that are asked for and not waited for: known at once, made in the background, or left to a process of its own."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from threadpoolctl import threadpool_limits

from gatedclip import background, jobs
from gatedclip.background import Background, Told
from gatedclip.types import Attribution, Job, JobStatus, Meme, Method, Trust, Way

if TYPE_CHECKING:
    from gatedclip.engine import Engine

KIND = "explain"  # of the jobs that make what takes long
LONG = 5.0  # seconds from which a person is asked first, and a process of its own does it
SPEED = {"cpu": 1e11, "else": 1e13}  # operations per second: guesses, so that the same encoder is always treated alike
COST: dict[Method, float] = {"quick": 1, "integrated gradients": 8, "leave one out": 6, "kernel shap": 60}
"""Times a quick map, as ViT-B-32 and the small CLIP take, between the two."""
CHECKING = 6.0  # times the map itself: how long it takes to find out how far to trust it
SHARE = max(1, (os.cpu_count() or 1) // 2)  # cores for the background: people at the pages come first
RECENT = 20  # jobs looked at for the one that is meant


@dataclass(frozen=True, slots=True)
class Errand:
    """How it stands with something asked for."""

    state: Literal["known", "offered", background.State]  # offered: takes long, so a person says whether it is wanted
    progress: float = 0.0  # 0..1
    message: str = ""  # what went wrong
    seconds: float = 0.0  # it takes, roughly

    @property
    def under_way(self) -> bool:
        return self.state in ("waiting", "running")


class Atlas:
    """The maps of memes and how far to trust them. One per process; safe to share between threads."""

    def __init__(self, engine: Engine, long: float = LONG) -> None:
        self.engine, self.jobs, self.long = engine, engine.store.jobs, long
        self.background = Background()
        self._took: dict[tuple[Method, bool], float] = {}  # seconds, as measured last

    def known(self, meme: Meme, way: Way) -> Attribution | None:
        return self.engine.known(meme, way)

    def known_trust(self, meme: Meme, way: Way) -> Trust | None:
        return self.engine.known_trust(meme, way)

    def ask(self, meme: Meme, way: Way, trust: bool = False) -> Errand:
        """How it stands with a map, or with how far to trust it; begun if it takes seconds only, offered if it takes long.

        Ask again while it is wanted. What failed or was cancelled stays so until `insist`.
        """
        if self._is_known(meme, way, trust):
            return Errand("known")
        if self._long(meme, way, trust):
            return self._by_job(meme, way, trust)
        task = self.background.ask(self._key(meme, way, trust), lambda told: self._make(meme, way, trust, told))
        return Errand(task.state, task.progress, task.message, self._seconds(meme, way, trust))

    def insist(self, meme: Meme, way: Way, trust: bool, by: str) -> None:
        """Begins what was offered, failed or was cancelled. AlreadyRunning when another long one is under way."""
        if self._long(meme, way, trust):
            jobs.start(self.jobs, self.engine.settings, KIND, by, self._options(meme, way, trust))
        else:
            self.background.forget(self._key(meme, way, trust))
            self.ask(meme, way, trust)

    def stop(self, meme: Meme, way: Way, trust: bool = False) -> None:
        """Cancels it for everyone who asks; it stops within a batch."""
        self.background.cancel(self._key(meme, way, trust))
        job = self._job(meme, way, trust)
        if job is not None:
            self.jobs.cancel(job.id)

    def _is_known(self, meme: Meme, way: Way, trust: bool) -> bool:
        return (self.known_trust if trust else self.known)(meme, way) is not None

    # --- how long ---------------------------------------------------------------------------------------------------

    def _long(self, meme: Meme, way: Way, trust: bool) -> bool:
        return self._expected(meme, way, trust) > self.long

    def _expected(self, meme: Meme, way: Way, trust: bool) -> float:
        """Seconds by the encoder's size, whatever else the machine is doing now."""
        speed = SPEED.get(self.engine.encoder.device, SPEED["else"])
        return self.engine.operations(meme.text) / speed * COST[way.method] * (CHECKING if trust else 1)

    def _seconds(self, meme: Meme, way: Way, trust: bool) -> float:
        """Seconds it took last time here, or is expected to take."""
        return self._took.get((way.method, trust)) or self._expected(meme, way, trust)

    def _make(self, meme: Meme, way: Way, trust: bool, told: Told) -> None:
        started, verb = time.monotonic(), self.engine.trust if trust else self.engine.explain
        with threadpool_limits(SHARE, user_api="openmp"):  # of this thread only
            verb(meme, way, told)
        self._took[way.method, trust] = time.monotonic() - started

    # --- by a process of its own ------------------------------------------------------------------------------------

    def _by_job(self, meme: Meme, way: Way, trust: bool) -> Errand:
        seconds = self._seconds(meme, way, trust)
        job = self._job(meme, way, trust)
        match job.status if job else None:
            case JobStatus.QUEUED | JobStatus.RUNNING:
                return Errand("running" if job.progress else "waiting", job.progress, "", seconds)  # type: ignore[union-attr]
            case JobStatus.FAILED | JobStatus.LOST:
                return Errand("failed", 0.0, job.message, seconds)  # type: ignore[union-attr]
            case JobStatus.CANCELLED:
                return Errand("cancelled", 0.0, "", seconds)
            case JobStatus.DONE if self._is_known(meme, way, trust):  # it ended since that was asked
                return Errand("known")
        return Errand("offered", seconds=seconds)

    def _job(self, meme: Meme, way: Way, trust: bool) -> Job | None:
        """The latest job that makes, or was to make, just this."""
        jobs.reap(self.jobs)
        wanted = self._options(meme, way, trust)
        return next((job for job in self.jobs.latest(KIND, RECENT) if job.options == wanted), None)

    def _options(self, meme: Meme, way: Way, trust: bool) -> dict[str, object]:
        return {"meme_id": meme.id, "text": meme.text, "version": self.engine.champion().id, **asdict(way), "trust": trust}

    def _key(self, meme: Meme, way: Way, trust: bool) -> tuple[object, ...]:
        return meme.picture, meme.text, self.engine.champion().id, way, trust
