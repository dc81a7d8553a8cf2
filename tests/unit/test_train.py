"""Training: exact schedule, exact repetition, the best epoch and not the last, and a frozen encoder that stays frozen."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.metrics import roc_auc_score

from gatedclip.config import TrainConfig
from gatedclip.errors import DataError
from gatedclip.learn.train import Examples, batches, fit, learning_rate
from gatedclip.model.encoder import weights_sha256

D = 8
QUICK = TrainConfig(epochs=3, patience=3, warmup=1, learning_rate=1e-3)


def together(n: int, seed: int) -> Examples:
    """Memes that are hateful when picture and words disagree: no sum of the two can tell."""
    rng = np.random.default_rng(seed)
    p, w = rng.integers(0, 2, n), rng.integers(0, 2, n)
    directions = np.eye(D)

    def vectors(side: np.ndarray) -> torch.Tensor:
        return torch.tensor(directions[side] + 0.1 * rng.standard_normal((n, D)), dtype=torch.float32)

    return Examples(vectors(p), vectors(w), torch.tensor(p != w, dtype=torch.float32))


def noise(n: int, seed: int) -> Examples:
    generator = torch.Generator().manual_seed(seed)
    picture, words = (torch.randn(n, D, generator=generator) for _ in range(2))
    return Examples(picture, words, (torch.arange(n) % 2).float())


def weights_of(result) -> dict:
    return {name: tensor.numpy().tobytes() for name, tensor in result.head.state_dict().items()}


# --- schedule -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "fraction"),
    [(0, 0.0), (5, 0.25), (10, 0.5), (20, 1.0), (65, 0.5 * (1 + math.cos(math.pi / 4))), (110, 0.5), (200, 0.0)],
)
def test_the_rate_rises_for_two_epochs_then_falls_along_half_a_cosine(step, fraction):
    assert learning_rate(step, 10, TrainConfig(epochs=20, warmup=2)) == pytest.approx(fraction, abs=1e-12)


def test_without_warm_up_the_rate_starts_at_its_peak():
    assert learning_rate(0, 10, TrainConfig(epochs=5, warmup=0)) == 1.0


# --- batches ------------------------------------------------------------------------------------------------------


def test_an_epoch_shows_every_meme_exactly_once_with_its_own_words_label_and_weight():
    n = 70
    column = torch.arange(n, dtype=torch.float32)
    data = Examples(column[:, None], column[:, None] + 1000, column, weight=column + 5000)
    seen = list(batches(data, TrainConfig(batch=32)))
    assert [len(b) for b in seen] == [32, 32, 6]
    picture = torch.cat([b.picture for b in seen])[:, 0]
    assert sorted(picture.tolist()) == column.tolist()
    assert picture.tolist() != column.tolist()
    for name, shift in (("words", 1000), ("hateful", 0), ("weight", 5000)):
        assert torch.equal(torch.cat([getattr(b, name) for b in seen]).flatten(), picture + shift)


def test_cached_flips_draw_each_picture_mirrored_half_of_the_time_and_independently():
    n, epochs = 50, 400
    plain, mirrored = torch.arange(n).float()[:, None] + 1, -torch.arange(n).float()[:, None] - 1
    data = Examples(plain, plain, torch.zeros(n), mirrored)
    torch.manual_seed(0)
    flips = torch.zeros(epochs, n)
    for epoch in range(epochs):
        drawn = torch.cat([b.picture for b in batches(data, TrainConfig(flip=0.5, batch=16))])[:, 0]
        flips[epoch, drawn.abs().long() - 1] = (drawn < 0).float()
    per_meme, per_epoch = flips.mean(0), flips.mean(1)
    # binomial: four and a half standard deviations around one half, for each meme and for each epoch
    assert ((per_meme - 0.5).abs() < 4.5 * 0.5 / math.sqrt(epochs)).all()
    assert ((per_epoch - 0.5).abs() < 4.5 * 0.5 / math.sqrt(n)).all()
    neighbours = ((flips[:, 1:] - 0.5) * (flips[:, :-1] - 0.5)).mean() * 4  # correlation, 0 if independent
    assert abs(float(neighbours)) < 4.5 / math.sqrt(epochs * (n - 1))


def test_a_cached_mirror_image_is_what_flipping_before_the_encoder_gives(tiny_encoder):
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (32, 32, 3), dtype=np.uint8))
    in_the_loop = tiny_encoder.encode_pixels(tiny_encoder.pixels([picture]).flip(-1))
    assert torch.equal(tiny_encoder.encode_pictures([picture], mirrored=True), in_the_loop)
    assert not torch.allclose(tiny_encoder.encode_pictures([picture]), in_the_loop)


# --- fit ----------------------------------------------------------------------------------------------------------


def test_the_same_seed_and_data_give_the_same_bytes_and_another_seed_others():
    train, validation = together(200, 1), together(60, 2)
    first, again = fit(train, validation, QUICK), fit(train, validation, QUICK)
    other = fit(train, validation, TrainConfig(epochs=3, patience=3, warmup=1, learning_rate=1e-3, seed=1))
    assert weights_of(first) == weights_of(again)
    assert (first.epochs, first.threshold) == (again.epochs, again.threshold)
    assert weights_of(first) != weights_of(other)


def test_training_leaves_torch_s_random_state_and_threads_as_they_were():
    torch.manual_seed(7)
    expected, threads = torch.rand(3), torch.get_num_threads()
    torch.manual_seed(7)
    fit(together(100, 1), together(40, 2), QUICK)
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads


def test_what_only_both_halves_decide_is_learned_by_gatedclip_and_is_chance_for_the_mean():
    train, validation, test = together(1200, 1), together(300, 2), together(300, 3)
    scores = {}
    for kind in ("gated", "mean"):
        config = TrainConfig(head=kind, epochs=20, learning_rate=1e-3)
        head = fit(train, validation, config).head
        scores[kind] = roc_auc_score(test.labels, head(test.picture, test.words).probability)
    assert scores["gated"] > 0.99
    assert 0.35 < scores["mean"] < 0.65


def test_the_best_epoch_is_kept_and_is_never_quietly_the_last():
    config = TrainConfig(epochs=30, patience=30, warmup=0, learning_rate=3e-3)
    result = fit(noise(128, 1), noise(64, 2), config)
    curve = [epoch.auroc for epoch in result.epochs]
    assert len(curve) == 30
    assert result.best == int(np.argmax(curve)) + 1 < 30  # the case has force: the last epoch is not the best
    validation = noise(64, 2)
    kept = roc_auc_score(validation.labels, result.head(validation.picture, validation.words).probability)
    assert kept == curve[result.best - 1] == result.validation.auroc.value
    assert kept > curve[-1]


def test_a_held_gate_does_not_learn_and_a_freed_one_does():
    train, validation = together(200, 1), together(60, 2)
    plain = TrainConfig(epochs=4, patience=4, warmup=1, learning_rate=1e-3, weight_decay=0.0)
    gates = {}
    for hold in (0, 4):
        config = replace(plain, gate_hold=hold)
        gates[hold] = [fit(train, validation, config, keep=k).head.gate[0].weight for k in (1, 4)]
    assert torch.equal(*gates[4])
    assert not torch.allclose(*gates[0])


def test_an_epoch_that_is_asked_for_is_kept_whatever_its_score():
    config = TrainConfig(epochs=30, patience=2, warmup=0, learning_rate=3e-3)
    result = fit(noise(128, 1), noise(64, 2), config, keep=9)
    validation = noise(64, 2)
    kept = roc_auc_score(validation.labels, result.head(validation.picture, validation.words).probability)
    assert (result.best, len(result.epochs)) == (9, 9)
    assert kept == result.epochs[-1].auroc


def test_training_stops_when_patience_is_spent():
    result = fit(noise(128, 1), noise(64, 2), TrainConfig(epochs=200, patience=3, warmup=0, learning_rate=3e-3))
    assert len(result.epochs) == result.best + 3 < 200


def test_a_tie_keeps_the_earlier_epoch():
    perfect = Examples(torch.eye(2).repeat(20, 1), torch.eye(2).repeat(20, 1), torch.tensor([0.0, 1.0]).repeat(20))
    result = fit(perfect, perfect, TrainConfig(epochs=20, patience=5, warmup=0, learning_rate=1e-2))
    first = next(e.number for e in result.epochs if e.auroc == 1.0)
    assert result.best == first
    assert result.epochs[-1].number == first + 5


def test_the_returned_head_is_ready_to_serve():
    result = fit(together(100, 1), together(40, 2), QUICK)
    assert not result.head.training
    assert not any(p.requires_grad for p in result.head.parameters())


def test_an_epoch_is_reported_as_it_ends_and_a_reporter_may_stop_the_training():
    class Stop(Exception): ...

    seen = []

    def report(epoch):
        seen.append(epoch.number)
        if epoch.number == 2:
            raise Stop

    with pytest.raises(Stop):
        fit(together(100, 1), together(40, 2), QUICK, report)
    assert seen == [1, 2]


def test_the_threshold_is_one_half_in_the_paper_and_chosen_on_validation_otherwise():
    train, validation = together(200, 1), together(60, 2)
    assert fit(train, validation, TrainConfig(epochs=2, threshold="half")).threshold == 0.5
    assert fit(train, validation, TrainConfig(epochs=2, warmup=1)).threshold != 0.5


def test_memes_of_weight_zero_teach_nothing():
    wrong = together(200, 5)
    wrong = Examples(wrong.picture, wrong.words, 1 - wrong.hateful)
    right = together(200, 1)
    both = Examples(*(torch.cat([getattr(right, n), getattr(wrong, n)]) for n in ("picture", "words", "hateful")))
    weight = torch.cat([torch.ones(200), torch.zeros(200)])
    both = Examples(both.picture, both.words, both.hateful, weight=weight)
    config = TrainConfig(epochs=30, patience=30, learning_rate=2e-3)
    test = together(200, 9)
    head = fit(both, together(60, 2), config).head
    assert roc_auc_score(test.labels, head(test.picture, test.words).probability) > 0.95


def test_one_class_only_is_refused_with_the_counts():
    ones = Examples(torch.randn(4, D), torch.randn(4, D), torch.ones(4))
    with pytest.raises(DataError, match="The memes to learn from hold 4 hateful and 0 benign"):
        fit(ones, together(40, 2), QUICK)
    with pytest.raises(DataError, match="The memes that choose the epoch"):
        fit(together(40, 2), ones, QUICK)


def test_a_flip_without_mirrored_vectors_is_refused():
    with pytest.raises(DataError, match=r"flip is 0\.5, but no mirrored pictures"):
        fit(together(40, 1), together(40, 2), TrainConfig(flip=0.5))


# --- the encoder stays frozen -------------------------------------------------------------------------------------


def test_the_encoder_is_byte_equal_after_training_on_what_it_embeds(tiny_encoder):
    before = weights_sha256(tiny_encoder.model)
    rng = np.random.default_rng(0)
    pictures = [Image.fromarray(rng.integers(0, 255, (16, 16, 3), dtype=np.uint8)) for _ in range(24)]
    words = tiny_encoder.encode_texts([f"meme {i}" for i in range(24)])
    data = Examples(tiny_encoder.encode_pictures(pictures), words, torch.arange(24) % 2.0)
    fit(data, data, QUICK)
    assert weights_sha256(tiny_encoder.model) == before == tiny_encoder.weights_sha256
    assert not any(p.requires_grad or p.grad is not None for p in tiny_encoder.model.parameters())
