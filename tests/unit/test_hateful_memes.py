import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatedclip.data.hateful_memes import Row, read_hateful_memes
from gatedclip.errors import ImportRejected, UploadRejected
from gatedclip.types import Label, Refusal

PICTURES = {"img/1.png": b"one", "img/2.png": b"two"}


def read(*lines, images=PICTURES.get, **more):
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return list(read_hateful_memes(text.encode(), images, **more))


def line(**changes):
    values = {"id": 1, "img": "img/1.png", "text": "words", "label": 1} | changes
    return {name: value for name, value in values.items() if value != "gone"}


def test_each_line_is_a_row_with_its_picture():
    rows = read(line(), "", line(id="b", img="img/2.png", text=" two\u200b  words ", label=0, extra=[1]), part="train")
    assert rows == [
        Row(1, "1", "img/1.png", "words", Label.HATEFUL, b"one", "train"),
        Row(3, "b", "img/2.png", "two words", Label.BENIGN, b"two", "train"),
    ]


@pytest.mark.parametrize("label", [None, "gone"])
def test_a_line_without_a_label_is_taken_unlabelled(label):
    (row,) = read(line(label=label))
    assert row.label is None


@pytest.mark.parametrize(
    ("bad", "name", "sentence"),
    [
        ("{not json", "", "not JSON"),
        ("[1, 2]", "", "holds a list"),
        ("[" * 100_000, "", "not JSON"),
        ("1" * 5_000, "", "not JSON"),
        (line(id="gone"), "img/1.png", "id is missing"),
        (line(id=True), "True", "id is True"),
        (line(id=[1]), "[1]", "id is"),
        (line(id="\u200b"), "", "id is"),
        (line(img="gone"), "1", "img is missing"),
        (line(img=""), "1", "img is ''"),
        (line(img="../../etc/passwd"), "1", "not among the files"),
        (line(text="gone"), "1", "text is missing"),
        (line(text=5), "1", "text is 5"),
        (line(label=2), "1", "label is 2"),
        (line(text="x" * 1200), "1", "text has 1,200 characters; up to 1,000 are accepted"),
        (line(label="1"), "1", "label is '1'"),
        (line(label=True), "1", "label is True"),
        (line(label=0.5), "1", "label is 0.5"),
        ('{"id": 1, "img": "img/1.png", "text": "x", "label": NaN}', "1", "label is nan"),
    ],
)
def test_a_bad_line_is_refused_by_number_and_the_others_are_taken(bad, name, sentence):
    before, refusal, after = read(line(id=8), bad, line(id=9))
    assert (before.id, after.id) == ("8", "9")
    assert isinstance(refusal, Refusal)
    assert (refusal.row, refusal.name) == (2, name)
    assert sentence in refusal.reason


def test_an_id_may_occur_once_but_a_refused_line_may_be_repeated_right():
    first, again = read(line(), line(text="other"))
    assert (first.id, again.row) == ("1", 2)
    assert "was on line 1 already" in again.reason
    refused, taken = read(line(label=7), line())
    assert (refused.row, taken.id) == (1, "1")


def test_a_picture_that_cannot_be_read_refuses_its_line_only():
    def images(name):
        raise UploadRejected("Damaged.")

    assert read(line(), images=images) == [Refusal(1, "1", "Damaged.")]


@pytest.mark.parametrize(("data", "sentence"), [(b"", "no lines"), (b" \n\r\n", "no lines"), (b'{"id": "\xff"}', "byte 8")])
def test_a_file_that_is_no_text_or_empty_is_refused_at_once(data, sentence):
    with pytest.raises(ImportRejected, match=sentence):
        read_hateful_memes(data, PICTURES.get)


def test_a_byte_order_mark_windows_line_ends_and_odd_separators_inside_texts_are_fine():
    text = "\r\n".join([json.dumps(line(text="a\u2028b"), ensure_ascii=False), json.dumps(line(id=2))])
    rows = list(read_hateful_memes(b"\xef\xbb\xbf" + text.encode(), PICTURES.get))
    assert [(row.row, row.text) for row in rows] == [(1, "a b"), (2, "words")]


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda v: st.lists(v, max_size=3), max_leaves=4
)
FIELDS = st.dictionaries(st.sampled_from(["id", "img", "text", "label", "x"]), ANY_JSON | st.sampled_from(["img/1.png", 0, 1]))
LINES = st.lists(
    FIELDS.map(json.dumps) | st.text(st.characters(exclude_characters="\n")) | st.just(json.dumps(line())), max_size=8
)


@settings(deadline=None)
@given(LINES)
def test_every_line_with_anything_on_it_is_answered_once_in_order(lines):
    data = "\n".join(lines).encode("utf-8", "ignore").removeprefix(b"\xef\xbb\xbf")
    kept = [number for number, text in enumerate(data.decode().split("\n"), 1) if text.strip()]
    if not kept:
        with pytest.raises(ImportRejected):
            read_hateful_memes(data, PICTURES.get)
        return
    answers = list(read_hateful_memes(data, PICTURES.get))
    assert [answer.row for answer in answers] == kept
    ids = [answer.id for answer in answers if isinstance(answer, Row)]
    assert len(ids) == len(set(ids))
    assert all(answer.reason for answer in answers if isinstance(answer, Refusal))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_as_a_whole(data):
    try:
        answers = list(read_hateful_memes(data, PICTURES.get))
    except ImportRejected:
        return
    assert all(isinstance(answer, Row | Refusal) for answer in answers)
