"""The frozen CLIP: pictures and words in, embeddings out, and the pure functions that attributions differentiate through.

The only file that knows open_clip.
"""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from open_clip.model import get_model_preprocess_cfg, set_model_preprocess_cfg
from open_clip.tokenizer import SimpleTokenizer
from open_clip.transform import PreprocessCfg, image_transform_v2
from open_clip.transformer import ResidualAttentionBlock, VisionTransformer, text_global_pool
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn

from gatedclip.config import ASSETS, Resize
from gatedclip.errors import BackboneError

DEMO = ASSETS / "clip"
_RESIZE_MODE = {"squash": "squash", "longest": "longest", "crop": "shortest"}  # ours -> open_clip's


@dataclass(frozen=True, slots=True)
class Span:
    """A word of the text with the positions of its pieces in the token row: start included, stop excluded."""

    text: str
    start: int
    stop: int


class Encoder:
    """A frozen CLIP in evaluation mode, fp32. Safe to share between threads: it keeps no state and sets no hooks.

    `identity` (name, weights hash, preprocessing) keys every cached vector, so vectors of two encoders never mix.
    """

    def __init__(
        self, model: nn.Module, tokenizer: Callable[..., Tensor], name: str, resize: Resize, device: str = "cpu"
    ) -> None:
        self.model = model.float().eval().requires_grad_(False).to(device)
        self.tokenizer = tokenizer
        self.name, self.resize, self.device = name, resize, device
        cfg = PreprocessCfg(**{**_preprocess_cfg(model), "resize_mode": _RESIZE_MODE[resize]})
        self.size = cfg.size if isinstance(cfg.size, int) else cfg.size[0]
        self._transform = image_transform_v2(cfg, is_train=False)
        self.weights_sha256 = weights_sha256(model)
        recipe = f"{self.weights_sha256}|{sorted(vars(cfg).items())}"
        self.identity = f"{name}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}-{resize}"
        self.context = int(getattr(self._text, "context_length", 77))
        with torch.no_grad():
            self.picture_width = self.encode_pixels(torch.zeros(1, 3, self.size, self.size)).shape[1]
            self.words_width = self.encode_texts([""]).shape[1]

    @property
    def demo(self) -> bool:
        """Whether this is the small CLIP that ships with the project and knows only MemeWorld."""
        return self.name == "demo"

    @property
    def _text(self) -> Any:
        return getattr(self.model, "text", self.model)  # CustomTextCLIP keeps its word tower in `.text`

    @property
    def _pooling(self) -> tuple[str, int | None]:
        """How the word tower pools, and its id of end-of-text."""
        prefix = "" if self._text is not self.model else "text_"  # CLIP keeps the word tower's settings under this prefix
        return getattr(self._text, f"{prefix}pool_type"), getattr(self._text, f"{prefix}eos_id")

    # --- embeddings -----------------------------------------------------------------------------------------------

    def pixels(self, pictures: Sequence[Image.Image]) -> Tensor:
        """Pictures as the picture tower takes them: (B, 3, S, S), normalised, on the CPU."""
        return torch.stack([self._transform(p.convert("RGB")) for p in pictures])

    @torch.no_grad()
    def encode_pixels(self, pixels: Tensor) -> Tensor:
        """(B, 3, S, S) -> raw picture embeddings (B, D_I), float32, on the CPU."""
        return self.model.encode_image(pixels.to(self.device)).float().cpu()  # type: ignore[operator]

    def encode_pictures(self, pictures: Sequence[Image.Image], mirrored: bool = False) -> Tensor:
        """Raw picture embeddings (B, D_I); `mirrored` embeds the left-right mirror images."""
        pixels = self.pixels(pictures)
        return self.encode_pixels(pixels.flip(-1) if mirrored else pixels)

    def tokens(self, texts: Sequence[str]) -> Tensor:
        """Token rows (B, T), padded and cut to the context, end-of-text kept."""
        return self.tokenizer(list(texts), context_length=self.context)

    @torch.no_grad()
    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        """Raw word embeddings (B, D_T), float32, on the CPU."""
        return self.model.encode_text(self.tokens(texts).to(self.device)).float().cpu()  # type: ignore[operator]

    # --- geometry and words ---------------------------------------------------------------------------------------

    def frame(self, width: int, height: int) -> tuple[float, float, float, float]:
        """The square the picture tower sees, as fractions (left, top, right, bottom) of a width x height picture.

        Beyond 0..1 where `longest` pads; inside where `crop` cuts.
        """
        if self.resize == "squash":
            return 0.0, 0.0, 1.0, 1.0
        side = max(width, height) if self.resize == "longest" else min(width, height)
        x, y = side / width / 2, side / height / 2
        return 0.5 - x, 0.5 - y, 0.5 + x, 0.5 + y

    def words(self, text: str) -> tuple[list[Span], int | None]:
        """The words a person reads, each with its pieces' positions, and the index of the first word cut off (or None).

        A word is cut when any of its pieces lies beyond the context; cut words get an empty span.
        """
        tokenizer = self._bpe()
        words, pieces = _split(tokenizer, text)
        last = self.context - 1  # position of end-of-text when the row is full
        spans: list[Span] = []
        at, cut = 1, None  # position 0 is start-of-text
        for word, ids in zip(words, pieces, strict=True):
            stop = at + len(ids)
            if stop > last and cut is None:
                cut = len(spans)
            spans.append(Span(word, at, stop) if cut is None else Span(word, 0, 0))
            at = stop
        return spans, cut

    def _bpe(self) -> SimpleTokenizer:
        if isinstance(self.tokenizer, SimpleTokenizer):
            return self.tokenizer
        raise BackboneError(
            f"Words cannot be explained with the backbone {self.name}: its tokenizer is a {type(self.tokenizer).__name__}, "
            "and only CLIP's own byte-pair tokenizer is supported. Predictions work; choose a CLIP backbone for explanations."
        )

    # --- pure functions that attributions differentiate through ----------------------------------------------------

    def patch_embed(self, pixels: Tensor) -> Tensor:
        """(B, 3, S, S) -> patch embeddings before class token and positions (B, G·G, W)."""
        return self._vit().conv1(pixels.to(self.device)).flatten(2).transpose(1, 2)

    def picture_from_patches(self, patches: Tensor, attention: list[Tensor] | None = None) -> Tensor:
        """Patch embeddings (B, G·G, W) -> raw picture embeddings (B, D_I), differentiable.

        A list given as `attention` receives each block's attention (B, heads, 1 + G·G, 1 + G·G), in the graph.
        """
        vit = self._vit()
        start = vit.class_embedding.expand(len(patches), 1, -1)
        x = vit.ln_pre(torch.cat([start, patches], dim=1) + vit.positional_embedding)  # (B, 1 + G·G, W)
        x = _blocks(vit.transformer, x, None, attention)
        pooled, _ = vit._pool(x)
        return pooled if vit.proj is None else pooled @ vit.proj  # (B, D_I)

    def token_embed(self, tokens: Tensor) -> Tensor:
        """(B, T) -> token embeddings before positions (B, T, W)."""
        return self._text.token_embedding(tokens.to(self.device))

    def trim(self, tokens: Tensor) -> Tensor:
        """One row (1, T) without the padding after end-of-text, where a causal tower pooled there never looks."""
        if self._text.attn_mask is None or self._pooling[0] not in ("argmax", "eos"):
            return tokens
        return tokens[:, : int(tokens.argmax()) + 1]

    def words_from_tokens(self, embedded: Tensor, tokens: Tensor, attention: list[Tensor] | None = None) -> Tensor:
        """Token embeddings (B, T, W) -> raw word embeddings (B, D_T), differentiable.

        `tokens` (1 or B, T) says where end-of-text stands; `attention` as in `picture_from_patches`. Rows may be trimmed.
        """
        text = self._text
        length = embedded.shape[1]
        mask = None if text.attn_mask is None else text.attn_mask[:length, :length]
        x = _blocks(text.transformer, embedded + text.positional_embedding[:length], mask, attention)
        pool, eos = self._pooling
        pooled = text_global_pool(text.ln_final(x), tokens.to(x.device).expand(len(x), -1), pool, eos_token_id=eos)  # (B, W)
        projection = text.text_projection
        if projection is None:
            return pooled
        return projection(pooled) if isinstance(projection, nn.Linear) else pooled @ projection  # (B, D_T)

    @property
    def grid(self) -> int:
        """G: patches along one side."""
        return int(self._vit().grid_size[0])

    def _vit(self) -> VisionTransformer:
        visual: Any = self.model.visual
        if isinstance(visual, VisionTransformer):
            return visual
        raise BackboneError(
            f"Pictures cannot be explained with the backbone {self.name}: its picture tower is a {type(visual).__name__}, "
            "and only open_clip's vision transformers are supported. Predictions work; choose a ViT backbone for explanations."
        )


def _blocks(transformer: nn.Module, x: Tensor, mask: Tensor | None, attention: list[Tensor] | None) -> Tensor:
    if attention is None:
        return transformer(x, attn_mask=mask)
    for block in transformer.resblocks:  # type: ignore[union-attr]
        x, weights = _block_with_attention(block, x, mask)
        attention.append(weights)
    return x


def _block_with_attention(block: ResidualAttentionBlock, x: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """One residual block with its attention recomputed from `in_proj`, because open_clip's own call never returns it."""
    attn, (batch, length, width) = block.attn, x.shape
    qkv = nn.functional.linear(block.ln_1(x), attn.in_proj_weight, attn.in_proj_bias)
    q, k, v = qkv.reshape(batch, length, 3, attn.num_heads, -1).permute(2, 0, 3, 1, 4)  # each (B, heads, T, W/heads)
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5  # (B, heads, T, T)
    weights = (scores if mask is None else scores + mask).softmax(dim=-1)  # 0..1
    mixed = (weights @ v).transpose(1, 2).reshape(batch, length, width)
    x = x + block.ls_1(attn.out_proj(mixed))
    return x + block.ls_2(block.mlp(block.ln_2(x))), weights


def _split(tokenizer: SimpleTokenizer, text: str) -> tuple[list[str], list[list[int]]]:
    """Words as a person reads them with their pieces; the words as CLIP cleans them where the two readings differ."""
    for words in (text.split(), tokenizer.clean_fn(text).split()):
        pieces = [tokenizer.encode(w) for w in words]
        if [i for ids in pieces for i in ids] == tokenizer.encode(text):
            return words, pieces
    return [text.strip()], [tokenizer.encode(text)]


# --- loading ------------------------------------------------------------------------------------------------------


def load_encoder(backbone: str = "demo", resize: Resize = "squash", device: str = "auto") -> Encoder:
    """The encoder that `backbone` names: `demo`, `arch/tag`, `hf-hub:owner/model`, or `arch@/path/to/weights`.

    Raises BackboneError with what to do when it cannot be fetched, does not exist, or does not fit its weights.
    """
    model_name, pretrained = _resolve(backbone)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning) if pretrained else None
            model = open_clip.create_model(model_name, pretrained=pretrained, require_pretrained=True)
    except BackboneError:
        raise
    except Exception as error:
        raise BackboneError(_cannot_load(backbone, error)) from error
    return Encoder(model, open_clip.get_tokenizer(model_name), _name(backbone), resize, pick_device(device))


def _name(backbone: str) -> str:
    """What people call it: demo, ViT-B-32-quickgelu-openai, owner-model, local-folder."""
    kind, _, rest = backbone.split("@")[0].rpartition(":")
    called = f"local-{Path(rest).name}" if kind == "local-dir" else rest
    return re.sub(r"[^A-Za-z0-9.]+", "-", called).strip("-")


def _resolve(backbone: str) -> tuple[str, str | None]:
    """What open_clip wants for our setting: (model name, tag or weights file)."""
    if backbone == "demo":
        return f"local-dir:{DEMO}", None
    if backbone.startswith(("hf-hub:", "local-dir:")):
        return backbone, None
    if "@" in backbone:
        arch, file = backbone.split("@", 1)
        _known(arch)
        if not Path(file).expanduser().is_file():
            raise BackboneError(
                f"GATEDCLIP_BACKBONE names the weights file {file}, which does not exist. Give the path of a saved "
                "open_clip model."
            )
        return arch, str(Path(file).expanduser())
    arch, _, tag = backbone.partition("/")
    _known(arch)
    tags = open_clip.list_pretrained_tags_by_model(arch)
    if tag not in tags:
        raise BackboneError(
            f"{backbone!r} names no weights for {arch}. Write {arch}/TAG with TAG one of: {', '.join(tags)}; "
            f"or {arch}@/path/to/weights."
        )
    _refuse_quickgelu_mismatch(arch, tag)
    return arch, tag


def _known(arch: str) -> None:
    if arch not in open_clip.list_models():
        raise BackboneError(
            f"open_clip knows no model called {arch!r}. Set GATEDCLIP_BACKBONE to demo, to arch/tag such as "
            "ViT-B-32-quickgelu/openai, to hf-hub:owner/model, or to arch@/path/to/weights."
        )


def _refuse_quickgelu_mismatch(arch: str, tag: str) -> None:
    """open_clip only warns, and the embeddings are then quietly wrong."""
    model_quick = bool((open_clip.get_model_config(arch) or {}).get("quick_gelu", False))
    weights_quick = bool(open_clip.get_pretrained_cfg(arch, tag).get("quick_gelu", False))
    if model_quick == weights_quick:
        return
    better = f"{arch}-quickgelu" if weights_quick else arch.removesuffix("-quickgelu")
    raise BackboneError(
        f"The weights {tag!r} were trained with {'QuickGELU' if weights_quick else 'GELU'}, but {arch} computes "
        f"{'QuickGELU' if model_quick else 'GELU'}; its embeddings would be wrong. Use {better}/{tag}."
    )


def _cannot_load(backbone: str, error: Exception) -> str:
    reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
    return (
        f"The backbone {backbone!r} could not be loaded ({reason}). If it must be fetched, connect this machine to the "
        "internet once, or copy its weights here and set GATEDCLIP_BACKBONE=arch@/path/to/weights; "
        "GATEDCLIP_BACKBONE=demo always works."
    )


def pick_device(device: str = "auto") -> str:
    """`auto` becomes cuda, mps or cpu, in that order of preference; anything else is checked and kept."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise BackboneError(
            f"The device {device!r} cannot be used here. Set GATEDCLIP_DEVICE to auto, cpu, cuda or mps."
        ) from error
    return device


def weights_sha256(module: nn.Module) -> str:
    """One hash over names and bytes of all weights: equal if and only if the weights are."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data if tensor.numel() else b"")
    return digest.hexdigest()


def _preprocess_cfg(model: nn.Module) -> dict[str, Any]:
    return dict(get_model_preprocess_cfg(model))


# --- making a new CLIP --------------------------------------------------------------------------------------------


def new_clip(model_cfg: dict[str, Any], preprocess_cfg: dict[str, Any] | None = None) -> nn.Module:
    """An untrained open_clip model of the given configuration, ready to train."""
    model = open_clip.CLIP(**model_cfg)
    cfg = {**PreprocessCfg(size=model.visual.image_size).__dict__, **(preprocess_cfg or {})}
    set_model_preprocess_cfg(model, cfg)
    return model


def clip_tokenizer(context: int = 77) -> SimpleTokenizer:
    """CLIP's byte-pair tokenizer."""
    return SimpleTokenizer(context_length=context)


def save_clip(model: nn.Module, model_cfg: dict[str, Any], folder: Path) -> None:
    """Write a model as fp16 safetensors with the open_clip configuration that rebuilds it."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(
        {k: v.detach().cpu().half().contiguous() for k, v in model.state_dict().items()}, folder / "open_clip_model.safetensors"
    )
    config = {"model_cfg": model_cfg, "preprocess_cfg": {k: v for k, v in _preprocess_cfg(model).items() if k != "size"}}
    (folder / "open_clip_config.json").write_text(json.dumps(config, indent=1) + "\n")


def to_numpy(tensor: Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy()
