"""Gold from the draw to the seal: memes that judge heads, taken from the queue at random and never learned from.

While a draw is open its memes wait in the queue like any other, ask for two people, and are kept out of every lesson.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from gatedclip import curriculum
from gatedclip.errors import DataError
from gatedclip.learn import gold
from gatedclip.learn.gold import KNOWN, Entry, Manifest, Nominee, Standing, content
from gatedclip.store.memes import MemeColumns, MemeFilter
from gatedclip.store.store import Store
from gatedclip.types import Decision, Frozen, Split, Status


@dataclass(frozen=True, slots=True)
class Freezing:
    """What came of a draw."""

    gold: Frozen
    reserve: Frozen | None  # the new sealed set; None where none was asked for
    unfit: dict[int, str]  # drawn memes that may not judge heads, and why; they are in the queue like any other again


def draw(store: Store, n: int, seed: int) -> list[int]:
    """Draws `n` of the waiting memes at random, in addition to those drawn and not frozen yet; each now asks for two people."""
    if n < 1:
        raise DataError(f"{n} memes were asked for; draw at least one.")
    waiting = MemeFilter(split=Split.QUEUE, status=Status.WAITING)
    fresh = {meme.id for meme in store.memes.find(waiting, store.memes.count(waiting))} - set(drawn(store))
    ids = gold.sample(fresh, n, seed)
    store.memes.ask(ids, 2)
    store.settings.put(curriculum.DRAWN, sorted({*drawn(store), *ids}))
    return ids


def drawn(store: Store) -> list[int]:
    """The memes of the open draw."""
    return list(store.settings.get(curriculum.DRAWN, []))


def standing(store: Store) -> Standing:
    """How far the memes of the open draw are."""
    return gold.standing(_nominees(store))


def give_back(store: Store) -> int:
    """Ends the open draw, nothing frozen: how many memes are in the queue like any other again. They still ask two people."""
    n = len(drawn(store))
    if not n:
        raise DataError("No draw is open, so there is nothing to give back.")
    store.settings.put(curriculum.DRAWN, [])
    return n


def freeze(store: Store, sealed: float, by: str, learned: Collection[int] = ()) -> Freezing:
    """Closes the draw: what two people judged joins the gold or, by the share `sealed`, a new reserve; the rest goes back.

    `learned` are ids that some stored head has learned from; they and their relatives judge nobody. A new reserve has none of
    the old one's memes, which have been looked at. DataError when there would be no gold at all.
    """
    found, unfit = gold.freeze(_nominees(store), *_taught(store, set(learned)))
    work, seal = gold.part(found, sealed)
    work = Manifest.of({*work.entries, *_standing(store)})
    if not work.entries:
        why = next(iter(unfit.values()), "None was drawn.")
        raise DataError(f"No meme is fit to be gold. {why} Draw some and have each judged by two people.")
    frozen = store.gold.freeze("gold", work.sha256, _plain(work), Split.GOLD, by)
    reserve = store.gold.freeze("reserve", seal.sha256, _plain(seal), Split.RESERVE, by) if seal.entries else None
    store.settings.put(curriculum.DRAWN, [])
    return Freezing(frozen, reserve, unfit)


def _nominees(store: Store) -> list[Nominee]:
    ids = drawn(store)
    if not ids:
        return []
    answers: dict[int, list[Decision]] = defaultdict(list)
    for decision in store.decisions.answers():
        answers[decision.meme_id].append(decision)
    memes = [meme for meme in store.memes.many(ids) if meme.split is Split.QUEUE]
    return [Nominee(m.id, content(m.picture, m.text), m.family, tuple(answers[m.id])) for m in memes]


def _taught(store: Store, learned: set[int]) -> tuple[set[str], set[str]]:
    """Contents and families that heads learn from."""
    memes, open_draw = store.memes.all_keys(), set(drawn(store))
    each = enumerate(zip(memes.ids.tolist(), memes.splits, memes.labels, strict=True))
    rows = [n for n, (i, split, label) in each if i in learned or split is Split.TRAIN or (label and i not in open_draw)]
    some = memes.take(rows)
    return {content(p, t) for p, t in zip(some.pictures, some.texts, strict=True)}, set(some.families) - {""}


def _standing(store: Store) -> list[Entry]:
    """What was gold before and is still what it was."""
    before = store.gold.newest("gold")
    now = {entry.meme_id: entry for entry in entries(store.memes.all_keys(Split.GOLD))}
    kept = Manifest.from_plain(before.entries).entries if before else ()
    return [entry for entry in kept if now.get(entry.meme_id) == entry]


def _plain(manifest: Manifest) -> list[tuple[int, str, str]]:
    return [(e.meme_id, e.label.value, e.content) for e in manifest.entries]


def entries(memes: MemeColumns) -> list[Entry]:
    """Memes as a manifest has them, by the label they came with."""
    each = zip(memes.ids.tolist(), memes.given, memes.pictures, memes.texts, strict=True)
    return [Entry(i, given, content(picture, text)) for i, given, picture, text in each if given in KNOWN]
