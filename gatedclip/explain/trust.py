"""How far a map can be trusted: does it foresee what the model does when parts go, is it steady, and is it about this head?

Each half of a meme is tested while the other stands as it is, and counts by how far its absence moves the score.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, cast

import numpy as np
import torch
from captum.metrics import infidelity, sensitivity_max
from PIL import Image
from scipy.stats import spearmanr
from torch import Tensor

from gatedclip.explain.attribution import Maps, absent_picture, find_maps
from gatedclip.explain.integrated import TINY, TOLERANCE
from gatedclip.explain.parts import Parts, Told, quiet
from gatedclip.explain.score import Score, scorer
from gatedclip.model.encoder import Encoder, Span
from gatedclip.model.heads import Head
from gatedclip.types import Attribution, Badge, Baseline, Interval, Method, Target, Trust

SEED = 0
ORDERS = 20  # random orders that deletion and insertion are held against
STAGES = 10  # in which parts go or come
REMOVALS = 64  # random sets of parts taken away, for infidelity
NOISE, NOISY = 0.02, 4  # largest change of a normalised pixel (under 2 grey levels of 256), and how many noisy pictures

# From MemeWorld, where it is known which maps hit, by `gatedclip bench explain`: shaky is what is worse than 95 % of the maps of
# Integrated Gradients that hit; unstable is halfway from there to the worst possible, or twice as bad where there is no worst.
# Completeness is shaky from what the method promises, and unstable from those 95 %.
INFIDELITY = (0.7, 0.85)
SENSITIVITY = (0.04, 0.08)
SANITY = (0.8, 0.9)
COMPLETENESS = (TOLERANCE, 0.17)

ORDER_SAYS = (
    "",
    "Taking parts away in its order tells little more than some random orders.",
    "Taking parts away in its order tells no more than the average random order.",
)

Values = dict[str, Tensor]  # a map's values by half: picture (G·G,), words (W,)


class Half(NamedTuple):
    """One half of a meme whose N parts can be taken away while the other half stands."""

    name: Literal["picture", "words"]
    parts: int
    score: Callable[[Tensor], Tensor]  # which parts are present (B, N) -> (B,)
    weight: float  # 0..1: how far its absence moves the score, over both halves


class Curves(NamedTuple):
    """Mean probability of the verdict while parts go or come, in the map's order and in random ones."""

    deletion: float
    insertion: float
    random: np.ndarray  # (orders,)


def assess(
    encoder: Encoder,
    head: Head,
    picture: Image.Image,
    text: str,
    attribution: Attribution,
    target: Target = "margin",
    baseline: Baseline = "mean colour",
    on_progress: Told = quiet,
) -> Trust:
    """How far an attribution of this meme can be trusted. It explains the meme six times more, so it takes six times as long.

    `target` and `baseline` are those the attribution was made with; `on_progress` as in `explain`.
    """
    score, pixels, method = scorer(head, target), encoder.pixels([picture]), cast(Method, attribution.method)
    absent = absent_picture(encoder, picture, pixels, baseline)
    spans, _ = encoder.words(text)
    parts = Parts(encoder, pixels, encoder.trim(encoder.tokens([text])), absent, spans)
    halves = halves_of(score, parts)
    if not halves:
        return folded(attribution.completeness)
    values, signed = values_of(attribution, spans), attribution.signed
    curves = removal_curves(halves, values, signed, temperature_of(head, target))
    on_progress(0.1)
    unforeseen = sum(half.weight * unforeseen_changes(half, values[half.name]) for half in halves)
    on_progress(0.2)

    def again(some: Tensor, by: Score, told: Told) -> Maps:
        return find_maps(encoder, by, method, some, text, absent, told)

    change = sensitivity(lambda some, told: again(some, score, told), pixels, lambda done: on_progress(0.2 + 0.6 * done))
    other = again(pixels, scorer(shuffled(head), target), lambda done: on_progress(0.8 + 0.2 * done))
    elsewhere = {"picture": other.patches.cpu(), "words": words_of(other.pieces, parts)}
    alike = sum(half.weight * likeness(values[half.name], elsewhere[half.name]) for half in halves)
    return folded(attribution.completeness, unforeseen, change, curves, alike)


# --- halves -------------------------------------------------------------------------------------------------------


def halves_of(score: Score, parts: Parts) -> list[Half]:
    """The halves whose absence moves the score, with their weights; none where neither moves it by as much as TINY."""
    v_picture, v_words = parts.whole()

    def seen(present: Tensor) -> Tensor:
        v = parts.see(present)
        return score(v, v_words.expand(len(v), -1)).detach()

    def read(present: Tensor) -> Tensor:
        v = parts.read(present)
        return score(v_picture.expand(len(v), -1), v).detach()

    found = [Half("picture", parts.regions, seen, _absence(seen, parts.regions))]
    if parts.words:
        found.append(Half("words", parts.words, read, _absence(read, parts.words)))
    found = [half for half in found if half.weight >= TINY]
    total = sum(half.weight for half in found)
    return [half._replace(weight=half.weight / total) for half in found]


def _absence(score: Callable[[Tensor], Tensor], n: int) -> float:
    whole, without = score(torch.stack([torch.ones(n), torch.zeros(n)])).tolist()
    return abs(whole - without)


def values_of(attribution: Attribution, spans: Sequence[Span]) -> Values:
    """The attribution's values on the patches, and on the words that CLIP read."""
    read = [word.value for word, span in zip(attribution.words, spans, strict=True) if span.stop > span.start]
    return {"picture": torch.from_numpy(attribution.patches).flatten(), "words": torch.tensor(read)}


def words_of(pieces: Tensor, parts: Parts) -> Tensor:
    """Values of word pieces (T,) summed over each word (W,)."""
    return torch.tensor([float(pieces[span.start : span.stop].sum()) for span in parts.spans])


# --- does it foresee? ---------------------------------------------------------------------------------------------


def unforeseen_changes(half: Half, values: Tensor) -> float:
    """Infidelity (Yeh et al. 2019) through captum, as a share: 0 where the map foresees what every removal does, 1 for none.

    Removals are random sets of all sizes. The map is scaled as fits best, so only its proportions count.
    """
    whole = torch.ones(1, half.parts)

    def remove(present: Tensor) -> tuple[Tensor, Tensor]:
        dice = torch.Generator().manual_seed(SEED)
        chance = torch.rand(len(present), 1, generator=dice)
        gone = (torch.rand(present.shape, generator=dice) < chance).float()
        return gone, present - gone

    def measured(of: Tensor, normalize: bool) -> float:
        found = infidelity(half.score, remove, whole, of[None], n_perturb_samples=REMOVALS, normalize=normalize)
        return float(found)

    silent = measured(torch.zeros_like(values), normalize=False)  # mean squared change itself
    return measured(values, normalize=True) / silent if silent else 0.0


def removal_curves(
    halves: Sequence[Half], values: Values, signed: bool, temperature: float = 1.0, orders: int = ORDERS
) -> Curves:
    """Deletion and insertion (Petsiuk et al. 2018) of both halves by their weights, beside those of random orders.

    The probability is the sigmoid of score / `temperature`.
    """
    each = [_curves(half, values[half.name], signed, temperature, orders) for half in halves]
    deletion, insertion, random = (
        sum(half.weight * curve[i] for half, curve in zip(halves, each, strict=True)) for i in range(3)
    )
    return Curves(float(deletion), float(insertion), np.asarray(random))


def temperature_of(head: Head, target: Target) -> float:
    """What a score is divided by before the sigmoid: the gate is never calibrated."""
    return head.temperature if target == "margin" else 1.0


def _curves(half: Half, values: Tensor, signed: bool, temperature: float, orders: int) -> Curves:
    whole = float(half.score(torch.ones(1, half.parts)))
    verdict = 1.0 if whole >= 0 else -1.0
    dice = torch.Generator().manual_seed(SEED)
    order = (values * verdict if signed else values).argsort(descending=True, stable=True)
    ways = [order.flip(0), order, *(torch.randperm(half.parts, generator=dice) for _ in range(orders))]
    kept = torch.linspace(0, half.parts, min(STAGES, half.parts) + 1).round()  # parts present at each stage: (S,)
    # Taking away the most important first leaves the same sets as letting the least important come first.
    present = torch.stack([o.argsort()[None] < kept[:, None] for o in ways])  # (ways, S, N)
    scores = half.score(present.flatten(0, 1).float()).reshape(len(ways), -1)
    areas = torch.trapezoid((verdict * scores / temperature).sigmoid(), dx=1 / (len(kept) - 1)).tolist()
    return Curves(areas[0], areas[1], np.array(areas[2:]))


# --- is it steady, and about this head? -----------------------------------------------------------------------------


def sensitivity(explained: Callable[[Tensor, Told], Maps], pixels: Tensor, on_progress: Told) -> float:
    """Max-sensitivity (Yeh et al. 2019) through captum: the largest change of the map under noise nobody sees, over its size."""
    dice, done = torch.Generator().manual_seed(SEED), 0

    def told(fraction: float) -> None:
        on_progress((done + fraction) / (NOISY + 1))

    def explain_each(pictures: Tensor) -> tuple[Tensor, Tensor]:
        nonlocal done
        found = []
        for row in pictures:
            found.append(explained(row[None], told))
            done += 1
        return torch.stack([m.patches for m in found]), torch.stack([m.pieces for m in found])

    def noisy(pictures: Tensor, radius: float) -> Tensor:
        return pictures + (2 * torch.rand(pictures.shape, generator=dice) - 1) * radius

    def as_captum_calls(pictures: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        return explain_each(pictures[0] if isinstance(pictures, tuple) else pictures)

    return float(sensitivity_max(as_captum_calls, pixels, noisy, NOISE, NOISY))


def shuffled(head: Head) -> Head:
    """The same head with the entries of every weight in random order: as strong, but having learned nothing."""
    other, dice = copy.deepcopy(head), torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for weight in other.parameters():
            order = torch.randperm(weight.numel(), generator=dice)
            weight.copy_(weight.flatten()[order.to(weight.device)].reshape(weight.shape))
    return other


def likeness(one: Tensor, other: Tensor) -> float:
    """Spearman's rank correlation of how much each part matters, -1..1; 0 where either says nothing apart."""
    one, other = one.abs(), other.abs()
    if min(len(one.unique()), len(other.unique())) < 2:
        return 0.0
    return float(spearmanr(one.numpy(), other.numpy()).statistic)


# --- the verdict on the map -----------------------------------------------------------------------------------------


def folded(
    completeness: float | None,
    unforeseen: float | None = None,
    change: float | None = None,
    curves: Curves | None = None,
    alike: float | None = None,
) -> Trust:
    """The numbers with the badge and the reasons that follow from them."""
    deletion, insertion, chance = None, None, None
    if curves is not None:
        low, high = np.percentile(curves.random, [2.5, 97.5]).tolist()
        deletion, insertion, chance = curves.deletion, curves.insertion, Interval(float(curves.random.mean()), low, high)
    badge, reasons = judge(completeness, unforeseen, change, deletion, insertion, chance, alike)
    return Trust(completeness, unforeseen, change, deletion, insertion, chance, alike, badge, reasons)


def judge(
    completeness: float | None,
    unforeseen: float | None,
    change: float | None,
    deletion: float | None,
    insertion: float | None,
    chance: Interval | None,
    alike: float | None,
) -> tuple[Badge, tuple[str, ...]]:
    """The badge, which is that of the worst number, and one sentence for each number that is not solid, the gravest first."""
    if unforeseen is None or change is None or deletion is None or insertion is None or chance is None or alike is None:
        return "shaky", ("The score hardly moves whatever is taken away, so no map of it can be checked.",)
    beaten = deletion >= chance.value or insertion <= chance.value
    order = 2 if beaten else int(deletion >= chance.low or insertion <= chance.high)
    found = [
        (_grade(completeness or 0.0, COMPLETENESS), f"The parts miss the whole by {completeness or 0:.0%}."),
        (_grade(unforeseen, INFIDELITY), f"It fails to foresee {unforeseen:.0%} of what taking parts away does to the score."),
        (_grade(change, SENSITIVITY), f"Noise nobody can see changes it by {change:.0%}."),
        (order, ORDER_SAYS[order]),
        (_grade(alike, SANITY), f"A head that has learned nothing gives much the same map (rank correlation {alike:.2f})."),
    ]
    grave = sorted((f for f in found if f[0]), key=lambda f: -f[0])
    badges: tuple[Badge, ...] = ("solid", "shaky", "unstable")
    return badges[max((g for g, _ in found), default=0)], tuple(sentence for _, sentence in grave)


def _grade(value: float, bounds: tuple[float, float]) -> int:
    """0 solid, 1 shaky, 2 unstable."""
    return sum(value > bound for bound in bounds)
