"""What the workbench thinks with: the encoder, the head that serves, and the steps of its verbs that need them.

Loading this file loads torch, so the workbench does it on first need.
"""

from __future__ import annotations

import importlib.metadata
import io
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gatedclip.config import Settings, TrainConfig
from gatedclip.data.text import fingerprint, text_key
from gatedclip.errors import DataError, NotFound
from gatedclip.explain.attribution import explain
from gatedclip.explain.serialise import from_bytes, to_bytes
from gatedclip.learn.compare import Said, compare
from gatedclip.learn.lesson import Lesson, plan
from gatedclip.learn.train import Epoch, Examples, Fit, fit
from gatedclip.model import checkpoint
from gatedclip.model.checkpoint import TrainedHead
from gatedclip.model.encoder import Encoder, load_encoder
from gatedclip.model.familiar import MEMES, Familiar
from gatedclip.store.memes import MemeColumns
from gatedclip.store.store import Store
from gatedclip.store.vectors import VectorKind
from gatedclip.types import WORLD, Attribution, HeadVersion, Label, Meme, Method, Prediction, Report, Split

BATCH = 64  # pictures or texts encoded at once
PACKAGES = ("torch", "open_clip_torch", "captum", "safetensors", "numpy")

Progress = Callable[[float, str], None]  # fraction 0..1 and what is being done; may raise to stop


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
        return Image.open(io.BytesIO(self._picture(key))).convert("RGB")

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

    def explain(self, meme: Meme, method: Method) -> Attribution:
        """Why the champion says so, from the cache where this picture, text, head and method were explained before."""
        version = self.champion()
        trained, at = self.head(version), (meme.picture, text_key(meme.text), version.id, method)
        if (known := self.store.attributions.get(*at)) is not None:
            return from_bytes(known)
        found = explain(self.encoder, trained.head, self.picture(meme.picture), meme.text, method)
        self.store.attributions.put(*at, to_bytes(found))
        return found

    # --- learn ----------------------------------------------------------------------------------------------------

    def columns(self) -> MemeColumns:
        """Every meme this encoder can learn from or be measured on."""
        columns = self.store.memes.all_keys()
        return columns if self.encoder.demo else columns.take([i for i, s in enumerate(columns.sources) if s != WORLD])

    def lesson(self, config: TrainConfig, columns: MemeColumns | None = None) -> Lesson:
        """What the next head would learn from."""
        columns = columns or self.columns()
        at = {i: n for n, i in enumerate(columns.ids.tolist())}
        base = [(int(columns.ids[n]), g) for n, g in enumerate(columns.given) if columns.splits[n] == Split.TRAIN and g]
        decided = [(d.meme_id, d.label) for d in self.store.decisions.standing() if d.label and d.meme_id in at]
        pictures, words = _held_out(columns)
        leaks = {i for i, _ in decided if columns.pictures[at[i]] in pictures or fingerprint(columns.texts[at[i]]) in words}
        return plan(base, decided, leaks, config.decision_weight, config.decision_cap)

    def retrain(self, config: TrainConfig, by: str, progress: Progress) -> HeadVersion:
        """A new candidate from base and decisions, measured against the champion on held-out memes.

        Raises DataError when there is too little to learn from or no validation meme.
        """
        columns = self.columns()
        lesson = self.lesson(config, columns)
        learned, validation = columns.of(lesson.ids), columns.where(Split.VALIDATION)
        if not len(validation):
            raise DataError("No validation memes: they choose when to stop. Import labelled memes into the base set first.")
        train = self._examples(learned, lesson.hateful, lesson.weight, config, progress)
        held = self._examples(validation, hateful(validation), None, config, progress)

        def on_epoch(epoch: Epoch) -> None:
            said = f"epoch {epoch.number} of {config.epochs}: loss {epoch.loss:.3f}, validation AUROC {epoch.auroc:.3f}"
            progress(epoch.number / config.epochs, said)

        fitted = fit(train, held, config, on_epoch)
        trained = self._trained(fitted, train, held, lesson, config)
        return self._keep(trained, fitted, lesson, config, by, columns)

    def _examples(
        self, columns: MemeColumns, labels: np.ndarray, weight: np.ndarray | None, config: TrainConfig, progress: Progress
    ) -> Examples:
        picture, words = self.embed(columns.pictures, columns.texts, progress)
        mirrored = self.mirrored(columns.pictures, progress) if config.flip else None
        weights = None if weight is None else torch.from_numpy(weight)
        return Examples(picture, words, torch.from_numpy(labels), mirrored, weights)

    def _trained(self, fitted: Fit, train: Examples, held: Examples, lesson: Lesson, config: TrainConfig) -> TrainedHead:
        rng = np.random.default_rng(config.seed)
        base = np.sort(rng.choice(lesson.base, min(lesson.base, MEMES), replace=False))
        known = train.take(np.concatenate([base, np.arange(lesson.base, len(train))]))  # every decision, a sample of the base
        familiar = Familiar.fit(known.picture, known.words, held.picture, held.words)
        provenance = {
            "config": config.to_dict(),
            "data": {"base": lesson.base, "decisions": lesson.decisions, "sha256": lesson.sha256},
            "best_epoch": fitted.best,
            "epochs": [asdict(e) for e in fitted.epochs],
            "seconds": round(fitted.seconds, 2),
            "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        }
        return TrainedHead(fitted.head, self.encoder.identity, fitted.threshold, familiar, provenance)

    def _keep(
        self, trained: TrainedHead, fitted: Fit, lesson: Lesson, config: TrainConfig, by: str, columns: MemeColumns
    ) -> HeadVersion:
        parent = self.store.versions.champion()
        report = self.compare(parent, trained, columns)
        folder = uuid.uuid4().hex
        checkpoint.save(trained, self.settings.versions / folder)
        return self.store.versions.add(
            parent_id=parent.id if parent else None,
            kind=trained.head.kind,
            encoder=trained.encoder,
            folder=folder,
            created_by=by,
            config=config.to_dict(),
            data={**trained.provenance["data"], "unsure": lesson.unsure, "leaking": lesson.leaking},
            metrics={
                "validation": asdict(fitted.validation),
                **{k: trained.provenance[k] for k in ("best_epoch", "epochs", "seconds")},
            },
            report=asdict(report) if report else {},
        )

    def compare(self, parent: HeadVersion | None, trained: TrainedHead, columns: MemeColumns) -> Report | None:
        """The candidate against its parent on the test memes; None where there is no parent on this encoder or no test meme."""
        test = columns.where(Split.TEST)
        if parent is None or parent.encoder != trained.encoder or not len(test):
            return None
        vectors = self.embed(test.pictures, test.texts)
        before, after = _said(self.head(parent), *vectors), _said(trained, *vectors)
        return compare(test.ids.tolist(), hateful(test), before, after, slices(test, columns))


def hateful(columns: MemeColumns) -> np.ndarray:
    """The labels memes came with, as (N,) float32 0/1."""
    return np.array([g == Label.HATEFUL for g in columns.given], dtype=np.float32)


def slices(test: MemeColumns, columns: MemeColumns) -> dict[str, np.ndarray]:
    """Named parts of the test memes: themes no base meme has, what decides, each theme."""
    themes, truths = np.array(test.themes), np.array(test.truths)
    taught = set(columns.where(Split.TRAIN).themes)
    found = {"themes missing from the base set": np.array([t not in taught for t in test.themes])}
    found |= {f"decided by {name}": truths == name for name in dict.fromkeys(test.truths) if name}
    return found | {f"theme {name}": themes == name for name in sorted(set(test.themes)) if name}


def _held_out(columns: MemeColumns) -> tuple[set[str], set[str]]:
    """Pictures and text fingerprints of memes that are only measured on."""
    held = [n for n, split in enumerate(columns.splits) if split in (Split.VALIDATION, Split.TEST)]
    return {columns.pictures[n] for n in held}, {fingerprint(columns.texts[n]) for n in held} - {""}


@torch.no_grad()
def _said(trained: TrainedHead, picture: Tensor, words: Tensor) -> Said:
    out = trained.head(picture, words)
    return Said(out.probability.numpy(), out.gate.numpy(), trained.threshold)
