"""The queue as a state machine: any order of anything people can do, and many people at once."""

import multiprocessing as mp
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pytest
from deciding import decide, state
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gatedclip.errors import LeaseLost
from gatedclip.store import DecisionFilter, MemeFilter, Store
from gatedclip.store.queue import LEASE
from gatedclip.types import Action, Decision, Label, NewMeme, QueueRule, Split, Status

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
H, B = Label.HATEFUL, Label.BENIGN
PEOPLE = ("anna", "ben", "cem")


def fill(store, n, **more):
    more = {"source": "test", **more}
    return store.memes.add([NewMeme(picture=f"p{i}", text=f"t{i}", **more) for i in range(n)])


class Reviewing(RuleBasedStateMachine):
    """Three people do anything in any order; a plain model of who holds what says what must come out."""

    store: Store

    @initialize()
    def begin(self):
        self.ids = fill(self.store, 4, source=f"run {id(self)}")
        self.rule = QueueRule("this run", source=f"run {id(self)}")
        self.now, self.holds, self.made = NOON, {}, 0

    def alive(self, meme_id):
        who, until = self.holds.get(meme_id, ("", self.now))
        return who if until >= self.now else ""

    @rule(who=st.sampled_from(PEOPLE))
    def claim(self, who):
        meme = self.store.queue.claim(who, now=self.now, rule=self.rule)
        if meme is None:
            return
        assert self.alive(meme.id) in ("", who)  # never two people on one meme
        assert meme.status.open
        events = self.store.decisions.list(DecisionFilter(reviewer=who, meme_id=meme.id), None)
        assert not [e for e in events if e.action is Action.SKIP and not e.undone]  # what they passed stays away
        self.holds[meme.id] = (who, self.now + LEASE)

    @rule(who=st.sampled_from(PEOPLE), at=st.integers(0, 3))
    def claim_one(self, who, at):
        meme_id = self.ids[at]
        meme = self.store.queue.claim(who, now=self.now, meme_id=meme_id)
        assert (meme is None) == (self.alive(meme_id) not in ("", who))
        if meme is not None:
            self.holds[meme_id] = (who, self.now + LEASE)

    @rule(minutes=st.integers(1, 15))
    def time_passes(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule(who=st.sampled_from(PEOPLE), at=st.integers(0, 3))
    def renew(self, who, at):
        meme_id = self.ids[at]
        if self.holds.get(meme_id, ("",))[0] == who:
            self.store.queue.renew(meme_id, who, now=self.now)
            self.holds[meme_id] = (who, self.now + LEASE)
        else:
            with pytest.raises(LeaseLost):
                self.store.queue.renew(meme_id, who, now=self.now)

    @rule(
        who=st.sampled_from(PEOPLE),
        at=st.integers(0, 3),
        action=st.sampled_from([Action.DECIDE, Action.SKIP, Action.ESCALATE]),
        label=st.sampled_from(Label),
        answers=st.integers(1, 2),
    )
    def say(self, who, at, action, label, answers):
        meme_id = self.ids[at]
        event = Decision(meme_id, action, who, label=label if action is Action.DECIDE else None)
        if self.holds.get(meme_id, ("",))[0] == who:
            before = self.store.memes.get(meme_id)
            self.store.decisions.record(event, answers)
            del self.holds[meme_id]
            self.made += 1
            after = self.store.memes.get(meme_id)
            assert after.leased_by == ""
            if action is Action.DECIDE and max(answers, before.answers) == 1 and not before.status.for_a_lead:
                assert (after.status, after.label) == (Status.DECIDED, label)
            if before.status is Status.DECIDED and action is not Action.DECIDE:
                assert (after.status, after.label) == (before.status, before.label)
        else:
            with pytest.raises(LeaseLost):
                self.store.decisions.record(event, answers)

    @rule(who=st.sampled_from(PEOPLE))
    def undo(self, who):
        last = self.store.decisions.last(who)
        last = last and self.store.decisions.undo(who, last.id)
        if last is not None:
            self.made += 1

    @precondition(lambda self: self.ids)
    @rule(who=st.sampled_from(PEOPLE), at=st.integers(0, 3), action=st.sampled_from([Action.REOPEN, Action.APPEAL]))
    def reopen(self, who, at, action):
        if self.store.decisions.reopen(self.ids[at], who, action) is not None:
            self.made += 1
            assert state(self.store, self.ids[at]) == (Status.WAITING, None)

    @invariant()
    def a_label_stands_exactly_while_a_meme_is_decided(self):
        for meme in self.store.memes.many(getattr(self, "ids", [])):
            assert (meme.label is not None) == (meme.status is Status.DECIDED)

    def teardown(self):
        assert self.store.decisions.audit().sound  # nothing was lost, and each meme stands where its events put it


def test_any_order_of_anything_keeps_the_laws_of_the_queue(store):
    class Machine(Reviewing):
        pass

    Machine.store = store
    case = Machine.TestCase
    case.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
    case("runTest").runTest()


# Two answers


def test_a_second_answer_comes_from_someone_else_and_the_label_waits_for_it(store):
    (meme_id,) = fill(store, 1)
    decide(store, "anna", meme_id, H, answers=2)
    assert state(store, meme_id) == (Status.WAITING, None)
    assert store.queue.claim("anna") is None
    assert store.queue.claim("ben").label is None
    decide(store, "ben", meme_id, H)
    assert state(store, meme_id) == (Status.DECIDED, H)


def test_two_answers_that_differ_wait_for_a_lead_whose_decision_settles(store):
    (meme_id,) = fill(store, 1)
    decide(store, "anna", meme_id, H, answers=2)
    decide(store, "ben", meme_id, B)
    assert state(store, meme_id) == (Status.CONFLICT, None)
    assert store.queue.claim("cem") is None
    decide(store, "lea", meme_id, B, adjudicates=True)
    assert state(store, meme_id) == (Status.DECIDED, B)
    store.decisions.undo("lea")
    assert state(store, meme_id) == (Status.CONFLICT, None)
    store.decisions.undo("ben")
    assert state(store, meme_id) == (Status.WAITING, None)


def test_an_escalated_meme_leaves_the_queue_until_a_lead_decides(store):
    (meme_id,) = fill(store, 1)
    store.queue.claim("anna")
    store.decisions.record(Decision(meme_id, Action.ESCALATE, "anna", note="a symbol I do not know"))
    assert state(store, meme_id) == (Status.ESCALATED, None)
    assert store.queue.claim("ben") is None
    decide(store, "lea", meme_id, H, adjudicates=True)
    assert state(store, meme_id) == (Status.DECIDED, H)


def test_an_appeal_goes_to_someone_who_has_not_decided_the_meme(store):
    (meme_id,) = fill(store, 1)
    decide(store, "anna", meme_id)
    store.decisions.reopen(meme_id, "lea", Action.APPEAL)
    assert store.queue.claim("anna") is None
    assert store.queue.claim("ben").id == meme_id


# Named queues, own lists, gold


def test_a_named_queue_serves_what_fits_its_rules(store):
    (shop,) = fill(store, 1, source="shop")
    (forum,) = fill(store, 1, source="forum", theme="cats")
    store.queue.score({shop: 0.2, forum: 0.55}, version_id=1)
    assert store.queue.claim("anna", rule=QueueRule("sure ones", high=0.1)) is None
    assert store.queue.claim("anna", rule=QueueRule("unsure ones", low=0.4, high=0.6, answers=2)).id == forum
    store.queue.release(forum, "anna")
    assert store.queue.claim("ben", rule=QueueRule("shop", source="shop")).id == shop
    assert store.queue.claim("cem", avoid=["cats"]) is None
    assert store.memes.get(forum).answers == 2


def test_ones_own_list_comes_first_and_nobody_else_is_served_from_it(store):
    first, second = fill(store, 2)
    store.queue.assign([second], "anna")
    assert store.queue.claim("ben").id == first
    assert store.queue.claim("cem") is None
    assert store.queue.claim("anna").id == second


def test_a_gold_meme_is_shown_to_everyone_once_and_never_learned_from(store):
    (meme_id,) = fill(store, 1)
    store.decisions.place(meme_id, Split.GOLD, B)
    assert store.queue.claim("anna") is None
    for who in PEOPLE:
        assert store.queue.claim(who, split=Split.GOLD).id == meme_id
        decide(store, who, meme_id)
        assert store.queue.claim(who, split=Split.GOLD) is None
    assert store.decisions.standing() == []
    assert len(store.decisions.answers(Split.GOLD)) == 3


def test_bulk_decisions_are_undone_as_one(store):
    ids = fill(store, 3)
    for meme_id in ids:
        decide(store, "anna", meme_id, B, bulk="family 7")
    decide(store, "ben", ids[0], H)
    store.decisions.undo("anna")
    assert [state(store, i) for i in ids] == [(Status.DECIDED, H), (Status.WAITING, None), (Status.WAITING, None)]
    assert store.decisions.undo("anna") is None


# Many at once


def review_until_empty(store: Store, who: str) -> list[tuple[int, Label]]:
    done = []
    while meme := store.queue.claim(who):
        label = H if (meme.id + len(who)) % 3 else B
        store.decisions.record(Decision(meme.id, Action.DECIDE, who, label=label, key=f"{who}-{meme.id}"))
        done.append((meme.id, label))
    return done


def five_reviewers(url: str, process: int) -> list[tuple[int, Label]]:
    store = Store.open(url)
    with ThreadPoolExecutor(5) as threads:
        done = threads.map(review_until_empty, [store] * 5, [f"{'x' * process}-{thread}" for thread in range(5)])
        return [one for some in done for one in some]


def test_twenty_reviewers_in_four_processes_decide_2000_memes_each_exactly_as_asked(store, store_url):
    ids = fill(store, 2_000)
    with mp.get_context("spawn").Pool(4) as processes:
        done = [one for some in processes.starmap(five_reviewers, [(store_url, n) for n in range(4)]) for one in some]
    assert sorted(meme_id for meme_id, _ in done) == ids
    assert {m.id: m.label for m in store.memes.find(MemeFilter(status=Status.DECIDED), limit=3_000)} == dict(done)
    assert store.decisions.count(DecisionFilter(action=Action.DECIDE)) == 2_000
    assert store.decisions.audit().sound


def test_what_is_coming_is_what_will_be_given_and_holds_nothing(store):
    a, b, c, d = fill(store, 4)
    store.queue.assign([d], "anna")
    store.queue.claim("ben", meme_id=a)
    assert [meme.id for meme in store.queue.coming("anna", 2)] == [d, b]
    assert [meme.id for meme in store.queue.coming("anna", 9)] == [d, b, c]
    assert store.memes.get(b).leased_by == ""
