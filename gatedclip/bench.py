"""How fast this machine embeds, trains, predicts and explains, and how much memory that takes."""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from PIL import Image

from gatedclip.config import TrainConfig
from gatedclip.explain.attribution import absent_picture, explain
from gatedclip.explain.integrated import integrated_gradients
from gatedclip.explain.parts import quiet
from gatedclip.explain.plain import plain_integrated_gradients
from gatedclip.explain.score import scorer
from gatedclip.learn.train import Examples, fit
from gatedclip.model.encoder import Encoder, clip_tokenizer, load_encoder, new_clip, pick_device
from gatedclip.model.heads import make_head
from gatedclip.types import Method, Progress
from gatedclip.world.memes import collection

MEMES, EPOCHS, BATCH = 8500, 20, 32  # of the paper
STEPS = 8  # of Integrated Gradients, side by side with the plain call
METHODS: tuple[Method, ...] = ("quick", "integrated gradients", "leave one out")  # KernelSHAP asks 512 times: not in seconds
SAMPLE = 64  # memes that are really encoded; the rest is extrapolated
VIT_B_32 = {
    "embed_dim": 512,
    "vision_cfg": {"image_size": 224, "patch_size": 32, "layers": 12, "width": 768},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12},
}


@dataclass(frozen=True)
class Figure:
    """One measured value."""

    name: str
    value: float
    unit: str
    note: str = ""


def measure(progress: Progress, profile: bool = False) -> dict[str, Any]:
    """Every figure with the machine it was measured on; takes some minutes. BackboneError when the small CLIP is missing.

    With `profile` also what the time of an explanation by ViT-B-32 goes into.
    """
    progress(0.0, "Drawing memes")
    memes = collection(99, SAMPLE)
    pictures, texts = [meme.draw() for meme in memes], [meme.text for meme in memes]
    progress(0.1, "Loading the small CLIP")
    small = load_encoder("demo")
    figures = _embedding("small CLIP", small, pictures, texts)
    progress(0.15, "Explaining with the small CLIP")
    figures += _answers("small CLIP", small, pictures, texts)
    progress(0.3, "Making a ViT-B-32 of random weights")
    torch.manual_seed(0)
    large = Encoder(new_clip(VIT_B_32), clip_tokenizer(), "ViT-B-32", "squash", pick_device())
    figures += _embedding("ViT-B-32", large, pictures, texts)
    progress(0.4, "Training on cached vectors")
    figures += _training(large, pictures, texts)
    progress(0.6, "Explaining with ViT-B-32")
    figures += _answers("ViT-B-32", large, pictures, texts)
    progress(0.8, "Explaining with ViT-B-32, side by side with captum's hooked call")
    figures += _side_by_side("ViT-B-32", large, pictures[0], texts[0])
    spent = dominating(large, pictures[0], texts[0]) if profile else []
    figures.append(Figure("peak memory", _peak(), "MB", "of this process, everything above included"))
    progress(1.0, "Done")
    return {"machine": machine(small.device), "figures": [asdict(figure) for figure in [*figures, *spent]]}


def machine(device: str) -> dict[str, Any]:
    return {
        "cpu": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name() if device.startswith("cuda") else device,
    }


def _embedding(name: str, encoder: Encoder, pictures: Sequence[Image.Image], texts: Sequence[str]) -> list[Figure]:
    seen = seconds(lambda: _in_batches(encoder.encode_pictures, pictures))
    read = seconds(lambda: _in_batches(encoder.encode_texts, texts))
    return [
        Figure(f"{name}: pictures embedded", len(pictures) / seen, "/s", "decoded pictures, resizing included"),
        Figure(f"{name}: texts embedded", len(texts) / read, "/s"),
        Figure(f"{name}: memes embedded", len(texts) / (seen + read), "/s"),
    ]


def _in_batches(encode: Callable[[Any], torch.Tensor], items: Sequence[Any]) -> None:
    for at in range(0, len(items), BATCH):
        encode(items[at : at + BATCH])


def _training(
    encoder: Encoder, pictures: Sequence[Image.Image], texts: Sequence[str], memes: int = MEMES, epochs: int = EPOCHS
) -> list[Figure]:
    """The whole schedule on cached vectors, and what it would take with the encoder in the loop, measured one after the other."""
    data = _random(encoder, memes)
    config = TrainConfig.preset("paper", epochs=epochs, patience=epochs, batch=BATCH)
    schedule = fit(data, _random(encoder, 500), config).seconds
    epoch = schedule / epochs
    seen = seconds(lambda: _in_batches(encoder.encode_pictures, pictures)) / len(pictures)
    read = seconds(lambda: _in_batches(encoder.encode_texts, texts)) / len(texts)
    in_loop, once = memes * (seen + read) + epoch, memes * (2 * seen + read)  # once: each picture as it is and mirrored
    guess = f"extrapolated from {len(texts)} encoded memes"
    return [
        Figure(
            f"epoch of {memes:,} cached memes, batch {BATCH}",
            epoch,
            "s",
            f"{encoder.picture_width} wide, flips drawn, validation included",
        ),
        Figure(f"schedule of {epochs} epochs, cached", schedule, "s"),
        Figure(f"epoch with {encoder.name} in the loop", in_loop, "s", guess),
        Figure("epoch: encoder in the loop over cached", in_loop / epoch, "times", guess),
        Figure(
            "schedule: encoder in the loop over cached, embedding once included",
            in_loop * epochs / (once + schedule),
            "times",
            guess,
        ),
    ]


def _random(encoder: Encoder, n: int) -> Examples:
    """Vectors of the encoder's widths; how long training takes does not depend on what they mean."""
    picture, mirrored = torch.randn(n, encoder.picture_width), torch.randn(n, encoder.picture_width)
    return Examples(picture, torch.randn(n, encoder.words_width), (torch.arange(n) % 2).float(), mirrored)


def _answers(name: str, encoder: Encoder, pictures: Sequence[Image.Image], texts: Sequence[str]) -> list[Figure]:
    """Milliseconds for one meme: predicting it anew or from cached vectors, and each way of explaining it."""
    head = _head(encoder)
    v_picture, v_words = encoder.encode_pictures(pictures[:1]), encoder.encode_texts(texts[:1])
    found = [
        ("predict a new meme", seconds(lambda: head(encoder.encode_pictures(pictures[:1]), encoder.encode_texts(texts[:1])))),
        ("predict from cached vectors", seconds(lambda: head(v_picture, v_words))),
    ]
    for method in METHODS:
        found.append((f"explain, {method}", seconds(_explaining(encoder, head, pictures[0], texts[0], method), repeats=3)))
    return [Figure(f"{name}: {what}", took * 1000, "ms") for what, took in found]


def _side_by_side(name: str, encoder: Encoder, picture: Image.Image, text: str) -> list[Figure]:
    """Integrated Gradients in STEPS steps as everyone does it and as done here, in turns, with how far the numbers are apart."""
    head, pixels, tokens = _head(encoder), encoder.pixels([picture]), encoder.tokens([text])
    absent, trimmed = absent_picture(encoder, picture, pixels, "mean colour"), encoder.trim(tokens)

    def plain() -> tuple[torch.Tensor, torch.Tensor]:
        return plain_integrated_gradients(encoder, head, pixels, tokens, absent, STEPS)

    def ours() -> tuple[torch.Tensor, ...]:
        with torch.enable_grad():
            return integrated_gradients(encoder, scorer(head), pixels, trimmed, absent, quiet, ladder=(STEPS,))[:2]

    (looked, read), (patches, pieces) = plain(), ours()
    apart = max(float((looked - patches).abs().max()), float((read[: len(pieces)] - pieces).abs().max()))
    most = max(float(looked.abs().max()), float(read.abs().max()))
    theirs, here = seconds(plain, repeats=3), seconds(ours, repeats=3)
    what = f"{name}: Integrated Gradients, {STEPS} steps"
    return [
        Figure(f"{what}, captum's hooked call over both towers", theirs * 1000, "ms"),
        Figure(f"{what}, here", here * 1000, "ms"),
        Figure(
            f"{what}, hooked over here", theirs / here, "times", f"largest value {most:.1e}, numbers at most {apart:.1e} apart"
        ),
    ]


def dominating(encoder: Encoder, picture: Image.Image, text: str, most: int = 6) -> list[Figure]:
    """What takes the time of the quick map and of Integrated Gradients: the costliest operations, as shares of the whole."""
    head, found = _head(encoder), []
    for method in METHODS[:2]:
        work = _explaining(encoder, head, picture, text, method)
        work()  # warms up
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as watched:
            work()
        spent = sorted(watched.key_averages(), key=lambda event: -event.self_cpu_time_total)
        whole = sum(event.self_cpu_time_total for event in spent)
        found += [
            Figure(f"{encoder.name}: {method}, {e.key}", 100 * e.self_cpu_time_total / whole, "%", f"{e.count:,} calls")
            for e in spent[:most]
        ]
    return found


def _head(encoder: Encoder) -> Any:
    """A head of random weights, the same each time."""
    torch.manual_seed(0)
    return make_head("gated", encoder.picture_width, encoder.words_width, "unit").eval().requires_grad_(False)


def _explaining(encoder: Encoder, head: Any, picture: Image.Image, text: str, method: Method) -> Callable[[], object]:
    return lambda: explain(encoder, head, picture, text, method)


def seconds(work: Callable[[], object], repeats: int = 5) -> float:
    """Median time of some runs, after one that is not counted."""
    work()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def _peak() -> float:
    """Largest resident memory of this process so far, MB; NaN where the system does not tell."""
    try:
        import resource
    except ImportError:
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def render(found: dict[str, Any]) -> str:
    """The figures as a table of text."""
    about = ", ".join(f"{name} {value}" for name, value in found["machine"].items())
    width = max(len(figure["name"]) for figure in found["figures"])
    lines = [f"{f['name']:<{width}}  {_digits(f['value']):>10} {f['unit']:<5}  {f['note']}".rstrip() for f in found["figures"]]
    return "\n".join([about, *lines])


def _digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
