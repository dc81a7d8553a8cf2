"""A figure of the app as a file, for a paper or a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, get_args

import typer

from gatedclip.cli.gates import Miss, Threshold, Where, chosen
from gatedclip.cli.output import LARGEST, Version, one_of, serving
from gatedclip.errors import DataError, InputError
from gatedclip.types import HeadVersion, Meme
from gatedclip.workbench import Workbench

if TYPE_CHECKING:
    import numpy as np

    from gatedclip.figures.style import Figure
    from gatedclip.population.columns import Population

COLOURS = {
    "label": "known", "truth": "truth", "theme": "theme", "split": "split", "source": "source", "probability": "probability",
    "gate": "gate", "share": "share",
}  # fmt: skip


class View(NamedTuple):
    """Many memes and what is asked of them."""

    memes: Population
    threshold: float
    miss: float
    by: str


# --- of a meme, of a head -----------------------------------------------------------------------------------------


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


# --- of many memes ------------------------------------------------------------------------------------------------


def _by_label(bench: Workbench, view: View) -> Figure:
    from gatedclip.population.summary import by_class

    return _histogram(by_class(view.memes), "by label")


def _by_truth(bench: Workbench, view: View) -> Figure:
    from gatedclip.population.summary import by_truth

    return _histogram(by_truth(view.memes), "by what decides")


def _histogram(groups: Mapping[str, np.ndarray], title: str) -> Figure:
    from gatedclip.figures.population import gate_histogram

    if not groups:
        raise DataError(f"The gate {title} needs memes of which that is known; there are none. Change --where.")
    return gate_histogram(groups, title)


def _by_version(bench: Workbench, view: View) -> Figure:
    from gatedclip.figures.population import gate_by_version

    encoder = view.memes.version.encoder
    heads = sorted((v for v in bench.versions() if v.encoder == encoder and v.gated), key=lambda v: v.id)
    return gate_by_version({v.name: bench.population(v).of(view.memes.ids).gate for v in heads}, view.memes.truth)


def _against_share(bench: Workbench, view: View) -> Figure:
    from gatedclip.figures.population import gate_against_share

    shares = bench.shapley_shares(view.memes)
    return gate_against_share(view.memes.gate, shares.picture, shares.apart, view.memes.ids)


def _calibration(bench: Workbench, view: View) -> Figure:
    from gatedclip.figures.population import calibration
    from gatedclip.model import operating

    return calibration(operating.calibration(*_known(view)))


def _roc(bench: Workbench, view: View) -> Figure:
    from gatedclip.figures.population import roc
    from gatedclip.model import operating

    known = _known(view)
    return roc(operating.cuts(*known), operating.confusion(*known, view.threshold), operating.auroc_delong(*known).value)


def _precision_recall(bench: Workbench, view: View) -> Figure:
    from gatedclip.figures.population import precision_recall
    from gatedclip.model import operating

    known = _known(view)
    return precision_recall(operating.cuts(*known), operating.confusion(*known, view.threshold))


def _cost(bench: Workbench, view: View) -> Figure:
    from gatedclip.figures.population import cost_curve
    from gatedclip.model import operating

    known = _known(view)
    every, at = operating.cuts(*known), operating.confusion(*known, view.threshold)
    return cost_curve(every, at, view.miss, every.cheapest(view.miss))


def _known(view: View) -> tuple[np.ndarray, np.ndarray]:
    """Truth and probability of the labelled memes, both classes among them."""
    labelled = view.memes.labelled
    if not 0 < (hateful := int(labelled.hateful.sum())) < len(labelled):
        raise DataError(
            f"These memes are {hateful:,} hateful and {len(labelled) - hateful:,} benign; at least one of each is needed. "
            "Change --where, or decide more memes."
        )
    return labelled.hateful, labelled.probability


def _slices(bench: Workbench, view: View) -> Figure:
    from gatedclip.figures.population import slice_quality
    from gatedclip.population.summary import FEW, slices

    rows = {part.name: (part.n, part.auroc) for part in slices(view.memes, view.threshold) if part.auroc}
    if not rows:
        raise DataError(f"No slice of these memes holds {FEW} hateful and {FEW} benign ones. Change --where, or decide more.")
    return slice_quality(rows)


def _map(bench: Workbench, view: View) -> Figure:
    from gatedclip.figures.population import vector_map

    memes = view.memes
    return vector_map(memes.plane, memes.spread, memes.ids, view.by, getattr(memes, COLOURS[view.by]))


# --- which --------------------------------------------------------------------------------------------------------

OF_A_MEME: dict[str, Callable[[Workbench, Meme], Figure]] = {"what-if": _gate_sweep}
OF_A_HEAD: dict[str, Callable[[Workbench, HeadVersion], Figure]] = {"training": _training, "before-after": _before_after}
OF_MANY: dict[str, Callable[[Workbench, View], Figure]] = {
    "gate-by-label": _by_label,
    "gate-by-truth": _by_truth,
    "gate-by-version": _by_version,
    "gate-against-share": _against_share,
    "calibration": _calibration,
    "roc": _roc,
    "precision-recall": _precision_recall,
    "cost": _cost,
    "slices": _slices,
    "map": _map,
}
KINDS = f"Of a meme: {', '.join(OF_A_MEME)}. Of a head: {', '.join(OF_A_HEAD)}. Of many memes: {', '.join(OF_MANY)}."


def figure(
    kind: Annotated[str, typer.Argument(help=KINDS)],
    out: Annotated[Path, typer.Option(help="File to write: .html, or .svg and .png, which an installed Chromium draws.")],
    meme: Annotated[int | None, typer.Option(max=LARGEST, help="Id of the meme, for a figure of one.")] = None,
    version: Version = None,
    where: Where = None,
    threshold: Threshold = None,
    miss: Miss = 1.0,
    by: Annotated[str, typer.Option(help=f"What the map is coloured by: {', '.join(COLOURS)}.")] = "label",
) -> None:
    """Write a figure of the app into a file, on white; the page works offline.

    Example: gatedclip figure what-if --meme 12 --out sweep.svg

    Example: gatedclip figure roc --where split=test --out roc.png
    """
    from gatedclip.figures import export
    from gatedclip.figures.style import alt

    form = out.suffix.removeprefix(".").lower()
    one_of("The kind of figure", kind, (*OF_A_MEME, *OF_A_HEAD, *OF_MANY))
    one_of("The ending of --out", form, get_args(export.Form))
    one_of("--by", by, tuple(COLOURS))
    if (kind in OF_A_MEME) != (meme is not None):
        raise InputError(f"The figure {kind} is {'' if kind in OF_A_MEME else 'not '}of one meme: --meme names that one.")
    drawn = _of_a_meme(kind, meme, version) if meme is not None else _of_more(kind, version, where, (threshold, miss, by))
    out.write_bytes(export.to_bytes(drawn, form))  # type: ignore[arg-type]  # checked above
    print(f"{out}: {alt(drawn)}")


def _of_a_meme(kind: str, meme: int, version: int | None) -> Figure:
    if version is not None:
        raise InputError(f"The figure {kind} is of the head that serves. Leave --version out, or promote that head first.")
    bench = Workbench.open()
    return OF_A_MEME[kind](bench, bench.meme(meme))


def _of_more(kind: str, version: int | None, where: list[str] | None, asked: tuple[float | None, float, str]) -> Figure:
    which, bench = chosen(where), Workbench.open()
    head = serving(bench, version)
    if kind in OF_A_HEAD:
        return OF_A_HEAD[kind](bench, head)
    memes, (threshold, miss, by) = bench.population(head, which), asked
    if not len(memes):
        raise DataError("No meme fits. Change --where, or read the memes that no head was asked about: gatedclip gates --embed")
    if kind.startswith("gate-") and not memes.gated:
        raise DataError(f"{head.name} is a head of kind {head.kind}, without a gate to draw. Name a gated one with --version.")
    return OF_MANY[kind](bench, View(memes, memes.threshold if threshold is None else threshold, miss, by))
