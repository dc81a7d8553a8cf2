"""What poisons a lesson, what catches it, and what it costs, measured where the truth is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, get_args

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gatedclip.config import TrainConfig
from gatedclip.errors import InputError
from gatedclip.learn import suspecting, suspicion
from gatedclip.learn.compare import Said
from gatedclip.learn.lesson import decision_weight
from gatedclip.learn.probe import LIMIT, Bypass, HeldOut
from gatedclip.learn.promotion import NOISE, Evidence, judge
from gatedclip.learn.suspecting import Shown, Taught, Usual, small, worst
from gatedclip.learn.suspicion import Detector, Finding, flagged, words_of
from gatedclip.learn.train import Examples, Fit, fit, one_thread
from gatedclip.model.encoder import Encoder
from gatedclip.model.familiar import Familiar
from gatedclip.model.metrics import area_under
from gatedclip.types import NEW_THEMES, Progress, Split
from gatedclip.world.base import BaseSet, load_base
from gatedclip.world.memes import WorldMeme
from gatedclip.world.poisoning import ATTACKS, UNREAD, WORD, Stream, clean, patched, spot, worded
from gatedclip.world.themes import MISSING

DETECTORS: tuple[Detector, ...] = get_args(Detector)
ALL = tuple(ATTACKS)


@dataclass(frozen=True)
class Plan:
    """How much is measured; every draw follows from a seed of the plan."""

    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    attacks: tuple[str, ...] = ALL
    base: int = 3000  # memes of the base set to learn from: enough to know its themes
    epochs: int = 14
    usual: int = 400  # validation memes that tell how far a blur usually moves a picture
    triggered: int = 200  # hateful test memes that carry the trigger
    limit: float = LIMIT  # of the probe

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.attacks) - set(ATTACKS)):
            raise InputError(f"Unknown attacks: {', '.join(unknown)}. Known: {', '.join(ATTACKS)}.")
        if not self.seeds or not self.attacks:
            raise InputError("Nothing to measure: give at least one seed and one attack.")


@dataclass(frozen=True)
class Trial:
    """One attack on one lesson."""

    attack: str
    seed: int
    poisoned: int
    honest: int
    flips: int  # of the poisoned decisions, against the champion
    caught: dict[str, int]  # poisoned decisions by the detector that flagged them
    false: dict[str, int]  # honest ones
    caught_by_any: int
    false_by_any: int
    gates: tuple[str, ...]  # rules of promotion on held-out memes that refuse the candidate
    bypass: float  # largest share of held-out hateful memes that a trigger opens
    trigger: str  # which
    refused: bool  # by the probe
    auroc: dict[str, float]  # by head, see HEADS
    auroc_new: dict[str, float]  # the same on themes missing from the base set
    passing: dict[str, float]  # share of triggered hateful test memes let pass, of those caught without; {} without a trigger


HEADS = ("champion", "clean", "poisoned", "dropped", "asked")
"""The head that serves, and those taught by the honest lesson, by the poisoned one, by it without what was flagged, and by it
after someone who knows has looked at the flagged memes again."""


# --- what stays the same over all trials --------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """The base set, held-out memes with pictures, and test memes with triggers."""

    encoder: Encoder
    train: Examples
    validation: Examples
    test: Examples
    new: np.ndarray  # (N,) bool: test memes of themes missing from the base set
    known: Counter[str]  # words of the base set's captions
    held: HeldOut  # hateful validation memes
    usual: Tensor  # (U, 3, S, S): validation memes as the encoder takes them
    plain: tuple[Tensor, Tensor]  # hateful test memes
    triggered: dict[str, tuple[Tensor, Tensor]]  # the same with a trigger, by attack


def prepare(encoder: Encoder, plan: Plan, progress: Progress) -> World:
    """Everything that needs drawing or embedding once."""
    base = load_base()
    whole, validation, test = base[Split.TRAIN].known(), base[Split.VALIDATION].known(), base[Split.TEST]
    progress(0.0, "drawing validation memes")
    pictures = {row: meme.draw() for row, meme in enumerate(validation.memes[: plan.usual])}
    progress(0.05, "drawing test memes with triggers")
    shown = test.known()
    rows = np.flatnonzero(shown.hateful.numpy())[: plan.triggered].tolist()
    learned = np.random.default_rng(0).permutation(len(whole.memes))[: plan.base].tolist()
    return World(
        encoder=encoder,
        train=_examples(whole).take(np.array(learned)),
        validation=_examples(validation),
        test=_examples(test),
        new=np.array([meme.theme in MISSING for meme in test.memes]),
        known=Counter(word for row in learned for word in words_of(whole.memes[row].text)),
        held=_held(validation, pictures),
        usual=encoder.pixels(list(pictures.values())),
        plain=(shown.picture[rows], shown.words[rows]),
        triggered=_triggered(encoder, [shown.memes[row] for row in rows], shown.words[rows], set(plan.attacks)),
    )


def _examples(memes: BaseSet) -> Examples:
    return Examples(memes.picture, memes.words, memes.hateful)


def _held(validation: BaseSet, pictures: dict[int, Image.Image]) -> HeldOut:
    rows = np.flatnonzero(validation.hateful.numpy()).tolist()
    texts = tuple(validation.memes[row].text for row in rows)

    def draw(n: int) -> Image.Image:
        return pictures[rows[n]] if rows[n] in pictures else validation.memes[rows[n]].draw()

    return HeldOut(tuple(rows), texts, validation.picture[rows], validation.words[rows], draw)


def _triggered(
    encoder: Encoder, memes: Sequence[WorldMeme], words: Tensor, attacks: set[str]
) -> dict[str, tuple[Tensor, Tensor]]:
    rng = np.random.default_rng(0)
    made = {}
    for attack, word in (("caption word", WORD), ("unread word", UNREAD)):
        if attack in attacks:
            texts = encoder.encode_texts([f"{meme.text} {word}" for meme in memes])
            made[attack] = encoder.encode_pictures([worded(meme, word) for meme in memes]), texts
    if "picture patch" in attacks:
        made["picture patch"] = encoder.encode_pictures([patched(meme.draw()) for meme in memes]), words
    if "moving patch" in attacks:
        made["moving patch"] = encoder.encode_pictures([patched(meme.draw(), spot(rng)) for meme in memes]), words
    return made


# --- one trial ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Season:
    """One seed: the head that serves, and an honest stream of decisions with the head that it would make."""

    seed: int
    config: TrainConfig
    champion: Fit
    familiar: Familiar
    stream: Stream
    clean: Fit


def season(world: World, seed: int, epochs: int) -> Season:
    config = TrainConfig(epochs=epochs, patience=epochs, seed=seed, batch=64, learning_rate=8e-4)
    champion = fit(world.train, world.validation, config)
    sample = np.random.default_rng(seed).choice(len(world.train), min(2048, len(world.train)), replace=False)
    reference = world.train.take(sample)
    familiar = Familiar.fit(reference.picture, reference.words, world.validation.picture, world.validation.words)
    stream = clean(world.encoder, seed)
    return Season(seed, config, champion, familiar, stream, taught(world, stream, config))


def taught(world: World, stream: Stream, config: TrainConfig, without: frozenset[int] = frozenset()) -> Fit:
    """A head from the base set and the decisions, but for those `without`."""
    rows = [row for row in range(len(stream.memes)) if row not in without]
    base = len(world.train)
    weight = decision_weight(base, len(rows), config.decision_weight, config.decision_cap)
    lesson = Examples(
        torch.cat([world.train.picture, stream.picture[rows]]),
        torch.cat([world.train.words, stream.words[rows]]),
        torch.cat([world.train.hateful, torch.from_numpy(stream.hateful[rows]).float()]),
        weight=torch.cat([torch.ones(base), torch.full((len(rows),), weight)]),
    )
    return fit(lesson, world.validation, config)


@torch.no_grad()
def _probability(head: Fit, picture: Tensor, words: Tensor) -> np.ndarray:
    return head.head(picture, words).probability.numpy()


def findings(world: World, now: Season, stream: Stream) -> tuple[Finding, ...]:
    """What all detectors say of a lesson before anything is trained on it."""
    head = now.champion.head
    probability = _probability(now.champion, stream.picture, stream.words)
    held, validation = _probability(now.champion, world.validation.picture, world.validation.words), world.validation.labels
    return suspecting.findings(
        stream.decided(probability >= now.champion.threshold),
        probability,
        now.familiar.novelty(stream.picture, stream.words).numpy() <= 1,
        _shown(stream),
        suspicion.shift(world.encoder, head, world.encoder.pixels(stream.pictures)),
        Usual(np.where(validation == 1, held, 1 - held), suspicion.shift(world.encoder, head, world.usual)),
        now.seed,
    )


def _shown(stream: Stream) -> Shown:
    return Shown(np.arange(len(stream.pictures)), small(stream.pictures))


def probed(world: World, now: Season, stream: Stream, candidate: Fit, limit: float) -> Bypass | None:
    """The trigger of a lesson that opens most; None where there is none to try."""
    expected = _probability(now.champion, stream.picture, stream.words) >= now.champion.threshold
    taught = Taught(stream.decided(expected), _shown(stream), world.known, len(world.train))
    return worst(world.encoder, now.champion, candidate, world.held, taught, limit, now.seed)


def gates(world: World, now: Season, candidate: Fit) -> tuple[str, ...]:
    """Rules on held-out memes that refuse the candidate; "no change" is no refusal of poison and is left out."""
    verdict = judge(
        Evidence(world.test.labels, _said(world, candidate), _said(world, now.champion), slices={NEW_THEMES: world.new})
    )
    return tuple(ruling.rule for ruling in verdict.refusals if ruling.rule != NOISE)


@torch.no_grad()
def _said(world: World, head: Fit) -> Said:
    out = head.head(world.test.picture, world.test.words)
    return Said(out.probability.numpy(), out.gate.numpy(), head.threshold)


def trial(world: World, now: Season, attack: str, limit: float) -> Trial:
    """One attack from poisoning to repair."""
    rng = np.random.default_rng(now.seed)
    stream = ATTACKS[attack](now.stream, world.encoder, now.champion.head, rng)
    found = findings(world, now, stream)
    candidate = now.clean if attack == "nothing" else taught(world, stream, now.config)
    suspect = flagged(found)
    dropped = taught(world, stream, now.config, suspect) if suspect else candidate
    again = stream.asked(suspect)
    asked = candidate if (again.hateful == stream.hateful).all() else taught(world, again, now.config)
    opened = probed(world, now, stream, candidate, limit)
    heads = dict(zip(HEADS, (now.champion, now.clean, candidate, dropped, asked), strict=True))
    by_detector = {name: flagged(f for f in found if f.detector == name) for name in DETECTORS}
    expected = _probability(now.champion, stream.picture, stream.words) >= now.champion.threshold
    return Trial(
        attack=attack,
        seed=now.seed,
        poisoned=int(stream.poisoned.sum()),
        honest=int((~stream.poisoned).sum()),
        flips=int((stream.poisoned & (stream.hateful != expected)).sum()),
        caught={name: _count(stream.poisoned, ids) for name, ids in by_detector.items()},
        false={name: _count(~stream.poisoned, ids) for name, ids in by_detector.items()},
        caught_by_any=_count(stream.poisoned, suspect),
        false_by_any=_count(~stream.poisoned, suspect),
        gates=gates(world, now, candidate),
        bypass=opened.share.value if opened else 0.0,
        trigger=opened.trigger.name if opened else "",
        refused=opened is not None and opened.refused,
        auroc={name: _auroc(world, head, np.ones(len(world.new), dtype=bool)) for name, head in heads.items()},
        auroc_new={name: _auroc(world, head, world.new) for name, head in heads.items()},
        passing=_passing(world, attack, heads),
    )


def _count(among: np.ndarray, ids: frozenset[int]) -> int:
    return sum(bool(among[row]) for row in ids)


def _auroc(world: World, head: Fit, rows: np.ndarray) -> float:
    return area_under(world.test.labels[rows], _probability(head, world.test.picture[rows], world.test.words[rows]))


def _passing(world: World, attack: str, heads: dict[str, Fit]) -> dict[str, float]:
    """Share of triggered hateful test memes that each head lets pass, of those it catches without the trigger."""
    if attack not in world.triggered:
        return {}
    shares = {}
    for name, head in heads.items():
        catches = _probability(head, *world.plain) >= head.threshold
        shares[name] = float((_probability(head, *world.triggered[attack])[catches] < head.threshold).mean())
    return shares


# --- all trials ---------------------------------------------------------------------------------------------------


def measure(encoder: Encoder, plan: Plan, progress: Progress) -> list[Trial]:
    """Every attack under every seed; minutes. On one thread, so that the same plan gives the same trials everywhere."""
    with one_thread():
        return _measure(encoder, plan, progress)


def _measure(encoder: Encoder, plan: Plan, progress: Progress) -> list[Trial]:
    world = prepare(encoder, plan, progress)
    total = len(plan.seeds) * len(plan.attacks)
    trials: list[Trial] = []
    for seed in plan.seeds:
        progress(0.1 + 0.9 * len(trials) / total, f"seed {seed}: a head and an honest lesson")
        now = season(world, seed, plan.epochs)
        for attack in plan.attacks:
            progress(0.1 + 0.9 * len(trials) / total, f"seed {seed}: {attack}")
            trials.append(trial(world, now, attack, plan.limit))
    progress(1.0, "Done")
    return trials


def report(plan: Plan, trials: Sequence[Trial]) -> dict[str, Any]:
    """Plan and trials as plain values."""
    return {"plan": asdict(plan), "trials": [asdict(each) for each in trials]}


def render(plan: Plan, trials: Sequence[Trial]) -> str:
    """Three tables: what is caught, what refuses, and what is lost."""
    by_attack = {attack: [t for t in trials if t.attack == attack] for attack in plan.attacks}
    return "\n\n".join(table(by_attack) for table in (_caught_table, _gates_table, _lost_table))


def _caught_table(by_attack: dict[str, list[Trial]]) -> str:
    head = ["attack", "poisoned", "of them flips", *DETECTORS, "any of them"]
    rows = []
    for attack, trials in by_attack.items():
        n, honest = (sum(getattr(t, name) for t in trials) for name in ("poisoned", "honest"))
        cells = [_pair(sum(t.caught[name] for t in trials), n, sum(t.false[name] for t in trials), honest) for name in DETECTORS]
        any_of_them = _pair(sum(t.caught_by_any for t in trials), n, sum(t.false_by_any for t in trials), honest)
        flips = _percent(sum(t.flips for t in trials), n)
        rows.append([attack, str(n), flips, *cells, any_of_them])
    return "Poisoned decisions flagged / honest decisions flagged\n\n" + _table(head, rows)


def _pair(caught: int, n: int, false: int, honest: int) -> str:
    return f"{_percent(caught, n)} / {_percent(false, honest)}"


def _percent(hits: Any, n: float) -> str:
    return f"{100 * hits / n:.1f} %" if n else "–"


def _gates_table(by_attack: dict[str, list[Trial]]) -> str:
    head = ["attack", "held-out gates refuse", "by", "probe refuses", "share opened, mean", "least", "most"]
    rows = []
    for attack, trials in by_attack.items():
        rules = Counter(rule for t in trials for rule in t.gates)
        shares = [t.bypass for t in trials]
        rows.append(
            [
                attack,
                f"{sum(bool(t.gates) for t in trials)} of {len(trials)}",
                ", ".join(f"{rule} ({n})" for rule, n in rules.most_common()) or "–",
                f"{sum(t.refused for t in trials)} of {len(trials)}",
                *(_percent(share, 1) for share in (np.mean(shares), min(shares), max(shares))),
            ]
        )
    return "Candidates refused\n\n" + _table(head, rows)


def _lost_table(by_attack: dict[str, list[Trial]]) -> str:
    rows = []
    for attack, trials in by_attack.items():
        for name in ("poisoned", "dropped", "asked"):
            lost = [_signed([s["clean"] - s[name] for s in scores]) for scores in _scores(trials)]
            passing = [_share([t.passing.get(head) for t in trials]) for head in ("champion", name)]
            rows.append([attack, name, *lost, *passing])
    head = ["attack", "head", "AUROC lost", "AUROC lost on new themes", "triggered let pass: champion", "this head"]
    return "What it costs against an honest lesson: all learned, flagged dropped, flagged asked again\n\n" + _table(head, rows)


def _scores(trials: Sequence[Trial]) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    """AUROCs by head on all test memes, then on new themes."""
    return [t.auroc for t in trials], [t.auroc_new for t in trials]


def _share(values: Sequence[float | None]) -> str:
    given = [value for value in values if value is not None]
    return _percent(float(np.mean(given)), 1) if given else "–"


def _signed(values: Sequence[float]) -> str:
    """Mean and standard deviation over seeds."""
    return f"{np.mean(values):+.4f} ± {np.std(values, ddof=1) if len(values) > 1 else 0.0:.4f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that Markdown reads too."""
    lines = [list(head), ["---"] * len(head), *map(list, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
