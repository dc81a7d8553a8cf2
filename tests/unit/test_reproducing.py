"""A version trained again from what lies beside it is the same byte by byte, or one is told why not."""

import json

import pytest

from gatedclip.config import TrainConfig
from gatedclip.curriculum import LESSON, learned
from gatedclip.errors import DataError
from gatedclip.store import MemeFilter
from gatedclip.types import Label, Split

QUICK = TrainConfig(epochs=4, warmup=1, learning_rate=3e-3, gate_hold=0, flip=0.5)


@pytest.fixture
def taught(teach):
    bench = teach(4, QUICK)
    bench.decide(bench.claim("anna"), Label.HATEFUL, "anna")
    return bench


def test_a_version_is_trained_again_byte_by_byte_however_the_record_went_on(taught):
    version = taught.retrain(QUICK, "ben")
    taught.decide(taught.claim("anna"), Label.BENIGN, "anna")
    found = taught.reproduce(version)
    assert found.equal
    assert found.before == found.after
    assert found.packages == ()
    assert found.before[:16] in found.sentence
    assert len(taught.versions()) == 2


def test_another_weight_gives_other_bytes_and_is_not_called_the_same(taught):
    version = taught.retrain(QUICK, "ben")
    file = taught.settings.versions / version.folder / LESSON
    told = json.loads(file.read_text())
    told["weight"][-1] *= 2
    file.write_text(json.dumps(told))
    found = taught.reproduce(version)
    assert not found.equal
    assert "not the same" in found.sentence


def test_a_meme_with_other_words_or_erased_is_named(taught):
    version = taught.retrain(QUICK, "ben")
    base = taught.memes(MemeFilter(split=Split.TRAIN))[0]
    taught.edit_words(base.id, "entirely other words", "anna")
    with pytest.raises(DataError, match=rf"1 memes it learned from have other words now \(first: \[{base.id}\]\)"):
        taught.reproduce(version)
    taught.erase(base.id, "anna")
    with pytest.raises(DataError, match="are gone"):
        taught.reproduce(version)


def test_a_version_without_its_lesson_says_so_and_old_lessons_still_tell_their_ids(taught):
    version = taught.champion()
    file = taught.settings.versions / version.folder / LESSON
    ids = learned(file.parent)
    file.write_text(json.dumps(sorted(ids)))
    assert learned(file.parent) == ids
    with pytest.raises(DataError, match="came without its lesson"):
        taught.reproduce(version)


def test_the_card_of_a_stored_version_holds_its_hashes_and_its_promotion(taught):
    page = taught.card(taught.champion())
    assert taught.champion().data["sha256"] in page
    assert "promoted" in page
    assert taught.card(taught.champion(), "html").startswith("<!doctype html>")
