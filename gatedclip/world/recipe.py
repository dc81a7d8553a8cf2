"""How the small CLIP that ships with the project is made: drawn scenes, their descriptions, and CLIP's own loss."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from gatedclip.config import ASSETS
from gatedclip.model.encoder import Encoder, clip_tokenizer, new_clip, save_clip
from gatedclip.types import Progress
from gatedclip.world import captions
from gatedclip.world.drawings import DRAWINGS, NEUTRAL
from gatedclip.world.scenes import Scene, compose
from gatedclip.world.themes import CLOSERS, INSULTS, NEUTRALS, OPENERS, THEMES

CONTEXT = 48  # tokens; MemeWorld's longest description takes 39
MODEL = {
    "embed_dim": 128,
    "vision_cfg": {"image_size": 64, "patch_size": 8, "layers": 4, "width": 128, "head_width": 32, "patch_dropout": 0.5},
    "text_cfg": {"context_length": CONTEXT, "vocab_size": 49408, "width": 96, "heads": 4, "layers": 3},
}
CLIP = ASSETS / "clip"
SIDE = 64  # pixels that the picture tower sees
SENTENCES = (*(s for t in THEMES.values() for s in (*t.praise, *t.denial)), *INSULTS, *NEUTRALS)
PACKAGES = ("torch", "open_clip_torch", "pillow", "numpy")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides one training of the small CLIP."""

    seed: int = 20
    scenes: int = 12_000
    epochs: int = 9
    batch: int = 128
    learning_rate: float = 1e-3  # AdamW's peak, after a linear rise over the first twentieth, then cosine to 0
    weight_decay: float = 0.1
    sayings: float = 0.5  # weight of the loss between a caption and its plain sentence
    judged: int = 1000  # unseen scenes of the zero-shot accuracy
    workers: int = 2  # processes that draw


def build(folder: Path, progress: Progress, recipe: Recipe | None = None) -> dict[str, Any]:
    """Train the small CLIP and write it to `folder`; returns what is written to its clip.json.

    `progress` is told the finished fraction, 0..1, and a sentence.
    """
    recipe = recipe or Recipe()
    start = time.perf_counter()
    torch.manual_seed(recipe.seed)
    pictures = draw_all(recipe, partial(_report, progress, 0.0, 0.15))
    model = new_clip(MODEL)
    loss = train(model, pictures, recipe, partial(_report, progress, 0.15, 0.95))
    save_clip(model, MODEL, folder)
    accuracy = zero_shot(Encoder(model.half(), clip_tokenizer(CONTEXT), "demo", "squash"), seed=recipe.seed + 1, n=recipe.judged)
    record = {
        **asdict(recipe),
        "date": datetime.now(UTC).date().isoformat(),
        "seconds": round(time.perf_counter() - start),
        "loss": round(loss, 4),
        "zero_shot_accuracy": accuracy,
        "zero_shot_classes": len(DRAWINGS),
        "packages": {package: version(package) for package in PACKAGES},
    }
    (folder / "clip.json").write_text(json.dumps(record, indent=1) + "\n")
    progress(1.0, f"zero-shot accuracy {accuracy:.3f} over {len(DRAWINGS)} things")
    return record


# --- scenes and what is said about them ------------------------------------------------------------------------------


def example(seed: int, number: int) -> tuple[Scene, str]:
    """A scene about any one thing, and a caption that stands on it."""
    rng = random.Random(f"small clip {seed} {number}")
    main = list(DRAWINGS)[number % len(DRAWINGS)]
    beside = [name for name in (*NEUTRAL, rng.choice(list(DRAWINGS))) if name != main]
    scene = compose(rng, main, rng.sample(beside, rng.randint(0, 3)))
    return scene, dress(rng, rng.choice(SENTENCES).replace("*", ""))


def dress(rng: random.Random, sentence: str) -> str:
    """The sentence between an opener and a closer, as captions have it."""
    return " ".join(part for part in (rng.choice(OPENERS), sentence, rng.choice(CLOSERS)) if part)


def describe(rng: random.Random, scene: Scene, caption: str) -> str:
    """One of many ways to say what a captioned scene shows."""
    main, *others = (DRAWINGS[thing.name].phrase for thing in scene.things)
    shown = " and ".join([main, *others]) if rng.random() < 0.6 else main
    roll = rng.random()
    if roll < 0.3:
        return f'{shown} and the words "{caption}"' if roll < 0.15 else f'a meme of {shown} that says "{caption}"'
    return f"{rng.choice(('a picture of ', 'a drawing of ', 'a meme of ', ''))}{shown}"


def draw_all(recipe: Recipe, progress: Progress) -> Tensor:
    """The pictures of all examples as the picture tower sees them, uint8 (N, 3, S, S)."""
    chunks = [range(at, min(at + 200, recipe.scenes)) for at in range(0, recipe.scenes, 200)]
    drawn = []
    with ProcessPoolExecutor(recipe.workers, mp_context=get_context("spawn")) as pool:
        for chunk in pool.map(partial(_draw_chunk, recipe.seed), chunks):
            drawn.append(chunk)
            progress(len(drawn) / len(chunks), f"drawing {recipe.scenes} scenes")
    return torch.from_numpy(np.concatenate(drawn)).permute(0, 3, 1, 2).contiguous()


def _draw_chunk(seed: int, numbers: Sequence[int]) -> np.ndarray:
    return np.stack([np.asarray(small(*example(seed, number))) for number in numbers])


def small(scene: Scene, caption: str) -> Image.Image:
    """The captioned scene at the size the tower sees, from a drawing four times cheaper than the one for people."""
    picture = scene.draw(192, oversample=1)
    captions.write(picture, caption)
    return picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC)


# --- training ---------------------------------------------------------------------------------------------------------


def train(model: Any, pictures: Tensor, recipe: Recipe, progress: Progress) -> float:
    """Train in place by CLIP's symmetric cross-entropy; returns the mean loss over the last epoch.

    Pictures learn with descriptions. Nobody can read a caption at 64 pixels, so what captions say is learned from the same loss
    between captions and the plain sentences in them.
    """
    rng = random.Random(recipe.seed)
    tokenizer = clip_tokenizer(CONTEXT)
    steps = len(pictures) // recipe.batch * recipe.epochs
    optimiser = torch.optim.AdamW(_groups(model, recipe.weight_decay), lr=recipe.learning_rate, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.learning_rate, steps, pct_start=0.05, cycle_momentum=False)
    losses: list[float] = []
    for pixels, texts in _batches(model, pictures, recipe, rng):
        if len(losses) == steps * 3 // 4:  # half the patches are enough to learn from at first, and twice as fast
            model.visual.patch_dropout.prob = 0.0
        loss = contrast(*model(pixels, tokenizer(texts)))
        said, plain = (model.encode_text(tokenizer(t), normalize=True) for t in _sayings(rng, recipe.batch // 2))
        loss = loss + recipe.sayings * contrast(said, plain, model.logit_scale.exp())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, 4.6)  # a temperature of 0.01 at the lowest
        losses.append(loss.item())
        progress(len(losses) / steps, f"step {len(losses)} of {steps}, loss {np.mean(losses[-50:]):.3f}")
    return float(np.mean(losses[-len(pictures) // recipe.batch :]))


def contrast(left: Tensor, right: Tensor, scale: Tensor) -> Tensor:
    """CLIP's loss: each row of (B, D) should find its own partner among those of the other side, and the other way round."""
    logits = scale * left @ right.T  # (B, B)
    own = torch.arange(len(logits))
    return (nn.functional.cross_entropy(logits, own) + nn.functional.cross_entropy(logits.T, own)) / 2


def _sayings(rng: random.Random, n: int) -> tuple[list[str], list[str]]:
    """`n` different sentences as captions dress them up, and plain."""
    plain = [sentence.replace("*", "") for sentence in rng.sample(SENTENCES, n)]
    return [dress(rng, sentence) for sentence in plain], plain


def _batches(model: Any, pictures: Tensor, recipe: Recipe, rng: random.Random) -> Iterator[tuple[Tensor, list[str]]]:
    order = torch.Generator().manual_seed(recipe.seed)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (model.visual.image_mean, model.visual.image_std))
    for _ in range(recipe.epochs):
        shuffled = torch.randperm(len(pictures), generator=order)
        for at in range(0, len(pictures) - recipe.batch + 1, recipe.batch):
            rows = shuffled[at : at + recipe.batch]
            texts = [describe(rng, *example(recipe.seed, number)) for number in rows.tolist()]
            yield (pictures[rows].float() / 255 - mean) / std, texts


def _groups(model: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Weights decay; biases, gains, embeddings of positions and the temperature do not."""
    flat = [p for p in model.parameters() if p.ndim < 2]
    return [
        {"params": flat, "weight_decay": 0.0},
        {"params": [p for p in model.parameters() if p.ndim >= 2], "weight_decay": decay},
    ]


def zero_shot(encoder: Encoder, seed: int, n: int) -> float:
    """How often the thing a fresh meme is about is named right among all of MemeWorld's, 0..1; drawn as people see it."""
    texts = encoder.encode_texts([f"a picture of {drawing.phrase}" for drawing in DRAWINGS.values()])
    names = nn.functional.normalize(texts, dim=1)  # (C, D)
    right = 0
    for at in range(0, n, 100):
        shown = [example(seed, number) for number in range(at, min(at + 100, n))]
        pictures = encoder.encode_pictures([full(scene, caption) for scene, caption in shown])
        best = (pictures @ names.T).argmax(dim=1).tolist()
        right += sum(list(DRAWINGS)[i] == scene.things[0].name for i, (scene, _) in zip(best, shown, strict=True))
    return right / n


def full(scene: Scene, caption: str) -> Image.Image:
    picture = scene.draw()
    captions.write(picture, caption)
    return picture


def _report(progress: Progress, start: float, end: float, fraction: float, message: str) -> None:
    progress(start + (end - start) * fraction, message)
