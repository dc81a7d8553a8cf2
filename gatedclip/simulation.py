"""Does choosing what to look at pay? Simulated reviewers teach a head that lacks whole themes, in three ways side by side."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor

from gatedclip.config import TrainConfig
from gatedclip.errors import DataError
from gatedclip.explain.modality import picture_shares
from gatedclip.learn.committee import MEMBERS, deal, fit_together
from gatedclip.learn.lesson import decision_weight
from gatedclip.learn.selecting.batch import Decided, Mix, Waiting, choose
from gatedclip.learn.selecting.scores import uncertainty
from gatedclip.learn.selecting.second import suspects
from gatedclip.learn.train import Examples, Fit
from gatedclip.types import Interval, Progress, Split
from gatedclip.world.base import KNOWN, BaseSet, load_base
from gatedclip.world.table import over_seeds

STRATEGIES = ("random", "uncertainty", "mix")
AHEAD = 0.002  # AUROC within which two curves count as equal
REFERENCES = 16  # memes that stand for an absent half


LIMITS = {
    "rounds": (1, 100), "batch": (5, 200), "seeds": (2, 20), "error": (0, 0.45), "weight": (0.01, 1000), "base": (100, 4000),
    "pool": (100, 4000), "epochs": (1, 50),
}  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """Everything that decides one simulation."""

    rounds: int = 20
    batch: int = 20
    seeds: int = 5
    error: float = 0.05
    """Share of answers that are wrong, each person's and each meme's on its own."""

    weight: float = 1.0
    """How many base memes one decision counts for."""

    base: int = 3000
    """Labelled memes of known themes that the head starts from."""

    pool: int = 3000
    """Memes that wait, of all themes, those missing from the base among them."""

    epochs: int = 10
    """Of each refit, in batches of 64 at a peak rate of 1e-3; the last epoch is kept."""

    def __post_init__(self) -> None:
        for name, (low, high) in LIMITS.items():
            if not low <= getattr(self, name) <= high:
                raise DataError(f"{name} is {getattr(self, name)}; it must lie between {low} and {high}.")
        if self.rounds * self.batch > self.pool:
            raise DataError(f"{self.rounds} rounds of {self.batch} need more than the {self.pool} memes that wait.")

    def config(self, seed: int) -> TrainConfig:
        """The recipe of every refit: larger steps than the default, so that fewer do."""
        return TrainConfig(
            epochs=self.epochs,
            batch=64,
            learning_rate=1e-3,
            warmup=1,
            gate_hold=min(2, self.epochs),
            decision_weight=self.weight,
            calibration="none",
            seed=seed,
        )


@dataclass(frozen=True)
class Point:
    """A head after so many labels: means over seeds with 95 % intervals (Student's t)."""

    labels: int
    auroc: Interval  # on the held-out memes of all themes
    missing: Interval  # on those of themes that the base set lacks


@dataclass(frozen=True)
class Curve:
    """How one way of choosing learns."""

    strategy: str
    points: tuple[Point, ...]  # from no labels on
    lead: Interval | None  # AUROC minus random's on the same seeds, mean over all rounds; None for random itself
    reaches: int | None  # labels after which the mean stays at or above what random has at the end; None: never
    reaches_missing: int | None  # the same for the missing themes
    found: Interval  # of the labels given, the share on missing themes


@dataclass(frozen=True)
class Simulation:
    """Every curve, and what they were drawn from."""

    setting: Setting
    curves: tuple[Curve, ...]
    second: float  # of the mix's labels, how many were second answers on average over seeds
    seconds: float

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> Simulation:
        """What `gatedclip simulate --json` printed, read back."""
        curves = tuple(_curve_from(curve) for curve in told["curves"])
        return cls(Setting(**told["setting"]), curves, told["second"], told["seconds"])

    @property
    def learned(self) -> dict[str, list[tuple[int, Interval, Interval]]]:
        """For each way of choosing: labels so far, AUROC on all memes and on those of the missing themes."""
        return {curve.strategy: [(p.labels, p.auroc, p.missing) for p in curve.points] for curve in self.curves}

    @property
    def about(self) -> str:
        """What was simulated."""
        s = self.setting
        return (
            f"{s.rounds} rounds of {s.batch} labels, {s.seeds} seeds, reviewers wrong in {s.error:.0%} of answers, a decision "
            f"counts as {s.weight:g} base memes. Reduced so that it takes minutes: {s.base:,} base memes, none of the missing "
            f"themes; {s.pool:,} wait; each refit {s.epochs} epochs in batches of 64. Held-out AUROC, mean ± 95 % over seeds. "
            f"{self.seconds:.0f} s."
        )

    @property
    def verdict(self) -> list[str]:
        """What the curves say, in sentences."""
        total = self.setting.rounds * self.setting.batch
        said = [
            f"{curve.strategy} reaches what random has at {total} labels {_after(curve.reaches)}, on missing themes "
            f"{_after(curve.reaches_missing)}; AUROC above random's, mean over rounds: {curve.lead}."
            for curve in self.curves
            if curve.lead is not None
        ]
        shares = ", ".join(f"{curve.strategy} {curve.found.value:.0%}" for curve in self.curves)
        return [*said, f"Labels spent on missing themes: {shares}. Of the mix's, {self.second:.1f} were second answers."]


def _curve_from(told: dict[str, Any]) -> Curve:
    points = tuple(Point(p["labels"], Interval(**p["auroc"]), Interval(**p["missing"])) for p in told["points"])
    lead = Interval(**told["lead"]) if told["lead"] else None
    return Curve(told["strategy"], points, lead, told["reaches"], told["reaches_missing"], Interval(**told["found"]))


@dataclass
class _Run:
    """One strategy with one seed, as it goes on."""

    waiting: list[int]  # rows that nobody has decided
    answers: dict[int, list[float]]  # row -> what people said, 1 hateful
    labels: int = 0
    second: int = 0


class _World:
    """The memes of the simulation and the people who judge them."""

    def __init__(self, setting: Setting, sets: dict[Split, BaseSet]) -> None:
        train, self.setting = sets[Split.TRAIN], setting
        self.examples = Examples(train.picture, train.words, train.hateful)
        self.truth = train.hateful.numpy()
        self.families = [meme.family for meme in train.memes]
        self.missing = np.array([meme.theme not in KNOWN for meme in train.memes])
        known = sets[Split.VALIDATION].known()
        self.validation = Examples(known.picture, known.words, known.hateful)
        test = sets[Split.TEST]
        self.test = Examples(test.picture, test.words, test.hateful)
        self.test_missing = np.array([meme.theme not in KNOWN for meme in test.memes])
        drawn = [self._draw(seed) for seed in range(setting.seeds)]
        self.base, self.pool = [b for b, _ in drawn], [p for _, p in drawn]

    def _draw(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Base rows of known themes and rows that wait, of all themes, no family in both."""
        rng = np.random.default_rng(seed)
        names = np.array(self.families)
        order = rng.permutation(np.unique(names)).tolist()
        place = {name: n for n, name in enumerate(order)}
        rank = np.array([place[name] for name in self.families])
        rows = np.argsort(rank, kind="stable")
        base = rows[~self.missing[rows]][: self.setting.base]
        taken = {self.families[row] for row in base.tolist()}
        rest = np.array([row for row in rows.tolist() if self.families[row] not in taken])
        return base, rng.permutation(rest)[: self.setting.pool]

    def answer(self, seed: int, row: int, time_asked: int) -> float:
        """What the person says who is asked for the n-th time about a meme: the same for every strategy."""
        wrong = np.random.default_rng((seed, row, time_asked)).random() < self.setting.error
        return float(self.truth[row] != wrong)


def simulate(setting: Setting, progress: Progress) -> Simulation:
    """Learning curves of every strategy on the same base sets, queues, answers and first weights.

    All seeds of a strategy are trained at once, and the committee of the mix with them; every refit starts from nothing.
    """
    started, sets = time.perf_counter(), load_base()
    world = _World(setting, sets)
    scored: dict[str, np.ndarray] = {}
    runs: dict[str, list[_Run]] = {}
    for n, strategy in enumerate(STRATEGIES):
        told = _part(progress, n / len(STRATEGIES), (n + 1) / len(STRATEGIES), strategy)
        scored[strategy], runs[strategy] = _learn(world, strategy, told)
    progress(1.0, f"{len(STRATEGIES)} ways, {setting.seeds} seeds each")
    curves = tuple(_curve(world, name, scored, runs[name]) for name in STRATEGIES)
    second = float(np.mean([run.second for run in runs["mix"]]))
    return Simulation(setting, curves, second, round(time.perf_counter() - started, 1))


def _part(progress: Progress, low: float, high: float, strategy: str) -> Progress:
    return lambda fraction, message: progress(low + (high - low) * fraction, f"{strategy}: {message}")


def _learn(world: _World, strategy: str, progress: Progress) -> tuple[np.ndarray, list[_Run]]:
    """All rounds of one strategy for all seeds: AUROC (rounds + 1, seeds, 2) on all and on missing themes."""
    setting = world.setting
    runs = [_Run(world.pool[seed].tolist(), {}) for seed in range(setting.seeds)]
    found = []
    for number in range(setting.rounds + 1):
        progress(number / (setting.rounds + 1), f"{number * setting.batch} labels")
        heads = _refit(world, runs)
        found.append([_score(world, head) for head in heads])
        if number == setting.rounds:
            break
        members = _committees(world, runs) if strategy == "mix" else [None] * setting.seeds
        for seed, (run, head, fits) in enumerate(zip(runs, heads, members, strict=True)):
            for row in _choose(world, strategy, seed, number, run, head, fits):
                _ask(world, seed, run, row)
    return np.array(found), runs


def _ask(world: _World, seed: int, run: _Run, row: int) -> None:
    said = run.answers.setdefault(row, [])
    run.second += bool(said)
    said.append(world.answer(seed, row, len(said)))
    run.labels += 1
    if len(said) == 1:
        run.waiting.remove(row)


def _lesson(world: _World, seed: int, run: _Run) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, targets and weights: the base, then the decided; where two people differ the target lies between."""
    base, decided = world.base[seed], np.array(list(run.answers), dtype=np.int64)
    rows = np.concatenate([base, decided])
    targets = np.concatenate([world.truth[base], [np.mean(said) for said in run.answers.values()]])
    config = world.setting.config(0)
    each = decision_weight(len(base), len(decided), config.decision_weight, config.decision_cap)
    return rows, targets, np.concatenate([np.ones(len(base)), np.full(len(decided), each)])


def _refit(world: _World, runs: Sequence[_Run]) -> list[Fit]:
    """One head a seed, from the base and all that was decided so far."""
    return _fit(world, [_lesson(world, seed, run) for seed, run in enumerate(runs)], seed=0)


def _fit(world: _World, lessons: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]], seed: int) -> list[Fit]:
    """Lessons of about one length at once; a shorter one sees some of its memes twice."""
    longest = max(len(rows) for rows, _, _ in lessons)
    columns = [torch.from_numpy(np.stack([np.resize(lesson[n], longest) for lesson in lessons])) for n in range(3)]
    config = world.setting.config(seed)
    rows, targets, weights = columns
    return fit_together(
        world.examples, world.validation, config, rows, targets.float(), weights.float(), keep=world.setting.epochs
    )


def _committees(world: _World, runs: Sequence[_Run]) -> list[tuple[list[Fit], np.ndarray]]:
    """For each seed the bootstrapped members and the fold of each decided meme, which one member never learned from."""
    lessons, folds = [], []
    for seed, run in enumerate(runs):
        rows, targets, weights = _lesson(world, seed, run)
        base = len(world.base[seed])
        fold = deal([world.families[row] for row in rows[base:].tolist()], MEMBERS, seed)
        folds.append(fold)
        rng = np.random.default_rng((seed, len(rows)))
        for k in range(MEMBERS):
            mine = rng.choice(np.flatnonzero(np.concatenate([np.full(base, -1), fold]) != k), len(rows))
            lessons.append((rows[mine], targets[mine], weights[mine]))
    fits = _fit(world, lessons, seed=1000)
    return [(fits[n * MEMBERS : (n + 1) * MEMBERS], fold) for n, fold in enumerate(folds)]


@torch.no_grad()
def _score(world: _World, fitted: Fit) -> tuple[float, float]:
    said = fitted.head(world.test.picture, world.test.words).probability.numpy()
    labels, missing = world.test.labels, world.test_missing
    return float(roc_auc_score(labels, said)), float(roc_auc_score(labels[missing], said[missing]))


def _choose(
    world: _World, strategy: str, seed: int, number: int, run: _Run, fitted: Fit, committee: tuple[list[Fit], np.ndarray] | None
) -> list[int]:
    """Rows to ask about in this round."""
    batch, rng = world.setting.batch, (seed, number)
    if strategy == "random":
        return np.random.default_rng(rng).choice(run.waiting, batch, replace=False).tolist()
    picture, words = _vectors(world, run.waiting)
    with torch.no_grad():
        out = fitted.head(picture, words)
    said = out.probability.numpy()
    if committee is None:
        best = np.argsort(-uncertainty(said, fitted.threshold), kind="stable")[:batch]
        return [run.waiting[n] for n in best.tolist()]
    fits, fold = committee
    members = np.stack([_said(one, picture, words) for one in fits])
    references = _vectors(world, world.base[seed][:REFERENCES].tolist())
    waiting = Waiting(
        ids=run.waiting,
        families=[world.families[row] for row in run.waiting],
        probability=said,
        fused=out.fused.numpy(),
        threshold=fitted.threshold,
        members=members,
        gate=out.gate.numpy(),
        picture_share=picture_shares(fitted.head, picture, words, *references),
    )
    decided = _decided(world, run, fits, fold, members.mean(0), len(world.base[seed]))
    seed_of_batch = int(np.random.default_rng(rng).integers(2**31))
    return [choice.meme_id for choice in choose(waiting, decided, _mix(batch), seed_of_batch).choices]


def _mix(batch: int) -> Mix:
    """The default mix, scaled to another size of batch; what rounding leaves is for the uncertain."""
    whole = Mix()
    share = {name: max(1, round(n * batch / whole.size)) for name, n in asdict(whole).items() if name != "uncertain"}
    return replace(whole, **share, uncertain=batch - sum(share.values()))


def _decided(world: _World, run: _Run, fits: Sequence[Fit], fold: np.ndarray, unknown: np.ndarray, base: int) -> Decided:
    """What was decided so far, with the doubts about it."""
    rows = list(run.answers)
    if not rows:
        return Decided(labels=base)
    picture, words = _vectors(world, rows)
    members = np.stack([_said(one, picture, words) for one in fits])
    left_out = members[fold, np.arange(len(rows))]
    most = max(len(said) for said in run.answers.values())
    answers = np.array([said + [np.nan] * (most - len(said)) for said in run.answers.values()])
    found = suspects(answers, left_out, unknown, world.setting.batch)
    return Decided(ids=rows, hateful=np.nanmean(answers, axis=1), left_out=left_out, suspects=found, labels=base + run.labels)


def _vectors(world: _World, rows: Sequence[int]) -> tuple[Tensor, Tensor]:
    return world.examples.picture[list(rows)], world.examples.words[list(rows)]


@torch.no_grad()
def _said(fitted: Fit, picture: Tensor, words: Tensor) -> np.ndarray:
    return fitted.head(picture, words).probability.numpy()


def _curve(world: _World, name: str, scored: dict[str, np.ndarray], runs: Sequence[_Run]) -> Curve:
    mine, random, batch = scored[name], scored["random"], world.setting.batch
    points = tuple(Point(n * batch, over_seeds(s[:, 0]), over_seeds(s[:, 1])) for n, s in enumerate(mine))
    taught = [[float(world.missing[row]) for row, said in run.answers.items() for _ in said] for run in runs]
    lead = None if name == "random" else over_seeds((mine - random)[1:, :, 0].mean(0).tolist())
    reaches = [reached(mine.mean(1)[:, k], float(random.mean(1)[-1, k]), batch) for k in (0, 1)]
    spent = over_seeds([float(np.mean(t)) for t in taught])
    return Curve(name, points, lead, reaches[0], reaches[1], spent)


def reached(curve: np.ndarray, level: float, batch: int) -> int | None:
    """Labels after which a curve (rounds + 1,) stays at a level, AHEAD below it at most; None where it ends lower."""
    below = np.flatnonzero(curve < level - AHEAD)
    first = int(below[-1]) + 1 if len(below) else 0
    return first * batch if first < len(curve) else None


def render(found: Simulation) -> str:
    """The curves as a Markdown table, and what they say."""
    by = {curve.strategy: curve for curve in found.curves}
    titles = ["labels", *by, *(f"{name}, missing themes" for name in by)]
    lines = [found.about, "", f"| {' | '.join(titles)} |", "|" + "---|" * len(titles)]
    for n, point in enumerate(by["random"].points):
        cells = [_cell(curve.points[n].auroc) for curve in by.values()] + [
            _cell(curve.points[n].missing) for curve in by.values()
        ]
        lines.append(f"| {point.labels} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *(f"- {sentence}" for sentence in found.verdict)])


def _cell(interval: Interval) -> str:
    return f"{interval.value:.3f} ± {interval.value - interval.low:.3f}"


def _after(labels: int | None) -> str:
    return "never" if labels is None else f"after {labels}"
