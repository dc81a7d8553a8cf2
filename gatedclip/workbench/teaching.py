"""Learning from decisions, and which head serves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from gatedclip import curriculum
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

if TYPE_CHECKING:
    from gatedclip.learn.audit import Finding
    from gatedclip.learn.train import Epoch


class Teaching(Bench):
    """Learning from decisions, and which head serves."""

    def lesson(self, config: TrainConfig) -> Lesson:
        """What a head trained now would learn from."""
        return curriculum.lesson(self.store, curriculum.columns(self.store, self.demo), config)

    def start_retraining(self, config: TrainConfig, by: str) -> Job:
        """Starts training in a process of its own; AlreadyRunning when one is under way.

        DataError says which gold memes, or relatives of theirs, stand among what would be learned from: nothing is trained then.
        """
        self.team.require(by, "retrain")
        memes = curriculum.columns(self.store, self.demo)
        curriculum.require_no_gold(self.store, memes, curriculum.lesson(self.store, memes, config))
        return self._start("retrain", by, config.to_dict())

    def retrain(
        self, config: TrainConfig, by: str, progress: Progress = silent, on_epoch: Callable[[Epoch], None] | None = None
    ) -> HeadVersion:
        """Trains here and now: a new candidate with its report against the champion. `on_epoch` hears of each epoch."""
        from gatedclip.retraining import retrain, unwatched

        return retrain(self.engine, config, by, progress, on_epoch or unwatched)

    def start_audit(self, config: TrainConfig, by: str) -> Job:
        """Starts looking through what would be learned from, in a process of its own; AlreadyRunning when one is under way."""
        self.team.require(by, "retrain")
        return self._start("audit", by, config.to_dict())

    def examine(self, config: TrainConfig, progress: Progress = silent) -> Sequence[Finding]:
        """What is wrong with what a head trained now would learn from, the gravest first; half as long as a training."""
        from gatedclip.auditing import examine

        return examine(self.engine, config, progress)

    def evaluate(self, version: HeadVersion) -> Scores:
        """How well a version does on the test memes as they are now; DataError when there are none."""
        from gatedclip.retraining import measure

        memes = curriculum.columns(self.store, self.demo)
        alone, _ = measure(self.engine, None, self.engine.head(version), memes)
        if alone is None:
            raise DataError("No test memes: nothing to measure on. Import labelled memes for base or test first.")
        return alone

    def versions(self) -> list[HeadVersion]:
        return self.store.versions.list()

    def version(self, version_id: int) -> HeadVersion:
        return self.store.versions.get(version_id)

    def champion(self) -> HeadVersion | None:
        return self.store.versions.champion()

    def report(self, version: HeadVersion) -> Report | None:
        """The version against its parent, as measured when it was trained; None where there was nothing to compare."""
        return report_from(version.report) if version.report else None
