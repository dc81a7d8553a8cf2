"""What to look at next, what the part of it that was drawn by chance tells, and what corrections do at once."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from gatedclip.cli.output import LARGEST, AsJson, By, show, watching, who
from gatedclip.errors import NotFound
from gatedclip.workbench import Workbench


def choose(
    seed: Annotated[int | None, typer.Option(min=0, max=LARGEST, help="Of every draw; the batch's number unless given.")] = None,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Choose the memes to look at next: the queue serves them first. Only the JSON tells what the model says of them.

    Example: gatedclip choose --seed 3
    """
    bench = Workbench.open()
    with watching("Choosing") as progress:
        picks = bench.choose(who(bench, by), progress, seed)
    lines = [f"{pick.meme_id:>7}  {pick.strategy:15}  asked {pick.asked}" for pick in picks]
    show([asdict(pick) for pick in picks], "\n".join(lines), as_json)


def estimate(as_json: AsJson = False) -> None:
    """How good the head that serves is on what comes in, from the memes drawn by chance.

    Example: gatedclip estimate --json
    """
    found = Workbench.open().live_estimate()
    if found is None:
        raise NotFound("No head serves yet, so there is none to estimate. Train and promote one first.")
    said = [f"accuracy  {found.accuracy or 'not yet'}", f"AUROC     {found.auroc or 'not yet'}"]
    said += [f"{found.answered} of {found.drawn} memes drawn by chance are answered", *([found.note] if found.note else [])]
    show(asdict(found), "\n".join(said), as_json)


def memory(
    on: Annotated[bool | None, typer.Option("--on/--off", help="Let corrections act at once, or the head speak alone.")] = None,
    choose: Annotated[bool, typer.Option("--choose", help="Choose anew how strongly they speak.")] = False,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """How the corrections that no head has learned yet act on what the model says.

    Example: gatedclip memory --choose --by lea
    """
    bench = Workbench.open()
    if on is not None:
        bench.switch_memory(on, who(bench, by))
    if choose:
        bench.choose_memory(who(bench, by))
    found = bench.remembers()
    lines = [f"{found.size} decided memes speak{'' if found.on else ' no more: switched off'}", f"  {found.setting}"]
    lines += [f"  {name} ({e.n}): Brier score {e.brier[0]:.4f} -> {e.brier[1]:.4f}" for name, e in found.effects.items()]
    show(asdict(found), "\n".join(lines), as_json)
