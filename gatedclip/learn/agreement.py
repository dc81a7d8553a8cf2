"""How far people agree: with each other, with the model before and after seeing it, and with memes whose label is known.

Everything starts from a person's first decision about a meme. Later ones of the same person about the same meme are no second
opinion, and neither is one that settles a conflict. Where the first was taken back, the meme is left out for that person: once a
meme is decided the model's view is uncovered, so deciding it again is not blind. The record does not show whether somebody had
seen another person's answer; the queue has to hide it. Sentences hold no names and no text of a meme.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from sklearn.metrics import cohen_kappa_score

from gatedclip.model.metrics import RESAMPLES, SEED
from gatedclip.model.operating import proportion
from gatedclip.types import Action, Decision, Interval, Label

FLOOR = 0.7
"""Accuracy on memes of known label that is asked of a person, 0..1."""

LEAST = 20
"""Fewer answers than these say too little about a person to act on."""

CAVEAT = (
    "People ask the model when they are unsure, so these are two different sets of memes: "
    "the figures describe what happened and do not show that the model swayed anybody."
)

NARROW = "Answers do not vary enough to resample, so the interval is the one of the raw agreement, corrected for chance."

LABELS = list(Label)  # order of rows and columns of every table below
ROW = {label: row for row, label in enumerate(LABELS)}


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with Wilson's 95 % interval; None of nothing."""

    hits: int
    n: int
    interval: Interval | None  # 0..1


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people on the memes both answered."""

    first: str  # names in alphabetical order
    second: str
    raw: Share  # memes with the same label from both
    kappa: Interval | None  # Cohen's, -1..1; 0 is what chance gives. None where `note` says it is undefined
    note: str  # why kappa is undefined, or what to know about its interval; empty mostly


@dataclass(frozen=True, slots=True)
class Overall:
    """All people together on the memes that at least two of them answered."""

    n: int  # memes
    reviewers: int  # people with an answer to one of these
    answers: int
    alpha: Interval | None  # Krippendorff's, nominal; 0 is what chance gives. None where `note` says it is undefined
    note: str


@dataclass(frozen=True, slots=True)
class Anchoring:
    """One person's agreement with the model's verdict without and with having seen it."""

    reviewer: str
    blind: Share
    assisted: Share
    difference: Interval | None  # assisted minus blind, -1..1; None where one of them has no answer
    sentence: str


@dataclass(frozen=True, slots=True)
class Accuracy:
    """One person on memes whose label is known."""

    reviewer: str
    right: Share  # of hateful and benign memes alike
    hateful: Share  # recall: of the hateful memes answered, those called hateful
    benign: Share  # recall: of the benign memes answered, those called benign
    unsure: int  # answers that commit to nothing, counted in none of the above


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is taken from a decision."""

    meme_id: int
    reviewer: str
    label: Label
    assisted: bool
    probability: float | None
    threshold: float | None


def pairwise(decisions: Iterable[Decision]) -> tuple[Pair, ...]:
    """Agreement of every two people, those with most memes in common first.

    Only first answers given blind count: assisted ones, those that settle a conflict, those taken back, and later ones of the
    same person about the same meme are left out. *Unsure* is a label like the others. Kappa's interval is a 95 % percentile
    bootstrap over memes.
    """
    said: dict[str, dict[int, Label]] = defaultdict(dict)
    for answer in _blind(decisions):
        said[answer.reviewer][answer.meme_id] = answer.label
    pairs = [_pair(first, second, said[first], said[second]) for first, second in combinations(sorted(said), 2)]
    return tuple(sorted(pairs, key=lambda pair: -pair.raw.n))


def overall(decisions: Iterable[Decision]) -> Overall:
    """Krippendorff's alpha over everybody, with a 95 % percentile bootstrap interval over memes.

    The answers that count are those of `pairwise`. A meme answered by one person only says nothing about agreement.
    """
    by_meme: dict[int, list[_Answer]] = defaultdict(list)
    for answer in _blind(decisions):
        by_meme[answer.meme_id].append(answer)
    shared = [answers for answers in by_meme.values() if len(answers) > 1]
    counts = np.zeros((len(shared), len(LABELS)), dtype=int)  # (memes, labels): how many people gave it
    for row, answers in enumerate(shared):
        for answer in answers:
            counts[row, ROW[answer.label]] += 1
    alpha, note = _alpha(counts)
    people = {answer.reviewer for answers in shared for answer in answers}
    return Overall(len(shared), len(people), int(counts.sum()), alpha, note)


def anchoring(decisions: Iterable[Decision]) -> tuple[Anchoring, ...]:
    """Every person's agreement with the model, blind against assisted, by name.

    First answers count where the model had a verdict at the time and the person was not unsure. Nobody was assigned to one side
    or the other, so this is an observation and no experiment; the sentence says so. The interval of the difference is a 95 %
    Bayesian bootstrap over memes.
    """
    sides: dict[str, tuple[list[bool], list[bool]]] = defaultdict(lambda: ([], []))
    for answer in _first_answers(decisions):
        if answer.probability is None or answer.threshold is None or answer.label is Label.UNSURE:
            continue
        agrees = (answer.probability >= answer.threshold) == (answer.label is Label.HATEFUL)
        sides[answer.reviewer][answer.assisted].append(agrees)
    return tuple(_anchoring(name, *(_share(sum(side), len(side)) for side in sides[name])) for name in sorted(sides))


def accuracy(decisions: Iterable[Decision], truth: Mapping[int, Label]) -> tuple[Accuracy, ...]:
    """Every person against the known labels, by name: `truth` gives hateful or benign per meme id.

    First answers count, blind or assisted alike, as both become labels that heads learn from. People without an answer to one of
    these memes are left out.
    """
    answers: dict[str, Counter[tuple[Label, Label]]] = defaultdict(Counter)  # per person: known label, given label
    for answer in _first_answers(decisions):
        known = truth.get(answer.meme_id, Label.UNSURE)
        if known is not Label.UNSURE:
            answers[answer.reviewer][known, answer.label] += 1
    return tuple(_accuracy(name, answers[name]) for name in sorted(answers))


def below_floor(people: Iterable[Accuracy], floor: float = FLOOR, least: int = LEAST) -> tuple[Accuracy, ...]:
    """Those whose whole 95 % interval lies under the floor (0..1), after at least `least` answers.

    One in forty of those who are exactly as good as the floor is named by chance; a person should look before anything is done.
    """
    return tuple(
        person
        for person in people
        if person.right.n >= least and person.right.interval is not None and person.right.interval.high < floor
    )


def _first_answers(decisions: Iterable[Decision]) -> list[_Answer]:
    """Each person's first decision about each meme, unless it was taken back or settled a conflict."""
    first: dict[tuple[int, str], Decision] = {}
    for decision in sorted(decisions, key=lambda decision: (decision.at, decision.id)):
        if decision.action is Action.DECIDE:
            first.setdefault((decision.meme_id, decision.reviewer), decision)
    return [
        _Answer(d.meme_id, d.reviewer, d.label, d.assisted, d.probability, d.threshold)
        for d in first.values()
        if d.label is not None and not d.undone and not d.adjudicates
    ]


def _blind(decisions: Iterable[Decision]) -> list[_Answer]:
    return [answer for answer in _first_answers(decisions) if not answer.assisted]


def _share(hits: int, n: int) -> Share:
    return Share(hits, n, proportion(hits, n) if n else None)


# --- two people ------------------------------------------------------------------------------------------------------


def _pair(first: str, second: str, a: dict[int, Label], b: dict[int, Label]) -> Pair:
    memes = sorted(a.keys() & b.keys())
    table = np.zeros((len(LABELS), len(LABELS)), dtype=int)  # memes by the label of one person and of the other
    for meme in memes:
        table[ROW[a[meme]], ROW[b[meme]]] += 1
    raw = _share(int(np.trace(table)), len(memes))
    why = _no_kappa(table)
    if why or raw.interval is None:
        return Pair(first, second, raw, None, why)
    value = float(cohen_kappa_score([a[meme] for meme in memes], [b[meme] for meme in memes]))
    # whose labels are the rows must not change the draws
    resampled = _resampled_kappa(min(table, table.T, key=lambda t: t.tolist()))
    chance = 1 - float(table.sum(axis=1) @ table.sum(axis=0)) / len(memes) ** 2
    return Pair(first, second, raw, *_with_interval(value, resampled, raw.interval, chance))


def _no_kappa(table: np.ndarray) -> str:
    """Why Cohen's kappa of a table (labels, labels) says nothing; empty where it does say something."""
    if not table.sum():
        return "No meme was answered blind by both, so there is nothing to compare."
    first, second = (table.any(axis=1).sum(), table.any(axis=0).sum())  # labels used
    if first > 1 and second > 1:
        return ""
    if np.count_nonzero(table) == 1 and np.trace(table):
        return "Both gave every common meme the same label. Chance would do the same, so kappa is undefined."
    return "One of the two gave every common meme the same label. Kappa would be 0 however often they agree, so it is not shown."


def _resampled_kappa(table: np.ndarray) -> np.ndarray:
    """Cohen's kappa of every resample of the memes: (R,); NaN where a resample holds one label only."""
    n = table.sum()
    drawn = np.random.default_rng(SEED).multinomial(n, table.ravel() / n, size=RESAMPLES).reshape(-1, *table.shape)
    apart = 1 - np.trace(drawn, axis1=1, axis2=2) / n
    chance = 1 - (drawn.sum(axis=2) * drawn.sum(axis=1)).sum(axis=1) / n**2
    with np.errstate(invalid="ignore"):
        return 1 - apart / chance


# --- everybody -------------------------------------------------------------------------------------------------------


def _alpha(counts: np.ndarray) -> tuple[Interval | None, str]:
    """Krippendorff's alpha of memes by labels (N, labels), each row with two answers or more, or None and why."""
    if not len(counts):
        return None, "No meme was answered blind by two people, so there is nothing to compare."
    if len(counts) == 1:
        return None, "Only one meme was answered blind by two people. Chance cannot be told from that, so alpha is not shown."
    given = counts.sum(axis=0)
    if np.count_nonzero(given) == 1:
        return None, "Everybody gave every meme the same label. Chance would do the same, so alpha is undefined."
    kinds, memes = np.unique(counts, axis=0, return_counts=True)  # memes with the same answers are taken together
    value = float(_alphas(kinds, memes[None])[0])
    unanimous = int((np.count_nonzero(counts, axis=1) == 1).sum())
    chance = 1 - float(given @ (given - 1)) / (given.sum() * (given.sum() - 1))
    drawn = np.random.default_rng(SEED).multinomial(len(counts), memes / len(counts), size=RESAMPLES)  # (R, kinds)
    return _with_interval(value, _alphas(kinds, drawn), proportion(unanimous, len(counts)), chance)


def _alphas(kinds: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Krippendorff's alpha (R,) of R sets of memes: `drawn` (R, K) of each kind of answers `kinds` (K, labels).

    NaN where a set holds one label only. (The `krippendorff` package, which the tests hold this against, has a licence that would
    bind this whole project.)
    """
    people = kinds.sum(axis=1)
    together = (kinds * (kinds - 1)).sum(axis=1) / (people - 1)  # answers that a meme's other answers share
    given, n = drawn @ kinds, drawn @ people  # (R, labels), (R,)
    apart = 1 - drawn @ together / n
    chance = 1 - (given * (given - 1)).sum(axis=1) / (n * (n - 1))
    with np.errstate(invalid="ignore"):
        return 1 - apart / chance


def _with_interval(value: float, resampled: np.ndarray, raw: Interval, chance: float) -> tuple[Interval, str]:
    """The value with the middle 95 % of its resamples.

    Where they do not vary, as with no disagreement at all, they would claim certainty after any number of memes. Then the
    interval of the raw agreement is put into value = 1 - disagreement / chance; `chance` is the disagreement chance would give.
    """
    low, high = (float(end) for end in np.nanpercentile(resampled, [2.5, 97.5]))
    if high - low > 1e-9:
        return Interval(value, low, high), ""
    low, high = (1 - (1 - end) / chance for end in (raw.low, raw.high))
    return Interval(value, min(low, value), max(high, value)), NARROW


# --- with the model, and with what is known --------------------------------------------------------------------------


def _anchoring(reviewer: str, blind: Share, assisted: Share) -> Anchoring:
    if blind.interval is None or assisted.interval is None:
        missing = "blind" if blind.interval is None else "assisted"
        return Anchoring(reviewer, blind, assisted, None, f"There is no {missing} answer yet, so there is nothing to compare.")
    difference = _difference(blind, assisted, assisted.interval.value - blind.interval.value)
    return Anchoring(reviewer, blind, assisted, difference, _sentence(blind.interval, assisted.interval, difference))


def _difference(blind: Share, assisted: Share, value: float) -> Interval:
    """Assisted minus blind. The weights of a Bayesian bootstrap of hits and misses add up to draws of a beta distribution.

    Half a hit and half a miss are added (Jeffreys): otherwise three of three would be three of three in every draw.
    """
    rng = np.random.default_rng(SEED)
    a, b = (rng.beta(side.hits + 0.5, side.n - side.hits + 0.5, size=RESAMPLES) for side in (assisted, blind))
    low, high = (float(end) for end in np.percentile(a - b, [2.5, 97.5]))
    return Interval(value, min(low, value), max(high, value))


def _sentence(blind: Interval, assisted: Interval, difference: Interval) -> str:
    if difference.low > 0:
        reading = "more often after seeing it, by more than chance explains"
    elif difference.high < 0:
        reading = "less often after seeing it, by more than chance explains"
    else:
        reading = "about as often either way: the difference may be chance"
    return (
        f"Agrees with the model on {blind.value:.0%} of the memes decided blind and on {assisted.value:.0%} of those decided "
        f"after seeing what it says, {reading} ({100 * difference.value:+.0f} points, 95 % interval "
        f"{100 * difference.low:+.0f} to {100 * difference.high:+.0f}). {CAVEAT}"
    )


def _accuracy(reviewer: str, answers: Counter[tuple[Label, Label]]) -> Accuracy:
    """`answers` counts pairs of known and given label."""
    hit, miss = answers[Label.HATEFUL, Label.HATEFUL], answers[Label.HATEFUL, Label.BENIGN]
    spared, accused = answers[Label.BENIGN, Label.BENIGN], answers[Label.BENIGN, Label.HATEFUL]
    committed = hit + miss + spared + accused
    return Accuracy(
        reviewer,
        right=_share(hit + spared, committed),
        hateful=_share(hit, hit + miss),
        benign=_share(spared, spared + accused),
        unsure=answers.total() - committed,
    )
