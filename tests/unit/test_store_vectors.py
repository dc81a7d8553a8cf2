import numpy as np
import pytest

from gatedclip.errors import NotFound, StoreError

ROWS = np.array([[1, 2], [3, 4], [0.5, -0.25]], dtype=np.float32)  # all exact in float16


def test_vectors_come_back_in_the_order_asked_repeats_included(store):
    store.vectors.put("demo", "picture", ["a", "b", "c"], ROWS)
    got = store.vectors.get("demo", "picture", ["c", "a", "c"])
    assert got.dtype == np.float32
    assert got.tolist() == [[0.5, -0.25], [1, 2], [0.5, -0.25]]


def test_more_keys_than_fit_one_query_come_back_right(store):
    keys = [f"k{i}" for i in range(2_345)]
    array = np.arange(2_345, dtype=np.float32)[:, None] % 1_024
    store.vectors.put("demo", "words", keys, array)
    assert np.array_equal(store.vectors.get("demo", "words", keys[::-1]), array[::-1])
    assert store.vectors.missing("demo", "words", ["x", *keys, "y", "x"]) == ["x", "y"]


def test_encoders_and_kinds_never_mix(store):
    store.vectors.put("demo", "picture", ["a"], ROWS[:1])
    assert store.vectors.missing("demo", "mirrored", ["a"]) == ["a"]
    assert store.vectors.missing("other", "picture", ["a"]) == ["a"]
    with pytest.raises(NotFound, match="1 of 1 picture vectors"):
        store.vectors.get("other", "picture", ["a"])


def test_missing_vectors_are_counted(store):
    store.vectors.put("demo", "picture", ["a"], ROWS[:1])
    with pytest.raises(NotFound, match="2 of 3 picture vectors"):
        store.vectors.get("demo", "picture", ["a", "x", "y"])


def test_putting_a_key_again_replaces_its_vector(store):
    store.vectors.put("demo", "picture", ["a", "b"], ROWS[:2])
    store.vectors.put("demo", "picture", ["a", "a"], ROWS[1:])
    assert store.vectors.get("demo", "picture", ["a", "b"]).tolist() == [[0.5, -0.25], [3, 4]]


def test_no_keys_give_an_empty_array(store):
    store.vectors.put("demo", "picture", [], np.empty((0, 4)))
    assert store.vectors.get("demo", "picture", []).shape == (0, 0)


@pytest.mark.parametrize("array", [np.ones(2), np.ones((3, 2)), np.full((2, 2), np.nan), np.full((2, 2), 1e6)])
@pytest.mark.filterwarnings("ignore:overflow")
def test_what_float16_or_the_keys_cannot_hold_is_refused(store, array):
    with pytest.raises(StoreError):
        store.vectors.put("demo", "picture", ["a", "b"], array)
    assert store.vectors.missing("demo", "picture", ["a", "b"]) == ["a", "b"]
