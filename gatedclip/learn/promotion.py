"""What a candidate must show before it may serve: every rule on its own, each with the two numbers it compares.

AUROC changes are judged by the paired bootstrap of `model.metrics`, not by DeLong's interval: the same draws of memes also serve
the Brier score, and small slices, where DeLong's normal approximation is poorest, are part of the judgement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from statistics import NormalDist
from typing import Any

import numpy as np

from gatedclip.errors import ConfigError, DataError
from gatedclip.learn.compare import Said
from gatedclip.model.metrics import area_under, auroc, auroc_change, brier_change, calibration_error, require_both_classes
from gatedclip.model.operating import Z, confusion
from gatedclip.types import Interval, Passed, Refused, Ruling, Verdict

SEED_NOISE = 0.008
"""Deviation of the AUROC between seeds where none was measured; what `gatedclip noise` prints on the demo, rounded up."""


@dataclass(frozen=True)
class Bars:
    """How high each bar lies."""

    auroc: float = 0.6
    """AUROC at least, 0..1. A half is chance."""

    recall: float = 0.5
    """Share of the hateful found at the operating threshold, at least, 0..1."""

    margin: float = 0.02
    """How far below the champion's AUROC the lower end of the change's interval may lie."""

    recall_loss: float = 0.02
    """How far the recall may fall below the champion's."""

    brier_loss: float = 0.005
    """How much worse the Brier score may be beyond doubt: the lower end of the change's interval."""

    slice_auroc: float = 0.5
    """AUROC that no slice may lie below with its whole interval."""

    slice_loss: float = 0.02
    """How far below the champion's AUROC a slice may lie with its whole interval."""

    slices: Mapping[str, float] = field(default_factory=dict)
    """Floors of single slices by name, in place of `slice_auroc`."""

    gate_edge: float = 0.02
    """The mean gate keeps this far from 0 and from 1."""

    gate_spread: float = 0.001
    """Standard deviation of the gate over memes, at least."""

    bypass: float = 0.1
    """Share of held-out hateful memes that one trigger of the lesson may let pass; see `learn.probe`."""

    def __post_init__(self) -> None:
        named = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "slices"}
        for name, value in {**named, **{f"slice {name!r}": floor for name, floor in self.slices.items()}}.items():
            if not 0 <= value <= 1:
                raise ConfigError(f"{name} is {value}; every bar of a promotion lies between 0 and 1.")

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Bars:
        if unknown := sorted(set(values) - {f.name for f in fields(cls)}):
            raise ConfigError(f"Unknown bars: {', '.join(unknown)}. Known: {', '.join(f.name for f in fields(cls))}.")
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class MustPass:
    """A meme that every head has to judge right, with what the two heads say of it."""

    meme_id: int
    hateful: bool
    after: float  # probability of hateful, 0..1
    before: float | None = None


@dataclass(frozen=True)
class Evidence:
    """What two heads say about the same N labelled memes, which neither learned from."""

    hateful: np.ndarray  # (N,) 0/1
    after: Said
    before: Said | None = None  # None: no head serves yet, so only the absolute rules hold
    slices: Mapping[str, np.ndarray] = field(default_factory=dict)  # name -> mask (N,)
    gated: bool = True  # the candidate is of a kind whose gate moves
    must_pass: Sequence[MustPass] = ()
    seed_noise: float = SEED_NOISE  # deviation of the AUROC between seeds of one recipe on the same data
    seeds: tuple[int, int] = (1, 1)  # averaged by the head that serves, and by the candidate: ensembles waver less


def judge(evidence: Evidence, bars: Bars | None = None, beside: Sequence[Ruling] = ()) -> Verdict:
    """What each rule says of a candidate, and rulings from `beside` this evidence. It may go live where none refuses.

    Raises DataError when the memes hold one class only.
    """
    bars = bars or Bars()
    require_both_classes(evidence.hateful, "The memes a candidate is judged on")
    rulings = [*(ruling for rule in RULES for ruling in rule(evidence, bars)), *beside]
    noise = next((ruling for ruling in rulings if ruling.rule == NOISE), None)
    return Verdict(
        refusals=tuple(ruling for ruling in rulings if isinstance(ruling, Refused)),
        passes=tuple(ruling for ruling in rulings if isinstance(ruling, Passed)),
        change=not isinstance(noise, Refused),
    )


def seed_noise(aurocs: Sequence[Sequence[float]]) -> float:
    """Deviation of the AUROC between seeds: pooled over groups of heads that differ in their seed alone.

    Raises DataError unless some group has two heads.
    """
    spreads = [(len(group) - 1, float(np.var(group, ddof=1))) for group in aurocs if len(group) > 1]
    if not spreads:
        raise DataError("Seed noise needs at least two heads of one recipe on the same data. Train some with other seeds.")
    return float((sum(n * variance for n, variance in spreads) / sum(n for n, _ in spreads)) ** 0.5)


# --- the rules -------------------------------------------------------------------------------------------------------

NOISE = "seed noise"


def _ruling(good: bool, rule: str, sentence: str, before: float | None, after: float, bound: float) -> Ruling:
    return (Passed if good else Refused)(rule, sentence, before, after, bound)


def _floors(e: Evidence, bars: Bars) -> list[Ruling]:
    area = auroc(e.hateful, e.after.probability)
    before = area_under(e.hateful, e.before.probability) if e.before else None
    found, found_before = _recall(e, e.after), _recall(e, e.before) if e.before else None
    return [
        _ruling(
            area.value >= bars.auroc,
            "AUROC floor",
            f"The AUROC is {area}; at least {bars.auroc:.3f} is asked for.",
            before,
            area.value,
            bars.auroc,
        ),
        _ruling(
            found >= bars.recall,
            "recall floor",
            f"{found:.3f} of the hateful memes are found at the threshold {e.after.threshold:.3f}; at least {bars.recall:.3f} is "
            "asked for.",
            found_before,
            found,
            bars.recall,
        ),
    ]


def _no_worse(e: Evidence, bars: Bars) -> list[Ruling]:
    if e.before is None:
        return []
    change = auroc_change(e.hateful, e.before.probability, e.after.probability)
    before, after = (area_under(e.hateful, said.probability) for said in (e.before, e.after))
    sentence = (
        f"The AUROC goes from {before:.3f} to {after:.3f}, {_signed(change)}; the lower end of that interval must lie above "
        f"{-bars.margin:+.3f}."
    )
    return [_ruling(change.low > -bars.margin, "AUROC change", sentence, before, after, -bars.margin)]


def _recall_holds(e: Evidence, bars: Bars) -> list[Ruling]:
    if e.before is None:
        return []
    before, after = _recall(e, e.before), _recall(e, e.after)
    bound = before - bars.recall_loss
    sentence = (
        f"Of the hateful memes {before:.3f} were found at the operating threshold and {after:.3f} would be; at least {bound:.3f} "
        f"is asked for, {bars.recall_loss:.3f} below the head that serves."
    )
    return [_ruling(after >= bound - 1e-9, "recall", sentence, before, after, bound)]


def _calibrated(e: Evidence, bars: Bars) -> list[Ruling]:
    if e.before is None:
        return []
    before, after = (float(np.mean((said.probability - e.hateful) ** 2)) for said in (e.before, e.after))
    change = brier_change(e.hateful, e.before.probability, e.after.probability)
    errors = [calibration_error(e.hateful, said.probability) for said in (e.before, e.after)]
    sentence = (
        f"The Brier score goes from {before:.3f} to {after:.3f}, {_signed(change)} (calibration error {errors[0]:.3f} to "
        f"{errors[1]:.3f}); lower is better, and the lower end of that interval may be at most {bars.brier_loss:+.3f}."
    )
    return [_ruling(change.low <= bars.brier_loss, "calibration", sentence, before, after, bars.brier_loss)]


def _slices_hold(e: Evidence, bars: Bars) -> list[Ruling]:
    """One ruling per slice of both classes. Intervals are widened for their number (Bonferroni), or some slice would fail by
    chance alone."""
    masks = {name: mask for name, mask in e.slices.items() if 0 < e.hateful[mask].sum() < mask.sum()}
    return [_slice(name, mask, e, bars, len(masks)) for name, mask in masks.items()]


def _slice(name: str, mask: np.ndarray, e: Evidence, bars: Bars, slices: int) -> Ruling:
    y, floor = e.hateful[mask], bars.slices.get(name, bars.slice_auroc)
    after = auroc(y, e.after.probability[mask])
    high = widen(after, slices).high
    if e.before is None or high < floor:
        before = area_under(y, e.before.probability[mask]) if e.before else None
        sentence = f"On {name!r} ({len(y):,} memes) the AUROC is {after}; its interval must reach {floor:.3f}."
        return _ruling(high >= floor, f"slice {name}", sentence, before, after.value, floor)
    was = area_under(y, e.before.probability[mask])
    change = widen(auroc_change(y, e.before.probability[mask], e.after.probability[mask]), slices)
    sentence = (
        f"On {name!r} ({len(y):,} memes) the AUROC goes from {was:.3f} to {after.value:.3f}, {_signed(change)}; that interval "
        f"must reach {-bars.slice_loss:+.3f}."
    )
    return _ruling(change.high >= -bars.slice_loss, f"slice {name}", sentence, was, after.value, was - bars.slice_loss)


def widen(interval: Interval, intervals: int) -> Interval:
    """A 95 % interval as one of several that are all to hold at once with 95 % (Bonferroni, on the normal scale)."""
    factor = NormalDist().inv_cdf(1 - 0.025 / max(intervals, 1)) / Z
    low, high = ((end - interval.value) * factor + interval.value for end in (interval.low, interval.high))
    return Interval(interval.value, low, high)


def _must_pass(e: Evidence, bars: Bars) -> list[Ruling]:
    if not e.must_pass:
        return []
    right = [(meme.after >= e.after.threshold) == meme.hateful for meme in e.must_pass]
    wrong = [meme.meme_id for meme, good in zip(e.must_pass, right, strict=True) if not good]
    which = f" Wrong: {', '.join(map(str, wrong[:10]))}{' and others' if len(wrong) > 10 else ''}." if wrong else ""
    sentence = f"{sum(right)} of {len(right)} memes that every head must judge right are right; all are asked for.{which}"
    return [_ruling(not wrong, "must pass", sentence, _right_before(e), float(sum(right)), float(len(right)))]


def _right_before(e: Evidence) -> float | None:
    if e.before is None:
        return None
    return float(sum((m.before >= e.before.threshold) == m.hateful for m in e.must_pass if m.before is not None))


def _gate_moves(e: Evidence, bars: Bars) -> list[Ruling]:
    if not e.gated:
        return []
    mean, spread = float(e.after.gate.mean()), float(e.after.gate.std())
    was = (float(e.before.gate.mean()), float(e.before.gate.std())) if e.before else (None, None)
    edge = bars.gate_edge
    return [
        _ruling(
            edge <= mean <= 1 - edge,
            "gate mean",
            f"The gate is {mean:.3f} on average; it must lie within {edge:.2f} and {1 - edge:.2f}, or one half of the meme is no "
            "longer looked at.",
            was[0],
            mean,
            edge if mean < 0.5 else 1 - edge,
        ),
        _ruling(
            spread >= bars.gate_spread,
            "gate spread",
            f"The gate differs between memes by {spread:.4f} (standard deviation); at least {bars.gate_spread:.4f} is asked for, "
            "or it is the same for every meme.",
            was[1],
            spread,
            bars.gate_spread,
        ),
    ]


def noise_bound(deviation: float, *seeds: int) -> float:
    """What two heads of one recipe differ by less than in 95 % of pairs, from the deviation between single heads.

    Both vary with their seeds: √(1/k + 1/m) where they average k and m of them, √2 for single heads.
    """
    return float(Z * deviation * sum(1 / k for k in seeds or (1, 1)) ** 0.5)


def _beyond_noise(e: Evidence, bars: Bars) -> list[Ruling]:
    """Within what another seed changes nothing has changed."""
    if e.before is None:
        return []
    before, after = (area_under(e.hateful, said.probability) for said in (e.before, e.after))
    bound = noise_bound(e.seed_noise, *e.seeds)
    changed = abs(after - before) > bound
    sentence = (
        f"{'The' if changed else 'No change: the'} AUROC goes from {before:.3f} to {after:.3f}, {after - before:+.4f}; another "
        f"seed alone changes it by up to ±{bound:.4f}."
    )
    return [_ruling(changed, NOISE, sentence, before, after, bound)]


RULES: tuple[Callable[[Evidence, Bars], list[Ruling]], ...] = (
    _floors,
    _no_worse,
    _recall_holds,
    _calibrated,
    _slices_hold,
    _must_pass,
    _gate_moves,
    _beyond_noise,
)


def _recall(e: Evidence, said: Said) -> float:
    recall = confusion(e.hateful, said.probability, said.threshold).recall
    return recall.value if recall else 0.0


def _signed(change: Interval) -> str:
    return f"{change.value:+.3f} [{change.low:+.3f}, {change.high:+.3f}]"
