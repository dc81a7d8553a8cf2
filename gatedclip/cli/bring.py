"""Start, serve, bring memes in, hand decisions out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from gatedclip import demo as demos
from gatedclip.cli.output import AsJson, By, one_of, show, watching, who
from gatedclip.config import ASSETS, LOOPBACK
from gatedclip.data import images
from gatedclip.data.export import FORMS, RECORDS
from gatedclip.data.text import clean_text
from gatedclip.errors import ConfigError, InputError
from gatedclip.intake import Use
from gatedclip.store.decisions import DecisionFilter
from gatedclip.types import Progress, Receipt, Refusal, Split
from gatedclip.workbench import Workbench

APP = ASSETS.parent / "app.py"
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif")


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


def serve(port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 8501) -> None:
    """Serve the workbench in a browser; an empty one is given the demo first.

    Example: gatedclip serve --port 8600
    """
    if not APP.is_file():
        raise ConfigError(f"There is no {APP}. Install the project from its clone with: pip install -e .")
    bench = Workbench.open()
    if why := bench.settings.barred(os.environ.get("STREAMLIT_SERVER_ADDRESS", LOOPBACK[0])):
        raise ConfigError(why)
    if demos.wanted(bench):
        with watching("Demo") as progress:
            demos.seed(bench, progress)
    bench.store.close()
    arguments = ["streamlit", "run", str(APP), "--server.port", str(port)]
    os.execv(sys.executable, [sys.executable, "-m", *arguments])  # noqa: S606  # the server takes this process's place


def import_(
    path: Annotated[Path, typer.Argument(help="A picture, a zip, a .jsonl, or a folder with a .jsonl and its pictures.")],
    use: Annotated[str, typer.Option(help=f"What for: {', '.join(get_args(Use))}.")] = "review",
    text: Annotated[str | None, typer.Option(help="Words of a single picture; read from it unless given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Bring memes in: to be reviewed, or as labelled memes to learn from. Every refused row is listed with its reason.

    Example: gatedclip import hateful_memes/train.jsonl --use train
    """
    one_of("--use", use, get_args(Use))
    if not path.exists():
        raise InputError(f"There is no {path}. Check its name.")
    bench = Workbench.open()
    with watching("Import") as progress:
        receipt = _bring(bench, path, use, text, progress)  # type: ignore[arg-type]
    show(receipt, _say_receipt(receipt), as_json)


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
    return "\n".join([counts, *_refusals(receipt.refused)])


def _refusals(refused: Iterable[Refusal]) -> list[str]:
    return [f"  {r.row}  {clean_text(r.name)}: {r.reason}" for r in refused]


def import_record(
    path: Annotated[Path, typer.Argument(help="A .csv, .jsonl or .parquet file that `gatedclip export` wrote.")],
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Take in decisions recorded elsewhere, with who and when. Their memes must be here; what is here already stays once.

    Example: gatedclip import-record decisions.jsonl
    """
    form = path.suffix.lower().lstrip(".")
    one_of("The ending of the file", form, RECORDS)
    if not path.is_file():
        raise InputError(f"There is no file {path}. Check its name.")
    bench = Workbench.open()
    found = bench.bring_record(path.read_bytes(), form, who(bench, by))  # type: ignore[arg-type]
    counts = f"{found.recorded:,} recorded, {found.known:,} here already, {len(found.refused):,} refused"
    show(found, "\n".join([counts, *_refusals(found.refused)]), as_json)


def export(
    out: Annotated[Path | None, typer.Option(help="File to write; stdout unless given.")] = None,
    form: Annotated[
        str, typer.Option(help="csv, safe to open in a spreadsheet; jsonl; parquet; or hateful-memes, the decided memes zipped.")
    ] = "csv",
    reviewer: Annotated[str, typer.Option(help="Only this person's events.")] = "",
    by: By = "",
) -> None:
    """Hand out every decision with who, when, under which policy, on which head, what the head said, and its receipt.

    Example: gatedclip export --form jsonl --out decisions.jsonl
    """
    one_of("--form", form, FORMS)
    bench = Workbench.open()
    data = bench.export(DecisionFilter(reviewer=reviewer), form, who(bench, by))  # type: ignore[arg-type]
    if out is None:
        sys.stdout.buffer.write(data)
    else:
        out.write_bytes(data)
