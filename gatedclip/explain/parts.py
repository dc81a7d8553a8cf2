"""A meme as parts that can be taken away: regions of its picture, and its words.

Nothing is differentiated and nothing hooked. The two halves are encoded apart, each distinct set of parts once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gatedclip.explain.integrated import PAD, ROWS
from gatedclip.model.encoder import Encoder, Span

Told = Callable[[float], None]  # fraction 0..1; may raise to cancel


def quiet(fraction: float) -> None:
    """Progress that nobody watches."""


class Parts:
    """R regions of a picture and the W words that CLIP reads, with the picture that stands for no picture."""

    def __init__(
        self, encoder: Encoder, pixels: Tensor, tokens: Tensor, absent: Tensor, spans: Sequence[Span], most: int | None = None
    ) -> None:
        self.encoder, self.tokens = encoder, tokens
        with torch.no_grad():
            self._patches, self._nothing = encoder.patch_embed(torch.cat([pixels, absent])).split(1)  # each (1, G·G, W)
        self._region = regions(encoder.grid, most or encoder.grid**2).to(self._patches.device)  # (G·G,)
        self.spans = [span for span in spans if span.stop > span.start]
        self.regions, self.words = int(self._region.max()) + 1, len(self.spans)

    def see(self, present: Tensor, told: Told = quiet) -> Tensor:
        """Picture embeddings (N, D_I) with only the regions present (N, R) and the absent picture elsewhere."""

        def encode(some: Tensor) -> Tensor:
            shown = some.to(self._region.device)[:, self._region, None]  # (n, G·G, 1)
            return self.encoder.picture_from_patches(torch.where(shown, self._patches, self._nothing))

        return _each(encode, present.bool(), self._patches.shape[1], told)

    def read(self, present: Tensor, told: Told = quiet) -> Tensor:
        """Word embeddings (N, D_T) of the text with only the words present (N, W), read anew without the others."""

        def encode(some: Tensor) -> Tensor:
            rows = shortened(self.tokens, self.spans, some)
            return self.encoder.words_from_tokens(self.encoder.token_embed(rows), rows)

        return _each(encode, present.bool(), self.tokens.shape[1], told)

    def whole(self) -> tuple[Tensor, Tensor]:
        """Embeddings (1, D_I) and (1, D_T) of the meme with every part present."""
        return self.see(torch.ones(1, self.regions)), self.read(torch.ones(1, self.words))

    def on_patches(self, values: Tensor) -> Tensor:
        """Values of regions (R,) spread evenly over their patches (G·G,)."""
        region = self._region.to(values.device)
        return (values / region.bincount())[region]

    def on_pieces(self, values: Tensor) -> Tensor:
        """Values of words (W,) laid on the first piece of each word (T,)."""
        pieces = values.new_zeros(self.tokens.shape[1])
        pieces[[span.start for span in self.spans]] = values
        return pieces


def regions(grid: int, most: int) -> Tensor:
    """The region of each patch (G·G,): square blocks as small as `most` regions allow."""
    block = next(side for side in range(1, grid + 1) if (-(-grid // side)) ** 2 <= most)
    at, across = torch.arange(grid) // block, -(-grid // block)
    return (at[:, None] * across + at).flatten()


def shortened(tokens: Tensor, spans: Sequence[Span], present: Tensor) -> Tensor:
    """Token rows (N, T) of the text (1, T) with only the words present (N, W); the rest moves up and padding follows."""
    row = tokens[0].tolist()
    kept = []
    for some in present.tolist():
        gone = {at for span, here in zip(spans, some, strict=True) if not here for at in range(span.start, span.stop)}
        left = [piece for at, piece in enumerate(row) if at not in gone]
        kept.append(left + [PAD] * len(gone))
    return torch.tensor(kept, dtype=tokens.dtype)


@torch.no_grad()
def _each(encode: Callable[[Tensor], Tensor], present: Tensor, length: int, told: Told) -> Tensor:
    """Embeddings (N, D) of every row, each distinct row encoded once, some at a time."""
    if not present.shape[1]:
        return encode(present[:1]).expand(len(present), -1)
    distinct, which = present.unique(dim=0, return_inverse=True)
    batch, found = max(1, ROWS // length), []
    for start in range(0, len(distinct), batch):
        told(start / len(distinct))
        found.append(encode(distinct[start : start + batch]))
    told(1.0)
    return torch.cat(found)[which]
