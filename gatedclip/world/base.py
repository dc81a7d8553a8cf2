"""The memes a head starts from, with their vectors ready, and the memes that wait in the demo's queue."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from gatedclip.config import ASSETS
from gatedclip.errors import DataError
from gatedclip.model.encoder import Encoder
from gatedclip.types import Label, Progress, Split
from gatedclip.world.memes import WorldMeme, collection, families
from gatedclip.world.themes import MISSING, THEMES

FILE = "base.safetensors"
SEEDS = {Split.TRAIN: 1, Split.VALIDATION: 2, Split.TEST: 3, Split.QUEUE: 4}  # four caption spaces: no caption in two splits
SIZES = {Split.TRAIN: 8500, Split.VALIDATION: 500, Split.TEST: 2000}
KNOWN = tuple(name for name in THEMES if name not in MISSING)


@dataclass(frozen=True)
class BaseSet:
    """Memes of one split in their fixed order, with the vectors one encoder gave them."""

    memes: list[WorldMeme]
    picture: Tensor  # (N, D_I), float32
    mirrored: Tensor  # (N, D_I): of the picture flipped left to right
    words: Tensor  # (N, D_T)
    encoder: str  # identity of the encoder

    @property
    def hateful(self) -> Tensor:
        """(N,) float32, 0 or 1."""
        return torch.tensor([float(meme.label is Label.HATEFUL) for meme in self.memes])

    def known(self) -> BaseSet:
        """Without the themes that the shipped head has never seen."""
        rows = [i for i, meme in enumerate(self.memes) if meme.theme in KNOWN]
        memes = [self.memes[i] for i in rows]
        return BaseSet(memes, self.picture[rows], self.mirrored[rows], self.words[rows], self.encoder)


def base_memes(split: Split) -> list[WorldMeme]:
    """The memes of the training, validation or test split, all themes, without vectors."""
    return collection(SEEDS[split], SIZES[split])


def load_base(folder: Path = ASSETS) -> dict[Split, BaseSet]:
    """Training, validation and test memes with the vectors of the CLIP that ships; takes about a second.

    Raises DataError when the vectors are missing or were made for other memes.
    """
    path = folder / FILE
    if not path.is_file():
        raise DataError(f"There are no vectors of the base set at {path}. Make them with: gatedclip world build.")
    with safe_open(path, framework="pt") as file:
        card = file.metadata()
        sets = {}
        for split in SIZES:
            memes = base_memes(split)
            if card[f"{split}_sha256"] != manifest(memes):
                raise DataError(
                    f"The vectors at {path} belong to other memes than this version makes. Run: gatedclip world build."
                )
            picture, mirrored, words = (file.get_tensor(f"{split}.{part}").float() for part in ("picture", "mirrored", "words"))
            sets[split] = BaseSet(memes, picture, mirrored, words, card["encoder"])
    return sets


def build_base(encoder: Encoder, folder: Path, progress: Progress, workers: int = 2) -> None:
    """Draw and embed all base memes and write their vectors (fp16) to `folder`; some minutes."""
    tensors: dict[str, Tensor] = {}
    card = {"encoder": encoder.identity}
    done, total = 0, sum(SIZES.values())
    for split in SIZES:
        memes = base_memes(split)
        card[f"{split}_sha256"] = manifest(memes)
        parts: list[tuple[Tensor, Tensor]] = []
        for pixels in _pixels(encoder, memes, workers):
            parts.append((encoder.encode_pixels(pixels), encoder.encode_pixels(pixels.flip(-1))))
            done += len(pixels)
            progress(done / total, f"embedding {total} memes")
        tensors[f"{split}.picture"] = torch.cat([p for p, _ in parts]).half()
        tensors[f"{split}.mirrored"] = torch.cat([m for _, m in parts]).half()
        texts = [meme.text for meme in memes]
        rows = [encoder.encode_texts(texts[at : at + 250]) for at in range(0, len(texts), 250)]
        tensors[f"{split}.words"] = torch.cat(rows).half()
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / FILE, metadata=card)


def _pixels(encoder: Encoder, memes: list[WorldMeme], workers: int) -> Iterator[Tensor]:
    """The memes as the picture tower takes them, 100 at a time, drawn in other processes just as people see them."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        drawn = pool.map(_draw, (meme.address for meme in memes), chunksize=25)
        while some := list(islice(drawn, 100)):
            yield encoder.pixels(some)


def _draw(address: str) -> Image.Image:
    from gatedclip.world.memes import at

    return at(address).draw()


def manifest(memes: list[WorldMeme]) -> str:
    """One hash over everything that decides these memes' vectors and labels."""
    return hashlib.sha256("\n".join(repr(meme) for meme in memes).encode()).hexdigest()


def demo_memes() -> list[WorldMeme]:
    """The 90 memes of the demo's queue: 60 of themes the head knows and 10 of each theme it has never seen."""
    known = collection(SEEDS[Split.QUEUE], 60, KNOWN)
    missing = [_lesson(theme) for theme in MISSING]
    turns = [meme for three in zip(*missing, strict=True) for meme in three]
    return [meme for at in range(30) for meme in (known[2 * at], turns[at], known[2 * at + 1])]


def _lesson(theme: str) -> list[WorldMeme]:
    """Ten memes that teach a theme, each from a family of its own: good and bad side under praise and denial in turn."""
    together = (members for members in families(SEEDS[Split.QUEUE], [theme]) if members[0].truth == "together")
    blocks = list(islice(together, 10))
    kinds = [(meme.scene.things[0].name, meme.label) for meme in blocks[0]]
    return [
        next(meme for meme in block if (meme.scene.things[0].name, meme.label) == kinds[i % 4]) for i, block in enumerate(blocks)
    ]
