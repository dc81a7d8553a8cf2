import numpy as np
import pytest

from gatedclip.population.alarm import collapse


def gates(*parts: tuple[float, int]) -> np.ndarray:
    return np.concatenate([np.full(n, gate) for gate, n in parts])


def test_a_gate_that_moves_from_meme_to_meme_is_well():
    found = collapse(np.linspace(0.1, 0.9, 100))
    assert not found.alarm
    assert "mean 0.50, standard deviation 0.23" in found.sentence


@pytest.mark.parametrize(("gate", "half"), [(0.02, "words"), (0.98, "picture")])
def test_a_gate_pinned_to_one_half_on_nine_of_ten_memes_has_collapsed(gate, half):
    found = collapse(gates((gate, 90), (0.5, 10)))
    assert found.alarm
    assert f"collapsed onto the {half}: on 90% of these memes" in found.sentence
    assert not collapse(gates((gate, 89), (0.5, 11))).alarm


def test_a_gate_pinned_now_to_this_half_now_to_that_still_weighs():
    assert not collapse(gates((0.0, 50), (1.0, 50))).alarm


def test_a_gate_that_stays_where_it_is_has_stopped_weighing():
    """Half at 0.44 and half at 0.52: standard deviation 0.04."""
    found = collapse(gates((0.44, 50), (0.52, 50)))
    assert found.alarm
    assert "stays near 0.48" in found.sentence
    assert not collapse(gates((0.44, 50), (0.56, 50))).alarm  # 0.06


def test_too_few_memes_raise_no_alarm():
    found = collapse(gates((0.5, 29)))
    assert not found.alarm
    assert "29 memes are too few" in found.sentence
