"""Picture, words, or only together: what the head itself can answer exactly, from cached embeddings, in milliseconds."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from gatedclip.errors import DataError
from gatedclip.explain.score import Target, scorer
from gatedclip.model.heads import Head
from gatedclip.types import ModalityShares


@torch.no_grad()
def gate_sweep(head: Head, picture: Tensor, words: Tensor, steps: int = 101) -> np.ndarray:
    """P(hateful) (steps,) of one meme, (1, D_I) and (1, D_T), were the gate forced from 0 (words) to 1 (picture)."""
    out = head(picture.expand(steps, -1), words.expand(steps, -1), gate=torch.linspace(0, 1, steps, device=picture.device))
    return out.probability.cpu().numpy()


def crossings(probabilities: np.ndarray, threshold: float) -> list[float]:
    """Gates at which the decision would flip, between two points of a sweep by straight line."""
    above = probabilities >= threshold
    at = np.flatnonzero(above[1:] != above[:-1])
    part = (threshold - probabilities[at]) / (probabilities[at + 1] - probabilities[at])
    return [float(g) for g in (at + part) / (len(probabilities) - 1)]


@torch.no_grad()
def shapley(
    head: Head, picture: Tensor, words: Tensor, reference_picture: Tensor, reference_words: Tensor, target: Target = "margin"
) -> ModalityShares:
    """The exact two-player Shapley split of one meme's score between its picture (1, D_I) and its words (1, D_T).

    An absent half is averaged over K reference memes, (K, D_I) and (K, D_T), row by row; the base is their own mean score.
    picture + words = score - base exactly. Raises DataError below two references.
    """
    k = len(reference_picture)
    if k != len(reference_words) or k < 2:
        raise DataError(
            f"Shares need the same number of reference pictures and words, at least 2; there are {k} and {len(reference_words)}. "
            "Give the embeddings of base memes."
        )
    score = scorer(head, target)
    pictures = torch.cat([picture, picture.expand(k, -1), reference_picture, reference_picture])
    texts = torch.cat([words, reference_words, words.expand(k, -1), reference_words])
    both, *rest = score(pictures, texts).double().split([1, k, k, k])
    no_words, no_picture, neither = rest  # each (K,)
    by_picture = ((no_words - neither) + (both - no_picture)) / 2  # (K,), Shapley value against each single reference
    by_words = ((no_picture - neither) + (both - no_words)) / 2
    error = torch.stack([by_picture, by_words]).std(dim=1).max() / k**0.5
    return ModalityShares(
        picture=float(by_picture.mean()),
        words=float(by_words.mean()),
        interaction=float((both - no_words - no_picture + neither).mean()),
        base=float(neither.mean()),
        margin=float(both),
        standard_error=float(error),
    )
