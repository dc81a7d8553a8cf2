"""Whether a candidate may serve: the memes it is judged on, what it would change, and how much another seed changes anyway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

import numpy as np

from gatedclip import curriculum
from gatedclip.config import TrainConfig
from gatedclip.engine import Engine
from gatedclip.errors import DataError
from gatedclip.gold import entries
from gatedclip.learn.compare import Said, flips
from gatedclip.learn.gold import KNOWN, Manifest, require_unchanged
from gatedclip.learn.promotion import SEED_NOISE, Bars, Evidence, MustPass, judge, noise_bound
from gatedclip.learn.promotion import seed_noise as deviation_of
from gatedclip.learn.reviewers import HeldOutReviewers, held_out_reviewers
from gatedclip.learn.train import each_epoch, fit
from gatedclip.model.metrics import area_under, scores
from gatedclip.model.operating import proportion
from gatedclip.retraining import examples, hateful, said, slices
from gatedclip.store.memes import MemeColumns, MemeFilter
from gatedclip.store.store import Store
from gatedclip.suspecting import bypass
from gatedclip.types import Flip, Frozen, HeadVersion, Interval, Label, Look, Progress, Refused, Split, Status, Verdict

BARS, MUST_PASS, NOISE = "promotion: bars", "promotion: must pass", "promotion: seed noise"  # settings
GOLD = "hidden gold"  # name of the slice of judged memes that come from the queue
SHADOW, WAITING = 200, 1000  # decided memes scored again, and waiting memes looked at


@dataclass(frozen=True, slots=True)
class Shadow:
    """The last decided memes under both heads, against what people decided."""

    n: int
    learned: int  # of them the candidate learned from, which flatters it there
    changed: int  # verdicts that differ
    before: Interval | None  # share on which the head that serves agrees with people; None where none serves or n is 0
    after: Interval | None
    flips: tuple[Flip, ...]  # `truth` is what people decided


@dataclass(frozen=True, slots=True)
class QueueEffect:
    """What waits, under both heads."""

    n: int
    before: Interval | None  # share flagged as hateful; None where no head serves or nothing waits
    after: Interval | None
    changed: int  # verdicts that differ


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


# --- what it would change --------------------------------------------------------------------------------------------


def shadow(engine: Engine, version: HeadVersion, n: int = SHADOW) -> Shadow:
    """The last `n` memes people decided as hateful or benign, scored again by a version and by the head that serves."""
    decided = [d for d in engine.store.decisions.standing() if d.label in KNOWN][-n:] if n > 0 else []
    memes = engine.store.memes.many([d.meme_id for d in decided])
    truth = np.array([d.label is Label.HATEFUL for d in decided], dtype=np.float32)
    taught = curriculum.learned(engine.settings.versions / version.folder)
    before = rival(engine, version)
    heads = [version, *([before] if before else [])]
    after, *was = of_stored(engine, heads, [m.picture for m in memes], [m.text for m in memes])
    changed = flips([m.id for m in memes], truth, was[0], after) if was else ()
    return Shadow(
        n=len(memes),
        learned=sum(m.id in taught for m in memes),
        changed=len(changed),
        before=_agreement(truth, was[0]) if was else None,
        after=_agreement(truth, after),
        flips=changed,
    )


def _agreement(truth: np.ndarray, head: Said) -> Interval | None:
    right = (head.probability >= head.threshold) == truth.astype(bool)
    return proportion(int(right.sum()), len(right)) if len(right) else None


def queue_effect(engine: Engine, version: HeadVersion, limit: int = WAITING) -> QueueEffect:
    """Which share of the memes that wait, the `limit` oldest, a version flags and the head that serves does."""
    waiting = engine.store.memes.find(MemeFilter(split=Split.QUEUE, status=Status.WAITING), limit)
    before = rival(engine, version)
    heads = [version, *([before] if before else [])]
    told = of_stored(engine, heads, [m.picture for m in waiting], [m.text for m in waiting])
    flagged = [head.probability >= head.threshold for head in told]
    rates = [proportion(int(f.sum()), len(f)) if len(f) else None for f in flagged]
    changed = int((flagged[0] != flagged[-1]).sum())
    return QueueEffect(len(waiting), rates[1] if before else None, rates[0], changed)


# --- does it learn the reviewer? -------------------------------------------------------------------------------------


def reviewer_held_out(engine: Engine, config: TrainConfig, progress: Progress) -> HeldOutReviewers:
    """Heads trained without one reviewer's decisions at a time, each judged on those, beside random parts left out."""
    memes = curriculum.columns(engine.store, engine.encoder.demo)
    lesson = curriculum.lesson(engine.store, memes, config)
    who = {d.meme_id: d.reviewer for d in engine.store.decisions.standing()}
    held = memes.where(Split.VALIDATION)
    learn = examples(engine, memes.of(lesson.ids), lesson.hateful, lesson.weight, config, progress)
    stop = examples(engine, held, hateful(held), None, config, progress)
    reviewers = [who.get(meme_id, "") for meme_id in lesson.ids[lesson.base :]]
    return held_out_reviewers(learn, lesson.base, reviewers, stop, config, progress)


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


def keep_seed_noise(store: Store, config: TrainConfig, seeds: Sequence[int], areas: Sequence[float], by: str) -> SeedNoise:
    """Keeps what these heads, which differ in their seed alone, show as what a change has to exceed."""
    found = SeedNoise(deviation_of([areas]), tuple(areas), by, datetime.now(UTC).replace(tzinfo=None))
    kept = {**asdict(found), "at": f"{found.at:%Y-%m-%dT%H:%M:%S}", "seeds": list(seeds), "config": config.to_dict()}
    store.settings.put(NOISE, kept)
    return found


def areas_by_seed(engine: Engine, config: TrainConfig, seeds: Sequence[int], progress: Progress) -> list[float]:
    """AUROC on the judged memes of heads that differ in their seed alone, trained on today's lesson; none is kept."""
    memes, on = curriculum.columns(engine.store, engine.encoder.demo), judged(engine)
    lesson = curriculum.lesson(engine.store, memes, config)
    held = memes.where(Split.VALIDATION)
    if not len(held) or not len(on):
        raise DataError("Seed noise needs validation and held-out memes. Import labelled memes for base and test first.")
    learn = examples(engine, memes.of(lesson.ids), lesson.hateful, lesson.weight, config, progress)
    stop = examples(engine, held, hateful(held), None, config, progress)
    areas, vectors, labels = [], engine.embed(on.pictures, on.texts), hateful(on)
    for done, seed in enumerate(seeds):
        name = f"seed {seed}, {done + 1} of {len(seeds)}"
        fitted = fit(learn, stop, replace(config, seed=seed), each_epoch(progress, name, done, len(seeds), config))
        areas.append(area_under(labels, fitted.head(*vectors).probability.numpy()))
    return areas
