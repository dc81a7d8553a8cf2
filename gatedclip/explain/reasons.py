"""A person's own reasons against the model's: does it look where they look, read what they read, and lean on the same half?

Pure functions on plain values, without torch. Everything is compared by strength: the sign of a signed map does not matter here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gatedclip.types import Attribution, Marks, ModalityShares, Rationale, Reasons, Region

TINY = 1e-12  # of a sum that may be zero
ROUNDING = 1e-9  # what is marked whole gets exactly its share, but for rounding


def compare(marks: Marks, words: Sequence[str], found: Attribution, shares: ModalityShares, agrees: bool) -> Reasons:
    """A person's marks on a meme with these words against the model's map and its split of the margin.

    `agrees` says whether the model's verdict is the person's label. Where CLIP reads other words than a person, words are not
    compared. *Neither* is not either: in a split one part always leads.
    """
    place = _Laid.of(found, marks.regions) if marks.regions else None
    read = _Read.of(found, marks.words) if marks.words and len(words) == len(found.words) else None
    modality = decided_by(shares)
    comparable = marks.rationale not in (None, Rationale.NEITHER)
    reasons = Reasons(
        iou=place.iou if place else None,
        energy=place.energy if place else None,
        area=place.marked_area if place else None,
        precision=read.precision if read else None,
        recall=read.recall if read else None,
        word_energy=read.energy if read else None,
        word_share=read.share if read else None,
        top_words=tuple(words[at] for at in read.top) if read else (),
        modality=modality,
        same_modality=marks.rationale is modality if comparable else None,
        agrees=agrees,
        wrong_reason=False,
    )
    return replace(reasons, wrong_reason=agrees and any(missed(reasons)))


class Missed(NamedTuple):
    """Which of the marked reasons are not the model's."""

    place: bool
    words: bool
    half: bool


def missed(reasons: Reasons) -> Missed:
    """The model's reason is another where it goes by another half, or gives what was marked less than its size alone would get.

    Less, then, than a map that knows nothing gives, which a right map rarely does (numbers in docs/explanations.md). IoU and
    F1 are shown but decide nothing: they are low for many right maps too, because a map is coarse and a sentence says its meaning
    more than once.
    """
    return Missed(
        place=_less(reasons.energy, reasons.area),
        words=_less(reasons.word_energy, reasons.word_share),
        half=reasons.same_modality is False,
    )


def _less(energy: float | None, chance: float | None) -> bool:
    return energy is not None and chance is not None and energy < chance - ROUNDING


def decided_by(shares: ModalityShares) -> Rationale:
    """Which half decides: the largest of what the picture brings alone, the words alone, and only both together."""
    parts = {
        Rationale.PICTURE: shares.picture_alone,
        Rationale.WORDS: shares.words_alone,
        Rationale.TOGETHER: shares.interaction,
    }
    return max(parts, key=lambda part: abs(parts[part]))


def energy(found: Attribution, regions: Sequence[Region]) -> float:
    """Share of the map's strength on the picture that lies inside the regions together, 0..1; patches on edges count in part."""
    return _Laid.of(found, regions).energy


class _Laid(NamedTuple):
    """Map and regions on one mesh of rectangles, each within one patch (or none) and wholly in or out of the regions."""

    density: np.ndarray  # (Y, X) strength per area
    area: np.ndarray  # (Y, X) as fractions of the picture
    marked: np.ndarray  # (Y, X) bool

    @classmethod
    def of(cls, found: Attribution, regions: Sequence[Region]) -> _Laid:
        left, top, right, bottom = found.frame
        x, widths, column = _mesh(left, right, len(found.patches), [edge for r in regions for edge in (r[0], r[2])])
        y, heights, row = _mesh(top, bottom, len(found.patches), [edge for r in regions for edge in (r[1], r[3])])
        seen = np.outer(row >= 0, column >= 0)  # False where CLIP never looked
        strength = np.abs(found.patches.astype(float))[row][:, column]
        marked = np.zeros_like(seen)
        for r in regions:
            marked |= np.outer((r[1] < y) & (y < r[3]), (r[0] < x) & (x < r[2]))
        return cls(np.where(seen, strength, 0.0), np.outer(heights, widths), marked)

    @property
    def marked_area(self) -> float:
        return float(self.area[self.marked].sum())

    @property
    def energy(self) -> float:
        strength = self.density * self.area
        return float(strength[self.marked].sum() / max(strength.sum(), TINY))

    @property
    def iou(self) -> float:
        """Of the marked area and the hottest area of that size; of places equally hot, all count in the part that is left."""
        wanted, shared = self.marked_area, 0.0
        left = wanted
        for level in np.unique(self.density)[::-1]:
            at = self.density == level
            part = min(1.0, left / float(self.area[at].sum()))
            shared += part * float(self.area[at & self.marked].sum())
            left -= part * float(self.area[at].sum())
        return shared / max(2 * wanted - shared, TINY)


def _mesh(start: float, stop: float, n: int, edges: Sequence[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Middles and lengths of the steps between all edges on 0..1, and the patch of n that each lies in; -1 beyond them."""
    patches = np.linspace(start, stop, n + 1)
    cuts = np.unique(np.clip([0.0, 1.0, *patches, *edges], 0, 1))
    middles = (cuts[1:] + cuts[:-1]) / 2
    patch = np.searchsorted(patches, middles) - 1
    return middles, np.diff(cuts), np.where(patch < n, patch, -1)


class _Read(NamedTuple):
    """The marked words beside the model's strongest, as many."""

    top: tuple[int, ...]  # positions, strongest first; words that do not count at all are left out
    precision: float
    recall: float
    energy: float
    share: float

    @classmethod
    def of(cls, found: Attribution, marked: Sequence[int]) -> _Read:
        strength = np.abs([word.value for word in found.words])
        top = tuple(int(at) for at in np.argsort(-strength, kind="stable")[: len(marked)] if strength[at])
        hits = len(set(top) & set(marked))
        held = float(strength[list(marked)].sum() / max(strength.sum(), TINY))
        return cls(top, hits / max(len(top), 1), hits / len(marked), held, len(marked) / len(strength))


# --- in words -----------------------------------------------------------------------------------------------------

DECIDES = {
    Rationale.PICTURE: "the picture alone decides",
    Rationale.WORDS: "the words alone decide",
    Rationale.TOGETHER: "only both together decide",
    Rationale.NEITHER: "neither decides",
}
_DOES = {
    Rationale.PICTURE: "the picture alone does",
    Rationale.WORDS: "the words alone do",
    Rationale.TOGETHER: "only both together do",
}
_LEADS = {Rationale.PICTURE: "the picture", Rationale.WORDS: "the words", Rationale.TOGETHER: "both together"}


def say_reasons(marks: Marks, reasons: Reasons) -> list[str]:
    """The comparison in sentences, the verdict first. Plain text that quotes the meme's own words."""
    return [
        sentence for sentence in (_verdict(reasons), _place(reasons), _words(marks, reasons), _half(marks, reasons)) if sentence
    ]


def _verdict(reasons: Reasons) -> str:
    if not reasons.wrong_reason:
        return "The model agrees." if reasons.agrees else "The model disagrees."
    ways = ("looks elsewhere", "weighs other words", "goes by another half")
    said = _listed([way for way, is_missed in zip(ways, missed(reasons), strict=True) if is_missed])
    return f"Right for the wrong reason: the model agrees, but it {said}."


def _place(reasons: Reasons) -> str:
    if reasons.energy is None:
        return ""
    return (
        f"Place: {reasons.energy:.0%} of the model's map lies in the marked area, which is {reasons.area:.0%} of the picture "
        f"(IoU {reasons.iou:.2f})."
    )


def _words(marks: Marks, reasons: Reasons) -> str:
    if not marks.words:
        return ""
    if reasons.recall is None:
        return "Words: CLIP splits these words in its own way, so the marked ones cannot be compared."
    n, hits, top = len(marks.words), round(reasons.recall * len(marks.words)), [f"“{word}”" for word in reasons.top_words]
    marked = f"{hits} of {n} marked words" if n > 1 else f"the marked word is{'' if hits else ' not'}"
    verb = "" if n == 1 else " is" if hits == 1 else " are"
    strongest = f"the model's {f'{len(top)} ' if len(top) > 1 else ''}strongest, {_listed(top)}"
    found = f"{marked}{verb} among {strongest}" if top else "no word counts"
    return f"Words: {found} (F1 {reasons.f1:.2f}). Weight on the marked: {reasons.word_energy:.0%}."


def _half(marks: Marks, reasons: Reasons) -> str:
    if marks.rationale is None:
        return ""
    marked = DECIDES[marks.rationale]
    if reasons.same_modality is None:
        return f"Half: marked was that {marked}. In the model's split one part always leads: {_LEADS[reasons.modality]}, here."
    if reasons.same_modality:
        return f"Half: {marked}, as marked and for the model."
    return f"Half: marked was that {marked}; for the model, {_DOES[reasons.modality]}."


def _listed(things: list[str]) -> str:
    return " and ".join([", ".join(things[:-1]), *things[-1:]]) if len(things) > 1 else "".join(things)
