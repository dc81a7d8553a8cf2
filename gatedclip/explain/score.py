"""The one number an explanation is about, as a function of the two embeddings."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import torch
from torch import Tensor

from gatedclip.errors import DataError
from gatedclip.model.heads import Ensemble, GatedCLIP, Head
from gatedclip.types import Target

Score = Callable[[Tensor, Tensor], Tensor]  # raw embeddings (B, D_I), (B, D_T), or halves (B, P) of them -> (B,)


def scorer(head: Head, target: Target = "margin") -> Score:
    """The score of a head to explain: `margin` is z1 - z0, `gate` the gate before its sigmoid, positive towards the picture.

    Raises DataError for a head that is in training, not in fp32, or has no gate where the gate is asked for.
    """
    of_halves = half_scorer(head, target)
    device = next(head.parameters()).device
    return lambda picture, words: of_halves(*head.halves(picture.to(device), words.to(device)))


def half_scorer(head: Head, target: Target = "margin") -> Score:
    """The same score as a function of halves (B, P), as `Head.halves` gives them: those of two memes may be put together."""
    _check(head, target)
    return (lambda h_i, h_t: head.join(h_i, h_t).margin) if target == "margin" else head.gate_logit  # type: ignore[return-value]


def looks_at(score: Score, picture: Tensor, words: Tensor) -> tuple[bool, bool]:
    """Whether the score depends on the picture and on the words at all: a head may be made for one of them."""
    pair = [picture.detach().clone().requires_grad_(), words.detach().clone().requires_grad_()]
    gradients = torch.autograd.grad(score(*pair).sum(), pair, allow_unused=True)
    return gradients[0] is not None, gradients[1] is not None


def _check(head: Head, target: Target) -> None:
    if target not in get_args(Target):
        raise DataError(f"The target {target!r} cannot be explained. Choose one of {', '.join(map(repr, get_args(Target)))}.")
    if target == "gate" and not isinstance(head, (GatedCLIP, Ensemble)):
        raise DataError(f"The head {head.kind!r} has no gate to explain. Explain its margin, or choose a head of kind 'gated'.")
    if head.training:
        raise DataError("The head is in training mode, where dropout makes every explanation different. Call head.eval() first.")
    dtype = next(head.parameters()).dtype
    if dtype != torch.float32:
        raise DataError(f"The head computes in {dtype}, too coarse for attributions. Use head.float() first.")
