import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatedclip.data.families import families, split_by_family
from gatedclip.errors import DataError


def test_a_shared_picture_or_a_shared_text_links_over_any_number_of_steps():
    pictures = ["p1", "p2", "p2", "p3", "p4", "p5"]
    texts = ["One!", "one", "two", "three", "TWO", "six"]
    assert families(pictures, texts) == [0, 0, 0, 1, 0, 2]


def test_texts_without_letters_link_nothing():
    assert families(["a", "b", "c"], ["", "🙂", "🙂"]) == [0, 1, 2]
    assert families(["", ""], ["", ""]) == [0, 1]
    assert families([], []) == []


MEMES = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["", "x", "y", "z", "X!", "w", "v", "u"])), max_size=40)


@given(MEMES)
def test_linked_memes_share_a_family_whatever_their_order(memes):
    pictures, texts = [m[0] for m in memes], [m[1] for m in memes]
    of = families(pictures, texts)
    for i, (picture, text) in enumerate(memes):
        for j in range(i):
            if picture == memes[j][0] or (text and text.strip("!").lower() == memes[j][1].strip("!").lower()):
                assert of[i] == of[j]
    backwards = families(pictures[::-1], texts[::-1])[::-1]
    assert len(set(zip(of, backwards, strict=True))) == len(set(of)) == len(set(backwards))


@given(
    st.lists(st.integers(0, 12), max_size=60),
    st.integers(0, 2**31),
    st.sampled_from([(1.0,), (0.8, 0.1, 0.1), (0.5, 0.5), (0.0, 1.0)]),
)
def test_no_family_is_cut_and_every_meme_has_one_place(of, seed, fractions):
    parts = split_by_family(of, fractions, seed)
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(of)))
    found = [{of[index] for index in part} for part in parts]
    assert sum(map(len, found)) == len(set(of))
    largest = max((of.count(family) for family in of), default=0)
    for part, fraction in zip(parts, fractions, strict=True):
        assert len(part) <= fraction * len(of) + largest


def test_single_memes_are_split_exactly_and_by_the_seed_alone():
    of = list(range(1_000))
    parts = split_by_family(of, (0.8, 0.1, 0.1), seed=3)
    assert [len(part) for part in parts] == [800, 100, 100]
    again, other = split_by_family(of, (0.8, 0.1, 0.1), seed=3), split_by_family(of, (0.8, 0.1, 0.1), seed=4)
    assert all(np.array_equal(a, b) for a, b in zip(parts, again, strict=True))
    assert not np.array_equal(parts[2], other[2])


@pytest.mark.parametrize("fractions", [(), (0.5, 0.4), (1.2, -0.2)])
def test_parts_that_do_not_add_up_are_refused(fractions):
    with pytest.raises(DataError, match="add up to 1"):
        split_by_family([0, 1], fractions, seed=0)
