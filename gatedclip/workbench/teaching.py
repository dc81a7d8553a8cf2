"""Learning from decisions, and which head serves."""

from __future__ import annotations

from gatedclip import curriculum, jobs
from gatedclip.config import TrainConfig
from gatedclip.errors import DataError
from gatedclip.learn.lesson import Lesson
from gatedclip.types import (
    HeadVersion,
    Job,
    Progress,
    Report,
    Scores,
    report_from,
)
from gatedclip.workbench.bench import Bench, silent


class Teaching(Bench):
    """Learning from decisions, and which head serves."""

    def lesson(self, config: TrainConfig) -> Lesson:
        """What a head trained now would learn from."""
        return curriculum.lesson(self.store, curriculum.columns(self.store, self.demo), config)

    def start_retraining(self, config: TrainConfig, by: str) -> Job:
        """Starts training in a process of its own; AlreadyRunning when one is under way."""
        self.team.require(by, "retrain")
        return jobs.start(self.store.jobs, self.settings, "retrain", by, config.to_dict())

    def retrain(self, config: TrainConfig, by: str, progress: Progress = silent) -> HeadVersion:
        """Trains here and now: a new candidate with its report against the champion."""
        from gatedclip.retraining import retrain

        return retrain(self.engine, config, by, progress)

    def evaluate(self, version: HeadVersion) -> Scores:
        """How well a version does on the test memes as they are now; DataError when there are none."""
        from gatedclip.retraining import measure

        memes = curriculum.columns(self.store, self.demo)
        alone, _ = measure(self.engine, None, self.engine.head(version), memes)
        if alone is None:
            raise DataError("No test memes: nothing to measure on. Import labelled memes for base or test first.")
        return alone

    def retraining(self) -> Job | None:
        """The latest training job, lost ones marked as such."""
        jobs.reap(self.store.jobs)
        return next(iter(self.store.jobs.latest("retrain", 1)), None)

    def cancel(self, job_id: int) -> None:
        self.store.jobs.cancel(job_id)

    def versions(self) -> list[HeadVersion]:
        return self.store.versions.list()

    def version(self, version_id: int) -> HeadVersion:
        return self.store.versions.get(version_id)

    def champion(self) -> HeadVersion | None:
        return self.store.versions.champion()

    def report(self, version: HeadVersion) -> Report | None:
        """The version against its parent, as measured when it was trained; None where there was nothing to compare."""
        return report_from(version.report) if version.report else None
