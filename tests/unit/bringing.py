"""Small pictures and datasets for tests that bring something in."""

import io
import json
import zipfile

from PIL import Image, ImageDraw, ImageFont

from gatedclip.config import TrainConfig
from gatedclip.data.images import to_jpeg
from gatedclip.store import MemeFilter
from gatedclip.types import Split
from gatedclip.workbench import Workbench


def png(colour="red", mark=0, size=(64, 48)) -> bytes:
    """A plain picture; `mark` makes it differ from another of its colour."""
    picture = Image.new("RGB", size, colour)
    ImageDraw.Draw(picture).rectangle((0, 0, 1 + mark % 60, 1 + mark // 60), fill="white")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def written(text: str) -> bytes:
    """A picture with words that can be read off it."""
    picture = Image.new("RGB", (640, 160), "white")
    ImageDraw.Draw(picture).text((30, 50), text, fill="black", font=ImageFont.load_default(size=48))
    return to_jpeg(picture)


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def dataset(n: int, *, labelled: bool = True, start: int = 0) -> bytes:
    """A zip in the Hateful Memes layout: red pictures are hateful, blue ones benign, each with words and a family of its own."""
    files, lines = {}, []
    for i in range(start, start + n):
        hateful = i % 2
        files[f"img/{i}.png"] = png("red" if hateful else "blue", mark=i)
        row = {"id": i, "img": f"img/{i}.png", "text": f"words number {i}"}
        lines.append(json.dumps(row | ({"label": hateful} if labelled else {})))
    return zipped({"memes.jsonl": "\n".join(lines).encode(), **files})


def teach(bench: Workbench, waiting: int, recipe: TrainConfig, rivals: int = 0) -> Workbench:
    """Gives a workbench a base set of 100 where it has none, memes to review, one promoted head, and others like it."""
    if not bench.count(MemeFilter(split=Split.TRAIN)):
        bench.import_archive("base.zip", dataset(100), use="base")
    if waiting:
        bench.import_archive("more.zip", dataset(waiting, start=500))
    bench.promote(bench.retrain(recipe, "anna").id, "anna")
    for _ in range(rivals):
        bench.retrain(recipe, "anna")
    return bench
