"""Training a head on cached embeddings: the paper's recipe, with the encoder's work done once instead of every epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from gatedclip.config import TrainConfig
from gatedclip.errors import DataError
from gatedclip.model.heads import Head, loss, make_head
from gatedclip.model.metrics import best_threshold, require_both_classes, scores
from gatedclip.model.operating import temperature_for, threshold_for
from gatedclip.types import Progress, Scores


@dataclass(frozen=True)
class Examples:
    """Labelled memes as cached vectors."""

    picture: Tensor  # (N, D_I), raw embeddings
    words: Tensor  # (N, D_T)
    hateful: Tensor  # (N,), 0 or 1, or a soft target between
    mirrored: Tensor | None = None  # (N, D_I): the picture flipped left to right; needed when the config flips
    weight: Tensor | None = None  # (N,), how much each meme counts; None = all 1

    def __len__(self) -> int:
        return len(self.hateful)

    @property
    def labels(self) -> np.ndarray:
        """(N,) 0/1 integers."""
        return (self.hateful >= 0.5).numpy().astype(np.int64)

    def take(self, index: Tensor | np.ndarray) -> Examples:
        at = torch.as_tensor(index, dtype=torch.long)
        optional = {name: None if (v := getattr(self, name)) is None else v[at] for name in ("mirrored", "weight")}
        return replace(self, picture=self.picture[at], words=self.words[at], hateful=self.hateful[at], **optional)


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training memes ended with."""

    number: int  # from 1
    loss: float  # mean training loss
    auroc: float  # on validation
    mean_gate: float  # on validation


@dataclass(frozen=True)
class Fit:
    """A trained head at its best validation epoch."""

    head: Head
    threshold: float
    epochs: tuple[Epoch, ...]
    best: int  # number of the kept epoch
    validation: Scores
    seconds: float


def fit(
    train: Examples,
    validation: Examples,
    config: TrainConfig,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
    keep: int | None = None,
) -> Fit:
    """The head that `config` describes, trained on `train`, its epoch and threshold chosen on `validation`.

    `keep` fixes the epoch instead: training stops there. The same seed and data give the same bytes. Raises DataError when
    there is too little to learn from.
    """
    if config.head == "ensemble":
        from gatedclip.learn.committee import fit_ensemble

        return fit_ensemble(train, validation, config, on_epoch, keep)
    require_both_classes(train.labels, "The memes to learn from")
    require_ready(train, validation, config)
    started = time.perf_counter()
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        head = make_head(config.head, train.picture.shape[1], train.words.shape[1], config.input_scale)
        head.fit_scales(train.picture, train.words)
        epochs, best = _run(head, train, validation, config, on_epoch, keep)
        head.eval().requires_grad_(False)
        threshold, judged = judge(head, validation, config)
    return Fit(head, threshold, tuple(epochs), best, judged, time.perf_counter() - started)


def each_epoch(progress: Progress, name: str, done: int, of: int, config: TrainConfig) -> Callable[[Epoch], None]:
    """Tells how far one of several trainings is, after `done` of them."""
    return lambda epoch: progress((done + epoch.number / config.epochs) / of, f"{name}: epoch {epoch.number} of {config.epochs}")


def require_ready(train: Examples, validation: Examples, config: TrainConfig) -> None:
    """DataError where no epoch could be chosen, or pictures should be flipped that nobody mirrored."""
    require_both_classes(validation.labels, "The memes that choose the epoch")
    if config.flip and train.mirrored is None:
        raise DataError(f"flip is {config.flip}, but no mirrored pictures were embedded. Embed them, or set flip to 0.")


def _run(
    head: Head, train: Examples, validation: Examples, config: TrainConfig, on_epoch: Callable, keep: int | None
) -> tuple[list[Epoch], int]:
    """All epochs until patience runs out; leaves the weights of the best one, or of `keep`, in `head` and returns its number."""
    optimiser = torch.optim.AdamW(head.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True)
    steps = math.ceil(len(train) / config.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: learning_rate(step, steps, config))
    epochs: list[Epoch] = []
    best, weights = 0, {}
    for number in range(1, config.epochs + 1):
        held = number <= config.gate_hold and head.kind == "gated"
        mean_loss = _train_epoch(head, train, config, held, optimiser, schedule)
        epochs.append(_validate(head, validation, number, mean_loss))
        on_epoch(epochs[-1])
        if number == keep:
            return epochs, number
        if not best or epochs[-1].auroc > epochs[best - 1].auroc:
            best, weights = number, {k: v.clone() for k, v in head.state_dict().items()}
        if number - best >= config.patience and keep is None:
            break
    head.load_state_dict(weights)
    return epochs, best


def learning_rate(step: int, steps_per_epoch: int, config: TrainConfig) -> float:
    """Fraction of the peak at a step: linear from 0 over the warm-up epochs, then half a cosine down to 0."""
    warm, total = config.warmup * steps_per_epoch, config.epochs * steps_per_epoch
    if step < warm:
        return step / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, total - warm)))


def _train_epoch(
    head: Head,
    train: Examples,
    config: TrainConfig,
    held: bool,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
) -> float:
    head.train()
    alignment = config.alignment if head.kind == "gated" else 0.0  # only GatedCLIP has projections to align
    parameters = list(head.parameters())
    total = torch.zeros(())
    for batch in batches(train, config):
        half = torch.full((len(batch),), 0.5) if held else None
        value = loss(head(batch.picture, batch.words, half), batch.hateful, batch.weight, alignment)  # type: ignore[arg-type]
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(parameters, config.clip_norm)
        optimiser.step()
        schedule.step()
        total += value.detach() * len(batch)
    return float(total / len(train))


def batches(train: Examples, config: TrainConfig) -> Iterator[Examples]:
    """One shuffled epoch; each picture is the mirrored one with probability `flip`. Draws from torch's current random state."""
    order = torch.randperm(len(train))
    flipped = torch.rand(len(train)) < config.flip
    picture = train.picture if not config.flip else torch.where(flipped[:, None], train.mirrored, train.picture)  # type: ignore[arg-type]
    weight = torch.ones(len(train)) if train.weight is None else train.weight
    columns = [v[order].split(config.batch) for v in (picture, train.words, train.hateful, weight)]
    for p, w, y, c in zip(*columns, strict=True):
        yield Examples(p, w, y, weight=c)


@torch.no_grad()
def _validate(head: Head, validation: Examples, number: int, mean_loss: float) -> Epoch:
    from sklearn.metrics import roc_auc_score

    head.eval()
    out = head(validation.picture, validation.words)
    return Epoch(number, mean_loss, float(roc_auc_score(validation.labels, out.probability.numpy())), float(out.gate.mean()))


@torch.no_grad()
def judge(head: Head, validation: Examples, config: TrainConfig) -> tuple[float, Scores]:
    """The threshold that the config's rule gives a trained head, and its scores on validation."""
    if config.calibration == "temperature":
        head.temperature = temperature_for(validation.labels, head(validation.picture, validation.words).margin.numpy())
    out = head(validation.picture, validation.words)
    probability = out.probability.numpy()
    threshold = operating_threshold(validation.labels, probability, config)
    return threshold, scores(validation.labels, probability, threshold, out.gate.numpy())


def operating_threshold(hateful: np.ndarray, probability: np.ndarray, config: TrainConfig) -> float:
    """The threshold 0..1 that the config asks for, on validation memes; DataError where its aim cannot be reached."""
    if config.threshold == "half":
        return 0.5
    if config.threshold == "validation":
        return best_threshold(hateful, probability)
    return threshold_for(config.threshold, config.aim, hateful, probability)


@contextmanager
def one_thread() -> Iterator[None]:
    """Steps this small are faster on one thread than on two, and then give the same bytes everywhere."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
