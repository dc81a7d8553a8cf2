"""Ready-made vectors of memes, as other people's CLIP made them."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gatedclip.errors import ImportRejected

NEEDED = ("image", "text", "label")


@dataclass(frozen=True)
class VectorFile:
    ids: tuple[str, ...]
    image: np.ndarray  # (N, D_I) float32
    text: np.ndarray  # (N, D_T) float32
    label: np.ndarray  # (N,) int8, 1 = hateful


def read_vectors(path: str | Path) -> VectorFile:
    """Vectors from an .npz or Parquet file with `image`, `text`, `label` and, if there, `id`. Raises ImportRejected."""
    path = Path(path)
    readers = {".npz": _npz, ".parquet": _parquet}
    if path.suffix.lower() not in readers:
        raise ImportRejected(f"{path.name} is neither .npz nor .parquet. Save image, text, label and id as one of these.")
    if not path.is_file():
        raise ImportRejected(f"There is no file {path}. Check its name.")
    arrays = readers[path.suffix.lower()](path)
    if missing := [name for name in NEEDED if name not in arrays]:
        raise ImportRejected(f"{path.name} lacks {', '.join(missing)}; it holds {', '.join(sorted(arrays)) or 'nothing'}.")
    return _checked(path.name, arrays)


def _npz(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:  # a pickle would run code
            return {name: file[name] for name in (*NEEDED, "id") if name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as why:
        raise ImportRejected(f"{path.name} cannot be read ({why}). Save plain arrays with numpy.savez.") from None


def _parquet(path: Path) -> dict[str, np.ndarray]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = [name for name in (*NEEDED, "id") if name in file.schema_arrow.names]
            table = file.read(columns=names)
    except (OSError, pa.ArrowException) as why:
        raise ImportRejected(f"{path.name} cannot be read as Parquet ({why}). Write it again.") from None
    return {name: np.array(_rows(path.name, name, table[name].to_pylist())) for name in names}


def _rows(file: str, name: str, values: list[Any]) -> list[Any]:
    if len({len(value) if isinstance(value, list) else None for value in values}) > 1:
        raise ImportRejected(
            f"{name} in {file} has rows of different widths or empty rows. Give every meme a vector of one width."
        )
    return values


def _checked(name: str, arrays: dict[str, np.ndarray]) -> VectorFile:
    n = len(arrays["label"]) if arrays["label"].ndim == 1 else 0
    for part in ("image", "text"):
        _check_vectors(name, part, arrays[part], n)
    label = arrays["label"]
    if n == 0 or label.dtype.kind not in "biuf" or not np.isin(label, (0, 1)).all():
        raise ImportRejected(f"label in {name} has shape {label.shape} and type {label.dtype}; N values of 0 or 1 are needed.")
    ids = arrays.get("id", np.arange(n))
    if ids.shape != (n,):
        raise ImportRejected(f"id in {name} has shape {ids.shape}; one for each of {n} labels is needed.")
    image, text = (arrays[part].astype(np.float32) for part in ("image", "text"))
    return VectorFile(tuple(str(value) for value in ids.tolist()), image, text, label.astype(np.int8))


def _check_vectors(name: str, part: str, vectors: np.ndarray, n: int) -> None:
    if vectors.ndim != 2 or len(vectors) != n or vectors.shape[1] == 0 or vectors.dtype.kind not in "fiu":
        raise ImportRejected(
            f"{part} in {name} has shape {vectors.shape} and type {vectors.dtype}; {n} rows of numbers, one a label, are needed."
        )
    if not np.isfinite(vectors).all():
        raise ImportRejected(f"{part} in {name} holds values that are not finite. Compute those vectors again.")
