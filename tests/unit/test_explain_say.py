from dataclasses import replace

import numpy as np
import pytest
from explaining import attribution

from gatedclip.explain.say import say_attribution, say_gate, say_shares, say_trust
from gatedclip.types import ModalityShares


@pytest.mark.parametrize(
    ("gate", "share", "sentence"),
    [
        (0.72, 0.72, "Leans on the picture (72%)."),
        (0.3, 0.25, "Leans on the words (75%)."),
        (0.52, 0.5, "Weighs picture and words about equally (50% to 50%)."),
        (0.4, 0.8, "Leans on the picture (80%), though its gate gives the words 60%."),
        (1.0, 1.0, "Looks at the picture only."),
        (0.0, 0.0, "Looks at the words only."),
    ],
)
def test_the_gate_in_a_sentence(gate, share, sentence):
    assert say_gate(gate, share) == sentence


def shares(alone_picture, alone_words, interaction, base):
    margin = base + alone_picture + alone_words + interaction
    return ModalityShares(alone_picture + interaction / 2, alone_words + interaction / 2, interaction, base, margin, 0.01)


@pytest.mark.parametrize(
    ("alone_picture", "alone_words", "interaction", "base", "sentence"),
    [
        (0.5, 0.5, 3, -2, "Neither half alone: only together do they make it hateful."),
        (3, 0, 0, -2, "The picture alone makes it hateful."),
        (0, 3, 0, -2, "The words alone make it hateful."),
        (3, 3, 0, -2, "The picture alone would make it hateful, and so would the words."),
        (-3, 0, 0, 2, "The picture alone makes it benign."),
        (0, 0, 0, -2, "Neither half is needed: memes are benign to this head unless something speaks against it."),
    ],
)
def test_which_half_turns_the_verdict(alone_picture, alone_words, interaction, base, sentence):
    assert say_shares(shares(alone_picture, alone_words, interaction, base)) == sentence


def test_the_heads_own_threshold_decides_what_hateful_means():
    assert say_shares(shares(1, 0, 0, -2)).startswith("Neither half is needed: memes are benign")
    assert say_shares(shares(-2, 3, 2, 1)) == "The picture alone would make it benign; with these words it is hateful."
    assert say_shares(shares(3, -2, 2, 1)) == "The words alone would make it benign; with this picture it is hateful."
    assert say_shares(shares(-2, -2, 5, 1)) == "Either half alone would make it benign: only together are they hateful."
    assert say_shares(shares(1, 0, 0, -2), threshold=0.2) == "The picture alone makes it hateful."  # margin -1 is 0.27


def test_where_and_which_words_for_those_who_cannot_see_the_colours():
    patches = np.zeros((7, 7))
    patches[6, 0] = -2
    found = attribution(patches, [("a", 0.1), ("b", -0.5), ("c", 0), ("d", 0.3), ("e", 0.01)])
    assert say_attribution(found) == (
        "The picture counts most at the lower left (away from hateful). "
        "Words that count most: “b” (away from hateful), “d” (towards hateful), “a” (towards hateful)."
    )
    assert say_attribution(attribution(np.zeros((7, 7)), signed=False)) == "The picture does not count. No word counts."


def test_a_map_of_the_gate_points_to_picture_or_words():
    found = replace(attribution([[2]], [("a", -0.5)]), target="gate")
    assert say_attribution(found) == (
        "The picture counts most at the upper left (towards the picture). Words that count most: “a” (towards the words)."
    )


def test_how_exact_the_map_is():
    exact = attribution([[1]], completeness=0.0312, steps=16)
    assert say_trust(exact) == (
        "Method: integrated gradients. Compared with x. 16 steps; the parts add up to the whole within 3.1%."
    )
    assert "cannot be checked" in say_trust(attribution([[1]], steps=8))
    assert say_trust(attribution([[1]], signed=False)) == "Method: quick. Compared with x."
