"""What to look at next, and what the part of it that was drawn by chance tells."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gatedclip.config import ASSETS
from gatedclip.types import Job, Pick, Progress
from gatedclip.workbench.bench import Bench, silent

if TYPE_CHECKING:
    from gatedclip.learn.selecting.live import Live
    from gatedclip.simulation import Simulation


class Choosing(Bench):
    """What to look at next, and what the part of it that was drawn by chance tells."""

    def start_choosing(self, by: str) -> Job:
        """Starts choosing the next batch in a process of its own; AlreadyRunning when that is under way."""
        self.team.require(by, "review")
        return self._start("choose", by, {})

    def choose(self, by: str, progress: Progress = silent, seed: int | None = None) -> list[Pick]:
        """Chooses the next batch here and now; its waiting memes come first from then on. Seconds."""
        from gatedclip.choosing import choose_next

        self.team.require(by, "review")
        return choose_next(self.engine, progress, seed)

    def picks(self) -> list[Pick]:
        """The newest batch in its order; empty before the first."""
        return self.store.picks.newest()

    def pick_of(self, meme_id: int) -> Pick | None:
        """Why a meme is in the newest batch; None where it is not."""
        return next(iter(self.store.picks.newest(meme_id)), None)

    def simulated(self) -> Simulation:
        """How ways of choosing did in MemeWorld, as `gatedclip simulate --json` printed it for docs/selection.md."""
        from gatedclip.simulation import Simulation

        return Simulation.from_dict(json.loads((ASSETS / "simulation.json").read_text()))

    def live_estimate(self) -> Live | None:
        """How well the head that serves does on what comes in; None when none serves."""
        from gatedclip.estimating import estimate

        champion = self.store.versions.champion()
        return None if champion is None else estimate(self.settings, self.store, champion)
