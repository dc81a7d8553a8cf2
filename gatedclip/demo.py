"""The demo: MemeWorld's base set, a queue with something to teach, and the head that ships, put into an empty workbench."""

from __future__ import annotations

import os
import shutil
import threading
import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gatedclip.config import ASSETS
from gatedclip.data.text import text_key
from gatedclip.errors import ConfigError, DataError
from gatedclip.store.memes import MemeFilter
from gatedclip.types import WORLD, Label, NewMeme, Progress, Split
from gatedclip.workbench import Workbench, silent

if TYPE_CHECKING:
    from gatedclip.world.base import BaseSet
    from gatedclip.world.memes import WorldMeme

HEAD = ASSETS / "head"
BY = "the project"
_SEEDED = "demo"  # setting that says the demo is in

_seeding = threading.Lock()


def wanted(workbench: Workbench) -> bool:
    """Whether the demo belongs in here and is not wholly in: the CLIP is the demo's, and nothing else was ever brought."""
    empty = set(workbench.store.memes.sources()) <= {WORLD}  # or an earlier seeding was cut short
    return _fits(workbench) and empty and not workbench.store.settings.get(_SEEDED)


def _fits(workbench: Workbench) -> bool:
    return workbench.demo and workbench.settings.resize == "squash"


def seed(workbench: Workbench, progress: Progress = silent) -> None:
    """Puts the demo in: 90 memes to review, the base set with its vectors, and the shipped head serving. Twice changes nothing.

    Raises ConfigError when another CLIP is in use, because the small one's vectors would be of no use to it.
    """
    if not _fits(workbench):
        raise ConfigError(
            f"The demo needs GATEDCLIP_BACKBONE demo and GATEDCLIP_RESIZE squash; they are {workbench.settings.backbone} and "
            f"{workbench.settings.resize}. Set them, with a GATEDCLIP_HOME of its own."
        )
    with _seeding:
        if wanted(workbench):
            _seed(workbench, progress)


def _seed(workbench: Workbench, progress: Progress) -> None:
    from gatedclip.world import base

    progress(0.0, "Reading the base set")
    sets = {split: s if split == Split.TEST else s.known() for split, s in base.load_base().items()}
    here = {split for split in Split if workbench.count(MemeFilter(split=split))}  # each split is stored whole or not at all
    for n, (split, memes) in enumerate(sets.items(), start=1):
        progress(0.1 + 0.1 * n, f"Storing {len(memes.memes):,} {split.value} memes")
        if split not in here:
            _put(workbench, split, memes)
    queue = base.demo_memes()
    for n, meme in enumerate(queue, start=1):
        progress(0.4 + 0.6 * n / len(queue), f"Drawing meme {n} of {len(queue)} for the queue")
        workbench.picture(meme.address, "thumb-blurred")
    if Split.QUEUE not in here:
        workbench.store.memes.add([_new(meme, Split.QUEUE, given=None) for meme in queue])
    if workbench.champion() is None:
        _put_head(workbench, sets[Split.TEST])
    workbench.store.settings.put(_SEEDED, True)


def _put(workbench: Workbench, split: Split, memes: BaseSet) -> None:
    """Labelled memes of one split, vectors first, so that no row is ever without them."""
    pictures, words = [m.address for m in memes.memes], [text_key(m.text) for m in memes.memes]
    vectors = workbench.store.vectors
    vectors.put(memes.encoder, "picture", pictures, memes.picture.numpy())
    vectors.put(memes.encoder, "mirrored", pictures, memes.mirrored.numpy())
    vectors.put(memes.encoder, "words", words, memes.words.numpy())
    workbench.store.memes.add([_new(m, split, given=m.label) for m in memes.memes])


def _new(meme: WorldMeme, split: Split, given: Label | None) -> NewMeme:
    return NewMeme(
        picture=meme.address,
        text=meme.text,
        source=WORLD,
        name=meme.address,
        split=split,
        given=given,
        family=meme.family,
        truth=meme.truth,
        theme=meme.theme,
    )


def _put_head(workbench: Workbench, test: BaseSet) -> None:
    """The head that ships becomes the first version, measured here and now on the test memes, and serves."""
    from gatedclip.learn.promotion import Evidence, judge
    from gatedclip.model import checkpoint
    from gatedclip.model.metrics import scores
    from gatedclip.retraining import said

    trained, folder = checkpoint.load(HEAD), uuid.uuid4().hex
    workbench.store.versions.begin(folder, os.getpid())
    shutil.copytree(HEAD, workbench.settings.versions / folder)
    told: dict[str, Any] = trained.provenance
    now = said(trained, test.picture, test.words)
    measured = scores(test.hateful.numpy(), now.probability, now.threshold, now.gate)
    version = workbench.store.versions.add(
        parent_id=None,
        kind=trained.head.kind,
        encoder=trained.encoder,
        folder=folder,
        created_by=BY,
        config=told["config"],
        data=told["data"],
        metrics={k: told[k] for k in ("validation", "best_epoch", "epochs", "seconds")} | {"test": asdict(measured)},
        report={},
    )
    verdict = judge(Evidence(test.hateful.numpy(), now))
    workbench.store.versions.promote(version.id, BY, "ships with the project", verdict=verdict)


def reset(workbench: Workbench, progress: Progress = silent) -> Workbench:
    """A workbench with the demo as on the first day: everything in this home is removed, so only a demo home is accepted.

    Raises DataError when the home holds memes that are not the demo's.
    """
    brought = [source for source in workbench.store.memes.sources() if source != WORLD]
    if brought:
        raise DataError(
            f"{workbench.settings.home} also holds memes from {', '.join(brought[:3])}; resetting would lose them. "
            "Export what you need and delete the folder yourself, or use another GATEDCLIP_HOME."
        )
    if workbench.settings.db:
        raise DataError("GATEDCLIP_DB points to a database of its own; empty it yourself, then run: gatedclip demo.")
    settings = workbench.settings
    workbench.store.close()
    for path in (settings.pictures, settings.versions, settings.logs):
        shutil.rmtree(path, ignore_errors=True)
    for path in settings.home.glob("gatedclip.db*"):
        path.unlink()
    fresh = Workbench.open(settings)
    seed(fresh, progress)
    return fresh
