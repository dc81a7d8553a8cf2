"""Memes and heads that the tests of explanations share."""

import numpy as np
import torch
from PIL import Image

from gatedclip.model.encoder import Encoder
from gatedclip.model.heads import Head, make_head
from gatedclip.types import Attribution, Word

TEXT = "when you realise unfathomably that skunks smell"


def meme_picture(seed: int = 0, size: tuple[int, int] = (120, 80)) -> Image.Image:
    blocks = np.random.default_rng(seed).integers(0, 255, (5, 7, 3), dtype=np.uint8)
    return Image.fromarray(blocks).resize(size, Image.Resampling.NEAREST)


def head_for(encoder: Encoder, kind: str = "gated", seed: int = 0) -> Head:
    """A head that answers strongly: untrained, but with inputs standardised on a few memes."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        head = make_head(kind, encoder.picture_width, encoder.words_width)
    head.scale_picture.fit(encoder.encode_pictures([meme_picture(seed) for seed in range(20)]))
    head.scale_words.fit(encoder.encode_texts([f"{w} number {i}" for i, w in enumerate(TEXT.split() * 3)]))
    return head.eval()


def attribution(patches, words=(), frame=(0.0, 0.0, 1.0, 1.0), signed=True, **more) -> Attribution:
    words = tuple(Word(text, value) for text, value in words)
    return Attribution(
        "integrated gradients" if signed else "quick", np.array(patches, np.float32), words, frame, signed, "x", **more
    )
