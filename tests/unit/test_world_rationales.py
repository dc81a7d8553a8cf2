"""The planted shortcut, and the measurement of what marks do against it."""

import numpy as np
import pytest
from PIL import Image

from gatedclip.config import TrainConfig
from gatedclip.errors import DataError
from gatedclip.model.encoder import load_encoder
from gatedclip.world.rationales import COLUMNS, LEAN, WAYS, bordered, borders, run, table


def test_the_border_runs_around_the_picture_and_nowhere_else():
    framed = bordered(Image.new("RGB", (100, 100), "white"))
    assert framed.getpixel((0, 50)) == framed.getpixel((99, 50)) == framed.getpixel((50, 4)) == (208, 31, 208)
    assert framed.getpixel((5, 50)) == framed.getpixel((50, 94)) == (255, 255, 255)


def test_the_border_goes_with_the_label_as_stated_and_with_nothing_in_the_test():
    truth = np.arange(20_000) % 2
    leaning, fair = borders(truth, LEAN, 1), borders(truth, 0.5, 1)
    assert (leaning == truth).mean() == pytest.approx(LEAN, abs=0.005)
    assert (fair == truth).mean() == pytest.approx(0.5, abs=0.01)
    assert (borders(truth, LEAN, 1) == leaning).all()


def test_a_small_run_fills_the_table():
    quick = TrainConfig(epochs=1, batch=64, warmup=0, gate_hold=0)
    found = run(load_encoder("demo"), quick, (40, 20, 20, 2), 2, lambda fraction, message: None)
    assert {way: set(marks) for way, marks in found.rows.items()} == {way: set(COLUMNS) for way in WAYS}
    assert "no marks" not in found.gain
    assert all(0 <= marks["pointing"].value <= 1 for marks in found.rows.values())
    assert table(found).startswith("40 memes to learn from, 20 for validation, 20 to test on, 2 of them pointed at; 2 seeds")


def test_one_seed_has_no_interval_and_is_refused():
    with pytest.raises(DataError, match="1 seed was asked for"):
        run(load_encoder("demo"), TrainConfig(), (80, 40, 40, 4), 1, lambda fraction, message: None)
