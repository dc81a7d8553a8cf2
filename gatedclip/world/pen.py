"""A pen that draws flat shapes in an object's own coordinates (x right, y down, both -1..1) at any size, turn and mirror."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from PIL import ImageColor, ImageDraw

Point = tuple[float, float]


class Pen:
    """Draws on a Pillow canvas; with a `halo`, every shape is drawn grown by so many pixels in that one colour instead."""

    def __init__(
        self,
        canvas: ImageDraw.ImageDraw,
        centre: Point,
        half: float,
        turn: float = 0.0,
        mirror: bool = False,
        halo: tuple[float, str | int] | None = None,
    ) -> None:
        self.canvas = canvas
        self.centre = centre
        self.half = half  # pixels from the centre to the edge of the object's square
        self.sign = -1.0 if mirror else 1.0
        self.cos, self.sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        self.halo = halo

    def polygon(self, points: Sequence[Point], fill: str) -> None:
        pixels = [self._pixel(x, y) for x, y in points]
        if self.halo is None:
            self.canvas.polygon(pixels, fill=fill)
            return
        grow, colour = self.halo
        self.canvas.polygon(pixels, fill=colour)
        self.canvas.line([*pixels, *pixels[:2]], fill=colour, width=max(1, round(2 * grow)), joint="curve")

    def oval(self, x: float, y: float, rx: float, ry: float | None = None, fill: str = "", turn: float = 0.0) -> None:
        """An ellipse around (x, y), turned clockwise by `turn` degrees; a circle where `ry` is left out."""
        self.polygon(ellipse(x, y, rx, rx if ry is None else ry, turn), fill)

    def blob(self, points: Sequence[Point], fill: str) -> None:
        """A smooth closed shape through the points."""
        self.polygon(smooth(points, closed=True), fill)

    def box(self, left: float, top: float, right: float, bottom: float, fill: str, corner: float = 0.0) -> None:
        if corner <= 0:
            self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], fill)
            return
        corners = [(right - corner, top + corner), (right - corner, bottom - corner)]
        corners += [(left + corner, bottom - corner), (left + corner, top + corner)]
        points = [
            (x + corner * math.cos(math.radians(angle)), y + corner * math.sin(math.radians(angle)))
            for (x, y), start in zip(corners, (-90, 0, 90, 180), strict=True)
            for angle in range(start, start + 91, 15)
        ]
        self.polygon(points, fill)

    def stroke(self, points: Sequence[Point], width: float, fill: str, curved: bool = False) -> None:
        """A line with round ends; `curved` leads it smoothly through the points."""
        path = smooth(points, closed=False) if curved else list(points)
        for (x0, y0), (x1, y1) in pairwise(path):
            length = math.hypot(x1 - x0, y1 - y0) or 1.0
            dx, dy = (y1 - y0) / length * width / 2, (x0 - x1) / length * width / 2
            self.polygon([(x0 + dx, y0 + dy), (x1 + dx, y1 + dy), (x1 - dx, y1 - dy), (x0 - dx, y0 - dy)], fill)
        for x, y in path:
            self.polygon(ellipse(x, y, width / 2, width / 2, steps=14), fill)

    def arc(self, x: float, y: float, r: float, start: float, end: float, width: float, fill: str) -> None:
        """Part of a circle's line, from `start` to `end` degrees clockwise, 0 at the right."""
        steps = max(4, round(abs(end - start) / 15))
        angles = [math.radians(start + (end - start) * i / steps) for i in range(steps + 1)]
        self.stroke([(x + r * math.cos(a), y + r * math.sin(a)) for a in angles], width, fill)

    def _pixel(self, x: float, y: float) -> Point:
        x *= self.sign
        return (
            self.centre[0] + self.half * (x * self.cos - y * self.sin),
            self.centre[1] + self.half * (x * self.sin + y * self.cos),
        )


def ellipse(x: float, y: float, rx: float, ry: float, turn: float = 0.0, steps: int = 36) -> list[Point]:
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    round_trip = [2 * math.pi * i / steps for i in range(steps)]
    return [
        (x + rx * math.cos(a) * cos - ry * math.sin(a) * sin, y + rx * math.cos(a) * sin + ry * math.sin(a) * cos)
        for a in round_trip
    ]


def smooth(points: Sequence[Point], closed: bool, steps: int = 8) -> list[Point]:
    """Points of the Catmull-Rom curve through the given ones."""
    p = [points[-1], *points, points[0], points[1]] if closed else [points[0], *points, points[-1]]
    curve = [_between(p[i : i + 4], step / steps) for i in range(len(p) - 3) for step in range(steps)]
    return curve if closed else [*curve, points[-1]]


def _between(four: Sequence[Point], t: float) -> Point:
    """The point at 0..1 of the way from the second of four points to the third."""
    a, b, c, d = four
    weights = (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2)
    x, y = (sum(w * point[axis] for w, point in zip(weights, (a, b, c, d), strict=True)) / 2 for axis in (0, 1))
    return x, y


def shade(colour: str, amount: float) -> str:
    """The colour moved towards black (amount below 0) or white (above 0); -1..1."""
    target = 255 if amount > 0 else 0
    mixed = (round(v + (target - v) * abs(amount)) for v in ImageColor.getrgb(colour)[:3])
    return "#{:02x}{:02x}{:02x}".format(*mixed)
