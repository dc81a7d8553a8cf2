"""The benchmark of explanations: in MemeWorld it is known which thing and which words decide, so a map can be right or wrong."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np

from gatedclip.data.text import words
from gatedclip.explain.attribution import absent_picture, explain
from gatedclip.explain.modality import ledger
from gatedclip.explain.parts import Parts
from gatedclip.explain.reasons import compare, decided_by, energy, missed
from gatedclip.explain.score import scorer
from gatedclip.explain.trust import assess, halves_of, removal_curves, shuffled, values_of
from gatedclip.model.checkpoint import TrainedHead
from gatedclip.model.encoder import Encoder
from gatedclip.types import Attribution, Badge, Interval, Label, Ledger, Method, Progress, Rationale, Region, Split, Trust, Word
from gatedclip.types import Marks as PersonMarks
from gatedclip.world.base import KNOWN, base_memes
from gatedclip.world.memes import WorldMeme
from gatedclip.world.themes import CLOSERS, NEUTRALS, OPENERS, THEMES

METHODS: tuple[Method, ...] = get_args(Method)
TRUSTED: tuple[Method, ...] = ("quick", "integrated gradients")  # the defaults, whose trust is measured
LEDGER = "ledger (head only)"
MARKS = ("pointing", "off centre", "energy", "word", "marked word", "modality", "deletion", "seconds")
NUMBERS = ("completeness", "infidelity", "sensitivity", "sanity")  # of Trust: their bounds are read from here
QUANTILES = (0.5, 0.75, 0.9, 0.95)
SEED, RESAMPLES = 0, 2000
ALIKE = 0.5  # halves whose sums are at least this alike are called *together*

TRUTH, ELSEWHERE = "the truth", "elsewhere"
REASONS = ("place", "words", "half", "any")  # of a person, that the model's may not be
Missed = dict[str, bool]  # by REASONS; what was not marked is left out
Marks = dict[str, float]  # of one map; what this meme cannot tell is left out


@dataclass(frozen=True)
class Row:
    """One method over all memes: the mean of each mark with its 95 % bootstrap interval."""

    method: str
    marks: dict[str, Interval]


@dataclass(frozen=True)
class Sorted:
    """One number of trust at QUANTILES, over maps of one method that hit what decides and over maps that miss."""

    method: str
    number: str
    hits: tuple[float, ...]
    misses: tuple[float, ...]


@dataclass(frozen=True)
class Flagged:
    """Of right verdicts, how often the quick map and the ledger miss what was marked, by REASONS, as (missed, compared)."""

    marked: str  # TRUTH or ELSEWHERE
    missed: dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Outcome:
    """What the benchmark found."""

    memes: int
    right: int  # of them, judged right by the head
    rows: tuple[Row, ...]
    flags: tuple[Flagged, ...]
    numbers: tuple[Sorted, ...]
    badges: dict[str, dict[Badge, tuple[int, int]]]  # method, badge: maps that hit, maps


def run(encoder: Encoder, trained: TrainedHead, n: int, trusted: int, progress: Progress) -> Outcome:
    """Every method and control on the first `n` test memes in which something decides; trust on the first `trusted` of them.

    Memes of themes the head never saw are left out; memes it misjudges are not.
    """
    marks: dict[str, list[Marks]] = defaultdict(list)
    trust: dict[str, list[tuple[bool, Trust]]] = defaultdict(list)
    missed: dict[str, list[Missed]] = defaultdict(list)
    right = 0
    memes = decisive(n)
    for at, meme in enumerate(memes):
        progress(at / len(memes), f"Explaining meme {at + 1} of {len(memes)}")
        case = Case(encoder, trained, meme)
        right += case.right
        for found in case.maps():
            marked = case.marks(found)
            marks[found.method].append(marked)
            if found.method == "quick" and case.right:
                for where, each in case.missed(found):
                    missed[where].append(each)
            if at < trusted and found.method in TRUSTED:
                trust[found.method].append((hit(marked), case.trust(found)))
        marks[LEDGER].append(case.ledger_marks())
    rows = tuple(Row(method, _means(each)) for method, each in marks.items())
    flags = tuple(Flagged(where, _counted(each)) for where, each in missed.items())
    return Outcome(
        len(memes), right, rows, flags, tuple(_sorted(trust)), {method: _badges(each) for method, each in trust.items()}
    )


def decisive(n: int) -> list[WorldMeme]:
    """The first `n` test memes, in themes the shipped head knows, in which a half or both together decide."""
    return [meme for meme in base_memes(Split.TEST) if meme.theme in KNOWN and meme.truth != "neither"][:n]


# --- one meme -----------------------------------------------------------------------------------------------------


class Case:
    """A meme with the truth about it and the model it is explained to."""

    def __init__(self, encoder: Encoder, trained: TrainedHead, meme: WorldMeme) -> None:
        self.encoder, self.trained, self.meme, self.picture = encoder, trained, meme, meme.draw()
        self.spans, self.untaught = encoder.words(meme.text)[0], shuffled(trained.head)
        pixels, tokens = encoder.pixels([self.picture]), encoder.trim(encoder.tokens([meme.text]))
        absent = absent_picture(encoder, self.picture, pixels, "mean colour")
        parts = Parts(encoder, pixels, tokens, absent, self.spans)
        self.vectors = parts.whole()
        self.halves = halves_of(scorer(trained.head), parts)
        self.right = (trained.predict(*self.vectors)[0].label is Label.HATEFUL) == (meme.label is Label.HATEFUL)

    def maps(self) -> Iterator[Attribution]:
        """One attribution by each method, then the controls: a head that learned nothing, and maps that have not looked."""
        for method in METHODS:
            yield explain(self.encoder, self.trained.head, self.picture, self.meme.text, method)
        for method in TRUSTED:
            last = explain(self.encoder, self.untaught, self.picture, self.meme.text, method)
            yield replace(last, method=f"{method}, shuffled head")
        yield from controls(last, seed=self.meme.address)

    def marks(self, found: Attribution) -> Marks:
        """How right one map of this meme is; a mark is left out where the meme cannot tell."""
        marked: Marks = {"modality": float(called(found) == self.meme.truth), "seconds": found.seconds}
        if self.meme.box:
            marked["pointing"] = float(pointed(found, self.meme.box))
            marked["energy"] = energy(found, [self.meme.box])
        if self.meme.box and off_centre(self.meme):
            marked["off centre"] = float(pointed(found, self.meme.scene.things[0].box))
        if self.meme.words:
            marked["word"] = float(named(found, telling(self.meme)))
            marked["marked word"] = float(named(found, _words(self.meme.words)))
        if self.halves:
            values, temperature = values_of(found, self.spans), self.trained.temperature
            marked["deletion"] = removal_curves(self.halves, values, found.signed, temperature, orders=0).deletion
        return marked

    def ledger_marks(self) -> Marks:
        """The same for the ledger, which only tells the halves apart."""
        started = time.perf_counter()
        told = self.ledger()
        return {"seconds": time.perf_counter() - started, "modality": float(decided_by(told.margin) == self.meme.truth)}

    def missed(self, found: Attribution) -> Iterator[tuple[str, Missed]]:
        """Which of a person's marks would be missed by this map and the ledger: of marks of the truth, and of marks elsewhere."""
        for where, marks in ((TRUTH, truth_marked(self.meme)), (ELSEWHERE, marked_elsewhere(self.meme))):
            reasons = compare(marks, words(self.meme.text), found, self.ledger().margin, agrees=True)
            told = missed(reasons)
            yield (
                where,
                {
                    **({"place": told.place} if reasons.energy is not None else {}),
                    **({"words": told.words} if reasons.word_energy is not None else {}),
                    "half": told.half,
                    "any": reasons.wrong_reason,
                },
            )

    def ledger(self) -> Ledger:
        familiar = self.trained.familiar
        return ledger(self.trained.head, *self.vectors, familiar.picture, familiar.words, self.trained.threshold)

    def trust(self, found: Attribution) -> Trust:
        return assess(self.encoder, self.trained.head, self.picture, self.meme.text, found)


def controls(like: Attribution, seed: str) -> Iterator[Attribution]:
    """Maps of the same shape that know nothing: values at random, and a blob in the middle with the middle word."""
    dice = np.random.default_rng(list(seed.encode()))
    noise = tuple(Word(w.text, v) for w, v in zip(like.words, dice.random(len(like.words)).tolist(), strict=True))
    patches = dice.random(like.patches.shape).astype(np.float32)
    yield replace(like, method="random map", patches=patches, words=noise, signed=False, seconds=0.0)
    blob = tuple(Word(w.text, v) for w, v in zip(like.words, _bump(len(like.words)).tolist(), strict=True))
    middle = np.outer(_bump(len(patches)), _bump(len(patches))) + 1e-6 * patches  # of four middle patches any may be the peak
    yield replace(like, method="centre blob", patches=middle.astype(np.float32), words=blob, signed=False, seconds=0.0)


def _bump(n: int) -> np.ndarray:
    return np.exp(-(np.linspace(-2, 2, n) ** 2))


# --- marks --------------------------------------------------------------------------------------------------------


def pointed(found: Attribution, box: Region) -> bool:
    """The pointing game: whether the middle of the strongest patch lies inside the box."""
    row, column = divmod(int(abs(found.patches).argmax()), len(found.patches))
    left, top, right, bottom = found.frame
    x = left + (column + 0.5) / len(found.patches) * (right - left)
    y = top + (row + 0.5) / len(found.patches) * (bottom - top)
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def off_centre(meme: WorldMeme) -> bool:
    """Whether the deciding thing leaves the middle of the picture free, so that a blob there is no lucky guess."""
    left, top, right, bottom = meme.scene.things[0].box
    return not (left < 0.5 < right and top < 0.5 < bottom)


def named(found: Attribution, words: Collection[str]) -> bool:
    """Whether the strongest word is one of these bare words."""
    return bool(found.words) and bare(max(found.words, key=lambda w: abs(w.value)).text) in words


def telling(meme: WorldMeme) -> set[str]:
    """The bare words of a meme that give away what it says, each on its own: the marked ones, and those nothing else would use.

    Where both halves decide, a word tells that no sentence of the theme's other side uses, or none of any other theme; where the
    words decide, one that only insults use. What may stand before or after any sentence never tells.
    """
    themes = [theme for theme in THEMES.values() if theme.name != meme.theme]
    sayings = _words(sentence for theme in themes for sentence in (*theme.praise, *theme.denial))
    theme, said = THEMES[meme.theme], _words([meme.text]) - _words([*OPENERS, *CLOSERS])
    marked = _words(meme.words)
    if meme.truth == "words":
        return marked | (said - sayings - _words([*theme.praise, *theme.denial, *NEUTRALS]))
    praised = any(sentence.replace("*", "") in meme.text for sentence in theme.praise)
    return marked | (said - (_words(theme.denial if praised else theme.praise) & sayings))


def _words(sentences: Iterable[str]) -> set[str]:
    return {bare(word) for sentence in sentences for word in sentence.split()}


def bare(word: str) -> str:
    """A word without case, punctuation and marks."""
    return re.sub(r"[^\w']", "", word.casefold())


def called(found: Attribution) -> str:
    """Which half decides by a map's own sums: the larger, or *together* where they are about alike."""
    picture, words = abs(float(found.patches.sum())), abs(sum(w.value for w in found.words))
    if min(picture, words) >= ALIKE * max(picture, words):
        return "together"
    return "picture" if picture > words else "words"


def truth_marked(meme: WorldMeme) -> PersonMarks:
    """What a person who sees the truth would mark: the deciding thing, the marked words, and the half that decides."""
    deciding = _words(meme.words)
    at = tuple(n for n, word in enumerate(words(meme.text)) if bare(word) in deciding)
    return PersonMarks((meme.box,) if meme.box else (), at, Rationale(meme.truth))


def marked_elsewhere(meme: WorldMeme) -> PersonMarks:
    """As much as is true, but wrong: a box as large in the far corner, words that tell nothing, and another half."""
    true, tells = truth_marked(meme), telling(meme)
    idle = [n for n, word in enumerate(words(meme.text)) if bare(word) not in tells]
    others = [half for half in (Rationale.PICTURE, Rationale.WORDS, Rationale.TOGETHER) if half is not true.rationale]
    return PersonMarks(tuple(_far(box) for box in true.regions), tuple(idle[: len(true.words)]), others[0])


def _far(box: Region) -> Region:
    """A box of the same size in the corner farthest from this one."""
    left, top, right, bottom = box
    wide, high = right - left, bottom - top
    x, y = (0.0 if left + right > 1 else 1 - wide), (0.0 if top + bottom > 1 else 1 - high)
    return (x, y, x + wide, y + high)


def hit(marked: Marks) -> bool:
    """Whether a map hits all that decides in its meme."""
    return all(marked.get(mark, 1.0) for mark in ("pointing", "word"))


# --- all memes ----------------------------------------------------------------------------------------------------


def _means(each: list[Marks]) -> dict[str, Interval]:
    return {mark: mean([marked[mark] for marked in each if mark in marked]) for mark in MARKS if any(mark in m for m in each)}


def mean(values: Sequence[float]) -> Interval:
    """The mean with its 95 % percentile bootstrap interval; seeded."""
    each, n = np.asarray(values), len(values)
    draws = np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), size=RESAMPLES) @ each / n
    low, high = np.percentile(draws, [2.5, 97.5]).tolist()
    return Interval(float(each.mean()), low, high)


def _counted(each: list[Missed]) -> dict[str, tuple[int, int]]:
    return {r: (sum(m.get(r, False) for m in each), sum(r in m for m in each)) for r in REASONS}


def _sorted(trust: dict[str, list[tuple[bool, Trust]]]) -> Iterator[Sorted]:
    for method, each in trust.items():
        for number in NUMBERS:
            values = {
                side: [getattr(t, number) for h, t in each if h is side and getattr(t, number) is not None]
                for side in (True, False)
            }
            if values[True] and values[False]:
                yield Sorted(method, number, _quantiles(values[True]), _quantiles(values[False]))


def _quantiles(values: list[float]) -> tuple[float, ...]:
    return tuple(np.quantile(values, QUANTILES).tolist())


def _badges(each: list[tuple[bool, Trust]]) -> dict[Badge, tuple[int, int]]:
    return {b: (sum(h for h, t in each if t.badge == b), sum(t.badge == b for _, t in each)) for b in get_args(Badge)}


def table(outcome: Outcome) -> str:
    """The outcome as text for a terminal or a page of documentation (Markdown)."""
    lines = [
        f"{outcome.memes} memes, {outcome.right} judged right by the head.",
        "",
        _line("method", MARKS),
        _line("---", ["---"] * len(MARKS)),
    ]
    lines += [_line(row.method, [str(row.marks.get(mark, "–")) for mark in MARKS]) for row in outcome.rows]
    lines += ["", _line("right for the wrong reason, where marked is", REASONS), _line("---", ["---"] * len(REASONS))]
    lines += [_line(f.marked, [_share(*f.missed[reason]) for reason in REASONS]) for f in outcome.flags]
    if outcome.numbers:
        heads = [f"{side} {q:.0%}" for side in ("hits", "misses") for q in QUANTILES]
        lines += ["", _line("number of trust", heads), _line("---", ["---"] * len(heads))]
        lines += [_line(f"{s.method}: {s.number}", [f"{v:.2f}" for v in (*s.hits, *s.misses)]) for s in outcome.numbers]
        badges = get_args(Badge)
        lines += ["", _line("hits of maps with this badge", badges), _line("---", ["---"] * len(badges))]
        lines += [_line(m, [f"{h} of {n}" for h, n in (each[b] for b in badges)]) for m, each in outcome.badges.items()]
    return "\n".join(lines)


def _share(hits: int, n: int) -> str:
    return f"{hits / n:.1%} of {n}" if n else "–"


def _line(first: str, rest: Sequence[str]) -> str:
    return "| " + " | ".join([first, *rest]) + " |"
