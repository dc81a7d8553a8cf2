"""How long a refit takes: a plain loop, ours, and a committee of five, one after the other on the same memes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from gatedclip.config import TrainConfig
from gatedclip.errors import DataError
from gatedclip.learn.committee import MEMBERS, fit_committee
from gatedclip.learn.train import Epoch, Examples, fit, learning_rate
from gatedclip.model.heads import Head, loss, make_head
from gatedclip.types import Progress

VALIDATION = 500


@dataclass(frozen=True)
class Pace:
    """Seconds of three trainings by one recipe."""

    memes: int
    width: int
    epochs: int
    batch: int
    members: int
    cores_idle: float  # of all, in the minute before; a busy machine makes every figure worse
    plain: float  # one head, the loop of a tutorial
    ours: float  # one head
    committee: float  # all members at once

    @property
    def faster(self) -> float:
        """How many times the plain loop takes what ours does."""
        return self.plain / self.ours

    @property
    def at_once(self) -> float:
        """How many single heads the committee costs."""
        return self.committee / self.ours


def refit(memes: int, width: int, epochs: int, progress: Progress, members: int = MEMBERS) -> Pace:
    """Times of a refit on random vectors, whose meaning decides nothing about the time; validation after each epoch, no stopping.

    Raises DataError for less than one batch of memes or one number a vector.
    """
    if memes < 64 or width < 1 or epochs < 1:
        raise DataError(f"{memes} memes of width {width} for {epochs} epochs: give 64 memes, width 1 and 1 epoch at least.")
    idle = _idle()
    config = TrainConfig(epochs=epochs, patience=epochs, warmup=min(2, epochs))
    train, held = _random(memes, width, 0), _random(VALIDATION, width, 1)

    def told(low: float, what: str, share: float) -> Callable[[Epoch], None]:
        return lambda epoch: progress(low + share * epoch.number / epochs, f"{what}: epoch {epoch.number} of {epochs}")

    progress(0.0, "a plain loop")
    plain = plain_loop(train, held, config, told(0.0, "a plain loop", 0.5))
    ours = fit(train, held, config, told(0.5, "one head", 0.15)).seconds
    committee = fit_committee(train, held, config, members, on_epoch=told(0.65, "a committee", 0.35)).seconds
    return Pace(memes, width, epochs, config.batch, members, idle, plain, ours, committee)


def _random(n: int, width: int, seed: int) -> Examples:
    generator = torch.Generator().manual_seed(seed)
    picture, words = (torch.randn(n, width, generator=generator) for _ in range(2))
    return Examples(picture, words, (torch.arange(n) % 2).float())


def _idle() -> float:
    cores = os.cpu_count() or 1
    return max(0.0, cores - os.getloadavg()[0]) if hasattr(os, "getloadavg") else float("nan")


def plain_loop(train: Examples, held: Examples, config: TrainConfig, on_epoch: Callable[[Epoch], None] = lambda _: None) -> float:
    """Seconds of the same recipe as everyone writes it: a data set, a loader, AdamW as it comes, a loss read every step.

    torch decides the number of threads. Nothing is kept.
    """
    started = time.perf_counter()
    torch.manual_seed(config.seed)
    head = make_head(config.head, train.picture.shape[1], train.words.shape[1], config.input_scale)
    head.fit_scales(train.picture, train.words)
    loader = DataLoader(TensorDataset(train.picture, train.words, train.hateful), batch_size=config.batch, shuffle=True)
    watched = DataLoader(TensorDataset(held.picture, held.words, held.hateful), batch_size=config.batch)
    optimiser = torch.optim.AdamW(head.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: learning_rate(step, len(loader), config))
    for number in range(1, config.epochs + 1):
        head.train()
        total = 0.0
        for picture, words, hateful in loader:
            total += _step(head, picture, words, hateful, optimiser, config)
            schedule.step()
        area, gate = _watch(head, watched)
        on_epoch(Epoch(number, total / len(loader), area, gate))
    return time.perf_counter() - started


def _step(
    head: Head, picture: Tensor, words: Tensor, hateful: Tensor, optimiser: torch.optim.Optimizer, config: TrainConfig
) -> float:
    optimiser.zero_grad()
    value = loss(head(picture, words), hateful, torch.ones(len(hateful)), config.alignment)
    value.backward()
    torch.nn.utils.clip_grad_norm_(head.parameters(), config.clip_norm)
    optimiser.step()
    return value.item()


@torch.no_grad()
def _watch(head: Head, loader: DataLoader) -> tuple[float, float]:
    from sklearn.metrics import roc_auc_score

    head.eval()
    said = [(head(picture, words), hateful) for picture, words, hateful in loader]
    probability = torch.cat([out.probability for out, _ in said]).numpy()
    labels = torch.cat([hateful for _, hateful in said]).numpy()
    return float(roc_auc_score(labels, probability)), float(np.mean([float(out.gate.mean()) for out, _ in said]))


def render(found: Pace) -> str:
    """The times and their ratios in words."""
    lines = [
        f"{found.memes:,} memes of width {found.width}, {found.epochs} epochs, batch {found.batch}, {VALIDATION} validation "
        f"memes each epoch; {found.cores_idle:.1f} cores idle before",
        f"plain loop, one head       {found.plain:8.2f} s",
        f"refit, one head            {found.ours:8.2f} s   plain over ours {found.faster:.2f}",
        f"committee of {found.members} at once     {found.committee:8.2f} s   committee over one head {found.at_once:.2f}",
    ]
    return "\n".join(lines)
