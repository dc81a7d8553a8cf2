"""Reads the words off a picture, offline: the models come inside rapidocr's wheel."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

_READING = threading.Lock()  # one reading at a time: each already uses the cores it needs
_MODELS = {"Det": "*_det_*.onnx", "Rec": "*_rec_*.onnx", "Cls": "*_cls_*.onnx"}


@dataclass(frozen=True)
class Reading:
    """What stands on a picture, and where."""

    text: str  # one line per row of the picture, top to bottom and left to right; "" when there are no words
    boxes: np.ndarray  # (N, 4, 2) corners of the N pieces of writing, in pixels


def look(jpeg: bytes) -> Reading:
    """The words on a picture and where they stand."""
    with _READING:
        found = _reader()(jpeg)
    if not found.txts:
        return Reading("", np.empty((0, 4, 2)))
    boxes = np.asarray(found.boxes)
    return Reading("\n".join(" ".join(row) for row in in_reading_order(boxes, list(found.txts))), boxes)


def read(jpeg: bytes) -> str:
    """The words found, one line per row of the picture, top to bottom and left to right; "" when there are none."""
    return look(jpeg).text


def in_reading_order(boxes: np.ndarray, words: list[str]) -> list[list[str]]:
    """Rows of words; boxes whose middles lie within each other's height share one. boxes: (N, 4, 2) corners in pixels."""
    tops, bottoms, lefts = boxes[:, :, 1].min(1), boxes[:, :, 1].max(1), boxes[:, :, 0].min(1)  # each (N,)
    middles = (tops + bottoms) / 2
    rows: list[list[int]] = []
    for box in np.argsort(middles, kind="stable"):
        head = rows[-1][0] if rows else None
        if head is not None and tops[head] <= middles[box] <= bottoms[head] and tops[box] <= middles[head] <= bottoms[box]:
            rows[-1].append(box)
        else:
            rows.append([box])
    return [[words[box] for box in sorted(row, key=lambda box: lefts[box])] for row in rows]


def character_error_rate(read: str, truth: str) -> float:
    """Characters to insert, delete or replace to turn `read` into `truth`, per character of `truth` (at least one)."""
    previous = list(range(len(truth) + 1))
    for i, a in enumerate(read, 1):
        current = [i]
        for j, b in enumerate(truth, 1):
            current.append(min(previous[j] + 1, current[-1] + 1, previous[j - 1] + (a != b)))
        previous = current
    return previous[-1] / max(1, len(truth))


@cache
def _reader() -> Any:
    """Loaded at the first reading, under its lock. Naming the model files leaves nothing to download."""
    import rapidocr

    folder = Path(rapidocr.__file__).parent / "models"
    models = {f"{part}.model_path": str(next(folder.glob(pattern))) for part, pattern in _MODELS.items()}
    threads = min(4, os.cpu_count() or 1)
    engine = {"Global.log_level": "critical", "EngineConfig.onnxruntime.intra_op_num_threads": threads}
    return rapidocr.RapidOCR(params={**engine, **models})
