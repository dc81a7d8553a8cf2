"""The next batch to look at: several reasons mixed, each meme with its own reason and how likely it was to be chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Literal

import numpy as np

from gatedclip.errors import ConfigError
from gatedclip.learn.committee import disagreement
from gatedclip.learn.selecting.diversity import close, gradient_embeddings, spread, typical
from gatedclip.learn.selecting.scores import gate_conflict, wrong_reason
from gatedclip.learn.selecting.second import Suspects

Strategy = Literal["random", "suspected error", "disagreement", "conflict", "uncertain", "typical"]

HOW: dict[Strategy, str] = {
    "random": "exact: each waiting meme was equally likely",
    "uncertain": "given the memes chosen before it: squared distance of its gradient to theirs, over that of all",
    "typical": "certain: the densest region not labelled yet",
    "disagreement": "certain: the largest disagreement",
    "suspected error": "certain: the least likely label",
    "conflict": "certain: the strongest conflict",
}
"""How the selection probability of each strategy is meant."""

FEW = 100  # labels in all: with fewer, a head's doubts say little, and typical memes teach more
DOUBT = 0.02  # bits of disagreement that are worth a look
ALIKE = 0.95  # cosine from which a meme is the same to the head as another


@dataclass(frozen=True)
class Mix:
    """How many memes of a batch each strategy chooses."""

    uncertain: int = 8
    """Near the threshold and unlike each other; typical memes instead while there are few labels."""

    disagreement: int = 3
    """The committee's members contradict each other."""

    errors: int = 3
    """Decided memes whose label is suspect: a second person is asked."""

    conflicts: int = 2
    """The gate contradicts the halves' shares, or the head was right for the wrong reason on a meme like it."""

    random: int = 4
    """Drawn by chance. Never 0."""

    def __post_init__(self) -> None:
        for each in fields(self):
            if getattr(self, each.name) < 0:
                raise ConfigError(f"{each.name} is {getattr(self, each.name)}; give 0 or more memes.")
        if self.random < 1:
            raise ConfigError(
                "random is 0; at least 1 meme of a batch must be drawn by chance, because only such memes show without bias how "
                "well the head does, and only they find what it does not know that it does not know. Set random to 1 or more."
            )

    @property
    def size(self) -> int:
        return self.uncertain + self.disagreement + self.errors + self.conflicts + self.random


@dataclass(frozen=True)
class Waiting:
    """Memes that nobody has decided, as the head sees them."""

    ids: Sequence[int]
    families: Sequence[str]  # "" = alone
    probability: np.ndarray  # (N,) calibrated, 0..1
    fused: np.ndarray  # (N, P)
    threshold: float  # the operating threshold
    members: np.ndarray | None = None  # (K, N) probabilities of a committee
    gate: np.ndarray | None = None  # (N,) 0..1
    picture_share: np.ndarray | None = None  # (N,) 0..1, the picture's part of the Shapley split


@dataclass(frozen=True)
class Decided:
    """Memes that were decided, and what is doubtful about them."""

    ids: Sequence[int] = ()
    hateful: np.ndarray = field(default_factory=lambda: np.empty(0))  # (N,) 0..1, by consensus
    left_out: np.ndarray = field(default_factory=lambda: np.empty(0))  # (N,) probability by heads that did not learn from it
    fused: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))  # (N, P)
    suspects: Suspects | None = None
    wrong_reason: Sequence[int] = ()  # rows that the head judged right for the wrong reason
    labels: int | None = None  # labels in all, the base set's too; None: only those decided here


@dataclass(frozen=True, slots=True)
class Choice:
    """One meme of a batch."""

    meme_id: int
    strategy: Strategy
    reason: str  # in plain words
    probability: float  # of having been selected, 0..1, as HOW says
    second: bool = False  # it was decided already; someone who has not decided it is asked

    @property
    def how(self) -> str:
        return HOW[self.strategy]


@dataclass(frozen=True)
class Batch:
    """What to look at next, in the order it was chosen."""

    choices: tuple[Choice, ...]
    waiting: int  # memes that the random part was drawn from
    seed: int


Picked = list[tuple[int, Choice]]  # row among the waiting, or -1 for a decided meme
Picker = Callable[[np.ndarray, int], Picked]


def choose(waiting: Waiting, decided: Decided, mix: Mix | None = None, seed: int = 0) -> Batch:
    """The next batch: memes drawn by chance first, from all that wait; then each strategy from the rest, one of a family.

    What a strategy cannot fill goes to the others, never to fewer random ones; a batch is smaller than asked for only when too
    few families wait. The same memes and seed give the same batch.
    """
    mix, rng = mix or Mix(), np.random.default_rng(seed)
    free = np.ones(len(waiting.ids), dtype=bool)
    chosen = _at_random(waiting, mix.random, rng)
    for row, _ in chosen:
        close(free, waiting.families, row)
    pickers = _pickers(waiting, decided, mix, rng)
    for wanted, picker in [*pickers, *((mix.size, picker) for _, picker in reversed(pickers))]:  # then what was left over
        found = picker(free, min(wanted, mix.size - len(chosen)))
        for row, _ in found:
            if row >= 0:
                close(free, waiting.families, row)
        chosen += found
    return Batch(tuple(choice for _, choice in chosen), len(waiting.ids), seed)


def _pickers(waiting: Waiting, decided: Decided, mix: Mix, rng: np.random.Generator) -> list[tuple[int, Picker]]:
    asked: set[int] = set()
    labels = len(decided.ids) if decided.labels is None else decided.labels

    def errors(free: np.ndarray, n: int) -> Picked:
        return _errors(decided, n, asked)

    def doubted(free: np.ndarray, n: int) -> Picked:
        return _doubted(waiting, free, n)

    def conflicting(free: np.ndarray, n: int) -> Picked:
        return _conflicting(waiting, decided, free, n)

    def uncertain(free: np.ndarray, n: int) -> Picked:
        return _typical(waiting, decided, free, n) if labels < FEW else _uncertain(waiting, free, n, rng)

    return [(mix.errors, errors), (mix.disagreement, doubted), (mix.conflicts, conflicting), (mix.uncertain, uncertain)]


def _at_random(waiting: Waiting, n: int, rng: np.random.Generator) -> Picked:
    total = len(waiting.ids)
    rows = rng.choice(total, min(n, total), replace=False)
    said = f"drawn by chance among all {total:,} that wait, so that the head's accuracy can be told without bias"
    return [(row, Choice(waiting.ids[row], "random", said, len(rows) / total)) for row in rows.tolist()]


def _errors(decided: Decided, n: int, asked: set[int]) -> Picked:
    if decided.suspects is None:
        return []
    worth = decided.suspects.rows[decided.suspects.worth].tolist()
    rows = [row for row in worth if row not in asked][:n]
    asked.update(rows)
    return [(-1, Choice(decided.ids[row], "suspected error", _say_error(decided, row), 1.0, second=True)) for row in rows]


def _say_error(decided: Decided, row: int) -> str:
    hateful = bool(decided.hateful[row] >= 0.5)
    given = float(decided.left_out[row]) if hateful else 1 - float(decided.left_out[row])
    return (
        f"decided {'hateful' if hateful else 'benign'}, to which a head that did not learn from it gives {given:.0%}; "
        "a second person's answer tells more than a new meme's label"
    )


def _doubted(waiting: Waiting, free: np.ndarray, n: int) -> Picked:
    if waiting.members is None or not n:
        return []
    bits = disagreement(waiting.members).epistemic
    low, high = waiting.members.min(0), waiting.members.max(0)
    rows = _top(np.where(bits >= DOUBT, bits, 0.0), waiting.families, free, n)
    heads = len(waiting.members)
    return [
        (row, _certain(waiting, row, "disagreement", f"{heads} heads disagree, from {low[row]:.0%} to {high[row]:.0%} hateful"))
        for row in rows
    ]


def _conflicting(waiting: Waiting, decided: Decided, free: np.ndarray, n: int) -> Picked:
    if not n or not len(waiting.ids):
        return []
    nothing = np.zeros(len(waiting.ids))
    known = waiting.gate is not None and waiting.picture_share is not None
    gate = gate_conflict(waiting.gate, waiting.picture_share) if known else nothing  # type: ignore[arg-type]
    wrong = list(decided.wrong_reason)
    near, cosine = wrong_reason(waiting.fused, decided.fused[wrong]) if wrong else (nothing.astype(int), nothing)
    alike = np.where(cosine >= ALIKE, cosine, 0.0)

    def say(row: int) -> str:
        if alike[row] >= gate[row]:
            return (
                f"to the head nearly the same as meme {decided.ids[wrong[near[row]]]}, which it judged right for the wrong reason"
            )
        return _say_conflict(float(waiting.gate[row]), float(waiting.picture_share[row]))  # type: ignore[index]

    return [
        (row, _certain(waiting, row, "conflict", say(row))) for row in _top(np.maximum(gate, alike), waiting.families, free, n)
    ]


def _say_conflict(gate: float, share: float) -> str:
    leans, carries = ("picture", "words") if gate >= 0.5 else ("words", "picture")
    return (
        f"the gate leans to the {leans} ({gate:.0%} picture), while the {carries} carry the score ({share:.0%} picture)".replace(
            "the picture carry", "the picture carries"
        )
    )


def _uncertain(waiting: Waiting, free: np.ndarray, n: int, rng: np.random.Generator) -> Picked:
    vectors = gradient_embeddings(waiting.fused, waiting.probability, waiting.threshold)
    said = "probability {:.0%} where {:.0%} decides, and unlike the others chosen"
    return [
        (
            row,
            Choice(waiting.ids[row], "uncertain", said.format(waiting.probability[row], waiting.threshold), chance),
        )
        for row, chance in spread(vectors, waiting.families, free, n, rng)
    ]


def _typical(waiting: Waiting, decided: Decided, free: np.ndarray, n: int) -> Picked:
    rows = typical(waiting.fused, decided.fused, waiting.families, free, n)
    said = "typical of memes unlike those labelled so far; with few labels that teaches most"
    return [(row, _certain(waiting, row, "typical", said)) for row in rows]


def _certain(waiting: Waiting, row: int, strategy: Strategy, reason: str) -> Choice:
    return Choice(waiting.ids[row], strategy, reason, 1.0)


def _top(score: np.ndarray, families: Sequence[str], free: np.ndarray, n: int) -> list[int]:
    """At most `n` free rows of the highest score above 0, one of a family."""
    return [row for _, row in zip(range(n), _best_first(score, families, free.copy()), strict=False)]


def _best_first(score: np.ndarray, families: Sequence[str], free: np.ndarray) -> Iterator[int]:
    for row in np.argsort(-score, kind="stable").tolist():
        if score[row] <= 0:
            return
        if free[row]:
            close(free, families, row)
            yield row
