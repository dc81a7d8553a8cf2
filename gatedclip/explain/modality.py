"""Picture, words, or only together: what the head itself can answer exactly, from cached embeddings, in milliseconds."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from gatedclip.errors import DataError
from gatedclip.explain.say import say_shares
from gatedclip.explain.score import scorer
from gatedclip.model.heads import GatedCLIP, Head
from gatedclip.types import Ledger, ModalityShares, Target

REFERENCES = 512  # memes that stand for an absent half, at most
APART = 0.2  # gate and Shapley share on different sides and this far apart disagree
OWN_LENGTH = (
    "This head also reads how long an embedding is, and the reference memes were kept without their lengths: each was given the "
    "length of this meme's own."
)


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


@torch.no_grad()
def ledger(
    head: Head, picture: Tensor, words: Tensor, reference_picture: Tensor, reference_words: Tensor, threshold: float = 0.5
) -> Ledger:
    """All that a head itself can say about the halves of one meme, (1, D_I) and (1, D_T); only the head runs, for milliseconds.

    Reference memes (K, D_I) and (K, D_T) stand for an absent half, REFERENCES of them at most, evenly over those given; unit
    vectors will do. Raises DataError below two.
    """
    some = torch.linspace(0, len(reference_picture) - 1, min(REFERENCES, len(reference_picture))).round().long()
    pictures, texts = reference_picture[some], reference_words[some]
    if head.input_scale == "raw":
        pictures, texts = _as_long_as(picture, pictures), _as_long_as(words, texts)
    margin = shapley(head, picture, words, pictures, texts)
    gate_logit = shapley(head, picture, words, pictures, texts, "gate") if isinstance(head, GatedCLIP) else None
    out = head(picture, words)
    gate, k = float(out.gate), len(some)
    return Ledger(
        gate=gate,
        share=float(out.share),
        margin=margin,
        gate_logit=gate_logit,
        probability=float(out.probability),
        without_picture=float(head(pictures, words.expand(k, -1)).probability.mean()),
        without_words=float(head(picture.expand(k, -1), texts).probability.mean()),
        references=k,
        disagrees=gate_logit is not None and disagree(gate, margin.picture_share),
        sentence=say_shares(margin, threshold),
        note=OWN_LENGTH if head.input_scale == "raw" else "",
    )


def disagree(gate: float, picture_share: float) -> bool:
    """Whether the gate leans to one half and the Shapley split of the margin to the other; both 0..1 towards the picture."""
    return (gate >= 0.5) != (picture_share >= 0.5) and abs(gate - picture_share) >= APART


def _as_long_as(v: Tensor, references: Tensor) -> Tensor:
    """The references (K, D) with the length of `v` (1, D)."""
    return torch.nn.functional.normalize(references, dim=1) * v.norm()
