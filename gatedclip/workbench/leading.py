"""What leads look at: how much is done, how long memes wait, what people were exposed to, and how well they judge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gatedclip.learn import flow
from gatedclip.types import Decision, Exposure, Policy, QueueRule, Split
from gatedclip.workbench.bench import Bench

if TYPE_CHECKING:
    from gatedclip.learn import agreement


@dataclass(frozen=True, slots=True)
class Quality:
    """How far people agree with each other, with the model, and with memes of known label."""

    pairs: tuple[agreement.Pair, ...]
    overall: agreement.Overall
    anchoring: tuple[agreement.Anchoring, ...]
    accuracy: tuple[agreement.Accuracy, ...]
    below: tuple[agreement.Accuracy, ...]  # those whose whole interval lies under the floor
    gold: int  # hidden memes of known label


class Leading(Bench):
    """What leads look at. People who are no leads see of the numbers about people only their own."""

    def work(self, by: str) -> tuple[flow.Work, ...]:
        """What everyone decided; of someone who is no lead only their own."""
        return flow.work(self._shown(by))

    def throughput(self, by: str, days: int = 14) -> tuple[flow.Day, ...]:
        """Decisions per day and person over the last days, today (UTC) included."""
        return flow.throughput(self._shown(by), datetime.now(UTC).date(), days)

    def backlog(self) -> flow.Backlog:
        """How long memes have waited."""
        return flow.backlog(self.store.queue.since(), datetime.now(UTC))

    def waiting(self, rule: QueueRule) -> int:
        """How many memes wait in a named queue."""
        return self.store.queue.count(rule)

    def policies(self) -> list[Policy]:
        """Every version of the policy, newest first."""
        return self.store.policies.list()

    def sources(self) -> list[str]:
        """Where memes came from."""
        return self.store.memes.sources()

    def exposure(self, by: str, days: int = 7) -> list[Exposure]:
        """Unblurred views by person and day, newest first; of someone who is no lead only their own."""
        return self.team.exposure("" if self.team.may(by, "quality") else by, days)

    def quality(self, by: str) -> Quality:
        """Agreement, accuracy on hidden memes, and anchoring: for leads only, as it judges people."""
        self.team.require(by, "quality")
        from gatedclip.learn import agreement

        answers, truth = self.team.answers(), self.team.gold()
        accuracy = agreement.accuracy(self.store.decisions.answers(Split.GOLD), truth)
        return Quality(
            agreement.pairwise(answers),
            agreement.overall(answers),
            agreement.anchoring(answers),
            accuracy,
            agreement.below_floor(accuracy),
            len(truth),
        )

    def _shown(self, by: str) -> list[Decision]:
        everyone = self.team.may(by, "quality")
        return [decision for decision in self.team.answers() if everyone or decision.reviewer == by]
