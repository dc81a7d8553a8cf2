"""What heads say of memes that they did not learn from: each meme asked of a quick head trained on the other folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from gatedclip.config import TrainConfig
from gatedclip.errors import DataError
from gatedclip.learn.train import Examples, fit
from gatedclip.types import Progress

FOLDS = 5
EPOCHS = 8
STEPS = 50  # per epoch; few memes take smaller batches, many larger ones
BATCHES = (8, 128)


def out_of_fold(
    data: Examples, families: Sequence[str], config: TrainConfig, progress: Progress = lambda fraction, message: None
) -> np.ndarray:
    """Probability of hateful (N,) for each meme by a quick head that learned from the other folds only, families kept together.

    Draws are seeded by the config. Raises DataError when a class has fewer families than there are folds.
    """
    groups = [family or f"alone {n}" for n, family in enumerate(families)]
    _require_families(data.labels, groups)
    recipe = quick(config, len(data))
    parts = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=config.seed).split(data.labels, data.labels, groups)
    found = np.zeros(len(data))
    for done, (learn, left_out) in enumerate(parts):
        progress(done / FOLDS, f"Looking for label errors, part {done + 1} of {FOLDS}")
        held = data.take(left_out)
        trained = fit(data.take(learn), held, recipe, keep=EPOCHS)
        found[left_out] = trained.head(held.picture, held.words).probability.numpy()
    return found


def quick(config: TrainConfig, memes: int) -> TrainConfig:
    """The config as few large steps, half of them with the gate held: shorter holds leave heads that a gate has blinded."""
    return replace(
        config,
        head="gated" if config.head == "ensemble" else config.head,
        epochs=EPOCHS,
        batch=int(np.clip(memes // STEPS, *BATCHES)),
        learning_rate=2e-3,
        flip=0.0,
        warmup=2,
        gate_hold=EPOCHS // 2,
        patience=EPOCHS,
    )


def _require_families(labels: np.ndarray, groups: Sequence[str]) -> None:
    for label, name in ((1, "hateful"), (0, "benign")):
        families = len({group for group, own in zip(groups, labels, strict=True) if own == label})
        if families < 2 * FOLDS:
            raise DataError(
                f"The {name} memes are of {families} families; {2 * FOLDS} are needed to look for label errors. "
                "Add labelled memes."
            )
