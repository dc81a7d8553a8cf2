"""Batches to look at next in the store: their order in the queue, and what they leave alone."""

from datetime import UTC, datetime

import pytest
from deciding import decide

from gatedclip.errors import StoreError
from gatedclip.store import MemeFilter
from gatedclip.types import ASKED, Action, Decision, Label, NewMeme, Pick, QueueRule, Split

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
H, B = Label.HATEFUL, Label.BENIGN


@pytest.fixture
def ids(store):
    """Six waiting memes, and a head."""
    store.versions.add(parent_id=None, kind="gated", encoder="x", folder="f", created_by="anna")
    return store.memes.add([NewMeme(picture=f"p{n}", text=f"t{n}", source="test", theme=f"theme {n % 2}") for n in range(6)])


def batch(store, *meme_ids, strategy="uncertain", seed=7):
    return store.picks.add([Pick(meme_id, strategy, "probability 48%", 0.25, seed, 1) for meme_id in meme_ids])


def queue(store, who="anna", **more):
    """Everything this person is given, one after the other."""
    found = []
    while (meme := store.queue.claim(who, **more)) is not None:
        found.append(meme.id)
        decide(store, who, meme.id)
    return found


def test_a_batch_comes_back_as_it_was_kept_with_its_number_and_moment(store, ids):
    kept = batch(store, ids[4], ids[1], seed=2**40)
    assert kept == store.picks.newest()
    assert [(p.meme_id, p.batch, p.chance, p.seed, p.version_id) for p in kept] == [
        (ids[4], 1, 0.25, 2**40, 1), (ids[1], 1, 0.25, 2**40, 1)
    ]  # fmt: skip
    assert kept[0].at == kept[1].at > NOON
    assert store.picks.newest(ids[1]) == kept[1:]
    assert store.picks.newest(ids[0]) == []


def test_there_is_nothing_before_the_first_batch_and_an_empty_one_is_refused(store, ids):
    assert (store.picks.newest(), store.picks.number(), store.picks.by("random")) == ([], 0, [])
    with pytest.raises(StoreError, match="no memes"):
        store.picks.add([])


def test_the_newest_batch_is_served_in_its_order_and_then_the_oldest(store, ids):
    batch(store, ids[0], ids[5])
    batch(store, ids[4], ids[1])
    assert store.picks.number() == 2
    assert [meme.id for meme in store.queue.coming("anna", 6)] == [ids[n] for n in (4, 1, 0, 2, 3, 5)]
    assert queue(store) == [ids[n] for n in (4, 1, 0, 2, 3, 5)]


def test_two_people_get_different_memes_of_a_batch(store, ids):
    batch(store, ids[4], ids[1])
    assert store.queue.claim("anna").id == ids[4]
    assert store.queue.claim("ben").id == ids[1]
    assert store.queue.claim("cem").id == ids[0]
    assert store.queue.claim("anna").id == ids[4]  # what one holds comes first


def test_own_lists_come_before_a_batch_and_named_queues_keep_their_order(store, ids):
    batch(store, ids[5], ids[4])
    store.queue.assign([ids[2]], "anna")
    assert store.queue.claim("anna").id == ids[2]
    assert queue(store, "ben", rule=QueueRule("odd", theme="theme 1")) == [ids[n] for n in (1, 3, 5)]


def test_kinds_left_to_others_and_memes_one_has_skipped_are_not_served_from_a_batch(store, ids):
    batch(store, ids[5], ids[4])
    assert store.queue.claim("anna", avoid=["theme 1"]).id == ids[4]
    store.decisions.record(Decision(ids[4], Action.SKIP, "anna"))
    assert store.queue.claim("anna").id == ids[5]
    assert store.queue.claim("ben").id == ids[0]  # what someone passed comes after what nobody did


def test_a_decided_meme_of_a_batch_comes_up_once_somebody_appeals_and_not_for_who_decided_it(store, ids):
    decide(store, "anna", ids[3])
    batch(store, ids[3], ids[4], strategy="suspected error")
    assert store.queue.claim("ben").id == ids[4]
    store.queue.release(ids[4], "ben")
    store.decisions.reopen(ids[3], "lea", Action.APPEAL)
    assert store.queue.claim("anna").id == ids[4]
    assert store.queue.claim("ben").id == ids[3]


def test_hidden_gold_of_a_batch_stays_out_of_the_queue_and_is_served_as_gold(store, ids):
    store.decisions.place(ids[5], Split.GOLD, H)
    store.decisions.place(ids[2], Split.GOLD, H)
    batch(store, ids[5], ids[4])
    assert store.queue.claim("anna").id == ids[4]
    decide(store, "anna", ids[4])
    assert store.queue.claim("anna", split=Split.GOLD).id in (ids[2], ids[5])


def test_the_list_of_a_batch_is_in_its_order_and_forgets_the_batch_before(store, ids):
    which = MemeFilter(suggested=True, order="chosen")
    assert store.memes.find(which) == []
    batch(store, ids[0], ids[5])
    assert [meme.id for meme in store.memes.find(which)] == [ids[0], ids[5]]
    batch(store, ids[4], ids[1], ids[5])
    assert [meme.id for meme in store.memes.find(which)] == [ids[4], ids[1], ids[5]]
    assert store.memes.count(which) == 3


def test_what_one_strategy_chose_is_found_over_all_batches(store, ids):
    batch(store, ids[0], strategy="random")
    batch(store, ids[1])
    batch(store, ids[2], ids[3], strategy="random")
    assert [(pick.meme_id, pick.batch) for pick in store.picks.by("random")] == [(ids[0], 1), (ids[2], 3), (ids[3], 3)]


def test_a_batch_is_chosen_from_what_waits_for_anyone_and_nobody_passed_or_answered(store, ids):
    decide(store, "anna", ids[0])
    store.queue.claim("anna", meme_id=ids[1])
    store.decisions.record(Decision(ids[1], Action.SKIP, "anna"))
    store.queue.assign([ids[2]], "ben")
    store.memes.ask([ids[3]], 2)
    decide(store, "anna", ids[3])
    assert store.picks.open() == [ids[4], ids[5]]


def test_erasing_a_meme_takes_the_reason_it_was_chosen_for_too(store, ids):
    batch(store, ids[4], ids[1])
    store.erasure.meme(ids[4], "ada", "key")
    assert [pick.meme_id for pick in store.picks.newest()] == [ids[1]]
    assert store.queue.claim("anna").id == ids[1]


def test_no_reason_given_before_a_decision_holds_a_number_or_a_label():
    for words in ASKED.values():
        assert not any(sign.isdigit() or sign == "%" for sign in words)
        assert not {"hateful", "benign"} & set(words.split())
