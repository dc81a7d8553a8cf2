"""Measure this machine, and the explanations where the truth is known."""

from __future__ import annotations

from typing import Annotated

import typer

from gatedclip import demo as demos
from gatedclip.cli.output import AsJson, show, watching


def measure(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Measure this machine: embedding, training, predicting, explaining, and memory. A few minutes.

    Example: gatedclip bench --json
    """
    if ctx.invoked_subcommand is not None:
        return
    from gatedclip import bench as machine

    with watching("Bench") as progress:
        found = machine.measure(progress)
    show(found, machine.render(found), as_json)


def explanations(
    memes: Annotated[int, typer.Option(min=2, help="Test memes to explain.")] = 500,
    trusted: Annotated[int, typer.Option(min=0, help="Of them, how many maps are also assessed for trust.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Measure the explanations where the truth is known: does each method find the thing and the word that decide?

    Beside controls that know nothing, and with the numbers that the thresholds of trust are read from. Some 20 minutes.

    Example: gatedclip bench explain --memes 60 --trusted 10
    """
    from gatedclip.model import checkpoint
    from gatedclip.model.encoder import load_encoder
    from gatedclip.world import explaining

    encoder, trained = load_encoder("demo"), checkpoint.load(demos.HEAD)
    checkpoint.require_fit(trained, encoder.identity)
    with watching("Bench") as progress:
        found = explaining.run(encoder, trained, memes, trusted, progress)
    show(found, explaining.table(found), as_json)
