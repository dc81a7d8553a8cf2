"""What learning from marked reasons gives where a shortcut is planted: a border that goes with the label, except in the test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image, ImageDraw
from sklearn.metrics import roc_auc_score
from torch import Tensor

from gatedclip.config import TrainConfig
from gatedclip.errors import DataError
from gatedclip.explain.parts import Parts
from gatedclip.learn.train import Examples, fit
from gatedclip.learn.views import View, beside, necessary, views
from gatedclip.model.encoder import Encoder
from gatedclip.model.heads import Head
from gatedclip.types import Interval, Progress, Split
from gatedclip.world.base import KNOWN, SEEDS
from gatedclip.world.explaining import truth_marked
from gatedclip.world.memes import WorldMeme, collection
from gatedclip.world.remembering import over_seeds

SIDE, BORDER, COLOUR = 192, 0.05, "#d01fd0"  # pixels drawn; the border's width as a share of the side
LEAN = 0.95  # of the hateful memes to learn from have the border, and as few of the benign ones lack it
SHARES = (0.05, 0.15, 0.5)  # of the memes to learn from that are marked
BATCH = 64
WAYS = (
    "no marks, and no shortcut",
    "no marks",
    *(f"{share:.0%} marked" for share in SHARES),
    f"{SHARES[-1]:.0%} seen three times, no marks",
)
COLUMNS = ("unbiased AUROC", "biased AUROC", "pointing")


@dataclass(frozen=True)
class Learned:
    """Each way over all seeds: the mean of each column with its 95 % t interval, and the gain over no marks, paired by seed."""

    sizes: dict[str, int]  # train, validation, test, pointed
    seeds: int
    rows: dict[str, dict[str, Interval]]  # by WAYS and COLUMNS
    gain: dict[str, Interval]  # in unbiased AUROC
    better: dict[str, int]  # in how many seeds it is above no marks


@dataclass(frozen=True)
class Shown:
    """Memes as vectors, each without and with the border: (N, 2, D_I)."""

    memes: list[WorldMeme]
    picture: Tensor  # (N, 2, D_I)
    words: Tensor  # (N, D_T)

    def with_border(self, border: np.ndarray) -> Examples:
        """The memes with a border where `border` (N,) is 1."""
        return Examples(self.picture[torch.arange(len(border)), torch.from_numpy(border)], self.words, hateful(self.memes))


@dataclass(frozen=True)
class Viewed:
    """Every view of the memes that can be marked, each without and with the border."""

    of: np.ndarray  # (V,) rows of the memes
    picture: Tensor  # (V, 2, D_I)
    words: Tensor  # (V, D_T)
    hateful: Tensor  # (V,)
    weight: Tensor  # (V,)

    def take(self, rows: np.ndarray, border: np.ndarray) -> Examples:
        """These views, with a border where `border` is 1."""
        at = torch.from_numpy(rows)
        return Examples(self.picture[at, torch.from_numpy(border)], self.words[at], self.hateful[at], weight=self.weight[at])


def run(encoder: Encoder, config: TrainConfig, sizes: tuple[int, int, int, int], seeds: int, progress: Progress) -> Learned:
    """Heads with and without marks on `sizes` memes to learn from, to choose the epoch, to test on, and to point at.

    The validation memes have the shortcut too, as nobody knows of it. Raises DataError for fewer than two seeds.
    """
    if seeds < 2:
        raise DataError(f"{seeds} seed was asked for; an interval needs 2 or more.")
    memes = [
        collection(SEEDS[split], n, KNOWN) for split, n in zip((Split.TRAIN, Split.VALIDATION, Split.TEST), sizes, strict=False)
    ]
    train, validation, test = (_show(encoder, each, progress) for each in memes)
    viewed = _view(encoder, train.memes, progress)
    heads: dict[str, list[Head]] = {way: [] for way in WAYS}
    marks: dict[str, dict[str, list[float]]] = {way: {column: [] for column in COLUMNS} for way in WAYS}
    for seed in range(seeds):
        for way in WAYS:
            progress(0.3 + 0.7 * seed / seeds, f"Seed {seed + 1} of {seeds}: {way}")
            lesson, held, fair = _lesson(way, seed, train, validation, test, viewed)
            head = fit(lesson, held, replace(config, seed=seed)).head
            heads[way].append(head)
            marks[way]["unbiased AUROC"].append(auroc(head, fair))
            marks[way]["biased AUROC"].append(auroc(head, held))
    pointed = _pointing(encoder, test.memes, [head for way in WAYS for head in heads[way]], sizes[3])
    for n, way in enumerate(WAYS):
        marks[way]["pointing"] = pointed[n * seeds : (n + 1) * seeds]
    return _fold(dict(zip(("train", "validation", "test", "pointed"), sizes, strict=True)), seeds, marks)


def _fold(sizes: dict[str, int], seeds: int, marks: dict[str, dict[str, list[float]]]) -> Learned:
    rows = {way: {column: over_seeds(values) for column, values in each.items()} for way, each in marks.items()}
    plain = np.array(marks["no marks"]["unbiased AUROC"])
    apart = {way: np.array(marks[way]["unbiased AUROC"]) - plain for way in WAYS if way != "no marks"}
    gain = {way: over_seeds(values.tolist()) for way, values in apart.items()}
    return Learned(sizes, seeds, rows, gain, {way: int((values > 0).sum()) for way, values in apart.items()})


# --- memes, borders and views ---------------------------------------------------------------------------------------


def bordered(picture: Image.Image) -> Image.Image:
    """The picture with the shortcut drawn around it."""
    framed = picture.copy()
    ImageDraw.Draw(framed).rectangle(
        (0, 0, framed.width - 1, framed.height - 1), outline=COLOUR, width=round(BORDER * framed.width)
    )
    return framed


def borders(hateful: np.ndarray, lean: float, seed: int) -> np.ndarray:
    """Which memes get the border, (N,) 0/1: hateful ones with probability `lean`, benign ones with 1 - `lean`."""
    return (np.random.default_rng(seed).random(len(hateful)) < np.where(hateful == 1, lean, 1 - lean)).astype(np.int64)


def hateful(memes: Sequence[WorldMeme]) -> Tensor:
    """(N,) float32, 0 or 1."""
    return torch.tensor([float(meme.label == "hateful") for meme in memes])


def _show(encoder: Encoder, memes: list[WorldMeme], progress: Progress) -> Shown:
    progress(0.0, f"Drawing {len(memes):,} memes")
    return Shown(memes, _both(encoder, (meme.draw(SIDE, 1) for meme in memes)), _read(encoder, [meme.text for meme in memes]))


def _view(encoder: Encoder, memes: Sequence[WorldMeme], progress: Progress) -> Viewed:
    progress(0.2, "Making the views of what can be marked")
    of: list[int] = []
    told: list[tuple[str, float, float]] = []

    def pictures() -> Iterator[Image.Image]:
        for n, meme in enumerate(memes):
            for plain, framed in zip(*_views(meme), strict=True):
                of.append(n)
                told.append((plain.text, plain.hateful, plain.weight))
                yield from (plain.picture, framed.picture)

    flat = encode(encoder, pictures())
    texts, labels, weights = zip(*told, strict=True)
    words = _read(encoder, texts)
    return Viewed(np.array(of), flat.view(len(of), 2, -1), words, torch.tensor(labels), torch.tensor(weights))


def _views(meme: WorldMeme) -> list[tuple[View, ...]]:
    """A meme's views without the border, and with it."""
    marks, picture = truth_marked(meme), meme.draw(SIDE, 1)
    return [views(each, meme.text, marks, meme.label, necessary(marks)) for each in (picture, bordered(picture))]


def _both(encoder: Encoder, pictures: Iterator[Image.Image]) -> Tensor:
    """Vectors without and with the border: (N, 2, D_I)."""
    flat = encode(encoder, (each for picture in pictures for each in (picture, bordered(picture))))
    return flat.view(len(flat) // 2, 2, -1)


def encode(encoder: Encoder, pictures: Iterator[Image.Image]) -> Tensor:
    """Raw embeddings (N, D_I), a batch of pictures in memory at a time."""
    rows, batch = [], []
    for picture in pictures:
        batch.append(picture)
        if len(batch) == BATCH:
            rows.append(encoder.encode_pictures(batch))
            batch = []
    return torch.cat([*rows, *([encoder.encode_pictures(batch)] if batch else [])])


def _read(encoder: Encoder, texts: Sequence[str]) -> Tensor:
    return torch.cat([encoder.encode_texts(texts[at : at + 250]) for at in range(0, len(texts), 250)])


# --- one head -------------------------------------------------------------------------------------------------------


def _lesson(
    way: str, seed: int, train: Shown, validation: Shown, test: Shown, viewed: Viewed
) -> tuple[Examples, Examples, Examples]:
    """What one head learns from, what chooses its epoch, and the test in which the border goes with nothing."""
    lean = 0.5 if way == WAYS[0] else LEAN
    border = borders(hateful(train.memes).numpy(), lean, seed)
    plain = train.with_border(border)
    held = validation.with_border(borders(hateful(validation.memes).numpy(), lean, seed + 1000))
    fair = test.with_border(borders(hateful(test.memes).numpy(), 0.5, seed + 2000))
    share = {f"{share:.0%} marked": share for share in SHARES}.get(way, 0.0)
    if way == WAYS[-1]:
        marked = _marked(viewed, len(border), SHARES[-1], seed)[1]
        return _again(plain, marked), held, fair
    if not share:
        return plain, held, fair
    chosen, _ = _marked(viewed, len(border), share, seed)
    rows = viewed.of[chosen]
    return beside(plain, viewed.take(chosen, border[rows]), rows.tolist()), held, fair


def _marked(viewed: Viewed, memes: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Views of the memes that are drawn to be marked, and these memes; those in which nothing decides cannot be."""
    drawn = np.random.default_rng(seed + 3000).permutation(np.unique(viewed.of))[: round(share * memes)]
    return np.flatnonzero(np.isin(viewed.of, drawn)), np.sort(drawn)


def _again(plain: Examples, rows: np.ndarray) -> Examples:
    """The memes with some of them twice more, as they are: as many rows as views would give, and no reasons."""
    return plain.take(np.concatenate([np.arange(len(plain)), rows, rows]))


@torch.no_grad()
def auroc(head: Head, memes: Examples) -> float:
    return float(roc_auc_score(memes.labels, head(memes.picture, memes.words).probability.numpy()))


@torch.no_grad()
def _pointing(encoder: Encoder, memes: Sequence[WorldMeme], heads: Sequence[Head], n: int) -> list[float]:
    """The pointing game of each head: how often the patch whose covering moves the margin most lies on the deciding thing.

    On the first `n` test memes whose picture decides something, all with the border; every head sees the same covered pictures.
    """
    deciding = [meme for meme in memes if meme.box][:n]
    hits = np.zeros((len(deciding), len(heads)))
    for row, meme in enumerate(deciding):
        pixels, tokens = encoder.pixels([bordered(meme.draw(SIDE, 1))]), encoder.trim(encoder.tokens([meme.text]))
        parts = Parts(encoder, pixels, tokens, torch.zeros_like(pixels), encoder.words(meme.text)[0])
        (whole, words), covered = parts.whole(), parts.see(~torch.eye(parts.regions, dtype=torch.bool))
        for column, head in enumerate(heads):
            moved = head(whole, words).margin - head(covered, words.expand(len(covered), -1)).margin  # (G·G,)
            hits[row, column] = _inside(int(moved.abs().argmax()), encoder.grid, meme.box)
    return hits.mean(axis=0).tolist()


def _inside(patch: int, grid: int, box: Sequence[float] | None) -> bool:
    """Whether the middle of a patch lies in a box, fractions of a square picture."""
    left, top, right, bottom = box or (0, 0, 0, 0)
    row, column = divmod(patch, grid)
    return left <= (column + 0.5) / grid <= right and top <= (row + 0.5) / grid <= bottom


# --- the table ------------------------------------------------------------------------------------------------------


def table(found: Learned) -> str:
    """The outcome as text for a terminal or a page of documentation (Markdown)."""
    return "\n".join(_lines(found))


def _lines(found: Learned) -> Iterator[str]:
    s = found.sizes
    yield (
        f"{s['train']:,} memes to learn from, {s['validation']:,} for validation, {s['test']:,} to test on, {s['pointed']} of "
        f"them pointed at; {found.seeds} seeds; the border goes with the label in {LEAN:.0%}."
    )
    yield ""
    yield "| way | " + " | ".join((*COLUMNS, "gain in unbiased AUROC", "seeds above no marks")) + " |"
    yield "| --- |" + " --- |" * (len(COLUMNS) + 2)
    for way in WAYS:
        marks = " | ".join(str(found.rows[way][column]) for column in COLUMNS)
        better = f"{found.better[way]} of {found.seeds}" if way in found.better else "–"
        yield f"| {way} | {marks} | {found.gain.get(way, '–')} | {better} |"
