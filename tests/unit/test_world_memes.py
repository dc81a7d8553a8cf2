"""Memes whose truth is known because the world is made."""

from collections import Counter, defaultdict
from itertools import islice

import pytest

from gatedclip.errors import InputError
from gatedclip.types import Label
from gatedclip.world import memes
from gatedclip.world.drawings import MEAN_SYMBOLS
from gatedclip.world.themes import CLOSERS, DENIAL_STEMS, INSULTS, MISSING, NEUTRALS, OPENERS, PRAISE_STEMS, THEMES

MEMES = memes.collection(7, 3000)


def test_the_world_is_as_large_as_promised() -> None:
    assert len(THEMES) >= 12
    assert len(set(INSULTS)) >= 30
    assert len(set(NEUTRALS)) >= 60
    assert len(MEAN_SYMBOLS) >= 3
    assert all(len(set(t.praise)) >= 6 and len(set(t.denial)) >= 6 for t in THEMES.values())
    assert len(OPENERS) % memes.CAPTION_SPACES == len(CLOSERS) % memes.CAPTION_SPACES == 0
    assert set(MISSING) < set(THEMES)


def test_each_loaded_sentence_marks_the_words_that_decide() -> None:
    for sentence in (*PRAISE_STEMS, *DENIAL_STEMS, *INSULTS, *(s for t in THEMES.values() for s in t.praise_own + t.denial_own)):
        assert sentence.count("*") in (2, 4, 6), sentence
    assert not any("*" in sentence for sentence in NEUTRALS)


def test_an_address_gives_back_its_meme_to_the_last_pixel() -> None:
    for meme in MEMES[:40:8]:
        again = memes.at(meme.address)
        assert again == meme
        assert again.draw(96).tobytes() == meme.draw(96).tobytes()


@pytest.mark.parametrize(
    "address",
    ["", "world-7", "world-7-1-9", "world-7-1-0; drop", "world-7-99999999999-0", "w\u0660rld-1-1-0", "world-\u0661-1-0"],
)
def test_what_is_no_address_is_refused_with_an_example(address: str) -> None:
    with pytest.raises(InputError, match="world-7-42-0"):
        memes.at(address)


def test_half_the_world_is_mean_or_nearly_so_and_most_of_it_needs_both_halves() -> None:
    truths = Counter(meme.truth for meme in MEMES)
    assert set(truths) == set(memes.TRUTHS)
    assert 0.55 < truths["together"] / len(MEMES) < 0.72
    assert 0.41 < sum(meme.label is Label.HATEFUL for meme in MEMES) / len(MEMES) < 0.49


def test_in_together_memes_each_picture_and_each_caption_is_once_mean_and_once_kind() -> None:
    labels = defaultdict(list)
    for meme in (m for m in MEMES if m.truth == "together"):
        labels[meme.family, "picture", meme.scene.things[0].name].append(meme.label)
        labels[meme.family, "words", meme.text].append(meme.label)
        assert meme.scene.things[0].name in (THEMES[meme.theme].good, THEMES[meme.theme].bad)
    assert all(Counter(pair) == {Label.HATEFUL: 1, Label.BENIGN: 1} for pair in labels.values())
    families = Counter(key[0] for key in labels)
    assert set(families.values()) == {4}  # two pictures, two captions


def test_praise_is_mean_beside_the_bad_side_and_denial_beside_the_good_side() -> None:
    for meme in (m for m in MEMES if m.truth == "together"):
        theme = THEMES[meme.theme]
        praised = any(s.replace("*", "") in meme.text for s in theme.praise)
        denied = any(s.replace("*", "") in meme.text for s in theme.denial)
        assert praised != denied
        bad = meme.scene.things[0].name == theme.bad
        assert (meme.label is Label.HATEFUL) == (praised == bad)


def test_a_box_stands_where_the_picture_decides_and_words_are_named_where_words_decide() -> None:
    for meme in MEMES:
        assert (meme.box is not None) == (meme.truth in ("picture", "together"))
        assert bool(meme.words) == (meme.truth in ("words", "together"))
        assert all(word in meme.text for word in meme.words)
        if meme.box:
            left, top, right, bottom = meme.box
            assert 0 <= left < right <= 1
            assert 0 <= top < bottom <= 1
        mean_symbol = meme.scene.things[0].name in MEAN_SYMBOLS
        assert mean_symbol == (meme.truth == "picture")


def test_no_caption_and_no_family_is_found_under_two_neighbouring_seeds() -> None:
    captions, families = [], []
    for seed in range(memes.CAPTION_SPACES):
        found = memes.collection(seed, 1000)
        captions.append({m.text for m in found})
        families.append({m.family for m in found})
    assert len(set().union(*captions)) == sum(map(len, captions))
    assert len(set().union(*families)) == sum(map(len, families))


def test_a_collection_has_the_size_asked_for_in_whole_families_that_share_no_caption() -> None:
    for n in (1, 3, 90, 501):
        assert len(memes.collection(3, n)) == n
    owner = {}
    for meme in MEMES:
        assert owner.setdefault(meme.text, meme.family) == meme.family
    whole = memes.collection(3, 90)
    sizes = Counter(meme.family for meme in whole)
    assert all(len(memes.family(3, int(name.split("-")[2]))) == size for name, size in sizes.items())


def test_themes_take_turns_and_can_be_withheld() -> None:
    shares = Counter(meme.theme for meme in MEMES)
    assert min(shares.values()) > 0.7 * len(MEMES) / len(THEMES)
    known = [theme for theme in THEMES if theme not in MISSING]
    assert {members[0].theme for members in islice(memes.families(1, known), 50)} == set(known)


def test_a_collection_of_fewer_than_no_memes_is_refused():
    with pytest.raises(InputError, match="-30 memes were asked for"):
        memes.collection(1, -30)
    assert memes.collection(1, 0) == []
