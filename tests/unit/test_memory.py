"""Correction memory: votes worked out on paper, and what a setting may and may not do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatedclip.errors import DataError
from gatedclip.learn.memory import Effect, Memory, Recalled, Setting, choose, effect, kin, mixed, recall, unit

EAST, NORTH, WEST = [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]


def memory(vectors, hateful):
    return Memory(np.array(vectors), np.array(hateful, dtype=float), tuple(range(len(hateful))))


def test_the_same_meme_votes_with_all_its_weight():
    found = recall(memory([EAST], [1]), np.array([EAST]), Setting(neighbours=1))
    assert (found.vote.tolist(), found.reach.tolist(), found.rows.tolist()) == ([1.0], [1.0], [[0]])
    assert mixed(np.array([0.2]), found, 1.0).tolist() == [1.0]
    assert mixed(np.array([0.2]), found, 0.5) == pytest.approx([0.6])  # half way from 0.2 to 1


def test_votes_count_by_rank_and_similarity_by_hand():
    at60 = [0.5, np.sqrt(0.75)]  # cosine ½ with EAST
    found = recall(memory([at60, EAST], [0, 1]), np.array([EAST]), Setting(neighbours=2))
    assert found.rows.tolist() == [[1, 0]]
    assert found.vote == pytest.approx([(2 * 1.0 - 1 * 0.5) / 3])
    assert found.reach == pytest.approx([(2 * 1.0 + 1 * 0.5) / 3])
    floored = recall(memory([at60, EAST], [0, 1]), np.array([EAST]), Setting(floor=0.5, neighbours=2))
    assert floored.vote == pytest.approx([2 / 3])  # at the floor a neighbour says nothing


def test_far_from_everything_decided_the_head_speaks_alone():
    found = recall(memory([NORTH, WEST], [1, 1]), np.array([EAST, [0.0, 0.0]]), Setting(neighbours=5))
    assert found.reach.tolist() == [0.0, 0.0]
    assert mixed(np.array([0.3, 0.7]), found, 1.0).tolist() == [0.3, 0.7]


def test_an_empty_memory_changes_nothing():
    found = recall(Memory(np.zeros((0, 2)), np.zeros(0), ()), np.array([EAST]), Setting(1.0))
    assert mixed(np.array([0.3]), found, 1.0).tolist() == [0.3]
    assert found.rows.shape == (1, 0)


def test_a_split_decision_pulls_to_one_half():
    found = recall(memory([EAST], [0.5]), np.array([EAST]), Setting(neighbours=1))
    assert mixed(np.array([0.9]), found, 1.0).tolist() == [0.5]


def test_a_meme_and_its_family_do_not_speak_about_themselves():
    held = memory([EAST, EAST, NORTH], [1, 1, 0])
    apart = kin([0], ["f"], held, ["f", "f", ""])
    assert apart.tolist() == [[True, True, False]]
    assert kin([2], [""], held, ["f", "f", ""]).tolist() == [[False, False, True]]
    assert recall(held, np.array([EAST]), Setting(neighbours=2), apart).reach.tolist() == [0.0]


unit_vectors = st.integers(0, 2**32 - 1).map(lambda s: unit(np.random.default_rng(s).normal(size=(12, 4))))


@given(unit_vectors, st.floats(0, 1), st.floats(0, 0.99), st.integers(1, 20))
def test_a_mixed_score_is_a_probability_and_off_is_the_heads_own(vectors, mix, floor, neighbours):
    held = memory(vectors[:8], [n % 2 for n in range(8)])
    head = np.array([0.0, 0.3, 0.9, 1.0])
    found = recall(held, vectors[8:], Setting(mix, floor, neighbours))
    assert (np.abs(found.vote) <= found.reach + 1e-12).all()
    assert ((found.reach >= 0) & (found.reach <= 1 + 1e-12)).all()
    score = mixed(head, found, mix)
    assert ((score >= -1e-9) & (score <= 1 + 1e-9)).all()
    assert mixed(head, found, 0.0).tolist() == head.tolist()


@given(unit_vectors)
def test_neighbours_are_the_exact_nearest(vectors):
    found = recall(memory(vectors[:8], [0] * 8), vectors[8:], Setting(neighbours=3))
    assert np.sort(vectors[8:] @ vectors[:8].T, axis=1)[:, ::-1][:, :3] == pytest.approx(found.similarity)


def test_a_memory_that_knows_better_is_chosen_and_one_that_does_not_stays_off():
    query, truth = np.array([EAST, NORTH] * 10), np.array([1.0, 0.0] * 10)
    known, wrong_way = np.arange(20) < 10, np.where(truth == 1, 0.4, 0.6)
    knowing = choose(memory([EAST, NORTH], [1, 0]), query, wrong_way, truth, known)
    assert knowing.setting.mix == 1.0  # the votes are right; the nearer of two neighbours reaches 2/3
    assert (knowing.without, knowing.brier) == pytest.approx((0.36, (0.6 / 3) ** 2))
    assert len(knowing.tried) == 1 + 10 * 6 * 2
    mistaken = choose(memory([EAST, NORTH], [0, 1]), query, 1 - wrong_way, truth, known)
    assert (mistaken.setting, mistaken.brier) == (Setting(), pytest.approx(0.16))


def test_what_helps_the_decided_memes_may_spoil_little_of_what_the_head_knew():
    query = np.array([EAST, NORTH, EAST, NORTH])
    truth, head = np.array([0.0, 1.0, 1.0, 0.0]), np.array([0.1, 0.9, 0.4, 0.6])
    known = np.array([True, True, False, False])
    found = choose(memory([EAST, NORTH], [1, 0]), query, head, truth, known)
    assert found.without == pytest.approx((0.36 + 0.01) / 2)
    # with u = 2/3 mix the decided ones fall as (0.6 - 0.6 u)², the others rise as (0.1 + 0.9 u)²: least in all at u = 0.23, but
    # only up to 0.1 + 0.9 u = √0.02 they rise by no more than 0.01, at u = 0.046; a mix of 0.1 is too much
    assert found.setting == Setting()
    with_little_to_lose = choose(memory([EAST, NORTH], [1, 0]), query, np.array([0.0, 1.0, 0.4, 0.6]), truth, known)
    assert with_little_to_lose.setting.mix == 0.1  # (0.9 · 2/3 · 0.1)² = 0.0036, and 0.0144 with 0.2


def test_an_effect_by_hand():
    truth = np.array([1.0, 0.0])
    found = effect(truth, (np.array([0.4, 0.6]), 0.5), (np.array([0.9, 0.6]), 0.7))
    assert found == Effect(2, (pytest.approx(0.36), pytest.approx(0.185)), (0.0, 1.0), (0.0, 1.0))


def test_a_part_with_one_label_and_columns_of_different_length_are_refused():
    with pytest.raises(DataError, match="choose the mix"):
        choose(memory([EAST], [1]), np.array([EAST]), np.array([0.5]), np.array([1.0]), np.array([True]))
    with pytest.raises(DataError, match=r"columns of \[1, 2\] rows"):
        Memory(np.zeros((2, 3)), np.zeros(1), (1,))


def test_unit_rows_have_length_one_and_zeros_stay_zeros():
    assert unit(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist() == [[0.6, 0.8], [0.0, 0.0]]
    assert isinstance(recall(memory([EAST], [1]), unit(np.array([[2.0, 0.0]])), Setting()), Recalled)
