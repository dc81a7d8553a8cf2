"""A trained head on disk: weights as safetensors, and JSON that rebuilds it and says where it came from. Nothing is unpickled."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from gatedclip.config import MEMBERS, InputScale
from gatedclip.errors import CheckpointError, ConfigError
from gatedclip.model.familiar import Familiar
from gatedclip.model.heads import HEADS, Ensemble, Head, make_head
from gatedclip.model.operating import COLDEST, HOTTEST
from gatedclip.types import Prediction

FORMAT = 1
WEIGHTS, FAMILIAR, CARD = "head.safetensors", "familiar.safetensors", "head.json"


@dataclass(frozen=True)
class TrainedHead:
    """A head ready to serve, with the threshold it decides by and the memes it is familiar with."""

    head: Head
    encoder: str  # identity of the encoder whose vectors it takes
    threshold: float
    familiar: Familiar
    provenance: dict[str, Any]  # config, data, metrics, package versions, seconds

    @property
    def temperature(self) -> float:
        """T: the probability is the sigmoid of margin / T."""
        return self.head.temperature

    @torch.no_grad()
    def predict(self, picture: Tensor, words: Tensor, version_id: int = 0) -> list[Prediction]:
        """Raw embeddings (B, D_I), (B, D_T) -> one Prediction each."""
        out = self.head(picture, words)
        novelty = self.familiar.novelty(picture, words)
        columns = (out.probability, out.margin, out.gate, out.share, novelty)
        return [
            Prediction(probability=p, margin=m, gate=g, share=s, novelty=n, threshold=self.threshold, version_id=version_id)
            for p, m, g, s, n in zip(*(c.tolist() for c in columns), strict=True)
        ]


def save(trained: TrainedHead, folder: Path) -> None:
    """Write a head into `folder`, which appears whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    head = trained.head
    save_file({k: v.detach().cpu().contiguous() for k, v in head.state_dict().items()}, draft / WEIGHTS)
    familiar = {
        "picture": trained.familiar.picture.half(),
        "words": trained.familiar.words.half(),
        "limits": trained.familiar.limits,
    }
    save_file({k: v.contiguous() for k, v in familiar.items()}, draft / FAMILIAR)
    card = {
        "format": FORMAT,
        "kind": head.kind,
        "widths": list(head.widths),
        "input_scale": head.input_scale,
        "members": len(head.members) if isinstance(head, Ensemble) else 1,
        "encoder": trained.encoder,
        "threshold": trained.threshold,
        "temperature": trained.temperature,
        "provenance": trained.provenance,
    }
    (draft / CARD).write_text(json.dumps(card, indent=1, sort_keys=True) + "\n")
    if folder.exists():
        shutil.rmtree(folder)
    os.replace(draft, folder)


def remove(folder: Path) -> None:
    """Removes a head, and every draft of it that was never finished."""
    for each in (folder, *folder.parent.glob(f".{folder.name}-*")):
        if each.exists():
            shutil.rmtree(each)


def load(folder: Path) -> TrainedHead:
    """Rebuild a head strictly: every weight present, none left over.

    Raises CheckpointError when a file is missing, damaged, or of another format.
    """
    card = _card(folder)
    try:
        head = make_head(card["kind"], card["widths"][0], card["widths"][1], card["input_scale"], _members(card))
        head.load_state_dict(load_file(folder / WEIGHTS), strict=True)
        tensors = {k: v.float() for k, v in load_file(folder / FAMILIAR).items()}
        familiar = Familiar(tensors["picture"], tensors["words"], tensors["limits"])
        head.eval().requires_grad_(False)
        head.temperature = _temperature(card.get("temperature", 1.0))  # heads from before there was one have 1
        return TrainedHead(head, card["encoder"], _fraction(card["threshold"]), familiar, card["provenance"])
    except (LookupError, RuntimeError, OSError, SafetensorError, TypeError, ValueError, ConfigError) as error:
        raise CheckpointError(
            f"The head in {folder} is damaged ({_first_line(error)}). Roll back to another version or train again."
        ) from error


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of each of a head's files, by name."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (WEIGHTS, FAMILIAR, CARD)}


def _card(folder: Path) -> dict[str, Any]:
    try:
        card = json.loads((folder / CARD).read_text())
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"No head can be read from {folder} ({_first_line(error)}). Expected {CARD}, {WEIGHTS} and {FAMILIAR}."
        ) from error
    card = card if isinstance(card, dict) else {}
    kind, scale = card.get("kind"), card.get("input_scale")
    if card.get("format") != FORMAT or kind not in tuple(HEADS) or scale not in get_args(InputScale):
        raise CheckpointError(
            f"The head in {folder} has format {card.get('format')!r}, kind {kind!r} and scale {scale!r}. This version reads "
            f"format {FORMAT}, kind {', '.join(HEADS)}, and scale {', '.join(get_args(InputScale))}. Train it again."
        )
    return card


def _members(card: dict[str, Any]) -> int:
    """How many heads answer as one; cards from before there were ensembles do not say."""
    members = card.get("members", 1)
    if not isinstance(members, int) or not 1 <= members <= (MEMBERS if card["kind"] == "ensemble" else 1):
        raise ValueError(f"{members!r} members in a head of kind {card['kind']}")
    return members


def _fraction(value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError(f"threshold {value} is not within 0..1")
    return float(value)


def _temperature(value: float) -> float:
    if not COLDEST <= value <= HOTTEST:
        raise ValueError(f"temperature {value} is not within {COLDEST}..{HOTTEST}")
    return float(value)


def require_fit(trained: TrainedHead, encoder: str) -> None:
    """Refuse to run a head on vectors of an encoder it was not trained on."""
    if trained.encoder != encoder:
        raise CheckpointError(
            f"This head was trained on vectors of {trained.encoder}, but the workbench now uses {encoder}. "
            "Set GATEDCLIP_BACKBONE and GATEDCLIP_RESIZE back, or retrain the head on the present encoder."
        )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
