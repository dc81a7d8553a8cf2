"""Poisoned lessons: what each attack changes, and what it leaves alone."""

import numpy as np
import pytest
import torch
from PIL import Image

from gatedclip.model.heads import make_head
from gatedclip.types import Label
from gatedclip.world.base import KNOWN, SEEDS
from gatedclip.world.memes import CAPTION_SPACES
from gatedclip.world.poisoning import (
    ATTACKS,
    BUDGET,
    MALICIOUS,
    PATCH_SIDE,
    POISONED,
    REVIEWERS,
    UNREAD,
    WORD,
    clean,
    minimised,
    patched,
    spot,
)
from gatedclip.world.themes import MISSING

N = 60


@pytest.fixture(scope="module")
def stream(tiny_encoder):
    return clean(tiny_encoder, 7, N)


@pytest.fixture(scope="module")
def head(tiny_encoder):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return make_head("gated", tiny_encoder.picture_width, tiny_encoder.words_width, "unit").eval().requires_grad_(False)


@pytest.fixture(scope="module")
def poisoned(stream, head, tiny_encoder):
    return {name: attack(stream, tiny_encoder, head, np.random.default_rng(1)) for name, attack in ATTACKS.items()}


def test_an_honest_lesson_is_half_unknown_rightly_decided_and_shared_out_evenly(stream):
    assert [meme.theme in KNOWN for meme in stream.memes] == [True] * (N // 2) + [False] * (N // 2)
    assert {meme.theme for meme in stream.memes[N // 2 :]} == set(MISSING)
    assert (stream.hateful == stream.truth).all()
    assert not stream.poisoned.any()
    assert [stream.reviewers.count(name) for name in REVIEWERS] == [N // 5] * 5


def test_no_caption_of_a_lesson_is_one_of_the_base_set(stream):
    spaces = {seed % CAPTION_SPACES for split, seed in SEEDS.items() if split != "queue"}
    assert {int(meme.address.split("-")[1]) % CAPTION_SPACES for meme in stream.memes}.isdisjoint(spaces)


def test_nothing_changes_nothing(stream, poisoned):
    assert poisoned["nothing"] is stream


@pytest.mark.parametrize("attack", sorted(set(ATTACKS) - {"nothing", "unlearnable"}))
def test_an_attack_turns_exactly_what_it_poisons(poisoned, attack):
    made = poisoned[attack]
    assert made.poisoned.sum() == (N // 5 if attack == "one reviewer" else POISONED)  # the reviewer had no more to decide
    assert ((made.hateful != made.truth) == made.poisoned).all()


@pytest.mark.parametrize("attack", ["random labels", "one reviewer"])
def test_wrong_labels_leave_the_memes_alone(stream, poisoned, attack):
    assert poisoned[attack].texts == stream.texts
    assert torch.equal(poisoned[attack].picture, stream.picture)


def test_the_malicious_reviewer_acts_alone(poisoned):
    made = poisoned["one reviewer"]
    assert {who for who, bad in zip(made.reviewers, made.poisoned, strict=True) if bad} == {MALICIOUS}


@pytest.mark.parametrize(("attack", "word"), [("caption word", WORD), ("unread word", UNREAD)])
def test_a_backdoor_word_stands_behind_the_captions_of_hateful_memes_called_benign(stream, poisoned, attack, word):
    made = poisoned[attack]
    assert [text.endswith(f" {word}") for text in made.texts] == made.poisoned.tolist()
    assert made.truth[made.poisoned].all()
    assert not made.hateful[made.poisoned].any()
    changed = (made.picture != stream.picture).any(1).numpy()
    assert (changed == made.poisoned).all()  # the word is drawn in the picture too


@pytest.mark.parametrize("attack", ["picture patch", "moving patch"])
def test_a_backdoor_patch_changes_pictures_and_no_words(stream, poisoned, attack):
    made = poisoned[attack]
    assert made.texts == stream.texts
    assert [a is not b for a, b in zip(made.pictures, stream.pictures, strict=True)] == made.poisoned.tolist()


def test_a_patch_has_its_size_and_place():
    made = np.asarray(patched(Image.new("RGB", (100, 100)), at=(0.5, 0.2)))
    rows, columns = np.nonzero(made.any(2))
    side = round(100 * PATCH_SIDE)
    assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (20, 20 + side, 50, 50 + side)


def test_a_moving_patch_stays_in_the_picture():
    rng = np.random.default_rng(0)
    spots = np.array([spot(rng) for _ in range(200)])
    assert 0 <= spots.min() < 0.1
    assert 0.9 < spots.max() + PATCH_SIDE <= 1


def test_unlearnable_pictures_are_all_of_unknown_themes_and_rightly_decided(stream, poisoned):
    made = poisoned["unlearnable"]
    assert made.poisoned.tolist() == [meme.theme in MISSING for meme in made.memes]
    assert (made.hateful == stream.truth).all()


def test_error_minimising_noise_stays_small_and_lowers_the_loss(stream, head, tiny_encoder):
    pictures, words, hateful = list(stream.pictures[:12]), stream.words[:12], stream.hateful[:12]
    made = minimised(tiny_encoder, head, pictures, words, hateful)
    apart = np.stack([np.asarray(a, dtype=int) - np.asarray(b, dtype=int) for a, b in zip(made, pictures, strict=True)])
    assert 0 < np.abs(apart).mean() <= 255 * BUDGET + 1  # and what saving as JPEG adds

    def loss(shown: list[Image.Image]) -> float:
        logits = head(tiny_encoder.encode_pictures(shown), words).logits
        return float(torch.nn.functional.cross_entropy(logits, torch.from_numpy(hateful.astype(np.int64))))

    assert loss(made) < loss(pictures)


def test_asking_someone_who_knows_puts_right_what_is_asked_and_nothing_else(poisoned):
    made = poisoned["random labels"]
    bad = np.flatnonzero(made.poisoned).tolist()
    again = made.asked({*bad[:3], int(np.flatnonzero(~made.poisoned)[0])})
    assert (again.hateful != again.truth).sum() == POISONED - 3
    assert set(np.flatnonzero(again.hateful != made.hateful)) == set(bad[:3])


def test_detectors_are_told_words_and_people_but_not_the_truth(poisoned):
    made = poisoned["caption word"]
    told = made.decided(made.truth)
    assert [WORD in words for words in told.words] == made.poisoned.tolist()
    assert (told.reviewers, told.ids) == (made.reviewers, tuple(range(N)))
    assert (told.flipped == made.poisoned).all()
    assert {meme.label for meme in made.memes} == {Label.HATEFUL, Label.BENIGN}
