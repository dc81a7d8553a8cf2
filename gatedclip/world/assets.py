"""Everything that ships in assets/, made again from nothing: the small CLIP, the base set's vectors, the head."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gatedclip.config import ASSETS
from gatedclip.model.encoder import Encoder, load_encoder
from gatedclip.types import Progress
from gatedclip.world import base, recipe, table


def build(progress: Progress, folder: Path = ASSETS) -> dict[str, Any]:
    """Train the small CLIP, embed the base set, train the head; returns the figures of both trainings.

    Takes about a quarter of an hour on two idle cores. The same seeds and package versions give the same files on one machine.
    """
    clip = recipe.build(folder / "clip", _part(progress, 0.0, 0.7))
    base.build_base(_as_demo(folder / "clip"), folder, _part(progress, 0.7, 0.95))
    head = table.ship(_part(progress, 0.95, 1.0), folder)
    return {"clip": clip, "head": head}


def _as_demo(clip: Path) -> Encoder:
    """The CLIP in that folder under the name, hence the identity, that it has once it is the demo's."""
    found = load_encoder(f"local-dir:{clip}")
    return Encoder(found.model, found.tokenizer, "demo", "squash", found.device)


def _part(progress: Progress, start: float, end: float) -> Progress:
    return lambda fraction, message: progress(start + (end - start) * fraction, message)
