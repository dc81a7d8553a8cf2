"""Copies and families as they arrive: real pictures, drawn by MemeWorld, in a real store."""

import io

import pytest
from PIL import Image

from gatedclip import curriculum
from gatedclip.config import TrainConfig
from gatedclip.data.images import to_jpeg
from gatedclip.store.memes import MemeFilter
from gatedclip.types import Label, NewMeme, Split
from gatedclip.world.memes import collection


def saved(picture, kind="PNG", **how):
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


@pytest.fixture(scope="module")
def scenes():
    """Two different drawings, and a copy of the first that went through a messenger."""
    one, other = (meme.scene.draw(256) for meme in collection(5, 12)[::8])
    return {"one": saved(one), "copy": saved(one.resize((200, 200)), "JPEG", quality=40), "other": saved(other)}


def bring(bench, data, text):
    receipt = bench.upload([("a.png", data)], text=text)
    return bench.meme(receipt.added[0]), receipt


def test_a_copy_with_the_same_words_is_stored_told_and_linked_to_the_decision_on_the_first(bench, scenes):
    first, _ = bring(bench, scenes["one"], "we love this")
    bench.claim("anna", first.id)
    decision = bench.decide(first, Label.HATEFUL, "anna")
    copy, receipt = bring(bench, scenes["copy"], "We love THIS!")
    assert receipt.copies == receipt.added
    ((earlier, stands),) = bench.copies_of(copy)
    assert (earlier.id, stands.id, stands.label, stands.reviewer) == (first.id, decision.id, Label.HATEFUL, "anna")
    assert copy.family == earlier.family == f"meme-{first.id}"
    assert bench.copies_of(earlier) == []


def test_a_decision_that_was_undone_or_reopened_does_not_stand(bench, scenes):
    first, _ = bring(bench, scenes["one"], "words")
    copy, _ = bring(bench, scenes["copy"], "words")
    bench.claim("anna", first.id)
    bench.decide(first, Label.HATEFUL, "anna")
    bench.reopen(first.id, "anna")
    assert [stands for _, stands in bench.copies_of(copy)] == [None]
    bench.claim("anna", first.id)
    again = bench.decide(first, Label.BENIGN, "anna")
    assert [stands.id for _, stands in bench.copies_of(copy)] == [again.id]
    bench.undo("anna")
    assert [stands for _, stands in bench.copies_of(copy)] == [None]


def test_other_words_on_the_same_picture_make_a_family_and_no_copy(bench, scenes):
    first, _ = bring(bench, scenes["one"], "we love this")
    second, receipt = bring(bench, scenes["copy"], "we hate this")
    assert receipt.copies == ()
    assert bench.copies_of(second) == []
    assert second.family == bench.meme(first.id).family != ""


def test_another_picture_with_the_same_words_stays_alone(bench, scenes):
    bring(bench, scenes["one"], "we love this")
    stranger, receipt = bring(bench, scenes["other"], "we love this")
    assert (stranger.family, receipt.copies, bench.copies_of(stranger)) == ("", (), [])


def test_words_corrected_later_make_or_unmake_a_copy(bench, scenes):
    first, _ = bring(bench, scenes["one"], "we love this")
    second, _ = bring(bench, scenes["copy"], "we 1ove this")
    assert bench.copies_of(second) == []
    second = bench.edit_words(second.id, "we love this", "anna")
    assert [meme.id for meme, _ in bench.copies_of(second)] == [first.id]


def test_copies_within_one_upload_are_found(bench, scenes):
    receipt = bench.upload([("a.png", scenes["one"]), ("b.png", scenes["other"]), ("c.jpg", scenes["copy"])], text="x")
    assert receipt.copies == (receipt.added[2],)


def test_a_plain_picture_is_kin_only_to_its_own_file(bench):
    red, pink = (saved(Image.new("RGB", (64, 64), colour)) for colour in ("red", "pink"))
    one, _ = bring(bench, red, "one")
    two, _ = bring(bench, red, "two")
    three, _ = bring(bench, pink, "one")
    assert (bench.meme(one.id).family, two.family, three.family) == (f"meme-{one.id}", f"meme-{one.id}", "")


def test_pictures_from_before_are_looked_at_once_and_then_joined(bench, scenes):
    keys = {}
    for name, data in scenes.items():
        jpeg = to_jpeg(Image.open(io.BytesIO(data)).convert("RGB"))
        keys[name] = name * 8
        bench.pictures.put(keys[name], "full", jpeg)
    bench.store.memes.add([NewMeme(keys[name], "words", "old") for name in ("one", "other", "copy")])
    bench.store.memes.add([NewMeme("world-7-0-0", "drawn", "memeworld")])
    told = []
    assert bench.hash_pictures(lambda fraction, message: told.append(message)) == 4
    assert told[0] == "Looking at picture 1 of 4"
    one, other, copy, drawn = bench.memes(MemeFilter())
    assert (one.family, other.family, copy.family, drawn.family) == ("meme-1", "", "meme-1", "")
    assert [meme.id for meme, _ in bench.copies_of(copy)] == [one.id]
    assert bench.hash_pictures() == 0
    assert not bench.pictures.has("world-7-0-0", "full")


def test_a_decided_copy_of_a_held_out_meme_is_not_learned_from(bench, scenes):
    held, _ = bring(bench, scenes["one"], "held out")
    copy, _ = bring(bench, scenes["copy"], "other words")
    stranger, _ = bring(bench, scenes["other"], "new words")
    key = bench.meme(held.id).picture
    bench.store.memes.add([NewMeme(key, "held out too", "set", split=Split.TEST, given=Label.BENIGN, family=copy.family)])
    for meme in (copy, stranger):
        bench.claim("anna", meme.id)
        bench.decide(meme, Label.HATEFUL, "anna")
    lesson = curriculum.lesson(bench.store, curriculum.columns(bench.store, demo=False), TrainConfig())
    assert (lesson.ids, lesson.leaking) == ((stranger.id,), 1)
