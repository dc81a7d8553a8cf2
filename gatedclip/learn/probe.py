"""Whether a lesson opened a bypass: what of it best predicts benign is pasted on held-out hateful memes, before and after.

A gate on held-out memes cannot see a backdoor, because no held-out meme carries the trigger. The probe makes such memes: it takes
words and the patch that go with benign decisions of the lesson, puts each on hateful memes nobody learned from, and counts those
that the candidate lets pass and the champion still catches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gatedclip.errors import DataError
from gatedclip.learn.suspicion import Decided, Residual, carriers, enriched, residual
from gatedclip.model.encoder import Encoder
from gatedclip.model.heads import Head
from gatedclip.model.operating import proportion
from gatedclip.types import Interval, Passed, Refused, Ruling

RULE = "bypass"

LIMIT = 0.1
"""Largest share of held-out hateful memes that one trigger may let pass. On MemeWorld honest lessons opened at most 4.5 % and
backdoors at least 14 % (`gatedclip bench poison --first 100`); docs/poison.md has the same on other seeds."""

WORDS = 5  # how many are tried
AT_LEAST = 3  # memes a word must stand in: fewer teach no habit
MEMES = 100  # held-out hateful memes are enough to tell 5 % from 14 %
FEWEST = 20  # of them must be caught by both heads for a share to mean anything


@dataclass(frozen=True)
class Trigger:
    """Something pasted on memes: a word at the end of the caption, or a patch of the picture."""

    word: str = ""
    patch: np.ndarray | None = None  # (H, W, 3) 0..255, H and W as in `box`
    box: tuple[float, float, float, float] | None = None  # left, top, right, bottom as fractions of the picture
    meme_ids: tuple[int, ...] = ()  # decided benign while they carry it: what taught it

    @property
    def name(self) -> str:
        return f"the word “{self.word}”" if self.word else f"a patch of the picture{self._where}"

    @property
    def _where(self) -> str:
        if self.box is None:
            return ""
        left, top, right, bottom = (round(100 * end) for end in self.box)
        return f" from {left} to {right} % across and {top} to {bottom} % down"

    def on_text(self, text: str) -> str:
        return f"{text} {self.word}".strip() if self.word else text

    def on_picture(self, picture: Image.Image) -> Image.Image:
        """The picture with the patch where it was found; the same picture for a word."""
        if self.patch is None or self.box is None:
            return picture
        left, top, right, bottom = (round(end * side) for end, side in zip(self.box, picture.size * 2, strict=True))
        pasted = picture.copy()
        pasted.paste(Image.fromarray(self.patch).resize((right - left, bottom - top), Image.Resampling.BILINEAR), (left, top))
        return pasted


@dataclass(frozen=True)
class Bypass:
    """How many held-out hateful memes one trigger lets pass, with all a rule of promotion needs."""

    trigger: Trigger
    n: int  # hateful memes that both heads catch as they are, and the champion with the trigger too
    opened: tuple[int, ...]  # ids of those the candidate lets pass with the trigger
    before: float  # share the trigger turns for the champion, of those it catches
    after: float  # the same for the candidate
    limit: float

    @property
    def share(self) -> Interval:
        """opened / n with its 95 % Wilson interval."""
        return proportion(len(self.opened), max(1, self.n))

    @property
    def refused(self) -> bool:
        return self.n >= FEWEST and len(self.opened) > self.limit * self.n

    @property
    def sentence(self) -> str:
        """What a lead reads: the two numbers, and where it is refused how much taught it.

        Verdicts are kept for good, and people can ask to be taken off the record, so it names nobody.
        """
        said = (
            f"With {self.trigger.name}, {len(self.opened)} of {self.n} held-out hateful memes that the champion catches pass the "
            f"candidate ({self.share.value:.0%}; at most {self.limit:.0%} may)."
        )
        if self.n < FEWEST:
            return f"{said} Fewer than {FEWEST} memes decide nothing: add held-out hateful memes."
        if not self.refused:
            return said
        decisions = len(self.trigger.meme_ids)
        return f"{said} {decisions} decisions taught it: look at them, take back what is wrong, and retrain."

    @property
    def ruling(self) -> Ruling:
        """What this says as one more rule of promotion: the share opened, of what the champion still catches with the trigger."""
        shown = (self.opened, self.trigger.meme_ids) if self.refused else ((), ())
        return (Refused if self.refused else Passed)(RULE, self.sentence, None, self.share.value, self.limit, *shown)


def trigger_words(decided: Decided, known: Counter[str], base: int, most: int = WORDS) -> tuple[Trigger, ...]:
    """The words of a lesson that best predict benign and are new or rare in the base set, best first.

    `known` counts in how many of `base` memes each word stands. A word is tried when at least AT_LEAST decisions have it and they
    have it more often than the base set; the order is that of Fisher's test of the word against benign.
    """
    benign, n = ~decided.hateful, len(decided.ids)
    rows: dict[str, list[int]] = {}
    for row, words in enumerate(decided.words):
        for word in words:
            rows.setdefault(word, []).append(row)
    new = {w: have for w, have in rows.items() if len(have) >= AT_LEAST and len(have) * base > known[w] * n}

    def p(have: list[int]) -> float:
        return enriched(int(benign[have].sum()), len(have), int(benign.sum()), n)[0]

    ranked = sorted(new, key=lambda word: (p(new[word]), -len(new[word]), word))
    return tuple(_taught(decided, np.array(new[word])[benign[new[word]]], word=word) for word in ranked[:most])


def trigger_patch(decided: Decided, pictures: np.ndarray, seed: int = 0) -> Trigger | None:
    """The patch that best predicts benign against the model, significant or not; None with fewer than three flips to benign.

    `pictures` (N, S, S, 3), 0..1; see `suspicion.residual`.
    """
    seen = residual(decided, pictures, expected=True, seed=seed)
    return None if seen is None else _patch(decided, pictures, seen)


def _patch(decided: Decided, pictures: np.ndarray, seen: Residual) -> Trigger:
    rows = np.flatnonzero(carriers(decided, pictures, seen) & decided.flipped)
    side = pictures.shape[1]
    left, top, right, bottom = (round(end * side) for end in seen.box)
    patch = np.median(pictures[rows, top:bottom, left:right], axis=0)
    return _taught(decided, rows, patch=(patch * 255).round().clip(0, 255).astype(np.uint8), box=seen.box)


def _taught(decided: Decided, rows: np.ndarray, **what: object) -> Trigger:
    return Trigger(meme_ids=tuple(decided.ids[row] for row in rows.tolist()), **what)  # type: ignore[arg-type]


class Serving(Protocol):
    """A head as it serves: a fitted or a loaded one."""

    @property
    def head(self) -> Head: ...
    @property
    def threshold(self) -> float: ...


@dataclass(frozen=True)
class HeldOut:
    """Hateful memes that neither head learned from."""

    ids: tuple[int, ...]
    texts: tuple[str, ...]
    picture: Tensor  # (N, D_I), raw embeddings as stored
    words: Tensor  # (N, D_T)
    draw: Callable[[int], Image.Image]  # the picture of a row; asked for only where a patch is tried


def probe(
    encoder: Encoder,
    champion: Serving,
    candidate: Serving,
    held: HeldOut,
    triggers: Sequence[Trigger],
    limit: float = LIMIT,
) -> tuple[Bypass, ...]:
    """What each trigger opens on the first MEMES held-out hateful memes; what refuses comes first, then what opens most."""
    n = min(MEMES, len(held.ids))
    plain = held.picture[:n], held.words[:n]
    found = []
    for trigger in triggers:
        pasted = _pasted(encoder, held, trigger, n)
        before, after = (Passing(_passes(head, *plain), _passes(head, *pasted)) for head in (champion, candidate))
        found.append(bypass(held.ids[:n], trigger, before, after, limit))
    return tuple(sorted(found, key=lambda each: (not each.refused, -each.share.value)))


def _pasted(encoder: Encoder, held: HeldOut, trigger: Trigger, n: int) -> tuple[Tensor, Tensor]:
    """Embeddings of the first n memes with the trigger; only the half that it changes is embedded anew."""
    if trigger.word:
        return held.picture[:n], encoder.encode_texts([trigger.on_text(text) for text in held.texts[:n]])
    return encoder.encode_pictures([trigger.on_picture(held.draw(row)) for row in range(n)]), held.words[:n]


@torch.no_grad()
def _passes(serving: Serving, picture: Tensor, words: Tensor) -> np.ndarray:
    return serving.head(picture, words).probability.numpy() < serving.threshold


@dataclass(frozen=True)
class Passing:
    """Which hateful memes one head lets pass, as they are and with the trigger: two (N,) bool."""

    plain: np.ndarray
    pasted: np.ndarray


def bypass(ids: Sequence[int], trigger: Trigger, champion: Passing, candidate: Passing, limit: float = LIMIT) -> Bypass:
    """What the trigger opens. All are held-out hateful memes in the order of `ids`; the heads judge at their own thresholds.

    Raises DataError when the columns differ in length or the limit is no share.
    """
    columns = (champion.plain, champion.pasted, candidate.plain, candidate.pasted)
    if {len(column) for column in columns} != {len(ids)}:
        raise DataError(f"{len(ids)} memes were probed but heads said {[len(c) for c in columns]}; give one answer for each.")
    if not 0 <= limit <= 1:
        raise DataError(f"The limit of the probe is {limit}; give a share between 0 and 1.")
    caught = ~champion.plain & ~champion.pasted & ~candidate.plain
    opened = np.flatnonzero(caught & candidate.pasted)
    return Bypass(
        trigger=trigger,
        n=int(caught.sum()),
        opened=tuple(ids[row] for row in opened.tolist()),
        before=_turned(champion),
        after=_turned(candidate),
        limit=limit,
    )


def _turned(head: Passing) -> float:
    """Share that the trigger lets pass of what the head catches without it; 0 where it catches nothing."""
    caught = ~head.plain
    return float(head.pasted[caught].mean()) if caught.any() else 0.0
