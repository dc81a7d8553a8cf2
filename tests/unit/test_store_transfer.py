"""A record leaves one store and enters another: every event once, each meme where it stood."""

from dataclasses import replace

import pytest
from deciding import decide

from gatedclip.data.export import decisions_csv, decisions_jsonl, decisions_parquet, read_record
from gatedclip.store import DecisionFilter, Store
from gatedclip.store.policies import BUILT_IN
from gatedclip.types import Action, Brought, Decision, Label, Marks, NewMeme, Policy, Rationale, Status

H, B = Label.HATEFUL, Label.BENIGN
WRITERS = {"csv": decisions_csv, "jsonl": decisions_jsonl, "parquet": decisions_parquet}
OWN = {"meme_id": 0, "id": 0, "receipt": "", "key": "", "undoes": None, "version_id": None}  # what each record numbers itself


def fill(store, names="abcd"):
    return store.memes.add([NewMeme(picture=f"picture {n}", text=f"=words {n}", source="test") for n in names])


@pytest.fixture
def told(store):
    """A store whose record holds every kind of event but an erasure."""
    a, b, c, d = fill(store)
    version = store.versions.add(
        kind="gated", encoder="tiny", folder="f", created_by="anna", config={}, data={}, metrics={}, report={}
    )
    policy = store.policies.add(Policy("Judge.", BUILT_IN.facets), "lea")
    marks = Marks(regions=((0.0, 0.25, 0.5, 1.0),), words=(1,), rationale=Rationale.TOGETHER, said=("a",))
    decide(store, "anna", a, marks=marks, note="why, \n'so'", seconds=1.5, confidence=0.75, tags={"group": ["race"]}, key="k1",
           version_id=version.id, probability=0.5, gate=0.25, threshold=0.5, assisted=True, policy_id=policy.id)  # fmt: skip
    decide(store, "ben", b, H)
    store.decisions.undo("ben")
    decide(store, "ben", b, B)
    for who, label in (("anna", H), ("ben", B)):
        decide(store, who, c, label, answers=2)
    store.queue.claim("anna", meme_id=d)
    store.decisions.record(Decision(d, Action.SKIP, "anna", note="no idea"))
    store.decisions.reopen(a, "lea")
    return store


@pytest.fixture
def other(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'other' / 'gatedclip.db'}")
    opened.memes.add([NewMeme(picture="another", text="its words", source="test")])  # numbers differ from those over there
    yield opened
    opened.close()


def rows(store):
    events = store.decisions.list(DecisionFilter(), None)
    return [(event, store.memes.get(event.meme_id)) for event in events]


def said(store):
    """What the record says, without the numbers that are each record's own."""
    return [(replace(event, **OWN), meme.picture, meme.status, meme.label, meme.answers) for event, meme in rows(store)]


@pytest.mark.parametrize("form", WRITERS)
def test_a_record_brought_into_another_store_says_the_same_and_is_sound(told, other, form):
    fill(other)
    events = read_record(WRITERS[form](rows(told)), form)
    assert other.transfer.bring(events) == Brought(len(events), 0, ())
    assert said(other) == said(told)
    assert [m.status for m in other.memes.many([2, 3, 4, 5])] == [
        Status.WAITING, Status.DECIDED, Status.CONFLICT, Status.SKIPPED,
    ]  # fmt: skip
    assert other.decisions.audit().sound


def test_what_was_brought_before_is_known_again_also_where_it_came_from(told, other):
    fill(other)
    events = read_record(decisions_jsonl(rows(told)), "jsonl")
    other.transfer.bring(events)
    before = said(other)
    assert other.transfer.bring(events) == Brought(0, len(events), ())
    assert told.transfer.bring(events) == Brought(0, len(events), ())
    assert said(other) == before


def test_events_of_memes_that_are_not_here_are_refused_one_by_one(told, other):
    fill(other, "ab")
    found = other.transfer.bring(read_record(decisions_jsonl(rows(told)), "jsonl"))
    assert (found.recorded, len(found.refused)) == (5, 3)
    assert {r.reason for r in found.refused} == {
        "No meme here has its picture and its words. Import the pictures first, then this file again."
    }
    fill(other, "cd")
    again = other.transfer.bring(read_record(decisions_jsonl(rows(told)), "jsonl"))
    assert (again.recorded, again.known, again.refused) == (3, 5, ())


def test_a_meme_is_known_by_the_file_it_was_uploaded_as(told, other):
    other.memes.add([NewMeme(picture="drawn anew", text="=words a", source="test", source_sha256="picture a")])
    assert other.transfer.bring(read_record(decisions_jsonl(rows(told)), "jsonl")).recorded == 2
    assert other.memes.get(2).picture == "drawn anew"


def test_what_was_kept_back_erased_or_takes_back_the_unknown_is_refused_with_its_reason(told, other):
    fill(other)
    events = read_record(decisions_jsonl(rows(told)), "jsonl")
    decided = next(e for e in events if e.decision.action is Action.DECIDE)
    undo = next(e for e in events if e.decision.action is Action.UNDO)
    covered = replace(decided, decision=replace(decided.decision, label=None))
    gone = replace(decided, decision=replace(decided.decision, erased=True, id=99))
    reasons = [refusal.reason for refusal in other.transfer.bring([covered, gone, undo]).refused]
    assert [reason.split(".")[0] for reason in reasons] == [
        f"It takes back event {undo.decision.undoes}, which is not here",
        "Its answer was kept back while a second one was awaited",
        "It was erased on request and says nothing any more",
    ]
    assert said(other) == []
