"""Which head serves: what may, who said so, and the memes that decide it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gatedclip import card, curriculum, gold
from gatedclip.config import TrainConfig
from gatedclip.store.receipts import Audit
from gatedclip.types import Frozen, HeadVersion, Look, Progress, Promotion, Verdict
from gatedclip.workbench.bench import Bench, silent

if TYPE_CHECKING:
    from gatedclip.judging import QueueEffect, Shadow
    from gatedclip.learn.promotion import Bars
    from gatedclip.learn.reviewers import HeldOutReviewers
    from gatedclip.reproducing import Reproduction


class Promoting(Bench):
    """Which head serves. Leads promote; everyone may see what would be refused, and why."""

    def judge(self, version: HeadVersion) -> Verdict:
        """What the rules of promotion say of a version against the head that serves, on held-out memes; seconds."""
        from gatedclip.judging import verdict

        return verdict(self.engine, version)

    def promote(self, version_id: int, by: str, reason: str = "", override: bool = False) -> Promotion:
        """Makes a version serve from the next prediction on, on the verdict as it is now, which stays on record.

        PromotionRefused says what a refused one lacks; `override` with a reason promotes it all the same.
        """
        self.team.require(by, "promote")
        version = self.store.versions.get(version_id)
        verdict = None if version.champion else self.judge(version)
        return self.store.versions.promote(version_id, by, reason, verdict=verdict, override=override)

    def roll_back(self, by: str, reason: str = "") -> Promotion:
        """Makes the head serve that served before; it was judged then."""
        self.team.require(by, "promote")
        return self.store.versions.rollback(by, reason)

    def promotions(self) -> list[Promotion]:
        return self.store.versions.promotions()

    def audit_promotions(self) -> Audit:
        """Checks that nothing of the record of promotions was changed behind the workbench's back."""
        return self.store.versions.audit()

    def shadow(self, version: HeadVersion, n: int = 200) -> Shadow:
        """The last `n` decided memes under a version and under the head that serves, against what people decided."""
        from gatedclip.judging import shadow

        return shadow(self.engine, version, n)

    def queue_effect(self, version: HeadVersion, limit: int = 1000) -> QueueEffect:
        """Which share of what waits would be flagged, and is now."""
        from gatedclip.judging import queue_effect

        return queue_effect(self.engine, version, limit)

    # --- what a version is ----------------------------------------------------------------------------------------

    def reproduce(self, version: HeadVersion, progress: Progress = silent) -> Reproduction:
        """Trains a version again from what lies beside it and says whether the bytes are equal; nothing is kept."""
        from gatedclip.reproducing import reproduce

        return reproduce(self.engine, version, progress)

    def card(self, version: HeadVersion, form: card.Form = "markdown") -> str:
        """The version card: data, metrics, slices, gate, limits and hashes, as Markdown or as a page of HTML."""
        from gatedclip.model import checkpoint

        folder = self.settings.versions / version.folder
        trained = checkpoint.load(folder)
        told = card.sections(
            version,
            (trained.threshold, trained.temperature),
            checkpoint.hashes(folder),
            self.report(version),  # type: ignore[attr-defined]
            [p for p in self.promotions() if p.version_id == version.id],
            [look for look in self.looks() if look.version_id == version.id],
        )
        return card.render(f"Version card: {version.name}", told, form)

    def reviewer_held_out(self, config: TrainConfig, progress: Progress = silent) -> HeldOutReviewers:
        """Whether a head learns the reviewer: AUROC on each one's decisions without having learned from them. Minutes."""
        from gatedclip.judging import reviewer_held_out

        return reviewer_held_out(self.engine, config, progress)

    # --- how high the bars lie ------------------------------------------------------------------------------------

    def bars(self) -> Bars:
        from gatedclip.judging import bars

        return bars(self.store)

    def choose_bars(self, bars: Bars, by: str) -> None:
        from gatedclip.judging import BARS

        self.team.require(by, "promote")
        self.store.settings.put(BARS, bars.to_dict())

    def must_pass(self) -> list[int]:
        """Ids of memes that every head has to judge right."""
        from gatedclip.judging import MUST_PASS

        return list(self.store.settings.get(MUST_PASS, []))

    def require_right(self, meme_ids: Sequence[int], by: str) -> None:
        """From now on every head has to judge these memes right, by their decided label or the one they came with."""
        from gatedclip.judging import MUST_PASS

        self.team.require(by, "promote")
        self.store.memes.many(list(meme_ids))
        self.store.settings.put(MUST_PASS, sorted(set(meme_ids)))

    def measure_seed_noise(
        self, config: TrainConfig, seeds: Sequence[int], by: str, progress: Progress = silent
    ) -> tuple[float, list[float]]:
        """How much the AUROC varies between seeds of one recipe on today's lesson, kept as what a change has to exceed."""
        from gatedclip.judging import NOISE, areas_by_seed
        from gatedclip.learn.promotion import seed_noise

        self.team.require(by, "promote")
        areas = areas_by_seed(self.engine, config, seeds, progress)
        deviation = seed_noise([areas])
        kept = {"deviation": deviation, "areas": areas, "seeds": list(seeds), "config": config.to_dict()}
        self.store.settings.put(NOISE, kept)
        return deviation, areas

    # --- the memes that decide ------------------------------------------------------------------------------------

    def draw_gold(self, n: int, by: str, seed: int = 0) -> list[int]:
        """Draws waiting memes at random to become gold once two people have judged them without the model's view."""
        self.team.require(by, "quality")
        return gold.draw(self.store, n, seed)

    def freeze_gold(self, by: str, sealed: float = 0.3) -> gold.Freezing:
        """Closes the draw: what is fit becomes gold, the share `sealed` of it a reserve; why the rest is not."""
        self.team.require(by, "quality")
        learned = {i for v in self.store.versions.list() for i in curriculum.learned(self.settings.versions / v.folder)}
        return gold.freeze(self.store, sealed, by, learned)

    def look(self, version: HeadVersion, by: str) -> Look:
        """How a version does on the sealed reserve; every look is counted and stays on record."""
        from gatedclip.judging import look

        self.team.require(by, "promote")
        return look(self.engine, version, by)

    def sealed(self) -> Frozen | None:
        """The reserve that is sealed now; None where none is."""
        return self.store.gold.newest("reserve")

    def looks(self) -> list[Look]:
        return self.store.gold.looks()
