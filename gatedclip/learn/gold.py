"""Memes to judge heads on: who may be among them, and a manifest that shows when one of them was changed.

Gold is drawn at random from what waits, answered by two people who see neither the model's view nor each other's answer, and
settled by a lead where they differ. Part of it is sealed as a reserve: nobody is shown it, no head is chosen by it, and every
measurement on it is counted, because each look lets a choice fit it a little.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gatedclip.errors import DataError
from gatedclip.types import Decision, Label

KNOWN = (Label.HATEFUL, Label.BENIGN)


@dataclass(frozen=True, slots=True)
class Entry:
    """One meme of a manifest."""

    meme_id: int
    label: Label
    content: str  # hash of picture and words


@dataclass(frozen=True, slots=True)
class Manifest:
    """Frozen memes with their labels, by id."""

    entries: tuple[Entry, ...]

    @property
    def sha256(self) -> str:
        """Identifies the memes, their labels and what they show."""
        lines = (f"{e.meme_id} {e.label.value} {e.content}" for e in self.entries)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Manifest:
        return cls(tuple(sorted(entries, key=lambda entry: entry.meme_id)))

    @classmethod
    def from_plain(cls, rows: Iterable[Sequence[object]]) -> Manifest:
        return cls.of(Entry(int(str(i)), Label(str(label)), str(content)) for i, label, content in rows)


@dataclass(frozen=True, slots=True)
class Nominee:
    """A drawn meme with everything people stand by about it."""

    meme_id: int
    content: str
    family: str  # "" = alone
    answers: tuple[Decision, ...]  # oldest first


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the memes of a draw are."""

    settled: int  # two people judged them on their own, and a label stands
    open: int  # two did, and a lead has yet to settle it
    waiting: int  # fewer than two did

    @property
    def drawn(self) -> int:
        return self.settled + self.open + self.waiting

    @property
    def answered(self) -> int:
        """Those that two people judged on their own."""
        return self.settled + self.open


def content(picture: str, text: str) -> str:
    """Hash of what a meme shows: its picture's key, which is itself a hash of the file, and its words."""
    return hashlib.sha256(f"{picture}\n{text}".encode()).hexdigest()


def sample(ids: Collection[int], n: int, seed: int) -> list[int]:
    """`n` of the memes drawn at random, each as likely as any other; all of them where there are fewer."""
    rows = sorted(ids)
    return sorted(np.random.default_rng(seed).choice(rows, min(n, len(rows)), replace=False).tolist()) if rows else []


def agreed(nominee: Nominee) -> Label:
    """The label of a meme that two people judged on their own, a lead's where they differ.

    Raises DataError with the reason where that did not happen.
    """
    blind = _blind(nominee)
    name = f"Meme {nominee.meme_id}"
    if len(blind) < 2:
        raise DataError(
            f"{name} has {len(blind)} of 2 answers given without the model's view and not in a group. Have it answered by others."
        )
    said = {answer.label for answer in blind.values()}
    settled = [a.label for a in nominee.answers if a.adjudicates]
    label = settled[-1] if settled else said.pop() if len(said) == 1 else None
    if label not in KNOWN:
        raise DataError(f"{name} is not settled: people said {_counts(blind.values())}. A lead decides it.")
    return label  # type: ignore[return-value]


def _blind(nominee: Nominee) -> dict[str, Decision]:
    """Each person's last answer that was given without the model's view and not in a group."""
    return {a.reviewer: a for a in nominee.answers if not (a.adjudicates or a.assisted or a.bulk)}


def standing(nominees: Iterable[Nominee]) -> Standing:
    """How far drawn memes are."""
    counts = Counter(map(_how_far, nominees))
    return Standing(counts["settled"], counts["open"], counts["waiting"])


def _how_far(nominee: Nominee) -> str:
    if len(_blind(nominee)) < 2:
        return "waiting"
    try:
        agreed(nominee)
    except DataError:
        return "open"
    return "settled"


def freeze(nominees: Iterable[Nominee], taught: Collection[str], families: Collection[str]) -> tuple[Manifest, dict[int, str]]:
    """The manifest of the nominees that may judge heads, and why each other one may not, by id.

    `taught` are contents and `families` names of families that heads learn from: a relative of those would flatter them.
    """
    entries: list[Entry] = []
    unfit: dict[int, str] = {}
    for nominee in nominees:
        try:
            _require_apart(nominee, taught, families)
            entries.append(Entry(nominee.meme_id, agreed(nominee), nominee.content))
        except DataError as why:
            unfit[nominee.meme_id] = str(why)
    return Manifest.of(entries), unfit


def _require_apart(nominee: Nominee, taught: Collection[str], families: Collection[str]) -> None:
    if nominee.content in taught or (nominee.family and nominee.family in families):
        raise DataError(f"Meme {nominee.meme_id} is of a family that heads learn from. Leave it in the queue.")


def part(manifest: Manifest, share: float) -> tuple[Manifest, Manifest]:
    """The manifest in two: to be worked with, and the `share` to be sealed; drawn by each meme's content, so always the same."""
    if not 0 <= share <= 1:
        raise DataError(f"The sealed share is {share}; give one between 0 and 1.")
    sealed = [
        e for e in manifest.entries if int(hashlib.sha256(f"sealed {e.content}".encode()).hexdigest()[:8], 16) / 2**32 < share
    ]
    return Manifest.of(e for e in manifest.entries if e not in sealed), Manifest.of(sealed)


def require_unchanged(manifest: Manifest, now: Mapping[int, Entry]) -> None:
    """Refuses to measure on a manifest whose memes are no longer what was frozen; DataError names them."""
    gone = [e.meme_id for e in manifest.entries if e.meme_id not in now]
    other = [e.meme_id for e in manifest.entries if e.meme_id in now and now[e.meme_id] != e]
    if gone or other:
        raise DataError(
            f"The frozen memes are not what they were: {len(gone)} are gone ({gone[:5]}) and {len(other)} have another label or "
            f"content ({other[:5]}) of {len(manifest.entries)}. Freeze them anew, which starts new comparisons."
        )


def _counts(answers: Iterable[Decision]) -> str:
    said = [answer.label.value if answer.label else "nothing" for answer in answers]
    return ", ".join(f"{said.count(word)} {word}" for word in dict.fromkeys(said))
