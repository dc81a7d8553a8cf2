"""The refit bench: three trainings by one recipe, told as ratios."""

import pytest

from gatedclip.errors import DataError
from gatedclip.learn.pace import Pace, refit, render


def test_all_three_are_timed_and_progress_reaches_the_end_of_each():
    seen = []
    found = refit(96, 8, 2, lambda fraction, message: seen.append((round(fraction, 3), message)), members=2)
    assert min(found.plain, found.ours, found.committee) > 0
    assert (0.5, "a plain loop: epoch 2 of 2") in seen
    assert (0.65, "one head: epoch 2 of 2") in seen
    assert seen[-1] == (1.0, "a committee: epoch 2 of 2")


def test_ratios_are_of_the_single_refit():
    found = Pace(9000, 512, 20, 32, 5, 2.0, plain=30.0, ours=12.0, committee=24.0)
    assert (found.faster, found.at_once) == (2.5, 2.0)
    assert "plain over ours 2.50" in render(found)
    assert "committee over one head 2.00" in render(found)


def test_less_than_two_batches_are_refused():
    with pytest.raises(DataError, match="10 memes"):
        refit(10, 8, 1, lambda fraction, message: None)
