from dataclasses import replace

import numpy as np
import pytest
from explaining import attribution, meme_picture
from PIL import Image

from gatedclip.explain.heat import MARKED, PICTURE, WORDS, heat_map, heat_overlay, outlined, picture_weight, words_weight

GREY = Image.new("RGB", (160, 80), (128, 128, 128))


def one_hot(row, column, side=4, value=1.0):
    grid = np.zeros((side, side))
    grid[row, column] = value
    return grid


@pytest.mark.parametrize(
    ("frame", "cell", "centre"),
    [
        ((0, 0, 1, 1), (0, 3), (0.875, 0.125)),  # squash
        ((0, -0.5, 1, 1.5), (1, 0), (0.125, 0.25)),  # longest: a wide picture between bars
        ((0.25, 0, 0.75, 1), (3, 3), (0.6875, 0.875)),  # crop: the middle square of a wide picture
    ],
)
def test_a_patch_lies_on_the_part_of_the_picture_it_saw(frame, cell, centre):
    heat = heat_map(attribution(one_hot(*cell), frame=frame), 160, 80)
    y, x = np.argwhere(heat > 0.5).mean(0) + 0.5
    assert (x / 160, y / 80) == pytest.approx(centre, abs=0.03)
    assert heat.max() == pytest.approx(1, abs=0.05)


def test_there_is_no_heat_where_the_model_never_looked():
    heat = heat_map(attribution(np.ones((4, 4)), frame=(0.25, 0, 0.75, 1)), 160, 80)
    assert not heat[:, :40].any()
    assert not heat[:, 120:].any()
    assert heat[:, 40:120] == pytest.approx(1)


def test_red_is_towards_hateful_blue_is_away_and_unsigned_is_neither():
    for value, signed, strongest in ((1.0, True, 0), (-1.0, True, 2), (1.0, False, 2)):
        pixel = heat_overlay(GREY, attribution(one_hot(1, 1, 3, value), signed=signed), strength=0.7).getpixel((80, 40))
        assert int(np.argmax(pixel)) == strongest
    assert pixel[0] > pixel[1] + 30  # purple, not blue


def test_an_unstable_map_is_grey_whatever_it_pushes_to():
    for value, signed, target in ((1.0, True, "margin"), (-1.0, True, "gate"), (1.0, False, "margin")):
        heat = attribution(one_hot(1, 1, 3, value), signed=signed, target=target)
        coloured, greyed = (np.asarray(heat_overlay(GREY, replace(heat, badge=b)), int) for b in ("solid", "unstable"))
        assert np.ptp(coloured, axis=-1).max() > 30
        assert np.ptp(greyed, axis=-1).max() == 0
        assert np.ptp(greyed) > 5  # there is still something to see


def test_a_map_of_the_gate_has_the_colours_of_the_halves():
    for value, colour in ((1.0, PICTURE), (-1.0, WORDS)):
        heat = attribution(one_hot(1, 1, 3, value), target="gate")
        pixel = heat_overlay(GREY, heat, strength=1.0).getpixel((80, 40))
        assert pixel == pytest.approx(colour, abs=12)


def test_a_silent_map_leaves_no_colour():
    picture = heat_overlay(GREY, attribution(np.zeros((4, 4))))
    assert picture.size == GREY.size
    assert np.ptp(np.asarray(picture), axis=-1).max() == 0


def test_without_strength_the_picture_is_as_it_was():
    picture = meme_picture()
    assert (np.asarray(heat_overlay(picture, attribution(one_hot(0, 0)), strength=0.0)) == np.asarray(picture)).all()


def test_colour_fades_where_the_other_half_decides():
    mostly_words = attribution([[1.0]], [("a", -2.0), ("b", 1.0)])
    assert picture_weight(mostly_words) == pytest.approx(0.5)
    assert words_weight(mostly_words) == 1
    assert heat_map(mostly_words, 9, 9).max() == pytest.approx(0.5)
    unsigned = attribution([[1.0]], [("a", 3.0)], signed=False)  # its two halves share no unit
    assert picture_weight(unsigned) == words_weight(unsigned) == 1


def test_a_marked_region_is_framed_in_yellow_between_black_and_nothing_else_changes():
    plain = Image.new("RGB", (400, 200), (10, 200, 30))
    framed = np.asarray(outlined(plain, [(0.25, 0.25, 0.75, 0.75)]))
    assert [tuple(framed[100, x]) for x in (100, 102, 104)] == [(0, 0, 0), MARKED, (0, 0, 0)]
    assert tuple(framed[100, 200]) == tuple(framed[20, 20]) == (10, 200, 30)
    assert plain.getcolors() == [(400 * 200, (10, 200, 30))]


def test_the_smallest_region_of_a_small_picture_can_be_framed():
    framed = outlined(Image.new("RGB", (20, 20)), [(0.98, 0.98, 1.0, 1.0), (0, 0, 0.01, 0.01)])
    assert MARKED in {colour for _, colour in framed.getcolors()}
