"""Measure this machine, and the explanations where the truth is known."""

from __future__ import annotations

from typing import Annotated

import typer

from gatedclip import demo as demos
from gatedclip.cli.output import AsJson, plain, show, watching


def measure(
    ctx: typer.Context,
    profile: Annotated[
        bool, typer.Option("--profile", help="Also what explaining by ViT-B-32 spends its time on.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure this machine: embedding, training, predicting, explaining, and memory. A few minutes.

    Example: gatedclip bench --json
    """
    if ctx.invoked_subcommand is not None:
        return
    from gatedclip import bench as machine

    with watching("Bench") as progress:
        found = machine.measure(progress, profile)
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


def duplicates(
    sample: Annotated[int, typer.Option(min=2, max=2000, help="Memes of each source, each with its copies.")] = 60,
    seed: Annotated[int, typer.Option(min=0, help="Of MemeWorld's memes.")] = 44,
    real: Annotated[
        str, typer.Option(help="Folder of real memes in the Hateful Memes layout; that of GATEDCLIP_REAL_MEMES.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Measure how well copies of memes are recognised: recall by kind of copy, and false matches. Minutes.

    Example: gatedclip bench duplicates --sample 20
    """
    from gatedclip.world import likeness

    with watching("Copies") as progress:
        found = likeness.measure(progress, real or None, sample, seed)
    lines = [
        f"{line.source:10}  {line.kind:20}  {'mistaken' if line.different else 'found':8}  {line.both:>6,} of {line.n:,}"
        f"  (whole picture alone {line.whole:,}; same words read {line.words:,})"
        for line in found
    ]
    show([plain(line) for line in found], "\n".join(lines), as_json)
