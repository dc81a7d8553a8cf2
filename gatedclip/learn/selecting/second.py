"""Which decided memes deserve a second person's answer: confident learning finds them, ActiveLab says whether it is worth it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatedclip.errors import DataError


@dataclass(frozen=True)
class Suspects:
    """Decided memes whose label is doubtful."""

    rows: np.ndarray  # (S,) most doubtful first
    worth: np.ndarray  # (S,) bool: a second answer tells more than the label of a new meme would


def suspects(answers: np.ndarray, left_out: np.ndarray, waiting: np.ndarray, batch: int) -> Suspects:
    """Decided memes that confident learning takes for errors, and which of them ActiveLab would ask about in a batch.

    `answers` (N, R) holds 1 hateful, 0 benign, NaN no answer of each reviewer; `left_out` (N,) and `waiting` (M,) are
    probabilities by heads that did not learn from the meme. A label is suspect when the other one is more probable than it is
    on average among memes that have it (Northcutt, Jiang and Chuang 2021). ActiveLab (Goh and Mueller 2023) puts decided and
    waiting memes on one scale of how little is known; the `batch` least known of both are the ones it would ask about.
    """
    _require(answers, left_out)
    label = np.nanmean(answers, axis=1) >= 0.5 if len(answers) else np.empty(0, bool)
    if len(set(label.tolist())) < 2:  # what a label looks like needs both
        return Suspects(np.empty(0, np.int64), np.empty(0, bool))
    rows = _by_confident_learning(label.astype(int), left_out)
    known, unknown = _activelab(answers, left_out, waiting)
    scale = np.sort(np.concatenate([known, unknown]))
    return Suspects(rows, known[rows] <= scale[min(batch, len(scale)) - 1])


def _by_confident_learning(label: np.ndarray, left_out: np.ndarray) -> np.ndarray:
    from cleanlab.filter import find_label_issues

    found = find_label_issues(
        label, _both(left_out), filter_by="confident_learning", return_indices_ranked_by="self_confidence", n_jobs=1
    )
    return np.asarray(found, dtype=np.int64)


def _activelab(answers: np.ndarray, left_out: np.ndarray, waiting: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores (N,) and (M,), 0..1: the lower, the more one more answer would tell."""
    from cleanlab.multiannotator import get_active_learning_scores

    known, unknown = get_active_learning_scores(answers.astype(float), _both(left_out), _both(waiting) if len(waiting) else None)
    return np.asarray(known), np.asarray(unknown)


def _both(probability: np.ndarray) -> np.ndarray:
    """(N,) of hateful -> (N, 2) of benign and hateful."""
    p = np.clip(probability.astype(np.float64), 1e-6, 1 - 1e-6)
    return np.stack([1 - p, p], axis=1)


def _require(answers: np.ndarray, left_out: np.ndarray) -> None:
    if answers.ndim != 2 or len(answers) != len(left_out):
        raise DataError(
            f"Answers of shape {answers.shape} do not fit {len(left_out)} probabilities. Give a row a meme, a column a reviewer."
        )
    silent = int(np.isnan(answers).all(axis=1).sum()) if answers.size else 0
    if silent:
        raise DataError(f"{silent} of the decided memes have no answer. Leave them out.")
