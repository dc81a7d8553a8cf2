"""What an explanation means, in a sentence. Plain text: it may quote the meme's own words, so it is never Markdown or HTML."""

from __future__ import annotations

import math

from gatedclip.types import Attribution, ModalityShares, Target

LEANS = 0.6  # from this share on a meme leans on one side
APART = 0.1  # gate and share this far apart are both said
STRONGEST = 3  # words named

DIRECTIONS: dict[Target, tuple[str, str]] = {
    "margin": ("towards hateful", "away from hateful"),
    "gate": ("towards the picture", "towards the words"),
}

_ROWS = ("upper", "middle", "lower")
_COLUMNS = ("left", "centre", "right")


def say_gate(gate: float, share: float) -> str:
    """What the head leans on, by the picture's norm-adjusted share; the gate too where it tells another story. Both 0..1."""
    if gate in (0.0, 1.0):
        return f"Looks at the {'picture' if gate else 'words'} only."
    sentence = _lean(share)
    if abs(gate - share) < APART:
        return f"{sentence}."
    side, weight = ("picture", gate) if gate >= 0.5 else ("words", 1 - gate)
    return f"{sentence}, though its gate gives the {side} {weight:.0%}."


def _lean(share: float) -> str:
    if share >= LEANS:
        return f"Leans on the picture ({share:.0%})"
    if share <= 1 - LEANS:
        return f"Leans on the words ({1 - share:.0%})"
    return f"Weighs picture and words about equally ({share:.0%} to {1 - share:.0%})"


def say_shares(shares: ModalityShares, threshold: float = 0.5) -> str:
    """Which half turns the verdict by the Shapley split of the margin, for a head that decides at `threshold`."""
    line = math.log(threshold / (1 - threshold)) if 0 < threshold < 1 else 0.0
    verdict = shares.margin >= line

    by_picture, by_words = ((shares.base + part >= line) == verdict for part in (shares.picture_alone, shares.words_alone))
    name, other = _name(verdict), _name(not verdict)
    if (shares.base >= line) == verdict:
        return _say_kept(by_picture, by_words, name, other)
    match by_picture, by_words:
        case True, True:
            return f"The picture alone would make it {name}, and so would the words."
        case True, False:
            return f"The picture alone makes it {name}."
        case False, True:
            return f"The words alone make it {name}."
    return f"Neither half alone: only together do they make it {name}."


def _say_kept(by_picture: bool, by_words: bool, name: str, other: str) -> str:
    """For a verdict that the reference memes have anyway: which half alone would have turned it."""
    match by_picture, by_words:
        case True, True:
            return f"Neither half is needed: memes are {name} to this head unless something speaks against it."
        case False, True:
            return f"The picture alone would make it {other}; with these words it is {name}."
        case True, False:
            return f"The words alone would make it {other}; with this picture it is {name}."
    return f"Either half alone would make it {other}: only together are they {name}."


def _name(hateful: bool) -> str:
    return "hateful" if hateful else "benign"


def say_attribution(attribution: Attribution) -> str:
    """Where the heat is strongest and which words count most, for those who cannot see the colours."""
    return f"{_say_picture(attribution)} {_say_words(attribution)}"


def _say_picture(attribution: Attribution) -> str:
    strength = abs(attribution.patches)
    if not strength.any():
        return "The picture does not count."
    side = len(strength)
    row, column = divmod(int(strength.argmax()), side)
    where = " ".join((_ROWS[row * 3 // side], _COLUMNS[column * 3 // side]))
    return f"The picture counts most at the {where}{_direction(attribution, attribution.patches[row, column])}."


def _say_words(attribution: Attribution) -> str:
    counted = sorted((w for w in attribution.words if w.value), key=lambda w: -abs(w.value))
    if not counted:
        return "No word counts."
    named = [f"“{w.text}”{_direction(attribution, w.value)}" for w in counted[:STRONGEST]]
    return f"Words that count most: {', '.join(named)}."


def _direction(attribution: Attribution, value: float) -> str:
    if not attribution.signed:
        return ""
    towards, away = DIRECTIONS[attribution.target]
    return f" ({towards if value > 0 else away})"


def say_trust(attribution: Attribution) -> str:
    """How the map was made and how exact it is."""
    compared = f"Method: {attribution.method}. Compared with {attribution.baseline}."
    if attribution.steps is None:
        return compared
    if attribution.completeness is None:
        return f"{compared} {attribution.steps} steps; the score hardly moves, so its completeness cannot be checked."
    return f"{compared} {attribution.steps} steps; the parts add up to the whole within {attribution.completeness:.1%}."
