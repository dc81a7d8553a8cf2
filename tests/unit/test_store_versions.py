from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gatedclip.errors import NotFound, PromotionRefused, StoreError
from gatedclip.store.database import connect
from gatedclip.store.jobs import STALE
from gatedclip.types import Passed, Refused, Verdict, verdict_from

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
GOOD = Verdict((), (Passed("recall", "0.5 to 0.6", 0.5, 0.6, 0.48),), True, memes="c" * 64)
BAD = Verdict((Refused("AUROC floor", "The AUROC is 0.4; at least 0.6 is asked for.", None, 0.4, 0.6),), (), True, memes="d" * 64)


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


def test_a_promotion_keeps_the_verdict_it_was_made_on_with_its_memes(store):
    one = add(store, "one")
    made = store.versions.promote(one.id, "lea", "better", verdict=GOOD)
    assert store.versions.promotions() == [made]
    assert verdict_from(made.verdict) == GOOD
    assert (made.manifest, made.override) == ("c" * 64, False)


def test_a_refused_head_does_not_serve_and_the_refusal_gives_the_numbers(store):
    one = add(store, "one")
    with pytest.raises(PromotionRefused, match=r"The AUROC is 0\.4; at least 0\.6"):
        store.versions.promote(one.id, "lea", "I like it", verdict=BAD)
    assert store.versions.champion() is None
    assert store.versions.promotions() == []


def test_an_override_needs_a_reason_and_stays_visible(store):
    one = add(store, "one")
    with pytest.raises(PromotionRefused, match="needs a reason"):
        store.versions.promote(one.id, "lea", "  ", verdict=BAD, override=True)
    made = store.versions.promote(one.id, "lea", "the old one is broken", verdict=BAD, override=True)
    assert store.versions.champion().id == one.id
    assert store.versions.promotions()[0] == made
    assert (made.override, made.reason, verdict_from(made.verdict)) == (True, "the old one is broken", BAD)


def test_what_needs_no_override_is_none(store):
    made = store.versions.promote(add(store, "one").id, "lea", "to be sure", verdict=GOOD, override=True)
    assert not made.override


SWAP = (
    "update promotion set id = 99 where id = 2",
    "update promotion set id = 2 where id = 3",
    "update promotion set id = 3 where id = 99",
)


@pytest.mark.parametrize(
    ("sql", "seen"),
    [
        (["update promotion set reason = 'much better' where id = 2"], ["Promotion 2 does not follow"]),
        (["update promotion set at = '2020-01-01 00:00:00' where id = 4"], ["Promotion 4 does not follow"]),
        (["delete from promotion where id = 2"], ["Promotion 3 does not follow", "The record ends after 3 events"]),
        (["delete from promotion where id = 4"], ["The record ends after 3 events"]),
        (["delete from promotion"], ["The record ends after 0 events"]),
        (["update promotion set receipt = '' where id = 1"], ["Promotion 2 does not follow", "The record ends after 3 events"]),
        (SWAP, ["Promotion 2 does not follow", "Promotion 3 does not follow", "Promotion 4 does not follow"]),
        (["delete from setting where key = 'receipts of promotions'"], ["The record ends after 4 events"]),
    ],
    ids=["changed", "backdated", "one removed", "the last removed", "all removed", "uncovered", "two swapped", "no end"],
)
def test_a_promotion_changed_behind_the_workbench_s_back_is_found(store, store_url, sql, seen):
    for name in ("one", "two", "three"):
        store.versions.promote(add(store, name).id, "lea", "better", verdict=GOOD)
    last = store.versions.rollback("lea", "worse after all")
    found = store.versions.audit()
    assert (found.problems, found.events, found.newest) == ((), 4, last.receipt)
    engine = connect(store_url)
    with engine.begin() as connection:
        for statement in sql:
            connection.execute(text(statement))
    engine.dispose()
    found = store.versions.audit()
    assert [problem[: len(start)] for problem, start in zip(found.problems, seen, strict=True)] == seen


def test_promotions_made_at_once_still_form_one_chain(store):
    versions = [add(store, f"head {n}") for n in range(8)]
    with ThreadPoolExecutor(4) as people:
        list(people.map(lambda version: store.versions.promote(version.id, "lea"), versions * 3))
    found = store.versions.audit()
    assert found.problems == ()
    assert found.events == len(store.versions.promotions()) >= 8


def test_a_folder_that_was_begun_is_abandoned_once_its_process_is_gone_and_no_version_came_of_it(store):
    for folder, pid in (("added", 1), ("dead", 2), ("alive", 3)):
        store.versions.begin(folder, pid, NOON)
    add(store, "added")
    moments = NOON + STALE, NOON + STALE + timedelta(seconds=1)
    assert [store.versions.abandoned(lambda pid: pid == 3, at) for at in moments] == [[], ["dead"]]
    store.versions.forget(["dead"])
    assert store.versions.abandoned(lambda pid: False, moments[1]) == ["alive"]
