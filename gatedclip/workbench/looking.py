"""What the model says and why: of one meme, and of many."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from gatedclip.atlas import Atlas, Errand
from gatedclip.data import export, images, ocr
from gatedclip.data.text import clean_text
from gatedclip.population.columns import EVERYONE, Population, PopulationFilter, Shares
from gatedclip.population.summary import summarise
from gatedclip.types import (
    QUICK,
    Attribution,
    HeadVersion,
    Ledger,
    Meme,
    Prediction,
    Progress,
    Trust,
    Way,
)
from gatedclip.workbench.bench import silent
from gatedclip.workbench.recalling import Recalling

if TYPE_CHECKING:
    import numpy as np

    from gatedclip.population.measure import Populations


class Looking(Recalling):
    """What the model says and why: of one meme, and of many."""

    def predict(self, memes: Sequence[Meme], version: HeadVersion | None = None) -> list[Prediction]:
        """What serves says, the champion with what it remembers, or a given version alone.

        NotFound or CheckpointError say why there is nothing to say.
        """
        return self._memory.predict(memes) if version is None else self.engine.predict(memes, version)

    def predict_file(self, data: bytes, text: str | None = None) -> tuple[str, Prediction]:
        """The words (given, or read from the picture) and what the champion says about a picture file; nothing is stored."""
        clean = images.clean(data)
        words = clean_text(ocr.read(clean.jpeg) if text is None else text)
        return words, self._memory.say(*self.engine.encode(clean.jpeg, words))[0]

    def explain(self, meme: Meme, way: Way = QUICK, progress: Progress = silent) -> Attribution:
        """What in the picture and which words made the champion say so, or lean as it does."""
        return self.engine.explain(meme, way, lambda done: progress(done, "Explaining"))

    def trust(self, meme: Meme, way: Way = QUICK, progress: Progress = silent) -> Trust:
        """How far that explanation can be trusted; slow when asked for the first time."""
        return self.engine.trust(meme, way, lambda done: progress(done, "Checking the explanation"))

    @cached_property
    def _atlas(self) -> Atlas:
        return Atlas(self.engine)

    def known_map(self, meme: Meme, way: Way) -> Attribution | None:
        """The explanation, if it was made before."""
        return self._atlas.known(meme, way)

    def known_trust(self, meme: Meme, way: Way) -> Trust | None:
        """How far it can be trusted, if that was found out before."""
        return self._atlas.known_trust(meme, way)

    def ask_map(self, meme: Meme, way: Way, trust: bool = False) -> Errand:
        """How it stands with a map, or with how far to trust it, without waiting for it; ask again while it is wanted."""
        return self._atlas.ask(meme, way, trust)

    def insist_on_map(self, meme: Meme, way: Way, trust: bool, by: str) -> None:
        """Begins a map that was offered because it takes long, that failed, or that was cancelled."""
        self._atlas.insist(meme, way, trust, by)

    def stop_map(self, meme: Meme, way: Way, trust: bool = False) -> None:
        """Cancels a map that is being made."""
        self._atlas.stop(meme, way, trust)

    def what_if(self, meme: Meme) -> tuple[np.ndarray, list[float]]:
        """The probability over all gates from words (0) to picture (1), and where the decision would flip."""
        return self.engine.what_if(meme)

    def ledger(self, meme: Meme) -> Ledger:
        """What the champion owes to the picture, to the words, and only to both."""
        return self.engine.ledger(meme)

    @cached_property
    def _populations(self) -> Populations:
        from gatedclip.population.measure import Populations

        return Populations(self.engine)

    def population(self, version: HeadVersion | None = None, which: PopulationFilter = EVERYONE) -> Population:
        """What a version (the champion unless given) says of all embedded memes that fit; milliseconds while nothing changes."""
        return self._populations.of(version or self.engine.champion()).where(which)

    def unembedded(self) -> int:
        """How many memes are left out of every population until they are embedded."""
        return self._populations.missing()

    def embed_all(self, progress: Progress = silent) -> None:
        self._populations.embed_missing(progress)

    def shapley_shares(self, population: Population) -> Shares:
        """The picture's Shapley share of each meme; a second for some 4,000 memes, at once when asked again."""
        return self._populations.shapley(population)

    def novelties(self, population: Population) -> np.ndarray:
        """How unfamiliar each meme (N,) is to the head; above 1 lies outside what it knows."""
        return self._populations.novelty(population)

    def inspect(
        self,
        version: HeadVersion | None = None,
        which: PopulationFilter = EVERYONE,
        threshold: float | None = None,
        miss: float = 1.0,
    ) -> dict[str, Any]:
        """What the gates page says of these memes as plain values: gate by group, alarm, rates, costs, slices."""
        return summarise(self.population(version, which), threshold, miss)

    def export_population(self, population: Population, form: Literal["csv", "jsonl"] = "csv") -> bytes:
        """One row a meme with what the head says of it."""
        return export.table_csv(population.plain()) if form == "csv" else export.table_jsonl(population.plain())
