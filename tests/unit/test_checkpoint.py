"""Heads on disk: the same head comes back or none does, and no file is ever run."""

import json
import math
import pickle

import pytest
import torch
from safetensors.torch import load_file, save_file

from gatedclip.errors import CheckpointError
from gatedclip.model import checkpoint
from gatedclip.model.checkpoint import CARD, FAMILIAR, WEIGHTS, TrainedHead
from gatedclip.model.familiar import Familiar
from gatedclip.model.heads import HEADS, make_head

D = 6


def trained(kind: str = "gated", seed: int = 0) -> TrainedHead:
    torch.manual_seed(seed)
    head = make_head(kind, D, D, members=3)
    v = torch.randn(20, D)
    head.fit_scales(v, v * 2)
    familiar = Familiar.fit(v, v, torch.randn(9, D), torch.randn(9, D))
    return TrainedHead(head.eval().requires_grad_(False), "enc-1", 0.37, familiar, {"seed": seed, "packages": {"torch": "2"}})


@pytest.fixture
def folder(tmp_path):
    checkpoint.save(trained(), tmp_path / "v1")
    return tmp_path / "v1"


@pytest.mark.parametrize("kind", HEADS)
def test_every_kind_of_head_comes_back_byte_for_byte(tmp_path, kind):
    saved = trained(kind)
    checkpoint.save(saved, tmp_path / "deep" / "v1")
    loaded = checkpoint.load(tmp_path / "deep" / "v1")
    before, after = saved.head.state_dict(), loaded.head.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert (loaded.head.kind, loaded.head.widths, loaded.head.input_scale) == (kind, (D, D), "standardise")
    assert (loaded.encoder, loaded.threshold, loaded.provenance) == (saved.encoder, saved.threshold, saved.provenance)


def test_a_loaded_head_predicts_what_the_saved_one_did(folder):
    picture, words = torch.randn(4, D), torch.randn(4, D)
    was, now = trained().predict(picture, words, 3), checkpoint.load(folder).predict(picture, words, 3)
    assert [(p.probability, p.gate, p.share, p.margin) for p in was] == [(p.probability, p.gate, p.share, p.margin) for p in now]
    assert [p.novelty for p in was] == pytest.approx([p.novelty for p in now], rel=1e-2)  # its memes are kept in half precision
    assert {(p.threshold, p.version_id) for p in now} == {(0.37, 3)}


def test_the_temperature_comes_back_and_divides_the_margin(tmp_path):
    kept = trained()
    kept.head.temperature = 2.5
    checkpoint.save(kept, tmp_path / "v1")
    loaded = checkpoint.load(tmp_path / "v1")
    assert loaded.temperature == 2.5
    (said,) = loaded.predict(torch.randn(1, D), torch.randn(1, D))
    assert said.probability == pytest.approx(1 / (1 + math.exp(-said.margin / 2.5)), rel=1e-6)


def test_a_head_from_before_there_was_a_temperature_says_what_it_said(folder):
    card = json.loads((folder / CARD).read_text())
    del card["temperature"]
    (folder / CARD).write_text(json.dumps(card))
    loaded = checkpoint.load(folder)
    (said,) = loaded.predict(torch.ones(1, D), torch.ones(1, D))
    assert loaded.temperature == 1.0
    assert said.probability == pytest.approx(1 / (1 + math.exp(-said.margin)), rel=1e-6)


def test_a_loaded_head_serves_and_cannot_learn(folder):
    head = checkpoint.load(folder).head
    assert not head.training
    assert not any(p.requires_grad for p in head.parameters())


def test_saving_again_replaces_the_whole_folder_and_leaves_nothing_beside_it(folder):
    (folder / "leftover").write_text("x")
    checkpoint.save(trained(seed=1), folder)
    assert sorted(p.name for p in folder.iterdir()) == sorted([CARD, WEIGHTS, FAMILIAR])
    assert [p.name for p in folder.parent.iterdir()] == ["v1"]
    assert checkpoint.load(folder).provenance["seed"] == 1


@pytest.mark.parametrize("name", [CARD, WEIGHTS, FAMILIAR])
def test_a_missing_file_is_refused(folder, name):
    (folder / name).unlink()
    with pytest.raises(CheckpointError, match=str(folder)):
        checkpoint.load(folder)


@pytest.mark.parametrize("name", [CARD, WEIGHTS, FAMILIAR])
@pytest.mark.parametrize("keep", [0, 5, 0.5, 0.99])
def test_a_file_cut_short_is_refused(folder, name, keep):
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: keep if isinstance(keep, int) else int(len(whole) * keep)])
    with pytest.raises(CheckpointError):
        checkpoint.load(folder)


@pytest.mark.parametrize("change", ["missing", "left over", "of another shape"])
def test_weights_are_taken_strictly(folder, change):
    weights = load_file(folder / WEIGHTS)
    if change == "missing":
        del weights["gate.2.bias"]
    elif change == "left over":
        weights["extra"] = torch.zeros(1)
    else:
        weights["gate.2.bias"] = torch.zeros(2)
    save_file(weights, folder / WEIGHTS)
    with pytest.raises(CheckpointError, match="damaged"):
        checkpoint.load(folder)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", 2),
        ("kind", "gpt"),
        ("kind", None),
        ("kind", ["gated"]),
        ("widths", [6]),
        ("widths", None),
        ("widths", ["6", 6]),
        ("threshold", None),
        ("threshold", "high"),
        ("threshold", float("nan")),
        ("input_scale", 3),
        ("temperature", 0),
        ("temperature", "warm"),
        ("temperature", float("nan")),
    ],
)
def test_a_card_that_makes_no_sense_is_refused(folder, field, value):
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps({**card, field: value}))
    with pytest.raises(CheckpointError):
        checkpoint.load(folder)


@pytest.mark.parametrize("text", ["[]", "3", "null", '{"format": 1}', "{", "\ud800".encode("utf-8", "surrogatepass")])
def test_a_card_that_is_no_card_is_refused(folder, text):
    (folder / CARD).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(CheckpointError):
        checkpoint.load(folder)


class Trap:
    """Writes a file when unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("name", [WEIGHTS, FAMILIAR])
@pytest.mark.parametrize("dump", [lambda trap, f: pickle.dump(trap, f), lambda trap, f: torch.save({"x": trap}, f)])
def test_a_pickle_in_place_of_weights_is_refused_and_never_run(folder, tmp_path, name, dump):
    sprung = tmp_path / "sprung"
    with open(folder / name, "wb") as file:
        dump(Trap(sprung), file)
    with pytest.raises(CheckpointError):
        checkpoint.load(folder)
    assert not sprung.exists()
    pickle.loads(pickle.dumps(Trap(sprung))).close()  # the trap does work
    assert sprung.exists()


def test_a_head_of_another_encoder_is_refused_with_both_names(folder):
    with pytest.raises(CheckpointError, match="vectors of enc-1, but the workbench now uses enc-2"):
        checkpoint.require_fit(checkpoint.load(folder), "enc-2")
    checkpoint.require_fit(checkpoint.load(folder), "enc-1")
