"""The bench: its arithmetic on a small run, and its words."""

import pytest
from PIL import Image

from gatedclip.bench import METHODS, _answers, _embedding, _training, dominating, machine, render, seconds


@pytest.fixture
def memes():
    return [Image.new("RGB", (32, 32), (n, 0, 0)) for n in range(4)], ["love it", "not you", "hello", "look"]


def test_time_is_a_median_after_one_run_that_does_not_count():
    runs = []
    assert seconds(lambda: runs.append(1), repeats=3) < 1
    assert len(runs) == 4


def test_embedding_a_meme_takes_as_long_as_its_picture_and_its_words(tiny_encoder, memes):
    pictures, texts, both = _embedding("tiny", tiny_encoder, *memes)
    assert (pictures.unit, texts.unit, both.unit) == ("/s", "/s", "/s")
    assert 1 / both.value == pytest.approx(1 / pictures.value + 1 / texts.value)


def test_training_is_compared_with_the_encoder_in_the_loop(tiny_encoder, memes):
    found = {f.name: f for f in _training(tiny_encoder, *memes, memes=64, epochs=3)}
    epoch, schedule = found["epoch of 64 cached memes, batch 32"].value, found["schedule of 3 epochs, cached"].value
    assert schedule == pytest.approx(3 * epoch)
    in_loop = found["epoch with tiny in the loop"]
    assert in_loop.value > epoch
    assert in_loop.note == "extrapolated from 4 encoded memes"
    assert found["epoch: encoder in the loop over cached"].value == pytest.approx(in_loop.value / epoch)


def test_every_way_of_explaining_is_timed(tiny_encoder, memes):
    names = [f.name for f in _answers("tiny", tiny_encoder, *memes)]
    assert names[:2] == ["tiny: predict a new meme", "tiny: predict from cached vectors"]
    assert names[2:] == [f"tiny: explain, {method}" for method in METHODS]


def test_a_profile_names_what_takes_most_of_an_explanation(tiny_encoder, memes):
    pictures, texts = memes
    found = dominating(tiny_encoder, pictures[0], texts[0], most=3)
    quick, precise = found[:3], found[3:]
    assert all(f.name.startswith("tiny: quick, ") for f in quick)
    assert all(f.name.startswith("tiny: integrated gradients, ") for f in precise)
    for half in (quick, precise):
        shares = [f.value for f in half]
        assert shares == sorted(shares, reverse=True)
        assert 0 < sum(shares) <= 100


def test_figures_are_printed_one_a_line_with_their_unit():
    figures = [
        {"name": "a", "value": 1234.4, "unit": "/s", "note": ""},
        {"name": "longer", "value": 0.01234, "unit": "s", "note": "extrapolated"},
    ]
    assert render({"machine": {"cores": 2}, "figures": figures}).splitlines() == [
        "cores 2",
        "a            1,234 /s",
        "longer      0.0123 s      extrapolated",
    ]


def test_the_machine_is_named_with_its_figures():
    assert {"cpu", "cores", "torch", "threads", "device"} == set(machine("cpu"))
