import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageOps

from gatedclip.data import likeness as alike
from gatedclip.data.images import to_jpeg
from gatedclip.data.likeness import Relation, clusters, distances, likeness_of, near, relation, same_words, without_writing
from gatedclip.types import Likeness
from gatedclip.world.memes import collection

NO_WRITING = np.empty((0, 4, 2))
ZERO, ONES = bytes(32), b"\xff" * 32


def nowhere(jpeg):
    return NO_WRITING


def box(left, top, right, bottom):
    return np.array([[[left, top], [right, top], [right, bottom], [left, bottom]]], dtype=float)


def bits(n, start=0):
    """A hash whose bits from `start` on, n of them, are set."""
    return np.packbits([start <= i < start + n for i in range(256)]).tobytes()


def hashed(whole, bare, whole_quality=100, bare_quality=100, mirrored=ONES + ONES):
    return Likeness(whole + bare, mirrored, (whole_quality, bare_quality))


# --- hashing ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scene():
    return collection(5, 8)[0].scene.draw()


def test_a_copy_saved_smaller_and_worse_is_near_and_another_picture_is_not(scene):
    out = io.BytesIO()
    scene.resize((224, 224)).save(out, "JPEG", quality=30)
    others = [likeness_of(to_jpeg(meme.scene.draw()), nowhere) for meme in collection(6, 12)]
    here = likeness_of(to_jpeg(scene), nowhere)
    assert list(near([here], [*others, likeness_of(out.getvalue(), nowhere)])) == [[len(others)]]


def test_a_mirrored_copy_is_near_though_its_bits_are_not(scene):
    here, there = (likeness_of(to_jpeg(p), nowhere) for p in (scene, ImageOps.mirror(scene)))
    assert list(near([here], [there])) == list(near([there], [here])) == [[0]]
    assert distances(*(np.frombuffer(one.upright[:32], np.uint8)[None] for one in (here, there))).item() > 100


def test_a_picture_without_writing_is_hashed_alike_twice(scene):
    one = likeness_of(to_jpeg(scene), nowhere)
    assert one.upright[:32] == one.upright[32:]
    assert one.mirrored[:32] == one.mirrored[32:]
    assert one.qualities[0] == one.qualities[1]


def test_a_featureless_picture_is_never_searched_for_writing_and_resembles_nothing_not_even_itself():
    def refuse(jpeg):
        raise RuntimeError("was searched")

    plain = likeness_of(to_jpeg(Image.new("RGB", (200, 100), "red")), refuse)
    assert plain.qualities == (0, 0)
    assert list(near([plain], [plain])) == [[]]


def test_other_words_in_the_same_box_leave_the_bare_hash_as_it_was(scene):
    panel = box(100, 20, 300, 60)
    white, black = scene.copy(), scene.copy()
    white.paste("white", (100, 20, 300, 60))
    black.paste("black", (100, 20, 300, 60))
    hashes = [likeness_of(to_jpeg(picture), lambda _: panel) for picture in (white, black)]
    one, other = (np.frombuffer(one.upright, np.uint8).reshape(2, 32) for one in hashes)
    assert distances(one, other)[1, 1] <= 4  # the ringing of JPEG beyond the box
    assert distances(one, other)[0, 0] > 10


def test_importing_the_module_loads_neither_pdq_nor_scipy():
    code = "import sys, gatedclip.data.likeness; print('pdqhash' in sys.modules, 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False False\n"


# --- painting the caption away ------------------------------------------------------------------------------------


def test_writing_takes_the_colour_around_it():
    picture = np.full((64, 64, 3), 200, np.uint8)
    picture[20:30, 20:40] = 0
    assert (without_writing(picture, box(20, 20, 40, 30)) == 200).all()


def test_what_lies_outside_the_grown_boxes_stays():
    picture = np.random.default_rng(0).integers(0, 256, (61, 47, 3), dtype=np.uint8)  # odd sides
    painted = without_writing(picture, box(10, 20, 30, 40))
    outside = np.ones((61, 47), dtype=bool)
    outside[17:44, 7:34] = False  # the box and 0.15 of its 20 rows around it
    assert (painted[outside] == picture[outside]).all()
    assert (painted[~outside] != picture[~outside]).any()


def test_an_unknown_cell_takes_the_mean_of_the_nearest_known_cells():
    known = np.array([[True, False], [True, True]])
    values = np.array([[[10.0], [99]], [[20], [30]]])
    assert alike._filled(values, known).tolist() == [[[10], [20]], [[20], [30]]]


def test_a_picture_that_is_all_writing_becomes_grey():
    assert (without_writing(np.zeros((20, 20, 3), np.uint8), box(0, 0, 19, 19)) == 127).all()


# --- comparing ----------------------------------------------------------------------------------------------------


def test_distances_count_differing_bits():
    some = np.frombuffer(ZERO + bits(7), np.uint8).reshape(2, 32)
    others = np.frombuffer(ZERO + ONES + bits(3, start=4), np.uint8).reshape(3, 32)
    assert distances(some, others).tolist() == [[0, 256, 3], [7, 249, 4]]


def test_each_threshold_is_the_last_distance_that_counts():
    here = hashed(ZERO, ZERO, mirrored=bits(128, 60) * 2)
    others = [hashed(bits(whole), bits(bare)) for whole, bare in ((6, 99), (7, 99), (99, 8), (99, 9))]
    assert list(near([here], others, within=(6, 8))) == [[0, 2]]


def test_either_the_whole_or_the_bare_picture_may_be_near_but_not_one_against_the_other():
    here = hashed(ZERO, bits(128), mirrored=bits(128, 60) * 2)
    assert list(near([here], [hashed(ZERO, ONES), hashed(bits(100), bits(128)), hashed(bits(128), ZERO)])) == [[0, 1]]


def test_a_hash_of_low_quality_is_not_compared():
    here = hashed(ZERO, ZERO)
    others = [hashed(ZERO, ZERO, 49, 49), hashed(ZERO, ZERO, 50, 49), hashed(ZERO, ZERO, 49, 50), hashed(ZERO, ZERO)]
    assert list(near([here], others)) == [[1, 2, 3]]
    assert list(near([others[0]], others)) == [[]]


def test_more_pictures_than_are_compared_at_once_are_each_found():
    rng = np.random.default_rng(0)
    many = [hashed(rng.bytes(32), rng.bytes(32), mirrored=rng.bytes(64)) for _ in range(100)]
    assert list(near(many, many)) == [[n] for n in range(100)]
    assert list(near([], many)) == []
    assert list(near(many[:1], [])) == [[]]


def test_clusters_link_over_any_number_of_steps():
    chain = [hashed(bits(n), bits(n, 1)) for n in (0, 200, 30, 60)]
    assert clusters(chain) == [0, 1, 0, 0]
    assert clusters([]) == []


# --- rules --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Love you!", "love  YOU", True),
        ("love you", "hate you", False),
        ("", "", True),
        ("🙂", "🙁", False),
        ("🙂", "🙂", True),
        ("words", "", False),
    ],
)
def test_words_are_the_same_whatever_their_case_and_punctuation(one, other, same):
    assert same_words(one, other) is same


@pytest.mark.parametrize(
    ("same_file", "same_picture", "other", "what"),
    [
        (True, True, "One!", Relation.EXACT),
        (True, False, "One!", Relation.EXACT),  # a plain surface is not near itself, but its file is its file
        (False, True, "One!", Relation.DUPLICATE),
        (True, True, "two", Relation.FAMILY),
        (False, True, "two", Relation.FAMILY),
        (False, False, "One!", Relation.UNRELATED),
    ],
)
def test_the_same_picture_and_the_same_words_make_a_copy_and_other_words_a_family(same_file, same_picture, other, what):
    assert relation(same_file, same_picture, "one", other) is what
