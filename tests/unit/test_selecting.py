"""What to look at next: scores solved on paper, a batch that always has its random part, and what that part tells."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatedclip.errors import ConfigError, DataError
from gatedclip.learn.selecting.batch import Choice, Decided, Mix, Waiting, choose
from gatedclip.learn.selecting.diversity import gradient_embeddings, spread, typical
from gatedclip.learn.selecting.live import live, weighted_auroc
from gatedclip.learn.selecting.scores import gate_conflict, typicality, uncertainty, wrong_reason
from gatedclip.learn.selecting.second import Suspects, suspects
from gatedclip.model.operating import auroc_delong, proportion


def waiting(n: int = 100, seed: int = 0, **changes) -> Waiting:
    rng = np.random.default_rng(seed)
    values = {
        "ids": list(range(1000, 1000 + n)),
        "families": [""] * n,
        "probability": rng.random(n),
        "fused": rng.random((n, 6)),
        "threshold": 0.5,
        "members": rng.random((5, n)),
        "gate": rng.random(n),
        "picture_share": rng.random(n),
    }
    return Waiting(**{**values, **changes})


def decided(n: int = 30, seed: int = 1, **changes) -> Decided:
    rng = np.random.default_rng(seed)
    found = Suspects(np.arange(6), np.array([True, True, False, True, True, True]))
    values = {
        "ids": list(range(n)),
        "hateful": (np.arange(n) % 2).astype(float),
        "left_out": rng.random(n),
        "fused": rng.random((n, 6)),
        "suspects": found,
        "labels": 5000,
    }
    return Decided(**{**values, **changes})


def by(choices: tuple[Choice, ...], strategy: str) -> list[int]:
    return [c.meme_id for c in choices if c.strategy == strategy]


# --- scores -------------------------------------------------------------------------------------------------------


def test_uncertainty_is_1_on_the_threshold_and_0_at_either_end():
    assert uncertainty(np.array([0.0, 0.1, 0.2, 0.6, 1.0]), 0.2).tolist() == pytest.approx([0, 0.5, 1, 0.5, 0])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.floats(0, 1))
def test_uncertainty_lies_in_0_to_1_for_any_threshold(values, threshold):
    found = uncertainty(np.array(values), threshold)
    assert ((found >= 0) & (found <= 1)).all()


def test_gate_and_share_conflict_only_on_different_sides_and_well_apart():
    found = gate_conflict(np.array([0.9, 0.9, 0.55, 0.1]), np.array([0.1, 0.6, 0.45, 0.8]))
    assert found.tolist() == pytest.approx([0.8, 0, 0, 0.7])


def test_the_nearest_wrong_reason_is_named_with_its_cosine():
    near, cosine = wrong_reason(np.array([[2.0, 0], [3, 3]]), np.array([[0, 1.0], [5, 0]]))
    assert (near[0], cosine[0], cosine[1]) == (1, pytest.approx(1), pytest.approx(0.5**0.5))
    assert wrong_reason(np.ones((2, 2)), np.empty((0, 2)))[1].tolist() == [0, 0]


def test_memes_in_a_crowd_are_more_typical_than_one_apart():
    fused = np.array([[1, 0.01 * n] for n in range(10)] + [[0, 1.0]])
    assert typicality(fused, 3).argmin() == 10


# --- diversity ----------------------------------------------------------------------------------------------------


def test_a_gradient_is_half_a_unit_long_on_the_threshold_and_turns_with_the_verdict():
    found = gradient_embeddings(np.array([[3.0, 4], [3, 4], [3, 4]]), np.array([0.5, 0.25, 1.0]), 0.5)
    assert found == pytest.approx(np.array([[0.3, 0.4], [-0.15, -0.2], [0, 0]]))


def test_what_is_drawn_already_and_its_family_and_its_twins_are_not_drawn_again():
    vectors = np.array([[1.0, 0], [1, 0], [0, 1], [0, -1]])
    for seed in range(20):
        rows = spread(vectors, ["", "", "f", "f"], np.ones(4, bool), 4, np.random.default_rng(seed))
        assert len(rows) == 2  # one of the twins, which lie at distance 0, and one of the family
        assert {row // 2 for row, _ in rows} == {0, 1}


def test_the_first_draw_s_probability_is_its_share_of_all_squared_lengths():
    vectors = np.array([[2.0, 0], [0, 1]])
    (row, chance), _ = spread(vectors, ["", ""], np.ones(2, bool), 2, np.random.default_rng(0))
    assert chance == pytest.approx(0.8 if row == 0 else 0.2)


def test_typical_memes_come_from_regions_without_labels():
    rng = np.random.default_rng(0)
    fused = np.concatenate([rng.normal((1, 0, 0), 0.02, (20, 3)), rng.normal((0, 1, 0), 0.02, (20, 3))])
    assert typical(fused, fused[:1], [""] * 40, np.ones(40, bool), 1)[0] >= 20


# --- second answers -----------------------------------------------------------------------------------------------


def doubtful() -> tuple[np.ndarray, np.ndarray]:
    """Forty labels that the heads confirm, but for the third, which they contradict."""
    label = (np.arange(40) % 2).astype(float)
    said = np.where(label == 1, 0.9, 0.1)
    said[3] = 0.05
    return label[:, None], said


def test_a_contradicted_label_is_the_suspect_and_worth_asking_where_new_memes_are_clear():
    answers, said = doubtful()
    found = suspects(answers, said, np.full(50, 0.99), batch=5)
    assert (found.rows.tolist(), found.worth.tolist()) == ([3], [True])


def test_labels_that_the_heads_confirm_are_not_suspected():
    answers, said = doubtful()
    said[3] = 0.95
    assert suspects(answers, said, np.full(50, 0.99), batch=5).rows.tolist() == []


def test_where_many_people_confirmed_a_label_a_new_meme_is_worth_more():
    answers, said = doubtful()
    answers = np.repeat(answers, 5, axis=1)
    found = suspects(answers, said, np.full(50, 0.5), batch=5)
    assert found.rows.tolist() == [3]
    assert found.worth.tolist() == [False]


def test_one_class_alone_raises_no_suspicion_and_a_meme_without_answers_is_refused():
    assert len(suspects(np.ones((4, 1)), np.full(4, 0.1), np.full(3, 0.5), 5).rows) == 0
    with pytest.raises(DataError, match="no answer"):
        suspects(np.array([[1.0], [np.nan]]), np.full(2, 0.5), np.full(3, 0.5), 5)
    with pytest.raises(DataError, match="do not fit"):
        suspects(np.ones((4, 1)), np.full(3, 0.1), np.full(3, 0.5), 5)


# --- the batch ----------------------------------------------------------------------------------------------------


def test_a_batch_of_twenty_mixes_every_reason_as_it_was_asked():
    batch = choose(waiting(), decided(), seed=3)
    counts = {s: len(by(batch.choices, s)) for s in ("random", "uncertain", "disagreement", "suspected error", "conflict")}
    assert counts == {"random": 4, "uncertain": 8, "disagreement": 3, "suspected error": 3, "conflict": 2}
    assert by(batch.choices, "suspected error") == [0, 1, 3]  # the third was not worth a second answer
    assert {c.meme_id for c in batch.choices if c.second} == {0, 1, 3}
    assert {c.probability for c in batch.choices if c.strategy == "random"} == {4 / 100}
    assert all(c.reason and c.how for c in batch.choices)


def test_random_can_never_be_off_and_the_sentence_says_why():
    with pytest.raises(ConfigError, match="without bias"):
        Mix(random=0)
    with pytest.raises(ConfigError, match="errors is -1"):
        Mix(errors=-1)
    assert Mix(random=1).size == 17


def test_the_same_seed_gives_the_same_batch_and_another_seed_another():
    assert choose(waiting(), decided(), seed=3) == choose(waiting(), decided(), seed=3)
    assert choose(waiting(), decided(), seed=3).choices != choose(waiting(), decided(), seed=4).choices


def test_a_shortfall_goes_to_the_others_and_random_stays():
    bare = waiting(members=None, gate=None, picture_share=None)
    batch = choose(bare, decided(suspects=None))
    assert (len(by(batch.choices, "random")), len(by(batch.choices, "uncertain"))) == (4, 16)


def test_where_the_head_is_sure_of_all_its_place_goes_to_the_others():
    batch = choose(waiting(probability=np.ones(100)), decided())
    assert len(batch.choices) == 20
    assert by(batch.choices, "uncertain") == []
    assert len(by(batch.choices, "random")) == 4


def test_with_few_labels_typical_memes_take_the_place_of_uncertain_ones():
    batch = choose(waiting(), decided(labels=99))
    assert (len(by(batch.choices, "typical")), by(batch.choices, "uncertain")) == (8, [])


def test_a_meme_like_one_judged_for_the_wrong_reason_is_a_conflict_that_names_it():
    fused = np.eye(6)[np.arange(100) % 6]
    apart = decided(wrong_reason=[7], fused=np.tile(np.eye(6)[2], (30, 1)))
    batch = choose(waiting(fused=fused, gate=None, picture_share=None), apart)
    found = [c for c in batch.choices if c.strategy == "conflict"]
    assert len(found) == 2
    assert all((c.meme_id - 1000) % 6 == 2 and "meme 7" in c.reason for c in found)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 60), st.integers(1, 12), st.integers(1, 8), st.integers(0, 999))
def test_no_meme_twice_one_of_a_family_and_random_whole_for_any_queue(n, families, random, seed):
    queue = waiting(n, seed, families=[f"f{i % families}" if i % 2 else "" for i in range(n)])
    batch = choose(queue, decided(), Mix(random=random), seed)
    ids = [c.meme_id for c in batch.choices]
    assert len(ids) == len(set(ids)) <= Mix(random=random).size
    assert len(by(batch.choices, "random")) == min(random, n)
    drawn = set(by(batch.choices, "random"))
    rest = [queue.families[i - 1000] for i in ids if i >= 1000 and i not in drawn and queue.families[i - 1000]]
    assert len(rest) == len(set(rest))
    assert not set(rest) & {queue.families[i - 1000] for i in drawn}


def test_every_waiting_meme_is_drawn_by_chance_as_often_as_its_probability_says():
    queue, counts = waiting(10), np.zeros(10)
    for seed in range(400):
        for meme in by(choose(queue, Decided(labels=5000), Mix(0, 0, 0, 0, 4), seed).choices, "random"):
            counts[meme - 1000] += 1
    assert counts / 400 == pytest.approx([0.4] * 10, abs=0.09)


# --- what the random part tells -----------------------------------------------------------------------------------


def test_equal_chances_give_the_plain_share_with_wilson_and_the_plain_auroc_with_delong():
    rng = np.random.default_rng(0)
    hateful = np.arange(40) % 2
    said = np.clip(hateful * 0.3 + rng.random(40) * 0.7, 0, 1)
    found = live(hateful, said, np.full(40, 0.05), 0.5)
    assert found.accuracy == pytest.approx(proportion(int(((said >= 0.5) == hateful).sum()), 40))
    whole, ours = auroc_delong(hateful, said), found.auroc
    assert (ours.value, ours.low, ours.high) == pytest.approx((whole.value, whole.low, whole.high))
    assert (found.effective, found.note) == (pytest.approx(40), "")


def test_a_meme_drawn_with_half_the_chance_counts_twice():
    # 8 right at chance 1, 4 wrong at chance 1/2: 8 / (8 + 8)
    found = live(np.ones(12), np.repeat([0.9, 0.1], [8, 4]), np.repeat([1.0, 0.5], [8, 4]), 0.5)
    assert found.accuracy.value == pytest.approx(0.5)
    assert found.effective == pytest.approx(16**2 / (8 + 16))


def test_over_many_draws_the_estimate_is_unbiased_where_a_chosen_sample_is_not():
    rng = np.random.default_rng(0)
    hateful, said = rng.integers(0, 2, 400), rng.random(400)
    truth = ((said >= 0.5) == hateful).mean()
    draws = [rng.choice(400, 20, replace=False) for _ in range(600)]
    estimates = [live(hateful[d], said[d], np.full(20, 0.05), 0.5).accuracy.value for d in draws]
    assert np.mean(estimates) == pytest.approx(truth, abs=0.015)


def test_each_answer_is_held_against_the_threshold_it_was_served_with():
    """Corrections that act at once move the threshold while a head serves."""
    hateful, said = np.repeat([1.0, 0.0], 6), np.full(12, 0.4)
    low_first = np.repeat([0.3, 0.5], 6)
    assert live(hateful, said, np.full(12, 0.1), low_first).accuracy.value == 1.0
    assert live(hateful, said, np.full(12, 0.1), low_first[::-1]).accuracy.value == 0.0


def test_too_few_answers_are_said_to_be_not_enough_yet():
    few = live(np.array([0, 1, 1]), np.array([0.1, 0.8, 0.9]), np.full(3, 0.1), 0.5, drawn=4)
    assert (few.accuracy, few.auroc) == (None, None)
    assert "3 of 10" in few.note
    assert "1 of 4 drawn memes have no answer" in few.note
    assert live(np.empty(0), np.empty(0), np.empty(0), 0.5).accuracy is None
    one_sided = live(np.zeros(20), np.full(20, 0.1), np.full(20, 0.1), 0.5)
    assert one_sided.accuracy.value == 1
    assert one_sided.auroc is None


def test_a_chance_of_0_is_refused():
    with pytest.raises(DataError, match="above 0"):
        live(np.ones(2), np.ones(2), np.array([0.0, 0.5]), 0.5)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(1, 4)), min_size=8, max_size=30))
def test_a_weight_of_two_moves_the_area_as_two_memes_would(rows):
    hateful, score, weight = (np.array(column) for column in zip(*rows, strict=True))
    if min(hateful.sum(), (~hateful).sum()) < 2:
        return
    twice = np.repeat(np.arange(len(rows)), weight)
    found = weighted_auroc(hateful, score / 5, weight.astype(float))
    assert found.value == pytest.approx(auroc_delong(hateful[twice], score[twice] / 5).value)
    assert 0 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= 1
