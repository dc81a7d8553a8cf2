"""The audit before training: what is wrong with the memes about to be learned from, while it can still be put right.

Each check is one rule on plain values and answers with findings. Sentences name memes by number and people by name; they hold no
text of a meme but for a word that may be a trigger.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from gatedclip.errors import DataError
from gatedclip.types import Label

if TYPE_CHECKING:
    from gatedclip.learn.suspicion import Finding as Suspicion

Severity = Literal["refuse", "warn", "note"]
Kind = Literal[
    "gold", "conflicting duplicates", "suspected error", "one voice", "balance", "poison",
    "words", "picture", "reviewer", "contradiction", "squeezing",
]  # fmt: skip
DETECTED: tuple[Kind, ...] = ("words", "picture", "reviewer", "contradiction", "squeezing")
"""What may be poison: the detectors of `learn.suspicion`."""

ORDER: tuple[Severity, ...] = ("refuse", "warn", "note")

HALF = 0.5
"""Largest share of the decisions that one person may have: with more, all others together cannot outvote a mistake of theirs."""

RARE = 0.1
"""Smallest share of the rarer label: below it, a head that never says that label is right nine times in ten."""

LEAST = 20
"""Fewer decisions, or memes of a slice, than these say nothing about a share."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found, as a page shows it."""

    kind: Kind
    severity: Severity  # refuse: nothing may be trained; warn: look first; note: good to know
    sentence: str
    meme_ids: tuple[int, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)  # what the sentence says, by name
    reviewer: str = ""  # "" where it is about no one person
    word: str = ""  # that goes with it
    box: tuple[float, float, float, float] | None = None  # the place in all its pictures: left, top, right, bottom, 0..1


@dataclass(frozen=True)
class Material:
    """Memes as their likeness is judged, column by column."""

    ids: tuple[int, ...]
    pictures: tuple[str, ...]  # keys
    words: tuple[str, ...]  # fingerprints of the texts; "" holds no letter or digit
    families: tuple[str, ...]  # "" = alone


# --- what may not be ------------------------------------------------------------------------------------------------


def gold_in_training(taught: Material, gold: Material) -> list[Finding]:
    """Refuses memes of known label, or relatives of theirs, among those to be learned from.

    A relative shares the picture, the words or the family. People and heads are measured on gold, which says nothing about a head
    that has learned it.
    """
    ids, pictures = set(gold.ids), set(gold.pictures)
    words, families = set(gold.words) - {""}, set(gold.families) - {""}
    rows = zip(taught.ids, taught.pictures, taught.words, taught.families, strict=True)
    kin = tuple(dict.fromkeys(i for i, p, w, family in rows if i in ids or p in pictures or w in words or family in families))
    if not kin:
        return []
    sentence = (
        f"{_count(len(kin), 'meme')} to be learned from {_are(len(kin))} gold or of a gold meme's family: {_name(kin)}. "
        "Nothing is trained, because gold could no longer measure anything. Reopen these memes so that nothing is learned from "
        "them, or hide other memes as gold."
    )
    return [Finding("gold", "refuse", sentence, kin, {"memes": len(kin)})]


def require_none_refused(findings: Iterable[Finding]) -> None:
    """Raises DataError with the sentences of what is refused."""
    if refused := [finding.sentence for finding in findings if finding.severity == "refuse"]:
        raise DataError(" ".join(refused))


# --- labels that contradict ---------------------------------------------------------------------------------------


def conflicting_duplicates(taught: Material, hateful: np.ndarray) -> list[Finding]:
    """Warns of memes with the same picture and the same words that stand with different labels; `hateful` (N,) are targets.

    One finding for each such group. A soft target contradicts nobody.
    """
    same: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    for i, picture, words, target in zip(taught.ids, taught.pictures, taught.words, hateful.tolist(), strict=True):
        same[picture, words][i] = target
    return [_contradiction(group) for group in same.values() if {0.0, 1.0} <= set(group.values())]


def _contradiction(group: dict[int, float]) -> Finding:
    mean, kind = (tuple(i for i, target in group.items() if target == side) for side in (1.0, 0.0))
    sentence = (
        f"The same picture with the same words stands as hateful in {_name(mean)} and as benign in {_name(kind)}. "
        "A head can only learn that it does not matter; decide which is right."
    )
    return Finding("conflicting duplicates", "warn", sentence, tuple(group), {"hateful": len(mean), "benign": len(kind)})


def suspected_errors(ids: Sequence[int], hateful: np.ndarray, probability: np.ndarray, base: int) -> list[Finding]:
    """Labels that confident learning takes for errors, the least likely first; one finding for each.

    `hateful` (N,) are targets, `probability` (N,) out of fold, the first `base` rows the base set. A label is suspect when the
    other one is more probable than it is on average among memes that have it (Northcutt, Jiang and Chuang 2021; cleanlab).
    Honest corrections surprise a head too, so a suspicion is a reason to look and never to drop a meme. Soft targets are not
    asked about.
    """
    from cleanlab.filter import find_label_issues

    rows = np.flatnonzero((hateful == 0) | (hateful == 1))
    labels, both = hateful[rows].astype(int), np.stack([1 - probability[rows], probability[rows]], axis=1)
    if len(set(labels.tolist())) < 2:
        return []
    found = find_label_issues(labels, both, filter_by="confident_learning", return_indices_ranked_by="self_confidence", n_jobs=1)
    return [_suspect(ids[rows[n]], int(labels[n]), float(both[n, 1]), rows[n] >= base) for n in found]


def _suspect(meme_id: int, hateful: int, probability: float, decided: bool) -> Finding:
    label = Label.HATEFUL if hateful else Label.BENIGN
    sentence = (
        f"Meme {meme_id} stands as {label.value}, but heads that learned from other memes only take it for hateful with "
        f"probability {probability:.2f}. Look at it again; they may be the ones who are wrong."
    )
    numbers = {"probability": probability, "hateful": hateful, "decided": float(decided)}
    return Finding("suspected error", "warn" if decided else "note", sentence, (meme_id,), numbers)


# --- what looks like poison ---------------------------------------------------------------------------------------


def suspected_poison(found: Iterable[Suspicion]) -> list[Finding]:
    """What the detectors of `learn.suspicion` say, as warnings: each is a question to a person and drops no meme by itself."""
    return [_poison(each) for each in found]


def _poison(found: Suspicion) -> Finding:
    sentence = f"{found.sentence} Look again at {_name(found.meme_ids)}."
    numbers = {"p": found.p, "bound": found.bound}
    return Finding(found.detector, "warn", sentence, found.meme_ids, numbers, found.reviewer, found.word, found.box)


# --- whose, and of what ---------------------------------------------------------------------------------------------


def one_voice(reviewers: Sequence[str]) -> list[Finding]:
    """Warns when one person gave more than HALF of LEAST decisions or more; `reviewers` names whoever gave each."""
    if len(reviewers) < LEAST:
        return []
    name, theirs = Counter(reviewers).most_common(1)[0]
    share = theirs / len(reviewers)
    if share <= HALF:
        return []
    sentence = (
        f"{name} gave {theirs:,} of {len(reviewers):,} decisions ({share:.0%}). With more than {HALF:.0%} all others together "
        "cannot outvote a mistake of theirs, so the head learns one person's view. Have others review some of these memes."
    )
    return [
        Finding("one voice", "warn", sentence, (), {"decisions": theirs, "of": len(reviewers), "share": share, "bound": HALF})
    ]


def balance(hateful: np.ndarray, slices: Mapping[str, np.ndarray]) -> list[Finding]:
    """Notes how many memes are hateful; warns where either label is RARE in all of them or in a slice of LEAST memes or more.

    `hateful` (N,) are targets; each slice is a boolean mask (N,).
    """
    whole = _balance("All memes to be learned from", hateful, "A head that never says the rarer label would be right as often.")
    why = "A head can take the slice itself for the label. Add memes with the other label."
    parts = [_balance(f"The slice {name!r}", hateful[mask], why) for name, mask in slices.items() if mask.sum() >= LEAST]
    return [whole, *(part for part in parts if part.severity == "warn")] if len(hateful) else []


def _balance(what: str, hateful: np.ndarray, why: str) -> Finding:
    share = float(hateful.mean()) if len(hateful) else 0.0
    rare = min(share, 1 - share) < RARE
    sentence = f"{what}: {share:.0%} of {len(hateful):,} hateful." + (f" {why}" if rare else "")
    return Finding("balance", "warn" if rare else "note", sentence, (), {"hateful": share, "memes": len(hateful), "bound": RARE})


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What is refused first, then warnings, then notes; otherwise as they came."""
    return tuple(sorted(findings, key=lambda finding: ORDER.index(finding.severity)))


def _name(ids: Sequence[int], most: int = 10) -> str:
    """Memes by number, the first few of many."""
    named = ", ".join(str(i) for i in ids[:most])
    more = f" and {len(ids) - most:,} more" if len(ids) > most else ""
    return f"{'meme' if len(ids) == 1 else 'memes'} {named}{more}"


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _are(n: int) -> str:
    return "is" if n == 1 else "are"
