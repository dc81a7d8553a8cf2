"""Explaining one meme: which patches and which words pushed the score, by a quick or by a precise method.

Everything here calls pure functions of the frozen encoder: no hooks, no lock, so any number of threads may explain at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, get_args

import torch
from PIL import Image, ImageFilter
from torch import Tensor

from gatedclip.errors import DataError
from gatedclip.explain.integrated import integrated_gradients
from gatedclip.explain.quick import relevance
from gatedclip.explain.score import Score, Target, scorer
from gatedclip.model.encoder import Encoder, Span, to_numpy
from gatedclip.model.heads import Head
from gatedclip.types import Attribution, Method, Word

Baseline = Literal["mean colour", "black", "blurred"]

ABSENT: dict[str, str] = {
    "mean colour": "a plain picture in CLIP's mean grey, and padding in place of each word",
    "black": "a black picture, and padding in place of each word",
    "blurred": "the same picture, heavily blurred, and padding in place of each word",
}
NOTHING_ABSENT = "nothing: attention weighted by its gradient, not compared with an absence"


class Maps(NamedTuple):
    """What a method finds before it is put in a person's terms."""

    patches: Tensor  # (G·G,)
    pieces: Tensor  # (T,), start-of-text and end-of-text included
    completeness: float | None
    steps: int | None


def explain(
    encoder: Encoder,
    head: Head,
    picture: Image.Image,
    text: str,
    method: Method = "quick",
    target: Target = "margin",
    baseline: Baseline = "mean colour",
    on_progress: Callable[[float], None] | None = None,
) -> Attribution:
    """How much each patch of the picture and each word mattered to what `head` says of this meme.

    `quick` is unsigned and takes one pass; `integrated gradients` is signed, compares with `baseline` and carries its
    completeness error. `on_progress` receives 0..1 and may raise to cancel. Raises DataError or BackboneError.
    """
    started = time.perf_counter()
    _one_of("method", method, get_args(Method))
    _one_of("baseline", baseline, get_args(Baseline))
    score = scorer(head, target)
    spans, cut = encoder.words(text)
    with torch.inference_mode(False), torch.enable_grad():  # wherever we are called from, gradients are needed
        found = _find(encoder, score, picture, text, method, baseline, on_progress or (lambda _: None))
    return Attribution(
        method=method,
        patches=to_numpy(found.patches).reshape(encoder.grid, encoder.grid),
        words=tuple(_word(span, found.pieces) for span in spans),
        frame=encoder.frame(*picture.size),
        signed=method != "quick",
        baseline=NOTHING_ABSENT if method == "quick" else ABSENT[baseline],
        completeness=found.completeness,
        steps=found.steps,
        cut=cut,
        seconds=time.perf_counter() - started,
    )


def _find(
    encoder: Encoder,
    score: Score,
    picture: Image.Image,
    text: str,
    method: Method,
    baseline: Baseline,
    on_progress: Callable[[float], None],
) -> Maps:
    pixels = encoder.pixels([picture])  # (1, 3, S, S)
    tokens = encoder.trim(encoder.tokens([text]))  # (1, T)
    if method == "quick":
        patches, pieces = relevance(encoder, score, pixels, tokens)
        on_progress(1.0)
        return Maps(patches, pieces, completeness=None, steps=None)
    absent = absent_picture(encoder, picture, pixels, baseline)
    return Maps(*integrated_gradients(encoder, score, pixels, tokens, absent, on_progress))


def absent_picture(encoder: Encoder, picture: Image.Image, pixels: Tensor, baseline: Baseline) -> Tensor:
    """Pixels (1, 3, S, S) of the picture that stands for no picture."""
    if baseline == "mean colour":
        return torch.zeros_like(pixels)  # pixels are normalised: zero is CLIP's mean colour
    if baseline == "black":
        return encoder.pixels([Image.new("RGB", picture.size)])
    return encoder.pixels([picture.convert("RGB").filter(ImageFilter.GaussianBlur(max(picture.size) / 10))])


def _word(span: Span, pieces: Tensor) -> Word:
    """A word with the sum over its pieces; 0 for a word that CLIP did not read."""
    return Word(span.text, float(pieces[span.start : span.stop].sum()))


def _one_of(name: str, value: str, accepted: Sequence[str]) -> None:
    if value not in accepted:
        raise DataError(f"The {name} {value!r} is not known. Choose one of {', '.join(map(repr, accepted))}.")
