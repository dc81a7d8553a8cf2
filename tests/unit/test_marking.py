"""What a browser sends about a person's marks is only believed where it makes sense, and only for the meme it was made for."""

import base64
import io
import math

import pytest
from bringing import png
from PIL import Image

from gatedclip.data.text import text_key
from gatedclip.types import Marks, Meme, Rationale
from gatedclip.ui.marking import MOST, SIDE, Draft, data_uri, picked_of, regions_of, summary

MEME = Meme(picture="p", text="love the way you smell", source="test", id=1)


def test_regions_come_as_fractions_within_the_picture():
    assert regions_of([[0.1, 0.2, 0.3, 0.4]]) == ((0.1, 0.2, 0.3, 0.4),)
    assert regions_of([[-1, -0.5, 2, 1.5], [0.123456, 0, 1, 1]]) == ((0, 0, 1, 1), (0.1235, 0, 1, 1))


@pytest.mark.parametrize(
    "sent",
    [
        None, "x", {"regions": []}, [None], [[0, 0, 1]], [[0, 0, 1, 1, 1]], [["0", 0, 1, 1]], [[True, 0, 1, 1]],
        [[math.nan, 0, 1, 1]], [[0, 0, math.inf, 1]], [[0.5, 0, 0.5, 1]], [[0.6, 0, 0.5, 1]], [[0, 0, 0.001, 1]], [{"0": 0}],
    ],
)  # fmt: skip
def test_whatever_is_no_region_is_left_out(sent):
    assert regions_of(sent) == ()


def test_regions_have_an_end():
    assert len(regions_of([[0, 0, 1, 1]] * 1000)) == MOST


def test_words_are_positions_in_order_each_once():
    assert picked_of([4, 0, 4.0, 2], 5) == (0, 2, 4)
    assert picked_of([-1, 5, 1.5, "1", True, None, [1], math.nan, math.inf, 10**30], 5) == ()
    assert picked_of("01", 5) == picked_of(None, 5) == ()


def test_what_the_browser_holds_counts_for_its_own_meme_and_round_only(session_state):
    draft = Draft("token")
    key = text_key(MEME.text)
    session_state["regions-token"] = {"regions": {"tag": draft.tag, "regions": [[0, 0, 0.5, 0.5]]}}
    session_state["words-token"] = {"picked": {"tag": f"{draft.tag} {key}", "picked": [0, 4]}}
    assert draft.marks(MEME) == Marks(((0, 0, 0.5, 0.5),), (0, 4))
    assert Draft("another").marks(MEME) is None
    draft.clear()  # the browser still holds the marks of the round before
    assert draft.marks(MEME) is None


def test_corrected_words_have_to_be_marked_again_and_regions_stay(session_state):
    draft = Draft("token", regions=((0, 0, 1, 1),), words=(0, 4), text=text_key(MEME.text))
    draft.take(MEME)
    assert draft.words == (0, 4)
    draft.take(Meme(picture="p", text="love", source="test", id=1))
    assert (draft.words, draft.regions) == ((), ((0, 0, 1, 1),))


def test_marks_stay_when_the_browser_shows_them_no_more(session_state):
    draft = Draft("token", regions=((0, 0, 1, 1),), rationale=Rationale.PICTURE)
    session_state["regions-token"] = {"regions": None}
    assert draft.marks(MEME) == Marks(((0, 0, 1, 1),), (), Rationale.PICTURE)


@pytest.fixture
def session_state():
    """The session state that Streamlit gives to code outside a page."""
    import streamlit as st

    for name in list(st.session_state):
        del st.session_state[name]
    yield st.session_state
    for name in list(st.session_state):
        del st.session_state[name]


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        (Draft(), ""),
        (Draft(regions=((0, 0, 1, 1),)), "1 region"),
        (Draft(regions=((0, 0, 1, 1),) * 2, words=(3,)), "2 regions, 1 word"),
        (Draft(rationale=Rationale.TOGETHER), "only together"),
        (Draft(words=(1, 2), rationale=Rationale.NEITHER), "2 words, neither"),
    ],
)
def test_what_is_marked_is_said_in_a_few_words(draft, said):
    assert summary(draft) == said


def test_the_picture_in_the_browser_is_a_jpeg_of_limited_size():
    head, body = data_uri(png(size=(1800, 1200))).split(",")
    assert head == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(base64.b64decode(body))).size == (SIDE, SIDE * 2 // 3)
