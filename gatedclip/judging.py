"""Whether a candidate may serve: the memes it is judged on, how high the bars lie, and what each rule says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import numpy as np

from gatedclip import curriculum
from gatedclip.engine import Engine
from gatedclip.errors import DataError
from gatedclip.gold import entries
from gatedclip.learn.compare import Said
from gatedclip.learn.gold import KNOWN, Manifest, require_unchanged
from gatedclip.learn.promotion import SEED_NOISE, Bars, Evidence, MustPass, judge, noise_bound
from gatedclip.model.metrics import scores
from gatedclip.retraining import hateful, said, slices
from gatedclip.store.memes import MemeColumns
from gatedclip.store.store import Store
from gatedclip.suspecting import bypass
from gatedclip.types import Frozen, HeadVersion, Label, Look, Refused, Split, Verdict

BARS, MUST_PASS, NOISE = "promotion: bars", "promotion: must pass", "promotion: seed noise"  # settings
GOLD = "hidden gold"  # name of the slice of judged memes that come from the queue


def judged(engine: Engine) -> MemeColumns:
    """The memes candidates are judged on: the test memes, then the frozen gold, or all hidden gold until some is frozen.

    DataError when a frozen meme is no longer what it was.
    """
    test = curriculum.columns(engine.store, engine.encoder.demo).where(Split.TEST)
    frozen = engine.store.gold.newest("gold")
    gold = _unchanged(engine, frozen, Split.GOLD) if frozen else engine.store.memes.all_keys(Split.GOLD)
    both = test.and_(gold)
    return both.take([n for n, given in enumerate(both.given) if given in KNOWN])


def _unchanged(engine: Engine, frozen: Frozen, split: Split) -> MemeColumns:
    memes = engine.store.memes.all_keys(split)
    require_unchanged(Manifest.from_plain(frozen.entries), {entry.meme_id: entry for entry in entries(memes)})
    return memes.of([meme_id for meme_id, _, _ in frozen.entries])


def look(engine: Engine, version: HeadVersion, by: str) -> Look:
    """How a version does on the sealed reserve. Counted and kept: who looked, when, with which version, and what came out."""
    frozen = engine.store.gold.newest("reserve")
    if frozen is None:
        raise DataError("Nothing is sealed. Draw memes, have them judged by two people, and freeze them with a sealed share.")
    memes = _unchanged(engine, frozen, Split.RESERVE)
    told = of(engine, version, memes)
    found = scores(hateful(memes), told.probability, told.threshold, told.gate)
    return engine.store.gold.look(frozen.id, version.id, by, asdict(found))


def verdict(engine: Engine, version: HeadVersion) -> Verdict:
    """What the rules of promotion say of a version against the head that serves; without memes to judge on they refuse it."""
    store, memes = engine.store, judged(engine)
    labels = hateful(memes)
    manifest = Manifest.of(entries(memes)).sha256
    if not 0 < labels.sum() < len(labels):
        return _unknown(int(labels.sum()), len(labels))
    before = rival(engine, version)
    right = store.memes.many(store.settings.get(MUST_PASS, []))
    right = [meme for meme in right if (meme.label or meme.given) in KNOWN]
    must = of_stored(engine, [version, *([before] if before else [])], [m.picture for m in right], [m.text for m in right])
    evidence = Evidence(
        hateful=labels,
        after=of(engine, version, memes),
        before=of(engine, before, memes) if before else None,
        slices=_slices(memes, curriculum.columns(store, engine.encoder.demo)),
        gated=version.kind in ("gated", "ensemble"),
        must_pass=tuple(
            MustPass(m.id, (m.label or m.given) is Label.HATEFUL, *(float(s.probability[n]) for s in must))
            for n, m in enumerate(right)
        ),
        seed_noise=seed_noise(store).deviation,
        seeds=(_seeds(before), _seeds(version)),
    )
    high = bars(store)
    opened = bypass(engine, version, before, memes, high.bypass) if before and before.id != version.id else []
    return replace(judge(evidence, high, opened), memes=manifest)


def _seeds(version: HeadVersion | None) -> int:
    """How many seeds a head averages."""
    return int(version.config["members"]) if version is not None and version.kind == "ensemble" else 1


def _unknown(positives: int, n: int) -> Verdict:
    sentence = (
        f"There are {positives} hateful and {n - positives} benign held-out memes to judge on; at least one of each is needed. "
        "Import labelled memes for the test."
    )
    return Verdict((Refused("held-out memes", sentence, None, float(min(positives, n - positives)), 1.0),), (), True)


def bars(store: Store) -> Bars:
    """How high each bar lies here."""
    return Bars.from_dict(store.settings.get(BARS, {}))


def rival(engine: Engine, version: HeadVersion) -> HeadVersion | None:
    """The head that serves, where both can be asked the same; None where it reads another encoder's vectors or none serves."""
    champion = engine.store.versions.champion()
    return champion if champion and champion.encoder == version.encoder else None


def of(engine: Engine, version: HeadVersion, memes: MemeColumns) -> Said:
    """What a version says about memes."""
    return of_stored(engine, [version], memes.pictures, memes.texts)[0]


def of_stored(engine: Engine, versions: Sequence[HeadVersion], pictures: Sequence[str], texts: Sequence[str]) -> list[Said]:
    if not pictures:
        return [Said(np.empty(0, np.float32), np.empty(0, np.float32), engine.head(v).threshold) for v in versions]
    vectors = engine.embed(pictures, texts)
    return [said(engine.head(version), *vectors) for version in versions]


def slice_names(store: Store, demo: bool) -> list[str]:
    """Names of the parts of the held-out memes that are judged on their own."""
    memes = curriculum.columns(store, demo)
    return list(_slices(memes.where(Split.TEST).and_(store.memes.all_keys(Split.GOLD)), memes))


def _slices(memes: MemeColumns, every: MemeColumns) -> dict[str, np.ndarray]:
    parts = slices(memes, every)
    gold = np.array([split is Split.GOLD for split in memes.splits])
    return {**parts, GOLD: gold} if gold.any() else parts


# --- what another seed changes ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SeedNoise:
    """How much another seed alone changes the AUROC."""

    deviation: float  # of the AUROC between seeds
    areas: tuple[float, ...] = ()  # AUROC of each head that was trained; none where nobody measured it here
    by: str = ""
    at: datetime | None = None  # UTC

    @property
    def bound(self) -> float:
        """The difference of two heads of one recipe stays below this in 95 % of pairs."""
        return noise_bound(self.deviation)


def seed_noise(store: Store) -> SeedNoise:
    """As it was last measured here, or what the demo gave."""
    kept = store.settings.get(NOISE, {})
    at = datetime.fromisoformat(kept["at"]) if "at" in kept else None
    return SeedNoise(float(kept.get("deviation", SEED_NOISE)), tuple(kept.get("areas", ())), kept.get("by", ""), at)
