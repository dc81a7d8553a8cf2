"""Which memes show the same picture: each picture is looked at once, and its memes join one family."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from gatedclip.data import images, likeness
from gatedclip.data.likeness import Relation
from gatedclip.store.decisions import DecisionFilter
from gatedclip.store.pictures import Pictures
from gatedclip.store.store import Store
from gatedclip.types import Action, Decision, Likeness, Meme, Progress, Status
from gatedclip.world import memes as world

COPIES = (Relation.EXACT, Relation.DUPLICATE)
BATCH = 50  # likenesses stored at once: a stop loses no more


class Kinship:
    """The likenesses of all pictures, as they were when first asked for and with those met since."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, Likeness] | None = None
        self._new: dict[str, Likeness] = {}

    @property
    def known(self) -> dict[str, Likeness]:
        if self._known is None:
            self._known = self._store.likenesses.all()
        return self._known

    def meet(self, picture: str, jpeg: bytes, find: Callable[[bytes], np.ndarray] = likeness.boxes) -> None:
        """Looks at a picture that was never seen: 0.2 s for finding its writing, unless `find` knows where it is."""
        if picture not in self.known:
            self.known[picture] = self._new[picture] = likeness.likeness_of(jpeg, find)

    def remember(self) -> None:
        """Stores the likenesses of the pictures met since."""
        self._store.likenesses.put(self._new)
        self._new.clear()

    def clusters(self, pictures: Sequence[str]) -> list[str]:
        """For each picture met or known one of those it looks like, the same for all that look alike over any number of steps."""
        keys = list(dict.fromkeys(pictures))
        numbers = likeness.clusters([self.known[key] for key in keys])
        first: dict[int, str] = {}
        name = {key: first.setdefault(number, key) for key, number in zip(keys, numbers, strict=True)}
        return [name[picture] for picture in pictures]

    def welcome(self, ids: Sequence[int]) -> list[int]:
        """Joins new memes to the families of what they look like; the ids of those that repeat an earlier meme's words too."""
        self.remember()
        memes = self._store.memes.many(ids)
        like = self._like([meme.picture for meme in memes])
        shown = self._store.memes.by_picture({key for keys in like.values() for key in keys})
        groups, copies = [], []
        for meme in memes:
            kin = [other for key in like[meme.picture] for other in shown[key]] if like[meme.picture] else []
            groups.append([other.id for other in kin])
            if any(other.id < meme.id and likeness.same_words(other.text, meme.text) for other in kin):
                copies.append(meme.id)
        self._store.memes.join_families([group for group in groups if len(group) > 1])
        return copies

    def _like(self, pictures: Sequence[str]) -> dict[str, set[str]]:
        """For each picture those that look like it and that some meme may show, itself included."""
        keys, gallery = list(dict.fromkeys(pictures)), list(self.known)
        found = likeness.near([self.known[key] for key in keys], list(self.known.values()))
        return {key: {key, *(gallery[n] for n in near)} for key, near in zip(keys, found, strict=True)}


def copies_of(store: Store, meme: Meme) -> list[tuple[Meme, Decision | None]]:
    """Earlier memes with the same picture and the same words, oldest first, each with the decision that stands."""
    earlier = [other for other in store.memes.kin(meme) if other.id < meme.id]
    looks = store.likenesses.get([meme.picture, *(other.picture for other in earlier)])

    def what(other: Meme) -> Relation:
        ours, theirs = looks.get(meme.picture), looks.get(other.picture)
        alike = ours is not None and theirs is not None and next(likeness.near([ours], [theirs])) == [0]
        return likeness.relation(meme.picture == other.picture, alike, meme.text, other.text)

    return [(other, _standing(store, other)) for other in earlier if what(other) in COPIES]


def _standing(store: Store, meme: Meme) -> Decision | None:
    if meme.status is not Status.DECIDED:
        return None
    events = store.decisions.list(DecisionFilter(meme_id=meme.id, action=Action.DECIDE), None)
    return next((event for event in events if not event.undone), None)


def hash_pictures(store: Store, pictures: Pictures, progress: Progress) -> int:
    """Looks at every picture that was not yet, then joins what looks alike; how many pictures were looked at.

    A third of a second a picture. Stopped halfway, it goes on from there the next time.
    """
    kinship, columns = Kinship(store), store.memes.all_keys()
    wanted = [picture for picture in dict.fromkeys(columns.pictures) if picture not in kinship.known]
    for n, picture in enumerate(wanted):
        progress(n / len(wanted), f"Looking at picture {n + 1:,} of {len(wanted):,}")
        kinship.meet(picture, _full(pictures, picture))
        if n % BATCH == BATCH - 1:
            kinship.remember()
    kinship.remember()
    groups: dict[str, list[int]] = defaultdict(list)
    for meme_id, cluster in zip(columns.ids.tolist(), kinship.clusters(columns.pictures), strict=True):
        groups[cluster].append(meme_id)
    store.memes.join_families([group for group in groups.values() if len(group) > 1])
    progress(1.0, "Done")
    return len(wanted)


def _full(pictures: Pictures, key: str) -> bytes:
    """A picture's bytes; MemeWorld's are drawn and not kept, for most of them nobody will ever look at."""
    if key.startswith("world-") and not pictures.has(key, "full"):
        return images.to_jpeg(world.at(key).draw())
    return pictures.get(key, "full")
