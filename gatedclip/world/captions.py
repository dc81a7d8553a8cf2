"""Writing a caption on a picture the way memes do: capitals, white with a dark outline, above and below."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

LITTLE = {  # a line should not end with one of these
    "a", "an", "the", "this", "of", "to", "by", "is", "in", "on", "at", "and", "are", "be", "my", "your", "you", "we", "not",
}  # fmt: skip


def write(picture: Image.Image, text: str) -> None:
    """Draw the caption onto the picture: the first half of the words above, the rest below."""
    above, below = halves(text)
    canvas = ImageDraw.Draw(picture)
    for part, at_top in ((above, True), (below, False)):
        if part:
            _write_band(canvas, picture.width, part.upper(), at_top)


def halves(text: str) -> tuple[str, str]:
    """The caption cut where its two parts come out most alike in length; a short one stands below alone."""
    words = text.split()
    if len(text) <= 18 or len(words) < 2:
        return "", text
    best = min(range(1, len(words)), key=lambda cut: _unevenness(words, cut))
    return " ".join(words[:best]), " ".join(words[best:])


def _unevenness(words: list[str], cut: int) -> int:
    """How badly a line broken here reads: the difference in letters, and more after a little word such as "the"."""
    before = words[cut - 1]
    little = 0 if before.endswith((",", ":")) else 9 if before.lower() in LITTLE else 2
    return abs(len(" ".join(words[:cut])) - len(" ".join(words[cut:]))) + little


def _write_band(canvas: ImageDraw.ImageDraw, side: int, text: str, at_top: bool) -> None:
    font, lines = _fit(text, side)
    height = font.size * 1.12
    y = 0.025 * side if at_top else side * 0.97 - height * len(lines)
    for line in lines:
        x = (side - font.getlength(line)) / 2
        canvas.text((x, y), line, font=font, fill="#14142b", stroke_width=font.size / 9, stroke_fill="#14142b")
        canvas.text((x, y), line, font=font, fill="#ffffff", stroke_width=font.size / 60, stroke_fill="#ffffff")
        y += height


def _fit(text: str, side: int) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """The largest letters, of a few sizes, in which the text takes one line, or two where one would be too small."""
    for share, most in (
        (0.078, 1),
        (0.072, 1),
        (0.078, 2),
        (0.072, 2),
        (0.066, 2),
        (0.06, 2),
        (0.052, 3),
        (0.044, 3),
        (0.036, 4),
    ):
        font = _font(share * side)
        lines = _wrap(text, font, 0.93 * side)
        if lines and len(lines) <= most:
            return font, lines
    return font, lines or [text]


def _wrap(text: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """The text in lines of at most `width` pixels, two made alike in length; empty if a single word is wider."""
    if font.getlength(text) <= width:
        return [text]
    words = text.split()
    best = min(range(1, len(words)), key=lambda cut: _unevenness(words, cut), default=0)
    two = [" ".join(words[:best]), " ".join(words[best:])]
    if best and all(font.getlength(line) <= width for line in two):
        return two
    lines: list[str] = []
    for word in words:
        if font.getlength(word) > width:
            return []
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


@lru_cache(maxsize=64)
def _font(size: float) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)  # the one bundled with Pillow, so pictures are the same everywhere
    assert isinstance(font, ImageFont.FreeTypeFont)  # noqa: S101
    return font
