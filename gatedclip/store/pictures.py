"""Pictures as files named by what they hold."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Literal, get_args

from gatedclip.errors import NotFound, StoreError

Variant = Literal[
    "full", "blurred", "blurred-light", "blurred-strong", "thumb", "thumb-blurred",
    "full-grey", "blurred-grey", "blurred-light-grey", "blurred-strong-grey",
]  # fmt: skip
_KEY = re.compile(r"[a-z0-9-]{1,128}")


class Pictures:
    """One folder of files, readable by this user only: <folder>/<2>/<2>/<key>.<variant>.jpg."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def put(self, key: str, variant: Variant, data: bytes) -> None:
        """The file is there whole or not at all; the same key again replaces it."""
        path = self._path(key, variant)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=path.parent)  # mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise

    def get(self, key: str, variant: Variant) -> bytes:
        try:
            return self._path(key, variant).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"There is no {variant} picture {key}. Bring the meme in again.") from None

    def has(self, key: str, variant: Variant) -> bool:
        return self._path(key, variant).is_file()

    def remove(self, key: str) -> None:
        """Every variant is gone; also when some were never there."""
        for variant in get_args(Variant):
            self._path(key, variant).unlink(missing_ok=True)

    def _path(self, key: str, variant: str) -> Path:
        if not _KEY.fullmatch(key):
            raise StoreError(f"{key[:80]!r} is not a picture key; a key has 1 to 128 of a-z, 0-9 and '-'.")
        if variant not in get_args(Variant):
            raise StoreError(f"{variant!r} is not a kind of picture; kinds are {', '.join(get_args(Variant))}.")
        return self.folder / key[:2] / key[2:4].ljust(2, "-") / f"{key}.{variant}.jpg"
