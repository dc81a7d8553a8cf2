"""Scenes and the captions written on them."""

import random

import numpy as np
import pytest
from PIL import Image

from gatedclip.world import captions
from gatedclip.world.scenes import compose
from gatedclip.world.themes import CLOSERS, INSULTS, NEUTRALS, OPENERS, THEMES


def changed(a: Image.Image, b: Image.Image) -> tuple[float, float, float, float]:
    """Where two pictures differ, as fractions."""
    rows, columns = np.nonzero((np.asarray(a) != np.asarray(b)).any(axis=2))
    return columns.min() / a.width, rows.min() / a.height, (columns.max() + 1) / a.width, (rows.max() + 1) / a.height


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_swapping_the_main_thing_changes_the_picture_inside_its_box_only(theme) -> None:
    scene = compose(random.Random(theme.name), theme.good, ["ball", "cup"])
    left, top, right, bottom = changed(scene.draw(160, 1), scene.showing(theme.bad).draw(160, 1))
    box = scene.box
    assert min(left - box[0], top - box[1], box[2] - right, box[3] - bottom) >= 0
    assert (right - left) * (bottom - top) > 0.3 * (box[2] - box[0]) * (box[3] - box[1])


def test_things_stand_apart_from_each_other_and_inside_the_picture() -> None:
    for seed in range(200):
        scene = compose(random.Random(seed), "rose", ["ball", "cup", "kite"])
        for i, a in enumerate(scene.things):
            assert 0 <= min(a.box) < max(a.box) <= 1
            for b in scene.things[:i]:
                assert max(abs(a.x - b.x), abs(a.y - b.y)) > (a.size + b.size) / 2


def test_a_picture_looks_the_same_at_every_size() -> None:
    scene = compose(random.Random(5), "skunk", ["book"])
    small = np.asarray(scene.draw(448).resize((64, 64), Image.Resampling.BICUBIC)).astype(int)
    cheap = np.asarray(scene.draw(192, oversample=1).resize((64, 64), Image.Resampling.BICUBIC)).astype(int)
    assert np.abs(small - cheap).mean() < 4


def test_a_caption_is_cut_into_two_parts_that_hold_all_its_words() -> None:
    assert captions.halves("monday again") == ("", "monday again")
    assert captions.halves("honestly, love the way you smell today") == ("honestly, love the way", "you smell today")
    text = "good morning, no one would say you keep a promise like this according to the internet"
    assert " ".join(captions.halves(text)) == text


@pytest.mark.parametrize("side", [64, 448])
def test_the_longest_caption_leaves_the_middle_of_the_picture_free(side: int) -> None:
    sentences = [s for t in THEMES.values() for s in (*t.praise, *t.denial)] + [*INSULTS, *NEUTRALS]
    text = " ".join(max(part, key=len) for part in (OPENERS, sentences, CLOSERS)).replace("*", "")
    picture = Image.new("RGB", (side, side), "#808080")
    blank = picture.copy()
    captions.write(picture, text)
    rows = np.nonzero((np.asarray(picture) != np.asarray(blank)).any(axis=(1, 2)))[0] / side
    assert not ((rows > 0.235) & (rows < 0.775)).any()
    assert rows.min() < 0.235 < 0.775 < rows.max()


def test_a_word_too_wide_for_the_picture_is_still_written() -> None:
    picture = Image.new("RGB", (200, 200), "#808080")
    captions.write(picture, "x" * 200)
    assert np.asarray(picture).max() > 240
