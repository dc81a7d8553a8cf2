"""Whether a meme lies outside what a head was trained on: distance to its training memes, judged by held-out ones."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

MEMES = 2048  # reference memes kept with a head
USUAL = 0.995  # share of held-out memes, per modality, that must count as familiar


@dataclass(frozen=True)
class Familiar:
    """Unit vectors of training memes and the largest usual distance to the nearest of them, per modality."""

    picture: Tensor  # (K, D_I), unit rows
    words: Tensor  # (K, D_T), unit rows
    limits: Tensor  # (2,): picture, words; cosine distance

    @classmethod
    def fit(cls, picture: Tensor, words: Tensor, held_picture: Tensor, held_words: Tensor) -> Familiar:
        """From training embeddings (K, D) and held-out ones (N, D) of the same kind of memes."""
        picture, words = F.normalize(picture, dim=1), F.normalize(words, dim=1)
        distances = torch.stack([_nearest(held_picture, picture), _nearest(held_words, words)])  # (2, N)
        return cls(picture, words, torch.quantile(distances, USUAL, dim=1).clamp_min(1e-4))

    def novelty(self, picture: Tensor, words: Tensor) -> Tensor:
        """Distance to the nearest training meme over the largest usual one, the worse modality: (B,); above 1 is unfamiliar."""
        distances = torch.stack([_nearest(picture, self.picture), _nearest(words, self.words)])  # (2, B)
        return (distances / self.limits[:, None]).amax(dim=0)


def _nearest(v: Tensor, reference: Tensor) -> Tensor:
    """Cosine distance of each row to its nearest reference row: (B, D), (K, D) -> (B,), 0..2."""
    return (1 - F.normalize(v, dim=1) @ reference.T).amin(dim=1).clamp_min(0)
