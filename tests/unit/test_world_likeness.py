"""The measurement of copies on a few memes; on real ones too where GATEDCLIP_TEST_REAL_MEMES names a folder of them."""

import os

import numpy as np
import pytest
from PIL import Image

from gatedclip.errors import ConfigError
from gatedclip.world.likeness import MOVED, OTHER_THING, RECAPTIONED, STRANGERS, Line, Pair, copies, measure, relabelled, table

REAL = os.environ.get("GATEDCLIP_TEST_REAL_MEMES", "")


def test_pairs_are_counted_by_kind_and_either_hash_may_find_them():
    pairs = [
        Pair("JPEG 30", whole=40, bare=257, words=True),
        Pair("JPEG 30", whole=41, bare=48, words=False),
        Pair("JPEG 30", whole=41, bare=49, words=True),
        Pair(STRANGERS, whole=0, bare=0, words=False),
    ]
    assert table("here", pairs, within=(40, 48)) == [
        Line("here", "JPEG 30", different=False, n=3, whole=1, both=2, words=2),
        Line("here", STRANGERS, different=True, n=1, whole=1, both=1, words=0),
    ]


def test_copies_have_the_sizes_they_are_named_after():
    sizes = {kind: copy.size for kind, copy in copies(Image.new("RGB", (400, 200))).items()}
    assert sizes == {
        **dict.fromkeys(("JPEG 70", "JPEG 50", "JPEG 30", "mirrored"), (400, 200)),
        "resized to 50%": (200, 100),
        "resized to 150%": (600, 300),
        "cropped by 5%": (380, 190),
        "cropped by 10%": (360, 180),
        "cropped by 20%": (320, 160),
    }


def test_other_words_are_written_over_the_old_ones_only():
    picture = Image.new("RGB", (200, 100), "red")
    made = np.asarray(relabelled(picture, np.array([[[20.0, 10], [180, 10], [180, 40], [20, 40]]]), "new words"))
    assert (made[45:] == (255, 0, 0)).all()
    assert (made[10:41, 20:181] != (255, 0, 0)).any(-1).all()
    assert (made[10:41, 20:181] == 0).all(-1).any()


def test_each_meme_meets_its_copies_and_every_other_meme():
    lines = measure(lambda fraction, message: None, real="", sample=3)
    assert {line.kind: line.n for line in lines if line.different} == {OTHER_THING: 3, MOVED: 3, STRANGERS: 3}
    assert len(lines) == 13
    found = {line.kind: line.both for line in lines}
    assert (found["JPEG 50"], found[STRANGERS]) == (3, 0)
    assert found[RECAPTIONED] >= 2


def test_a_folder_without_memes_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"holds no \.jsonl file"):
        measure(lambda fraction, message: None, real=str(tmp_path), sample=1)


@pytest.mark.skipif(not REAL, reason="GATEDCLIP_TEST_REAL_MEMES names no folder of real memes")
def test_real_memes_saved_again_are_recognised_and_strangers_are_not():
    lines = measure(lambda fraction, message: None, real=REAL, sample=6)
    lines = {line.kind: line for line in lines if line.source == "real memes"}
    assert lines["JPEG 50"].both == lines["resized to 150%"].both == 6
    assert (lines[STRANGERS].n, lines[STRANGERS].both) == (15, 0)
