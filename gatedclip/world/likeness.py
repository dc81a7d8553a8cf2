"""How well copies of memes are recognised: recall by kind of copy and false matches, on MemeWorld and on real memes."""

from __future__ import annotations

import io
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from gatedclip.data import images, ocr
from gatedclip.data.hateful_memes import Row, read_hateful_memes
from gatedclip.data.likeness import FEATURED, NEAR, distances, likeness_of, same_words
from gatedclip.errors import ConfigError
from gatedclip.types import Likeness, Progress
from gatedclip.world import captions, memes
from gatedclip.world.scenes import Scene, compose

REAL = "GATEDCLIP_REAL_MEMES"
"""Names a folder in the layout of the Hateful Memes data, whose memes are measured beside MemeWorld's."""

SAMPLE = 60  # memes of each source, each with twelve copies
SEED = 44  # of MemeWorld's families; others than those NEAR was chosen on, which are those of seeds 41, 43 and 97
FAR = 257  # no two hashes differ in so many bits: stands for hashes that are not compared

RECAPTIONED, MIRRORED, OTHER_THING, MOVED, STRANGERS = "other words", "mirrored", "other main thing", "other places", "strangers"
DIFFERENT = (OTHER_THING, MOVED, STRANGERS)
"""Kinds of pairs that are not of one picture: every match among them is false."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures compared."""

    kind: str
    whole: int  # bits of 256 between the whole pictures, mirrored or not, whichever are fewer
    bare: int  # the same with the writing painted away
    words: bool  # whether the words read off both are the same


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: of `n` pairs of one kind, how many were taken for the same picture."""

    source: str
    kind: str
    different: bool  # the pairs are of different pictures, so matches are mistakes
    n: int
    whole: int  # with hashes of the whole picture alone
    both: int  # with those of the picture without its writing as well: what is used
    words: int  # pairs whose words were read alike; with `both` what makes a copy


def measure(progress: Progress, real: str | None = None, sample: int = SAMPLE, seed: int = SEED) -> list[Line]:
    """The table of recall and false matches; minutes. `real` or the variable named by REAL is a folder of real memes."""
    folder = real if real is not None else os.environ.get(REAL, "")
    files = _files(Path(folder)) if folder else []
    rows = table("MemeWorld", list(world_pairs(sample, seed, lambda done, said: progress(done * (0.5 if folder else 1), said))))
    if folder:
        found = list(real_pairs(files, sample, lambda done, said: progress(0.5 + done / 2, said)))
        rows += table("real memes", found)
    progress(1.0, "Done")
    return rows


def table(source: str, pairs: Sequence[Pair], within: tuple[int, int] = NEAR) -> list[Line]:
    """Pairs counted by kind, in the order in which kinds first appear."""
    return [
        Line(
            source,
            kind,
            kind in DIFFERENT,
            len(group := [pair for pair in pairs if pair.kind == kind]),
            whole=sum(pair.whole <= within[0] for pair in group),
            both=sum(pair.whole <= within[0] or pair.bare <= within[1] for pair in group),
            words=sum(pair.words for pair in group),
        )
        for kind in dict.fromkeys(pair.kind for pair in pairs)
    ]


# --- what is compared ---------------------------------------------------------------------------------------------


def world_pairs(sample: int, seed: int, progress: Progress) -> Iterator[Pair]:
    """One meme of each of `sample` families against its copies, other drawings under its words, and the others."""
    rng = random.Random(seed)
    members = [family[0] for family in islice(memes.families(seed), sample)]
    first = []
    for n, meme in enumerate(members):
        progress(n / sample, f"MemeWorld meme {n + 1} of {sample}")
        picture = meme.draw()
        other = memes.family(seed + 1, n)[0].text  # seeds side by side never share a caption
        drawn = {RECAPTIONED: (meme.scene, other), OTHER_THING: (_other_thing(rng, meme.scene), meme.text)}
        drawn[MOVED] = (_moved(rng, meme.scene), meme.text)
        seen = _Seen.of(picture)
        first.append(seen)
        for kind, copy in {**copies(picture), **{kind: _written(*what) for kind, what in drawn.items()}}.items():
            yield seen.against(kind, _Seen.of(copy))
    yield from _strangers(first)


def real_pairs(files: Sequence[Path], sample: int, progress: Progress) -> Iterator[Pair]:
    """The first `sample` memes of these jsonl files against their copies and each other."""
    rng, first = random.Random(0), []
    rows = list(islice(_real(files), sample))
    for n, (picture, _) in enumerate(rows):
        progress(n / len(rows), f"Real meme {n + 1} of {len(rows)}")
        seen = _Seen.of(picture)
        first.append(seen)
        other = rng.choice([text for k, (_, text) in enumerate(rows) if k != n])
        for kind, copy in {**copies(picture), RECAPTIONED: relabelled(picture, seen.boxes, other)}.items():
            yield seen.against(kind, _Seen.of(copy))
    yield from _strangers(first)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A picture as the workbench would see it when it arrives."""

    likeness: Likeness
    text: str
    boxes: np.ndarray  # (N, 4, 2)

    @classmethod
    def of(cls, picture: Image.Image) -> _Seen:
        jpeg = images.to_jpeg(picture)
        reading = ocr.look(jpeg)
        return cls(likeness_of(jpeg, lambda _: reading.boxes), reading.text, reading.boxes)

    def against(self, kind: str, other: _Seen) -> Pair:
        whole, bare = (_bits(self.likeness, other.likeness, part) for part in (0, 1))
        return Pair(kind, whole, bare, same_words(self.text, other.text))


def _bits(one: Likeness, other: Likeness, part: int) -> int:
    if min(one.qualities[part], other.qualities[part]) < FEATURED:
        return FAR
    seen = [np.frombuffer(hashes, np.uint8).reshape(2, 32)[part : part + 1] for hashes in (one.upright, one.mirrored)]
    stored = np.frombuffer(other.upright, np.uint8).reshape(2, 32)[part : part + 1]
    return int(distances(np.concatenate(seen), stored).min())


def _strangers(seen: Sequence[_Seen]) -> Iterator[Pair]:
    return (one.against(STRANGERS, other) for n, one in enumerate(seen) for other in seen[:n])


def _files(folder: Path) -> list[Path]:
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise ConfigError(f"{REAL} names {folder}, which holds no .jsonl file. Name a folder in the Hateful Memes layout.")
    return files


def _real(files: Sequence[Path]) -> Iterator[tuple[Image.Image, str]]:
    """Their pictures and texts."""
    for file in files:
        for row in read_hateful_memes(file.read_bytes(), partial(_bytes, file.parent)):
            if isinstance(row, Row):
                with Image.open(io.BytesIO(images.clean(row.data).jpeg)) as opened:
                    yield opened.convert("RGB"), row.text


def _bytes(folder: Path, img: str) -> bytes | None:
    path = folder / img
    return path.read_bytes() if path.is_file() else None


# --- copies -------------------------------------------------------------------------------------------------------


def copies(picture: Image.Image) -> dict[str, Image.Image]:
    """What happens to a picture on its way through the net, by kind."""
    return {
        **{f"JPEG {quality}": _jpeg(picture, quality) for quality in (70, 50, 30)},
        **{f"resized to {share:.0%}": _resized(picture, share) for share in (0.5, 1.5)},
        **{f"cropped by {share:.0%}": _cropped(picture, share) for share in (0.05, 0.1, 0.2)},
        MIRRORED: ImageOps.mirror(picture),
    }


def relabelled(picture: Image.Image, boxes: np.ndarray, text: str) -> Image.Image:
    """The picture with white panels over its writing and other words on them, shared out among the panels from top to bottom."""
    made, words = picture.copy(), text.split()
    canvas = ImageDraw.Draw(made)
    for n, box in enumerate(sorted(boxes, key=lambda corners: corners[:, 1].min())):
        (left, top), (right, bottom) = box.min(0), box.max(0)
        canvas.rectangle((left, top, right, bottom), fill="white")
        line = " ".join(words[n * len(words) // len(boxes) : (n + 1) * len(words) // len(boxes)])
        size = 0.8 * (bottom - top)
        while size > 6 and ImageFont.load_default(size).getlength(line) > right - left:
            size *= 0.9
        canvas.text((left, top), line, fill="black", font=ImageFont.load_default(size))
    return made


def _jpeg(picture: Image.Image, quality: int) -> Image.Image:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return Image.open(out).convert("RGB")


def _resized(picture: Image.Image, share: float) -> Image.Image:
    return picture.resize((round(picture.width * share), round(picture.height * share)), Image.Resampling.LANCZOS)


def _cropped(picture: Image.Image, share: float) -> Image.Image:
    """Less by `share` of its width and of its height, half of that on each side."""
    x, y = picture.width * share / 2, picture.height * share / 2
    return picture.crop((round(x), round(y), round(picture.width - x), round(picture.height - y)))


def _written(scene: Scene, text: str) -> Image.Image:
    picture = scene.draw()
    captions.write(picture, text)
    return picture


def _other_thing(rng: random.Random, scene: Scene) -> Scene:
    """The same scene about something else: the hardest picture to tell apart, because its label may differ."""
    here = {thing.name for thing in scene.things}
    return scene.showing(
        rng.choice([name for theme in memes.THEMES.values() for name in (theme.good, theme.bad) if name not in here])
    )


def _moved(rng: random.Random, scene: Scene) -> Scene:
    """The same things before the same backdrop in other places and sizes, the main one away by a tenth of the picture or more."""
    main, *others = (thing.name for thing in scene.things)
    places = (compose(rng, main, others).things for _ in count())
    first = scene.things[0]
    return replace(scene, things=next(p for p in places if max(abs(p[0].x - first.x), abs(p[0].y - first.y)) >= 0.1))
