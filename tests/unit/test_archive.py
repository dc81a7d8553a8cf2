import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatedclip.data import archive
from gatedclip.data.archive import Album, Archive, Dataset, Picture, open_archive
from gatedclip.data.images import MAX_BYTES
from gatedclip.errors import UploadRejected
from gatedclip.types import Refusal


def zipped(files, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, data in files:
            file.writestr(name, data)
    return out.getvalue()


def unpacked(data):
    """Safe names and bytes of all files."""
    archive = Archive(data)
    return [(name, archive.read(name)) for name in archive.names]


def test_files_come_by_name_and_folders_and_leftovers_do_not():
    data = zipped(
        [
            ("a.png", b"A"),
            ("in/b.jpg", b"B"),
            ("in/", b""),
            ("__MACOSX/in/._b.jpg", b"x"),
            (".DS_Store", b"x"),
            ("in/.hidden/c.png", b"x"),
            ("Thumbs.db", b"x"),
        ]
    )
    assert list(unpacked(data)) == [("a.png", b"A"), ("in/b.jpg", b"B")]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "..\\..\\etc\\passwd", "C:\\etc\\passwd", "./etc/x/../passwd\x07"]
)
def test_a_name_never_leads_out_of_the_archive(name):
    ((safe, data),) = unpacked(zipped([(name, b"x")]))
    assert safe in ("etc/passwd", "etc/x/passwd")
    assert data == b"x"


def test_files_of_one_name_are_all_kept():
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zipped([("a.png", b"1"), ("a.png", b"2"), ("x/../a.png", b"3")])
    assert sorted(data for _, data in unpacked(data)) == [b"1", b"2", b"3"]


def test_a_bomb_is_read_no_further_than_the_limit():
    ((_, data),) = unpacked(zipped([("bomb.png", bytes(100 * 2**20))]))
    assert len(data) == MAX_BYTES + 1


def test_an_archive_inside_an_archive_is_only_a_file():
    inner = zipped([("a.png", b"A")])
    assert list(unpacked(zipped([("inner.zip", inner)]))) == [("inner.zip", inner)]


def declared_larger(data, size):
    """The same archive, whose directory claims that its file unpacks to `size`."""
    at = data.rindex(b"PK\x01\x02") + 24
    return data[:at] + size.to_bytes(4, "little") + data[at + 4 :]


def locked(data):
    at = data.rindex(b"PK\x01\x02") + 8
    return data[:at] + b"\x01\x00" + data[at + 2 :]


WHOLE = zipped([("a.png", b"A" * 50)])


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "not a zip"),
        (b"PK\x03\x04 nothing", "not a zip"),
        (WHOLE[:-10], "not a zip"),
        (zipped([]), "holds no files"),
        (zipped([(".hidden", b"x")]), "holds no files"),
        (locked(WHOLE), "password"),
        (declared_larger(WHOLE, 3 * 2**30), r"unpacks to 3\.0 GB"),
        (zipped([(f"{n}.png", b"") for n in range(archive.MAX_FILES + 1)], zipfile.ZIP_STORED), "more than 20,000"),
    ],
)
def test_an_archive_that_cannot_be_taken_is_refused_with_why(data, sentence):
    with pytest.raises(UploadRejected, match=sentence):
        open_archive(data)


def test_an_archive_of_pictures_is_an_album_and_one_damaged_file_does_not_spoil_it():
    data = bytearray(zipped([("a.png", b"A" * 40), ("b.png", b"B" * 40)], zipfile.ZIP_STORED))
    data[data.index(b"A" * 40)] = 0  # its checksum no longer fits
    album = open_archive(bytes(data))
    assert isinstance(album, Album)
    assert len(album) == 2
    first, second = album.pictures()
    assert isinstance(first, Refusal)
    assert (first.row, first.name) == (1, "a.png")
    assert second == Picture(2, "b.png", b"B" * 40)


def rows(*values):
    return "\n".join(json.dumps(v) for v in values).encode()


def test_an_archive_with_a_list_is_a_dataset_whose_pictures_lie_beside_it():
    one = {"id": 1, "img": "img/1.png", "text": "a", "label": 0}
    two = {"id": 2, "img": "img/2.png", "text": "b"}
    data = zipped(
        [
            ("memes/train.jsonl", rows(one, two)),
            ("memes/test.jsonl", rows(one | {"img": "img/9.png"})),
            ("memes/img/1.png", b"one"),
            ("elsewhere/2.png", b"two"),
        ]
    )
    dataset = open_archive(data)
    assert isinstance(dataset, Dataset)
    assert dataset.lists == ["memes/train.jsonl", "memes/test.jsonl"]
    first, second, missing = dataset.rows()
    assert (first.part, first.id, first.data) == ("train", "1", b"one")
    assert (second.part, second.id, second.data) == ("train", "2", b"two")
    assert (missing.row, missing.name) == (1, "1")


def test_a_picture_name_that_fits_two_files_is_not_guessed():
    data = zipped([("l.jsonl", rows({"id": 1, "img": "1.png", "text": "a"})), ("x/1.png", b"x"), ("y/1.png", b"y")])
    (refusal,) = open_archive(data).rows()
    assert "not among the files" in refusal.reason


def test_a_list_that_is_no_text_is_one_refusal_and_the_next_list_is_read():
    data = zipped([("a.jsonl", b"\xff"), ("b.jsonl", rows({"id": 1, "img": "1.png", "text": ""})), ("1.png", b"x")])
    refusal, row = open_archive(data).rows()
    assert (refusal.name, "UTF-8" in refusal.reason) == ("a.jsonl", True)
    assert row.data == b"x"


@given(st.binary(max_size=100), st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=5))
def test_any_damage_is_refused_or_read(noise, changes):
    damaged = bytearray(WHOLE)
    for at, value in changes:
        damaged[at] = value
    for data in (noise, bytes(damaged)):
        try:
            files = [(name, Archive(data).read(name)) for name in Archive(data).names]
        except UploadRejected:
            continue
        assert all(not name.startswith("/") and ".." not in name.split("/") for name, _ in files)
