"""What everyone does: captum's layer Integrated Gradients, hooks on the model, both towers run for every step.

Only here to be compared with. Its hooks sit on the model while it runs, so nothing else may use the model meanwhile.
"""

from __future__ import annotations

import torch
from captum.attr import LayerIntegratedGradients
from torch import Tensor

from gatedclip.explain.integrated import ROWS, without_words
from gatedclip.explain.score import scorer
from gatedclip.model.encoder import Encoder
from gatedclip.model.heads import Head


def plain_integrated_gradients(
    encoder: Encoder, head: Head, pixels: Tensor, tokens: Tensor, absent: Tensor, steps: int
) -> tuple[Tensor, Tensor]:
    """Attributions of the margin to patches (G·G,) and word pieces (T,), in as many steps as asked for.

    `pixels` and `absent` (1, 3, S, S), `tokens` (1, T), never trimmed: the model's own forward takes whole rows only.
    """
    model, score = encoder.model, scorer(head)

    def by_picture(pictures: Tensor, rows: Tensor) -> Tensor:
        return score(model.encode_image(pictures), model.encode_text(rows))  # type: ignore[operator]

    def by_words(rows: Tensor, pictures: Tensor) -> Tensor:
        return by_picture(pictures, rows)

    batch = max(1, ROWS // encoder.grid**2)  # as many pictures at once as the hook-free call takes
    with torch.enable_grad():
        looking = LayerIntegratedGradients(by_picture, model.visual.conv1)  # type: ignore[union-attr]
        looked = looking.attribute(pixels, absent, additional_forward_args=(tokens,), n_steps=steps, internal_batch_size=batch)
        reading = LayerIntegratedGradients(by_words, model.token_embedding)
        read = reading.attribute(
            tokens, without_words(encoder, tokens), additional_forward_args=(pixels,), n_steps=steps, internal_batch_size=batch
        )
    return looked.detach()[0].sum(0).flatten(), read.detach()[0].sum(-1)
