"""What heads say of memes they did not learn from."""

import numpy as np
import pytest
import torch

from gatedclip.config import TrainConfig
from gatedclip.errors import DataError
from gatedclip.learn.folds import out_of_fold
from gatedclip.learn.train import Examples


def clouds(n, seed=0):
    """Memes whose pictures lean one way when hateful and the other when benign."""
    draws = torch.Generator().manual_seed(seed)
    hateful = (torch.arange(n) % 2).float()
    picture = torch.randn(n, 8, generator=draws) + 2 * (2 * hateful[:, None] - 1)
    return Examples(picture, torch.randn(n, 8, generator=draws), hateful)


def test_a_flipped_label_stands_out_because_its_own_fold_never_taught_it():
    data = clouds(200)
    data.hateful[40] = 1 - data.hateful[40]
    found = out_of_fold(data, [""] * 200, TrainConfig())
    given = np.where(data.hateful.numpy() == 1, found, 1 - found)
    assert given.argmin() == 40
    assert np.median(given) > 0.8


def test_a_family_never_teaches_about_itself():
    draws = torch.Generator().manual_seed(1)
    family = torch.arange(240) // 6
    picture = 3 * torch.randn(40, 16, generator=draws)[family]  # one picture and one label each, which no other family tells
    hateful = (torch.rand(40, generator=draws) < 0.5).float()[family]
    data = Examples(picture, torch.zeros(240, 16), hateful)
    names = [f"f{n}" for n in family.tolist()]
    kept, cut = (out_of_fold(data, of, TrainConfig()) for of in (names, [""] * 240))
    right = [float(((found > 0.5) == data.labels).mean()) for found in (kept, cut)]
    assert right[1] > 0.9  # brothers in other folds give it away
    assert right[0] < 0.7


def test_the_same_seed_gives_the_same_probabilities():
    data = clouds(60)
    one, two = (out_of_fold(data, [""] * 60, TrainConfig(seed=3)) for _ in range(2))
    assert (one == two).all()


def test_too_few_families_of_one_label_are_refused_with_their_number():
    data = clouds(60)
    families = [f"h{n % 9}" if label else "" for n, label in enumerate(data.hateful.tolist())]
    with pytest.raises(DataError, match="The hateful memes are of 9 families; 10 are needed"):
        out_of_fold(data, families, TrainConfig())
