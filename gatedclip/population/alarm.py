"""The alarm of a gate that no longer weighs: a rule on the gates of many memes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ENOUGH = 30  # memes below which a spread says little: its 95 % interval is then wider than 0.8 to 1.3 times itself
STILL = 0.05  # standard deviation: a fifth of the paper's 0.25, and less than a person sees on the bar of a meme
PINNED = 0.05  # at a gate this near 0 or 1 the other half keeps a twentieth of the weight
MOST = 0.9  # share of memes pinned to one side: the exceptions are then too few to call it weighing


@dataclass(frozen=True, slots=True)
class Collapse:
    """Whether the gate of a head still weighs, and what was seen."""

    alarm: bool
    sentence: str


def collapse(gate: np.ndarray) -> Collapse:
    """Judges gates (N,) 0..1 of many memes: stuck at one value, or pinned to one half nearly always, is an alarm."""
    if len(gate) < ENOUGH:
        return Collapse(False, f"{len(gate):,} memes are too few to tell whether the gate still weighs; {ENOUGH} are needed.")
    mean, deviation = float(gate.mean()), float(gate.std())
    on_words, on_picture = float((gate <= PINNED).mean()), float((gate >= 1 - PINNED).mean())
    for half, other, share in (("words", "picture", on_words), ("picture", "words", on_picture)):
        if share >= MOST:
            return Collapse(
                True,
                f"The gate has collapsed onto the {half}: on {share:.0%} of these memes the {other} keeps at most {PINNED:.0%} "
                f"of the weight. The head hardly reads the {other} any more.",
            )
    if deviation < STILL:
        return Collapse(
            True,
            f"The gate has stopped weighing: it stays near {mean:.2f} whatever the meme (standard deviation {deviation:.3f}, "
            f"below {STILL}). A fixed mixture would do the same.",
        )
    return Collapse(
        False,
        f"The gate weighs: mean {mean:.2f}, standard deviation {deviation:.2f}; pinned to the words on {on_words:.0%} of these "
        f"memes and to the picture on {on_picture:.0%}.",
    )
