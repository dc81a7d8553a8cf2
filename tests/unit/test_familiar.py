"""What lies outside of what a head knows."""

import math

import pytest
import torch

from gatedclip.model.familiar import USUAL, Familiar


def unit(*degrees: float) -> torch.Tensor:
    return torch.tensor([[math.cos(math.radians(d)), math.sin(math.radians(d))] for d in degrees])


@pytest.fixture
def familiar():
    """Knows pictures at 0° and 90° and words at 0°; usual distances: 60° away for pictures, 90° for words."""
    return Familiar(unit(0, 90), unit(0), torch.tensor([0.5, 1.0]))


def test_a_training_meme_is_not_new_at_all(familiar):
    assert familiar.novelty(unit(0), unit(0)).tolist() == pytest.approx([0.0], abs=1e-6)


def test_novelty_is_the_distance_to_the_nearest_over_the_usual_one(familiar):
    # picture at 30°: nearest at 0°, 1 - cos 30° over 0.5
    assert float(familiar.novelty(unit(30), unit(0))) == pytest.approx((1 - math.cos(math.radians(30))) / 0.5, abs=1e-6)
    assert float(familiar.novelty(unit(150), unit(0))) == pytest.approx(1.0, abs=1e-6)  # 60° from 90°: exactly the limit


def test_the_stranger_of_the_two_modalities_decides(familiar):
    assert float(familiar.novelty(unit(0), unit(180))) == pytest.approx(2.0, abs=1e-6)
    assert float(familiar.novelty(unit(180), unit(0))) == pytest.approx(2.0, abs=1e-6)  # 90° from 90°: 1 over 0.5


def test_length_of_an_embedding_does_not_matter(familiar):
    assert float(familiar.novelty(unit(30) * 100, unit(0) * 0.01)) == pytest.approx(
        float(familiar.novelty(unit(30), unit(0))), abs=1e-6
    )


def test_limits_make_the_usual_share_of_held_out_memes_familiar():
    torch.manual_seed(0)
    know, held = torch.randn(500, 8), torch.randn(2000, 8)
    familiar = Familiar.fit(know, know, held, held)
    nearest = (1 - torch.nn.functional.normalize(held, dim=1) @ torch.nn.functional.normalize(know, dim=1).T).amin(1)
    assert familiar.limits.tolist() == pytest.approx([float(torch.quantile(nearest, USUAL))] * 2)
    assert float((familiar.novelty(held, held) <= 1).float().mean()) == pytest.approx(USUAL, abs=1e-3)


def test_held_out_memes_equal_to_known_ones_do_not_make_the_limit_zero():
    v = torch.eye(4)
    familiar = Familiar.fit(v, v, v, v)
    assert (familiar.limits > 0).all()
    assert float(familiar.novelty(v[:1], v[:1])) < 1
