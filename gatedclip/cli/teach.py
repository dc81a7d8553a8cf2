"""Train heads, measure them, choose the one that serves."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from gatedclip.cli.output import LARGEST, AsJson, By, Version, plain, serving, show, watching, who
from gatedclip.config import HeadKind, Preset, TrainConfig
from gatedclip.data.text import clean_text
from gatedclip.errors import DataError
from gatedclip.types import HeadVersion, Interval, JobStatus, Report, Scores
from gatedclip.workbench import Workbench

if TYPE_CHECKING:
    from gatedclip.learn.crossval import CrossValidation

PresetOption = Annotated[str, typer.Option(help=f"Recipe: {', '.join(get_args(Preset))}.")]
HeadOption = Annotated[str, typer.Option(help=f"Kind of head: {', '.join(get_args(HeadKind))}.")]


def train(
    preset: PresetOption = "tuned",
    head: HeadOption = "gated",
    seed: Annotated[int, typer.Option(help="Of weights, order and dropout.")] = 0,
    vectors: Annotated[Path | None, typer.Option(help="An .npz or .parquet of image, text, label: cross-validate on it.")] = None,
    folds: Annotated[int, typer.Option(help="Of the cross-validation.")] = 5,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Train a head here and now: a candidate from base set and decisions, or cross-validated on a file of vectors.

    Example: gatedclip train --preset paper --seed 3

    Example: gatedclip train --vectors vectors.npz --folds 5
    """
    config = TrainConfig.preset(preset, head=head, seed=seed)  # type: ignore[arg-type]
    if vectors is not None:
        found = _cross_validate(vectors, config, folds)
        show(found, _say_folds(found), as_json)
        return
    bench = Workbench.open()
    with watching("Training") as progress:
        version = bench.retrain(config, who(bench, by), progress)
    show(version, _say_version(bench, version), as_json)


def _cross_validate(file: Path, config: TrainConfig, folds: int) -> CrossValidation:
    from torch import from_numpy

    from gatedclip.data.vector_files import read_vectors
    from gatedclip.learn.crossval import cross_validate, recipes
    from gatedclip.learn.train import Examples

    given = read_vectors(file)
    data = Examples(from_numpy(given.image), from_numpy(given.text), from_numpy(given.label).float())
    configs = recipes(config) if config.input_scale == "standardise" else [config]
    with watching("Cross-validation") as progress:
        return cross_validate(data, configs, folds, progress)


def _say_folds(found: CrossValidation) -> str:
    return (
        f"{found.n} memes, {found.positives} hateful, {found.folds} folds; AUROC with 95 % interval\n"
        f"  head                 {found.head}\n"
        f"  logistic regression  {found.logistic}\n"
        f"  difference           {_signed(found.change)}\n"
        f"chosen within each fold: {'; '.join(found.chosen)}"
    )


def retrain(preset: PresetOption = "tuned", by: By = "", as_json: AsJson = False) -> None:
    """Train a candidate in a process of its own, as the button in the app does, and watch it. Ctrl-C cancels it.

    Example: gatedclip retrain --by anna
    """
    bench = Workbench.open()
    job = bench.start_retraining(TrainConfig.preset(preset), who(bench, by))  # type: ignore[arg-type]
    with watching("Retraining") as progress:
        try:
            while job.status.active:
                time.sleep(0.2)
                job = bench.job("retrain") or job
                progress(job.progress, job.message or "starting")
        except KeyboardInterrupt:
            bench.cancel(job.id)
            raise
    if job.status is not JobStatus.DONE:
        raise DataError(f"The retraining ended as {job.status.value}: {job.message}")
    version = bench.version(job.result["version_id"])
    show(version, _say_version(bench, version), as_json)


def versions(as_json: AsJson = False) -> None:
    """Every head with what it learned from, oldest first, and which one serves.

    Example: gatedclip versions --json
    """
    found = sorted(Workbench.open().versions(), key=lambda version: version.id)
    show([plain(version) for version in found], "\n".join(map(_say_head, found)), as_json)


def _say_head(version: HeadVersion) -> str:
    learned = f"{version.data.get('base', 0):,} base memes and {version.data.get('decisions', 0):,} decisions"
    return f"{version.name}: {version.kind}, {learned}, by {version.created_by}{', serves' if version.champion else ''}"


def evaluate(version: Version = None, as_json: AsJson = False) -> None:
    """Measure a head on the held-out test memes as they are now.

    Example: gatedclip evaluate --version 2 --json
    """
    bench = Workbench.open()
    chosen = serving(bench, version)
    found = bench.evaluate(chosen)
    show({"version": chosen.id, **asdict(found)}, f"{chosen.name}: {_say_scores(found)}", as_json)


def promote(
    version: Annotated[int, typer.Argument(max=LARGEST, help="Number of the version: 2 for v2.")],
    reason: Annotated[str, typer.Option(help="Why; kept on record.")] = "",
    override: Annotated[bool, typer.Option("--override", help="Although the verdict refuses it; needs a reason.")] = False,
    by: By = "",
) -> None:
    """Make a version serve from the next prediction on, unless the rules of promotion refuse it.

    Example: gatedclip promote 2 --reason "knows the missing themes"
    """
    bench = Workbench.open()
    bench.promote(version, who(bench, by), clean_text(reason), override)
    print(f"{bench.version(version).name} serves now.")


def judge(
    version: Annotated[int, typer.Argument(max=LARGEST, help="Number of the version: 2 for v2.")], as_json: AsJson = False
) -> None:
    """What the rules of promotion say of a version, each with its numbers; what it would change; nothing is promoted.

    Example: gatedclip judge 2
    """
    bench = Workbench.open()
    chosen = bench.version(version)
    found, shadow, queue = bench.judge(chosen), bench.shadow(chosen), bench.queue_effect(chosen)
    lines = [f"refused  {r.rule}: {r.sentence}" for r in found.refusals]
    lines += [f"taught   {who}: {n} of {len(r.taught)}" for r in found.refusals for who, n in bench.who_taught(r).items()]
    lines += [f"passed   {r.rule}: {r.sentence}" for r in found.passes]
    lines += [
        f"shadow   of the last {shadow.n} decided memes {shadow.changed} change sides ({shadow.learned} were learned from); "
        f"agreement with people {shadow.before or 'unknown'} to {shadow.after or 'unknown'}",
        f"queue    of {queue.n} waiting memes flagged: {queue.before or 'unknown'} to {queue.after or 'unknown'}",
    ]
    show({"verdict": plain(found), "shadow": plain(shadow), "queue": plain(queue)}, "\n".join(lines), as_json)


def audit(preset: PresetOption = "tuned", as_json: AsJson = False) -> None:
    """What is wrong with what a head trained now would learn from, what may be poison included; half as long as a training.

    Example: gatedclip audit lesson
    """
    bench = Workbench.open()
    with watching("Audit") as progress:
        found = bench.examine(TrainConfig.preset(preset), progress)  # type: ignore[arg-type]
    show([plain(each) for each in found], "\n".join(f"{f.severity:6} {f.kind}: {f.sentence}" for f in found), as_json)


def card(
    version: Annotated[int, typer.Argument(max=LARGEST, help="Number of the version: 2 for v2.")],
    html: Annotated[bool, typer.Option("--html", help="A page of HTML instead of Markdown.")] = False,
) -> None:
    """The card of a head: what it learned from, how well it does and where not, its limits and its hashes.

    Example: gatedclip card 2 --html > v2.html
    """
    bench = Workbench.open()
    print(bench.card(bench.version(version), "html" if html else "markdown"))


def reproduce(
    version: Annotated[int, typer.Argument(max=LARGEST, help="Number of the version: 2 for v2.")],
    as_json: AsJson = False,
) -> None:
    """Train a head again from what lies beside it, and say whether the weights are equal byte by byte. Nothing is kept.

    Example: gatedclip reproduce 2
    """
    bench = Workbench.open()
    chosen = bench.version(version)
    with watching("Training again") as progress:
        found = bench.reproduce(chosen, progress)
    show(found, f"{chosen.name}: {found.sentence}", as_json)


def reviewers(preset: PresetOption = "tuned", by: By = "", as_json: AsJson = False) -> None:
    """Does the head learn the reviewer? AUROC on each one's decisions without having learned from them. Minutes.

    For leads, as it judges people.

    Example: gatedclip reviewers
    """
    bench = Workbench.open()
    with watching("Reviewers") as progress:
        found = bench.reviewer_held_out(TrainConfig.preset(preset), who(bench, by), progress)  # type: ignore[arg-type]
    lines = [
        f"a random part left out   {found.normal}",
        f"the reviewer left out    {found.held}",
        f"difference {_signed(found.change)}",
    ]
    lines += [f"  {clean_text(e.name)}: {e.held or 'one label only'} on {e.decisions} decisions" for e in found.reviewers]
    lines += [found.sentence]
    show(found, "\n".join(lines), as_json)


def noise(
    seeds: Annotated[int, typer.Option(min=2, max=50, help="How many heads to train.")] = 5,
    preset: PresetOption = "tuned",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Measure how much another seed alone changes the AUROC, and keep it as what a change has to exceed. Minutes.

    Example: gatedclip noise --seeds 5
    """
    bench = Workbench.open()
    with watching("Seeds") as progress:
        config = TrainConfig.preset(preset)  # type: ignore[arg-type]
        deviation, areas = bench.measure_seed_noise(config, range(seeds), who(bench, by), progress)
    words = f"AUROC {', '.join(f'{area:.4f}' for area in areas)}: deviation {deviation:.4f}"
    show({"deviation": deviation, "areas": areas}, words, as_json)


def _say_version(bench: Workbench, version: HeadVersion) -> str:
    report = bench.report(version)
    learned = f"{version.name}: learned from {version.data['base']:,} base memes and {version.data['decisions']:,} decisions"
    lines = [learned, *(_say_report(report) if report else [])]
    return "\n".join([*lines, f"It does not serve yet. Promote it with: gatedclip promote {version.id}"])


def _say_report(report: Report) -> list[str]:
    lines = [f"before  {_say_scores(report.before)}", f"after   {_say_scores(report.after)}", f"change  {_signed(report.change)}"]
    lines += [f"  {part.name} ({part.n}): {_signed(part.change)}" for part in report.slices if part.change]
    return [*lines, f"{len(report.flips)} labels flip, {sum(f.better for f in report.flips)} of them to right"]


def _say_scores(found: Scores) -> str:
    return f"AUROC {found.auroc}, accuracy {found.accuracy} on {found.n:,} memes, mean gate {found.mean_gate:.2f}"


def _signed(change: Interval) -> str:
    return f"{change.value:+.3f} [{change.low:+.3f}, {change.high:+.3f}]"
