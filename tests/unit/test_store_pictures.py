import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from gatedclip.errors import NotFound, StoreError
from gatedclip.store import Pictures

KEY = "ab" * 32


@pytest.fixture
def pictures(tmp_path):
    return Pictures(tmp_path / "pictures")


def files(pictures):
    return sorted(p for p in pictures.folder.rglob("*") if p.is_file())


def test_a_picture_comes_back_by_key_and_variant(pictures):
    for variant in ("full", "blurred", "thumb", "thumb-blurred"):
        assert not pictures.has(KEY, variant)
        pictures.put(KEY, variant, variant.encode())
        assert pictures.has(KEY, variant)
        assert pictures.get(KEY, variant) == variant.encode()
    assert [f.name.removeprefix(KEY) for f in files(pictures)] == [
        ".blurred.jpg",
        ".full.jpg",
        ".thumb-blurred.jpg",
        ".thumb.jpg",
    ]


def test_a_picture_that_is_not_there_is_not_found(pictures):
    with pytest.raises(NotFound, match="no thumb picture"):
        pictures.get(KEY, "thumb")


def test_only_the_owner_may_read(pictures):
    pictures.put(KEY, "full", b"x")
    (file,) = files(pictures)
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600


def test_a_reader_never_sees_half_a_picture(pictures):
    whole = {bytes([n]) * 200_000 for n in range(8)}
    pictures.put(KEY, "full", bytes(200_000))
    with ThreadPoolExecutor(8) as threads:
        writes = [threads.submit(pictures.put, KEY, "full", data) for data in whole]
        reads = [threads.submit(pictures.get, KEY, "full") for _ in range(40)]
    assert all(write.result() is None for write in writes)
    assert all(read.result() in whole for read in reads)
    assert len(files(pictures)) == 1


def test_a_failed_write_leaves_nothing_behind(pictures):
    with pytest.raises(TypeError):
        pictures.put(KEY, "full", "not bytes")
    assert files(pictures) == []


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "a/b", "..", "a.b", "A", "a\x00", "a\n", "ä", "a" * 129])
def test_a_key_is_never_a_path(pictures, key):
    for act in (lambda: pictures.put(key, "full", b"x"), lambda: pictures.get(key, "full"), lambda: pictures.has(key, "full")):
        with pytest.raises(StoreError, match="not a picture key"):
            act()
    assert files(pictures) == []


def test_an_unknown_variant_is_refused(pictures):
    with pytest.raises(StoreError, match="kinds are full"):
        pictures.put(KEY, "../full", b"x")


def test_short_keys_have_a_place_too(pictures):
    pictures.put("w", "full", b"1")
    pictures.put("wo-1", "full", b"2")
    assert (pictures.get("w", "full"), pictures.get("wo-1", "full")) == (b"1", b"2")
