import pytest

from gatedclip.errors import NotFound, StoreError


def add(store, folder, **more):
    return store.versions.add(kind="gated", encoder="demo", folder=folder, created_by="anna", **more)


def test_a_version_comes_back_with_what_made_it(store):
    first = add(store, "one", config={"epochs": 3}, data={"n": 9}, metrics={"auroc": 0.5}, report={"flips": []})
    second = add(store, "two", parent_id=first.id)
    assert store.versions.get(first.id) == first
    assert (first.config, first.data, first.metrics, first.report) == ({"epochs": 3}, {"n": 9}, {"auroc": 0.5}, {"flips": []})
    assert second.parent_id == first.id
    assert [v.folder for v in store.versions.list()] == ["two", "one"]


def test_a_folder_holds_one_version_and_a_parent_must_exist(store):
    add(store, "one")
    with pytest.raises(StoreError, match="'one' exists"):
        add(store, "one")
    with pytest.raises(NotFound, match="no head version 9"):
        add(store, "two", parent_id=9)
    assert len(store.versions.list()) == 1


def test_nothing_serves_before_the_first_promotion(store):
    add(store, "one")
    assert store.versions.champion() is None
    assert store.versions.promotions() == []


def test_the_last_promoted_version_serves(store):
    one, two = add(store, "one"), add(store, "two")
    store.versions.promote(one.id, "lea", "first")
    change = store.versions.promote(two.id, "lea", "better")
    assert store.versions.champion().id == two.id
    assert [v.champion for v in store.versions.list()] == [True, False]
    assert (store.versions.get(two.id).champion, store.versions.get(one.id).champion) == (True, False)
    assert store.versions.promotions()[0] == change
    assert [(p.version_id, p.by, p.reason, p.rollback) for p in store.versions.promotions()] == [
        (two.id, "lea", "better", False),
        (one.id, "lea", "first", False),
    ]


def test_promoting_the_one_that_serves_or_one_that_is_not_there_changes_nothing(store):
    one = add(store, "one")
    first = store.versions.promote(one.id, "lea")
    assert store.versions.promote(one.id, "ben") == first
    with pytest.raises(NotFound, match="no head version 7"):
        store.versions.promote(7, "lea")
    assert store.versions.promotions() == [first]


def test_rolling_back_walks_to_the_first_head_and_no_further(store):
    one, two, three = (add(store, name) for name in ("one", "two", "three"))
    for version in (one, two, three):
        store.versions.promote(version.id, "lea")
    assert store.versions.rollback("lea", "worse").version_id == two.id
    assert store.versions.rollback("lea").version_id == one.id
    with pytest.raises(NotFound, match="No earlier head"):
        store.versions.rollback("lea")
    assert store.versions.champion().id == one.id
    store.versions.promote(three.id, "lea")
    assert store.versions.rollback("lea").version_id == one.id
    assert [p.rollback for p in store.versions.promotions()] == [True, False, True, True, False, False, False]
