"""MemeWorld: make what ships in assets/, and measure it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from gatedclip.cli.output import AsJson, show, watching
from gatedclip.config import ASSETS


def build(
    out: Annotated[Path, typer.Option(help="Folder to write.")] = ASSETS,
    as_json: AsJson = False,
) -> None:
    """Make what ships in assets/ again: the small CLIP, the base set's vectors, the head. Some 15 minutes on two cores.

    Example: gatedclip world build
    """
    from gatedclip.world import assets

    with watching("MemeWorld") as progress:
        made = assets.build(progress, out)
    show(made, json.dumps(made, indent=1), as_json)


def table(
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each head.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Print what each kind of head can do in MemeWorld, by what decides, for both presets, with 95 % intervals over seeds.

    Example: gatedclip world table --seeds 5
    """
    from gatedclip.world import table as tables

    with watching("Table") as progress:
        rows = tables.measure(progress, seeds)
    show([asdict(row) for row in rows], tables.render(rows), as_json)
