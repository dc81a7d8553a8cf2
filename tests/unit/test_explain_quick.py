import pytest
import torch

from gatedclip.explain.quick import carried


def test_one_layer_gives_the_mean_over_heads_of_positive_gradient_times_attention():
    attention = torch.tensor([[[[0.5, 0.5], [0.2, 0.8]], [[0.4, 0.6], [1.0, 0.0]]]])  # (1, 2 heads, 2, 2)
    gradient = torch.tensor([[[[1.0, 2.0], [0.0, 0.0]], [[1.0, -5.0], [0.0, 0.0]]]])
    # row 0: head one (0.5, 1.0), head two (0.4, 0) as -3 counts as 0; mean (0.45, 0.5)
    assert carried([attention], [gradient], row=0).tolist() == pytest.approx([0.45, 0.5])


def test_two_layers_multiply_from_the_last_to_the_first():
    ones = torch.ones(1, 1, 2, 2)
    first = torch.tensor([[[[0.0, 0.0], [0.25, 0.5]]]])
    last = torch.tensor([[[[0.0, 0.5], [0.0, 0.0]]]])
    # row 0 of (I + last)(I + first): (1, 0.5) (I + first) = (1 + 0.5·0.25, 0.5 + 0.5·0.5)
    assert carried([first, last], [ones, ones], row=0).tolist() == pytest.approx([0.125, 0.75])


def test_a_tower_the_score_does_not_depend_on_gets_zero():
    assert carried([torch.ones(1, 1, 3, 3)], [None], row=2).tolist() == [0, 0, 0]
