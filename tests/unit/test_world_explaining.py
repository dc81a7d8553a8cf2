from dataclasses import replace

import numpy as np
import pytest
import torch
from explaining import attribution

from gatedclip.model.checkpoint import TrainedHead
from gatedclip.model.familiar import Familiar
from gatedclip.types import Label, Marks, Rationale
from gatedclip.world.explaining import (
    bare,
    called,
    controls,
    decisive,
    hit,
    marked_elsewhere,
    mean,
    named,
    off_centre,
    pointed,
    run,
    table,
    telling,
    truth_marked,
)
from gatedclip.world.memes import WorldMeme

BOX = (0.5, 0.25, 1.0, 0.75)


def one_hot(row, column, value=1.0):
    grid = np.zeros((4, 4))
    grid[row, column] = value
    return grid


@pytest.mark.parametrize(("cell", "inside"), [((1, 2), True), ((2, 3), True), ((0, 2), False), ((1, 1), False), ((3, 3), False)])
def test_the_strongest_patch_points_by_its_middle_whatever_its_sign(cell, inside):
    assert pointed(attribution(one_hot(*cell, value=-2)), BOX) == inside


def test_pointing_undoes_the_geometry_of_the_preprocessing():
    letterboxed = attribution(one_hot(0, 0), frame=(0, -0.5, 1, 1.5))  # the first patch lies above the picture
    assert not pointed(letterboxed, (0, 0, 1, 1))
    assert pointed(letterboxed, (0, -0.5, 0.25, 0))


def test_a_word_is_named_without_case_and_punctuation():
    found = attribution([[1]], [("You", 0.1), ("STINK,", -3), ("today", 2)])
    assert named(found, {"stink"})
    assert not named(found, {"today"})
    assert not named(attribution([[1]]), {"stink"})
    assert bare("“Don't!”") == "don't"


@pytest.mark.parametrize(
    ("theme", "truth", "text", "marked", "words"),
    [
        ("smell", "together", "oh look, love the way you smell", ("love",), {"love", "smell"}),  # the way: "nothing like the way"
        ("smell", "together", "you would never smell like this at the office", ("never",), {"would", "never", "smell"}),
        ("smell", "words", "honestly, you are a useless fool my friend", ("useless", "fool"), {"useless", "fool"}),
    ],
)
def test_a_word_tells_that_nothing_else_would_use(theme, truth, text, marked, words):
    meme = WorldMeme("", text, Label.HATEFUL, truth, theme, "", BOX, marked, decisive(1)[0].scene)
    assert telling(meme) == words


def test_a_thing_is_off_centre_where_it_leaves_the_middle_free():
    scene = decisive(1)[0].scene

    def placed(x, y, size):
        return replace(decisive(1)[0], scene=replace(scene, things=(replace(scene.things[0], x=x, y=y, size=size),)))

    assert not off_centre(placed(0.3, 0.5, 0.42))
    assert off_centre(placed(0.28, 0.5, 0.42))


@pytest.mark.parametrize(
    ("patches", "word", "half"),
    [([[2.0]], 0.9, "picture"), ([[2.0]], -1.0, "together"), ([[-0.2]], 1.0, "words"), ([[1.0]], 1.9, "together")],
)
def test_a_map_calls_the_half_with_the_larger_sum(patches, word, half):
    assert called(attribution(patches, [("a", word)])) == half


def test_a_hit_needs_all_that_decides():
    assert hit({"pointing": 1.0, "word": 1.0})
    assert not hit({"pointing": 1.0, "word": 0.0})
    assert hit({"word": 1.0, "energy": 0.0})


def test_controls_have_the_shape_of_a_map_and_know_nothing_of_it():
    real = attribution(one_hot(0, 0), [("a", 5.0), ("b", 0.0), ("c", 0.0)])
    noise, blob = controls(real, "world-3-1-0")
    assert noise.patches.shape == blob.patches.shape == (4, 4)
    assert (noise.patches == next(controls(real, "world-3-1-0")).patches).all()
    assert (noise.patches != next(controls(real, "world-3-1-1")).patches).any()
    assert blob.patches.argmax() in (5, 6, 9, 10)
    assert max(blob.words, key=lambda w: w.value).text == "b"


def test_a_mean_has_an_interval_around_it():
    found = mean([0.0, 1.0] * 200)
    assert found.value == 0.5
    assert found.low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.005)
    assert found.high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.005)
    assert mean([2.0]).low == mean([2.0]).high == 2


def test_only_memes_in_which_something_decides_are_asked_about():
    memes = decisive(40)
    assert len(memes) == 40
    assert all(meme.box or meme.words for meme in memes)
    assert {meme.truth for meme in memes} <= {"picture", "words", "together"}


def test_marks_of_the_truth_and_marks_elsewhere_are_as_large_and_share_nothing():
    text, box = "honestly, you are a useless fool my friend", (0.5, 0.25, 0.75, 0.5)
    meme = WorldMeme("", text, Label.HATEFUL, "words", "smell", "", box, ("useless", "fool"), decisive(1)[0].scene)
    assert truth_marked(meme) == Marks((box,), (4, 5), Rationale.WORDS)
    assert marked_elsewhere(meme) == Marks(((0.0, 0.75, 0.25, 1.0),), (0, 1), Rationale.PICTURE)


def test_every_method_and_control_is_in_the_table(tiny_encoder):
    from explaining import head_for

    vectors = torch.nn.functional.normalize(torch.randn(8, 16, generator=torch.Generator().manual_seed(0)), dim=1)
    trained = TrainedHead(head_for(tiny_encoder), "tiny", 0.5, Familiar(vectors, vectors, torch.ones(2)), {})
    told = []
    outcome = run(tiny_encoder, trained, 2, 1, lambda fraction, message: told.append(fraction))
    assert [row.method for row in outcome.rows] == [
        "quick", "integrated gradients", "leave one out", "kernel shap", "quick, shuffled head",
        "integrated gradients, shuffled head", "random map", "centre blob", "ledger (head only)",
    ]  # fmt: skip
    assert all(0 <= row.marks["modality"].value <= 1 for row in outcome.rows)
    assert set(outcome.badges) == {"quick", "integrated gradients"}
    assert all(sum(n for _, n in badges.values()) == 1 for badges in outcome.badges.values())
    assert told == [0, 0.5]
    assert all(flagged.missed["half"][1] == flagged.missed["any"][1] <= outcome.right for flagged in outcome.flags)
    assert table(outcome).count("\n| ") >= 7
