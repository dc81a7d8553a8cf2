"""A scene: a backdrop with things placed on it, in fractions of the picture, drawn at any size."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from PIL import Image, ImageDraw

from gatedclip.world.drawings import DRAWINGS
from gatedclip.world.pen import Pen, Point, ellipse, shade

Box = tuple[float, float, float, float]  # left, top, right, bottom as fractions of the picture

PALETTES = (  # backdrop, its second tone, ground
    ("#bde0fe", "#a8d3f7", "#95d5a6"),
    ("#ffe0b5", "#ffd29a", "#e8ac7c"),
    ("#d8e2dc", "#c9d6ce", "#9db4ab"),
    ("#cdb4db", "#c2a5d3", "#9d86b8"),
    ("#ffc8dd", "#ffb9d3", "#d98aa8"),
    ("#b8e0d2", "#a6d6c5", "#78b7a0"),
    ("#a9d6e5", "#98cbdd", "#61a5c2"),
    ("#f8edeb", "#f0dfdc", "#d8bfb4"),
    ("#d9ed92", "#cce57c", "#99d98c"),
    ("#fdf0a6", "#f9e78a", "#e3c65b"),
)
BACKDROPS = ("plain", "hills", "rays", "dots", "stripes", "room")


@dataclass(frozen=True, slots=True)
class Placed:
    """One thing in a scene: its centre and side as fractions of the picture."""

    name: str
    x: float
    y: float
    size: float
    turn: float  # degrees clockwise
    mirror: bool
    colour: int  # index into the drawing's colours

    @property
    def box(self) -> Box:
        half = self.size / 2
        return (self.x - half, self.y - half, self.x + half, self.y + half)


@dataclass(frozen=True, slots=True)
class Scene:
    """A backdrop and what stands before it; the first thing is the one the picture is about."""

    palette: int
    backdrop: str
    seed: int  # of the backdrop's own ornament
    things: tuple[Placed, ...]

    @property
    def box(self) -> Box:
        """Where the first thing stands, with its outline and shadow."""
        left, top, right, bottom = self.things[0].box
        margin = 0.1 * self.things[0].size
        return (max(0.0, left - margin), max(0.0, top - margin), min(1.0, right + margin), min(1.0, bottom + margin))

    def showing(self, name: str) -> Scene:
        """The same scene with another thing in the first one's place."""
        return replace(self, things=(replace(self.things[0], name=name), *self.things[1:]))

    def draw(self, size: int = 448, oversample: int = 2) -> Image.Image:
        """The scene as an RGB picture of `size` pixels a side, drawn `oversample` times larger and reduced."""
        side = size * oversample
        picture = Image.new("RGB", (side, side), PALETTES[self.palette][0])
        _draw_backdrop(ImageDraw.Draw(picture), side, self)
        _draw_shadows(picture, self.things)
        canvas = ImageDraw.Draw(picture)
        for thing in reversed(self.things):
            _draw_thing(canvas, side, thing, halo=(0.007 * side + 0.012 * thing.size * side, "#ffffff"))
            _draw_thing(canvas, side, thing)
        return picture if oversample == 1 else picture.resize((size, size), Image.Resampling.BOX)


def compose(rng: random.Random, main: str, others: Sequence[str]) -> Scene:
    """A scene about `main`, with as many of the others as find room beside it."""
    size = rng.uniform(0.38, 0.52)
    half = size / 2
    first = _placed(rng, main, rng.uniform(half + 0.03, 0.97 - half), rng.uniform(0.235 + half, 0.775 - half), size)
    things = [first]
    for name in others:
        beside = _beside(rng, name, things)
        if beside:
            things.append(beside)
    return Scene(rng.randrange(len(PALETTES)), rng.choice(BACKDROPS), rng.randrange(10**6), tuple(things))


def _placed(rng: random.Random, name: str, x: float, y: float, size: float) -> Placed:
    return Placed(
        name, round(x, 4), round(y, 4), round(size, 4), round(rng.uniform(-10, 10), 1), rng.random() < 0.5, rng.randrange(3)
    )


def _beside(rng: random.Random, name: str, things: Sequence[Placed]) -> Placed | None:
    for _ in range(12):
        size = rng.uniform(0.17, 0.25)
        x, y = rng.uniform(size / 2 + 0.02, 0.98 - size / 2), rng.uniform(0.2 + size / 2, 0.8 - size / 2)
        if all(max(abs(x - t.x), abs(y - t.y)) > (size + t.size) / 2 + 0.02 for t in things):
            return _placed(rng, name, x, y, size)
    return None


def _draw_thing(
    canvas: ImageDraw.ImageDraw, side: int, thing: Placed, halo: tuple[float, str | int] | None = None, drop: float = 0
) -> None:
    drawing = DRAWINGS[thing.name]
    centre = (thing.x * side + drop, thing.y * side + drop)
    pen = Pen(canvas, centre, 0.94 * thing.size / 2 * side, thing.turn, thing.mirror, halo)
    drawing.paint(pen, drawing.colours[thing.colour])


def _draw_shadows(picture: Image.Image, things: Sequence[Placed]) -> None:
    side = picture.width
    mask = Image.new("L", picture.size, 0)
    canvas = ImageDraw.Draw(mask)
    for thing in things:
        grow = 0.007 * side + 0.012 * thing.size * side
        _draw_thing(canvas, side, thing, halo=(grow, 46), drop=0.03 * thing.size * side)
    picture.paste("#1b1b3a", mask=mask)


def _draw_backdrop(canvas: ImageDraw.ImageDraw, side: int, scene: Scene) -> None:
    rng = random.Random(scene.seed)
    _, second, ground = PALETTES[scene.palette]

    def polygon(points: Sequence[Point], fill: str) -> None:
        canvas.polygon([(x * side, y * side) for x, y in points], fill=fill)

    if scene.backdrop == "rays":
        cx, cy, start = rng.uniform(0.3, 0.7), rng.uniform(0.35, 0.65), rng.uniform(0, 0.5)
        for i in range(0, 24, 2):
            a, b = ((start + i + k) * math.pi / 12 for k in (0, 1))
            polygon(
                [(cx, cy), (cx + 2 * math.cos(a), cy + 2 * math.sin(a)), (cx + 2 * math.cos(b), cy + 2 * math.sin(b))], second
            )
    elif scene.backdrop == "dots":
        step = rng.uniform(0.09, 0.14)
        for row in range(int(1 / step) + 2):
            for column in range(int(1 / step) + 2):
                polygon(ellipse((column + row % 2 / 2) * step, row * step, step / 5, step / 5, steps=20), second)
    elif scene.backdrop == "stripes":
        step, lean = rng.uniform(0.08, 0.14), rng.uniform(-0.5, 0.5)
        for i in range(-6, int(1 / step) + 8, 2):
            polygon([(i * step, 0), ((i + 1) * step, 0), ((i + 1) * step + lean, 1), (i * step + lean, 1)], second)
    elif scene.backdrop == "hills":
        _hills(rng, polygon, second, ground)
    elif scene.backdrop == "room":
        horizon = rng.uniform(0.68, 0.8)
        polygon([(0, horizon), (1, horizon), (1, 1), (0, 1)], ground)
        polygon([(0, horizon - 0.02), (1, horizon - 0.02), (1, horizon + 0.01), (0, horizon + 0.01)], shade(ground, -0.15))
    else:
        polygon(ellipse(rng.uniform(0.3, 0.7), rng.uniform(0.4, 0.6), 0.42, 0.42, steps=60), second)


def _hills(rng: random.Random, polygon, second: str, ground: str) -> None:  # type: ignore[no-untyped-def]
    for level, fill in ((0.58, second), (0.7, shade(ground, 0.2)), (0.8, ground)):
        phase, waves, height = rng.uniform(0, 6.3), rng.uniform(4, 8), rng.uniform(0.02, 0.05)
        crest = [(i / 40, level + height * math.sin(phase + waves * i / 40)) for i in range(41)]
        polygon([*crest, (1, 1), (0, 1)], fill)
