import contextlib

from bringing import dataset, png, written, zipped

from gatedclip.store.memes import MemeFilter
from gatedclip.types import Label, Split


def test_typed_words_are_kept_and_nothing_is_read(bench):
    receipt = bench.upload([("a.png", png())], text="  a   caption ")
    meme = bench.meme(receipt.added[0])
    assert (meme.text, meme.machine_text, meme.name, meme.source) == ("a caption", "", "a.png", "upload")


def test_words_not_given_are_read_from_the_picture_and_kept_apart_from_what_a_person_makes_of_them(bench):
    meme = bench.meme(bench.upload([("a.jpg", written("LOVE THIS DAY"))]).added[0])
    assert meme.text.upper().replace(" ", "") == "LOVETHISDAY"
    edited = bench.edit_words(meme.id, "hate this day", "anna")
    assert (edited.text, edited.machine_text) == ("hate this day", meme.machine_text)
    assert edited.machine_text.upper().replace(" ", "") == "LOVETHISDAY"


def test_the_same_picture_with_the_same_words_is_recognised(bench):
    first = bench.upload([("a.png", png())], text="one")
    again = bench.upload([("b.png", png())], text="one")
    assert (again.added, again.known) == ((), first.added)


def test_the_same_picture_with_other_words_is_another_meme_with_the_same_picture(bench):
    receipts = [bench.upload([("a.png", png())], text=words) for words in ("one", "two")]
    one, two = (bench.meme(r.added[0]) for r in receipts)
    assert one.id != two.id
    assert one.picture == two.picture


def test_two_copies_in_one_upload_are_one_meme(bench):
    receipt = bench.upload([("a.png", png()), ("copy.png", png())], text="one")
    assert len(receipt.added) == 1
    assert receipt.known == receipt.added


def test_a_refused_file_is_reported_by_name_and_the_others_are_taken(bench):
    receipt = bench.upload([("good.png", png()), ("bad.png", b"<svg></svg>"), ("also.png", png("blue"))], text="x")
    assert len(receipt.added) == 2
    (refused,) = receipt.refused
    assert (refused.row, refused.name) == (2, "bad.png")
    assert "PNG, JPEG, WebP and GIF pictures are accepted" in refused.reason


def test_an_archive_of_pictures_is_an_album(bench):
    data = zipped({"a.png": png(), "notes.txt": b"hello", "sub/b.png": png("blue")})
    receipt = bench.upload([("all.zip", data)], text="x")
    assert len(receipt.added) == 2
    assert [r.name for r in receipt.refused] == ["notes.txt"]


def test_a_dataset_for_review_waits_in_the_queue_with_the_label_it_came_with(bench):
    receipt = bench.import_archive("set.zip", dataset(4))
    memes = bench.memes(MemeFilter(split=Split.QUEUE))
    assert [m.id for m in memes] == list(receipt.added)
    assert [m.given for m in memes] == [Label.BENIGN, Label.HATEFUL] * 2
    assert {m.label for m in memes} == {None}


def test_a_base_set_is_split_by_family_and_loses_nothing(bench):
    receipt = bench.import_archive("set.zip", dataset(100), use="base")
    tally = {split: held for split, counts in bench.tally().items() if (held := sum(counts.values()))}
    assert tally == {Split.TRAIN: 80, Split.VALIDATION: 8, Split.TEST: 12}
    assert len(receipt.added) == 100


def test_a_base_row_without_a_label_is_refused(bench):
    receipt = bench.import_archive("set.zip", dataset(2, labelled=False), use="base")
    assert receipt.added == ()
    assert "no label" in receipt.refused[0].reason


def test_the_same_import_twice_adds_nothing(bench):
    first = bench.import_archive("set.zip", dataset(6), use="test")
    second = bench.import_archive("set.zip", dataset(6), use="test")
    assert (second.added, second.known) == ((), first.added)


def test_progress_can_stop_an_intake_and_nothing_half_taken_is_stored(bench):
    class Stop(Exception):
        pass

    def progress(fraction, message):
        if message.startswith("row 3"):
            raise Stop

    with contextlib.suppress(Stop):
        bench.import_archive("set.zip", dataset(6), progress=progress)
    assert bench.count(MemeFilter()) == 0
