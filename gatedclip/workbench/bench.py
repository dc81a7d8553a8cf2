"""What every verb works with."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

from gatedclip import jobs
from gatedclip.config import Settings
from gatedclip.data import images
from gatedclip.errors import BackboneError
from gatedclip.store.pictures import Pictures, Variant
from gatedclip.store.store import Store
from gatedclip.team import Team
from gatedclip.types import Job, JobStatus, Prediction
from gatedclip.world import memes as world

if TYPE_CHECKING:
    from gatedclip.engine import Engine

RECENT = 50  # jobs of a kind looked at for the one that is meant


def silent(fraction: float, message: str) -> None:
    """Progress that nobody watches."""


def on_record(said: Prediction | None) -> dict[str, Any]:
    """What a decision keeps of what the champion said about the meme; nothing where it could not say anything."""
    if said is None:
        return {}
    return {name: getattr(said, name) for name in ("version_id", "probability", "gate", "threshold")}


class Bench:
    """Settings, store, pictures and the engine, which all verbs work with."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings, self.store = settings, store
        self.pictures = Pictures(settings.pictures)
        self.team = Team(settings, store)
        self._engine: Engine | None = None
        self._broken: BackboneError | None = None
        self._loading = threading.Lock()

    @classmethod
    def open(cls, settings: Settings | None = None) -> Self:
        """The workbench in the folder that the settings name, made if it was not there."""
        settings = settings or Settings.from_env()
        settings.home.mkdir(parents=True, exist_ok=True)
        return cls(settings, Store.open(settings.url))

    @property
    def engine(self) -> Engine:
        """The encoder and the heads, loaded on first need (seconds).

        BackboneError says why they cannot be; it stays so until a restart, so that a decision never waits for a second try.
        """
        with self._loading:
            if self._broken is not None:
                raise self._broken
            if self._engine is None:
                self._engine = self._load()
        return self._engine

    def _load(self) -> Engine:
        from gatedclip.engine import Engine

        try:
            return Engine(self.settings, self.store, lambda key: self.picture(key, "full"))
        except BackboneError as error:
            self._broken = error
            raise

    def load(self) -> None:
        """Loads the engine now."""
        self.engine  # noqa: B018

    # --- long work in a process of its own ------------------------------------------------------------------------

    def _start(self, kind: str, by: str, options: dict[str, Any]) -> Job:
        """Starts a job; AlreadyRunning when one of its kind is under way. Verbs that know who may do so call this."""
        return jobs.start(self.store.jobs, self.settings, kind, by, options)

    def job(self, kind: str, **options: Any) -> Job | None:
        """The latest job of a kind with these options, a lost one marked as such; None where there is none."""
        found = next(self._jobs(kind, options, RECENT if options else 1), None)
        if found is None or not found.status.active:
            return found
        jobs.reap(self.store.jobs)  # takes the lock of writers, so only where there may be something to mark
        return self.store.jobs.get(found.id)

    def finished(self, kind: str, **options: Any) -> Job | None:
        """The latest such job that came to its end and still has its result."""
        return next((job for job in self._jobs(kind, options, RECENT) if job.status is JobStatus.DONE and job.result), None)

    def _jobs(self, kind: str, options: dict[str, Any], n: int) -> Iterator[Job]:
        return (job for job in self.store.jobs.latest(kind, n) if options.items() <= job.options.items())

    def cancel(self, job_id: int) -> None:
        """Asks a job to stop; it does so at its next word of progress."""
        self.store.jobs.cancel(job_id)

    @property
    def demo(self) -> bool:
        """Whether the small CLIP is in use, which knows only MemeWorld."""
        return self.settings.backbone == "demo"

    def picture(self, key: str, variant: Variant) -> bytes:
        """A picture's bytes in one of its variants, made when first asked for; MemeWorld's pictures are drawn then too."""
        if not self.pictures.has(key, variant):
            if key.startswith("world-") and not self.pictures.has(key, "full"):
                jpeg = images.to_jpeg(world.at(key).draw())
                if variant == "full":  # asked for by the model, many at a time, of which people see few
                    self.pictures.put(key, variant, jpeg)
                else:
                    self._keep(key, jpeg)
            if not self.pictures.has(key, variant):
                self.pictures.put(key, variant, images.variant(self.pictures.get(key, "full"), variant))
        return self.pictures.get(key, variant)

    def _keep(self, key: str, jpeg: bytes) -> None:
        for name, data in {**images.variants(jpeg), "full": jpeg}.items():
            self.pictures.put(key, name, data)  # type: ignore[arg-type]
