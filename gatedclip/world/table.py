"""The table of what each head can do in MemeWorld, and the head that ships."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from scipy.stats import t as student
from sklearn.metrics import roc_auc_score

from gatedclip.config import ASSETS, HeadKind, Preset, TrainConfig
from gatedclip.learn.finish import finish
from gatedclip.learn.lesson import plan
from gatedclip.learn.train import Epoch, Examples, Fit, fit
from gatedclip.model import checkpoint
from gatedclip.model.metrics import scores
from gatedclip.types import Interval, Progress, Split
from gatedclip.world.base import KNOWN, BaseSet, load_base, manifest
from gatedclip.world.memes import TRUTHS

KINDS: tuple[HeadKind, ...] = ("mean", "picture", "words", "gated")
CONVERGED = {"epochs": 60, "warmup": 2, "patience": 60, "learning_rate": 1e-3}  # the linear baseline needs larger steps


@dataclass(frozen=True)
class Row:
    """One kind of head under one preset: means over seeds with 95 % intervals (Student's t)."""

    preset: str
    head: str
    auroc: Interval
    accuracy: Interval
    by_truth: dict[str, Interval]  # AUROC on *together* memes; on picture or words memes against those of neither
    gate: dict[str, Interval]  # mean gate by truth class; empty for heads without a gate
    seconds: float  # of training, mean


def measure(progress: Progress, seeds: int = 5, presets: Sequence[Preset] = get_args(Preset), folder: Path = ASSETS) -> list[Row]:
    """Every kind of head trained on the base set with each preset and seed, scored on test memes of other families."""
    base = load_base(folder)
    test = base[Split.TEST]
    jobs = [(preset, kind) for preset in presets for kind in KINDS]
    rows = []
    for done, (preset, kind) in enumerate(jobs):
        progress(done / len(jobs), f"{preset}: {kind}")
        fits = [
            fit(examples(base[Split.TRAIN]), examples(base[Split.VALIDATION]), _config(preset, kind, s)) for s in range(seeds)
        ]
        rows.append(_row(preset, kind, fits, test))
    progress(1.0, f"{len(jobs)} heads, {seeds} seeds each")
    return rows


def examples(base: BaseSet) -> Examples:
    """The memes of a split as a head learns from them."""
    return Examples(base.picture, base.words, base.hateful, base.mirrored)


def _config(preset: Preset, kind: HeadKind, seed: int) -> TrainConfig:
    """The preset; the tuned baselines, which have fewer weights, run until they have converged."""
    longer: dict[str, Any] = CONVERGED if preset == "tuned" and kind == "mean" else {}
    return TrainConfig.preset(preset, head=kind, seed=seed, **longer)


def _row(preset: str, kind: str, fits: list[Fit], test: BaseSet) -> Row:
    hateful, truth = test.hateful.numpy(), np.array([meme.truth for meme in test.memes])
    parts: dict[str, list[float]] = {}
    for trained in fits:
        with torch.no_grad():
            out = trained.head(test.picture, test.words)
        probability, gate = out.probability.numpy(), out.gate.numpy()
        found = {"auroc": roc_auc_score(hateful, probability)}
        found["accuracy"] = ((probability >= trained.threshold) == hateful).mean()
        for name in TRUTHS:
            found[f"gate {name}"] = gate[truth == name].mean()
        for name in TRUTHS[:3]:
            mask = truth == name if name == "together" else np.isin(truth, (name, "neither"))
            found[f"auroc {name}"] = roc_auc_score(hateful[mask], probability[mask])
        for name, value in found.items():
            parts.setdefault(name, []).append(float(value))
    spread = {name: over_seeds(values) for name, values in parts.items()}
    gates = {name: spread[f"gate {name}"] for name in TRUTHS} if kind == "gated" else {}
    by_truth = {name: spread[f"auroc {name}"] for name in TRUTHS[:3]}
    return Row(preset, kind, spread["auroc"], spread["accuracy"], by_truth, gates, float(np.mean([f.seconds for f in fits])))


def over_seeds(values: Sequence[float]) -> Interval:
    """The mean with its 95 % interval by Student's t; one value has no interval and repeats itself."""
    mean, n = float(np.mean(values)), len(values)
    half = float(student.ppf(0.975, n - 1) * np.std(values, ddof=1) / n**0.5) if n > 1 else 0.0
    return Interval(mean, mean - half, mean + half)


def render(rows: Sequence[Row]) -> str:
    """The table as Markdown."""
    names = {"mean": "mean baseline", "picture": "picture only", "words": "words only", "gated": "GatedCLIP"}
    titles = ["preset", "head", "AUROC", "accuracy", "together", "picture", "words", *(f"gate: {name}" for name in TRUTHS)]
    lines = [f"| {' | '.join(titles)} |", "|" + "---|" * len(titles)]
    for row in rows:
        figures = [row.auroc, row.accuracy, *(row.by_truth[name] for name in ("together", "picture", "words"))]
        cells = [row.preset, names[row.head], *map(_cell, figures)]
        cells += [_cell(row.gate[name]) if row.gate else "" for name in TRUTHS]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(interval: Interval) -> str:
    return f"{interval.value:.3f} ± {interval.value - interval.low:.3f}"


def ship(progress: Progress, folder: Path = ASSETS, config: TrainConfig | None = None) -> dict[str, Any]:
    """Train the head that ships, without the missing themes, save it to `folder`/head and return its figures on test memes."""
    config = config or TrainConfig()
    base = load_base(folder)
    train, held = base[Split.TRAIN].known(), base[Split.VALIDATION].known()
    lesson = plan([(n, meme.label) for n, meme in enumerate(train.memes)], [], set(), config.decision_weight, config.decision_cap)
    learned, judged = examples(train), examples(held)

    def on_epoch(epoch: Epoch) -> None:
        progress(epoch.number / config.epochs, f"epoch {epoch.number}: validation AUROC {epoch.auroc:.3f}")

    fitted = fit(learned, judged, config, on_epoch)
    trained = finish(fitted, learned, judged, lesson, config, train.encoder)
    figures = _figures(fitted, base[Split.TEST])
    data = {**trained.provenance["data"], "memes_sha256": manifest(train.memes)}
    checkpoint.save(replace(trained, provenance={**trained.provenance, "data": data, "test": figures}), folder / "head")
    return figures


def _figures(fitted: Fit, test: BaseSet) -> dict[str, Any]:
    """Scores on test memes of themes the head was taught and of those it was not."""
    known = np.array([meme.theme in KNOWN for meme in test.memes])
    with torch.no_grad():
        out = fitted.head(test.picture, test.words)
    hateful, probability, gate = test.hateful.numpy(), out.probability.numpy(), out.gate.numpy()
    return {
        name: asdict(scores(hateful[mask], probability[mask], fitted.threshold, gate[mask]))
        for name, mask in (("known themes", known), ("missing themes", ~known))
    }
