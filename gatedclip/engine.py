"""What the workbench thinks with: the frozen encoder and whichever head serves.

Loading this file loads torch, so the workbench does it on first need.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gatedclip.config import Settings
from gatedclip.data.text import text_key
from gatedclip.errors import NotFound
from gatedclip.explain.attribution import explain
from gatedclip.explain.modality import crossings, gate_sweep, ledger
from gatedclip.explain.parts import quiet
from gatedclip.explain.serialise import from_bytes, to_bytes, trust_from_bytes, trust_to_bytes
from gatedclip.explain.trust import assess
from gatedclip.model import checkpoint
from gatedclip.model.checkpoint import TrainedHead
from gatedclip.model.encoder import Encoder, load_encoder
from gatedclip.store.store import Store
from gatedclip.store.vectors import VectorKind
from gatedclip.types import QUICK, Attribution, HeadVersion, Ledger, Meme, Prediction, Progress, Trust, Way

BATCH = 64  # pictures or texts encoded at once


class Engine:
    """The frozen encoder and whichever head serves. Safe to share between threads."""

    def __init__(self, settings: Settings, store: Store, picture: Callable[[str], bytes]) -> None:
        self.settings, self.store, self._picture = settings, store, picture
        self.encoder: Encoder = load_encoder(settings.backbone, settings.resize, settings.device)
        self._loaded: dict[int, TrainedHead] = {}
        self._encoding = threading.Lock()  # two sessions asking for the same new meme encode it once

    # --- embed ----------------------------------------------------------------------------------------------------

    def embed(self, pictures: Sequence[str], texts: Sequence[str], progress: Progress | None = None) -> tuple[Tensor, Tensor]:
        """Raw embeddings (B, D_I), (B, D_T) of pictures by key and of texts, from the cache where possible."""
        keys = [text_key(t) for t in texts]
        with self._encoding:
            self._fill("picture", pictures, progress)
            self._fill("words", keys, progress, dict(zip(keys, texts, strict=True)))
        return self._vectors("picture", pictures), self._vectors("words", keys)

    def mirrored(self, pictures: Sequence[str], progress: Progress | None = None) -> Tensor:
        """Raw embeddings (B, D_I) of the pictures flipped left to right."""
        with self._encoding:
            self._fill("mirrored", pictures, progress)
        return self._vectors("mirrored", pictures)

    def _vectors(self, kind: VectorKind, keys: Sequence[str]) -> Tensor:
        return torch.from_numpy(self.store.vectors.get(self.encoder.identity, kind, keys))

    def _fill(
        self, kind: VectorKind, keys: Sequence[str], progress: Progress | None, texts: dict[str, str] | None = None
    ) -> None:
        """Encode and keep what the cache lacks."""
        missing = self.store.vectors.missing(self.encoder.identity, kind, keys)
        for start in range(0, len(missing), BATCH):
            some = missing[start : start + BATCH]
            if texts is None:
                v = self.encoder.encode_pictures([self.picture(k) for k in some], mirrored=kind == "mirrored")
            else:
                v = self.encoder.encode_texts([texts[k] for k in some])
            self.store.vectors.put(self.encoder.identity, kind, some, v.numpy())
            if progress:
                progress((start + len(some)) / len(missing), f"Embedding {start + len(some):,} of {len(missing):,} ({kind})")

    def picture(self, key: str) -> Image.Image:
        return open_jpeg(self._picture(key))

    # --- predict and explain --------------------------------------------------------------------------------------

    def head(self, version: HeadVersion) -> TrainedHead:
        """A version's head; CheckpointError when it is damaged or was trained on another encoder."""
        if version.id not in self._loaded:
            self._loaded[version.id] = checkpoint.load(self.settings.versions / version.folder)
        checkpoint.require_fit(self._loaded[version.id], self.encoder.identity)
        return self._loaded[version.id]

    def champion(self) -> HeadVersion:
        version = self.store.versions.champion()
        if version is None:
            raise NotFound(
                "No head serves yet. Import labelled memes into the base set, train on the retrain page, then promote."
            )
        return version

    def predict(self, memes: Sequence[Meme], version: HeadVersion | None = None) -> list[Prediction]:
        """What a version (the champion unless given) says about each meme."""
        if not memes:
            return []
        version = version or self.champion()
        trained = self.head(version)
        return trained.predict(*self.embed([m.picture for m in memes], [m.text for m in memes]), version.id)

    def encode(self, jpeg: bytes, text: str) -> tuple[Tensor, Tensor]:
        """Raw embeddings (1, D_I), (1, D_T) of a picture and words that are not in the store; nothing is kept."""
        return self.encoder.encode_pictures([open_jpeg(jpeg)]), self.encoder.encode_texts([text])

    def explain(self, meme: Meme, way: Way = QUICK, on_progress: Callable[[float], None] = quiet) -> Attribution:
        """Why the champion says so, from the cache where this picture, text, head and way of explaining were asked for before."""
        if (known := self.known(meme, way)) is not None:
            return known
        trained, at = self._place(meme, way.name)
        picture = self.picture(meme.picture)
        found = explain(self.encoder, trained.head, picture, meme.text, way.method, way.target, way.baseline, on_progress)
        self.store.attributions.put(*at, to_bytes(found))
        return found

    def trust(self, meme: Meme, way: Way = QUICK, on_progress: Callable[[float], None] = quiet) -> Trust:
        """How far that explanation can be trusted, from the cache too; takes some six times as long as explaining."""
        if (known := self.known_trust(meme, way)) is not None:
            return known
        trained, at = self._place(meme, f"trust:{way.name}")
        why, picture = self.explain(meme, way, on_progress), self.picture(meme.picture)
        found = assess(self.encoder, trained.head, picture, meme.text, why, way.target, way.baseline, on_progress)
        self.store.attributions.put(*at, trust_to_bytes(found))
        return found

    def known(self, meme: Meme, way: Way) -> Attribution | None:
        """The explanation, if it was made before."""
        _, at = self._place(meme, way.name)
        kept = self.store.attributions.get(*at)
        return None if kept is None else from_bytes(kept)

    def known_trust(self, meme: Meme, way: Way) -> Trust | None:
        """How far it can be trusted, if that was found out before."""
        _, at = self._place(meme, f"trust:{way.name}")
        kept = self.store.attributions.get(*at)
        return None if kept is None else trust_from_bytes(kept)

    def operations(self, text: str) -> float:
        """How many operations one quick map of a meme with this text takes: forward and back through both towers, roughly."""
        sizes = {name: weight.numel() for name, weight in self.encoder.model.named_parameters()}
        visual = sum(size for name, size in sizes.items() if name.startswith("visual."))
        others = sum(sizes.values()) - visual
        tokens = self.encoder.trim(self.encoder.tokens([text])).shape[1]
        return 4.0 * (visual * (self.encoder.grid**2 + 1) + others * tokens)

    def what_if(self, meme: Meme) -> tuple[np.ndarray, list[float]]:
        """P(hateful) (101,) were the gate forced from words (0) to picture (1), and the gates at which the decision flips."""
        trained = self.head(self.champion())
        probabilities = gate_sweep(trained.head, *self.embed([meme.picture], [meme.text]))
        return probabilities, crossings(probabilities, trained.threshold)

    def ledger(self, meme: Meme) -> Ledger:
        """What the champion owes to the picture, to the words, and only to both; milliseconds from cached embeddings."""
        trained = self.head(self.champion())
        vectors = self.embed([meme.picture], [meme.text])
        return ledger(trained.head, *vectors, trained.familiar.picture, trained.familiar.words, trained.threshold)

    def _place(self, meme: Meme, method: str) -> tuple[TrainedHead, tuple[str, str, int, str]]:
        """The champion's head, and where what is known of this meme under it is kept."""
        version = self.champion()
        return self.head(version), (meme.picture, text_key(meme.text), version.id, method)


def open_jpeg(jpeg: bytes) -> Image.Image:
    return Image.open(io.BytesIO(jpeg)).convert("RGB")
