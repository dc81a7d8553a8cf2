"""The verbs a user can do, in the order a meme travels. Pages, the terminal and the worker call these and nothing below them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from gatedclip import curriculum, jobs, kinship
from gatedclip.atlas import Atlas, Errand, Way
from gatedclip.config import Settings, TrainConfig
from gatedclip.data import export, images, ocr
from gatedclip.data.text import clean_text, text_key, words
from gatedclip.errors import BackboneError, CheckpointError, DataError, InputError, NotFound
from gatedclip.explain.reasons import compare
from gatedclip.explain.serialise import from_bytes
from gatedclip.intake import Intake, Use
from gatedclip.learn.lesson import Lesson
from gatedclip.population.columns import EVERYONE, Population, PopulationFilter, Shares
from gatedclip.population.summary import summarise
from gatedclip.store.decisions import DecisionFilter
from gatedclip.store.memes import MemeFilter
from gatedclip.store.pictures import Pictures, Variant
from gatedclip.store.store import Store
from gatedclip.types import (
    Action,
    Answer,
    Attribution,
    Baseline,
    By,
    Decision,
    HeadVersion,
    Job,
    Label,
    Ledger,
    Marks,
    Meme,
    Method,
    Neighbour,
    NewMeme,
    Prediction,
    Probe,
    Progress,
    Promotion,
    Reasons,
    Receipt,
    Report,
    Scores,
    Split,
    Status,
    Swap,
    Target,
    Trust,
    Versus,
    report_from,
)
from gatedclip.world import memes as world

if TYPE_CHECKING:
    import numpy as np

    from gatedclip.engine import Engine
    from gatedclip.population.measure import Populations
    from gatedclip.probing import Lab


def _worded(marks: Marks | None, meme: Meme) -> Marks | None:
    """The marks with the words they stand for; None for marks of nothing. Raises InputError for marks outside the meme."""
    if not marks:
        return None
    said = words(meme.text)
    if beyond := [at for at in marks.words if not 0 <= at < len(said)]:
        raise InputError(f"Word {beyond[0]} is marked, and meme {meme.id} has {len(said)} words (from 0). Mark its words again.")
    for left, top, right, bottom in marks.regions:
        if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
            raise InputError(
                f"The marked region ({left:g}, {top:g}, {right:g}, {bottom:g}) is no part of a picture: left, top, right and "
                "bottom are fractions from 0 to 1, the smaller first. Mark it again."
            )
    return replace(marks, said=tuple(said[at] for at in marks.words))


def _on_record(said: Prediction | None) -> dict[str, Any]:
    """What a decision keeps of what the champion said about the meme; nothing where it could not say anything."""
    if said is None:
        return {}
    return {name: getattr(said, name) for name in ("version_id", "probability", "gate", "threshold")}


def silent(fraction: float, message: str) -> None:
    """Progress that nobody watches."""


class Workbench:
    """Everything the workbench can do. One per process, safe to share between threads."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings, self.store = settings, store
        self.pictures = Pictures(settings.pictures)
        self._engine: Engine | None = None
        self._broken: BackboneError | None = None
        self._loading = threading.Lock()

    @classmethod
    def open(cls, settings: Settings | None = None) -> Workbench:
        """The workbench in the folder that the settings name, made if it was not there."""
        settings = settings or Settings.from_env()
        settings.home.mkdir(parents=True, exist_ok=True)
        return cls(settings, Store.open(settings.url))

    @property
    def engine(self) -> Engine:
        """The encoder and the heads, loaded on first need (seconds).

        BackboneError says why they cannot be; it stays so until a restart, so that a decision never waits for a second try.
        """
        with self._loading:
            if self._broken is not None:
                raise self._broken
            if self._engine is None:
                self._engine = self._load()
        return self._engine

    def _load(self) -> Engine:
        from gatedclip.engine import Engine

        try:
            return Engine(self.settings, self.store, lambda key: self.picture(key, "full"))
        except BackboneError as error:
            self._broken = error
            raise

    def load(self) -> None:
        """Loads the engine now."""
        self.engine  # noqa: B018

    @property
    def demo(self) -> bool:
        """Whether the small CLIP is in use, which knows only MemeWorld."""
        return self.settings.backbone == "demo"

    # --- upload and read ------------------------------------------------------------------------------------------

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

    def picture(self, key: str, variant: Variant) -> bytes:
        """A picture's bytes: full, blurred, thumb or thumb-blurred. MemeWorld's pictures are drawn when first looked at."""
        if not self.pictures.has(key, variant) and key.startswith("world-"):
            self._keep(key, images.to_jpeg(world.at(key).draw()))
        return self.pictures.get(key, variant)

    def _keep(self, key: str, jpeg: bytes) -> None:
        for name, data in {**images.variants(jpeg), "full": jpeg}.items():
            self.pictures.put(key, name, data)  # type: ignore[arg-type]

    # --- people ---------------------------------------------------------------------------------------------------

    def reviewers(self) -> list[str]:
        """Names people picked, alphabetically."""
        return self.store.settings.get("reviewers", [])

    def add_reviewer(self, name: str) -> None:
        self.store.settings.change("reviewers", lambda names: sorted({*names, name}, key=str.casefold), [])

    # --- queue ----------------------------------------------------------------------------------------------------

    def tally(self) -> dict[Split, dict[Status, int]]:
        return self.store.memes.tally()

    def count(self, which: MemeFilter) -> int:
        return self.store.memes.count(which)

    def kin(self, meme: Meme) -> list[Meme]:
        """The other memes of its family and those with its very picture."""
        return self.store.memes.kin(meme)

    def beside(self, meme_id: int, which: MemeFilter, forward: bool = True) -> Meme | None:
        """The next (or previous) matching meme by number; None at the end."""
        return self.store.memes.beside(meme_id, which, forward)

    def memes(self, which: MemeFilter, limit: int = 24, offset: int = 0) -> list[Meme]:
        return self.store.memes.find(which, limit, offset)

    def look_up(self, ids: Sequence[int]) -> list[Meme]:
        return self.store.memes.many(list(ids))

    def meme(self, meme_id: int) -> Meme:
        return self.store.memes.get(meme_id)

    def claim(self, reviewer: str, meme_id: int | None = None) -> Meme | None:
        """A meme that `reviewer` alone holds for a while; None when nothing waits or it is held by someone else."""
        return self.store.decisions.claim(reviewer, meme_id=meme_id)

    def renew(self, meme_id: int, reviewer: str) -> Meme:
        return self.store.decisions.renew(meme_id, reviewer)

    def release(self, meme_id: int, reviewer: str) -> None:
        self.store.decisions.release(meme_id, reviewer)

    # --- predict and explain --------------------------------------------------------------------------------------

    def predict(self, memes: Sequence[Meme], version: HeadVersion | None = None) -> list[Prediction]:
        """What the champion (or a given version) says; NotFound or CheckpointError say why there is nothing to say."""
        return self.engine.predict(memes, version)

    def predict_file(self, data: bytes, text: str | None = None) -> tuple[str, Prediction]:
        """The words (given, or read from the picture) and what the champion says about a picture file; nothing is stored."""
        clean = images.clean(data)
        words = clean_text(ocr.read(clean.jpeg) if text is None else text)
        return words, self.engine.predict_picture(clean.jpeg, words)

    def explain(
        self,
        meme: Meme,
        method: Method = "quick",
        target: Target = "margin",
        baseline: Baseline = "mean colour",
        progress: Progress = silent,
    ) -> Attribution:
        """What in the picture and which words made the champion say so, or lean as it does."""
        return self.engine.explain(meme, method, target, baseline, lambda done: progress(done, "Explaining"))

    def trust(
        self,
        meme: Meme,
        method: Method = "quick",
        target: Target = "margin",
        baseline: Baseline = "mean colour",
        progress: Progress = silent,
    ) -> Trust:
        """How far that explanation can be trusted; slow when asked for the first time."""
        return self.engine.trust(meme, method, target, baseline, lambda done: progress(done, "Checking the explanation"))

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

    # --- look at many ---------------------------------------------------------------------------------------------

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

    # --- what if --------------------------------------------------------------------------------------------------

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
        return probe.dropped if variant == "full" else images.variants(probe.dropped)[variant]

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
            **_on_record(said),
        )
        return self.store.decisions.add_variant(meme.id, variant, decision)

    # --- decide ---------------------------------------------------------------------------------------------------

    def decide(
        self,
        meme: Meme,
        label: Label,
        reviewer: str,
        *,
        key: str = "",
        assisted: bool = False,
        revealed: bool = False,
        note: str = "",
        seconds: float | None = None,
        marks: Marks | None = None,
    ) -> Decision:
        """Records a label, with what the champion said about the meme. LeaseLost when someone else holds it now.

        The reviewer's own `marks` are kept with how they compare with the champion's reasons.
        """
        said, marks = self._said(meme), _worded(marks, meme)
        return self.store.decisions.record(
            Decision(
                meme_id=meme.id,
                action=Action.DECIDE,
                reviewer=reviewer,
                label=label,
                assisted=assisted,
                revealed=revealed,
                note=clean_text(note),
                **_on_record(said),
                seconds=seconds,
                key=key,
                marks=marks,
                reasons=self._reasons(meme, marks, said.label is label) if marks and said else None,
            )
        )

    def _reasons(self, meme: Meme, marks: Marks, agrees: bool) -> Reasons | None:
        """The marks against the champion's reasons; None where those cannot be had, which is no reason to lose a decision."""
        try:
            return compare(marks, words(meme.text), self.explain(meme), self.ledger(meme).margin, agrees)
        except (NotFound, CheckpointError, BackboneError, DataError):
            return None

    def remembered(self, decision: Decision, meme: Meme) -> Attribution | None:
        """The quick map that a decision's marks were compared with, as kept; None when the words were changed since."""
        if decision.version_id is None:
            return None
        kept = self.store.attributions.get(meme.picture, text_key(meme.text), decision.version_id, "quick")
        return None if kept is None else from_bytes(kept)

    def wrong_reasons(self, memes: Sequence[Meme]) -> set[int]:
        """Ids of those of these memes that the model was right about for the wrong reason."""
        return self.store.memes.wrong_reasons([meme.id for meme in memes])

    def skip(self, meme: Meme, reviewer: str, *, key: str = "", note: str = "") -> Decision:
        """Leaves the meme to the others."""
        event = Decision(meme_id=meme.id, action=Action.SKIP, reviewer=reviewer, note=clean_text(note), key=key)
        return self.store.decisions.record(event)

    def undo(self, reviewer: str, decision_id: int | None = None) -> Decision | None:
        """Reverses the reviewer's last decision or skip, or the given one; None when there is nothing to reverse."""
        return self.store.decisions.undo(reviewer, decision_id)

    def reopen(self, meme_id: int, reviewer: str) -> Decision | None:
        return self.store.decisions.reopen(meme_id, reviewer)

    def _said(self, meme: Meme) -> Prediction | None:
        """The champion's opinion for the record; a decision never fails for want of one."""
        try:
            return self.predict([meme])[0]
        except (NotFound, CheckpointError, BackboneError):
            return None

    # --- history --------------------------------------------------------------------------------------------------

    def count_events(self, which: DecisionFilter) -> int:
        return self.store.decisions.count(which)

    def history(self, which: DecisionFilter, limit: int = 50, offset: int = 0) -> list[tuple[Decision, Meme]]:
        """Events with their memes, newest first."""
        return self._with_memes(self.store.decisions.list(which, limit, offset))

    def export(self, which: DecisionFilter, form: Literal["csv", "jsonl"] = "csv") -> bytes:
        """All matching events with who, when, version and score, as CSV (safe to open in a spreadsheet) or JSONL."""
        rows = self._with_memes(self.store.decisions.list(which, None))
        return export.decisions_csv(rows) if form == "csv" else export.decisions_jsonl(rows)

    def _with_memes(self, events: list[Decision]) -> list[tuple[Decision, Meme]]:
        memes = {m.id: m for m in self.store.memes.many(list({e.meme_id for e in events}))}
        return [(e, memes[e.meme_id]) for e in events]

    # --- learn ----------------------------------------------------------------------------------------------------

    def lesson(self, config: TrainConfig) -> Lesson:
        """What a head trained now would learn from."""
        return curriculum.lesson(self.store, curriculum.columns(self.store, self.demo), config)

    def start_retraining(self, config: TrainConfig, by: str) -> Job:
        """Starts training in a process of its own; AlreadyRunning when one is under way."""
        return jobs.start(self.store.jobs, self.settings, "retrain", by, config.to_dict())

    def retrain(self, config: TrainConfig, by: str, progress: Progress = silent) -> HeadVersion:
        """Trains here and now: a new candidate with its report against the champion."""
        from gatedclip.retraining import retrain

        return retrain(self.engine, config, by, progress)

    def evaluate(self, version: HeadVersion) -> Scores:
        """How well a version does on the test memes as they are now; DataError when there are none."""
        from gatedclip.retraining import measure

        memes = curriculum.columns(self.store, self.demo)
        alone, _ = measure(self.engine, None, self.engine.head(version), memes)
        if alone is None:
            raise DataError("No test memes: nothing to measure on. Import labelled memes for base or test first.")
        return alone

    def retraining(self) -> Job | None:
        """The latest training job, lost ones marked as such."""
        jobs.reap(self.store.jobs)
        return next(iter(self.store.jobs.latest("retrain", 1)), None)

    def cancel(self, job_id: int) -> None:
        self.store.jobs.cancel(job_id)

    # --- models ---------------------------------------------------------------------------------------------------

    def versions(self) -> list[HeadVersion]:
        return self.store.versions.list()

    def version(self, version_id: int) -> HeadVersion:
        return self.store.versions.get(version_id)

    def champion(self) -> HeadVersion | None:
        return self.store.versions.champion()

    def report(self, version: HeadVersion) -> Report | None:
        """The version against its parent, as measured when it was trained; None where there was nothing to compare."""
        return report_from(version.report) if version.report else None

    def promote(self, version_id: int, by: str, reason: str = "") -> Promotion:
        """Makes a version serve from the next prediction on."""
        return self.store.versions.promote(version_id, by, reason)

    def roll_back(self, by: str, reason: str = "") -> Promotion:
        """Makes the head serve that served before."""
        return self.store.versions.rollback(by, reason)

    def promotions(self) -> list[Promotion]:
        return self.store.versions.promotions()
