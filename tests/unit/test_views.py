"""Keep and erase views of marked memes, pixel by pixel."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gatedclip.errors import DataError
from gatedclip.learn.train import Examples
from gatedclip.learn.views import GREY, beside, erased, kept, necessary, views, without
from gatedclip.types import Label, Marks, Rationale

H, N, U = Label.HATEFUL, Label.BENIGN, Label.UNSURE
LEFT = ((0.0, 0.0, 0.5, 1.0),)
RED = (250, 0, 0)


def red():
    return Image.new("RGB", (4, 2), RED)


def columns(picture):
    return [picture.getpixel((x, 0)) for x in range(picture.width)]


def test_keep_leaves_the_mark_as_it_is_and_mixes_the_rest_away():
    mixed = tuple(int(0.2 * own + 0.8 * grey) for own, grey in zip(RED, GREY, strict=True))
    left, right = columns(kept(red(), LEFT))[:2], columns(kept(red(), LEFT))[2:]
    assert left == [RED, RED]
    assert all(abs(a - b) <= 1 for pixel in right for a, b in zip(pixel, mixed, strict=True))
    assert columns(kept(red(), LEFT, remains=0.0))[2:] == [GREY, GREY]


def test_erase_blanks_the_mark_and_leaves_the_rest():
    assert columns(erased(red(), LEFT)) == [GREY, GREY, RED, RED]
    assert columns(erased(red(), ())) == [RED] * 4


def test_words_go_by_their_place_even_where_they_repeat():
    assert without("you are you", (2,)) == "you are"
    assert without("you are you", ()) == "you are you"
    assert without("gone", (0,)) == ""


def test_a_mark_of_a_word_that_is_not_there_is_refused():
    with pytest.raises(DataError, match=r"Words \[3\] are marked in a text of 2"):
        without("two words", (0, 3))


def test_a_hateful_meme_whose_mark_is_necessary_gives_a_hateful_keep_and_a_benign_erase():
    keep, erase = views(red(), "you fool", Marks(LEFT, (1,)), H, necessary=True, weight=0.5)
    assert (keep.kind, keep.text, keep.hateful, keep.weight) == ("keep", "you fool", 1.0, 0.5)
    assert (erase.kind, erase.text, erase.hateful, erase.weight) == ("erase", "you", 0.0, 0.5)
    assert columns(erase.picture) == [GREY, GREY, RED, RED]


def test_what_is_left_of_a_hateful_meme_without_an_unnecessary_mark_has_no_label():
    assert [view.kind for view in views(red(), "you fool", Marks(LEFT, (1,)), H, necessary=False)] == ["keep"]


def test_a_benign_meme_stays_benign_either_way():
    assert [(v.kind, v.hateful) for v in views(red(), "x", Marks(LEFT), N, necessary=False)] == [("keep", 0.0), ("erase", 0.0)]


def test_only_words_marked_make_no_keep_view_and_nothing_marked_makes_none():
    assert [view.kind for view in views(red(), "you fool", Marks(words=(1,)), H, necessary=True)] == ["erase"]
    assert views(red(), "x", Marks(rationale=Rationale.PICTURE), H, necessary=True) == ()
    assert views(red(), "x", Marks(LEFT), U, necessary=True) == ()


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        (Marks(LEFT, (), Rationale.PICTURE), True),
        (Marks((), (0,), Rationale.PICTURE), False),  # the picture decides and something else was marked
        (Marks((), (0,), Rationale.WORDS), True),
        (Marks(LEFT, (), Rationale.TOGETHER), True),
        (Marks(LEFT, (0,), Rationale.NEITHER), False),
        (Marks(LEFT, (0,)), False),  # nobody said which half decides
    ],
)
def test_marks_are_necessary_where_they_hold_the_half_that_decides(marks, expected):
    assert necessary(marks) is expected


@given(st.tuples(*[st.floats(0, 1)] * 4))
def test_keep_and_erase_never_both_touch_a_pixel_nor_both_leave_it(corners):
    left, right = sorted(corners[:2])
    top, bottom = sorted(corners[2:])
    regions = ((left, top, right, bottom),)
    picture = Image.new("RGB", (8, 8), RED)
    kept_, erased_ = kept(picture, regions, 0.0), erased(picture, regions)
    for at in ((x, y) for x in range(8) for y in range(8)):
        assert {kept_.getpixel(at), erased_.getpixel(at)} == {RED, GREY}


def test_views_stand_after_the_memes_with_their_share_of_the_weight():
    base = Examples(torch.zeros(3, 2), torch.zeros(3, 2), torch.tensor([0.0, 1.0, 0.0]), weight=torch.tensor([1.0, 4.0, 1.0]))
    made = Examples(torch.ones(2, 2), torch.ones(2, 2), torch.tensor([1.0, 0.0]), weight=torch.tensor([0.5, 0.25]))
    found = beside(base, made, (1, 1))
    assert found.hateful.tolist() == [0.0, 1.0, 0.0, 1.0, 0.0]
    assert found.weight.tolist() == [1.0, 4.0, 1.0, 2.0, 1.0]
    assert found.picture[3:].tolist() == [[1.0, 1.0]] * 2
    plain = Examples(torch.zeros(3, 2), torch.zeros(3, 2), torch.zeros(3), mirrored=torch.zeros(3, 2))
    assert beside(plain, made, (1, 1)).mirrored[3:].tolist() == [[1.0, 1.0]] * 2
    assert len(beside(plain, made.take([]), ())) == 3
