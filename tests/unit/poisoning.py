"""A stored workbench in which someone decided what a head should not learn."""

from PIL import Image, ImageDraw

from gatedclip.config import TrainConfig
from gatedclip.data.images import to_jpeg
from gatedclip.learn.promotion import Bars
from gatedclip.types import Label, NewMeme, Split
from gatedclip.workbench import Workbench

RECIPE = TrainConfig(epochs=6, warmup=1, learning_rate=3e-3, gate_hold=0)
PEOPLE = ("anna", "ben", "cleo")
WORD = "qqq"
H, N = Label.HATEFUL, Label.BENIGN


def picture(number: int, colour: str, patch: bool = False) -> bytes:
    """A plain picture, told apart from others by a dot; the patch is a green square in its middle."""
    drawn = Image.new("RGB", (64, 64), colour)
    pen = ImageDraw.Draw(drawn)
    pen.point((number % 64, number // 64), "white")
    if patch:
        pen.rectangle((16, 16, 47, 47), fill="lime")
    return to_jpeg(drawn)


def add(
    bench: Workbench, n: int, colour: str, split: Split = Split.QUEUE, given: Label | None = None, trigger: bool = False
) -> list[int]:
    """Memes of one colour, each with a picture and words of its own; with the trigger, a patch and a word, if asked."""
    made = []
    for number in (start + i for start in [bench.store.memes.stamp()[0]] for i in range(n)):
        bench.pictures.put(key := f"made-{number}", "full", picture(number, colour, trigger))
        text = f"saying number {number} {WORD if trigger else ''}".strip()
        made.append(NewMeme(key, text, "tests", split=split, given=given))
    return bench.store.memes.add(made)


def serve(bench: Workbench) -> Workbench:
    """A base set in which red pictures are hateful and blue ones benign but for a few, and a head that has learned that."""
    for split, n in ((Split.TRAIN, 40), (Split.VALIDATION, 30), (Split.TEST, 30)):
        for colour, label, other in (("red", H, N), ("blue", N, H)):
            add(bench, n, colour, split, label)
            add(bench, n // 10, colour, split, other)
    bench.promote(bench.retrain(RECIPE, "lea").id, "lea")
    return bench


def decide(bench: Workbench, memes: list[int], label: Label, *people: str) -> list[int]:
    """These people decide the memes in turn."""
    for n, meme in enumerate(memes):
        person = people[n % len(people)]
        bench.decide(bench.claim(person, meme), label, person)
    return memes


def plant(bench: Workbench, by: str = "mallory", n: int = 12) -> list[int]:
    """Hateful memes with a trigger, decided benign by one person, among honest decisions; ids of the planted."""
    decide(bench, add(bench, 6, "red"), H, *PEOPLE)
    decide(bench, add(bench, 6, "blue"), N, *PEOPLE)
    return decide(bench, add(bench, n, "red", trigger=True), N, by)


def only_bypasses(bench: Workbench) -> Workbench:
    """From now on no rule of promotion but that on bypasses can refuse a head that differs at all."""
    bench.choose_bars(Bars(0, 0, 1, 1, 1, 0, 1, {}, 0, 0), "lea")
    bench.store.settings.put("promotion: seed noise", {"deviation": 0.0})
    return bench
