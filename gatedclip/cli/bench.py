"""Measure this machine, and the explanations where the truth is known."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from gatedclip import demo as demos
from gatedclip.cli.output import AsJson, plain, show, watching
from gatedclip.errors import InputError


def measure(
    ctx: typer.Context,
    profile: Annotated[bool, typer.Option("--profile", help="Also what explaining by ViT-B-32 spends its time on.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure this machine: embedding, training, predicting, explaining, and memory. A few minutes.

    Example: gatedclip bench --json
    """
    if ctx.invoked_subcommand is not None:
        return
    from gatedclip import bench as machine

    with watching("Bench") as progress:
        found = machine.measure(progress, profile)
    show(found, machine.render(found), as_json)


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
    show(found, explaining.table(found), as_json)


def claims(
    sizes: Annotated[
        str, typer.Option(help="Queues to measure, by how many memes wait, with commas between.")
    ] = "1000,10000,100000",
    as_json: AsJson = False,
) -> None:
    """Measure how long it takes to be handed a meme with a thousand, ten thousand and a hundred thousand waiting. A minute.

    Example: gatedclip bench claim
    """
    from gatedclip.store import pace

    try:
        wanted = [int(size) for size in sizes.split(",")]
    except ValueError:
        raise InputError(f"--sizes is {sizes!r}; give numbers with commas between, such as 1000,10000.") from None
    if min(wanted) < 2 or max(wanted) > 1_000_000:
        raise InputError(f"--sizes is {sizes!r}; each size lies between 2 and 1,000,000.")
    with watching("Claiming") as progress:
        found = pace.claims(progress, wanted)
    lines = [f"{each.waiting:>9,} waiting: median {each.median:.2f} ms, p95 {each.p95:.2f} ms" for each in found]
    words = "\n".join([*lines, f"slowest over fastest: {pace.ratio(found):.2f}"])
    show({"claims": [plain(each) for each in found], "ratio": pace.ratio(found)}, words, as_json)


def duplicates(
    sample: Annotated[int, typer.Option(min=2, max=2000, help="Memes of each source, each with its copies.")] = 60,
    seed: Annotated[int, typer.Option(min=0, help="Of MemeWorld's memes.")] = 44,
    real: Annotated[
        str, typer.Option(help="Folder of real memes in the Hateful Memes layout; that of GATEDCLIP_REAL_MEMES.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Measure how well copies of memes are recognised: recall by kind of copy, and false matches. Minutes.

    Example: gatedclip bench duplicates --sample 20
    """
    from gatedclip.world import likeness

    with watching("Copies") as progress:
        found = likeness.measure(progress, real or None, sample, seed)
    lines = [
        f"{line.source:10}  {line.kind:20}  {'mistaken' if line.different else 'found':8}  {line.both:>6,} of {line.n:,}"
        f"  (whole picture alone {line.whole:,}; same words read {line.words:,})"
        for line in found
    ]
    show([plain(line) for line in found], "\n".join(lines), as_json)


def memory(
    corrections: Annotated[int, typer.Option(min=20, max=1000, help="Memes of missing themes that are decided.")] = 50,
    seeds: Annotated[int, typer.Option(min=2, max=50, help="Other draws and other heads.")] = 5,
    first: Annotated[int, typer.Option(min=0, max=1_000_000, help="The first seed.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Measure what corrections give at once through the memory, by retraining, and by both. Two minutes.

    Example: gatedclip bench memory --seeds 5
    """
    from gatedclip.config import TrainConfig
    from gatedclip.model import checkpoint
    from gatedclip.world import remembering

    trained = checkpoint.load(demos.HEAD)
    with watching("Remembering") as progress:
        found = remembering.run(trained.head, trained.threshold, TrainConfig(), corrections, seeds, progress, first)
    show(found, remembering.table(found), as_json)


def weight(
    weights: Annotated[str, typer.Option(help="What one decision counts for; 0: none was made.")] = "0,1,3,10",
    error: Annotated[float, typer.Option(min=0, max=0.5, help="Share of wrong answers.")] = 0.05,
    seeds: Annotated[int, typer.Option(min=2, max=50, help="Heads trained with each weight.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Measure how much one decision should count for: the demo's queue decided, heads trained, AUROC on the test memes. Minutes.

    Example: gatedclip bench weight --error 0
    """
    from gatedclip.config import TrainConfig
    from gatedclip.model.encoder import load_encoder
    from gatedclip.world import weighing

    with watching("Weighing") as progress:
        found = weighing.measure(load_encoder(), _numbers(weights), error, seeds, TrainConfig(), progress)
    show([asdict(each) for each in found], weighing.table(found), as_json)


def _numbers(given: str) -> list[float]:
    try:
        return [float(number) for number in given.split(",")]
    except ValueError:
        raise InputError(f"{given!r} is no list of numbers. Give some with commas between, such as 0,1,3.") from None


def refit(
    memes: Annotated[int, typer.Option(min=64, max=1_000_000, help="Memes to learn from: base and corrections.")] = 9000,
    width: Annotated[
        int, typer.Option(min=1, max=4096, help="Numbers in a vector: 512 of ViT-B/32, 128 of the small CLIP.")
    ] = 512,
    epochs: Annotated[int, typer.Option(min=1, max=1000, help="Passes over them.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Measure a whole refit: a plain loop, ours, and a committee of five at once, one after the other. Two minutes.

    Example: gatedclip bench refit --memes 1000 --epochs 2
    """
    from gatedclip.learn import pace

    with watching("Refit") as progress:
        found = pace.refit(memes, width, epochs, progress)
    show({**plain(found), "faster": found.faster, "at_once": found.at_once}, pace.render(found), as_json)


def rationales(
    memes: Annotated[int, typer.Option(min=200, max=8500, help="Memes to learn from.")] = 3000,
    seeds: Annotated[int, typer.Option(min=2, max=50, help="Other borders, other marks and other heads.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Measure what learning from marked reasons gives where a shortcut is planted in the memes to learn from. Minutes.

    Example: gatedclip bench rationales --memes 1000
    """
    from gatedclip.config import TrainConfig
    from gatedclip.model.encoder import load_encoder
    from gatedclip.world import rationales as measured

    with watching("Rationales") as progress:
        found = measured.run(load_encoder("demo"), TrainConfig(), (memes, 500, 1000, 200), seeds, progress)
    show(found, measured.table(found), as_json)


def poison(
    seeds: Annotated[int, typer.Option(min=1, max=50, help="Heads, lessons and attackers' draws, from --first on.")] = 5,
    first: Annotated[int, typer.Option(min=0, max=10_000, help="The first seed.")] = 0,
    attacks: Annotated[str, typer.Option(help="Attacks to measure, with commas between; all unless given.")] = "",
    base: Annotated[int, typer.Option(min=200, max=6000, help="Memes of the base set to learn from.")] = 3000,
    as_json: AsJson = False,
) -> None:
    """Measure what poisons a lesson, what catches it and what it costs, honest lessons beside it. Some 10 minutes.

    Example: gatedclip bench poison --seeds 1 --attacks "nothing,caption word"
    """
    from gatedclip import poison as measured
    from gatedclip.model.encoder import load_encoder

    chosen = tuple(name.strip() for name in attacks.split(",")) if attacks else measured.ALL
    plan = measured.Plan(seeds=tuple(range(first, first + seeds)), attacks=chosen, base=base)
    with watching("Poison") as progress:
        trials = measured.measure(load_encoder("demo"), plan, progress)
    show(measured.report(plan, trials), measured.render(plan, trials), as_json)
