"""Files in, memes out: cleaned, read, recognised if they were here before, and stored; every refusal has its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Literal

from gatedclip.data import images, ocr
from gatedclip.data.archive import Album, Dataset, open_archive
from gatedclip.data.families import families, split_by_family
from gatedclip.data.hateful_memes import Row, read_hateful_memes
from gatedclip.data.text import clean_text
from gatedclip.errors import ImportRejected, UploadRejected
from gatedclip.kinship import Kinship
from gatedclip.store.pictures import Pictures
from gatedclip.store.store import Store
from gatedclip.types import NewMeme, Progress, Receipt, Refusal, Split

Use = Literal["review", "base", "train", "validation", "test"]
"""What imported memes are for: to be reviewed, or as labelled memes of one split; `base` splits them by family."""

BASE = {Split.TRAIN: 0.8, Split.VALIDATION: 0.08, Split.TEST: 0.12}
SEED = 0  # of the split by family
ARCHIVE = b"PK\x03\x04"
CHUNK = 500  # memes stored in one transaction


class Intake:
    """Takes what is brought, one thing after another; `receipt` then says what became of it."""

    def __init__(self, store: Store, pictures: Pictures, progress: Progress) -> None:
        self._memes, self._pictures, self._progress = store.memes, pictures, progress
        self._kinship = Kinship(store)
        self._new: list[NewMeme] = []
        self._added: list[int] = []
        self._known: list[int] = []
        self._copies: list[int] = []
        self._refused: list[Refusal] = []

    def receipt(self) -> Receipt:
        """Stores what is pending and says what became of everything."""
        self._flush()
        return Receipt(tuple(self._added), tuple(self._known), tuple(self._refused), tuple(self._copies))

    # --- pictures -------------------------------------------------------------------------------------------------

    def take_files(self, files: Sequence[tuple[str, bytes]], text: str | None) -> None:
        """Pictures and archives as (name, bytes). `text` is meant for all of them; None means: read it from each picture."""
        for row, (name, data) in enumerate(files, start=1):
            try:
                if data.startswith(ARCHIVE):
                    self.take_archive(name, data, "review", text)
                else:
                    self._progress((row - 1) / len(files), f"{row} of {len(files)}: {name}")
                    self._take_picture(name, data, text)
            except (UploadRejected, ImportRejected) as why:
                self._refused.append(Refusal(row, name, str(why)))

    def take_archive(self, name: str, data: bytes, use: Use, text: str | None = None) -> None:
        """A zip: a dataset if it holds a jsonl, an album of pictures otherwise. UploadRejected when it is neither."""
        match open_archive(data):
            case Dataset() as dataset:
                self._take_rows(name, dataset.rows(), use)
            case Album() as album:
                self._take_album(album, text)

    def _take_album(self, album: Album, text: str | None) -> None:
        for n, picture in enumerate(album.pictures(), start=1):
            self._progress(n / max(1, len(album)), f"{n} of {len(album)}: {picture.name}")
            if isinstance(picture, Refusal):
                self._refused.append(picture)
                continue
            try:
                self._take_picture(picture.name, picture.data, text)
            except UploadRejected as why:
                self._refused.append(Refusal(picture.row, picture.name, str(why)))

    def _take_picture(self, name: str, data: bytes, text: str | None) -> None:
        clean = images.clean(data)
        before = self._memes.by_upload([clean.source_sha256]).get(clean.source_sha256, [])
        wanted = None if text is None else clean_text(text)
        if same := [m for m in before if wanted is None or m.text == wanted]:
            self._known.append(same[0].id)
            return
        self._keep(clean)
        if wanted is None:
            reading = ocr.look(clean.jpeg)
            read = words = clean_text(reading.text)
            self._kinship.meet(clean.key, clean.jpeg, lambda _: reading.boxes)
        else:
            read, words = "", wanted
            self._kinship.meet(clean.key, clean.jpeg)
        self._add(NewMeme(clean.key, words, "upload", clean_text(name), read, clean.source_sha256))
        self._flush()  # reading takes a second a picture: what is read stays, and its copy is recognised

    # --- datasets -------------------------------------------------------------------------------------------------

    def take_dataset(self, name: str, jsonl: bytes, image: Callable[[str], bytes | None], use: Use) -> None:
        """Rows of a jsonl in the Hateful Memes layout. ImportRejected when the file as a whole cannot be read."""
        self._take_rows(name, read_hateful_memes(jsonl, image), use)

    def _take_rows(self, name: str, rows: Iterable[Row | Refusal], use: Use) -> None:
        taken = [meme for row in rows if (meme := self._take_row(name, row, use)) is not None]
        for meme in self._split(taken) if use == "base" else taken:
            self._add(meme)

    def _take_row(self, name: str, row: Row | Refusal, use: Use) -> NewMeme | None:
        if isinstance(row, Refusal):
            self._refused.append(row)
            return None
        self._progress(0.0, f"row {row.row}: {row.img}")
        if use != "review" and row.label is None:
            self._refused.append(Refusal(row.row, row.id, f"It has no label, which {use} needs. Import it for review instead."))
            return None
        try:
            clean = images.clean(row.data)
        except UploadRejected as why:
            self._refused.append(Refusal(row.row, row.id, str(why)))
            return None
        self._keep(clean)
        self._kinship.meet(clean.key, clean.jpeg)
        split = Split.QUEUE if use == "review" else Split.TRAIN if use == "base" else Split(use)
        source = clean_text(name)[:80]
        return NewMeme(clean.key, row.text, source, row.id, source_sha256=clean.source_sha256, split=split, given=row.label)

    def _split(self, memes: list[NewMeme]) -> list[NewMeme]:
        """The same memes, each in the part its family falls into."""
        of = families(self._kinship.clusters([m.picture for m in memes]), [m.text for m in memes])
        parts = split_by_family(of, list(BASE.values()), SEED)
        return [replace(memes[i], split=split) for split, part in zip(BASE, parts, strict=True) for i in part.tolist()]

    # --- storing --------------------------------------------------------------------------------------------------

    def _keep(self, clean: images.CleanPicture) -> None:
        """The picture's files, before any row that names them."""
        if not self._pictures.has(clean.key, "full"):
            for variant, data in {**images.variants(clean.jpeg), "full": clean.jpeg}.items():
                self._pictures.put(clean.key, variant, data)  # type: ignore[arg-type]

    def _add(self, meme: NewMeme) -> None:
        self._new.append(meme)
        if len(self._new) >= CHUNK:
            self._flush()

    def _flush(self) -> None:
        """Stores what is pending, except what is here already with the same picture, words and use."""
        here = self._memes.by_upload([m.source_sha256 for m in self._new])
        fresh: dict[tuple[str, str, Split], NewMeme] = {}
        copies = []
        for meme in self._new:
            at = (meme.source_sha256, meme.text, meme.split)
            same = [m for m in here.get(meme.source_sha256, []) if (m.text, m.split) == at[1:]]
            if same:
                self._known.append(same[0].id)
            elif at in fresh:
                copies.append(at)
            else:
                fresh[at] = meme
        ids = dict(zip(fresh, self._memes.add(list(fresh.values())), strict=True))
        self._added += ids.values()
        self._known += [ids[at] for at in copies]
        self._copies += self._kinship.welcome(list(ids.values()))
        self._new.clear()
