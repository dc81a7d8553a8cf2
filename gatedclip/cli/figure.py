"""A figure of the app as a file, for a paper or a report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from gatedclip.cli.output import LARGEST, Version, one_of, serving
from gatedclip.errors import DataError, InputError
from gatedclip.types import HeadVersion, Meme
from gatedclip.workbench import Workbench

if TYPE_CHECKING:
    from gatedclip.figures.style import Figure


def _gate_sweep(bench: Workbench, meme: Meme) -> Figure:
    from gatedclip.figures.gate import gate_sweep

    (said,), (probabilities, flips) = bench.predict([meme]), bench.what_if(meme)
    return gate_sweep(probabilities, said.gate, said.threshold, flips)


def _training(bench: Workbench, version: HeadVersion) -> Figure:
    from gatedclip.figures.training import training_curves

    if not (epochs := version.metrics.get("epochs")):
        raise DataError(f"Of {version.name} no training is on record, so there are no curves. Name a head that was trained here.")
    return training_curves(epochs, version.metrics["best_epoch"])


def _before_after(bench: Workbench, version: HeadVersion) -> Figure:
    from gatedclip.figures.training import before_after

    if (found := bench.report(version)) is None:
        raise DataError(f"{version.name} was not compared with a head before it. Name one that was trained while another served.")
    return before_after(found)


OF_A_MEME: dict[str, Callable[[Workbench, Meme], Figure]] = {"what-if": _gate_sweep}
OF_A_HEAD: dict[str, Callable[[Workbench, HeadVersion], Figure]] = {"training": _training, "before-after": _before_after}
KINDS = (*OF_A_MEME, *OF_A_HEAD)


def figure(
    kind: Annotated[str, typer.Argument(help=f"Of a meme: {', '.join(OF_A_MEME)}. Of a head: {', '.join(OF_A_HEAD)}.")],
    out: Annotated[Path, typer.Option(help="File to write: .html, or .svg and .png, which an installed Chromium draws.")],
    meme: Annotated[int | None, typer.Option(max=LARGEST, help="Id of the meme, for a figure of one.")] = None,
    version: Version = None,
) -> None:
    """Write a figure of the app into a file, on white; the page works offline.

    Example: gatedclip figure what-if --meme 12 --out sweep.svg
    """
    from gatedclip.figures import export
    from gatedclip.figures.style import alt

    form = out.suffix.removeprefix(".").lower()
    one_of("The kind of figure", kind, KINDS)
    one_of("The ending of --out", form, get_args(export.Form))
    drawn = _draw(kind, meme, version)
    out.write_bytes(export.to_bytes(drawn, form))  # type: ignore[arg-type]  # checked above
    print(f"{out}: {alt(drawn)}")


def _draw(kind: str, meme: int | None, version: int | None) -> Figure:
    if kind in OF_A_HEAD:
        if meme is not None:
            raise InputError(f"The figure {kind} is of a head, not of a meme. Leave --meme out; --version names the head.")
        bench = Workbench.open()
        return OF_A_HEAD[kind](bench, serving(bench, version))
    if meme is None or version is not None:
        raise InputError(f"The figure {kind} is of one meme under the head that serves. Name it with --meme, without --version.")
    bench = Workbench.open()
    return OF_A_MEME[kind](bench, bench.meme(meme))
