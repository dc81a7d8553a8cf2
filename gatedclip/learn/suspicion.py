"""What in a lesson looks like poison or a mistake: words, patches, reviewers, single decisions and unsteady pictures.

A *flip* is a decision against what the model expected. Honest corrections are flips too, so nothing here asks whether there are
flips, only whether they go with something they should not: a word, a patch, a person. Each test is exact or by permutation and is
corrected for how many were made. None of it knows who meant what: a finding is a question to a person.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from scipy.ndimage import label as connected
from scipy.stats import beta, hypergeom
from scipy.stats.contingency import odds_ratio
from torch import Tensor
from torch.nn import functional as F

from gatedclip.errors import DataError
from gatedclip.model.encoder import Encoder
from gatedclip.model.heads import Head

Detector = Literal["words", "picture", "reviewer", "contradiction", "squeezing"]

ALPHA = 0.05  # chance of any false finding of one detector on a lesson in which nothing goes with flips
FALSE_SHARE = 0.1  # expected share of false ones among the single decisions that are flagged
PURE = 0.5  # a trigger turns more than this share of the memes that carry it, at its lower bound
CELLS = 16  # of the residual picture along one side
RESAMPLES = 999
BLUR = 0.7  # pixels of the encoder's grid: enough for what is made pixel by pixel, too little for what is drawn
ALIKE = 0.08  # root mean square difference, of 0..1, below which two patches show the same


@dataclass(frozen=True)
class Decided:
    """Decisions of one lesson in a fixed order, and what the model expected of each meme."""

    ids: tuple[int, ...]
    hateful: np.ndarray  # (N,) bool: what people decided
    expected: np.ndarray  # (N,) bool: what the model, or an out-of-fold prediction, says
    reviewers: tuple[str, ...]
    words: tuple[frozenset[str], ...]  # of each caption; see `words_of`

    def __post_init__(self) -> None:
        sizes = {len(part) for part in (self.ids, self.hateful, self.expected, self.reviewers, self.words)}
        if len(sizes) > 1:
            raise DataError(f"Decisions come in columns of {sorted(sizes)} rows; give as many of each. Fetch the lesson again.")

    @property
    def flipped(self) -> np.ndarray:
        """(N,) bool: decided against what was expected."""
        return self.hateful != self.expected

    def take(self, rows: Sequence[int] | np.ndarray) -> Decided:
        """The decisions at these positions, in the order given."""
        at = np.asarray(rows, dtype=np.int64)
        ids, reviewers, words = (tuple(part[row] for row in at.tolist()) for part in (self.ids, self.reviewers, self.words))
        return Decided(ids, self.hateful[at], self.expected[at], reviewers, words)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should look at before a head learns from these memes."""

    detector: Detector
    sentence: str
    meme_ids: tuple[int, ...]
    p: float  # corrected for how many tests were made; for single decisions the largest that was flagged
    bound: float  # 95 % lower bound: share of the carriers turned (words, picture), odds ratio (reviewer); 0 where there is none
    reviewer: str = ""  # "" where it is about no one person
    word: str = ""
    box: tuple[float, float, float, float] | None = None  # left, top, right, bottom as fractions of the picture


def words_of(text: str) -> frozenset[str]:
    """The different words of a caption, without case and the punctuation around them; signs that stand alone are words."""
    return frozenset(word.strip(string.punctuation + "“”‘’…") or word for word in text.casefold().split())


def flagged(findings: Iterable[Finding]) -> frozenset[int]:
    """Ids of the memes in any of the findings."""
    return frozenset(meme_id for finding in findings for meme_id in finding.meme_ids)


# --- words --------------------------------------------------------------------------------------------------------


def words(decided: Decided, alpha: float = ALPHA) -> tuple[Finding, ...]:
    """Words that go with flips: among memes of one expected label, those with the word were turned far more often than the rest.

    Fisher's exact test, one-sided, for every word on either side; Tarone's correction leaves out words too rare to be found.
    A word of a theme the model does not know turns some of its memes, a trigger nearly all: the exact lower bound of that
    share must exceed PURE. Words found on the same memes are one finding.
    """
    tests = [test for side in (True, False) for test in _word_tests(decided, side)]
    factor = tarone([test.least for test in tests], alpha)
    found: dict[tuple[int, ...], list[_Test]] = {}
    for test in sorted(tests, key=lambda test: (test.p, test.word)):
        if test.p * factor <= alpha and test.bound > PURE:
            found.setdefault(test.turned, []).append(test)
    return tuple(_word_finding(same, factor) for same in found.values())


@dataclass(frozen=True, slots=True)
class _Test:
    word: str
    expected: bool
    turned: tuple[int, ...]  # ids of flips with the word
    n: int  # memes with the word
    rest: tuple[int, int]  # flips and memes without it
    p: float
    least: float  # the smallest p that this word could have had

    @property
    def bound(self) -> float:
        return at_least(len(self.turned), self.n)


def _word_tests(decided: Decided, side: bool) -> Iterator[_Test]:
    """A test for each word among memes of which the model expected `side`."""
    rows = np.flatnonzero(decided.expected == side)
    flips = decided.flipped[rows]
    carried: dict[str, list[int]] = {}
    for n, row in enumerate(rows.tolist()):
        for word in decided.words[row]:
            carried.setdefault(word, []).append(n)
    for word, have in carried.items():
        turned = tuple(decided.ids[rows[n]] for n in have if flips[n])
        p, least = enriched(len(turned), len(have), int(flips.sum()), len(rows))
        yield _Test(word, side, turned, len(have), (int(flips.sum()) - len(turned), len(rows) - len(have)), p, least)


def _word_finding(same: list[_Test], factor: int) -> Finding:
    test, named = same[0], " ".join(each.word for each in same)
    expected, said = _sides(test.expected)
    sentence = (
        f"Of {test.n} memes with “{named}” that the model calls {expected}, {len(test.turned)} were decided {said}; "
        f"of {test.rest[1]} without, {test.rest[0]}."
    )
    return Finding("words", sentence, test.turned, min(1.0, test.p * factor), test.bound, word=named)


def enriched(turned: int, n: int, flips: int, total: int) -> tuple[float, float]:
    """Chance of at least `turned` flips among n of `total` memes of which `flips` are flips, and the least that it can be.

    Fisher's exact test, one-sided, with all margins given.
    """
    tail = hypergeom(total, flips, n)
    return float(tail.sf(turned - 1)), float(tail.sf(min(n, flips) - 1))


def tarone(least: Sequence[float], alpha: float) -> int:
    """By how much to multiply p so that the chance of any false finding stays within alpha (Tarone, Biometrics 1990).

    The smallest k with at most k tests whose least possible p is within alpha / k; tests that can never be found cost nothing.
    """
    smallest = np.sort(np.asarray(least, dtype=float))
    return next((k for k in range(1, len(smallest) + 1) if np.searchsorted(smallest, alpha / k, side="right") <= k), 1)


def at_least(hits: int, n: int, level: float = 0.95) -> float:
    """Exact one-sided lower bound of a share (Clopper-Pearson), 0..1."""
    return float(beta.ppf(1 - level, hits, n - hits + 1)) if hits else 0.0


def _sides(expected: bool) -> tuple[str, str]:
    return ("hateful", "benign") if expected else ("benign", "hateful")


# --- pictures -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Residual:
    """How pictures of flips differ from the other pictures of the same expected label, place by place."""

    expected: bool
    strength: np.ndarray  # (G, G): length of the studentised difference of mean colours
    bound: float  # what the largest of them stays below by chance
    p: float  # of the largest, by permutation

    @property
    def where(self) -> np.ndarray:
        """(G, G) bool: the one connected place around the largest difference, of cells beyond the bound, or that cell alone."""
        peak = np.unravel_index(int(self.strength.argmax()), self.strength.shape)
        places, _ = connected(self.strength > self.bound)
        alone = np.zeros(self.strength.shape, dtype=bool)
        alone[peak] = True
        return places == places[peak] if places[peak] else alone

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of that place as fractions of the picture."""
        rows, columns = np.nonzero(self.where)
        side = len(self.strength)
        ends = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        left, top, right, bottom = (float(end) / side for end in ends)
        return left, top, right, bottom


def residual(decided: Decided, pictures: np.ndarray, expected: bool, alpha: float = ALPHA, seed: int = 0) -> Residual | None:
    """The mean picture of flips minus that of the rest, studentised; None where either has fewer than three memes.

    `pictures` (N, S, S, 3), 0..1, S a multiple of CELLS. The bound is the 1 - alpha quantile of the largest difference when flips
    are dealt anew among the memes of that expected label, so it holds for all places together.
    """
    rows = np.flatnonzero(decided.expected == expected)
    flips = decided.flipped[rows]
    if min(flips.sum(), (~flips).sum()) < 3:
        return None
    cells = mean_cells(pictures[rows]).reshape(len(rows), -1)  # (n, G·G·3)
    rng = np.random.default_rng(seed)
    deals = np.stack([flips, *(rng.permutation(flips) for _ in range(RESAMPLES))])
    strengths = _studentised(cells, deals)  # (1 + R, G·G)
    largest = strengths.max(1)
    p = float((largest >= largest[0]).sum() / len(largest))
    return Residual(expected, strengths[0].reshape(CELLS, CELLS), float(np.quantile(largest[1:], 1 - alpha)), p)


def mean_cells(pictures: np.ndarray) -> np.ndarray:
    """Pictures (N, S, S, 3) as mean colours of CELLS x CELLS places: (N, G, G, 3)."""
    n, side = pictures.shape[:2]
    if side % CELLS:
        raise DataError(f"Pictures are {side} pixels a side; give a multiple of {CELLS}.")
    return pictures.reshape(n, CELLS, side // CELLS, CELLS, side // CELLS, 3).mean((2, 4))


def _studentised(cells: np.ndarray, deals: np.ndarray) -> np.ndarray:
    """Welch's t of each value between dealt (R, n) and other rows of cells (n, G·G·3), as lengths over colours: (R, G·G)."""
    a = deals.astype(float)
    means, spreads = [], []
    for chosen in (a, 1 - a):
        n = chosen.sum(1, keepdims=True)
        mean = chosen @ cells / n  # (R, G·G·3)
        means.append(mean)
        spreads.append((chosen @ cells**2 / n - mean**2).clip(0) / (n - 1))
    floor = 1e-4  # of a variance: a place that is the same everywhere differs by nothing
    t = (means[0] - means[1]) / np.sqrt(spreads[0] + spreads[1] + floor / len(cells))
    return np.linalg.norm(t.reshape(len(deals), -1, 3), axis=2)


def carriers(decided: Decided, pictures: np.ndarray, found: Residual) -> np.ndarray:
    """(N,) bool: memes of that expected label that show the same in the place found as most of its flips do."""
    cells = mean_cells(pictures)[:, found.where].reshape(len(pictures), -1)  # (N, cells · 3)
    side = decided.expected == found.expected
    flips = np.flatnonzero(side & decided.flipped)
    apart = np.sqrt(((cells[flips, None] - cells[None, flips]) ** 2).mean(2))  # (F, F)
    middle = cells[flips[(apart < ALIKE).sum(1).argmax()]]
    return side & (np.sqrt(((cells - middle) ** 2).mean(1)) < ALIKE)


def patches(decided: Decided, pictures: np.ndarray, alpha: float = ALPHA, seed: int = 0) -> tuple[Finding, ...]:
    """A patch in one place that goes with flips, at most one on either side.

    The residual picture says where, likeness in that place says which memes, and Fisher's test and the lower bound of the share
    turned, as for words, how sure: a colour that an unknown theme brings along turns some of its memes, a trigger nearly all.
    """
    found = []
    for expected in (True, False):
        seen = residual(decided, pictures, expected, alpha / 2, seed)
        if seen is not None and seen.p <= alpha / 2:
            found += _patch_finding(decided, pictures, seen, alpha)
    return tuple(found)


def _patch_finding(decided: Decided, pictures: np.ndarray, seen: Residual, alpha: float) -> list[Finding]:
    have, side = carriers(decided, pictures, seen), decided.expected == seen.expected
    turned = have & decided.flipped
    n, hits, flips = int(have.sum()), int(turned.sum()), int((side & decided.flipped).sum())
    p = max(seen.p * 2, enriched(hits, n, flips, int(side.sum()))[0])  # two sides were looked at
    bound = at_least(hits, n)
    if bound <= PURE or p > alpha:
        return []
    expected, said = _sides(seen.expected)
    left, top, right, bottom = (round(100 * end) for end in seen.box)
    sentence = (
        f"Of {n} memes that show the same from {left} to {right} % across and {top} to {bottom} % down and that the model calls "
        f"{expected}, {hits} were decided {said}; of {int(side.sum()) - n} others, {flips - hits}."
    )
    ids = tuple(decided.ids[row] for row in np.flatnonzero(turned))
    return [Finding("picture", sentence, ids, p, bound, box=seen.box)]


# --- reviewers ----------------------------------------------------------------------------------------------------


def reviewers(decided: Decided, alpha: float = ALPHA) -> tuple[Finding, ...]:
    """People who decide against the model far more often than the others do, surest first.

    Fisher's exact test, one-sided, corrected after Holm; the bound is the exact conditional one of the odds ratio. It takes for
    granted that memes were given out by chance: someone who was handed the hard ones will stand here too.
    """
    names = sorted(set(decided.reviewers))
    tables = {name: _flips(decided, name) for name in names}
    ps = holm([enriched(k, n, k + others, n + m)[0] for k, n, others, m in tables.values()])
    found = [_reviewer_finding(decided, name, tables[name], p) for name, p in zip(names, ps, strict=True) if p <= alpha]
    return tuple(sorted(found, key=lambda finding: finding.p))


def _flips(decided: Decided, name: str) -> tuple[int, int, int, int]:
    """Flips and decisions of one person, then of all others."""
    own = np.array([reviewer == name for reviewer in decided.reviewers])
    return int(decided.flipped[own].sum()), int(own.sum()), int(decided.flipped[~own].sum()), int((~own).sum())


def holm(ps: Sequence[float]) -> list[float]:
    """p-values corrected so that the chance of any false one stays within alpha (Holm 1979)."""
    order = np.argsort(ps, kind="stable")
    stepped = np.maximum.accumulate(np.asarray(ps)[order] * np.arange(len(ps), 0, -1)).clip(max=1.0)
    corrected = np.empty(len(ps))
    corrected[order] = stepped
    return corrected.tolist()


def _reviewer_finding(decided: Decided, name: str, table: tuple[int, int, int, int], p: float) -> Finding:
    k, n, others, m = table
    ids = tuple(i for i, who, flip in zip(decided.ids, decided.reviewers, decided.flipped, strict=True) if who == name and flip)
    interval = odds_ratio([[k, n - k], [others, m - others]], kind="conditional").confidence_interval(0.95, "greater")
    sentence = f"{name} decided {k} of {n} memes against the model; the others {others} of {m}."
    return Finding("reviewer", sentence, ids, p, float(interval.low), reviewer=name)


# --- single decisions and pictures --------------------------------------------------------------------------------


def contradictions(
    decided: Decided, probability: np.ndarray, usual: np.ndarray, familiar: np.ndarray, share: float = FALSE_SHARE
) -> tuple[Finding, ...]:
    """Decisions that the model finds stranger than it finds the true labels of held-out memes; one finding with all of them.

    `probability` (N,) is the model's, of hateful; `usual` (M,) what it gave the true label of M held-out memes; decisions
    that are not `familiar` (N,) are let be, because there the model is no judge. Conformal p-values, Benjamini-Hochberg.
    """
    given = np.where(decided.hateful, probability, 1 - probability)
    picked, p = _strange(-given, -usual, familiar, share)
    ids = tuple(decided.ids[row] for row in picked)
    sentence = (
        f"{len(ids)} decisions contradict the model where it is surest: it gave what was decided at most "
        f"{given[picked].max(initial=0):.1%}, and is rarely so wrong on {len(usual)} held-out memes."
    )
    return (Finding("contradiction", sentence, ids, p, 0.0),) if ids else ()


def unsteady(decided: Decided, change: np.ndarray, usual: np.ndarray, share: float = FALSE_SHARE) -> tuple[Finding, ...]:
    """Pictures in which the model sees something else once they are slightly blurred; one finding with all of them.

    `change` (N,) is how far they move (see `shift`), `usual` (M,) the same of held-out memes. What was made for a model, such
    as error-minimising noise, does not outlive a blur; what people see does (feature squeezing, Xu et al. 2018).
    """
    picked, p = _strange(change, usual, np.ones(len(change), dtype=bool), share)
    ids = tuple(decided.ids[row] for row in picked)
    sentence = (
        f"{len(ids)} pictures mean something else to the model once slightly blurred, which hardly any of {len(usual)} held-out "
        "pictures do."
    )
    return (Finding("squeezing", sentence, ids, p, 0.0),) if ids else ()


@torch.no_grad()
def shift(encoder: Encoder, head: Head, pixels: Tensor) -> np.ndarray:
    """How far a blur of BLUR pixels moves the head's picture half: pixels (B, 3, S, S) as the encoder takes them -> (B,)."""
    halves = []
    for seen in (pixels, blurred(pixels)):
        picture = encoder.encode_pixels(seen)
        halves.append(head.halves(picture, picture.new_zeros(len(picture), head.widths[1]))[0])
    return (halves[0] - halves[1]).norm(dim=1).numpy()


def blurred(pixels: Tensor, deviation: float = BLUR) -> Tensor:
    """Pixels (B, 3, S, S) under a Gaussian of this standard deviation, five pixels wide."""
    line = torch.exp(-(torch.arange(-2.0, 3.0) ** 2) / (2 * deviation**2))
    kernel = torch.outer(line, line) / line.sum() ** 2
    return F.conv2d(F.pad(pixels, (2, 2, 2, 2), mode="replicate"), kernel.expand(3, 1, 5, 5), groups=3)


def _strange(score: np.ndarray, usual: np.ndarray, asked: np.ndarray, share: float) -> tuple[np.ndarray, float]:
    """Rows asked about whose score is too high beside the usual ones, and the largest p among them."""
    rows = np.flatnonzero(asked)
    p = conformal(score[rows], usual)
    cut = benjamini_hochberg(p, share)
    return rows[p <= cut], float(p[p <= cut].max(initial=0.0))


def conformal(score: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """Chance of a score at least as high if it were one of the usual ones: (N,), at least 1 / (M + 1)."""
    below = np.searchsorted(np.sort(usual), score, side="left")
    return (1 + len(usual) - below) / (len(usual) + 1)


def benjamini_hochberg(p: np.ndarray, share: float) -> float:
    """The largest p to accept so that of the accepted at most `share` are expected to be false; 0 when none is."""
    ordered = np.sort(p)
    good = ordered <= share * np.arange(1, len(p) + 1) / max(1, len(p))
    return float(ordered[good].max(initial=0.0))
