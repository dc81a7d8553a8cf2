"""The same verbs in a terminal: `gatedclip --help`. Results go to stdout, progress to stderr, a mistake is one sentence."""

from __future__ import annotations

import getpass
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from typer.core import TyperGroup

from gatedclip import demo as demos
from gatedclip.config import ASSETS, HeadKind, Preset, TrainConfig
from gatedclip.data import images
from gatedclip.data.text import clean_text
from gatedclip.errors import ConfigError, DataError, GatedCLIPError, InputError, NotFound
from gatedclip.intake import Use
from gatedclip.store.decisions import DecisionFilter
from gatedclip.types import HeadVersion, Interval, JobStatus, Method, Prediction, Progress, Receipt, Report, Scores, Split
from gatedclip.workbench import Workbench

if TYPE_CHECKING:
    from gatedclip.learn.crossval import CrossValidation

APP = ASSETS.parent / "app.py"
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif")


class Sentences(TyperGroup):
    """Commands whose foreseen errors are one sentence on stderr and exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except GatedCLIPError as error:
            typer.echo(clean_text(str(error)), err=True)
            raise typer.Exit(1) from None


app = typer.Typer(
    cls=Sentences,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Review memes together with a model you can look inside and teach. Data lives in GATEDCLIP_HOME (default: data).",
)
world = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="MemeWorld: make what ships in assets/, and measure it.")
bench = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
app.add_typer(world, name="world")
app.add_typer(bench, name="bench")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
By = Annotated[str, typer.Option(help="Name that the record keeps; your own unless given.")]
PresetOption = Annotated[str, typer.Option(help=f"Recipe: {', '.join(get_args(Preset))}.")]
HeadOption = Annotated[str, typer.Option(help=f"Kind of head: {', '.join(get_args(HeadKind))}.")]


def main() -> None:
    app(prog_name="gatedclip")


# --- demo and serve -----------------------------------------------------------------------------------------------


@app.command()
def demo(reset: Annotated[bool, typer.Option("--reset", help="Bring the demo back to its first day.")] = False) -> None:
    """Fill an empty workbench with MemeWorld: memes to review, a base set, and a head that serves.

    Example: gatedclip demo --reset
    """
    bench = Workbench.open()
    with watching("Demo") as progress:
        if reset:
            bench = demos.reset(bench, progress)
        else:
            demos.seed(bench, progress)
    tally, champion = bench.tally(), bench.champion()
    waiting, base = sum(tally[Split.QUEUE].values()), sum(tally[Split.TRAIN].values())
    serving = f"head {champion.name} serves" if champion else "no head serves"
    print(f"{bench.settings.home}: {waiting:,} memes in the queue, {base:,} in the base set, {serving}.")
    print("Restart a server that is running." if reset else "Look at it with: gatedclip serve")


@app.command()
def serve(port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 8501) -> None:
    """Serve the workbench in a browser; an empty one is given the demo first.

    Example: gatedclip serve --port 8600
    """
    if not APP.is_file():
        raise ConfigError(f"There is no {APP}. Install the project from its clone with: pip install -e .")
    bench = Workbench.open()
    if demos.wanted(bench):
        with watching("Demo") as progress:
            demos.seed(bench, progress)
    bench.store.close()
    arguments = ["streamlit", "run", str(APP), "--server.port", str(port)]
    os.execv(sys.executable, [sys.executable, "-m", *arguments])  # noqa: S606  # the server takes this process's place


# --- bring and hand out -------------------------------------------------------------------------------------------


@app.command("import")
def bring(
    path: Annotated[Path, typer.Argument(help="A picture, a zip, a .jsonl, or a folder with a .jsonl and its pictures.")],
    use: Annotated[str, typer.Option(help=f"What for: {', '.join(get_args(Use))}.")] = "review",
    text: Annotated[str | None, typer.Option(help="Words of a single picture; read from it unless given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Bring memes in: to be reviewed, or as labelled memes to learn from. Every refused row is listed with its reason.

    Example: gatedclip import hateful_memes/train.jsonl --use train
    """
    if use not in get_args(Use):
        raise InputError(f"--use is {use!r}; it must be one of {', '.join(get_args(Use))}.")
    if not path.exists():
        raise InputError(f"There is no {path}. Check its name.")
    bench = Workbench.open()
    with watching("Import") as progress:
        receipt = _bring(bench, path, use, text, progress)  # type: ignore[arg-type]
    _print(receipt, _say_receipt(receipt), as_json)


def _bring(bench: Workbench, path: Path, use: Use, text: str | None, progress: Progress) -> Receipt:
    kind = path.suffix.lower()
    if path.is_dir() or kind == ".jsonl":
        list_file = _only_list(path) if path.is_dir() else path
        return bench.import_dataset(list_file.parent.name, list_file.read_bytes(), _beside(list_file.parent), use, progress)
    if kind == ".zip" and use != "review":
        return bench.import_archive(path.name, path.read_bytes(), use, progress)
    if kind == ".zip" or (kind in PICTURES and use == "review"):
        return bench.upload([(path.name, path.read_bytes())], text, progress)
    raise InputError(
        f"{path.name} cannot be imported for {use}. A folder, .jsonl or .zip can; for review also {', '.join(PICTURES)}."
    )


def _only_list(folder: Path) -> Path:
    lists = sorted(folder.glob("*.jsonl"))
    if len(lists) == 1:
        return lists[0]
    named = ", ".join(p.name for p in lists) or "none"
    raise InputError(f"{folder} holds {len(lists)} lists ({named}); exactly one is needed, or name one of them instead.")


def _beside(folder: Path) -> Any:
    """Reads a list's pictures, from its own folder only."""
    root = folder.resolve()

    def read(img: str) -> bytes | None:
        try:
            file = (root / img).resolve()
            inside = file.is_relative_to(root) and file.is_file()
        except (OSError, ValueError):  # a name no file can have
            return None
        if not inside:
            return None
        with file.open("rb") as opened:
            return opened.read(images.MAX_BYTES + 1)  # no more than shows that it is too large

    return read


def _say_receipt(receipt: Receipt) -> str:
    counts = f"{len(receipt.added):,} added, {len(receipt.known):,} here already, {len(receipt.refused):,} refused"
    return "\n".join([counts, *(f"  {r.row}  {clean_text(r.name)}: {r.reason}" for r in receipt.refused)])


@app.command()
def export(
    out: Annotated[Path | None, typer.Option(help="File to write; stdout unless given.")] = None,
    form: Annotated[str, typer.Option(help="csv, safe to open in a spreadsheet, or jsonl.")] = "csv",
    reviewer: Annotated[str, typer.Option(help="Only this person's events.")] = "",
) -> None:
    """Hand out every decision with who, when, on which head, and what the head said.

    Example: gatedclip export --form jsonl --out decisions.jsonl
    """
    if form not in ("csv", "jsonl"):
        raise InputError(f"--form is {form!r}; it must be csv or jsonl.")
    data = Workbench.open().export(DecisionFilter(reviewer=reviewer), form)  # type: ignore[arg-type]
    if out is None:
        sys.stdout.buffer.write(data)
    else:
        out.write_bytes(data)


# --- predict and explain ------------------------------------------------------------------------------------------


@app.command()
def predict(
    what: Annotated[list[str], typer.Argument(help="Ids of memes, or one picture file, which is not stored.")],
    text: Annotated[str | None, typer.Option(help="Words of a picture file; read from it unless given.")] = None,
    version: Annotated[
        int | None, typer.Option(max=2**63 - 1, help="Head to ask about stored memes, not the one that serves.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What the head says: probability of hateful, and the gate between picture (1) and words (0).

    Example: gatedclip predict 12 13 --json
    """
    bench = Workbench.open()
    if len(what) == 1 and not what[0].isdigit():  # a file
        words, said = bench.predict_file(_file(what[0]).read_bytes(), text)
        _print({"file": what[0], "text": words, **_plain(said)}, _say(what[0], words, said), as_json)
        return
    memes = bench.look_up([_id(value) for value in what])
    found = bench.predict(memes, bench.version(version) if version is not None else None)
    lines = [_say(str(m.id), m.text, p) for m, p in zip(memes, found, strict=True)]
    _print([{"meme_id": m.id, **_plain(p)} for m, p in zip(memes, found, strict=True)], "\n".join(lines), as_json)


def _say(name: str, words: str, said: Prediction) -> str:
    verdict = f"{said.label.value}, probability {said.probability:.3f} (decides at {said.threshold:.3f}), gate {said.gate:.2f}"
    return f"{name}: {verdict}{', outside what this model knows' if said.outside else ''}  {words}"


@app.command()
def explain(
    meme: Annotated[int, typer.Argument(max=2**63 - 1, help="Id of the meme.")],
    method: Annotated[str, typer.Option(help=f"One of: {', '.join(get_args(Method))}.")] = "quick",
    out: Annotated[Path | None, typer.Option(help="PNG to write: the picture with its heat.")] = None,
    as_json: AsJson = False,
) -> None:
    """Why the head says so: which words and which parts of the picture counted.

    Example: gatedclip explain 12 --method "integrated gradients" --out heat.png
    """
    from gatedclip.explain.say import say_attribution, say_trust

    if method not in get_args(Method):
        raise InputError(f"--method is {method!r}; it must be one of {', '.join(get_args(Method))}.")
    bench = Workbench.open()
    found = bench.meme(meme)
    why = bench.explain(found, method)  # type: ignore[arg-type]
    if out is not None:
        from gatedclip.explain.heat import heat_overlay

        heat_overlay(bench.engine.picture(found.picture), why).save(out, "PNG")
    words = "\n".join(f"  {word.value:+.4f}  {word.text}" for word in why.words)
    _print({"meme_id": meme, **asdict(why)}, f"{say_attribution(why)}\n{words}\n{say_trust(why)}", as_json)


# --- learn --------------------------------------------------------------------------------------------------------


@app.command()
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
        _print(found, _say_folds(found), as_json)
        return
    bench = Workbench.open()
    with watching("Training") as progress:
        version = bench.retrain(config, by or getpass.getuser(), progress)
    _print(version, _say_version(bench, version), as_json)


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


@app.command()
def retrain(preset: PresetOption = "tuned", by: By = "", as_json: AsJson = False) -> None:
    """Train a candidate in a process of its own, as the button in the app does, and watch it. Ctrl-C cancels it.

    Example: gatedclip retrain --by anna
    """
    bench = Workbench.open()
    job = bench.start_retraining(TrainConfig.preset(preset), by or getpass.getuser())  # type: ignore[arg-type]
    with watching("Retraining") as progress:
        try:
            while job.status.active:
                time.sleep(0.2)
                job = bench.retraining() or job
                progress(job.progress, job.message or "starting")
        except KeyboardInterrupt:
            bench.cancel(job.id)
            raise
    if job.status is not JobStatus.DONE:
        raise DataError(f"The retraining ended as {job.status.value}: {job.message}")
    version = bench.version(job.result["version_id"])
    _print(version, _say_version(bench, version), as_json)


@app.command()
def evaluate(
    version: Annotated[int | None, typer.Option(max=2**63 - 1, help="Head to measure, not the one that serves.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure a head on the held-out test memes as they are now.

    Example: gatedclip evaluate --version 2 --json
    """
    bench = Workbench.open()
    chosen = bench.version(version) if version is not None else bench.champion()
    if chosen is None:
        raise NotFound("No head serves yet. Name one with --version, or promote one first.")
    found = bench.evaluate(chosen)
    _print({"version": chosen.id, **asdict(found)}, f"{chosen.name}: {_say_scores(found)}", as_json)


@app.command()
def promote(
    version: Annotated[int, typer.Argument(max=2**63 - 1, help="Number of the version: 2 for v2.")],
    reason: Annotated[str, typer.Option(help="Why; kept on record.")] = "",
    by: By = "",
) -> None:
    """Make a version serve from the next prediction on. Promote an earlier one to go back.

    Example: gatedclip promote 2 --reason "knows the missing themes"
    """
    bench = Workbench.open()
    bench.promote(version, by or getpass.getuser(), clean_text(reason))
    print(f"{bench.version(version).name} serves now.")


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


# --- MemeWorld and bench ------------------------------------------------------------------------------------------


@world.command("build")
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
    _print(made, json.dumps(made, indent=1), as_json)


@world.command("table")
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
    _print([asdict(row) for row in rows], tables.render(rows), as_json)


@bench.callback()
def measure(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Measure this machine: embedding, training, predicting, explaining, and memory. A few minutes.

    Example: gatedclip bench --json
    """
    if ctx.invoked_subcommand is not None:
        return
    from gatedclip import bench as machine

    with watching("Bench") as progress:
        found = machine.measure(progress)
    _print(found, machine.render(found), as_json)


@bench.command("explain")
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
    _print(found, explaining.table(found), as_json)


# --- parts --------------------------------------------------------------------------------------------------------


@contextmanager
def watching(what: str) -> Iterator[Progress]:
    """A progress bar on stderr while something takes long."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TimeElapsedColumn())
    console = Console(stderr=True)
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda fraction, message: bar.update(task, completed=fraction, description=escape(message))


def _print(value: Any, words: str, as_json: bool) -> None:
    print(json.dumps(_plain(value), default=_jsonable) if as_json else words)


def _plain(value: Any) -> Any:
    if isinstance(value, Prediction):
        return {**asdict(value), "label": value.label.value, "outside": value.outside}
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def _jsonable(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _id(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 18):  # more digits than a database can hold
        raise InputError(f"{value!r} is not the id of a meme. Give ids, such as 12 13, or a single picture file.")
    return int(value)


def _file(name: str) -> Path:
    path = Path(name)
    if not path.is_file():
        raise InputError(f"{name!r} is neither the id of a meme nor a file. Check its name.")
    return path
