"""How much one decision should count for, measured where the truth is known: the demo's queue decided, by people who err."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from gatedclip.config import TrainConfig
from gatedclip.errors import InputError
from gatedclip.learn.lesson import decision_weight
from gatedclip.learn.train import Examples, fit, one_thread
from gatedclip.model.encoder import Encoder
from gatedclip.model.metrics import area_under
from gatedclip.types import Interval, Label, Progress, Split
from gatedclip.world.base import BaseSet, demo_memes, load_base
from gatedclip.world.remembering import over_seeds
from gatedclip.world.themes import MISSING

PARTS = ("AUROC", "AUROC, missing themes", "AUROC, the others")


@dataclass(frozen=True)
class Weighed:
    """What one weight gives: each AUROC as its mean over seeds with a 95 % t interval, and its deviation between seeds."""

    weight: float  # base memes that one decision counts for; 0: nothing was decided
    aurocs: dict[str, Interval]  # by PARTS
    deviation: float  # of the first of them


def measure(
    encoder: Encoder, weights: Sequence[float], error: float, seeds: int, config: TrainConfig, progress: Progress
) -> list[Weighed]:
    """Heads from the whole base set and the demo's queue, each weight with every seed; the same wrong answers for all weights.

    `error` is the share of answers that are wrong. Raises InputError for fewer than two seeds or a weight below 0.
    """
    if seeds < 2 or min(weights, default=0) < 0:
        raise InputError(f"{seeds} seeds and weights {list(weights)}: give two seeds or more, and weights from 0 (no decisions).")
    sets = load_base()
    base, held, test = sets[Split.TRAIN].known(), sets[Split.VALIDATION].known(), sets[Split.TEST]
    queue = _queue(encoder)
    validation, found = Examples(held.picture, held.words, held.hateful), []
    for n, weight in enumerate(weights):
        areas = []
        for seed in range(seeds):
            progress((n * seeds + seed) / (len(weights) * seeds), f"weight {weight:g}, seed {seed + 1} of {seeds}")
            with one_thread():
                fitted = fit(_lesson(base, queue, weight, error, seed, config), validation, replace(config, seed=seed))
                areas.append(_areas(test, fitted.head(test.picture, test.words).probability.numpy()))
        columns = np.array(areas)  # (seeds, PARTS)
        aurocs = {part: over_seeds(columns[:, k].tolist()) for k, part in enumerate(PARTS)}
        found.append(Weighed(weight, aurocs, float(columns[:, 0].std(ddof=1))))
    return found


def _queue(encoder: Encoder) -> Examples:
    """The demo's queue with its truth."""
    memes = demo_memes()
    truth = torch.tensor([float(meme.label is Label.HATEFUL) for meme in memes])
    return Examples(encoder.encode_pictures([m.draw() for m in memes]), encoder.encode_texts([m.text for m in memes]), truth)


def _lesson(base: BaseSet, queue: Examples, weight: float, error: float, seed: int, config: TrainConfig) -> Examples:
    if not weight:
        return Examples(base.picture, base.words, base.hateful)
    wrong = torch.from_numpy(np.random.default_rng(seed).random(len(queue)) < error)
    said: Tensor = torch.where(wrong, 1 - queue.hateful, queue.hateful)
    each = decision_weight(len(base.memes), len(queue), weight, config.decision_cap)
    weights = torch.cat([torch.ones(len(base.memes)), torch.full((len(queue),), each)])
    picture, words = torch.cat([base.picture, queue.picture]), torch.cat([base.words, queue.words])
    return Examples(picture, words, torch.cat([base.hateful, said]), weight=weights)


def _areas(test: BaseSet, probability: np.ndarray) -> list[float]:
    missing, truth = np.array([meme.theme in MISSING for meme in test.memes]), test.hateful.numpy()
    return [area_under(truth[part], probability[part]) for part in (np.ones_like(missing), missing, ~missing)]


def table(found: Sequence[Weighed]) -> str:
    """The outcome as text for a terminal or a page of documentation (Markdown)."""
    lines = [["one decision counts for", *PARTS, "deviation between seeds"], ["---"] * (len(PARTS) + 2)]
    for each in found:
        name = f"{each.weight:g}" if each.weight else "nothing decided"
        lines.append([name, *(str(each.aurocs[part]) for part in PARTS), f"{each.deviation:.4f}"])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
