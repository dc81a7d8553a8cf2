"""Everything that can stand in a picture: the two sides of each theme, mean symbols, their harmless look-alikes, neutral things.

Each painter draws inside the square -1..1 of its own coordinates and takes the main colour; DRAWINGS finds it by name.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from gatedclip.world.pen import Pen, shade

INK = "#2d3142"
WHITE = "#ffffff"
CREAM = "#fff6e0"
RED = "#e5383b"
GREEN = "#43aa5b"
GOLD = "#ffc93c"
BROWN = "#8d5b3e"
GREY = "#8d99ae"

Painter = Callable[[Pen, str], None]


@dataclass(frozen=True)
class Drawing:
    """A thing by name, as a description calls it, with the colours it comes in."""

    name: str
    phrase: str
    colours: tuple[str, ...]
    paint: Painter


DRAWINGS: dict[str, Drawing] = {}


def drawing(phrase: str, *colours: str) -> Callable[[Painter], Painter]:
    def register(paint: Painter) -> Painter:
        name = paint.__name__
        DRAWINGS[name] = Drawing(name, phrase, colours, paint)
        return paint

    return register


# --- the good and the bad side of each theme -------------------------------------------------------------------------


@drawing("a rose", "#e5383b", "#ef6f9b", "#f4a261")
def rose(pen: Pen, colour: str) -> None:
    pen.stroke([(0, 0.0), (0.05, 0.5), (0, 0.92)], 0.1, "#2f8f4e", curved=True)
    pen.oval(-0.32, 0.5, 0.3, 0.13, GREEN, turn=28)
    pen.oval(0.36, 0.38, 0.3, 0.13, GREEN, turn=-28)
    dark, light = shade(colour, -0.22), shade(colour, 0.2)
    for angle in range(18, 378, 72):
        x, y = 0.3 * math.cos(math.radians(angle)), -0.36 + 0.3 * math.sin(math.radians(angle))
        pen.oval(x, y, 0.31, fill=dark)
        pen.oval(x * 0.93, -0.36 + (y + 0.36) * 0.93, 0.27, fill=colour)
    pen.oval(0, -0.36, 0.33, fill=dark)
    pen.oval(0.02, -0.38, 0.27, fill=colour)
    pen.arc(0.02, -0.37, 0.16, -140, 120, 0.06, dark)
    pen.oval(0.02, -0.38, 0.07, fill=light)


@drawing("a skunk", "#2d3142", "#3a3347", "#262a36")
def skunk(pen: Pen, colour: str) -> None:
    pen.blob(
        [(-0.35, 0.6), (-0.78, 0.5), (-0.92, 0.0), (-0.78, -0.55), (-0.42, -0.88), (-0.12, -0.62), (-0.45, -0.2), (-0.3, 0.2)],
        colour,
    )
    pen.blob([(-0.55, 0.35), (-0.75, 0.0), (-0.66, -0.42), (-0.42, -0.7), (-0.3, -0.6), (-0.55, -0.2), (-0.5, 0.1)], WHITE)
    for x in (-0.3, -0.08, 0.22, 0.42):
        pen.box(x, 0.55, x + 0.15, 0.9, colour, 0.06)
    pen.oval(0.08, 0.42, 0.52, 0.33, colour)
    pen.blob([(-0.4, 0.36), (-0.1, 0.12), (0.3, 0.06), (0.5, 0.16), (0.25, 0.24), (-0.1, 0.3)], WHITE)
    pen.oval(0.45, -0.18, 0.1, fill=colour)
    pen.oval(0.73, -0.16, 0.1, fill=colour)
    pen.oval(0.6, 0.08, 0.3, 0.28, colour)
    pen.blob([(0.54, -0.2), (0.63, -0.2), (0.72, 0.14), (0.62, 0.22)], WHITE)
    pen.oval(0.5, 0.04, 0.055, fill=WHITE)
    pen.oval(0.77, 0.02, 0.05, fill=WHITE)
    pen.oval(0.51, 0.05, 0.03, fill="#000000")
    pen.oval(0.78, 0.03, 0.03, fill="#000000")
    pen.oval(0.76, 0.2, 0.08, 0.06, "#f28ba0")


@drawing("a cheering crowd", "#f9844a", "#577590", "#9b5de5")
def crowd(pen: Pen, colour: str) -> None:
    back = ((-0.62, "#43aa8b"), (0.0, "#f94144"), (0.62, "#277da1"))
    front = ((-0.34, "#f9c74f"), (0.34, colour))
    for x, shirt in back:
        _fan(pen, x, -0.2, shirt, reach=0.5)
    for x, shirt in front:
        _fan(pen, x, 0.2, shirt, reach=0.1)


def _fan(pen: Pen, x: float, y: float, shirt: str, reach: float) -> None:
    skin = "#ffd9b0"
    for side in (-1, 1):
        pen.stroke([(x + side * 0.18, y + 0.3), (x + side * 0.27, y - reach + 0.08)], 0.11, shirt)
        pen.oval(x + side * 0.27, y - reach, 0.08, fill=skin)
    pen.box(x - 0.24, y + 0.18, x + 0.24, y + 0.76, shirt, 0.16)
    pen.oval(x, y - 0.04, 0.19, 0.21, skin)
    pen.oval(x, y - 0.17, 0.18, 0.1, shade(shirt, -0.45))
    pen.arc(x, y + 0.02, 0.08, 10, 170, 0.04, INK)


@drawing("an empty desert", "#f2c14e", "#eeb868", "#f0a868")
def desert(pen: Pen, colour: str) -> None:
    green, dark = "#4f9d69", "#3c7d53"
    pen.oval(0.55, -0.5, 0.24, fill="#fb8b24")
    pen.blob(
        [(-0.95, 0.75), (-0.6, 0.36), (-0.1, 0.3), (0.4, 0.16), (0.85, 0.4), (0.95, 0.75), (0.5, 0.88), (-0.5, 0.88)], colour
    )
    pen.blob([(-0.95, 0.76), (-0.5, 0.55), (0.1, 0.62), (0.6, 0.52), (0.95, 0.75), (0.4, 0.9), (-0.5, 0.9)], shade(colour, -0.12))
    pen.stroke([(-0.2, 0.5), (-0.2, -0.62)], 0.27, green)
    pen.stroke([(-0.2, 0.14), (-0.6, 0.14), (-0.6, -0.24)], 0.18, green)
    pen.stroke([(-0.2, -0.02), (0.2, -0.02), (0.2, -0.38)], 0.18, green)
    for x, top, bottom in ((-0.2, -0.6, 0.45), (-0.6, -0.2, 0.08), (0.2, -0.34, -0.08)):
        pen.stroke([(x, top), (x, bottom)], 0.035, dark)
    pen.oval(0.55, 0.42, 0.16, fill="#b08968")
    pen.arc(0.55, 0.42, 0.09, 20, 300, 0.03, "#7f5539")


@drawing("a rocket", "#f1f3f8", "#cfe3ff", "#ffe5d9")
def rocket(pen: Pen, colour: str) -> None:
    pen.blob([(-0.2, 0.5), (-0.24, 0.75), (0, 0.98), (0.24, 0.75), (0.2, 0.5)], "#ff7b00")
    pen.blob([(-0.1, 0.5), (-0.11, 0.68), (0, 0.82), (0.11, 0.68), (0.1, 0.5)], GOLD)
    for side in (-1, 1):
        pen.polygon([(side * 0.25, 0.05), (side * 0.62, 0.4), (side * 0.6, 0.68), (side * 0.2, 0.48)], RED)
    pen.blob([(0, -0.96), (-0.24, -0.6), (-0.34, -0.1), (-0.24, 0.5), (0, 0.54), (0.24, 0.5), (0.34, -0.1), (0.24, -0.6)], colour)
    pen.blob([(0, -0.96), (-0.2, -0.68), (-0.26, -0.5), (0, -0.46), (0.26, -0.5), (0.2, -0.68)], RED)
    pen.blob([(0.12, -0.45), (0.3, -0.1), (0.22, 0.46), (0.06, 0.5), (0.18, 0.0)], shade(colour, -0.14))
    pen.oval(0, -0.14, 0.19, fill=INK)
    pen.oval(0, -0.14, 0.14, fill="#5bc0eb")
    pen.oval(-0.05, -0.19, 0.04, fill=WHITE)
    pen.box(-0.05, 0.26, 0.05, 0.62, "#a4161a", 0.04)


@drawing("a snail", "#b5838d", "#a98467", "#6d8ea0")
def snail(pen: Pen, colour: str) -> None:
    body, dark = "#e9c46a", shade(colour, -0.35)
    for x, tip in ((0.55, 0.5), (0.72, 0.86)):
        pen.stroke([(x, 0.15), (tip, -0.36)], 0.06, body)
        pen.oval(tip, -0.42, 0.09, fill=WHITE)
        pen.oval(tip + 0.02, -0.42, 0.045, fill=INK)
    pen.blob([(-0.95, 0.78), (-0.6, 0.5), (0.3, 0.52), (0.44, 0.06), (0.64, -0.04), (0.84, 0.12), (0.82, 0.5), (0.6, 0.76)], body)
    pen.oval(-0.15, 0.12, 0.55, fill=dark)
    pen.oval(-0.15, 0.12, 0.48, fill=colour)
    pen.arc(-0.15, 0.12, 0.32, -40, 250, 0.08, dark)
    pen.arc(-0.12, 0.1, 0.15, -180, 90, 0.08, dark)
    pen.arc(0.66, 0.22, 0.1, 20, 150, 0.04, INK)


@drawing("a heavy barbell", "#2b59c3", "#d62839", "#22223b")
def barbell(pen: Pen, colour: str) -> None:
    pen.box(-0.94, -0.05, 0.94, 0.05, "#b8c0cc", 0.05)
    pen.box(-0.3, -0.07, 0.3, 0.07, "#5c677d", 0.05)
    for side in (-1, 1):
        for x, half, tint in ((0.42, 0.62, 0.0), (0.6, 0.5, -0.15), (0.76, 0.34, -0.3)):
            left, right = sorted((side * (x - 0.085), side * (x + 0.085)))
            pen.box(left, -half, right, half, shade(colour, tint), 0.06)
        left, right = sorted((side * 0.375, side * 0.4))
        pen.box(left, -0.5, right, 0.5, shade(colour, 0.35), 0.01)


@drawing("a feather", "#a7bed3", "#c8b6ff", "#f4acb7")
def feather(pen: Pen, colour: str) -> None:
    dark = shade(colour, -0.25)
    pen.blob(
        [(-0.5, 0.5), (-0.62, 0.1), (-0.4, -0.4), (0.1, -0.8), (0.62, -0.9), (0.6, -0.4), (0.34, 0.05), (-0.05, 0.4)], colour
    )
    pen.blob([(-0.5, 0.5), (-0.2, 0.0), (0.2, -0.45), (0.62, -0.9), (0.6, -0.4), (0.34, 0.05), (-0.05, 0.4)], dark)
    pen.polygon([(0.5, -0.1), (0.14, 0.02), (0.44, 0.12)], WHITE)
    pen.polygon([(-0.64, 0.02), (-0.3, 0.02), (-0.66, 0.16)], WHITE)
    for x, y in ((-0.2, 0.0), (0.02, -0.26), (0.26, -0.5)):
        pen.stroke([(x, y), (x + 0.3, y - 0.02)], 0.025, shade(colour, 0.3))
        pen.stroke([(x, y), (x - 0.06, y - 0.26)], 0.025, dark)
    pen.stroke([(-0.82, 0.92), (-0.45, 0.38), (0.1, -0.35), (0.55, -0.82)], 0.06, CREAM, curved=True)


@drawing("a bright sun", "#ffd166", "#ffbe0b", "#ffc857")
def sun(pen: Pen, colour: str) -> None:
    for i in range(12):
        a, b = math.radians(i * 30), 0.13
        tip, root = 0.95 if i % 2 == 0 else 0.82, 0.6
        left = (root * math.cos(a - b), root * math.sin(a - b))
        right = (root * math.cos(a + b), root * math.sin(a + b))
        pen.polygon([left, (tip * math.cos(a), tip * math.sin(a)), right], "#ff9f1c")
    pen.oval(0, 0, 0.56, fill=colour)
    pen.oval(-0.08, -0.08, 0.4, fill=shade(colour, 0.25))
    for side in (-1, 1):
        pen.oval(side * 0.18, -0.08, 0.06, 0.08, INK)
        pen.oval(side * 0.33, 0.1, 0.08, 0.06, "#ff8c61")
    pen.arc(0, 0.06, 0.22, 20, 160, 0.06, INK)


@drawing("a dark rain cloud", "#5c677d", "#4a4e69", "#6c6f85")
def raincloud(pen: Pen, colour: str) -> None:
    for x, y in ((-0.5, 0.45), (-0.62, 0.78), (0.5, 0.42), (0.62, 0.76), (-0.2, 0.66)):
        pen.polygon([(x, y - 0.16), (x + 0.08, y + 0.04), (x - 0.08, y + 0.04)], "#4895ef")
        pen.oval(x, y + 0.06, 0.08, fill="#4895ef")
    pen.polygon([(0.1, 0.1), (-0.12, 0.58), (0.06, 0.56), (-0.04, 0.95), (0.34, 0.42), (0.14, 0.44), (0.3, 0.1)], "#ffd60a")
    for x, y, r in ((-0.52, -0.05, 0.36), (0.52, -0.02, 0.36), (-0.16, -0.38, 0.42), (0.28, -0.28, 0.36)):
        pen.oval(x, y, r, fill=colour)
    pen.box(-0.6, -0.1, 0.6, 0.33, colour, 0.16)
    pen.oval(-0.22, -0.46, 0.22, 0.2, shade(colour, 0.14))
    pen.box(-0.7, 0.17, 0.7, 0.33, shade(colour, -0.2), 0.08)


@drawing("a sparkling diamond", "#5bc0eb", "#4cc9f0", "#80ed99")
def diamond(pen: Pen, colour: str) -> None:
    light, dark = shade(colour, 0.5), shade(colour, -0.25)
    pen.polygon([(-0.5, -0.6), (0.5, -0.6), (0.88, -0.16), (0, 0.86), (-0.88, -0.16)], colour)
    pen.polygon([(-0.5, -0.6), (-0.4, -0.16), (-0.88, -0.16)], shade(colour, 0.25))
    pen.polygon([(-0.5, -0.6), (0, -0.6), (-0.4, -0.16)], light)
    pen.polygon([(0, -0.6), (0.4, -0.16), (-0.4, -0.16)], shade(colour, 0.7))
    pen.polygon([(0.5, -0.6), (0.88, -0.16), (0.4, -0.16)], shade(colour, -0.1))
    pen.polygon([(-0.4, -0.16), (0.4, -0.16), (0, 0.86)], shade(colour, 0.2))
    pen.polygon([(0.4, -0.16), (0.88, -0.16), (0, 0.86)], dark)
    for x, y, r in ((-0.76, -0.76, 0.16), (0.8, 0.42, 0.15)):
        pen.polygon([(x, y - r), (x + r / 4, y - r / 4), (x + r, y), (x + r / 4, y + r / 4), (x, y + r)], "#ffd60a")
        pen.polygon([(x, y - r), (x - r / 4, y - r / 4), (x - r, y), (x - r / 4, y + r / 4), (x, y + r)], "#ffd60a")


@drawing("a rusty tin can", "#a5714b", "#9c6644", "#8f7a66")
def tin(pen: Pen, colour: str) -> None:
    dark = shade(colour, -0.3)
    pen.oval(0.3, -0.66, 0.4, 0.2, shade(colour, 0.3), turn=-35)
    pen.oval(0.3, -0.66, 0.3, 0.13, shade(colour, 0.12), turn=-35)
    pen.box(-0.5, -0.4, 0.5, 0.72, colour)
    pen.oval(0, 0.72, 0.5, 0.16, colour)
    pen.oval(0, -0.4, 0.5, 0.16, shade(colour, 0.25))
    pen.oval(0, -0.39, 0.41, 0.11, "#3b2a20")
    for y in (-0.1, 0.12, 0.34, 0.56):
        pen.stroke([(-0.48, y), (0, y + 0.12), (0.48, y)], 0.05, dark, curved=True)
    for x, y, r in ((-0.28, 0.05, 0.12), (0.25, 0.42, 0.15), (-0.2, 0.6, 0.1), (0.3, -0.08, 0.08)):
        pen.oval(x, y, r, r * 0.8, "#c8553d")


@drawing("a bar of soap with bubbles", "#ff99c8", "#a0e7e5", "#b8c0ff")
def soap(pen: Pen, colour: str) -> None:
    pen.box(-0.82, 0.02, 0.62, 0.72, shade(colour, -0.22), 0.22)
    pen.box(-0.82, -0.04, 0.62, 0.58, colour, 0.22)
    pen.box(-0.62, 0.1, 0.42, 0.42, shade(colour, 0.35), 0.14)
    pen.stroke([(-0.4, 0.26), (-0.2, 0.2), (0.0, 0.3), (0.2, 0.24)], 0.06, shade(colour, -0.15), curved=True)
    for x, y, r in (
        (-0.5, -0.35, 0.24),
        (0.02, -0.52, 0.3),
        (0.55, -0.3, 0.26),
        (0.74, 0.24, 0.18),
        (0.46, -0.78, 0.13),
        (-0.8, -0.05, 0.14),
    ):
        pen.oval(x, y, r, fill="#8fd3f4")
        pen.oval(x, y, r * 0.84, fill="#dff4ff")
        pen.oval(x - r * 0.35, y - r * 0.35, r * 0.22, fill=WHITE)


@drawing("a smelly garbage bag", "#343a40", "#3d405b", "#2f3e46")
def garbage(pen: Pen, colour: str) -> None:
    light = shade(colour, 0.2)
    pen.blob(
        [(-0.12, -0.3), (-0.62, 0.1), (-0.8, 0.55), (-0.6, 0.88), (0, 0.92), (0.6, 0.88), (0.8, 0.55), (0.62, 0.1), (0.12, -0.3)],
        colour,
    )
    pen.polygon(
        [(-0.12, -0.28), (-0.42, -0.66), (-0.1, -0.56), (0.06, -0.72), (0.16, -0.54), (0.46, -0.6), (0.12, -0.28)], colour
    )
    pen.box(-0.17, -0.36, 0.17, -0.22, RED, 0.05)
    for points in (
        [(-0.1, -0.1), (-0.4, 0.2), (-0.5, 0.55)],
        [(0.05, -0.1), (0.1, 0.3), (0.0, 0.6)],
        [(0.2, -0.05), (0.5, 0.3), (0.52, 0.6)],
    ):
        pen.stroke(points, 0.05, light, curved=True)
    for x, y in ((-0.72, -0.42), (0.74, -0.34), (0.5, -0.84)):
        pen.oval(x - 0.07, y - 0.07, 0.09, 0.05, "#cfd8dc", turn=40)
        pen.oval(x + 0.07, y - 0.07, 0.09, 0.05, "#cfd8dc", turn=-40)
        pen.oval(x, y, 0.07, 0.09, "#111111")
    for x in (-0.62, 0.66):
        pen.stroke([(x, -0.02), (x + 0.08, 0.04), (x, 0.1)], 0.04, "#80b918", curved=True)


@drawing("a birthday cake", "#ffafcc", "#bde0fe", "#fff3b0")
def cake(pen: Pen, colour: str) -> None:
    pen.oval(0, 0.8, 0.92, 0.13, "#ced4da")
    pen.box(-0.76, 0.2, 0.76, 0.78, "#a86b48", 0.08)
    pen.box(-0.76, 0.44, 0.76, 0.54, CREAM)
    pen.box(-0.5, -0.26, 0.5, 0.26, "#a86b48", 0.08)
    pen.box(-0.76, 0.16, 0.76, 0.3, colour, 0.07)
    pen.box(-0.5, -0.32, 0.5, -0.14, colour, 0.08)
    for x in (-0.6, -0.2, 0.2, 0.6):
        pen.box(x - 0.09, 0.2, x + 0.09, 0.42, colour, 0.09)
    for x in (-0.36, 0.0, 0.36):
        pen.box(x - 0.09, -0.24, x + 0.09, -0.02, colour, 0.09)
    for x, stick in ((-0.3, "#4cc9f0"), (0.0, "#f72585"), (0.3, "#80b918")):
        pen.box(x - 0.045, -0.66, x + 0.045, -0.3, stick)
        pen.oval(x, -0.78, 0.08, 0.13, "#ff9f1c")
        pen.oval(x, -0.75, 0.04, 0.08, "#ffe066")


@drawing("a burnt toast", "#3a2e2a", "#2b2523", "#463229")
def toast(pen: Pen, colour: str) -> None:
    for x in (-0.4, 0.0, 0.4):
        pen.stroke([(x, -0.4), (x - 0.12, -0.58), (x + 0.1, -0.74), (x, -0.92)], 0.09, "#adb5bd", curved=True)
    pen.oval(-0.4, -0.12, 0.36, 0.28, "#6f4e37")
    pen.oval(0.4, -0.12, 0.36, 0.28, "#6f4e37")
    pen.box(-0.62, -0.3, 0.62, 0.86, "#6f4e37", 0.14)
    pen.oval(-0.36, -0.08, 0.3, 0.22, colour)
    pen.oval(0.36, -0.08, 0.3, 0.22, colour)
    pen.box(-0.52, -0.2, 0.52, 0.76, colour, 0.1)
    for x, y, r in ((-0.25, 0.15, 0.12), (0.2, 0.3, 0.17), (-0.2, 0.52, 0.1), (0.3, -0.04, 0.07)):
        pen.oval(x, y, r, r * 0.75, "#120e0c")
    pen.stroke([(-0.3, 0.36), (-0.05, 0.32)], 0.04, "#ff7b00")
    pen.stroke([(0.06, 0.58), (0.28, 0.62)], 0.04, "#ff7b00")


@drawing("a castle", "#c8b6ff", "#bcc4d4", "#f7c6a3")
def castle(pen: Pen, colour: str) -> None:
    dark, roof = shade(colour, -0.18), "#7b2cbf"
    for x in (-0.62, 0.62):
        pen.stroke([(x, -0.86), (x, -0.6)], 0.04, INK)
        pen.polygon([(x, -0.94), (x + 0.24, -0.86), (x, -0.77)], RED)
        pen.polygon([(x - 0.3, -0.18), (x, -0.7), (x + 0.3, -0.18)], roof)
        pen.box(x - 0.22, -0.18, x + 0.22, 0.88, colour)
        pen.box(x - 0.07, 0.02, x + 0.07, 0.26, INK, 0.06)
    pen.box(-0.42, 0.14, 0.42, 0.88, dark)
    for x in (-0.4, -0.12, 0.16):
        pen.box(x, -0.02, x + 0.2, 0.2, dark)
    pen.oval(0, 0.52, 0.2, fill="#6f4518")
    pen.box(-0.2, 0.52, 0.2, 0.88, "#6f4518")
    pen.oval(0.1, 0.66, 0.035, fill=GOLD)
    pen.stroke([(0, 0.36), (0, 0.86)], 0.03, "#4a2c0f")


@drawing("a wooden outhouse", "#a98467", "#8a6f52", "#b08968")
def outhouse(pen: Pen, colour: str) -> None:
    dark = shade(colour, -0.28)
    pen.polygon([(-0.48, -0.5), (0.48, -0.62), (0.48, 0.86), (-0.48, 0.86)], colour)
    pen.polygon([(-0.66, -0.5), (0.68, -0.86), (0.68, -0.66), (-0.66, -0.3)], "#6b4f3a")
    for x in (-0.3, 0.34):
        pen.stroke([(x, -0.28), (x, 0.84)], 0.03, dark)
    pen.box(-0.26, -0.22, 0.28, 0.84, dark)
    pen.box(-0.2, -0.16, 0.22, 0.84, shade(colour, -0.1))
    pen.stroke([(0.01, 0.24), (0.01, 0.82)], 0.025, dark)
    pen.oval(0.01, 0.04, 0.16, fill="#ffe066")
    pen.oval(0.08, 0.0, 0.14, fill=shade(colour, -0.1))
    pen.oval(0.15, 0.42, 0.04, fill=INK)
    for x, y in ((-0.78, -0.06), (0.78, -0.2)):
        pen.stroke([(x, y + 0.24), (x - 0.08, y + 0.12), (x + 0.08, y), (x, y - 0.14)], 0.06, "#80b918", curved=True)
    pen.box(-0.62, 0.8, 0.62, 0.92, "#588157", 0.05)


@drawing("a singing bird", "#4cc9f0", "#f4845f", "#90be6d")
def songbird(pen: Pen, colour: str) -> None:
    pen.polygon([(-0.5, 0.3), (-0.95, 0.62), (-0.72, 0.72), (-0.4, 0.58)], shade(colour, -0.3))
    pen.stroke([(-0.1, 0.7), (-0.12, 0.92)], 0.05, "#ff9f1c")
    pen.stroke([(0.1, 0.7), (0.12, 0.92)], 0.05, "#ff9f1c")
    pen.oval(-0.02, 0.34, 0.52, 0.44, colour)
    pen.oval(0.22, -0.16, 0.34, fill=colour)
    pen.oval(0.16, 0.42, 0.32, 0.3, CREAM)
    pen.blob([(-0.46, 0.2), (-0.1, 0.08), (0.1, 0.3), (-0.16, 0.54), (-0.5, 0.5)], shade(colour, -0.25))
    pen.polygon([(0.5, -0.22), (0.86, -0.34), (0.56, -0.1)], "#ff9f1c")
    pen.polygon([(0.5, -0.08), (0.8, 0.04), (0.54, -0.14)], "#f77f00")
    pen.oval(0.3, -0.22, 0.07, fill=INK)
    pen.oval(0.32, -0.245, 0.025, fill=WHITE)
    for x, y in ((-0.5, -0.5), (0.72, -0.6)):
        pen.oval(x, y, 0.1, 0.08, INK, turn=-20)
        pen.stroke([(x + 0.08, y), (x + 0.08, y - 0.32), (x + 0.22, y - 0.24)], 0.045, INK)


@drawing("a croaking frog", "#6a994e", "#57a773", "#80b918")
def frog(pen: Pen, colour: str) -> None:
    dark = shade(colour, -0.25)
    for side in (-1, 1):
        pen.oval(side * 0.62, 0.56, 0.32, 0.26, dark, turn=side * -20)
        pen.box(side * 0.66 - 0.24, 0.74, side * 0.66 + 0.24, 0.88, dark, 0.07)
    pen.oval(0, 0.42, 0.58, 0.46, colour)
    pen.oval(0, 0.56, 0.36, 0.3, "#e9edc9")
    pen.oval(0, -0.08, 0.68, 0.46, colour)
    for side in (-1, 1):
        pen.oval(side * 0.38, -0.5, 0.24, fill=colour)
        pen.oval(side * 0.38, -0.52, 0.17, fill=WHITE)
        pen.oval(side * 0.38, -0.5, 0.08, 0.11, INK)
        pen.oval(side * 0.14, -0.2, 0.03, fill=dark)
    pen.blob([(-0.5, -0.02), (0, -0.08), (0.5, -0.02), (0.3, 0.24), (0, 0.3), (-0.3, 0.24)], "#7f1d1d")
    pen.blob([(-0.25, 0.17), (0, 0.08), (0.25, 0.17), (0, 0.28)], "#f28482")


@drawing("an anchor", "#1d4e89", "#33658a", "#4a5568")
def anchor(pen: Pen, colour: str) -> None:
    pen.arc(0, -0.68, 0.17, 0, 360, 0.12, colour)
    pen.stroke([(0, -0.5), (0, 0.74)], 0.17, colour)
    pen.stroke([(-0.42, -0.3), (0.42, -0.3)], 0.15, colour)
    pen.arc(0, 0.14, 0.64, 12, 168, 0.17, colour)
    for side in (-1, 1):
        pen.polygon([(side * 0.9, 0.34), (side * 0.66, -0.02), (side * 0.38, 0.34)], colour)
    pen.stroke([(-0.02, -0.46), (-0.02, 0.66)], 0.04, shade(colour, 0.35))
    pen.stroke([(0.12, -0.72), (0.5, -0.84), (0.7, -0.6), (0.9, -0.72)], 0.08, "#d4a373", curved=True)


@drawing("a banana peel", "#ffd60a", "#f9c80e", "#f6d743")
def banana(pen: Pen, colour: str) -> None:
    dark, inside = shade(colour, -0.18), "#fff3b0"
    pen.blob([(0, -0.2), (0.4, -0.1), (0.8, 0.3), (0.95, 0.72), (0.62, 0.5), (0.2, 0.28)], dark)
    pen.blob([(0, -0.2), (-0.4, -0.1), (-0.8, 0.3), (-0.95, 0.72), (-0.62, 0.5), (-0.2, 0.28)], dark)
    pen.blob([(-0.12, -0.3), (-0.42, 0.2), (-0.48, 0.88), (-0.16, 0.6), (0.02, 0.1)], colour)
    pen.blob([(0.12, -0.3), (0.42, 0.2), (0.48, 0.88), (0.16, 0.6), (-0.02, 0.1)], colour)
    pen.blob([(-0.14, -0.1), (0.0, -0.2), (0.14, -0.1), (0.1, 0.3), (0, 0.48), (-0.1, 0.3)], inside)
    pen.blob([(-0.18, -0.16), (-0.12, -0.6), (-0.06, -0.86), (0.08, -0.86), (0.12, -0.6), (0.18, -0.16), (0, -0.06)], colour)
    pen.box(-0.08, -0.94, 0.1, -0.78, "#6f4518", 0.04)
    for x, y in ((-0.44, 0.8), (0.44, 0.8), (0.9, 0.66), (-0.9, 0.66)):
        pen.oval(x, y, 0.06, fill="#6f4518")
    for x, y in ((-0.28, 0.3), (0.3, 0.4), (0.02, -0.45)):
        pen.oval(x, y, 0.05, 0.07, "#b08900")


@drawing("a four-leaf clover", "#38b000", "#2d9f5d", "#52b788")
def clover(pen: Pen, colour: str) -> None:
    pen.stroke([(0.0, 0.0), (0.1, 0.5), (0.34, 0.92)], 0.1, shade(colour, -0.3), curved=True)
    for turn in (0, 90, 180, 270):
        a = math.radians(turn + 45)
        ux, uy = math.cos(a), math.sin(a)
        for side in (-1, 1):
            x, y = 0.5 * ux - side * 0.2 * uy, -0.12 + 0.5 * uy + side * 0.2 * ux
            pen.oval(x, y, 0.28, fill=colour)
        pen.polygon(
            [
                (0, -0.12),
                (0.52 * ux - 0.46 * uy, -0.12 + 0.52 * uy + 0.46 * ux),
                (0.52 * ux + 0.46 * uy, -0.12 + 0.52 * uy - 0.46 * ux),
            ],
            colour,
        )
    for turn in (0, 90, 180, 270):
        a = math.radians(turn + 45)
        pen.stroke([(0, -0.12), (0.52 * math.cos(a), -0.12 + 0.52 * math.sin(a))], 0.045, shade(colour, 0.45))


@drawing("a broken mirror", "#c77dff", "#d4a017", "#e07a5f")
def mirror(pen: Pen, colour: str) -> None:
    pen.box(-0.11, 0.4, 0.11, 0.94, shade(colour, -0.15), 0.09)
    pen.oval(0, -0.18, 0.6, 0.7, colour)
    pen.oval(0, -0.18, 0.48, 0.58, "#dbe9f4")
    pen.polygon([(0.0, -0.2), (0.46, -0.34), (0.42, 0.08), (0.2, 0.34)], INK)
    crack = "#37474f"
    for x, y in ((-0.44, -0.3), (-0.3, -0.6), (0.16, -0.74), (-0.34, 0.2), (-0.02, 0.38), (0.46, -0.34), (0.2, 0.34)):
        pen.stroke([(0, -0.2), (x * 0.55 + 0.05, -0.2 + (y + 0.2) * 0.5), (x, y)], 0.045, crack)
    pen.polygon([(0.62, 0.5), (0.86, 0.66), (0.6, 0.84)], "#b9d6ea")
    pen.polygon([(-0.5, 0.72), (-0.3, 0.6), (-0.32, 0.9)], "#b9d6ea")


@drawing("a sports car", "#e63946", "#0077b6", "#ff9f1c")
def car(pen: Pen, colour: str) -> None:
    pen.blob([(-0.5, 0.05), (-0.3, -0.32), (0.16, -0.36), (0.46, 0.02), (0.0, 0.12)], shade(colour, -0.15))
    pen.polygon([(-0.36, 0.0), (-0.22, -0.22), (-0.04, -0.25), (-0.04, 0.0)], "#bde0fe")
    pen.polygon([(0.04, 0.0), (0.04, -0.25), (0.14, -0.24), (0.34, 0.0)], "#bde0fe")
    pen.blob(
        [(-0.92, 0.1), (-0.6, -0.04), (0.3, -0.03), (0.8, 0.1), (0.95, 0.3), (0.86, 0.46), (-0.86, 0.46), (-0.95, 0.28)], colour
    )
    pen.polygon([(-0.94, 0.04), (-0.98, -0.16), (-0.64, -0.16), (-0.72, 0.04)], shade(colour, -0.3))
    pen.stroke([(-0.8, 0.24), (0.78, 0.24)], 0.05, WHITE)
    pen.oval(0.84, 0.22, 0.08, 0.06, "#fff3b0")
    for x in (-0.52, 0.52):
        pen.oval(x, 0.46, 0.25, fill="#22223b")
        pen.oval(x, 0.46, 0.13, fill="#ced4da")
        pen.oval(x, 0.46, 0.05, fill=INK)


@drawing("a flat tyre", "#2b2d42", "#343a40", "#3a3a3a")
def tyre(pen: Pen, colour: str) -> None:
    pen.blob(
        [
            (-0.3, -0.78),
            (0.3, -0.78),
            (0.68, -0.4),
            (0.72, 0.15),
            (0.6, 0.5),
            (0.92, 0.78),
            (0.3, 0.8),
            (-0.3, 0.8),
            (-0.92, 0.78),
            (-0.6, 0.5),
            (-0.72, 0.15),
            (-0.68, -0.4),
        ],
        colour,
    )
    pen.oval(0, 0.0, 0.46, fill="#adb5bd")
    pen.oval(0, 0.0, 0.36, fill="#e9ecef")
    for i in range(5):
        a = math.radians(i * 72 - 90)
        pen.oval(0.22 * math.cos(a), 0.22 * math.sin(a), 0.075, fill="#6c757d")
    pen.oval(0, 0, 0.09, fill="#6c757d")
    for x in (-0.62, 0.62):
        pen.stroke([(x * 0.7, 0.62), (x * 1.15, 0.7)], 0.05, shade(colour, 0.35))
    pen.stroke([(0.84, -0.52), (0.52, -0.24)], 0.07, "#ff9f1c")
    pen.stroke([(0.74, -0.64), (0.94, -0.42)], 0.09, "#ff9f1c")
    pen.arc(-0.78, 0.35, 0.14, 120, 240, 0.05, GREY)


@drawing("a glowing light bulb", "#ffe066", "#ffd43b", "#fff176")
def bulb(pen: Pen, colour: str) -> None:
    for angle in (-170, -135, -90, -45, -10):
        a = math.radians(angle)
        pen.stroke(
            [(0.68 * math.cos(a), -0.2 + 0.6 * math.sin(a)), (0.92 * math.cos(a), -0.2 + 0.74 * math.sin(a))], 0.09, "#ff9f1c"
        )
    pen.oval(0, -0.2, 0.5, fill=colour)
    pen.polygon([(-0.38, 0.1), (0.38, 0.1), (0.2, 0.5), (-0.2, 0.5)], colour)
    pen.oval(-0.18, -0.36, 0.13, 0.16, "#fffbe6", turn=30)
    pen.stroke([(-0.12, 0.46), (-0.16, 0.02), (-0.05, 0.1), (0.05, 0.02), (0.14, 0.1), (0.12, 0.46)], 0.045, "#f77f00")
    pen.box(-0.22, 0.46, 0.22, 0.82, "#8d99ae", 0.05)
    for y in (0.57, 0.7):
        pen.stroke([(-0.2, y), (0.2, y - 0.03)], 0.04, "#5c677d")
    pen.oval(0, 0.85, 0.12, 0.08, INK)


@drawing("a brick", "#bc4b32", "#c1583f", "#a8442d")
def brick(pen: Pen, colour: str) -> None:
    pen.polygon([(-0.9, -0.12), (-0.5, -0.5), (0.92, -0.5), (0.54, -0.12)], shade(colour, 0.22))
    pen.polygon([(0.54, -0.12), (0.92, -0.5), (0.92, 0.18), (0.54, 0.6)], shade(colour, -0.3))
    pen.box(-0.9, -0.12, 0.54, 0.6, colour)
    for x in (-0.36, 0.02, 0.4):
        pen.oval(x, -0.31, 0.14, 0.08, shade(colour, -0.45))
    for x, y in ((-0.7, 0.1), (-0.3, 0.38), (0.1, 0.06), (0.32, 0.42), (-0.6, 0.46), (0.36, 0.1), (-0.2, 0.14)):
        pen.oval(x, y, 0.05, 0.035, shade(colour, -0.22))


# --- mean symbols and their harmless look-alikes ----------------------------------------------------------------------


@drawing("a thumbs-down sign", "#d00000", "#e5383b", "#c1121f")
def thumbs_down(pen: Pen, colour: str) -> None:
    _thumb_sign(pen, colour, -1)


@drawing("a thumbs-up sign", "#2a9d8f", "#38b000", "#0077b6")
def thumbs_up(pen: Pen, colour: str) -> None:
    _thumb_sign(pen, colour, 1)


def _thumb_sign(pen: Pen, colour: str, up: int) -> None:
    pen.oval(0, 0, 0.94, fill=shade(colour, -0.25))
    pen.oval(0, 0, 0.84, fill=colour)
    hand = [(-0.2, 0.44), (-0.2, -0.06), (-0.04, -0.18), (0.06, -0.62), (0.22, -0.64), (0.3, -0.46), (0.24, -0.12)]
    pen.polygon([(x, y * up) for x, y in [*hand, (0.4, -0.1), (0.4, 0.44)]], WHITE)
    for y in (-0.03, 0.13, 0.29, 0.42):
        pen.stroke([(0.24, y * up), (0.48 - 0.04 * (y > 0.2), y * up)], 0.15, WHITE)
    for y in (0.05, 0.21, 0.355):
        pen.stroke([(0.28, y * up), (0.54, y * up)], 0.028, colour)
    top, bottom = sorted((-0.06 * up, 0.5 * up))
    pen.box(-0.52, top, -0.27, bottom, CREAM, 0.05)


@drawing("a crossed-out portrait", "#c58940", "#6f4e37", "#5c677d")
def crossed_portrait(pen: Pen, colour: str) -> None:
    portrait(pen, colour)
    pen.stroke([(-0.66, -0.72), (0.66, 0.72)], 0.2, "#d00000")
    pen.stroke([(0.66, -0.72), (-0.66, 0.72)], 0.2, "#d00000")


@drawing("a framed portrait", "#c58940", "#6f4e37", "#5c677d")
def portrait(pen: Pen, colour: str) -> None:
    pen.box(-0.8, -0.92, 0.8, 0.92, colour, 0.06)
    pen.box(-0.66, -0.78, 0.66, 0.78, shade(colour, -0.3))
    pen.box(-0.62, -0.74, 0.62, 0.74, "#d8f3f0")
    pen.box(-0.42, 0.36, 0.42, 0.74, "#4361ee", 0.18)
    pen.box(-0.42, 0.56, 0.42, 0.74, "#4361ee")
    pen.oval(0, -0.1, 0.42, fill="#ffd60a")
    for side in (-1, 1):
        pen.oval(side * 0.15, -0.18, 0.05, 0.08, INK)
    pen.arc(0, -0.1, 0.22, 25, 155, 0.06, INK)


@drawing("a heart in the trash", "#6c757d", "#4d7c8a", "#7d8597")
def trashed_heart(pen: Pen, colour: str) -> None:
    _heart(pen, 0.0, -0.34, 0.4, "#e5383b")
    pen.polygon([(-0.04, -0.62), (0.1, -0.42), (-0.06, -0.26), (0.06, 0.1), (-0.14, -0.24), (0.0, -0.4)], WHITE)
    pen.polygon([(-0.56, -0.06), (0.56, -0.06), (0.44, 0.92), (-0.44, 0.92)], colour)
    pen.box(-0.64, -0.14, 0.64, 0.04, shade(colour, -0.25), 0.07)
    for x in (-0.28, 0.0, 0.28):
        pen.stroke([(x, 0.16), (x * 0.85, 0.78)], 0.07, shade(colour, -0.25))
    pen.box(0.5, -0.92, 0.64, -0.24, shade(colour, -0.1), 0.05)
    pen.box(0.62, -0.66, 0.74, -0.5, shade(colour, -0.35), 0.04)


@drawing("a heart in a flower pot", "#e07a5f", "#d98f4e", "#c8795a")
def potted_heart(pen: Pen, colour: str) -> None:
    pen.stroke([(0, 0.2), (0, -0.3)], 0.09, "#2f8f4e")
    pen.oval(-0.24, 0.0, 0.24, 0.1, GREEN, turn=24)
    pen.oval(0.24, -0.06, 0.24, 0.1, GREEN, turn=-24)
    _heart(pen, 0.0, -0.5, 0.4, "#ef476f")
    pen.oval(-0.16, -0.62, 0.07, 0.1, "#ff9eb5", turn=30)
    pen.polygon([(-0.46, 0.3), (0.46, 0.3), (0.32, 0.92), (-0.32, 0.92)], colour)
    pen.box(-0.56, 0.12, 0.56, 0.36, shade(colour, 0.15), 0.06)


def _heart(pen: Pen, x: float, y: float, r: float, fill: str) -> None:
    pen.oval(x - r * 0.5, y - r * 0.35, r * 0.58, fill=fill)
    pen.oval(x + r * 0.5, y - r * 0.35, r * 0.58, fill=fill)
    pen.polygon([(x - r * 1.0, y - r * 0.05), (x, y + r * 1.05), (x + r * 1.0, y - r * 0.05), (x, y - r * 0.4)], fill)


# --- neutral things ---------------------------------------------------------------------------------------------------


@drawing("a beach ball", "#f94144", "#f3722c", "#9b5de5")
def ball(pen: Pen, colour: str) -> None:
    pen.oval(0, 0, 0.86, fill=WHITE)
    for i, fill in enumerate((colour, "#ffd166", "#118ab2")):
        start = i * 120 - 75
        rim = [math.radians(start + step) for step in range(0, 61, 6)]
        pen.polygon([(-0.1, -0.14), *((0.86 * math.cos(a), 0.86 * math.sin(a)) for a in rim)], fill)
    pen.oval(-0.1, -0.14, 0.14, fill=CREAM)


@drawing("a cup", "#457b9d", "#e76f51", "#2a9d8f")
def cup(pen: Pen, colour: str) -> None:
    for x in (-0.28, 0.12):
        pen.stroke([(x, -0.42), (x - 0.1, -0.58), (x + 0.08, -0.74), (x, -0.9)], 0.08, "#ced4da", curved=True)
    pen.arc(0.5, 0.24, 0.28, -90, 90, 0.13, colour)
    pen.polygon([(-0.66, -0.22), (0.56, -0.22), (0.42, 0.72), (-0.52, 0.72)], colour)
    pen.oval(-0.05, -0.22, 0.61, 0.14, shade(colour, 0.3))
    pen.oval(-0.05, -0.21, 0.52, 0.1, "#6f4518")
    pen.oval(-0.05, 0.8, 0.74, 0.12, shade(colour, -0.2))


@drawing("a book", "#6a4c93", "#1d7874", "#bc4749")
def book(pen: Pen, colour: str) -> None:
    pen.polygon([(-0.92, -0.46), (0, -0.3), (0.92, -0.46), (0.92, 0.6), (0, 0.78), (-0.92, 0.6)], colour)
    for side in (-1, 1):
        pen.blob([(0, -0.4), (side * 0.4, -0.6), (side * 0.82, -0.54), (side * 0.82, 0.44), (side * 0.4, 0.42), (0, 0.62)], CREAM)
        for y in (-0.32, -0.12, 0.08, 0.26):
            pen.stroke([(side * 0.18, y + 0.04), (side * 0.68, y - 0.04)], 0.05, "#b8a99a")
    pen.stroke([(0, -0.38), (0, 0.62)], 0.05, "#c9bba8")


@drawing("an umbrella", "#9b5de5", "#00bbf9", "#f15bb5")
def umbrella(pen: Pen, colour: str) -> None:
    pen.stroke([(0, -0.8), (0, 0.66)], 0.08, "#6f4518")
    pen.arc(0.15, 0.66, 0.15, 0, 180, 0.08, "#6f4518")
    pen.polygon(_dome(0.92), colour)
    pen.polygon(_dome(0.36), shade(colour, 0.35))
    for x in (-0.62, 0.0, 0.62):
        pen.oval(x, 0.03, 0.3, 0.1, shade(colour, -0.25))


def _dome(half: float) -> list[tuple[float, float]]:
    return [(half * math.cos(math.radians(a)), 0.03 + 0.84 * math.sin(math.radians(a))) for a in range(180, 361, 10)]


@drawing("a balloon", "#ef476f", "#06d6a0", "#ffd166")
def balloon(pen: Pen, colour: str) -> None:
    pen.stroke([(0, 0.4), (0.1, 0.6), (-0.08, 0.76), (0.04, 0.94)], 0.045, INK, curved=True)
    pen.oval(0, -0.28, 0.54, 0.64, colour)
    pen.polygon([(0, 0.3), (0.13, 0.48), (-0.13, 0.48)], shade(colour, -0.2))
    pen.oval(-0.2, -0.52, 0.1, 0.17, shade(colour, 0.55), turn=25)


@drawing("a tree", "#52b788", "#2d6a4f", "#e09f3e")
def tree(pen: Pen, colour: str) -> None:
    pen.polygon([(-0.1, 0.2), (0.1, 0.2), (0.18, 0.92), (-0.18, 0.92)], BROWN)
    for x, y, r in ((-0.4, 0.0, 0.36), (0.4, 0.0, 0.36), (0, -0.42, 0.44), (0, 0.06, 0.4)):
        pen.oval(x, y, r, fill=colour)
    pen.oval(-0.14, -0.48, 0.22, fill=shade(colour, 0.2))
    pen.oval(0.36, -0.06, 0.16, fill=shade(colour, 0.2))


@drawing("a pencil", "#ffbe0b", "#3a86ff", "#38b000")
def pencil(pen: Pen, colour: str) -> None:
    pen.polygon([(-0.52, 0.34), (0.44, -0.62), (0.66, -0.4), (-0.3, 0.56)], colour)
    pen.polygon([(-0.45, 0.41), (0.51, -0.55), (0.58, -0.48), (-0.38, 0.48)], shade(colour, 0.35))
    pen.polygon([(0.44, -0.62), (0.54, -0.72), (0.76, -0.5), (0.66, -0.4)], "#adb5bd")
    pen.oval(0.72, -0.68, 0.17, fill="#ff8fa3")
    pen.polygon([(-0.52, 0.34), (-0.3, 0.56), (-0.78, 0.82)], "#ffe5b4")
    pen.polygon([(-0.78, 0.82), (-0.7, 0.62), (-0.58, 0.74)], INK)


@drawing("a kite", "#ff595e", "#8ac926", "#1982c4")
def kite(pen: Pen, colour: str) -> None:
    pen.stroke([(0, 0.36), (-0.2, 0.56), (0.14, 0.74), (-0.1, 0.92)], 0.05, INK, curved=True)
    pen.polygon([(0, -0.92), (0.6, -0.3), (0, 0.4), (-0.6, -0.3)], colour)
    pen.polygon([(0, -0.92), (0.6, -0.3), (0, -0.3)], shade(colour, 0.4))
    pen.polygon([(0, 0.4), (-0.6, -0.3), (0, -0.3)], shade(colour, -0.2))
    for x, y in ((-0.14, 0.58), (0.08, 0.72)):
        pen.polygon([(x, y), (x - 0.15, y - 0.1), (x - 0.15, y + 0.1)], "#ffca3a")
        pen.polygon([(x, y), (x + 0.15, y - 0.1), (x + 0.15, y + 0.1)], "#ffca3a")


MEAN_SYMBOLS = ("thumbs_down", "crossed_portrait", "trashed_heart")
LOOK_ALIKES = ("thumbs_up", "portrait", "potted_heart")  # harmless, but not to be told from the mean ones at a glance
NEUTRAL = ("ball", "cup", "book", "umbrella", "balloon", "tree", "pencil", "kite")
