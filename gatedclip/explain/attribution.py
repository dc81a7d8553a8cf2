"""Explaining one meme: which patches and which words pushed the score, by a quick or by a precise method.

Everything here calls pure functions of the frozen encoder: no hooks, no lock, so any number of threads may explain at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, get_args

import torch
from PIL import Image, ImageFilter
from torch import Tensor

from gatedclip.errors import DataError
from gatedclip.explain.ablation import REGIONS, kernel_shap, leave_one_out
from gatedclip.explain.integrated import TINY, integrated_gradients
from gatedclip.explain.parts import Parts, quiet
from gatedclip.explain.quick import relevance
from gatedclip.explain.score import Score, scorer
from gatedclip.model.encoder import Encoder, Span, to_numpy
from gatedclip.model.heads import Head
from gatedclip.types import Attribution, Baseline, Method, Target, Word

NO_PICTURE: dict[Baseline, str] = {
    "mean colour": "a plain picture in CLIP's mean grey",
    "black": "a black picture",
    "blurred": "the same picture, heavily blurred",
}
ABSENT: dict[Method, str] = {
    "quick": "nothing: gradients and attention of the meme as it is, not compared with an absence",
    "integrated gradients": "{picture}, and commas in place of the words",
    "leave one out": "{picture} under one patch at a time, and the text read again without one word at a time",
    "kernel shap": "{picture} under some of the regions, and the text read again without some of the words",
}


class Maps(NamedTuple):
    """What a method finds before it is put in a person's terms."""

    patches: Tensor  # (G·G,)
    pieces: Tensor  # (T,), start-of-text and end-of-text included
    completeness: float | None = None
    steps: int | None = None


def explain(
    encoder: Encoder,
    head: Head,
    picture: Image.Image,
    text: str,
    method: Method = "quick",
    target: Target = "margin",
    baseline: Baseline = "mean colour",
    on_progress: Callable[[float], None] = quiet,
) -> Attribution:
    """How much each patch of the picture and each word mattered to what `head` says of this meme.

    `quick` is unsigned and takes one pass. The others are signed and compare with `baseline`: `integrated gradients` carries its
    completeness error, `leave one out` and `kernel shap` only ask the model again. `on_progress` receives 0..1 and may raise to
    cancel. Raises DataError or BackboneError.
    """
    started = time.perf_counter()
    _one_of("method", method, get_args(Method))
    _one_of("baseline", baseline, get_args(Baseline))
    score, pixels, (spans, cut) = scorer(head, target), encoder.pixels([picture]), encoder.words(text)
    absent = absent_picture(encoder, picture, pixels, baseline)
    found = find_maps(encoder, score, method, pixels, text, absent, on_progress)
    return Attribution(
        method=method,
        patches=to_numpy(found.patches).reshape(encoder.grid, encoder.grid),
        words=tuple(_word(span, found.pieces) for span in spans),
        frame=encoder.frame(*picture.size),
        signed=method != "quick",
        baseline=ABSENT[method].format(picture=NO_PICTURE[baseline]),
        completeness=found.completeness,
        steps=found.steps,
        cut=cut,
        seconds=time.perf_counter() - started,
        target=target,
    )


def find_maps(
    encoder: Encoder,
    score: Score,
    method: Method,
    pixels: Tensor,
    text: str,
    absent: Tensor,
    on_progress: Callable[[float], None] = quiet,
) -> Maps:
    """What a method finds in pixels (1, 3, S, S) and a text, against the pixels of an absent picture; called from anywhere."""
    tokens = encoder.trim(encoder.tokens([text]))  # (1, T)
    with torch.inference_mode(False), torch.enable_grad():  # wherever we are called from, gradients are needed
        if method == "quick":
            patches, pieces = relevance(encoder, score, pixels, tokens)
            on_progress(1.0)
            return Maps(patches, pieces)
        if method == "integrated gradients":
            return Maps(*integrated_gradients(encoder, score, pixels, tokens, absent, on_progress))
        parts = Parts(encoder, pixels, tokens, absent, encoder.words(text)[0], REGIONS if method == "kernel shap" else None)
        if method == "leave one out":
            return Maps(*leave_one_out(score, parts, on_progress))
        return _shap(score, parts, on_progress)


def _shap(score: Score, parts: Parts, on_progress: Callable[[float], None]) -> Maps:
    patches, pieces, empty = kernel_shap(score, parts, on_progress)
    gain = float(score(*parts.whole()).detach()) - empty
    error = abs(float(patches.double().sum() + pieces.double().sum()) - gain)
    return Maps(patches, pieces, error / abs(gain) if abs(gain) >= TINY else None)


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
