"""Whether choosing what to look at pays, on MemeWorld."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gatedclip.cli.output import AsJson, show, watching


def simulate(
    rounds: Annotated[int, typer.Option(help="Rounds of labelling, each followed by a refit.")] = 20,
    batch: Annotated[int, typer.Option(help="Labels in a round.")] = 20,
    seeds: Annotated[int, typer.Option(help="Repetitions, each with its own base set, queue and reviewers.")] = 5,
    error: Annotated[float, typer.Option(help="Share of answers that are wrong.")] = 0.05,
    weight: Annotated[float, typer.Option(help="How many base memes one decision counts for.")] = 1.0,
    base: Annotated[int, typer.Option(help="Labelled memes that the head starts from, without the missing themes.")] = 3000,
    pool: Annotated[int, typer.Option(help="Memes that wait, of all themes.")] = 3000,
    epochs: Annotated[int, typer.Option(help="Epochs of each refit.")] = 10,
    figure: Annotated[Path | None, typer.Option(help="Also draw the curves into this HTML file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate reviewers who teach a head that lacks whole themes: random, uncertain or mixed batches, side by side.

    Minutes. Example: gatedclip simulate --rounds 5 --seeds 2
    """
    from gatedclip import simulation
    from gatedclip.figures import export, learning

    setting = simulation.Setting(rounds, batch, seeds, error, weight, base, pool, epochs)
    with watching("Simulation") as progress:
        found = simulation.simulate(setting, progress)
    if figure is not None:
        figure.write_bytes(export.to_bytes(learning.learning_curves(found.learned), "html"))
    show(found, simulation.render(found), as_json)
