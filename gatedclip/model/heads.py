"""The trained heads: GatedCLIP (arXiv 2602.20818, eqs. 3-9) and the baselines it is measured against.

Every head takes raw CLIP embeddings and answers with the same HeadOutput; predicting, training and explaining all call this
one forward. Every line works on the last axis, so that heads trained at once, (K, B, ...), go the same way as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gatedclip.config import HeadKind, InputScale
from gatedclip.errors import ConfigError

PROJECTION = 128  # P


class HeadOutput(NamedTuple):
    """What a head computes for B memes."""

    logits: Tensor  # (B, 2): benign, hateful
    gate: Tensor  # (B,), 0..1: weight on the picture; constant for heads without a gate
    picture: Tensor  # (B, P) h_I >= 0
    words: Tensor  # (B, P) h_T >= 0
    fused: Tensor  # (B, P) h
    temperature: float = 1.0  # T > 0 that the margin is divided by, so that probabilities mean what they say

    @property
    def margin(self) -> Tensor:
        """z1 - z0, the logit of hateful against benign: (B,)."""
        return self.logits[..., 1] - self.logits[..., 0]

    @property
    def probability(self) -> Tensor:
        """Of hateful: (B,), 0..1."""
        return (self.margin / self.temperature).sigmoid()  # equals softmax over two logits, each divided by T

    @property
    def share(self) -> Tensor:
        """The picture's norm-adjusted share g·|h_I| / (g·|h_I| + (1-g)·|h_T|): (B,), 0..1; the gate where both are zero."""
        picture, words = self.gate * self.picture.norm(dim=-1), (1 - self.gate) * self.words.norm(dim=-1)
        total = picture + words
        return torch.where(total > 0, picture / total.clamp_min(1e-12), self.gate)


class Scale(nn.Module):
    """How embeddings of one modality enter a head: as they are, on the unit sphere, or standardised per feature."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, width: int, how: InputScale) -> None:
        super().__init__()
        self.how = how
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("deviation", torch.ones(width))

    def fit(self, v: Tensor) -> None:
        """Remember mean and deviation of training embeddings (N, D); only `standardise` uses them."""
        if self.how == "standardise":
            unit = F.normalize(v, dim=1)
            self.mean.copy_(unit.mean(0))
            self.deviation.copy_(unit.std(0).clamp_min(1e-6))

    def forward(self, v: Tensor) -> Tensor:
        if self.how == "raw":
            return v
        return (F.normalize(v, dim=-1) - self.mean) / self.deviation


def projection(width: int) -> nn.Sequential:
    """h = Drop.2(ReLU(W2·Drop.2(ReLU(W1·v)))), D -> 256 -> P (eq. 3)."""
    return nn.Sequential(
        nn.Linear(width, 256), nn.ReLU(), nn.Dropout(0.2), nn.Linear(256, PROJECTION), nn.ReLU(), nn.Dropout(0.2)
    )


def classifier() -> nn.Sequential:
    """Two logits from h: P -> 64 -> 2 (eq. 6)."""
    return nn.Sequential(nn.Linear(PROJECTION, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 2))


class Head(nn.Module):
    """What all heads share: the widths they were made for and the scaling of their inputs."""

    kind: HeadKind
    temperature: float = 1.0  # set once trained, on validation memes; order and margin are as without it

    def __init__(self, picture_width: int, words_width: int, input_scale: InputScale = "standardise") -> None:
        super().__init__()
        self.widths = (picture_width, words_width)
        self.input_scale = input_scale
        self.scale_picture = Scale(picture_width, input_scale)
        self.scale_words = Scale(words_width, input_scale)

    def fit_scales(self, picture: Tensor, words: Tensor) -> None:
        """Fit the scaling of both inputs on training embeddings (N, D_I), (N, D_T)."""
        self.scale_picture.fit(picture)
        self.scale_words.fit(words)

    def forward(self, picture: Tensor, words: Tensor, gate: Tensor | None = None) -> HeadOutput:
        """Raw embeddings (B, D_I), (B, D_T) -> HeadOutput. A given `gate` (B,) replaces the head's own (what if?)."""
        return self.join(*self.halves(picture, words), gate)._replace(temperature=self.temperature)

    def halves(self, picture: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        """h_I and h_T (B, P), each from its own embedding alone; the other half may be swapped before they are joined."""
        raise NotImplementedError

    def join(self, h_i: Tensor, h_t: Tensor, gate: Tensor | None = None) -> HeadOutput:
        """What the head says of halves (B, P) that were put together."""
        raise NotImplementedError

    @property
    def trained_parameters(self) -> int:
        """How many weights training sets; of an ensemble those of all its members."""
        return sum(p.numel() for p in self.parameters())


class GatedCLIP(Head):
    """Projection heads, a gate that weighs picture against words, and a classifier on their mixture."""

    kind: HeadKind = "gated"

    def __init__(self, picture_width: int, words_width: int, input_scale: InputScale = "standardise") -> None:
        super().__init__(picture_width, words_width, input_scale)
        self.project_picture = projection(picture_width)
        self.project_words = projection(words_width)
        self.gate = nn.Sequential(nn.Linear(2 * PROJECTION, 64), nn.ReLU(), nn.Linear(64, 1))
        self.classify = classifier()

    def halves(self, picture: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        h_i = self.project_picture(self.scale_picture(picture))  # (B, P), >= 0
        h_t = self.project_words(self.scale_words(words))  # (B, P), >= 0
        return h_i, h_t

    def join(self, h_i: Tensor, h_t: Tensor, gate: Tensor | None = None) -> HeadOutput:
        g = self.gate_logit(h_i, h_t).sigmoid() if gate is None else gate  # (B,), 0..1 (eq. 4)
        h = g[..., None] * h_i + (1 - g[..., None]) * h_t  # (B, P) (eq. 5)
        return HeadOutput(self.classify(h), g, h_i, h_t, h)

    def gate_logit(self, h_i: Tensor, h_t: Tensor) -> Tensor:
        """The gate before its sigmoid, (B,): does not saturate, so it can be explained."""
        return self.gate(torch.cat([h_i, h_t], dim=-1)).squeeze(-1)


class MeanBaseline(Head):
    """The paper's baseline: h = (v_I + v_T)/2 and one linear layer without bias (eqs. 1-2). Additive in picture and words."""

    kind: HeadKind = "mean"

    def __init__(self, picture_width: int, words_width: int, input_scale: InputScale = "standardise") -> None:
        if picture_width != words_width:
            raise ConfigError(
                f"The mean baseline adds picture and word embeddings, so both must have one width; here they have "
                f"{picture_width} and {words_width}. Choose the head gated, picture or words."
            )
        super().__init__(picture_width, words_width, input_scale)
        self.classify = nn.Linear(picture_width, 2, bias=False)

    def halves(self, picture: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        return self.scale_picture(picture), self.scale_words(words)  # (B, D)

    def join(self, h_i: Tensor, h_t: Tensor, gate: Tensor | None = None) -> HeadOutput:
        g = torch.full(h_i.shape[:-1], 0.5, device=h_i.device) if gate is None else gate
        h = g[..., None] * h_i + (1 - g[..., None]) * h_t
        return HeadOutput(self.classify(h), g, h_i, h_t, h)


class OneModality(Head):
    """Projection and classifier as in GatedCLIP on one modality only; the other is never looked at."""

    def __init__(self, picture_width: int, words_width: int, input_scale: InputScale = "standardise") -> None:
        super().__init__(picture_width, words_width, input_scale)
        self.project = projection(picture_width if self.kind == "picture" else words_width)
        self.classify = classifier()

    def halves(self, picture: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        seen = self.scale_picture(picture) if self.kind == "picture" else self.scale_words(words)
        h = self.project(seen)  # (B, P), >= 0
        nothing = torch.zeros_like(h)
        return (h, nothing) if self.kind == "picture" else (nothing, h)

    def join(self, h_i: Tensor, h_t: Tensor, gate: Tensor | None = None) -> HeadOutput:
        h = h_i if self.kind == "picture" else h_t
        g = torch.full(h.shape[:-1], float(self.kind == "picture"), device=h.device)
        return HeadOutput(self.classify(h), g, h_i, h_t, h)


class PictureOnly(OneModality):
    kind: HeadKind = "picture"


class WordsOnly(OneModality):
    kind: HeadKind = "words"


class Ensemble(Head):
    """K GatedCLIP heads that answer as one: their logits and their gates averaged, their halves side by side, P·K wide.

    One training's seed decides memes near the threshold; the mean over seeds does not waver so. A margin is the mean of the
    members' margins, hence what explains it is the mean of what explains theirs.
    """

    kind: HeadKind = "ensemble"

    def __init__(
        self, picture_width: int, words_width: int, input_scale: InputScale = "standardise", members: Sequence[Head] = ()
    ) -> None:
        nn.Module.__init__(self)  # the members scale what comes in
        self.widths = (picture_width, words_width)
        self.input_scale = input_scale
        self.members = nn.ModuleList(members)

    def fit_scales(self, picture: Tensor, words: Tensor) -> None:
        for member in self.members:
            member.fit_scales(picture, words)  # type: ignore[operator]

    def halves(self, picture: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        parts = [member.halves(picture, words) for member in self.members]  # type: ignore[operator]
        return torch.cat([h_i for h_i, _ in parts], dim=-1), torch.cat([h_t for _, h_t in parts], dim=-1)  # (B, P·K)

    def join(self, h_i: Tensor, h_t: Tensor, gate: Tensor | None = None) -> HeadOutput:
        said = self._each(h_i, h_t, gate)
        logits = torch.stack([one.logits for one in said]).mean(0)  # (B, 2)
        g = torch.stack([one.gate for one in said]).mean(0)  # (B,), 0..1
        return HeadOutput(logits, g, h_i, h_t, torch.cat([one.fused for one in said], dim=-1))

    def gate_logit(self, h_i: Tensor, h_t: Tensor) -> Tensor:
        """Of the mean gate, (B,), so that its sigmoid is the gate that is shown."""
        return self.join(h_i, h_t).gate.logit(eps=1e-6)

    def _each(self, h_i: Tensor, h_t: Tensor, gate: Tensor | None) -> list[HeadOutput]:
        halves = zip(self.members, h_i.chunk(len(self.members), -1), h_t.chunk(len(self.members), -1), strict=True)
        return [member.join(one_i, one_t, gate) for member, one_i, one_t in halves]  # type: ignore[operator]


HEADS: dict[str, type[Head]] = {c.kind: c for c in (GatedCLIP, MeanBaseline, PictureOnly, WordsOnly, Ensemble)}


def make_head(
    kind: HeadKind, picture_width: int, words_width: int, input_scale: InputScale = "standardise", members: int = 1
) -> Head:
    """An untrained head of the given kind; weights from torch's current random state. Only an ensemble has `members`."""
    if kind == "ensemble":
        each = [GatedCLIP(picture_width, words_width, input_scale) for _ in range(members)]
        return Ensemble(picture_width, words_width, input_scale, each)
    return HEADS[kind](picture_width, words_width, input_scale)


def alignment_loss(output: HeadOutput) -> Tensor:
    """mean(1 - cos(h_I, h_T)), in 0..1 as both are non-negative (eq. 8). No negatives: it aligns, it does not contrast."""
    return (1 - F.cosine_similarity(output.picture, output.words, dim=-1, eps=1e-6)).mean(-1)


def loss(output: HeadOutput, hateful: Tensor, weight: Tensor, alignment: float) -> Tensor:
    """Weighted mean cross-entropy plus λ times the alignment loss (eqs. 7-9).

    `hateful` (B,) holds 0 or 1, or a soft target between; `weight` (B,) counts each meme. The mean baseline has no projections to
    align, so its λ is taken as 0. Of K heads at once, (K, B), each its own: (K,).
    """
    targets = torch.stack([1 - hateful, hateful], dim=-1)  # (B, 2)
    rows = F.cross_entropy(output.logits.flatten(0, -2), targets.flatten(0, -2), reduction="none")  # (B,)
    each = rows.view(hateful.shape)
    entropy = (each * weight).sum(-1) / weight.sum(-1).clamp_min(1e-12)
    return entropy + alignment * alignment_loss(output) if alignment else entropy
