"""The quick map: attention weighted by its gradient and carried through the layers (Chefer, Gur and Wolf 2021)."""

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
    read: list[Tensor] = []
    patches = encoder.patch_embed(pixels).detach().requires_grad_()  # (1, G·G, W)
    embedded = encoder.token_embed(tokens).detach().requires_grad_()  # (1, T, W)
    v_picture = encoder.picture_from_patches(patches, looked)
    v_words = encoder.words_from_tokens(embedded, tokens, read)
    value = score(v_picture, v_words).sum()
    leaning = -value if value < 0 else value  # explain benign where the head says benign
    gradients = torch.autograd.grad(leaning, [*looked, *read], allow_unused=True)
    from_class = carried(looked, gradients[: len(looked)], row=0)  # (1 + G·G,)
    from_end = carried(read, gradients[len(looked) :], row=int(tokens.argmax()))  # (T,)
    return from_class[1:], from_end


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
