"""Memes in: uploaded, imported, read, and looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gatedclip import kinship
from gatedclip.data import ocr
from gatedclip.data.text import clean_text
from gatedclip.intake import Intake, Use
from gatedclip.types import (
    Decision,
    Meme,
    Progress,
    Receipt,
)
from gatedclip.workbench.bench import Bench, silent


class Bringing(Bench):
    """Memes in: uploaded, imported, read, and looked at."""

    def upload(self, files: Sequence[tuple[str, bytes]], text: str | None = None, progress: Progress = silent) -> Receipt:
        """New memes from pictures and zip archives, as (name, bytes); words not given are read from each picture.

        Whatever is refused is reported with its reason; the same file with the same words is recognised, and what only looks the
        same is stored and told as a copy.
        """
        intake = Intake(self.store, self.pictures, progress)
        intake.take_files(files, text)
        return intake.receipt()

    def import_dataset(
        self, name: str, jsonl: bytes, image: Callable[[str], bytes | None], use: Use = "review", progress: Progress = silent
    ) -> Receipt:
        """Memes of a dataset in the Hateful Memes layout; `image` gives the bytes behind an img path, or None.

        For `base` the labelled rows are split by family into train, validation and test. Raises ImportRejected when the file as a
        whole cannot be read; single bad rows are reported.
        """
        intake = Intake(self.store, self.pictures, progress)
        intake.take_dataset(name, jsonl, image, use)
        return intake.receipt()

    def import_archive(self, name: str, data: bytes, use: Use = "review", progress: Progress = silent) -> Receipt:
        """Memes of a zip that holds a jsonl file and its pictures."""
        intake = Intake(self.store, self.pictures, progress)
        intake.take_archive(name, data, use)
        return intake.receipt()

    def read_words(self, meme_id: int) -> str:
        """What OCR reads on the picture now, in one line; nothing is stored."""
        return clean_text(ocr.read(self.picture(self.store.memes.get(meme_id).picture, "full")))

    def edit_words(self, meme_id: int, text: str, reviewer: str) -> Meme:
        """The meme with words a person stands behind; what the machine read and what stood there before are kept."""
        return self.store.memes.edit_text(meme_id, clean_text(text), reviewer)

    def copies_of(self, meme: Meme) -> list[tuple[Meme, Decision | None]]:
        """Earlier memes with the same picture to the eye and the same words, oldest first, each with the decision that stands."""
        return kinship.copies_of(self.store, meme)

    def hash_pictures(self, progress: Progress = silent) -> int:
        """Looks at pictures that came before likenesses were kept, and joins families by them; how many there were."""
        return kinship.hash_pictures(self.store, self.pictures, progress)
