"""Embeddings by what they are of: two memes with the same picture share one vector, two encoders never do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from sqlalchemy import select

from gatedclip.errors import NotFound, StoreError
from gatedclip.store.database import Database, chunks, upsert
from gatedclip.store.tables import VectorRow

VectorKind = Literal["picture", "mirrored", "words"]


class Vectors:
    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, encoder: str, kind: VectorKind, keys: Sequence[str], array: np.ndarray) -> None:
        """Stores row i of `array` (N, D) under keys[i], rounded to float16."""
        if array.ndim != 2 or len(array) != len(keys):
            raise StoreError(f"Got vectors of shape {array.shape} for {len(keys)} keys; one row per key is needed.")
        half = array.astype("<f2")
        if not np.isfinite(half).all():
            raise StoreError(f"Vectors of kind {kind!r} hold values float16 cannot: not finite, or beyond ±65504. Embed again.")
        unique = dict(zip(keys, half, strict=True))
        rows = [{"encoder": encoder, "kind": kind, "key": key, "half": row.tobytes()} for key, row in unique.items()]
        with self._db.writing() as session:
            upsert(session, VectorRow, rows)

    def get(self, encoder: str, kind: VectorKind, keys: Sequence[str]) -> np.ndarray:
        """(N, D) float32, row i for keys[i]; (0, 0) for no keys. NotFound when some are missing."""
        found = self._read(encoder, kind, keys)
        if missing := len(set(keys) - set(found)):
            raise NotFound(
                f"{missing} of {len(set(keys))} {kind} vectors are not stored for encoder {encoder}. Embed them first."
            )
        if not keys:
            return np.empty((0, 0), np.float32)
        flat = np.frombuffer(b"".join([found[key] for key in keys]), "<f2")
        return flat.astype(np.float32).reshape(len(keys), -1)  # (N, D)

    def missing(self, encoder: str, kind: VectorKind, keys: Sequence[str]) -> list[str]:
        """Keys without a vector, each once, in the order given."""
        here: set[str] = set()
        with self._db.reading() as session:
            for some in chunks(keys):
                query = select(VectorRow.key).where(VectorRow.encoder == encoder, VectorRow.kind == kind, VectorRow.key.in_(some))
                here.update(session.scalars(query))
        return [key for key in dict.fromkeys(keys) if key not in here]

    def _read(self, encoder: str, kind: VectorKind, keys: Sequence[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        with self._db.reading() as session:
            for some in chunks(list(dict.fromkeys(keys))):
                which = (VectorRow.encoder == encoder, VectorRow.kind == kind, VectorRow.key.in_(some))
                found.update(session.execute(select(VectorRow.key, VectorRow.half).where(*which)).tuples().all())
        return found
