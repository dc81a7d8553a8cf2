"""The base set that ships with its vectors, and the demo's queue."""

from collections import Counter

import pytest
import torch

from gatedclip.errors import DataError
from gatedclip.model.encoder import load_encoder
from gatedclip.types import Label, Split
from gatedclip.world.base import KNOWN, SIZES, base_memes, demo_memes, load_base
from gatedclip.world.memes import at
from gatedclip.world.themes import MISSING


def test_the_shipped_vectors_are_those_of_the_shipped_encoder() -> None:
    encoder = load_encoder("demo", device="cpu")
    test = load_base()[Split.TEST]
    assert test.encoder == encoder.identity
    some = test.memes[:6]
    pictures = [meme.draw() for meme in some]
    for stored, fresh in (
        (test.picture, encoder.encode_pictures(pictures)),
        (test.mirrored, encoder.encode_pictures(pictures, mirrored=True)),
        (test.words, encoder.encode_texts([meme.text for meme in some])),
    ):
        torch.testing.assert_close(stored[:6], fresh, rtol=5e-3, atol=5e-3)


def test_the_base_set_has_its_promised_sizes_and_shares_no_caption_between_splits() -> None:
    assert SIZES == {Split.TRAIN: 8500, Split.VALIDATION: 500, Split.TEST: 2000}
    texts = {split: {meme.text for meme in base_memes(split)} for split in SIZES}
    texts[Split.QUEUE] = {meme.text for meme in demo_memes()}
    assert len(set().union(*texts.values())) == sum(map(len, texts.values()))


def test_the_known_part_of_the_base_set_leaves_out_the_missing_themes_with_their_vectors() -> None:
    validation = load_base()[Split.VALIDATION]
    known = validation.known()
    assert {meme.theme for meme in known.memes} == set(KNOWN)
    row = validation.memes.index(known.memes[-1])
    assert torch.equal(known.picture[-1], validation.picture[row])
    assert len(known.memes) == len(known.words) == len(known.mirrored) == len(known.hateful)
    assert known.hateful[0] == float(known.memes[0].label is Label.HATEFUL)


def test_a_folder_without_vectors_says_how_to_make_them(tmp_path) -> None:
    with pytest.raises(DataError, match="gatedclip world build"):
        load_base(tmp_path)


def test_a_third_of_the_queue_is_of_the_missing_themes_and_shows_each_of_their_four_kinds() -> None:
    queue = demo_memes()
    assert len({meme.address for meme in queue}) == 90
    themes = Counter(meme.theme for meme in queue)
    assert {theme: themes[theme] for theme in MISSING} == dict.fromkeys(MISSING, 10)
    assert {meme.truth for meme in queue} == {"picture", "words", "together", "neither"}
    for theme in MISSING:
        cells = Counter((m.scene.things[0].name, m.label) for m in queue if m.theme == theme and m.truth == "together")
        assert sorted(cells.values()) == [2, 2, 3, 3]
        assert len({m.family for m in queue if m.theme == theme}) == 10
    assert all(at(meme.address) == meme for meme in queue)
