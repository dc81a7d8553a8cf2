"""Heads on ready-made vectors: chosen within the training folds, judged on what was left out."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from gatedclip.config import TrainConfig
from gatedclip.errors import DataError
from gatedclip.learn.crossval import cross_validate, fit_few, ranks, recipes
from gatedclip.learn.train import Examples, fit

QUICK = TrainConfig(epochs=6, learning_rate=2e-3, warmup=1)


def planted(n: int = 120, widths: tuple[int, int] = (10, 6), strength: float = 1.0, seed: int = 0) -> Examples:
    """Vectors of two widths whose first feature tells the label, the more clearly the stronger."""
    rng = np.random.default_rng(seed)
    label = rng.permutation(np.arange(n) % 2).astype(np.float32)
    picture, words = (rng.standard_normal((n, w)).astype(np.float32) for w in widths)
    picture[:, 0] += strength * 4 * label
    words[:, 0] += strength * 4 * label
    return Examples(torch.from_numpy(picture), torch.from_numpy(words), torch.from_numpy(label))


def test_what_is_plain_is_found_by_head_and_logistic_regression_alike():
    found = cross_validate(planted(), [QUICK], folds=4)
    assert (found.n, found.positives, found.folds, len(found.chosen)) == (120, 60, 4, 4)
    assert found.head.value > 0.97
    assert found.logistic.value > 0.97
    assert found.change.low <= found.head.value - found.logistic.value <= found.change.high


def test_where_there_is_nothing_to_learn_neither_finds_anything():
    """A leak of the memes left out would show here first."""
    found = cross_validate(planted(160, strength=0.0), recipes(QUICK), folds=4)
    assert 0.35 < found.head.value < 0.65
    assert 0.35 < found.logistic.value < 0.65


def test_the_same_seed_gives_the_same_figures():
    once, again = (cross_validate(planted(strength=0.3), [replace(QUICK, seed=4)], folds=3) for _ in range(2))
    assert once == again


def test_progress_is_told_fold_by_fold_and_ends_at_1():
    told = []
    cross_validate(planted(), [QUICK], folds=3, progress=lambda fraction, message: told.append((fraction, message)))
    assert told == [(0.0, "fold 1 of 3"), (1 / 3, "fold 2 of 3"), (2 / 3, "fold 3 of 3"), (1.0, "3 folds")]


def test_the_recipe_that_does_better_within_the_training_memes_is_chosen():
    lazy = replace(QUICK, learning_rate=1e-8)
    trained, chosen = fit_few(planted(strength=0.5), [lazy, QUICK])
    assert chosen == replace(QUICK, flip=0.0, patience=QUICK.epochs, calibration="none")
    data = planted(strength=0.5, seed=9)
    assert roc_auc_score(data.labels, trained.head(data.picture, data.words).probability) > 0.8


def test_the_chosen_epoch_is_kept_exactly():
    data = planted(strength=0.3)
    trained, config = fit_few(data, [QUICK])
    again = fit(data, data, config, keep=trained.best)
    assert len(again.epochs) == trained.best
    assert all(torch.equal(a, b) for a, b in zip(trained.head.parameters(), again.head.parameters(), strict=True))
    longer = fit(data, data, replace(config, patience=1000))
    assert [e.loss for e in longer.epochs[: trained.best]] == [e.loss for e in trained.epochs]  # the same run, stopped there


def test_ranks_keep_the_order_and_share_ties():
    assert ranks(np.array([0.2, 0.9, 0.2, 0.1])).tolist() == [2.5 / 4, 1.0, 2.5 / 4, 0.25]


def test_the_recipe_for_few_memes_stands_beside_the_given_one():
    given, few = recipes(TrainConfig(head="words", seed=3))
    assert given == TrainConfig(head="words", seed=3)
    assert (few.head, few.seed, few.input_scale, few.learning_rate) == ("words", 3, "unit", 5e-4)


def test_a_class_too_small_to_be_split_is_refused_with_the_counts():
    data = planted(20)
    data = replace(data, hateful=torch.tensor([1.0] * 4 + [0.0] * 16))
    with pytest.raises(DataError, match="4 hateful and 16 benign memes; 5 folds need at least 10 of each"):
        cross_validate(data, [QUICK])


@pytest.mark.parametrize("folds", [1, 21])
def test_a_number_of_folds_that_makes_no_sense_is_refused(folds):
    with pytest.raises(DataError, match=f"{folds} folds were asked for; give between 2 and 20"):
        cross_validate(planted(), [QUICK], folds=folds)
