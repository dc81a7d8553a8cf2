"""How well a head does on ready-made vectors, cross-validated beside logistic regression on the same folds."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.stats import rankdata
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegressionCV
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, normalize

from gatedclip.config import TrainConfig
from gatedclip.errors import DataError
from gatedclip.learn.train import Examples, Fit, fit
from gatedclip.model.metrics import auroc, auroc_change
from gatedclip.types import Interval, Progress

PARTS = 5  # of the training folds, for choices within them
STRENGTHS = np.logspace(-5, 0, 8)  # C of logistic regression


@dataclass(frozen=True)
class CrossValidation:
    """AUROC on memes left out of training, each ranked within its fold; bootstrap intervals over memes."""

    n: int
    positives: int
    folds: int
    head: Interval
    logistic: Interval  # on standardised unit vectors of both halves side by side
    change: Interval  # head minus logistic regression, on the same memes
    chosen: tuple[str, ...]  # recipe and epoch that each fold chose


def recipes(config: TrainConfig) -> list[TrainConfig]:
    """The given recipe, and one for few memes.

    Standardising lifts every feature to the same size, noise too, which a few hundred memes do not outvote; unit vectors with
    larger steps then do better.
    """
    return [config, replace(config, input_scale="unit", learning_rate=5e-4)]


def cross_validate(
    data: Examples, configs: Sequence[TrainConfig], folds: int = 5, progress: Progress = lambda fraction, message: None
) -> CrossValidation:
    """A head trained by the best of `configs`, and logistic regression, on the same folds; both choose within training folds.

    Nothing is flipped, since ready-made vectors have no mirror images. Raises DataError when a class is too small to be split.
    """
    labels, seed = data.labels, configs[0].seed
    _require_enough(labels, folds)
    ours, linear = np.zeros(len(data)), np.zeros(len(data))  # ranks within the fold, 0..1
    chosen = []
    for done, (learn, left_out) in enumerate(_split(labels, folds, seed)):
        progress(done / folds, f"fold {done + 1} of {folds}")
        trained, config = fit_few(data.take(learn), configs)
        chosen.append(f"{config.input_scale} at {config.learning_rate:g}, epoch {trained.best}")
        ours[left_out] = ranks(_probability(trained, data.take(left_out)))
        linear[left_out] = ranks(_logistic(data.take(learn), data.take(left_out), seed))
    progress(1.0, f"{folds} folds")
    return CrossValidation(
        n=len(data),
        positives=int(labels.sum()),
        folds=folds,
        head=auroc(labels, ours),
        logistic=auroc(labels, linear),
        change=auroc_change(labels, linear, ours),
        chosen=tuple(chosen),
    )


def fit_few(data: Examples, configs: Sequence[TrainConfig]) -> tuple[Fit, TrainConfig]:
    """A head for few memes, with its recipe: recipe and epoch are chosen by cross-validation, then every meme is trained on.

    Holding out memes only to know when to stop would cost more than it tells. The threshold is the training memes' own.
    """
    # memes that were trained on cannot say how sure to be
    configs = [replace(config, flip=0.0, patience=config.epochs, calibration="none") for config in configs]
    curves = np.stack([_curve(data, config) for config in configs])  # (recipes, epochs)
    recipe, epoch = np.unravel_index(curves.argmax(), curves.shape)
    config = configs[int(recipe)]
    return fit(data, data, config, keep=int(epoch) + 1), config


def _curve(data: Examples, config: TrainConfig) -> np.ndarray:
    """Mean AUROC after each epoch on parts left out: (epochs,)."""
    parts = _split(data.labels, PARTS, config.seed)
    return np.mean([[e.auroc for e in fit(data.take(train), data.take(stop), config).epochs] for train, stop in parts], axis=0)


def _split(labels: np.ndarray, folds: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows to learn from and rows left out, `folds` times; every row is left out once, each class in equal shares."""
    return StratifiedKFold(folds, shuffle=True, random_state=seed).split(labels, labels)


def ranks(scores: np.ndarray) -> np.ndarray:
    """Scores (n,) as ranks in 0..1, because scores of different folds come from different models."""
    return rankdata(scores) / len(scores)


@torch.no_grad()
def _probability(trained: Fit, test: Examples) -> np.ndarray:
    return trained.head(test.picture, test.words).probability.numpy()


def _logistic(learn: Examples, test: Examples, seed: int) -> np.ndarray:
    chosen = LogisticRegressionCV(
        Cs=STRENGTHS,
        l1_ratios=(0,),
        cv=StratifiedKFold(PARTS, shuffle=True, random_state=seed),
        scoring="roc_auc",
        max_iter=2000,
        use_legacy_attributes=False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # at the weakest penalties, which are then not chosen
        model = make_pipeline(StandardScaler(), chosen).fit(_features(learn), learn.labels)
    return model.decision_function(_features(test))


def _features(data: Examples) -> np.ndarray:
    return np.hstack([normalize(data.picture.numpy()), normalize(data.words.numpy())])  # (N, D_I + D_T)


def _require_enough(labels: np.ndarray, folds: int) -> None:
    if not 2 <= folds <= 20:
        raise DataError(f"{folds} folds were asked for; give between 2 and 20.")
    hateful, benign, needed = int(labels.sum()), int((1 - labels).sum()), max(folds, 2 * PARTS)
    if min(hateful, benign) < needed:
        raise DataError(
            f"There are {hateful} hateful and {benign} benign memes; {folds} folds "
            f"need at least {needed} of each. Add labelled memes."
        )
