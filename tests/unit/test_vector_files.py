import os
import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gatedclip.data.vector_files import read_vectors
from gatedclip.errors import ImportRejected

REAL = os.environ.get("GATEDCLIP_REAL_MEMES", "")
GOOD = {
    "image": np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float16),
    "text": np.array([[0.5, 1], [2, 3]], dtype=np.float32),
    "label": np.array([0, 1], dtype=np.int8),
    "id": np.array(["a", "b"]),
}


def npz(folder, **changes):
    path = folder / "v.npz"
    np.savez(path, **{name: value for name, value in (GOOD | changes).items() if value is not None})
    return path


def parquet(folder, **changes):
    path = folder / "v.parquet"
    columns = {name: value.tolist() for name, value in GOOD.items()} | changes
    pq.write_table(pa.table({name: value for name, value in columns.items() if value is not None}), path)
    return path


@pytest.mark.parametrize("write", [npz, parquet])
def test_vectors_of_two_widths_come_with_labels_and_ids(write, tmp_path):
    file = read_vectors(write(tmp_path))
    assert file.ids == ("a", "b")
    assert file.image.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert file.text.tolist() == [[0.5, 1], [2, 3]]
    assert file.label.tolist() == [0, 1]
    assert (file.image.dtype, file.text.dtype, file.label.dtype) == (np.float32, np.float32, np.int8)


@pytest.mark.parametrize("write", [npz, parquet])
def test_without_ids_the_rows_are_numbered(write, tmp_path):
    assert read_vectors(write(tmp_path, id=None)).ids == ("0", "1")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"text": None}, "lacks text; it holds id, image, label"),
        ({"label": np.array([0, 2])}, "0 or 1"),
        ({"label": np.array([[0], [1]])}, "rows of numbers, one a label|0 or 1"),
        ({"label": np.array(["0", "1"])}, "0 or 1"),
        ({"image": np.ones(2)}, r"image .* shape \(2,\)"),
        ({"image": np.ones((3, 2))}, r"image .* shape \(3, 2\)"),
        ({"text": np.array([[np.nan], [1]])}, "text .* not finite"),
        ({"id": np.array(["a"])}, r"id .* shape \(1,\)"),
        ({name: value[:0] for name, value in GOOD.items()}, "0 or 1"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_with_their_shape(changes, sentence, tmp_path):
    with pytest.raises(ImportRejected, match=sentence):
        read_vectors(npz(tmp_path, **changes))


def test_rows_of_different_widths_in_parquet_are_refused(tmp_path):
    with pytest.raises(ImportRejected, match="different widths"):
        read_vectors(parquet(tmp_path, image=[[1.0, 2.0], [3.0]]))


class Trap:
    def __reduce__(self):
        return (os.mkdir, (self.where,))


def test_a_pickle_is_never_run(tmp_path):
    trap = Trap()
    trap.where = str(tmp_path / "ran")
    with pytest.raises(ImportRejected, match="cannot be read"):
        read_vectors(npz(tmp_path, image=np.array([trap, trap], dtype=object)))
    (tmp_path / "raw.npz").write_bytes(pickle.dumps(trap))
    with pytest.raises(ImportRejected, match="cannot be read"):
        read_vectors(tmp_path / "raw.npz")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(("name", "sentence"), [("v.csv", "neither"), ("v.npz", "no file")])
def test_other_files_and_missing_ones_are_refused(name, sentence, tmp_path):
    with pytest.raises(ImportRejected, match=sentence):
        read_vectors(tmp_path / name)


@pytest.mark.parametrize("name", ["v.npz", "v.parquet"])
@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"PAR1 nothing PAR1", b"\x93NUMPY"])
def test_damaged_files_are_refused(name, data, tmp_path):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ImportRejected):
        read_vectors(tmp_path / name)


@pytest.mark.skipif(not REAL, reason="GATEDCLIP_REAL_MEMES names no folder of real memes")
def test_vectors_of_a_real_clip_are_read():
    file = read_vectors(Path(REAL) / "harmeme_test_vitl14_336.npz")
    assert (file.image.shape, file.text.shape, len(file.ids)) == ((354, 1024), (354, 768), 354)
    assert set(file.label.tolist()) == {0, 1}
