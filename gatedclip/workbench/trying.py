"""What if the words or the picture were different, or another head served."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from gatedclip.data import images
from gatedclip.data.text import clean_text
from gatedclip.store.pictures import Variant
from gatedclip.types import (
    Action,
    Answer,
    Attribution,
    By,
    Decision,
    HeadVersion,
    Label,
    Meme,
    Neighbour,
    NewMeme,
    Probe,
    Progress,
    Swap,
    Versus,
)
from gatedclip.workbench.bench import Bench, on_record, silent

if TYPE_CHECKING:
    from gatedclip.probing import Lab


class Trying(Bench):
    """What if the words or the picture were different, or another head served."""

    @cached_property
    def _lab(self) -> Lab:
        from gatedclip.probing import Lab

        return Lab(self.engine)

    def probe_file(self, data: bytes, text: str) -> Probe:
        """A dropped picture with these words, to ask about; nothing is stored. UploadRejected says why a file is refused."""
        clean = images.clean(data)
        return Probe(clean.key, clean_text(text), clean.jpeg, clean.source_sha256)

    def probe_picture(self, probe: Probe, variant: Variant) -> bytes:
        """As `picture`, also for a dropped one."""
        if not probe.dropped:
            return self.picture(probe.picture, variant)
        return probe.dropped if variant == "full" else images.variant(probe.dropped, variant)

    def ask(self, probe: Probe, version: HeadVersion | None = None) -> Answer:
        """What the champion (or a given version) would say about a picture and words that need not exist; nothing is stored."""
        return self._lab.ask(probe, version)

    def heat(self, probe: Probe, version: HeadVersion | None = None) -> Attribution:
        """The quick map of a probe; nothing is stored."""
        return self._lab.heat(probe, version)

    def confounders(self, probe: Probe, k: int = 6, version: HeadVersion | None = None, turning: bool = False) -> list[Swap]:
        """The nearest other pictures with these words and the nearest other words with this picture, each with its answer.

        With `turning` only those that turn the verdict.
        """
        return self._lab.confounders(probe, k, version, turning)

    def similar(self, probe: Probe, by: By = "fused", k: int = 12, version: HeadVersion | None = None) -> list[Neighbour]:
        """The stored memes nearest to a probe, with the decisions about them that stand."""
        return self._lab.similar(probe, by, k, version)

    def unread(self) -> int:
        """How many memes cannot be found as confounders or similar yet, because no vector was made of them."""
        return self._lab.index().unread

    def compare(
        self, before: HeadVersion, after: HeadVersion, memes: Sequence[Meme], progress: Progress = silent
    ) -> list[Versus]:
        """What two versions say about the same memes."""
        return self._lab.compare(before, after, memes, progress)

    def save_variant(self, meme: Meme, probe: Probe, label: Label, reviewer: str, *, revealed: bool = False) -> Meme:
        """The probe as a meme of the same family, decided at once, so that the next training learns from it.

        The same picture and words twice are one meme. StoreError when they are a labelled meme of the collection already.
        """
        if probe.dropped:
            self._keep(probe.picture, probe.dropped)
        said = self.ask(probe).prediction
        variant = NewMeme(
            picture=probe.picture,
            text=clean_text(probe.text),
            source="lab",
            name=f"variant of meme {meme.id}",
            source_sha256=probe.source_sha256,
            theme=meme.theme,
        )
        decision = Decision(
            meme_id=meme.id,
            action=Action.DECIDE,
            reviewer=reviewer,
            label=label,
            assisted=True,
            revealed=revealed,
            **on_record(said),
        )
        return self.store.variants.add(meme.id, variant, decision)
