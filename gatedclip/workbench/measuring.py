"""What can be measured about heads and takes minutes: what another seed changes, whether they learn the reviewer, whether they
can be trained again. Each here and now, or in a process of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gatedclip.config import TrainConfig
from gatedclip.errors import NotFound
from gatedclip.types import HeadVersion, Job, Progress
from gatedclip.workbench.bench import Bench, silent

if TYPE_CHECKING:
    from gatedclip.judging import SeedNoise
    from gatedclip.learn.reviewers import HeldOutReviewers
    from gatedclip.reproducing import Reproduction

SEEDS = 5  # heads trained to see what another seed changes


class Measuring(Bench):
    """What can be measured about heads and takes minutes."""

    # --- what another seed changes --------------------------------------------------------------------------------

    def seed_noise(self) -> SeedNoise:
        """How much another seed alone changes the AUROC, as it is asked for now."""
        from gatedclip.judging import seed_noise

        return seed_noise(self.store)

    def measure_seed_noise(
        self, config: TrainConfig, seeds: Sequence[int], by: str, progress: Progress = silent
    ) -> tuple[float, list[float]]:
        """How much the AUROC varies between seeds of one recipe on today's lesson, kept as what a change has to exceed."""
        from gatedclip.measuring import areas_by_seed, keep_seed_noise

        self.team.require(by, "promote")
        areas = areas_by_seed(self.engine, config, seeds, progress)
        return keep_seed_noise(self.store, config, seeds, areas, by).deviation, areas

    def start_seed_noise(self, by: str, seeds: int = SEEDS) -> Job:
        """Starts measuring it with the recipe of the head that serves; NotFound without one, AlreadyRunning while it runs."""
        self.team.require(by, "promote")
        champion = self.store.versions.champion()
        if champion is None:
            raise NotFound("No head serves yet, so there is no recipe to train with other seeds. Promote one first.")
        return self._start("noise", by, {"config": champion.config, "seeds": list(range(seeds))})

    # --- does it learn the reviewer? ------------------------------------------------------------------------------

    def reviewer_held_out(self, config: TrainConfig, by: str, progress: Progress = silent) -> HeldOutReviewers:
        """AUROC on each one's decisions without having learned from them. Minutes; for leads only, as it judges people."""
        from gatedclip.measuring import reviewer_held_out

        self.team.require(by, "quality")
        return reviewer_held_out(self.engine, config, progress)

    def start_reviewers(self, version: HeadVersion, by: str) -> Job:
        """Starts that with a version's recipe on today's lesson; AlreadyRunning while it runs."""
        self.team.require(by, "quality")
        return self._start("reviewers", by, {"version_id": version.id})

    def reviewers_measured(self, version: HeadVersion, by: str) -> Job | None:
        """The last time that came to its end, with its result; for leads only, as it judges people."""
        self.team.require(by, "quality")
        return self.finished("reviewers", version_id=version.id)

    # --- is it what it is said to be? -----------------------------------------------------------------------------

    def reproduce(self, version: HeadVersion, progress: Progress = silent) -> Reproduction:
        """Trains a version again from what lies beside it and says whether the bytes are equal; nothing is kept."""
        from gatedclip.reproducing import reproduce

        return reproduce(self.engine, version, progress)

    def start_reproduction(self, version: HeadVersion, by: str) -> Job:
        """Starts that in a process of its own; AlreadyRunning while it runs."""
        self.team.require(by, "retrain")
        return self._start("reproduce", by, {"version_id": version.id})
