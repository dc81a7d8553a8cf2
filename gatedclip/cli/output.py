"""What every command says and how: a bar while it works, then words for a person or JSON for a program."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from gatedclip.errors import InputError, NotFound
from gatedclip.types import HeadVersion, Prediction, Progress
from gatedclip.workbench import Workbench

LARGEST = 2**63 - 1  # id that a database can hold

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
MemeId = Annotated[int, typer.Argument(max=LARGEST, help="Id of the meme.")]
Version = Annotated[int | None, typer.Option(max=LARGEST, help="Number of a head: 2 for v2; the one that serves unless given.")]

By = Annotated[str, typer.Option(help="Who acts: the name that the record keeps and whose role counts; your own unless given.")]


@contextmanager
def watching(what: str) -> Iterator[Progress]:
    """A progress bar on stderr while something takes long."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TimeElapsedColumn())
    console = Console(stderr=True)
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda fraction, message: bar.update(task, completed=fraction, description=escape(message))


def show(value: Any, words: str, as_json: bool) -> None:
    """Prints the value as JSON, or the words."""
    print(json.dumps(plain(value), default=_jsonable) if as_json else words)


def plain(value: Any) -> Any:
    """A value as dictionaries, with what a prediction says of itself."""
    if isinstance(value, Prediction):
        return {**asdict(value), "label": value.label.value, "outside": value.outside}
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def _jsonable(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)


def say(name: str, words: str, said: Prediction) -> str:
    """A prediction in one line."""
    verdict = f"{said.label.value}, probability {said.probability:.3f} (decides at {said.threshold:.3f}), gate {said.gate:.2f}"
    return f"{name}: {verdict}{', outside what this model knows' if said.outside else ''}  {words}"


def one_of(option: str, value: str, accepted: Sequence[str]) -> None:
    """Raises InputError for a value that is not among those accepted."""
    if value not in accepted:
        raise InputError(f"{option} is {value!r}; it must be one of {', '.join(accepted)}.")


def serving(bench: Workbench, version: int | None) -> HeadVersion:
    """The head that was named, or the one that serves; NotFound when there is none."""
    chosen = bench.version(version) if version is not None else bench.champion()
    if chosen is None:
        raise NotFound("No head serves yet. Name one with --version, or promote one first.")
    return chosen


def who(bench: Workbench, by: str) -> str:
    """The person who is acting: the one named, else whoever runs this; admins of the settings are let in by their e-mail."""
    name = by or getpass.getuser()
    person = bench.team.welcome(name) if bench.settings.sign_in and "@" in name else None
    return person.name if person else name
