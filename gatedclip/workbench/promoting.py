"""Which head serves: what may, who said so, and the memes that decide it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gatedclip import card, curriculum, gold
from gatedclip.errors import NotFound
from gatedclip.store.receipts import Audit
from gatedclip.types import Frozen, HeadVersion, Look, Promotion, Ruling, Verdict
from gatedclip.workbench.bench import Bench

if TYPE_CHECKING:
    from gatedclip.foreseeing import QueueEffect, Shadow
    from gatedclip.learn.gold import Standing
    from gatedclip.learn.promotion import Bars


class Promoting(Bench):
    """Which head serves. Leads promote; everyone may see what would be refused, and why."""

    def judge(self, version: HeadVersion) -> Verdict:
        """What the rules of promotion say of a version against the head that serves, on held-out memes; seconds."""
        from gatedclip.judging import verdict

        return verdict(self.engine, version)

    def who_taught(self, ruling: Ruling) -> dict[str, int]:
        """Whose decisions taught what a rule found, and how many of each, most first, by the record as it is now."""
        taught = set(ruling.taught)
        return dict(Counter(d.reviewer for d in self.store.decisions.standing() if d.meme_id in taught).most_common())

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
        from gatedclip.foreseeing import shadow

        return shadow(self.engine, version, n)

    def queue_effect(self, version: HeadVersion, limit: int = 1000) -> QueueEffect:
        """Which share of what waits would be flagged, and is now."""
        from gatedclip.foreseeing import queue_effect

        return queue_effect(self.engine, version, limit)

    # --- what a version is ----------------------------------------------------------------------------------------

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

    # --- how high the bars lie ------------------------------------------------------------------------------------

    def bars(self) -> Bars:
        from gatedclip.judging import bars

        return bars(self.store)

    def choose_bars(self, bars: Bars, by: str) -> None:
        from gatedclip.judging import BARS

        self.team.require(by, "promote")
        self.store.settings.put(BARS, bars.to_dict())

    def slices(self) -> list[str]:
        """Names of the parts of the held-out memes that are judged on their own."""
        from gatedclip.judging import slice_names

        return slice_names(self.store, self.demo)

    def choose_floor(self, name: str, floor: float | None, by: str) -> None:
        """The AUROC that this slice has to reach, in place of the bar of all slices; None takes it away again."""
        self.team.require(by, "promote")
        now = self.bars()
        if floor is not None and name not in (known := self.slices()):
            raise NotFound(f"There is no slice {name!r}. There are: {', '.join(known)}.")
        floors = {other: each for other, each in now.slices.items() if other != name}
        self.choose_bars(replace(now, slices=floors if floor is None else {**floors, name: floor}), by)

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

    # --- the memes that decide ------------------------------------------------------------------------------------

    def draw_gold(self, n: int, by: str, seed: int = 0) -> list[int]:
        """Draws waiting memes at random to become gold once two people have judged them without the model's view."""
        self.team.require(by, "quality")
        return gold.draw(self.store, n, seed)

    def open_draw(self) -> Standing:
        """How far the memes are that were drawn and not frozen yet."""
        return gold.standing(self.store)

    def give_back_draw(self, by: str) -> int:
        """Ends the open draw without freezing any of it, and says how many memes are in the queue like any other again."""
        self.team.require(by, "quality")
        return gold.give_back(self.store)

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
