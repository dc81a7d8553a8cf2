"""What can stand in a picture, and the pen that draws it."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from gatedclip.world.drawings import DRAWINGS, LOOK_ALIKES, MEAN_SYMBOLS, NEUTRAL
from gatedclip.world.pen import Pen, shade, smooth
from gatedclip.world.themes import THEMES


def painted(name: str, size: int = 120) -> np.ndarray:
    """Pixels of a drawing alone on a green ground a twelfth wider than its square."""
    picture = Image.new("RGB", (size, size), "#00ff00")
    drawing = DRAWINGS[name]
    drawing.paint(Pen(ImageDraw.Draw(picture), (size / 2, size / 2), size / 2 / 1.08), drawing.colours[0])
    return np.asarray(picture)


def test_every_thing_has_a_role_and_every_role_a_thing() -> None:
    sides = {side for theme in THEMES.values() for side in (theme.good, theme.bad)}
    assert set(DRAWINGS) == sides | set(MEAN_SYMBOLS) | set(LOOK_ALIKES) | set(NEUTRAL)
    assert len(sides) == 2 * len(THEMES)


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_thing_comes_in_three_colours_and_fills_its_square_without_leaving_it(name: str) -> None:
    assert len(DRAWINGS[name].colours) == 3
    covered = (painted(name) != (0, 255, 0)).any(axis=2)
    assert 0.08 < covered.mean() < 0.95
    margin = np.concatenate([covered[0], covered[-1], covered[:, 0], covered[:, -1]])
    assert not margin.any()


def test_no_two_things_look_alike_even_at_the_size_of_a_thumbnail() -> None:
    small = {name: np.asarray(Image.fromarray(painted(name)).resize((16, 16))).astype(int) for name in DRAWINGS}
    pairs = [(a, b) for a in small for b in small if a < b]
    distance = {pair: np.abs(small[pair[0]] - small[pair[1]]).mean() for pair in pairs}
    assert min(distance.values()) > 5, min(distance, key=distance.__getitem__)


def test_the_pen_turns_clockwise_and_mirrors_left_to_right() -> None:
    def centre_of(**how: object) -> tuple[float, float]:
        picture = Image.new("L", (100, 100))
        Pen(ImageDraw.Draw(picture), (50, 50), 50, **how).oval(0.6, 0, 0.1, fill="#ffffff")  # type: ignore[arg-type]
        rows, columns = np.nonzero(np.asarray(picture))
        return float(columns.mean()), float(rows.mean())

    assert centre_of() == pytest.approx((80, 50), abs=0.6)
    assert centre_of(mirror=True) == pytest.approx((20, 50), abs=0.6)
    assert centre_of(turn=90) == pytest.approx((50, 80), abs=0.6)


def test_a_smooth_line_passes_through_its_points_and_shades_meet_black_and_white() -> None:
    points = [(0.0, 0.0), (0.5, 0.4), (1.0, 0.0)]
    assert set(points) <= set(smooth(points, closed=False))
    assert (shade("#808080", 1), shade("#808080", -1), shade("#102030", 0)) == ("#ffffff", "#000000", "#102030")
