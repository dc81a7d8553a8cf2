"""Picture, words, or only together: what the head itself can answer exactly, from cached embeddings, in milliseconds."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from gatedclip.errors import DataError
from gatedclip.explain.say import say_shares
from gatedclip.explain.score import half_scorer
from gatedclip.model.heads import Ensemble, GatedCLIP, Head
from gatedclip.types import Ledger, ModalityShares, Target

REFERENCES = 512  # memes that stand for an absent half, at most
SEED = 0  # of the draw of reference memes
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
    both, no_words, no_picture, neither = _without(head, picture, words, reference_picture, reference_words, target)
    by_picture, by_words = _values(both, no_words, no_picture, neither)  # (1, K)
    error = torch.cat([by_picture, by_words]).std(dim=1).max() / by_picture.shape[1] ** 0.5
    return ModalityShares(
        picture=float(by_picture.mean()),
        words=float(by_words.mean()),
        interaction=float((both - no_words - no_picture + neither).mean()),
        base=float(neither.mean()),
        margin=float(both),
        standard_error=float(error),
    )


@torch.no_grad()
def picture_shares(
    head: Head, picture: Tensor, words: Tensor, reference_picture: Tensor, reference_words: Tensor, at_once: int = 64
) -> np.ndarray:
    """The picture's part (B,), 0..1, of |picture| + |words| in the Shapley split of many memes' margins.

    Embeddings (B, D_I), (B, D_T) and references (K, D_I), (K, D_T). As `shapley(...).picture_share` one by one; `at_once`
    memes are put together at a time. Raises DataError below two references.
    """
    shares = []
    for some_pictures, some_words in zip(picture.split(at_once), words.split(at_once), strict=True):
        scores = _without(head, some_pictures, some_words, reference_picture, reference_words)
        by_picture, by_words = (values.mean(dim=1).abs() for values in _values(*scores))  # (b,)
        total = by_picture + by_words
        shares.append(torch.where(total > 0, by_picture / total.clamp_min(1e-12), 0.5))
    return torch.cat(shares).float().numpy() if shares else np.empty(0, np.float32)


def _without(
    head: Head, picture: Tensor, words: Tensor, reference_picture: Tensor, reference_words: Tensor, target: Target = "margin"
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Scores of B memes whole (B, 1), without their words (B, K), without their picture (B, K), and of the references (1, K)."""
    b, k = len(picture), len(reference_picture)
    if k != len(reference_words) or k < 2:
        raise DataError(
            f"Shares need the same number of reference pictures and words, at least 2; there are {k} and {len(reference_words)}. "
            "Give the embeddings of base memes."
        )
    score = half_scorer(head, target)
    h_i, h_t = head.halves(picture, words)  # (B, P)
    r_i, r_t = head.halves(reference_picture, reference_words)  # (K, P)
    pictures = torch.cat([h_i, h_i.repeat_interleave(k, dim=0), r_i.repeat(b, 1), r_i])
    texts = torch.cat([h_t, r_t.repeat(b, 1), h_t.repeat_interleave(k, dim=0), r_t])
    # in one batch, so that what a head never reads changes no digit
    both, no_words, no_picture, neither = score(pictures, texts).double().split([b, b * k, b * k, k])
    return both[:, None], no_words.view(b, k), no_picture.view(b, k), neither[None]


def _values(both: Tensor, no_words: Tensor, no_picture: Tensor, neither: Tensor) -> tuple[Tensor, Tensor]:
    """Shapley values (B, K) of picture and words against each single reference; picture + words = both - neither."""
    return ((no_words - neither) + (both - no_picture)) / 2, ((no_picture - neither) + (both - no_words)) / 2


@torch.no_grad()
def ledger(
    head: Head, picture: Tensor, words: Tensor, reference_picture: Tensor, reference_words: Tensor, threshold: float = 0.5
) -> Ledger:
    """All that a head itself can say about the halves of one meme, (1, D_I) and (1, D_T); only the head runs, for milliseconds.

    Reference memes (K, D_I) and (K, D_T) stand for an absent half, REFERENCES of them at most; unit
    vectors will do. Raises DataError below two.
    """
    pictures, texts = drawn(reference_picture, REFERENCES), drawn(reference_words, REFERENCES)
    if head.input_scale == "raw":
        pictures, texts = as_long_as(picture, pictures), as_long_as(words, texts)
    margin = shapley(head, picture, words, pictures, texts)
    gate_logit = shapley(head, picture, words, pictures, texts, "gate") if isinstance(head, (GatedCLIP, Ensemble)) else None
    out = head(picture, words)
    gate, k = float(out.gate), len(pictures)
    return Ledger(
        gate=gate,
        share=float(out.share),
        margin=margin,
        gate_logit=gate_logit,
        probability=float(out.probability),
        without_picture=float(head(pictures, words.expand(k, -1)).probability.mean()),
        without_words=float(head(picture.expand(k, -1), texts).probability.mean()),
        references=k,
        disagrees=gate_logit is not None and bool(disagree(gate, margin.picture_share)),
        sentence=say_shares(margin, threshold),
        note=OWN_LENGTH if head.input_scale == "raw" else "",
    )


def disagree(gate: float | np.ndarray, picture_share: float | np.ndarray) -> bool | np.ndarray:
    """Whether the gate leans to one half and the Shapley split of the margin to the other; both 0..1 towards the picture."""
    return ((gate >= 0.5) != (picture_share >= 0.5)) & (abs(gate - picture_share) >= APART)


def drawn(references: Tensor, most: int) -> Tensor:
    """At most so many of the rows (K, D), the same ones of any K rows; in their order.

    By chance, because base memes come in blocks: every 32nd of MemeWorld's are of few kinds, and put the shares off by twice as
    much as 64 drawn ones.
    """
    chance = torch.randperm(len(references), generator=torch.Generator().manual_seed(SEED))
    return references[chance[:most].sort().values]


def as_long_as(v: Tensor, references: Tensor) -> Tensor:
    """The references (K, D) with the mean length of `v` (B, D)."""
    return torch.nn.functional.normalize(references, dim=1) * v.norm(dim=1).mean()
