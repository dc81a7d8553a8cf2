"""What the model says about a meme, and why."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, get_args

import numpy as np
import typer

from gatedclip.cli.output import AsJson, MemeId, Version, one_of, plain, say, show, watching
from gatedclip.errors import InputError
from gatedclip.types import Attribution, Baseline, Ledger, Meme, Method, ModalityShares, Prediction, Target, Trust, Way
from gatedclip.workbench import Workbench


def predict(
    what: Annotated[list[str], typer.Argument(help="Ids of memes, or one picture file, which is not stored.")],
    text: Annotated[str | None, typer.Option(help="Words of a picture file; read from it unless given.")] = None,
    version: Version = None,
    as_json: AsJson = False,
) -> None:
    """What the head says: probability of hateful, and the gate between picture (1) and words (0).

    Example: gatedclip predict 12 13 --json
    """
    bench = Workbench.open()
    if len(what) == 1 and not what[0].isdigit():  # a file
        words, said = bench.predict_file(_file(what[0]).read_bytes(), text)
        show({"file": what[0], "text": words, **plain(said)}, say(what[0], words, said), as_json)
        return
    memes = bench.look_up([_id(value) for value in what])
    found = bench.predict(memes, bench.version(version) if version is not None else None)
    lines = [say(str(m.id), m.text, p) for m, p in zip(memes, found, strict=True)]
    show([{"meme_id": m.id, **plain(p)} for m, p in zip(memes, found, strict=True)], "\n".join(lines), as_json)


def _id(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 18):  # more digits than a database can hold
        raise InputError(f"{value!r} is not the id of a meme. Give ids, such as 12 13, or a single picture file.")
    return int(value)


def _file(name: str) -> Path:
    path = Path(name)
    if not path.is_file():
        raise InputError(f"{name!r} is neither the id of a meme nor a file. Check its name.")
    return path


def explain(
    meme: MemeId,
    method: Annotated[str, typer.Option(help=f"One of: {', '.join(get_args(Method))}.")] = "quick",
    target: Annotated[str, typer.Option(help="What is explained: margin, hateful against benign, or gate.")] = "margin",
    baseline: Annotated[str, typer.Option(help=f"What stands for no picture: {', '.join(get_args(Baseline))}.")] = "mean colour",
    trust: Annotated[bool, typer.Option("--trust", help="Also check how far to trust the map; takes six times longer.")] = False,
    out: Annotated[Path | None, typer.Option(help="PNG to write: the picture with its heat.")] = None,
    as_json: AsJson = False,
) -> None:
    """Why the head says so: which words and which parts of the picture counted.

    Example: gatedclip explain 12 --method "integrated gradients" --trust --out heat.png
    """
    one_of("--method", method, get_args(Method))
    one_of("--target", target, get_args(Target))
    one_of("--baseline", baseline, get_args(Baseline))
    bench = Workbench.open()
    found, way = bench.meme(meme), Way(method, target, baseline)  # type: ignore[arg-type]  # checked above
    with watching("Explaining") as progress:
        why = bench.explain(found, way, progress)
        checked = bench.trust(found, way, progress) if trust else None
    why = replace(why, badge=checked.badge) if checked else why
    if out is not None:
        _write_heat(bench, found, why, out)
    show({"meme_id": meme, **asdict(why), **({"trust": asdict(checked)} if checked else {})}, _say_why(why, checked), as_json)


def _write_heat(bench: Workbench, meme: Meme, why: Attribution, out: Path) -> None:
    from gatedclip.explain.heat import heat_overlay

    heat_overlay(bench.engine.picture(meme.picture), why).save(out, "PNG")


def _say_why(why: Attribution, checked: Trust | None) -> str:
    from gatedclip.explain.say import say_attribution, say_trust

    lines = [say_attribution(why), *(f"  {word.value:+.4f}  {word.text}" for word in why.words), say_trust(why)]
    return "\n".join([*lines, *(["This map is " + " ".join([f"{checked.badge}.", *checked.reasons])] if checked else [])])


def ledger(meme: MemeId, as_json: AsJson = False) -> None:
    """Picture, words, or only both together: what the score owes to each, and what it would be without one.

    Example: gatedclip ledger 12
    """
    bench = Workbench.open()
    found = bench.ledger(bench.meme(meme))
    split = {name: _halves(shares) for name, shares in (("margin", found.margin), ("gate_logit", found.gate_logit))}
    show({"meme_id": meme, **asdict(found), **split}, _say_ledger(found), as_json)


def _halves(shares: ModalityShares | None) -> dict[str, float] | None:
    if shares is None:
        return None
    return {**asdict(shares), "picture_alone": shares.picture_alone, "words_alone": shares.words_alone}


def _say_ledger(found: Ledger) -> str:
    lines = [
        found.sentence,
        f"  probability {found.probability:.3f}, without the picture {found.without_picture:.3f}, "
        f"without the words {found.without_words:.3f}",
        f"  gate {found.gate:.2f}, share of the picture {found.share:.2f}",
        f"  margin  {_say_shares(found.margin)}",
    ]
    if found.gate_logit is not None:
        lines.append(f"  gate    {_say_shares(found.gate_logit)}")
    lines.append(f"  an absent half is averaged over {found.references} training memes")
    if found.disagrees:
        lines.append("  The gate leans to one half and this split to the other: the gate alone would mislead here.")
    return "\n".join([*lines, *([f"  {found.note}"] if found.note else [])])


def _say_shares(split: ModalityShares) -> str:
    return (
        f"{split.base:+.2f} to {split.margin:+.2f}: picture alone {split.picture_alone:+.2f}, "
        f"words alone {split.words_alone:+.2f}, only together {split.interaction:+.2f}; standard error {split.standard_error:.2f}"
    )


def what_if(meme: MemeId, as_json: AsJson = False) -> None:
    """What the head would say if its gate stood elsewhere, from the words alone (0) to the picture alone (1).

    Example: gatedclip what-if 12
    """
    bench = Workbench.open()
    found = bench.meme(meme)
    (said,), (probabilities, flips) = bench.predict([found]), bench.what_if(found)
    today: dict[str, Any] = {"meme_id": meme, "gate": said.gate, "probability": said.probability, "threshold": said.threshold}
    show({**today, "flips": flips, "probabilities": probabilities}, _say_sweep(said, probabilities, flips), as_json)


def _say_sweep(said: Prediction, probabilities: np.ndarray, flips: list[float]) -> str:
    turning = f"flips at gate {' and '.join(f'{gate:.2f}' for gate in flips)}" if flips else "no gate flips the decision"
    today = f"today's gate {said.gate:.2f}: probability {said.probability:.3f} (decides at {said.threshold:.3f}); {turning}"
    return "\n".join([today, *(f"  gate {n / 100:.1f}  {probabilities[n]:.3f}" for n in range(0, len(probabilities), 10))])
