"""The model's view: quick at once, precise when ready, the person's choice above all, and how far to trust what is shown."""

import io
import json
import time

import numpy as np
import pytest
from explaining import attribution, meme_picture
from PIL import Image
from reading import said
from streamlit.testing.v1 import AppTest

from gatedclip.config import TrainConfig
from gatedclip.data.images import to_jpeg
from gatedclip.explain.serialise import document
from gatedclip.types import Way
from gatedclip.ui.explanation import BADGES, drawn


@pytest.fixture
def taught(teach):
    return teach(4, TrainConfig(epochs=4, warmup=1, learning_rate=3e-3))


def until(shown: AppTest, *words: str, seconds: float = 90) -> AppTest:
    """Looks again, as a browser would of itself, until all the words stand on the page."""
    end = time.monotonic() + seconds
    while not all(word in said(shown) for word in words):
        assert time.monotonic() < end, said(shown)
        time.sleep(0.1)
        shown.run()
        assert not shown.exception
    return shown


@pytest.fixture
def view(app, taught) -> AppTest:
    """The review page with the model's view uncovered."""
    shown = app()
    next(b for b in shown.button if b.label == "Show the model's view").click().run()
    assert not shown.exception
    return shown


def test_a_map_is_there_at_once_and_the_precise_one_takes_its_place(view):
    assert "The picture counts most" in said(view)
    until(view, "Method: integrated gradients", "add up to the whole")


def test_the_badge_comes_by_itself_with_its_numbers(view):
    until(view, "Method: integrated gradients", "Changes not foreseen")
    assert sum(words in said(view) for words in BADGES.values()) == 1
    assert "random orders" in said(view)


def test_the_method_a_person_chose_wins(view):
    view.segmented_control(key="method").set_value("quick").run()
    until(view, "Method: quick")
    view.run()
    assert "Method: quick" in said(view)
    view.segmented_control(key="method").set_value("kernel shap").run()
    until(view, "Method: kernel shap")


def test_what_stands_for_no_picture_can_be_chosen_and_is_said(view):
    view.radio(key="baseline").set_value("black").run()
    until(view, "Method: integrated gradients", "Compared with a black picture")


def test_the_gate_can_be_explained_instead_of_the_verdict(view):
    view.radio(key="target").set_value("gate").run()
    until(view, "Method: integrated gradients")
    assert "hateful)" not in said(view)  # its directions are picture and words


def test_a_taken_away_explanation_says_everything(taught):
    meme = taught.meme(101)
    way = Way("integrated gradients")
    why, trust = taught.explain(meme, way), taught.trust(meme, way)
    found = json.loads(document(why, trust, {"meme_id": meme.id, "version": 1}))
    assert (found["meme_id"], found["version"], found["method"], found["target"]) == (101, 1, "integrated gradients", "margin")
    assert np.array(found["patches"], np.float32) == pytest.approx(why.patches)
    assert [(w["text"], w["value"]) for w in found["words"]] == [(w.text, w.value) for w in why.words]
    assert found["trust"]["badge"] == trust.badge
    assert "mean grey" in found["baseline"]


def test_without_strength_the_picture_is_as_it_was_and_with_it_the_heat_shows():
    picture = meme_picture()
    file = to_jpeg(picture)
    heat = attribution([[1.0, 0.0], [0.0, 0.0]], [])

    def pixels(strength: float) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(drawn(file, heat, strength, "PNG"))), int)

    plain = np.asarray(Image.open(io.BytesIO(file)), int)
    assert (pixels(0.0) == plain).all()
    assert np.abs(pixels(0.7) - plain).max() > 50
