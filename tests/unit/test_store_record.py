"""The record behind the decisions: receipts, policy, drafts, people, exposure, erasure."""

from datetime import UTC, date, datetime

import pytest
from deciding import decide
from sqlalchemy import text

from gatedclip.errors import NotFound, PolicyError
from gatedclip.store import DecisionFilter
from gatedclip.store.database import connect
from gatedclip.store.policies import BUILT_IN
from gatedclip.types import Action, Decision, Facet, Label, Marks, NewMeme, Policy, Preferences, Role, Split, Status

H, B = Label.HATEFUL, Label.BENIGN


def fill(store, n=1):
    return store.memes.add([NewMeme(picture=f"p{i}", text=f"t{i}", source="test") for i in range(n)])


@pytest.fixture
def behind(store, store_url):
    """Changes the database behind the workbench's back."""
    engine = connect(store_url, foreign_keys=False)

    def change(sql: str) -> None:
        with engine.begin() as connection:
            connection.execute(text(sql))

    yield change
    engine.dispose()


def test_an_untouched_record_verifies_and_names_its_newest_receipt(store):
    a, b = fill(store, 2)
    first, second = decide(store, "anna", a, note="why"), decide(store, "ben", b, B, seconds=0.1, confidence=0.3)
    third = store.decisions.undo("anna")
    found = store.decisions.audit()
    assert (found.sound, found.events, found.newest) == (True, 3, third.receipt)
    assert len({first.receipt, second.receipt, third.receipt}) == 3


@pytest.mark.parametrize(
    ("sql", "seen"),
    [
        ("update decision set label='benign' where id=2", "Event 2 is not what was recorded"),
        ("update decision set reviewer='eve' where id=1", "Event 1 is not what was recorded"),
        ("update decision set at='2020-01-01 00:00:00' where id=3", "Event 3 is not what was recorded"),
        ("delete from decision where id=2", "Event 3 does not follow"),
        ("delete from decision where id=3", "removed or added"),
        ("update decision set salt='', erased=true, digest='00' where id=2", "Event 2 does not follow"),
        ("update decision set salt='', erased=true, label='benign' where id=2", "Event 2 is marked as erased"),
        ("update meme set label='benign' where id=2", "Meme 2 is decided as benign"),
        ("update meme set status='waiting', label=null where id=1", "Meme 1 is waiting"),
    ],
)
def test_a_change_behind_the_workbench_s_back_is_found(store, behind, sql, seen):
    for meme_id in fill(store, 3):
        decide(store, "anna", meme_id)
    behind(sql)
    found = store.decisions.audit()
    assert not found.sound
    assert any(seen in problem for problem in found.problems)


# Policy


STRICT = Policy("Judge the attack, not the taste.", (Facet("group", "Group", ("people", "robots"), required=True),))


def test_the_built_in_policy_asks_for_nothing_until_a_stricter_one_is_written(store):
    a, b, c = fill(store, 3)
    assert store.policies.current() == BUILT_IN
    decide(store, "anna", a)
    written = store.policies.add(STRICT, "lea")
    assert (written.id, store.policies.current().facets) == (1, STRICT.facets)
    with pytest.raises(PolicyError, match="asks for Group with hateful"):
        decide(store, "anna", b)
    decide(store, "anna", b, tags={"group": ["robots"]})
    decide(store, "anna", c, B)  # asked with hateful only
    assert [p.id for p in store.policies.list()] == [1, 0]


@pytest.mark.parametrize(
    ("label", "tags", "why"),
    [
        (H, {"colour": ["red"]}, "'colour' is not asked"),
        (B, {"group": ["people"]}, "not asked with benign"),
        (H, {"group": ["ghosts"]}, "Group has no 'ghosts'"),
    ],
)
def test_what_the_policy_does_not_know_is_refused_and_nothing_is_recorded(store, label, tags, why):
    (meme_id,) = fill(store)
    store.policies.add(STRICT, "lea")
    with pytest.raises(PolicyError, match=why):
        decide(store, "anna", meme_id, label, tags=tags)
    assert store.decisions.count(DecisionFilter()) == 0
    assert store.memes.get(meme_id).leased_by == "anna"  # still theirs, to decide again


def test_a_single_choice_takes_one_and_a_policy_must_be_whole(store):
    (meme_id,) = fill(store)
    with pytest.raises(PolicyError, match="Severity takes one answer and got 2"):
        decide(store, "anna", meme_id, tags={"severity": ["low", "high"]})
    with pytest.raises(PolicyError, match="no text"):
        store.policies.add(Policy(" ", ()), "lea")
    with pytest.raises(PolicyError, match="options, each once"):
        store.policies.add(Policy("x", (Facet("a", "A", ("b", "b")),)), "lea")


def test_a_decision_made_under_an_older_policy_is_judged_by_that_one(store):
    (meme_id,) = fill(store)
    old = store.policies.add(Policy("old", ()), "lea")
    store.policies.add(STRICT, "lea")
    assert decide(store, "anna", meme_id, policy_id=old.id).policy_id == old.id


# Drafts, people, exposure


def test_a_draft_outlives_the_lease_and_goes_with_the_decision(store):
    (meme_id,) = fill(store)
    store.drafts.put("anna", meme_id, {"note": "half a thou"})
    store.drafts.put("anna", meme_id, {"note": "half a thought"})
    assert store.drafts.get("anna", meme_id) == {"note": "half a thought"}
    assert store.drafts.get("ben", meme_id) == {}
    decide(store, "anna", meme_id)
    assert store.drafts.get("anna", meme_id) == {}


def test_people_keep_role_mail_and_preferences(store):
    store.people.add("Anna", Role.LEAD, "Anna@Example.org")
    assert store.people.add("Anna", Role.MODERATOR).role is Role.LEAD  # already here
    assert store.people.by_email("anna@example.ORG").name == "Anna"
    mine = Preferences(blur=8, greyscale=True, opt_out=("war",))
    assert store.people.change("Anna", preferences=mine).preferences == mine
    assert store.people.change("Anna", preferences=None).preferences is None
    with pytest.raises(NotFound, match="nobody called 'Eve'"):
        store.people.change("Eve", role=Role.ADMIN)


def test_exposure_adds_up_by_person_and_day(store):
    at = datetime(2026, 5, 2, 23, 59, tzinfo=UTC)
    for who, seconds, when in (("anna", 3.0, at), ("anna", 2.5, at), ("ben", 1.0, at), ("anna", 9.0, at.replace(day=1))):
        store.exposures.add(who, 1, seconds, when)
    found = store.exposures.days("anna", 7, now=at)
    assert [(e.day, e.reveals, e.seconds) for e in found] == [(date(2026, 5, 2), 2, 5.5), (date(2026, 5, 1), 1, 9.0)]
    assert [e.person for e in store.exposures.days(days=1, now=at)] == ["ben", "anna"]


def test_the_labels_of_someone_quarantined_are_not_learned_from_until_they_are_let_back(store):
    a, b = fill(store, 2)
    decide(store, "anna", a)
    decide(store, "eve", b)
    store.people.add("eve", Role.MODERATOR)
    store.people.change("eve", quarantined=True)
    assert [d.meme_id for d in store.decisions.standing(without=store.people.quarantined())] == [a]
    store.people.change("eve", quarantined=False)
    assert [d.meme_id for d in store.decisions.standing(without=store.people.quarantined())] == [a, b]


# Erasure


def test_an_erased_meme_leaves_nothing_but_its_place_in_a_chain_that_still_verifies(store, store_url):
    a, b = fill(store, 2)
    decide(store, "anna", a, note="mentions Joe")
    decide(store, "anna", b)
    store.memes.edit_text(a, "names Joe too", "anna")
    assert store.erasure.meme(a, "lea", "key") == "p0"
    gone = store.memes.get(a)
    assert (gone.split, gone.picture, gone.text) == (Split.ERASED, "", "")
    assert a not in store.memes.all_keys().ids
    assert [d.meme_id for d in store.decisions.standing()] == [b]
    assert store.decisions.audit().sound
    assert store.queue.claim("ben", meme_id=a) is None
    everything = []
    engine = connect(store_url)
    with engine.connect() as connection:
        for table in ("meme", "decision", "text_edit", "draft"):
            everything += [str(tuple(row)) for row in connection.execute(text(f"select * from {table}"))]
    engine.dispose()
    assert not [row for row in everything if "Joe" in row]
    with pytest.raises(NotFound, match="erased before"):
        store.erasure.meme(a, "lea", "key")


def test_a_picture_that_another_meme_shares_is_kept(store):
    a, _ = store.memes.add([NewMeme(picture="p", text=t, source="s") for t in ("one", "two")])
    assert store.erasure.meme(a, "lea", "key") == ""


def test_an_erased_person_s_decisions_count_no_more_and_their_name_is_gone(store):
    a, b = fill(store, 2)
    decide(store, "anna", a, H)
    decide(store, "eve", a, B)
    decide(store, "eve", b, B, note="hi")
    assert store.erasure.person("eve", "lea") == [a, b]
    assert (store.memes.get(a).label, store.memes.get(b).status) == (H, Status.WAITING)
    assert {d.reviewer for d in store.decisions.list(DecisionFilter(), None)} == {"anna", "(erased)", "lea"}
    assert store.decisions.audit().sound


def test_a_decision_that_is_taken_back_is_a_draft_again_and_no_longer_blind(store):
    (meme_id,) = fill(store)
    said = {"note": "why", "tags": {"severity": ["low"]}, "confidence": 0.6}
    decide(store, "anna", meme_id, **said, marks=Marks(words=(0,), said=("t0",)), probability=0.4)
    store.decisions.undo("anna")
    draft = store.drafts.get("anna", meme_id)
    assert draft.pop("marks") == {"regions": [], "words": [0], "rationale": None, "said": ["t0"]}
    assert draft == {**said, "assisted": True}  # the model's score was shown after the decision


def test_what_was_begun_since_goes_before_what_a_decision_had_said(store):
    (meme_id,) = fill(store)
    decide(store, "anna", meme_id, note="before")
    store.drafts.put("anna", meme_id, {"note": "since"})
    store.decisions.undo("anna")
    assert store.drafts.get("anna", meme_id) == {"note": "since"}


def test_passing_a_meme_on_keeps_the_draft(store):
    (meme_id,) = fill(store)
    store.drafts.put("anna", meme_id, {"note": "half a thought"})
    store.queue.claim("anna", meme_id=meme_id)
    store.decisions.record(Decision(meme_id, Action.ESCALATE, "anna"))
    assert store.drafts.get("anna", meme_id) == {"note": "half a thought"}


def test_a_view_that_lasts_is_counted_once_and_lengthened(store):
    view = store.exposures.add("anna", 1, 0.0)
    store.exposures.lengthen(view, 15.0)
    store.exposures.lengthen(view, 21.5)
    (found,) = store.exposures.days("anna", 1)
    assert (found.reveals, found.seconds) == (1, 21.5)


def test_whoever_is_erased_is_gone_from_the_work_they_asked_for(store):
    (meme_id,) = fill(store)
    decide(store, "eve", meme_id)
    job = store.jobs.start("retrain", "eve", {})
    store.erasure.person("eve", "lea")
    assert store.jobs.get(job.id).requested_by == "(erased)"
