"""What corrections give at once and after retraining, measured where both can be counted: on MemeWorld's missing themes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.stats import t as student
from sklearn.metrics import roc_auc_score

from gatedclip.config import TrainConfig
from gatedclip.errors import DataError
from gatedclip.learn.lesson import Taught, plan
from gatedclip.learn.memory import Memory, Setting, choose, kin, mixed, recall, unit
from gatedclip.learn.train import Examples, Fit, fit, operating_threshold
from gatedclip.model.heads import Head
from gatedclip.types import Interval, Label, Progress, Split
from gatedclip.world.base import BaseSet, load_base
from gatedclip.world.themes import MISSING

WAYS = ("head alone", "memory alone", "retraining alone", "both")
COLUMNS = ("new AUROC", "new accuracy", "old AUROC", "old accuracy")  # on test memes of the missing themes, and of the others


@dataclass(frozen=True)
class Remembering:
    """Each way over all seeds: the mean of each column with its 95 % t interval over seeds."""

    corrections: int
    seeds: int
    new: int  # test memes of the missing themes
    old: int  # and of the others
    wrong: float  # of the corrected memes, how many the head had wrong: mean over seeds
    rows: dict[str, dict[str, Interval]]  # by WAYS and COLUMNS
    gain: dict[str, Interval]  # of each way over the head alone, in AUROC on the missing themes, paired by seed
    settings: dict[str, tuple[Setting, ...]]  # chosen for each seed by the two ways that have a memory


@dataclass(frozen=True)
class Seen:
    """Memes as one head sees them."""

    vectors: np.ndarray  # (N, P), unit rows
    probability: np.ndarray  # (N,), 0..1


def run(
    trained: Head, threshold: float, config: TrainConfig, corrections: int, seeds: int, progress: Progress, first: int = 0
) -> Remembering:
    """`corrections` memes of the themes that the head never saw are decided right; what follows on test memes nobody decided.

    Each seed from `first` on draws other memes and trains another head; with a memory the threshold is chosen anew. Raises
    DataError when fewer than two seeds are asked for.
    """
    if seeds < 2:
        raise DataError(f"{seeds} seed was asked for; an interval needs 2 or more.")
    sets, found = load_base(), []
    for seed in range(seeds):
        progress(seed / seeds, f"Correcting and retraining, seed {seed + 1} of {seeds}")
        found.append(_one(sets, trained, threshold, replace(config, seed=first + seed), corrections))
    new = _new(sets[Split.TEST])
    columns = {way: {c: [each.marks[way][c] for each in found] for c in COLUMNS} for way in WAYS}
    rows = {way: {c: over_seeds(values) for c, values in marks.items()} for way, marks in columns.items()}
    start = np.array(columns[WAYS[0]][COLUMNS[0]])
    gain = {way: over_seeds((np.array(columns[way][COLUMNS[0]]) - start).tolist()) for way in WAYS[1:]}
    chosen = {way: tuple(each.settings[way] for each in found) for way in ("memory alone", "both")}
    wrong = float(np.mean([each.wrong for each in found]))
    return Remembering(corrections, seeds, int(new.sum()), int((~new).sum()), wrong, rows, gain, chosen)


@dataclass(frozen=True)
class _Seed:
    marks: dict[str, dict[str, float]]
    settings: dict[str, Setting]
    wrong: int


def _one(sets: dict[Split, BaseSet], head: Head, threshold: float, config: TrainConfig, corrections: int) -> _Seed:
    train, validation, test = sets[Split.TRAIN], sets[Split.VALIDATION].known(), sets[Split.TEST]
    drawn = np.random.default_rng(config.seed).choice(np.flatnonzero(_new(train)), corrections, replace=False)
    decided = _rows(train, drawn)
    fitted = _retrained(train.known(), decided, validation, config)
    marks, settings = {}, {}
    for name, way, by, cut in (
        ("head alone", "memory alone", head, threshold),
        ("retraining alone", "both", fitted.head, fitted.threshold),
    ):
        asked = see(by, test)
        marks[name] = _marks(test, asked.probability, cut)
        memory, settings[way] = _remember(by, decided, validation)
        held = see(by, validation)
        anew = operating_threshold(validation.hateful.numpy(), _mixed(memory, settings[way], held), config)
        marks[way] = _marks(test, _mixed(memory, settings[way], asked), anew)
    said = see(head, decided).probability >= threshold
    return _Seed(marks, settings, int((said != decided.hateful.numpy().astype(bool)).sum()))


def _retrained(base: BaseSet, decided: BaseSet, validation: BaseSet, config: TrainConfig) -> Fit:
    """The head that base and decisions give, as on the retrain page."""
    taught = [Taught(len(base.memes) + n, float(meme.label is Label.HATEFUL)) for n, meme in enumerate(decided.memes)]
    lesson = plan(list(enumerate(m.label for m in base.memes)), taught, set(), config.decision_weight, config.decision_cap)
    picture, words = torch.cat([base.picture, decided.picture]), torch.cat([base.words, decided.words])
    data = Examples(picture, words, torch.from_numpy(lesson.hateful), weight=torch.from_numpy(lesson.weight))
    return fit(data, Examples(validation.picture, validation.words, validation.hateful), config)


def _remember(head: Head, decided: BaseSet, validation: BaseSet) -> tuple[Memory, Setting]:
    """The memory of decided memes as this head sees them, and the setting chosen on validation and on themselves."""
    mine, held = see(head, decided), see(head, validation)
    memory = Memory(mine.vectors, decided.hateful.numpy(), tuple(range(len(decided.memes))))
    families = [meme.family for meme in decided.memes]
    apart = np.concatenate([np.zeros((len(held.vectors), len(families)), bool), kin(memory.ids, families, memory, families)])
    known = np.arange(len(apart)) < len(held.vectors)
    chosen = choose(
        memory,
        np.concatenate([held.vectors, mine.vectors]),
        np.concatenate([held.probability, mine.probability]),
        np.concatenate([validation.hateful.numpy(), decided.hateful.numpy()]),
        known,
        apart,
    )
    return memory, chosen.setting


def _mixed(memory: Memory, setting: Setting, asked: Seen) -> np.ndarray:
    return mixed(asked.probability, recall(memory, asked.vectors, setting), setting.mix)


@torch.no_grad()
def see(head: Head, memes: BaseSet) -> Seen:
    """Fused vectors and probabilities of memes under one head."""
    out = head(memes.picture, memes.words)
    return Seen(unit(out.fused.numpy()), out.probability.numpy())


def _new(memes: BaseSet) -> np.ndarray:
    """Which memes are of a missing theme: (N,) bool."""
    return np.array([meme.theme in MISSING for meme in memes.memes])


def _rows(memes: BaseSet, rows: np.ndarray) -> BaseSet:
    return BaseSet(
        [memes.memes[n] for n in rows.tolist()], memes.picture[rows], memes.mirrored[rows], memes.words[rows], memes.encoder
    )


def _marks(test: BaseSet, score: np.ndarray, threshold: float) -> dict[str, float]:
    new, truth = _new(test), test.hateful.numpy()
    right = (score >= threshold) == truth.astype(bool)
    values = [value for part in (new, ~new) for value in (roc_auc_score(truth[part], score[part]), right[part].mean())]
    return dict(zip(COLUMNS, map(float, values), strict=True))


def over_seeds(values: Sequence[float]) -> Interval:
    """The mean over seeds with its 95 % t interval."""
    mean, n = float(np.mean(values)), len(values)
    half = float(student.ppf(0.975, n - 1)) * float(np.std(values, ddof=1)) / n**0.5
    return Interval(mean, mean - half, mean + half)


def table(found: Remembering) -> str:
    """The outcome as text for a terminal or a page of documentation (Markdown)."""
    return "\n".join(_lines(found))


def _lines(found: Remembering) -> Iterator[str]:
    yield (
        f"{found.corrections} memes of missing themes decided ({found.wrong:.1f} of them against the head), {found.seeds} seeds; "
        f"{found.new} test memes of these themes, {found.old} of the others."
    )
    yield ""
    yield "| way | " + " | ".join((*COLUMNS, "gain in new AUROC")) + " |"
    yield "| --- |" + " --- |" * (len(COLUMNS) + 1)
    for way in WAYS:
        yield f"| {way} | " + " | ".join(str(found.rows[way][c]) for c in COLUMNS) + f" | {found.gain.get(way, '–')} |"
    yield ""
    for way, chosen in found.settings.items():
        yield f"{way}, chosen (mix, floor, neighbours): " + "; ".join(f"{s.mix:g}, {s.floor:g}, {s.neighbours}" for s in chosen)
