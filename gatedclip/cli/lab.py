"""What is near a meme, what a swap of one half would change, and what two heads say."""

from __future__ import annotations

from typing import Annotated, Any, get_args

import typer

from gatedclip.cli.output import LARGEST, AsJson, MemeId, Version, one_of, plain, say, show, watching
from gatedclip.types import Neighbour, Probe, Swap, Versus
from gatedclip.workbench import Workbench


def similar(
    meme: MemeId,
    by: Annotated[str, typer.Option(help="What is compared: picture, words, or fused, the head's mixture of both.")] = "fused",
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 12,
    version: Version = None,
    as_json: AsJson = False,
) -> None:
    """The memes nearest to one, nearest first, with what people decided about them.

    Example: gatedclip similar 12 --by words
    """
    from gatedclip.probing import By

    one_of("--by", by, get_args(By))
    bench = Workbench.open()
    head = bench.version(version) if version is not None else None
    found = bench.similar(Probe.of(bench.meme(meme)), by, count, head)  # type: ignore[arg-type]  # checked above
    show([_near(near) for near in found], "\n".join(map(_say_near, found)), as_json)


def _near(near: Neighbour) -> dict[str, Any]:
    decisions = [{"label": d.label, "reviewer": d.reviewer, "at": str(d.at)} for d in near.decisions]
    return {"meme_id": near.meme.id, "text": near.meme.text, "similarity": near.similarity, "decisions": decisions}


def _say_near(near: Neighbour) -> str:
    decided = ", ".join(f"{d.label} by {d.reviewer}" for d in near.decisions) or "not decided"
    return f"{near.meme.id}: similarity {near.similarity:.3f}, {decided}  {near.meme.text}"


def confounders(
    meme: MemeId,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many pictures, and how many texts.")] = 6,
    turning: Annotated[bool, typer.Option("--turning", help="Only swaps that turn the verdict.")] = False,
    version: Version = None,
    as_json: AsJson = False,
) -> None:
    """The nearest other pictures for a meme's words and the nearest other words for its picture, with the answer to each swap.

    Example: gatedclip confounders 12 --turning
    """
    bench = Workbench.open()
    head = bench.version(version) if version is not None else None
    found = bench.confounders(Probe.of(bench.meme(meme)), count, head, turning)
    show([_swap(swap) for swap in found], "\n".join(map(_say_swap, found)), as_json)


def _swap(swap: Swap) -> dict[str, Any]:
    known = {"known_meme_id": swap.known.id if swap.known else None, "known_label": swap.known.label if swap.known else None}
    came = {"half": swap.half, "from_meme_id": swap.meme.id, "similarity": swap.similarity, "text": swap.probe.text}
    return {**came, "turns": swap.turns, **known, **plain(swap.prediction)}


def _say_swap(swap: Swap) -> str:
    turns = "turns" if swap.turns else "stays"
    return say(f"{swap.half} of {swap.meme.id}, similarity {swap.similarity:.3f}, {turns}", swap.probe.text, swap.prediction)


def compare(
    before: Annotated[int, typer.Argument(max=LARGEST, help="Number of one head: 1 for v1.")],
    after: Annotated[int, typer.Argument(max=LARGEST, help="Number of another.")],
    memes: Annotated[list[int], typer.Argument(max=LARGEST, help="Ids of memes.")],
    as_json: AsJson = False,
) -> None:
    """What two heads say about the same memes.

    Example: gatedclip compare 1 2 12 13
    """
    bench = Workbench.open()
    with watching("Comparing") as progress:
        found = bench.compare(bench.version(before), bench.version(after), bench.look_up(memes), progress)
    values = [{"meme_id": v.meme.id, "flips": v.flips, "before": plain(v.before), "after": plain(v.after)} for v in found]
    show(values, "\n".join(map(_say_versus, found)), as_json)


def _say_versus(found: Versus) -> str:
    change = f"{found.before.label.value} to {found.after.label.value}" if found.flips else f"stays {found.after.label.value}"
    numbers = f"{found.before.probability:.3f} to {found.after.probability:.3f}"
    gates = f"gate {found.before.gate:.2f} to {found.after.gate:.2f}"
    return f"{found.meme.id}: {change}, probability {numbers}, {gates}  {found.meme.text}"
