"""The precise map: Integrated Gradients (Sundararajan et al. 2017) at the patch and token embeddings, through captum.

The towers are independent, so each is integrated with the other's embedding held fixed: explaining the picture never runs the
word tower again, nor the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from captum.attr import IntegratedGradients
from torch import Tensor

from gatedclip.explain.score import Score, looks_at
from gatedclip.model.encoder import Encoder

STEPS = (8, 16, 32, 64)  # doubled until complete enough
TOLERANCE = 0.05  # accepted |sum - gain| / |gain|
TINY = 0.01  # a gain below this many logits is no gain: a ratio to it says nothing
ROWS = 512  # tokens per forward: fills two cores, and keeps ViT-L/14 under 1 GB
PAD = 0  # the id CLIP pads with
FILLER = ","  # stands for an absent word: read often and meaning nothing, where padding is never read and may mean anything

Forward = Callable[[Tensor], Tensor]  # embeddings (S, T, W) -> score (S,)


class Path(NamedTuple):
    """What integrating along one tower found."""

    values: Tensor  # (T,)
    completeness: float | None
    steps: int


def integrated_gradients(
    encoder: Encoder,
    score: Score,
    pixels: Tensor,
    tokens: Tensor,
    absent: Tensor,
    on_progress: Callable[[float], None],
    ladder: Sequence[int] = STEPS,
) -> tuple[Tensor, Tensor, float | None, int]:
    """Attributions of the patches (G·G,) and word pieces (T,), the completeness error, and the steps it took.

    The error is the larger of the two towers' relative errors, each map being read on its own; None where neither tower moves the
    score by as much as TINY.
    """
    with torch.no_grad():
        patches, nothing = encoder.patch_embed(torch.cat([pixels, absent])).split(1)  # each (1, G·G, W)
        embedded, blank = encoder.token_embed(torch.cat([tokens, without_words(encoder, tokens)])).split(1)  # each (1, T, W)
        v_picture = encoder.picture_from_patches(patches)  # (1, D_I)
        v_words = encoder.words_from_tokens(embedded, tokens)  # (1, D_T)

    def seen(x: Tensor) -> Tensor:
        return score(encoder.picture_from_patches(x), v_words.expand(len(x), -1))

    def read(x: Tensor) -> Tensor:
        return score(v_picture.expand(len(x), -1), encoder.words_from_tokens(x, tokens))

    picture_counts, words_count = looks_at(score, v_picture, v_words)
    looking, reading = _zero(patches), _zero(embedded)
    if picture_counts:
        looking = integrate(seen, patches, nothing, lambda done: on_progress(done / 2), ladder)
    if words_count:
        reading = integrate(read, embedded, blank, lambda done: on_progress(0.5 + done / 2), ladder)
    errors = [path.completeness for path in (looking, reading) if path.completeness is not None]
    return looking.values, reading.values, max(errors, default=None), max(looking.steps, reading.steps)


def without_words(encoder: Encoder, tokens: Tensor) -> Tensor:
    """The same row (1, T) with FILLER for every word piece; start and end of text stay, since CLIP pools at end-of-text."""
    blank = tokens.clone()
    blank[:, 1 : int(tokens.argmax())] = encoder.tokens([FILLER])[0, 1]
    return blank


def integrate(
    forward: Forward, x: Tensor, baseline: Tensor, on_progress: Callable[[float], None], ladder: Sequence[int] = STEPS
) -> Path:
    """Attributions of `forward` along the line from `baseline` to `x` (1, T, W), as far up the ladder as completeness needs."""
    with torch.no_grad():
        end, start = forward(torch.cat([x, baseline])).tolist()
    gain = end - start
    batch = max(1, ROWS // x.shape[1])
    for doubling, steps in enumerate(ladder):
        method = IntegratedGradients(_watched(forward, steps, doubling, on_progress))
        found = method.attribute(x, baseline, n_steps=steps, internal_batch_size=batch)  # (1, T, W)
        values = found.detach()[0].sum(-1)  # (T,)
        error = abs(float(values.double().sum()) - gain)
        if error <= TOLERANCE * max(abs(gain), TINY):
            break
    on_progress(1.0)
    return Path(values, error / abs(gain) if abs(gain) >= TINY else None, steps)


def _watched(forward: Forward, steps: int, doubling: int, on_progress: Callable[[float], None]) -> Forward:
    """`forward`, telling before each batch how far we are; each doubling of the steps has half of what remains."""
    done = 0

    def run(x: Tensor) -> Tensor:
        nonlocal done
        on_progress(1 - 0.5**doubling * (1 - done / steps / 2))
        done += len(x)
        return forward(x)

    return run


def _zero(x: Tensor) -> Path:
    return Path(torch.zeros(x.shape[1], device=x.device), None, 0)
