"""What a head says of many memes at once."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import fields
from typing import Annotated, Any, get_args

import typer

from gatedclip.cli.output import AsJson, Version, one_of, show, watching
from gatedclip.errors import InputError
from gatedclip.population.columns import PopulationFilter, State
from gatedclip.types import Interval, Split
from gatedclip.workbench import Workbench

FIELDS = tuple(field.name for field in fields(PopulationFilter))
CHOICES: dict[str, Sequence[str]] = {"split": tuple(Split), "state": get_args(State)}

Where = Annotated[
    list[str] | None,
    typer.Option("--where", help=f"Only memes of which this holds, such as split=test; of {', '.join(FIELDS)}. May be repeated."),
]
Threshold = Annotated[float | None, typer.Option(min=0, max=1, help="To decide at, instead of the head's own.")]
Miss = Annotated[float, typer.Option(min=0, help="How many false alarms a missed hateful meme costs.")]


def gates(
    where: Where = None,
    version: Version = None,
    threshold: Threshold = None,
    miss: Miss = 1.0,
    embed: Annotated[bool, typer.Option("--embed", help="First read the memes that no head was asked about yet.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="One row a meme with what the head says of it.")] = False,
    as_json: AsJson = False,
) -> None:
    """How the gate weighs over many memes, what a threshold does, and how good the head is on each slice.

    Example: gatedclip gates --where split=test --json
    """
    which, bench = chosen(where), Workbench.open()
    head = bench.version(version) if version is not None else None
    if embed:
        with watching("Reading memes") as progress:
            bench.embed_all(progress)
    elif missing := bench.unembedded():
        typer.echo(f"{missing:,} memes are left out: no head was asked about them yet; --embed reads them first.", err=True)
    if as_csv:
        sys.stdout.buffer.write(bench.export_population(bench.population(head, which)))
        return
    found = bench.inspect(head, which, threshold, miss)
    show(found, _say(found), as_json)


def chosen(where: list[str] | None) -> PopulationFilter:
    """The filter that several field=value name together; InputError for a field that is not there."""
    given: dict[str, Any] = {}
    for condition in where or []:
        name, equals, value = condition.partition("=")
        if not equals or name not in FIELDS:
            raise InputError(f"--where is {condition!r}; it must be field=value with a field of {', '.join(FIELDS)}.")
        if name in CHOICES:
            one_of(f"--where {name}", value, CHOICES[name])
        given[name] = Split(value) if name == "split" else value
    return PopulationFilter(**given)


def _say(found: dict[str, Any]) -> str:
    lines = [f"v{found['version']} on {found['memes']:,} memes, {found['labelled']:,} of them labelled"]
    if found["may_have_taught"]:
        lines.append(f"It may have learned from {found['may_have_taught']:,} of them: it looks better on these than on new ones.")
    if found["collapse"]:
        lines.append(found["collapse"]["sentence"])
    lines += [f"  {name} ({g['n']:,}): gate {g['mean']:.2f}, deviation {g['deviation']:.2f}" for name, g in found["gate"].items()]
    return "\n".join([*lines, *(_say_quality(found) if "confusion" in found else [])])


def _say_quality(found: dict[str, Any]) -> list[str]:
    at = found["confusion"]
    counts = f"{at['found']:,} found, {at['missed']:,} missed, {at['alarms']:,} false alarms, {at['cleared']:,} cleared"
    cost = f"{100 * found['cost']:.1f} a hundred memes in false alarms, when a miss costs {found['miss']:g}"
    return [
        f"At threshold {found['threshold']:.3f}: {counts}",
        f"Cost: {cost}; least at threshold {found['cheapest']:.3f}",
        *(f"  {_say_slice(part)}" for part in found["slices"]),
    ]


def _say_slice(part: dict[str, Any]) -> str:
    area = f"AUROC {_say_interval(part['auroc'])}" if part["auroc"] else "too few of a class for an AUROC"
    accuracy = _say_interval(part["accuracy"])
    return f"{part['name']} ({part['n']:,}): {area}, accuracy {accuracy}, mean gate {part['mean_gate']:.2f}"


def _say_interval(value: dict[str, float]) -> str:
    return str(Interval(**value))
