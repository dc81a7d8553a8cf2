"""How the small CLIP is made."""

import json
import random
from collections import Counter

import numpy as np
import pytest
import torch

from gatedclip.model.encoder import Encoder, clip_tokenizer, load_encoder, new_clip
from gatedclip.world import recipe
from gatedclip.world.drawings import DRAWINGS


def test_examples_show_every_thing_equally_often_and_are_the_same_for_the_same_seed() -> None:
    shown = [recipe.example(1, n)[0].things[0].name for n in range(2 * len(DRAWINGS))]
    assert set(Counter(shown).values()) == {2}
    assert recipe.example(1, 5) == recipe.example(1, 5) != recipe.example(2, 5)


def test_a_description_names_what_the_scene_is_about_and_some_quote_the_caption() -> None:
    scene, caption = recipe.example(3, 0)
    texts = [recipe.describe(random.Random(seed), scene, caption) for seed in range(400)]
    assert all(DRAWINGS[scene.things[0].name].phrase in text for text in texts)
    assert sum(caption in text for text in texts) / 400 == pytest.approx(0.3, abs=0.08)


def test_pictures_drawn_for_training_are_nearly_what_the_encoder_sees_of_the_full_drawing() -> None:
    encoder = Encoder(new_clip(recipe.MODEL), clip_tokenizer(recipe.CONTEXT), "small", "squash")
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (encoder.model.visual.image_mean, encoder.model.visual.image_std))
    scene, caption = recipe.example(4, 7)
    cheap = torch.from_numpy(np.array(recipe.small(scene, caption))).permute(2, 0, 1) / 255
    full = encoder.pixels([recipe.full(scene, caption)])[0] * std + mean
    assert (cheap - full).abs().mean() < 0.04
    assert (cheap - full).abs().median() < 0.005


def test_clips_loss_is_low_for_matching_pairs_and_high_for_shuffled_ones() -> None:
    same, scale = torch.eye(4), torch.tensor(20.0)
    assert recipe.contrast(same, same, scale).item() == pytest.approx(np.log(1 + 3 * np.exp(-20)), abs=1e-6)
    assert recipe.contrast(same, same.roll(1, 0), scale).item() == pytest.approx(20 + np.log(1 + 3 * np.exp(-20)), abs=1e-4)


def test_a_built_clip_can_be_loaded_again_and_says_how_it_was_made(tmp_path) -> None:
    told: list[float] = []
    small = recipe.Recipe(scenes=84, epochs=2, batch=42, judged=42, workers=1)
    record = recipe.build(tmp_path, lambda fraction, _: told.append(fraction), small)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert json.loads((tmp_path / "clip.json").read_text()) == record
    assert {"seed", "date", "packages", "seconds", "zero_shot_accuracy"} <= set(record)
    encoder = load_encoder(f"local-dir:{tmp_path}", device="cpu")
    assert recipe.zero_shot(encoder, small.seed + 1, 42) == record["zero_shot_accuracy"]


def test_the_clip_that_ships_names_what_it_sees_and_fits_its_budget() -> None:
    record = json.loads((recipe.CLIP / "clip.json").read_text())
    assert record["zero_shot_accuracy"] >= 0.95
    assert record["judged"] == 1000
    assert sum(file.stat().st_size for file in recipe.CLIP.iterdir()) <= 15_000_000
    encoder = load_encoder("demo", device="cpu")
    assert recipe.zero_shot(encoder, seed=99, n=84) >= 0.9
