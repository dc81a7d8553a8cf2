"""Heat over a picture, laid exactly where the picture tower looked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from gatedclip.types import Attribution, Badge, Region, Target

Colour = tuple[int, int, int]

# Each stands out by at least 3 : 1 from a white and from a near-black page.
TOWARDS: Colour = (200, 40, 40)  # red: towards hateful
AWAY: Colour = (40, 100, 215)  # blue: away from it; told apart from red in every common colour blindness
MATTERED: Colour = (168, 60, 200)  # purple: mattered, whichever way
PICTURE: Colour = (217, 119, 6)  # amber and violet: the two halves of a meme
WORDS: Colour = (124, 107, 224)
MARKED: Colour = (255, 212, 0)  # yellow, between black lines: what a person marked
UNTRUSTED: Colour = (118, 118, 118)  # grey: a map that tells nothing apart


def heat_overlay(picture: Image.Image, attribution: Attribution, strength: float = 0.7) -> Image.Image:
    """The picture (RGB, same size) with its heat; `strength` 0..1 is the opacity of the strongest patch.

    Signed maps are red towards hateful and blue away (of the gate: amber towards the picture and violet towards the words),
    unsigned ones purple, unstable ones grey. The picture itself pales, so that colour means heat.
    """
    base = picture.convert("RGB")
    heat = heat_map(attribution, *picture.size)[..., None]  # (H, W, 1), -1..1
    towards, away = colours(attribution.signed, attribution.target, attribution.badge)
    colour = np.where(heat >= 0, towards, away)  # (H, W, 3)
    opacity = strength * np.abs(heat)
    grey = np.asarray(base.convert("L"), np.float32)[..., None]
    paled = np.asarray(base, np.float32) * (1 - strength) + (grey * 0.8 + 40) * strength
    return Image.fromarray((paled * (1 - opacity) + colour * opacity).round().astype(np.uint8))


def outlined(picture: Image.Image, regions: Sequence[Region]) -> Image.Image:
    """The picture (RGB, same size) with a frame around each region, to be seen on light and dark alike."""
    framed = picture.convert("RGB")
    pen, line = ImageDraw.Draw(framed), max(2, round(max(framed.size) / 200))
    for left, top, right, bottom in regions:
        x, y = left * framed.width, top * framed.height
        u, v = max(right * framed.width - 1, x + 3 * line), max(bottom * framed.height - 1, y + 3 * line)
        pen.rectangle((x, y, u, v), outline=(0, 0, 0), width=3 * line)
        pen.rectangle((x + line, y + line, u - line, v - line), outline=MARKED, width=line)
    return framed


def colours(signed: bool, target: Target, badge: Badge | None) -> tuple[Colour, Colour]:
    """The colours of what pushes the target up and of what pushes it down."""
    if badge == "unstable":
        return UNTRUSTED, UNTRUSTED
    if not signed:
        return MATTERED, MATTERED
    return (TOWARDS, AWAY) if target == "margin" else (PICTURE, WORDS)


def heat_map(attribution: Attribution, width: int, height: int) -> np.ndarray:
    """Heat of each pixel (H, W), -1..1: the patch grid upsampled and put back where it came from; 0 where CLIP never looked."""
    grid = Image.fromarray(scaled(attribution.patches) * picture_weight(attribution))
    left, top, right, bottom = attribution.frame
    across, down = grid.width / (right - left), grid.height / (bottom - top)  # cells per whole picture
    back = (across / width, 0, -left * across, 0, down / height, -top * down)  # pixel -> cell
    return np.asarray(grid.transform((width, height), Image.Transform.AFFINE, back, Image.Resampling.BICUBIC)).clip(-1, 1)


def scaled(values: np.ndarray) -> np.ndarray:
    """Values over the strongest of them, -1..1; all zero where nothing counts."""
    most = float(np.abs(values).max(initial=0))
    return values / most if most else np.zeros_like(values)


def picture_weight(attribution: Attribution) -> float:
    """How strongly to colour the picture, 0..1: fully while it carries half of a signed map, fading as the words take over."""
    picture, words = float(np.abs(attribution.patches).sum()), sum(abs(w.value) for w in attribution.words)
    return _weight(picture, words) if attribution.signed else 1.0


def words_weight(attribution: Attribution) -> float:
    """The same for the words."""
    picture, words = float(np.abs(attribution.patches).sum()), sum(abs(w.value) for w in attribution.words)
    return _weight(words, picture) if attribution.signed else 1.0


def _weight(own: float, other: float) -> float:
    return min(1.0, 2 * own / (own + other)) if own else 0.0
