"""The audit of what a stored workbench would learn from, and gold that stops a training."""

import pytest
from bringing import png

from gatedclip.auditing import examine
from gatedclip.config import TrainConfig
from gatedclip.errors import DataError
from gatedclip.types import Label, NewMeme

H, N = Label.HATEFUL, Label.BENIGN
QUICK = TrainConfig(epochs=3, warmup=1, learning_rate=3e-3, gate_hold=0)


@pytest.fixture
def taught(teach):
    """A workbench with a base set of 100, 24 memes to review and one promoted head."""
    return teach(24, QUICK)


def look(bench):
    said = []
    found = examine(bench.engine, QUICK, lambda fraction, message: said.append((fraction, message)))
    assert said[-1] == (1.0, "Audited")
    return found


def of(found, kind):
    return [finding for finding in found if finding.kind == kind and finding.severity != "note"]


def test_a_clean_lesson_is_only_described(taught):
    assert {finding.severity for finding in look(taught)} == {"note"}


def test_one_person_who_decided_everything_is_named(taught):
    for _ in range(20):
        meme = taught.claim("anna")
        taught.decide(meme, meme.given or H, "anna")
    (found,) = of(look(taught), "one voice")
    assert found.sentence.startswith("anna gave 20 of 20 decisions")


def test_the_same_meme_decided_both_ways_is_found(taught):
    one, two = (taught.upload([(f"{n}.png", png("green", n))], text=f"words {n}").added[0] for n in (1, 2))
    taught.decide(taught.claim("anna", one), H, "anna")
    taught.decide(taught.claim("ben", two), N, "ben")
    assert of(look(taught), "conflicting duplicates") == []
    copy = taught.store.memes.add([NewMeme(taught.meme(one).picture, "Words 1!", "test")])[0]
    taught.decide(taught.claim("ben", copy), N, "ben")
    (found,) = of(look(taught), "conflicting duplicates")
    assert set(found.meme_ids) == {one, copy}


def test_a_training_on_a_relative_of_gold_is_refused_and_names_it(taught):
    meme = taught.claim("anna")
    taught.decide(meme, H, "anna")
    other = taught.claim("ben")
    taught.team.make_gold(other.id, N, "lea")
    taught.retrain(QUICK, "lea")  # gold that is nobody's kin stops nothing
    taught.store.memes.join_families([[meme.id, other.id]])
    (found,) = of(look(taught), "gold")
    assert (found.severity, found.meme_ids) == ("refuse", (meme.id,))
    with pytest.raises(DataError, match=f"gold meme's family: meme {meme.id}\\."):
        taught.retrain(QUICK, "lea")
    assert len(taught.versions()) == 2


def test_the_audit_is_the_same_twice(taught):
    assert look(taught) == look(taught)
