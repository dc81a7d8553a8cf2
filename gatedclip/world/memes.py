"""Memes of MemeWorld: each drawn and judged by the world's own rules, and rebuilt from nothing but its address."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import count

from PIL import Image

from gatedclip.errors import InputError
from gatedclip.types import Label
from gatedclip.world import captions
from gatedclip.world.drawings import LOOK_ALIKES, MEAN_SYMBOLS, NEUTRAL
from gatedclip.world.scenes import Box, Scene, compose
from gatedclip.world.themes import CLOSERS, INSULTS, NEUTRALS, OPENERS, THEMES, Theme

TRUTHS = ("picture", "words", "together", "neither")
CAPTION_SPACES = 5  # seeds that differ modulo this number never share a caption

_ADDRESS = re.compile(r"world-(0|[1-9]\d{0,8})-(0|[1-9]\d{0,8})-(\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class WorldMeme:
    """A meme with the truth behind its label."""

    address: str
    text: str
    label: Label
    truth: str  # which part decides: picture, words, together, neither
    theme: str
    family: str  # memes sharing a picture or a caption
    box: Box | None  # where the deciding thing stands; None where the picture decides nothing
    words: tuple[str, ...]  # the deciding words as they stand in the text; empty where the words decide nothing
    scene: Scene

    def draw(self, size: int = 448, oversample: int = 2) -> Image.Image:
        """The meme as people see it, caption included: RGB, `size` pixels a side."""
        picture = self.scene.draw(size, oversample)
        captions.write(picture, self.text)
        return picture


@dataclass(frozen=True, slots=True)
class _Caption:
    text: str
    words: tuple[str, ...]


def at(address: str) -> WorldMeme:
    """The meme that lives at this address, the same every time and on every machine."""
    match = _ADDRESS.fullmatch(address)
    memes = family(int(match[1]), int(match[2])) if match else []
    if not match or int(match[3]) >= len(memes):
        raise InputError(
            f"{address!r} is not an address of MemeWorld; they look like world-7-42-0. Take one from a meme's record."
        )
    return memes[int(match[3])]


def families(seed: int, themes: Collection[str] = tuple(THEMES)) -> Iterator[list[WorldMeme]]:
    """Families of this seed one after another, without end, as far as they belong to the given themes."""
    wanted = set(themes)
    return (family(seed, number) for number in count() if theme_of(number) in wanted)


def collection(seed: int, n: int, themes: Collection[str] = tuple(THEMES)) -> list[WorldMeme]:
    """Exactly `n` memes in whole families that share no caption with one another. InputError for fewer than none."""
    if n < 0:
        raise InputError(f"{n} memes were asked for; ask for 0 or more.")
    memes: list[WorldMeme] = []
    captions_seen: set[str] = set()
    for members in families(seed, themes):
        texts = {meme.text for meme in members}
        if len(memes) + len(members) <= n and not texts & captions_seen:
            captions_seen |= texts
            memes += members
        if len(memes) == n:
            return memes
    raise AssertionError("families never end")


def theme_of(number: int) -> str:
    """The theme of a family by its number: they take turns."""
    return tuple(THEMES)[number % len(THEMES)]


def family(seed: int, number: int) -> list[WorldMeme]:
    """The members of one family."""
    rng = random.Random(f"memeworld {seed} {number}")
    theme = THEMES[theme_of(number)]
    kind = rng.choices(tuple(_KINDS), weights=tuple(weight for _, weight in _KINDS.values()))[0]
    build, _ = _KINDS[kind]
    name = f"world-{seed}-{number}"
    halves = build(rng, seed, theme)
    return [
        WorldMeme(
            address=f"{name}-{member}",
            text=caption.text,
            label=Label.HATEFUL if mean else Label.BENIGN,
            truth=kind.split()[0],
            theme=theme.name,
            family=name,
            box=scene.box if kind in ("picture", "together") else None,
            words=caption.words if kind in ("words", "together") else (),
            scene=scene,
        )
        for member, (scene, caption, mean) in enumerate(halves)
    ]


Half = tuple[Scene, _Caption, bool]  # picture, words, and whether they are mean


def _together(rng: random.Random, seed: int, theme: Theme) -> list[Half]:
    """Two pictures by two captions: each half is in one mean and one kind meme."""
    good = _about(rng, theme.good)
    bad = good.showing(theme.bad)
    praise, denial = _say(rng, seed, theme.praise), _say(rng, seed, theme.denial)
    block = [(good, praise, False), (bad, praise, True), (good, denial, True), (bad, denial, False)]
    rng.shuffle(block)
    return block


def _picture(rng: random.Random, seed: int, theme: Theme) -> list[Half]:
    """One mean picture under neutral words; the theme is only seen in passing."""
    scene = _about(rng, rng.choice(MEAN_SYMBOLS), rng.choice((theme.good, theme.bad)))
    return [(scene, _say(rng, seed, NEUTRALS), True) for _ in range(rng.randint(1, 3))]


def _words(rng: random.Random, seed: int, theme: Theme) -> list[Half]:
    """One insult under any harmless picture."""
    insult = _say(rng, seed, INSULTS)
    return [(_harmless(rng, theme), insult, True) for _ in range(rng.randint(1, 3))]


def _neither_plain(rng: random.Random, seed: int, theme: Theme) -> list[Half]:
    """Neutral words under one harmless picture."""
    scene = _harmless(rng, theme)
    return [(scene, _say(rng, seed, NEUTRALS), False) for _ in range(rng.randint(1, 3))]


def _neither_loaded(rng: random.Random, seed: int, theme: Theme) -> list[Half]:
    """Praise or denial that finds nothing to refer to in the picture."""
    caption = _say(rng, seed, rng.choice((theme.praise, theme.denial)))
    return [(_about(rng, rng.choice(NEUTRAL + LOOK_ALIKES)), caption, False) for _ in range(rng.randint(1, 3))]


_KINDS: dict[str, tuple[Callable[[random.Random, int, Theme], list[Half]], float]] = {
    # Weights are families; a together family has four members, the others two on average. In memes: 64 % together,
    # 6.5 % picture, 7 % words, 22.5 % neither, so that 45 % are mean and neither half alone says much.
    "together": (_together, 0.16),
    "picture": (_picture, 0.0325),
    "words": (_words, 0.035),
    "neither plain": (_neither_plain, 0.0675),
    "neither loaded": (_neither_loaded, 0.045),
}


def _harmless(rng: random.Random, theme: Theme) -> Scene:
    main = rng.choice((theme.good, theme.bad)) if rng.random() < 0.7 else rng.choice(NEUTRAL + LOOK_ALIKES)
    return _about(rng, main)


def _about(rng: random.Random, main: str, *beside: str) -> Scene:
    """A scene about one thing, with a few neutral ones (and those named) beside it."""
    neutral = [name for name in NEUTRAL if name != main]
    return compose(rng, main, [*beside, *rng.sample(neutral, rng.randint(1, 3))])


def _say(rng: random.Random, seed: int, sentences: tuple[str, ...]) -> _Caption:
    """One of the sentences between an opener and a closer that only seeds of the same caption space combine."""
    sentence = rng.choice(sentences)
    opener = rng.randrange(len(OPENERS))
    closer = rng.randrange(len(CLOSERS) // CAPTION_SPACES) * CAPTION_SPACES + (seed - opener) % CAPTION_SPACES
    text = " ".join(part for part in (OPENERS[opener], sentence.replace("*", ""), CLOSERS[closer]) if part)
    return _Caption(text, tuple(re.findall(r"\*([^*]+)\*", sentence)))
