"""Frozen values that travel between the rooms. Nothing here computes, reads or writes.

Letters used in every shape comment:
B memes · T tokens · G patches along one side · D CLIP width (D_I picture, D_T words) · P projection width
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

import numpy as np

WORLD = "memeworld"
"""Source of memes drawn by MemeWorld, which only the small CLIP understands."""

NEW_THEMES = "themes missing from the base set"
"""Name of the slice of held-out memes whose theme no base meme has."""

Method = Literal["quick", "integrated gradients", "leave one out", "kernel shap"]
"""Ways of explaining: one pass and unsigned; signed with a completeness error; one part away at a time; many parts at once."""

Target = Literal["margin", "gate"]
"""What is explained: the margin between hateful and benign, or the gate before its sigmoid, positive towards the picture."""

Baseline = Literal["mean colour", "black", "blurred"]
"""The picture that stands for no picture where a method compares with an absence."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way of explaining: by which method, which number, against which picture that stands for none."""

    method: Method = "quick"
    target: Target = "margin"
    baseline: Baseline = "mean colour"

    @property
    def quick(self) -> Way:
        """The quick map of the same number, which compares with nothing."""
        return Way("quick", self.target)

    @property
    def name(self) -> str:
        """What an explanation is kept under; only what is not the default is part of it."""
        rest = [self.target] if self.target != "margin" else []
        return "|".join([self.method, *rest, *([self.baseline] if self.baseline != "mean colour" else [])])


QUICK = Way()
"""One pass, of the verdict: what is shown until something else is ready."""

Progress = Callable[[float, str], None]
"""Told how far a long piece of work is: fraction 0..1 and what is being done. May raise, which stops the work."""

Badge = Literal["solid", "shaky", "unstable"]
"""How far a map can be trusted."""


class Label(StrEnum):
    """What a person can say about a meme."""

    HATEFUL = "hateful"
    BENIGN = "benign"
    UNSURE = "unsure"


class Split(StrEnum):
    """What a meme may be used for. Families never straddle two of train, validation and test."""

    QUEUE = "queue"  # waits for people; its decisions are learned from
    TRAIN = "train"  # the base set
    VALIDATION = "validation"  # chooses the epoch and the threshold
    TEST = "test"  # only ever measured on
    GOLD = "gold"  # mixed into the queue to see how people judge; never learned from
    RESERVE = "reserve"  # sealed: shown to nobody, and each measurement on it is counted
    ERASED = "erased"  # removed on request; only the fact that it was there remains


class Status(StrEnum):
    WAITING = "waiting"
    DECIDED = "decided"
    SKIPPED = "skipped"
    ESCALATED = "escalated"  # someone asked for a lead
    CONFLICT = "conflict"  # two people answered differently, neither seeing the other's answer

    @property
    def open(self) -> bool:
        """Waits for anyone."""
        return self in (Status.WAITING, Status.SKIPPED)

    @property
    def for_a_lead(self) -> bool:
        return self in (Status.ESCALATED, Status.CONFLICT)


class Action(StrEnum):
    """Kinds of event in the append-only record of decisions."""

    DECIDE = "decide"
    SKIP = "skip"
    UNDO = "undo"  # reverses one earlier event
    REOPEN = "reopen"  # sends a decided meme back to the queue, history kept
    ESCALATE = "escalate"  # asks a lead to decide
    APPEAL = "appeal"  # sends a decided meme to someone who has not decided it
    ERASE = "erase"  # a meme, or one person's events, were removed on request


class Role(StrEnum):
    """What a person may do here; each includes what its line says and nothing of the others."""

    MODERATOR = "moderator"  # reviews
    LEAD = "lead"  # reviews, owns policy and quality, resolves conflicts, promotes
    RESEARCHER = "researcher"  # inspects, retrains, exports; decides nothing
    ADMIN = "admin"  # everything, and who may do what


class Rationale(StrEnum):
    """Which half of a meme decides, as a person or a model has it."""

    PICTURE = "picture"
    WORDS = "words"
    TOGETHER = "together"  # neither alone
    NEITHER = "neither"  # not even both


class JobStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"  # its process stopped answering

    @property
    def active(self) -> bool:
        return self in (JobStatus.QUEUED, JobStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class NewMeme:
    """A meme about to be stored. Every text in it is untrusted."""

    picture: str  # key of the picture: sha-256 of the stored file, or a MemeWorld address ("world-…")
    text: str  # the words a person stands behind
    source: str  # "upload", "demo", "base", or the name of an import
    name: str = ""  # file name, or the id it had in its dataset
    machine_text: str = ""  # what OCR read, never edited
    source_sha256: str = ""  # of the bytes as they arrived; recognises the same upload again
    split: Split = Split.QUEUE
    given: Label | None = None  # the label it came with
    family: str = ""  # memes sharing a picture or a text; "" = alone
    truth: str = ""  # which part decides, where known: picture, words, together, neither
    theme: str = ""


@dataclass(frozen=True, slots=True)
class Meme(NewMeme):
    """A stored meme with its place in the queue and its current label (the fold over its decisions)."""

    id: int = 0
    status: Status = Status.WAITING
    label: Label | None = None  # current label by decision; None until decided
    created_at: datetime = datetime.min
    leased_by: str = ""
    leased_until: datetime | None = None
    answers: int = 1  # how many people must answer, none seeing another's
    others_only: bool = False  # whoever has decided it already is not asked again
    assigned_to: str = ""  # waits on one person's own list
    score: float | None = None  # probability of hateful by the head `scored_by`, for queues that sort by it
    scored_by: int | None = None


Region = tuple[float, float, float, float]
"""Part of a picture: left, top, right, bottom as fractions 0..1."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What a person gave as the reasons for a label: where on the picture, which words, and which half decides."""

    regions: tuple[Region, ...] = ()  # may overlap
    words: tuple[int, ...] = ()  # positions among the words that data.text.words gives, in order
    rationale: Rationale | None = None
    said: tuple[str, ...] = ()  # the marked words as they stood when they were marked

    def __bool__(self) -> bool:
        return bool(self.regions or self.words or self.rationale)


@dataclass(frozen=True, slots=True)
class Reasons:
    """A person's marks against what the model went by. None where nothing was marked, or nothing can be compared."""

    iou: float | None  # of the marked area and the model's hottest area of that size, 0..1
    energy: float | None  # share of the map's strength on the picture that lies inside the marked area, 0..1
    area: float | None  # share of the picture that is marked, 0..1: the energy of a map that knows nothing
    precision: float | None  # of the model's strongest words, as many as were marked, how many were marked, 0..1
    recall: float | None  # of the marked words, how many are among them, 0..1
    word_energy: float | None  # share of all words' strength that the marked ones hold, 0..1
    word_share: float | None  # share of the words that is marked, 0..1: their energy where all words count alike
    top_words: tuple[str, ...]  # the model's strongest words, as many as were marked, strongest first
    modality: Rationale  # which half decides for the model: picture, words or together
    same_modality: bool | None
    agrees: bool  # the model's verdict is the person's label
    wrong_reason: bool  # right for the wrong reason: it agrees, and not for the reasons marked

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall, 0..1."""
        if self.precision is None or self.recall is None:
            return None
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True, slots=True)
class Decision:
    """One event of the record; never changed, never deleted."""

    meme_id: int
    action: Action
    reviewer: str
    label: Label | None = None
    assisted: bool = False  # made after the model's opinion was shown
    revealed: bool = False  # the picture had been unblurred
    note: str = ""
    version_id: int | None = None  # the head that served, with what it said
    probability: float | None = None
    gate: float | None = None
    threshold: float | None = None
    seconds: float | None = None  # from the meme's appearance to the decision
    undoes: int | None = None  # id of the event this one reverses
    key: str = ""  # idempotency key: the same key is recorded once
    policy_id: int = 0  # version of the policy it was made under; 0 = the one this software comes with
    tags: dict[str, list[str]] = field(default_factory=dict)  # sub-labels: options chosen, by facet of the policy
    confidence: float | None = None  # of the person in the label, 0..1
    adjudicates: bool = False  # a lead's decision, which settles what others disagree on
    bulk: str = ""  # made together with the other events of this mark
    previous: Label | None = None  # label just before
    marks: Marks | None = None  # the person's own reasons, where they were given
    reasons: Reasons | None = None  # those against the model's; None without marks or without a head
    id: int = 0
    at: datetime = datetime.min
    receipt: str = ""  # chained hash: of this event and of the receipt before it
    erased: bool = False  # its content was removed on request
    undone: bool = False  # a later event reverses this one

    @property
    def wrong_reason(self) -> bool:
        """The model was right for the wrong reason."""
        return self.reasons is not None and self.reasons.wrong_reason


@dataclass(frozen=True, slots=True)
class Recorded:
    """One event as it stands in an exported record, with what tells its meme anywhere."""

    decision: Decision
    picture: str  # key of the meme's picture
    text: str  # the meme's words
    answers: int = 1  # how many people must answer it


@dataclass(frozen=True, slots=True)
class Facet:
    """One question of a policy beside the label."""

    name: str
    title: str
    options: tuple[str, ...]
    asked_for: tuple[Label, ...] = (Label.HATEFUL,)  # labels with which it is asked
    required: bool = False
    many: bool = True  # more than one option may be chosen


@dataclass(frozen=True, slots=True)
class Policy:
    """What reviewers judge by. Versions are kept for ever; each decision names its own."""

    text: str
    facets: tuple[Facet, ...]
    id: int = 0  # 0 = the one this software comes with
    by: str = ""
    at: datetime = datetime.min


@dataclass(frozen=True, slots=True)
class Preferences:
    """How one person wants to be shown memes."""

    blur: int = 24  # radius in pixels of the blurred picture, as large as it is shown
    greyscale: bool = False
    text_first: bool = False  # the picture stays folded away until asked for
    opt_out: tuple[str, ...] = ()  # sources and themes that are routed to others
    break_after: int = 20  # minutes of unblurred view in a day before a break is suggested; 0 = never


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    role: Role
    email: str = ""
    quarantined: bool = False  # their labels are not learned from
    preferences: Preferences | None = None  # None: the organisation's


@dataclass(frozen=True, slots=True)
class Exposure:
    """What one person saw unblurred on one day (UTC). It measures exposure and says nothing about harm."""

    person: str
    day: date
    reveals: int
    seconds: float


@dataclass(frozen=True, slots=True)
class QueueRule:
    """A named queue: the waiting memes that fit all of its rules; an empty rule fits all."""

    name: str
    source: str = ""
    family: str = ""
    theme: str = ""
    low: float = 0.0  # probability of hateful by the head that scored it, at least
    high: float = 1.0  # and at most
    answers: int = 1  # how many people must answer what is reviewed here


ASKED: dict[str, str] = {
    "random": "by chance, to measure how good the model is",
    "uncertain": "because the model is unsure about it",
    "typical": "because it is typical of memes unlike those decided so far",
    "disagreement": "because heads trained on different memes disagree about it",
    "suspected error": "because a second answer is wanted, given without the first",
    "conflict": "because it is doubtful what the model goes by here",
}
"""Why a meme is asked, by strategy, in words that do not tell which label the model leans to."""


@dataclass(frozen=True, slots=True)
class Pick:
    """One meme of a batch to look at next."""

    meme_id: int
    strategy: str  # a key of ASKED
    reason: str  # in words that may tell what the model says of it: for after the decision
    chance: float  # of having been selected, 0..1
    seed: int  # of the whole batch
    version_id: int  # the head that served when it was chosen
    batch: int = 0
    at: datetime = datetime.min

    @property
    def asked(self) -> str:
        """Why it is asked, for before the decision."""
        return ASKED[self.strategy]

    @property
    def second(self) -> bool:
        """It was decided already, and its label may be wrong."""
        return self.strategy == "suspected error"


@dataclass(frozen=True, slots=True)
class Remembered:
    """A decided meme that had a say about another one."""

    meme_id: int
    hateful: bool  # what people decided
    similarity: float  # cosine of the fused vectors, -1..1


@dataclass(frozen=True, slots=True)
class Recall:
    """What moved a score away from the head's own: decided memes near it."""

    probability: float  # of hateful, by the head alone, 0..1
    threshold: float  # the head's own
    neighbours: tuple[Remembered, ...]  # the nearest first


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one head says about one meme."""

    probability: float  # of hateful, 0..1
    margin: float  # z1 - z0, the logit that attributions explain
    gate: float  # g in 0..1: weight on the picture's features (eq. 4)
    share: float  # g·|h_I| / (g·|h_I| + (1-g)·|h_T|), 0..1
    threshold: float  # operating threshold of this head, 0..1
    novelty: float  # distance to the training memes over the largest usual distance; above 1 is unfamiliar
    version_id: int = 0
    recalled: Recall | None = None  # decided memes near it have a part in the probability; None: the head speaks alone

    @property
    def hateful(self) -> bool:
        return self.probability >= self.threshold

    @property
    def label(self) -> Label:
        return Label.HATEFUL if self.hateful else Label.BENIGN

    @property
    def outside(self) -> bool:
        """The meme lies outside what this model knows."""
        return self.novelty > 1.0


@dataclass(frozen=True, slots=True)
class Word:
    """A word as a person reads it, with its attribution."""

    text: str
    value: float


@dataclass(frozen=True, slots=True)
class Attribution:
    """How much each patch and each word pushed the margin, by one method."""

    method: str  # a Method
    patches: np.ndarray  # (G, G) float32, row 0 at the top
    words: tuple[Word, ...]
    frame: tuple[float, float, float, float]  # part of the picture the grid covers: left, top, right, bottom as fractions
    signed: bool  # True: positive pushes towards hateful. False: only how much it mattered
    baseline: str  # what "absent" means for this method, in words
    completeness: float | None = None  # |sum - (F(x) - F(baseline))| / |F(x) - F(baseline)|; None where undefined
    steps: int | None = None
    cut: int | None = None  # index of the first word beyond CLIP's context, if any was cut
    seconds: float = 0.0
    target: Target = "margin"  # the number that is explained
    badge: Badge | None = None  # how far it can be trusted, where that was asked


@dataclass(frozen=True, slots=True)
class Trust:
    """How far one attribution can be trusted. None where the score hardly moves whatever is taken away."""

    completeness: float | None  # of the attribution; None too for methods that promise no sum
    infidelity: float | None  # share of the score's changes that the map does not foresee, 0..1
    sensitivity: float | None  # largest change of the map under invisible noise, relative to its size
    deletion: float | None  # mean probability of the verdict while parts go, most important first: the lower the better
    insertion: float | None  # the same while parts come: the higher the better
    chance: Interval | None  # the same in random order, the middle 95 % of orders
    sanity: float | None  # rank correlation with the map of a head whose weights are shuffled, -1..1
    badge: Badge
    reasons: tuple[str, ...]  # one sentence each, the gravest first


@dataclass(frozen=True, slots=True)
class ModalityShares:
    """Two-player Shapley split of a score between picture and words: picture + words = margin - base."""

    picture: float  # half of the interaction included
    words: float
    interaction: float  # what neither half brings alone
    base: float  # score of the reference memes
    margin: float  # score of this meme
    standard_error: float  # of picture and of words, the larger; from averaging over the reference memes

    @property
    def picture_alone(self) -> float:
        """picture_alone + words_alone + interaction = margin - base."""
        return self.picture - self.interaction / 2

    @property
    def words_alone(self) -> float:
        return self.words - self.interaction / 2

    @property
    def picture_share(self) -> float:
        """The picture's part of |picture| + |words|, 0..1; a half where neither moves the score."""
        total = abs(self.picture) + abs(self.words)
        return abs(self.picture) / total if total else 0.5


@dataclass(frozen=True, slots=True)
class Ledger:
    """Picture, words, or only together: everything the head itself can say about it, for one meme."""

    gate: float  # g, 0..1: weight on the picture
    share: float  # the picture's norm-adjusted share, 0..1
    margin: ModalityShares
    gate_logit: ModalityShares | None  # None for a head without a gate
    probability: float  # of hateful, 0..1
    without_picture: float  # the same with the pictures of the reference memes instead
    without_words: float
    references: int  # K, memes that stand for an absent half
    disagrees: bool  # the gate leans to one half and the Shapley split to the other
    sentence: str
    note: str  # what to know about how it was measured; empty mostly


@dataclass(frozen=True, slots=True)
class Interval:
    """A measured value with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True)
class Scores:
    """How well a head does on one set of memes."""

    n: int
    positives: int
    auroc: Interval
    accuracy: Interval  # at `threshold`
    average_precision: float
    calibration_error: float  # expected calibration error over 10 equal-mass bins, 0..1
    threshold: float
    mean_gate: float


@dataclass(frozen=True, slots=True)
class SliceScores:
    """One slice of the held-out set under two heads."""

    name: str
    n: int
    before: Interval | None  # AUROC; None where the slice holds one class only
    after: Interval | None
    change: Interval | None  # paired bootstrap of after - before


@dataclass(frozen=True, slots=True)
class Flip:
    """A held-out meme whose predicted label differs between two heads."""

    meme_id: int
    truth: Label
    before: float  # probability of hateful, 0..1
    after: float
    better: bool  # the new head is right


@dataclass(frozen=True, slots=True)
class Report:
    """A candidate against the head it would replace, on memes neither was trained on."""

    before: Scores
    after: Scores
    change: Interval  # paired bootstrap of the AUROC difference
    slices: tuple[SliceScores, ...]
    flips: tuple[Flip, ...]


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one rule of promotion says, with the numbers it compared."""

    rule: str
    sentence: str
    before: float | None  # of the head that serves; None where it has no such number
    after: float  # of the candidate
    bound: float  # that the candidate, or its change, had to keep
    meme_ids: tuple[int, ...] = ()  # held-out memes that show it, where single ones do
    taught: tuple[int, ...] = ()  # decided memes that taught it, where the rule knows them


class Refused(Ruling):
    """The candidate may not serve."""

    __slots__ = ()


class Passed(Ruling):
    """Nothing stands against the candidate here."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a candidate may serve, rule by rule."""

    refusals: tuple[Ruling, ...]
    passes: tuple[Ruling, ...]
    change: bool  # False: it does not differ from the head that serves by more than another seed would

    memes: str = ""  # hash of the memes it was judged on: ids, labels, contents

    @property
    def fit(self) -> bool:
        """No rule refuses it."""
        return not self.refusals


@dataclass(frozen=True, slots=True)
class HeadVersion:
    """A trained head with what rebuilds and what judges it."""

    id: int
    parent_id: int | None
    kind: str  # "gated", "mean", "picture", "words", "ensemble"
    encoder: str  # identity of the encoder its vectors came from
    folder: str  # holds head.safetensors and head.json
    created_by: str
    created_at: datetime
    config: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)  # what it learned from: counts and manifest hash
    metrics: dict[str, Any] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)  # Report against its parent, as plain values
    champion: bool = False

    @property
    def name(self) -> str:
        return f"v{self.id}"

    @property
    def gated(self) -> bool:
        """Has a gate of its own, or the mean of its members'."""
        return self.kind in ("gated", "ensemble")


@dataclass(frozen=True, slots=True)
class Promotion:
    """One change of the head that serves; the last one says which does."""

    version_id: int
    by: str
    reason: str = ""
    rollback: bool = False  # went back to a head that served before
    id: int = 0
    at: datetime = datetime.min
    override: bool = False  # made although the verdict refused it; the reason says why
    verdict: dict[str, Any] = field(default_factory=dict)  # what it was made on: refusals, passes, change; empty where not judged
    manifest: str = ""  # hash of the memes it was judged on
    receipt: str = ""  # chained hash: of this event and of the receipt before it


@dataclass(frozen=True, slots=True)
class Job:
    """A long piece of work in a process of its own."""

    id: int
    kind: str
    status: JobStatus
    requested_by: str
    created_at: datetime
    progress: float = 0.0  # 0..1
    message: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)
    finished_at: datetime | None = None
    pid: int | None = None  # of the process that does the work
    cancelling: bool = False  # was asked to stop and has not yet


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a picture looks like, as PDQ hashes of 32 bytes: the whole picture, then the same with its writing painted away."""

    upright: bytes  # 64 bytes
    mirrored: bytes  # 64 bytes: the same two of the mirror image
    qualities: tuple[int, int]  # how much there was to hash, 0..100


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row of an upload or import that was not taken, and why."""

    row: int  # 1-based line or file number
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an upload or import."""

    added: tuple[int, ...]  # ids of new memes
    known: tuple[int, ...]  # ids of memes that were here already
    refused: tuple[Refusal, ...]
    copies: tuple[int, ...] = ()  # of the added: the same picture to the eye, with the same words, as an earlier meme


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of a record brought from elsewhere."""

    recorded: int
    known: int  # events that were here already
    refused: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Probe:
    """A picture and words as they might be: what a what-if asks about."""

    picture: str  # key of a stored picture, or what the key of a dropped one would be
    text: str
    dropped: bytes = field(default=b"", repr=False)  # clean JPEG of a picture that is not stored; b"" for a stored one
    source_sha256: str = ""  # of the dropped file as it arrived

    @classmethod
    def of(cls, meme: NewMeme) -> Probe:
        return cls(meme.picture, meme.text)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a head says about a probe, and what it owes to either half."""

    prediction: Prediction
    ledger: Ledger


Half = Literal["picture", "words"]

By = Literal["picture", "words", "fused"]
"""What two memes are compared by: the picture's vector, the words', or the head's mixture of both."""


@dataclass(frozen=True, slots=True)
class Swap:
    """A probe with one half taken from another meme, and the head's answer."""

    meme: Meme  # where the half comes from
    half: Half
    similarity: float  # cosine of the two halves, -1..1
    probe: Probe  # this meme with that half
    prediction: Prediction
    turns: bool  # the head's verdict is another than without the swap
    known: Meme | None  # a stored meme with exactly this picture and these words


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A stored meme near a probe, with what people decided about it."""

    meme: Meme
    similarity: float  # cosine, -1..1
    decisions: tuple[Decision, ...]  # that stand, newest first


@dataclass(frozen=True, slots=True)
class Versus:
    """Two heads on one meme."""

    meme: Meme
    before: Prediction
    after: Prediction

    @property
    def flips(self) -> bool:
        return self.before.label != self.after.label


@dataclass(frozen=True, slots=True)
class Frozen:
    """Memes frozen to judge heads on."""

    id: int
    kind: str  # "gold", or "reserve" for the sealed ones
    sha256: str  # of ids, labels and contents
    entries: tuple[tuple[int, str, str], ...]  # id, label, hash of the content
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Look:
    """One measurement on a sealed set."""

    id: int
    manifest_id: int
    version_id: int
    by: str
    result: dict[str, Any]  # Scores as plain values
    at: datetime
    number: int  # the first look at this set is 1; each lets a choice fit the set a little


def report_from(values: dict[str, Any]) -> Report:
    """A Report from its plain form (dataclasses.asdict)."""

    def interval(v: dict[str, float] | None) -> Interval | None:
        return None if v is None else Interval(**v)

    def scores(v: dict[str, Any]) -> Scores:
        return Scores(**{**v, "auroc": Interval(**v["auroc"]), "accuracy": Interval(**v["accuracy"])})

    def part(v: dict[str, Any]) -> SliceScores:
        return SliceScores(v["name"], v["n"], interval(v["before"]), interval(v["after"]), interval(v["change"]))

    return Report(
        before=scores(values["before"]),
        after=scores(values["after"]),
        change=Interval(**values["change"]),
        slices=tuple(part(v) for v in values["slices"]),
        flips=tuple(Flip(**{**v, "truth": Label(v["truth"])}) for v in values["flips"]),
    )


def verdict_from(values: dict[str, Any]) -> Verdict:
    """A Verdict from its plain form (dataclasses.asdict)."""

    def ruling(v: dict[str, Any]) -> dict[str, Any]:
        return {**v, "meme_ids": tuple(v.get("meme_ids", ())), "taught": tuple(v.get("taught", ()))}  # older ones name none

    return Verdict(
        refusals=tuple(Refused(**ruling(v)) for v in values["refusals"]),
        passes=tuple(Passed(**ruling(v)) for v in values["passes"]),
        change=values["change"],
        memes=values["memes"],
    )


def marks_from(values: dict[str, Any]) -> Marks:
    """Marks from their plain form (dataclasses.asdict, or JSON of it)."""
    return Marks(
        regions=tuple((left, top, right, bottom) for left, top, right, bottom in values["regions"]),
        words=tuple(values["words"]),
        rationale=Rationale(values["rationale"]) if values["rationale"] else None,
        said=tuple(values["said"]),
    )


def reasons_from(values: dict[str, Any]) -> Reasons:
    """Reasons from their plain form."""
    return Reasons(**{**values, "top_words": tuple(values["top_words"]), "modality": Rationale(values["modality"])})
