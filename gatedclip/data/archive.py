"""Zip archives from anywhere, read in memory: a name in one is never used as a path."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from gatedclip.data import images
from gatedclip.data.hateful_memes import Row, read_hateful_memes
from gatedclip.data.text import clean_text
from gatedclip.errors import ImportRejected, UploadRejected
from gatedclip.types import Refusal

MAX_FILES = 20_000
MAX_TOTAL = 2 * 2**30  # bytes, unpacked
MAX_JSONL = 64 * 2**20
_ENTRY = b"PK\x01\x02"  # starts each entry of a zip's directory
_QUIET = {"__MACOSX", "Thumbs.db", "desktop.ini"}  # what systems leave behind; nobody meant to bring it


class Archive:
    """The files of a zip by safe name. Raises UploadRejected for what is no zip, is encrypted, or unpacks to too much."""

    def __init__(self, data: bytes) -> None:
        if data.count(_ENTRY) > MAX_FILES:  # before zipfile makes an object of each
            raise UploadRejected(f"The archive holds more than {MAX_FILES:,} files. Split it into several.")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError):
            raise UploadRejected(
                "This is not a zip archive we can read, or it breaks off. Pack the files again as .zip."
            ) from None
        self._files: dict[str, zipfile.ZipInfo] = {}
        for row, info in enumerate(self._zip.infolist(), 1):
            if name := _safe_name(info):
                self._files[f"{name} ({row})" if name in self._files else name] = info  # a zip may repeat a name
        self._check()

    @property
    def names(self) -> list[str]:
        return list(self._files)

    def read(self, name: str) -> bytes:
        """One file's bytes, but no more than one above what is accepted, so that a bomb never unpacks.

        Raises UploadRejected when the file is damaged, and KeyError for a name that is not in `names`.
        """
        limit = MAX_JSONL if name.lower().endswith(".jsonl") else images.MAX_BYTES
        info = self._files[name]
        try:
            with self._zip.open(info) as file:
                return file.read(limit + 1)
        except Exception:
            raise UploadRejected("This file is damaged inside the archive, or packed in a way we cannot read.") from None

    def _check(self) -> None:
        if any(info.flag_bits & 1 for info in self._files.values()):
            raise UploadRejected("The archive is locked with a password. Pack the files again without one.")
        total = sum(info.file_size for info in self._files.values())
        if total > MAX_TOTAL:
            raise UploadRejected(
                f"The archive unpacks to {total / 2**30:.1f} GB; up to {MAX_TOTAL // 2**30} GB are accepted. Split it up."
            )
        if not self._files:
            raise UploadRejected("The archive holds no files. Pack the pictures into it and choose it again.")


@dataclass(frozen=True, slots=True)
class Picture:
    """One file of an archive, not yet looked at."""

    row: int  # 1-based place in the archive
    name: str
    data: bytes


class Album:
    """An archive of pictures only."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def __len__(self) -> int:
        return len(self._archive.names)

    def pictures(self) -> Iterator[Picture | Refusal]:
        for row, name in enumerate(self._archive.names, 1):
            try:
                yield Picture(row, name, self._archive.read(name))
            except UploadRejected as why:
                yield Refusal(row, name, str(why))


class Dataset:
    """An archive in the layout of Hateful Memes: one or more .jsonl, and the pictures they name."""

    def __init__(self, archive: Archive, lists: list[str]) -> None:
        self._archive = archive
        self.lists = lists

    def rows(self) -> Iterator[Row | Refusal]:
        """The rows of every list, in order; a list refused as a whole is one Refusal."""
        for name in self.lists:
            try:
                rows = read_hateful_memes(self._archive.read(name), self._finder(name), part=PurePosixPath(name).stem)
            except (UploadRejected, ImportRejected) as why:
                yield Refusal(0, name, str(why))
            else:
                yield from rows

    def _finder(self, jsonl: str) -> _Finder:
        return _Finder(self._archive, PurePosixPath(jsonl).parent)


class _Finder:
    """Finds a picture as its list names it: beside the list, from the archive's top, or by a file name that occurs once."""

    def __init__(self, archive: Archive, folder: PurePosixPath) -> None:
        self._archive, self._folder = archive, folder
        self._by_name: dict[str, list[str]] = {}
        for name in archive.names:
            self._by_name.setdefault(PurePosixPath(name).name, []).append(name)

    def __call__(self, asked: str) -> bytes | None:
        wanted = _tidy(asked)
        same_name = self._by_name.get(PurePosixPath(wanted).name, [])
        for name in (str(self._folder / wanted), wanted, *(same_name if len(same_name) == 1 else [])):
            if name in same_name:
                return self._archive.read(name)
        return None


def open_archive(data: bytes) -> Dataset | Album:
    """What the zip holds: a dataset if there is a .jsonl in it, pictures otherwise. Raises UploadRejected."""
    archive = Archive(data)
    lists = [name for name in archive.names if name.lower().endswith(".jsonl")]
    return Dataset(archive, lists) if lists else Album(archive)


def _safe_name(info: zipfile.ZipInfo) -> str:
    """A relative name without steps upwards; "" for folders and for what nobody meant to bring."""
    name = _tidy(info.filename)
    parts = PurePosixPath(name).parts
    return "" if info.is_dir() or _QUIET & set(parts) or any(part.startswith(".") for part in parts) else name


def _tidy(name: str) -> str:
    parts = clean_text(name).replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", ".", "..") and not part.endswith(":"))
