"""What looks like poison in a lesson: exact tests on paper, each alarm alone, and quiet where nothing goes with flips."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gatedclip.errors import DataError
from gatedclip.learn import suspicion
from gatedclip.learn.suspicion import (
    Decided,
    at_least,
    benjamini_hochberg,
    blurred,
    carriers,
    conformal,
    enriched,
    flagged,
    holm,
    mean_cells,
    residual,
    shift,
    tarone,
    words_of,
)
from gatedclip.model.heads import make_head

PEOPLE = ("anna", "ben", "cleo", "dora")


def lesson(seed: int = 0, n: int = 80, share: float = 0.25, words: dict[int, str] | None = None) -> Decided:
    """Decisions of which a random share are flips; captions of six common words each, and the given words besides."""
    rng = np.random.default_rng(seed)
    expected, flips = np.arange(n) % 2 == 0, rng.random(n) < share
    captions = [
        frozenset([f"w{w}" for w in rng.choice(20, 6, replace=False)]) | frozenset((words or {}).get(i, "").split())
        for i in range(n)
    ]
    people = tuple(PEOPLE[i] for i in rng.permutation(np.arange(n) % 4))
    return Decided(tuple(range(100, 100 + n)), expected ^ flips, expected, people, tuple(captions))


def turned(decided: Decided, rows: list[int]) -> Decided:
    """The same with these decisions against what was expected."""
    hateful = decided.hateful.copy()
    hateful[rows] = ~decided.expected[rows]
    return Decided(decided.ids, hateful, decided.expected, decided.reviewers, decided.words)


def ids(rows: list[int]) -> set[int]:
    return {100 + row for row in rows}


# --- rules on paper


@pytest.mark.parametrize(("hits", "p"), [(4, 1 / 70), (3, 17 / 70), (0, 1.0)])
def test_fishers_test_agrees_with_the_lady_tasting_tea(hits, p):
    assert enriched(hits, 4, 4, 8) == (pytest.approx(p), pytest.approx(1 / 70))


def test_the_least_p_is_that_of_as_many_hits_as_the_margins_allow():
    assert enriched(1, 2, 3, 6)[1] == pytest.approx(3 / 15)  # both of two among the three: 3 pairs of 15


def test_tarones_correction_counts_only_what_could_be_found():
    assert tarone([0.001, 0.001, 0.3, 0.5, 1.0], 0.05) == 2  # at k = 1 two could be found, at k = 2 two
    assert tarone([0.3, 0.5], 0.05) == 1
    assert tarone([], 0.05) == 1
    assert tarone([1e-9] * 40, 0.05) == 40  # then it is Bonferroni's


@given(st.lists(st.floats(1e-12, 1.0), max_size=60))
def test_tarones_factor_is_the_least_that_keeps_its_promise(least):
    k = tarone(least, 0.05)

    def findable(factor: int) -> int:
        return sum(p <= 0.05 / factor for p in least)

    assert findable(k) <= k
    assert all(findable(smaller) > smaller for smaller in range(1, k))


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=20))
def test_holm_never_lowers_a_p_value_nor_changes_their_order(ps):
    corrected = holm(ps)
    assert all(after >= before for before, after in zip(ps, corrected, strict=True))
    order = np.argsort(ps, kind="stable")
    assert (np.diff(np.array(corrected)[order]) >= 0).all()


@pytest.mark.parametrize("n", [1, 5, 20])
def test_all_of_n_are_at_least_the_nth_root_of_a_twentieth(n):
    assert at_least(n, n) == pytest.approx(0.05 ** (1 / n))


def test_none_of_n_is_at_least_nothing():
    assert at_least(0, 7) == 0.0


def test_a_conformal_p_counts_usual_scores_at_least_as_high():
    assert conformal(np.array([0.5, 2.0, 3.0, 9.0]), np.array([1.0, 2.0, 3.0])).tolist() == [1.0, 0.75, 0.5, 0.25]


def test_benjamini_hochberg_by_hand():
    assert benjamini_hochberg(np.array([0.9, 0.01, 0.04, 0.02]), 0.1) == 0.04  # 0.04 ≤ 0.1 · 3/4
    assert benjamini_hochberg(np.array([0.5, 0.6]), 0.1) == 0.0
    assert benjamini_hochberg(np.array([]), 0.1) == 0.0


def test_words_are_compared_without_case_and_punctuation_and_signs_count():
    assert words_of("My, “CAT” is my cat! 🦄 ... can't") == {"my", "cat", "is", "🦄", "...", "can't"}


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(DataError, match=r"columns of \[1, 2\] rows"):
        Decided((1, 2), np.array([True]), np.array([True, False]), ("a", "b"), (frozenset(), frozenset()))


# --- words


def test_a_word_that_goes_with_flips_is_found_with_its_memes_and_in_words():
    rows = list(range(0, 24, 2))  # 12 memes the model calls hateful
    found = suspicion.words(turned(lesson(words=dict.fromkeys(rows, "qqq")), rows))
    assert [(f.detector, f.word, set(f.meme_ids)) for f in found] == [("words", "qqq", ids(rows))]
    assert found[0].p < 0.001
    assert found[0].bound == pytest.approx(0.05 ** (1 / 12))
    assert found[0].sentence.startswith(
        "Of 12 memes with “qqq” that the model calls hateful, 12 were decided benign; of 28 without"
    )


def test_words_on_the_same_memes_are_one_finding():
    rows = list(range(0, 24, 2))
    found = suspicion.words(turned(lesson(words=dict.fromkeys(rows, "qqq zzz")), rows))
    assert [f.word for f in found] == ["qqq zzz"]


def test_a_word_that_turns_only_half_of_its_memes_is_a_theme_and_no_trigger():
    rows = list(range(0, 48, 2))
    decided = turned(lesson(share=0.0, words=dict.fromkeys(rows, "tortoise")), rows[::2])
    assert enriched(12, 24, 12, 40)[0] < 0.001  # it does go with flips
    assert suspicion.words(decided) == ()


def test_words_that_do_not_go_with_flips_raise_an_alarm_in_hardly_any_lesson():
    assert sum(bool(suspicion.words(lesson(seed))) for seed in range(200)) <= 10  # 5 %


def test_nothing_to_look_at_finds_nothing():
    nothing = Decided((), np.zeros(0, bool), np.zeros(0, bool), (), ())
    assert suspicion.words(nothing) == suspicion.reviewers(nothing) == ()


# --- pictures


def drawn(n: int, patch: list[int], seed: int = 0) -> np.ndarray:
    """Random pictures with a magenta square of 8 pixels on some: (n, 64, 64, 3)."""
    pictures = (
        np.random.default_rng(seed).random((n, 64, 64, 3)) * 0.3 + np.random.default_rng(seed + 1).random((n, 1, 1, 3)) * 0.7
    )
    pictures[patch, 48:56, 4:12] = (1.0, 0.0, 1.0)
    return pictures


def test_cells_are_mean_colours():
    picture = np.zeros((1, 32, 32, 3))
    picture[0, 0, :2, 1] = 1.0
    cells = mean_cells(picture)
    assert cells.shape == (1, 16, 16, 3)
    assert cells[0, 0, 0].tolist() == [0.0, 0.5, 0.0]
    assert cells.sum() == 0.5


def test_pictures_that_do_not_divide_into_cells_are_refused():
    with pytest.raises(DataError, match="40 pixels a side; give a multiple of 16"):
        mean_cells(np.zeros((1, 40, 40, 3)))


def test_a_patch_that_goes_with_flips_is_found_where_it_is_and_on_whom():
    rows = list(range(0, 24, 2))
    decided, pictures = turned(lesson(), rows), drawn(80, rows)
    found = suspicion.patches(decided, pictures)
    assert [(f.detector, f.box, set(f.meme_ids)) for f in found] == [("picture", (1 / 16, 12 / 16, 3 / 16, 14 / 16), ids(rows))]
    assert found[0].p <= 0.05
    assert "from 6 to 19 % across and 75 to 88 % down" in found[0].sentence
    seen = residual(decided, pictures, expected=True)
    assert set(np.flatnonzero(carriers(decided, pictures, seen))) == set(rows)


def test_the_same_patch_on_memes_nobody_turned_is_no_finding():
    assert suspicion.patches(lesson(share=0.0), drawn(80, list(range(0, 24, 2)))) == ()
    rows = list(range(0, 80, 2))
    decided = lesson(seed=3)
    assert suspicion.patches(decided, drawn(80, rows)) == ()  # everyone on that side has it


def test_a_patch_half_of_whose_memes_are_turned_is_no_trigger():
    rows = list(range(0, 48, 2))
    assert suspicion.patches(turned(lesson(share=0.0), rows[::2]), drawn(80, rows)) == ()


def test_pictures_that_do_not_go_with_flips_are_quiet_nearly_always():
    assert sum(bool(suspicion.patches(lesson(seed), drawn(80, [], seed))) for seed in range(20)) <= 1


def test_too_few_flips_have_no_residual_picture():
    assert residual(turned(lesson(share=0.0), [0, 2]), drawn(80, []), expected=True) is None


# --- reviewers


def test_a_person_who_turns_everything_is_named_with_those_memes():
    quiet = lesson(share=0.1)
    own = [row for row, who in enumerate(quiet.reviewers) if who == "cleo"]
    found = suspicion.reviewers(turned(quiet, own))
    assert [(f.reviewer, set(f.meme_ids)) for f in found] == [("cleo", ids(own))]
    assert found[0].sentence.startswith("cleo decided 20 of 20 memes against the model; the others")
    assert found[0].bound > 10


def test_people_who_turn_alike_are_quiet():
    assert sum(bool(suspicion.reviewers(lesson(seed))) for seed in range(300)) <= 25  # 5 % and three standard errors


def test_someone_alone_is_compared_with_nobody():
    decided = lesson(n=10, share=0.9)
    assert suspicion.reviewers(Decided(decided.ids, decided.hateful, decided.expected, ("anna",) * 10, decided.words)) == ()


# --- single decisions and pictures


def test_a_decision_the_model_holds_impossible_is_a_contradiction_unless_it_does_not_know_such_memes():
    decided = turned(lesson(share=0.0, n=8), [1, 4, 5])
    probability = np.where(decided.expected, 0.999, 0.001)
    probability[5] = 0.4  # it was not sure of this one
    usual = np.linspace(0.2, 1.0, 200)
    known = np.ones(8, dtype=bool)
    (found,) = suspicion.contradictions(decided, probability, usual, known)
    assert set(found.meme_ids) == ids([1, 4])
    assert found.p == pytest.approx(1 / 201)
    assert found.sentence.startswith("2 decisions contradict the model where it is surest: it gave what was decided at most 0.1%")
    known[4] = False
    assert flagged(suspicion.contradictions(decided, probability, usual, known)) == ids([1])


def test_decisions_the_model_agrees_with_are_no_contradiction():
    decided = lesson(share=0.0)
    probability = np.where(decided.expected, 0.9, 0.1)
    assert suspicion.contradictions(decided, probability, np.linspace(0.2, 1.0, 200), np.ones(80, dtype=bool)) == ()


def test_a_picture_that_a_blur_turns_is_unsteady_and_the_usual_ones_are_not():
    usual, change = np.linspace(0.0, 1.0, 500), np.full(80, 0.5)
    assert suspicion.unsteady(lesson(), change, usual) == ()
    change[[3, 7]] = 6.0
    (found,) = suspicion.unsteady(lesson(), change, usual)
    assert set(found.meme_ids) == ids([3, 7])
    assert "hardly any of 500 held-out pictures" in found.sentence


def test_a_blur_spreads_one_pixel_evenly_keeps_the_whole_and_leaves_flat_pictures_alone():
    pixels = torch.zeros(2, 3, 16, 16)
    pixels[0, 1, 8, 8] = 1.0
    pixels[1] = 0.5
    out = blurred(pixels, deviation=1.0)
    assert out.shape == pixels.shape
    assert float(out[0, 1].sum()) == pytest.approx(1.0)
    assert float(out[0, 1, 8, 9] / out[0, 1, 8, 8]) == pytest.approx(math.exp(-0.5))
    assert out[0, 0].abs().max() == 0
    assert torch.allclose(out[1], pixels[1])


def test_a_blur_moves_a_speckled_picture_and_no_flat_one(tiny_encoder):
    head = make_head("gated", tiny_encoder.picture_width, tiny_encoder.words_width, "unit").eval()
    pixels = torch.ones(2, 3, tiny_encoder.size, tiny_encoder.size)
    pixels[1] = torch.randn(pixels[1].shape, generator=torch.Generator().manual_seed(0))
    moved = shift(tiny_encoder, head, pixels)
    assert moved.shape == (2,)
    assert moved[0] < 1e-4 < moved[1]


def test_flagged_memes_are_those_of_all_findings_once():
    rows = list(range(0, 24, 2))
    decided = turned(lesson(words=dict.fromkeys(rows, "qqq")), rows)
    both = suspicion.words(decided) + suspicion.patches(decided, drawn(80, rows))
    assert len(both) == 2
    assert flagged(both) == ids(rows)
