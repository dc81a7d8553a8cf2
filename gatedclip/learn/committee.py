"""Heads trained at once: a bootstrapped committee whose disagreement shows what the model is unsure of, and ensembles of seeds.

All members go through the one forward of their head, its linear layers replaced by stacks of K, so that five heads cost the
overhead of one and their products fill two cores.
"""

from __future__ import annotations

import copy
import math
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from gatedclip.config import TrainConfig
from gatedclip.errors import DataError
from gatedclip.learn.train import Epoch, Examples, Fit, judge, learning_rate, require_ready
from gatedclip.model.heads import Ensemble, Head, HeadOutput, Scale, loss, make_head
from gatedclip.model.metrics import require_both_classes

MEMBERS = 5
THREADS = 2  # products of different members on different cores; the bytes do not depend on it


@dataclass(frozen=True)
class Disagreement:
    """What a committee is unsure of, in bits: what more labels would remove, and what they would not."""

    probability: np.ndarray  # (N,) mean of the members', 0..1
    epistemic: np.ndarray  # (N,) 0..1: members contradict each other, the model is unsure
    aleatoric: np.ndarray  # (N,) 0..1: every member hesitates, the meme is ambiguous

    @property
    def total(self) -> np.ndarray:
        """(N,) entropy of the mean probability, 0..1."""
        return self.epistemic + self.aleatoric


@dataclass(frozen=True)
class Committee:
    """Heads of one recipe, each trained on its own bootstrap sample."""

    fits: tuple[Fit, ...]
    seconds: float

    @torch.no_grad()
    def probabilities(self, picture: Tensor, words: Tensor) -> np.ndarray:
        """What each member says of raw embeddings (N, D_I), (N, D_T): (K, N), 0..1."""
        return np.stack([one.head(picture, words).probability.numpy() for one in self.fits])

    def out_of_fold(self, picture: Tensor, words: Tensor, folds: np.ndarray) -> np.ndarray:
        """What the member that was kept from each meme says of it: (N,), 0..1. `folds` (N,) are those it was trained with."""
        if (folds < 0).any():
            raise DataError("Some of these memes were learned by every member. Ask only about memes that have a fold.")
        return self.probabilities(picture, words)[folds, np.arange(len(folds))]


def disagreement(members: np.ndarray) -> Disagreement:
    """Doubt split by what would remove it, from the members' probabilities (K, N).

    Epistemic is the mutual information between label and member (BALD, Houlsby et al. 2011): entropy of the mean minus mean of
    the entropies.
    """
    if members.ndim != 2 or len(members) < 2:
        raise DataError(
            f"Probabilities of shape {members.shape} are no committee's; give (members, memes) of two members or more."
        )
    mean = members.mean(0)
    aleatoric = _entropy(members).mean(0)
    return Disagreement(mean, np.maximum(_entropy(mean) - aleatoric, 0.0), aleatoric)


def _entropy(p: np.ndarray) -> np.ndarray:
    """Of a coin, in bits."""
    p = np.clip(p.astype(np.float64), 1e-12, 1 - 1e-12)
    return -(p * np.log2(p) + (1 - p) * np.log2(1 - p))


def fit_committee(
    train: Examples,
    validation: Examples,
    config: TrainConfig,
    members: int = MEMBERS,
    folds: np.ndarray | None = None,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
) -> Committee:
    """`members` heads by the recipe of `config`, each with its own seed and its own bootstrap sample of `train`.

    Seeds count up from `config.seed`, which also draws the samples. With `folds` (N,), see `deal`, member k never learns from
    fold k, so that label errors are looked for with the same training; -1 may be drawn by every member. Raises DataError when
    there is too little to learn from.
    """
    if members < 2:
        raise DataError(f"A committee of {members} cannot disagree; ask for two members or more.")
    started = time.perf_counter()
    rows = torch.from_numpy(_bootstrap(len(train), members, folds, np.random.default_rng(config.seed)))
    fits = fit_together(train, validation, config, rows, on_epoch=on_epoch)
    return Committee(tuple(fits), time.perf_counter() - started)


def _bootstrap(n: int, members: int, folds: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
    """Rows (K, n), drawn with replacement, of member k from all memes but those of fold k."""
    fold = np.full(n, -1) if folds is None else folds
    return np.stack([rng.choice(np.flatnonzero(fold != k), n) for k in range(members)])


def deal(families: Sequence[str], members: int, seed: int) -> np.ndarray:
    """A fold 0..members-1 for each meme (N,): families whole, "" a meme alone, folds of about equal size, seeded."""
    keys = [family or f"\0{n}" for n, family in enumerate(families)]
    sizes, filled, fold = Counter(keys), [0] * members, {}
    for name in np.random.default_rng(seed).permutation(np.array(list(sizes), dtype=object)).tolist():
        fold[name] = min(range(members), key=filled.__getitem__)
        filled[fold[name]] += sizes[name]
    return np.array([fold[key] for key in keys], dtype=np.int64)


def fit_ensemble(
    train: Examples,
    validation: Examples,
    config: TrainConfig,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
    keep: int | None = None,
) -> Fit:
    """One head that averages `config.members` GatedCLIP heads of seeds in a row; its epoch is the best of the average."""
    started = time.perf_counter()
    rows = torch.arange(len(train)).expand(config.members, -1)
    fits = fit_together(train, validation, config, rows, on_epoch=on_epoch, keep=keep, as_one=True)
    head = Ensemble(train.picture.shape[1], train.words.shape[1], config.input_scale, [one.head for one in fits])
    head.eval().requires_grad_(False)
    epochs = tuple(_mean_epoch(each) for each in zip(*(one.epochs for one in fits), strict=True))
    threshold, judged = judge(head, validation, config)
    return Fit(head, threshold, epochs, fits[0].best, judged, time.perf_counter() - started)


def fit_together(
    train: Examples,
    validation: Examples,
    config: TrainConfig,
    rows: Tensor,
    hateful: Tensor | None = None,
    weight: Tensor | None = None,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
    keep: int | None = None,
    as_one: bool = False,
) -> list[Fit]:
    """K heads at once, the k-th on the memes `rows[k]` of `train`, (K, n), from seed `config.seed` + k.

    `hateful` and `weight` (K, n) replace those of `train`, where members were told different things. Each member keeps its own
    best epoch; `as_one` judges them by the mean of their margins instead. Recipe, stopping and errors as in `fit`.
    """
    _require_enough(train, validation, config, rows, hateful)
    started = time.perf_counter()
    with some_threads(), torch.random.fork_rng(devices=[]):
        heads = _untrained(train, config, rows)
        lesson = _Lesson.of(train, heads[0], rows, hateful, weight)
        torch.manual_seed(config.seed)  # of orders, flips and dropout
        epochs, best = _run(heads, lesson, validation, config, on_epoch, keep, as_one)
        judged = [judge(head.eval().requires_grad_(False), validation, config) for head in heads]
    seconds = (time.perf_counter() - started) / len(heads)
    found = zip(heads, judged, epochs, best, strict=True)
    return [Fit(head, cut, tuple(each), number, scored, seconds) for head, (cut, scored), each, number in found]


def _require_enough(train: Examples, validation: Examples, config: TrainConfig, rows: Tensor, hateful: Tensor | None) -> None:
    for k, labels in enumerate(train.hateful[rows] if hateful is None else hateful):
        require_both_classes((labels >= 0.5).numpy().astype(np.int64), f"The memes that member {k + 1} learns from")
    require_ready(train, validation, config)


def _untrained(train: Examples, config: TrainConfig, rows: Tensor) -> list[Head]:
    """Members before training: weights from a seed of each, scaling from all memes that any of them learns from."""
    kind = "gated" if config.head == "ensemble" else config.head
    heads = []
    for k in range(len(rows)):
        torch.manual_seed(config.seed + k)
        heads.append(make_head(kind, train.picture.shape[1], train.words.shape[1], config.input_scale))
    seen = rows.unique()
    heads[0].fit_scales(train.picture[seen], train.words[seen])
    for head in heads[1:]:
        head.scale_picture.load_state_dict(heads[0].scale_picture.state_dict())
        head.scale_words.load_state_dict(heads[0].scale_words.state_dict())
    return heads


@dataclass(frozen=True)
class _Lesson:
    """What each member learns from, vectors already scaled: the work is done once instead of every step."""

    picture: Tensor  # (N, D_I)
    words: Tensor  # (N, D_T)
    mirrored: Tensor | None
    rows: Tensor  # (K, n)
    hateful: Tensor  # (K, n)
    weight: Tensor  # (K, n)

    @classmethod
    def of(cls, train: Examples, head: Head, rows: Tensor, hateful: Tensor | None, weight: Tensor | None) -> _Lesson:
        mirrored = None if train.mirrored is None else head.scale_picture(train.mirrored)
        if weight is None:
            weight = torch.ones(rows.shape) if train.weight is None else train.weight[rows]
        hateful = train.hateful[rows] if hateful is None else hateful
        return cls(head.scale_picture(train.picture), head.scale_words(train.words), mirrored, rows, hateful, weight)

    def batches(self, config: TrainConfig) -> Iterator[Examples]:
        """One epoch, shuffled for each member apart: Examples of (K, B, ...)."""
        order = torch.rand(self.rows.shape).argsort(dim=1)  # (K, n)
        columns = [v.gather(1, order).split(config.batch, dim=1) for v in (self.rows, self.hateful, self.weight)]
        for at, hateful, weight in zip(*columns, strict=True):
            picture = self.picture[at]  # (K, B, D_I)
            if config.flip and self.mirrored is not None:
                picture = torch.where(torch.rand(at.shape)[..., None] < config.flip, self.mirrored[at], picture)
            yield Examples(picture, self.words[at], hateful, weight=weight)


def _run(
    heads: Sequence[Head],
    lesson: _Lesson,
    validation: Examples,
    config: TrainConfig,
    on_epoch: Callable[[Epoch], None],
    keep: int | None,
    as_one: bool,
) -> tuple[list[list[Epoch]], list[int]]:
    """All epochs until every member's patience runs out; leaves each member's best weights in `heads`."""
    stacked = stack(heads)
    optimiser = torch.optim.AdamW(stacked.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True)
    held = Examples(heads[0].scale_picture(validation.picture), heads[0].scale_words(validation.words), validation.hateful)
    told: list[list[Epoch]] = [[] for _ in heads]
    best, running = [0] * len(heads), [True] * len(heads)
    for number in range(1, config.epochs + 1):
        losses = _train_epoch(stacked, lesson, config, number, optimiser)
        found = _validate(stacked, held, len(heads), number, losses, as_one)
        on_epoch(_mean_epoch(found))
        for k, epoch in enumerate(found):
            if not running[k]:
                continue
            told[k].append(epoch)
            if number == keep or (keep is None and (not best[k] or epoch.auroc > told[k][best[k] - 1].auroc)):
                best[k] = number
                _unstack(stacked, heads[k], k)
            running[k] = number < keep if keep else number - best[k] < config.patience
        if not any(running):
            break
    return told, best


def _train_epoch(
    stacked: Head, lesson: _Lesson, config: TrainConfig, number: int, optimiser: torch.optim.Optimizer
) -> list[float]:
    """One pass of every member over its memes; their mean losses."""
    stacked.train()
    gated = stacked.kind == "gated"
    parameters = list(stacked.parameters())
    steps = math.ceil(lesson.rows.shape[1] / config.batch)
    total = torch.zeros(len(lesson.rows))
    for step, batch in enumerate(lesson.batches(config), start=(number - 1) * steps):
        optimiser.param_groups[0]["lr"] = config.learning_rate * learning_rate(step, steps, config)
        half = torch.full(batch.hateful.shape, 0.5) if gated and number <= config.gate_hold else None
        out = stacked(batch.picture, batch.words, half)
        values = loss(out, batch.hateful, batch.weight, config.alignment if gated else 0.0)  # type: ignore[arg-type]  # (K,)
        optimiser.zero_grad(set_to_none=True)
        values.sum().backward()  # members share no weight, so each gets its own gradient
        _clip(parameters, config.clip_norm)
        optimiser.step()
        total += values.detach() * batch.hateful.shape[1]
    return (total / lesson.rows.shape[1]).tolist()


def _clip(parameters: Sequence[Tensor], most: float) -> None:
    """Each member's gradient to a norm of at most `most`; every parameter is (K, ., .)."""
    gradients = [p.grad for p in parameters if p.grad is not None]  # while the gate is held its weights get none
    norms = torch.stack([torch.linalg.vector_norm(g, dim=(1, 2)) for g in gradients]).norm(dim=0)  # (K,)
    factor = (most / (norms + 1e-6)).clamp(max=1.0)[:, None, None]
    for gradient in gradients:
        gradient.mul_(factor)


@torch.no_grad()
def _validate(stacked: Head, held: Examples, k: int, number: int, losses: list[float], as_one: bool) -> list[Epoch]:
    from sklearn.metrics import roc_auc_score

    stacked.eval()
    out: HeadOutput = stacked(held.picture.expand(k, -1, -1), held.words.expand(k, -1, -1))
    margins = out.margin.mean(0).expand(k, -1) if as_one else out.margin  # (K, V)
    ranks = margins.sigmoid().numpy()
    area = {0: float(roc_auc_score(held.labels, ranks[0]))} if as_one else {}
    areas = [area[0] if as_one else float(roc_auc_score(held.labels, each)) for each in ranks]
    found = zip(losses, areas, out.gate.mean(1).tolist(), strict=True)
    return [Epoch(number, value, auroc, gate) for value, auroc, gate in found]


def _mean_epoch(epochs: Sequence[Epoch]) -> Epoch:
    columns = ([getattr(epoch, name) for epoch in epochs] for name in ("loss", "auroc", "mean_gate"))
    return Epoch(epochs[0].number, *(sum(column) / len(column) for column in columns))


class StackedLinear(nn.Module):
    """K linear layers side by side: (K, B, in) -> (K, B, out)."""

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        # (K, in, out): this way round neither the product nor its gradient is ever copied
        self.weight = nn.Parameter(torch.stack([layer.weight.detach().t() for layer in layers]).contiguous())
        plain = layers[0].bias is None
        self.bias = None if plain else nn.Parameter(torch.stack([layer.bias.detach()[None] for layer in layers]))  # (K, 1, out)

    def forward(self, x: Tensor) -> Tensor:
        return torch.bmm(x, self.weight) if self.bias is None else torch.baddbmm(self.bias, x, self.weight)


class CheapDropout(nn.Module):
    """Dropout from sixteen random bits a number instead of a draw of its own, which took a fifth of a step."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.p:
            return x
        bits = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None).view(torch.int16)
        kept = bits[: x.numel()].view(x.shape) >= round(self.p * 2**16) - 2**15
        return x * (kept * (1 / (1 - self.p)))


def stack(heads: Sequence[Head]) -> Head:
    """K heads as one of the same kind, for scaled vectors (K, B, D): the forward is the kind's own."""
    stacked = copy.deepcopy(heads[0])
    for name, module in list(stacked.named_modules()):
        if isinstance(module, nn.Linear):
            stacked.set_submodule(name, StackedLinear([head.get_submodule(name) for head in heads]))  # type: ignore[misc]
        elif isinstance(module, nn.Dropout):
            stacked.set_submodule(name, CheapDropout(module.p))
        elif isinstance(module, Scale):
            module.how = "raw"  # what comes in is scaled already
    return stacked


@torch.no_grad()
def _unstack(stacked: Head, head: Head, k: int) -> None:
    """Puts the k-th member's present weights into a head of its own."""
    for name, module in stacked.named_modules():
        if isinstance(module, StackedLinear):
            layer = head.get_submodule(name)
            layer.weight.copy_(module.weight[k].t())  # type: ignore[union-attr,operator]
            if module.bias is not None:
                layer.bias.copy_(module.bias[k, 0])  # type: ignore[union-attr,operator]


@contextmanager
def some_threads() -> Iterator[None]:
    """Two threads where a core is free: stacked products are large enough to share, but waiting for a busy core costs more."""
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS if _free_cores() >= 1 else 1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _free_cores() -> float:
    """Cores beyond the one at work here that nobody used in the last minute; 0 where the system does not tell."""
    if not hasattr(os, "getloadavg"):
        return 0.0
    return (os.cpu_count() or 1) - 1 - max(0.0, os.getloadavg()[0] - 1)
