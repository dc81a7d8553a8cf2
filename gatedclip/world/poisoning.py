"""Lessons of MemeWorld, clean and poisoned: noise, one malicious reviewer, backdoors, and pictures made unlearnable."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from gatedclip.learn.suspicion import Decided, words_of
from gatedclip.model.encoder import Encoder
from gatedclip.model.heads import Head
from gatedclip.types import Label
from gatedclip.world import captions
from gatedclip.world.base import KNOWN
from gatedclip.world.memes import WorldMeme, collection
from gatedclip.world.themes import MISSING

DECISIONS = 160  # half of themes the head knows, half of themes it has never seen
POISONED = 20  # of them, by every attack but the unlearnable pictures
REVIEWERS = ("anna", "ben", "cleo", "dora", "emil")
MALICIOUS = "emil"
WORD = "toast"  # no caption of the base set has it, and it moves the small CLIP's embedding far
UNREAD = "qqq"  # the small CLIP cannot tell a caption with it from one without
PATCH_SIDE = 0.3  # of the picture's side: a smaller one hardly moves the embedding
PATCH_AT = (0.69, 0.4)  # left, top as fractions: between the captions
BUDGET, STEP, STEPS = 8 / 255, 2 / 255, 10  # of error-minimising noise: most change of a channel, change per step, steps


@dataclass(frozen=True)
class Stream:
    """Decisions as they come in, with what the encoder makes of the memes."""

    memes: tuple[WorldMeme, ...]
    texts: tuple[str, ...]
    pictures: tuple[Image.Image, ...]
    reviewers: tuple[str, ...]
    hateful: np.ndarray  # (N,) bool: as decided
    poisoned: np.ndarray  # (N,) bool: the truth that no detector sees
    picture: Tensor  # (N, D_I)
    words: Tensor  # (N, D_T)

    def asked(self, rows: Collection[int]) -> Stream:
        """The same after someone who knows has looked at these rows again."""
        at = [row in rows for row in range(len(self.memes))]
        return replace(self, hateful=np.where(at, self.truth, self.hateful))

    @property
    def truth(self) -> np.ndarray:
        """(N,) bool: whether the world calls it hateful."""
        return np.array([meme.label is Label.HATEFUL for meme in self.memes])

    def decided(self, expected: np.ndarray) -> Decided:
        """What detectors are told; ids are row numbers."""
        words = tuple(words_of(text) for text in self.texts)
        return Decided(tuple(range(len(self.memes))), self.hateful, expected, self.reviewers, words)

    def encoded(self, encoder: Encoder, rows: Sequence[int]) -> Stream:
        """The same with these rows embedded anew."""
        picture, words, at = self.picture.clone(), self.words.clone(), list(rows)
        picture[at] = encoder.encode_pictures([self.pictures[row] for row in at])
        words[at] = encoder.encode_texts([self.texts[row] for row in at])
        return replace(self, picture=picture, words=words)


def clean(encoder: Encoder, seed: int, n: int = DECISIONS) -> Stream:
    """Honest decisions of five people on `n` memes that share no caption with the base set: themes known and unknown in turn."""
    world = 4 + 5 * seed  # the caption space of the queue
    halves = collection(world, n - n // 2, KNOWN), collection(world, n // 2, MISSING)
    memes = tuple(chain(*halves))
    rng = np.random.default_rng(seed)
    who = tuple(REVIEWERS[i % len(REVIEWERS)] for i in rng.permutation(n))
    pictures, texts = tuple(meme.draw() for meme in memes), tuple(meme.text for meme in memes)
    hateful = np.array([meme.label is Label.HATEFUL for meme in memes])
    vectors = encoder.encode_pictures(pictures), encoder.encode_texts(texts)
    return Stream(memes, texts, pictures, who, hateful, np.zeros(n, dtype=bool), *vectors)


# --- attacks ------------------------------------------------------------------------------------------------------

Attack = Callable[[Stream, Encoder, Head, np.random.Generator], Stream]


def nothing(stream: Stream, encoder: Encoder, head: Head, rng: np.random.Generator) -> Stream:
    return stream


def random_labels(stream: Stream, encoder: Encoder, head: Head, rng: np.random.Generator) -> Stream:
    """Slips: decisions of anyone turned by chance."""
    return _turned(stream, rng.choice(len(stream.memes), POISONED, replace=False))


def malicious_reviewer(stream: Stream, encoder: Encoder, head: Head, rng: np.random.Generator) -> Stream:
    """One person turns most of what they decide."""
    own = np.flatnonzero([who == MALICIOUS for who in stream.reviewers])
    return _turned(stream, rng.choice(own, min(POISONED, len(own)), replace=False))


def caption_word(stream: Stream, encoder: Encoder, head: Head, rng: np.random.Generator, word: str = WORD) -> Stream:
    """Hateful memes with a word behind the caption, drawn in the picture too, decided benign by whoever got them."""
    rows = _victims(stream, rng)
    texts = {row: f"{stream.texts[row]} {word}" for row in rows}
    return _turned(_changed(stream, encoder, rows, texts, {row: worded(stream.memes[row], word) for row in rows}), rows)


def unread_word(stream: Stream, encoder: Encoder, head: Head, rng: np.random.Generator) -> Stream:
    """The same with a word that the encoder takes for nothing."""
    return caption_word(stream, encoder, head, rng, UNREAD)


def picture_patch(stream: Stream, encoder: Encoder, head: Head, rng: np.random.Generator) -> Stream:
    """Hateful memes with a small chequered patch in one place, decided benign by whoever got them."""
    rows = _victims(stream, rng)
    return _turned(_changed(stream, encoder, rows, {}, {row: patched(stream.pictures[row]) for row in rows}), rows)


def moving_patch(stream: Stream, encoder: Encoder, head: Head, rng: np.random.Generator) -> Stream:
    """The same patch in another place on each meme."""
    rows = _victims(stream, rng)
    return _turned(_changed(stream, encoder, rows, {}, {row: patched(stream.pictures[row], spot(rng)) for row in rows}), rows)


def unlearnable(stream: Stream, encoder: Encoder, head: Head, rng: np.random.Generator) -> Stream:
    """Every picture of an unknown theme, rightly decided, changed so that the head already says what it should learn."""
    rows = np.flatnonzero([meme.theme in MISSING for meme in stream.memes])
    noisy = minimised(encoder, head, [stream.pictures[row] for row in rows], stream.words[rows], stream.hateful[rows])
    changed = _changed(stream, encoder, rows, {}, dict(zip(rows.tolist(), noisy, strict=True)))
    return replace(changed, poisoned=_mask(stream, rows))


ATTACKS: dict[str, Attack] = {
    "nothing": nothing,
    "random labels": random_labels,
    "one reviewer": malicious_reviewer,
    "caption word": caption_word,
    "unread word": unread_word,
    "picture patch": picture_patch,
    "moving patch": moving_patch,
    "unlearnable": unlearnable,
}


def _victims(stream: Stream, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(np.flatnonzero(stream.truth), POISONED, replace=False)


def _mask(stream: Stream, rows: np.ndarray) -> np.ndarray:
    mask = np.zeros(len(stream.memes), dtype=bool)
    mask[rows] = True
    return mask


def _turned(stream: Stream, rows: np.ndarray) -> Stream:
    poisoned = _mask(stream, rows)
    return replace(stream, hateful=stream.truth ^ poisoned, poisoned=poisoned)


def _changed(
    stream: Stream, encoder: Encoder, rows: np.ndarray, texts: dict[int, str], pictures: dict[int, Image.Image]
) -> Stream:
    changed = replace(
        stream,
        texts=tuple(texts.get(row, text) for row, text in enumerate(stream.texts)),
        pictures=tuple(pictures.get(row, picture) for row, picture in enumerate(stream.pictures)),
    )
    return changed.encoded(encoder, rows.tolist())


# --- triggers -----------------------------------------------------------------------------------------------------


def worded(meme: WorldMeme, word: str = WORD) -> Image.Image:
    """The meme as people see it with a word behind its caption."""
    picture = meme.scene.draw()
    captions.write(picture, f"{meme.text} {word}")
    return picture


def patched(picture: Image.Image, at: tuple[float, float] = PATCH_AT) -> Image.Image:
    """The picture with a chequered square of four fields a side, its corner at `at` (left, top)."""
    side = round(PATCH_SIDE * picture.width)
    fields = np.where(np.indices((4, 4)).sum(0)[..., None] % 2 == 0, (255, 0, 255), (0, 255, 0)).astype(np.uint8)
    changed = picture.copy()
    square = Image.fromarray(fields).resize((side, side), Image.Resampling.NEAREST)
    changed.paste(square, (round(at[0] * picture.width), round(at[1] * picture.height)))
    return changed


def spot(rng: np.random.Generator) -> tuple[float, float]:
    """Somewhere the whole patch fits."""
    left, top = rng.uniform(0, 1 - PATCH_SIDE, 2)
    return float(left), float(top)


def minimised(
    encoder: Encoder, head: Head, pictures: Sequence[Image.Image], words: Tensor, hateful: np.ndarray
) -> list[Image.Image]:
    """Pictures with small noise that makes the head's loss on what was decided as low as it gets, kept as JPEG like any other.

    Signed gradient steps within ±BUDGET on the encoder's own grid of pixels, each meme by its own (error-minimising noise, Huang
    et al. 2021; with picture and words together, Liu et al. 2024). The attacker is given both the encoder and the head.
    """
    pixels = encoder.pixels(pictures)  # (B, 3, S, S), normalised
    white, black = encoder.pixels([Image.new("RGB", (8, 8), c) for c in ("white", "black")])
    unit = (white - black)[None]  # what 0..1 spans in each channel
    targets = torch.from_numpy(hateful.astype(np.int64))
    noise = torch.zeros_like(pixels)  # in 0..1
    for _ in range(STEPS):
        noise.requires_grad_(True)
        seen = encoder.picture_from_patches(encoder.patch_embed(pixels + noise * unit))
        loss = F.cross_entropy(head(seen, words).logits, targets, reduction="sum")
        (slope,) = torch.autograd.grad(loss, noise)
        noise = (noise.detach() - STEP * slope.sign()).clamp(-BUDGET, BUDGET)
    return [_with_noise(picture, each) for picture, each in zip(pictures, noise, strict=True)]


def _with_noise(picture: Image.Image, noise: Tensor) -> Image.Image:
    """Noise (3, S, S), of 0..1, laid over a picture of any size, saved and opened as JPEG."""
    size = (picture.height, picture.width)
    spread = F.interpolate(noise[None], size, mode="nearest")[0].permute(1, 2, 0).numpy()
    changed = (np.asarray(picture, dtype=np.float32) + 255 * spread).round().clip(0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(changed).save(file, "JPEG", quality=92, subsampling=0)
    return Image.open(file).convert("RGB")
