from gatedclip.types import Likeness


def likeness(n):
    return Likeness(bytes([n % 256]) * 64, bytes([255 - n % 256]) * 64, (n % 101, 100 - n % 101))


def test_likenesses_come_back_by_picture_and_those_not_stored_are_left_out(store):
    store.likenesses.put({"a": likeness(1), "b": likeness(2)})
    assert store.likenesses.get(["b", "x", "b"]) == {"b": likeness(2)}
    assert store.likenesses.all() == {"a": likeness(1), "b": likeness(2)}


def test_a_new_likeness_replaces_the_old(store):
    store.likenesses.put({"a": likeness(1)})
    store.likenesses.put({"a": likeness(3)})
    assert store.likenesses.all() == {"a": likeness(3)}


def test_nothing_is_nothing(store):
    store.likenesses.put({})
    assert store.likenesses.get([]) == store.likenesses.all() == {}


def test_more_pictures_than_fit_one_query_come_back_right(store):
    many = {f"k{n}": likeness(n) for n in range(2_345)}
    store.likenesses.put(many)
    assert store.likenesses.get(list(many)) == many
