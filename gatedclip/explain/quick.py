"""The quick map, unsigned: one pass forward and one back.

For the picture, attention weighted by its gradient and carried through the layers (Chefer, Gur and Wolf 2021). For the words, the
length of the gradient at each word piece, which names a word that tells more often than attention does (docs/explanations.md).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from gatedclip.explain.score import Score
from gatedclip.model.encoder import Encoder


def relevance(encoder: Encoder, score: Score, pixels: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
    """How much each patch (G·G,) and each word piece (T,) mattered to the side the score leans to; never negative.

    One forward and one backward pass through both towers.
    """
    looked: list[Tensor] = []
    patches = encoder.patch_embed(pixels).detach().requires_grad_()  # (1, G·G, W)
    embedded = encoder.token_embed(tokens).detach().requires_grad_()  # (1, T, W)
    v_picture = encoder.picture_from_patches(patches, looked)
    value = score(v_picture, encoder.words_from_tokens(embedded, tokens)).sum()
    leaning = -value if value < 0 else value  # explain benign where the head says benign
    *gradients, by_pieces = torch.autograd.grad(leaning, [*looked, embedded], allow_unused=True)
    from_class = carried(looked, gradients, row=0)  # (1 + G·G,)
    return from_class[1:], torch.zeros(tokens.shape[1]) if by_pieces is None else by_pieces[0].norm(dim=1)


def carried(attention: Sequence[Tensor], gradients: Sequence[Tensor | None], row: int) -> Tensor:
    """Row `row` of (I + C_L)···(I + C_1) with C the head-mean of max(0, gradient × attention), without the row's own 1: (T,).

    All zero where the score does not depend on this tower.
    """
    start = torch.zeros(attention[0].shape[-1], device=attention[0].device)
    start[row] = 1.0
    flow = start
    for weights, gradient in zip(reversed(attention), reversed(gradients), strict=True):
        if gradient is not None:
            flow = flow + flow @ (weights.detach() * gradient).clamp_min(0)[0].mean(0)
    return flow - start
