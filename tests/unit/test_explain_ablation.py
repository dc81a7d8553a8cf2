import pytest
import torch
from explaining import TEXT, head_for, meme_picture

from gatedclip.explain.ablation import coalitions, kernel_shap, leave_one_out, solve
from gatedclip.explain.attribution import explain
from gatedclip.explain.parts import Parts, quiet
from gatedclip.explain.score import scorer


def parts_of(encoder, text=TEXT, most=None) -> Parts:
    pixels, tokens = encoder.pixels([meme_picture()]), encoder.trim(encoder.tokens([text]))
    return Parts(encoder, pixels, tokens, torch.zeros_like(pixels), encoder.words(text)[0], most)


def test_a_part_counts_what_the_score_loses_without_it(tiny_encoder):
    head, words = head_for(tiny_encoder), TEXT.split()
    found = explain(tiny_encoder, head, meme_picture(), TEXT, "leave one out")

    def margin(pixels, text):
        return head(tiny_encoder.encode_pixels(pixels), tiny_encoder.encode_texts([text])).margin.item()

    pixels = tiny_encoder.pixels([meme_picture()])
    covered = pixels.clone()
    covered[:, :, 32:48, 0:16] = 0
    assert found.patches[2, 0] == pytest.approx(margin(pixels, TEXT) - margin(covered, TEXT), abs=1e-5)
    shorter = " ".join(words[:4] + words[5:])
    assert found.words[4].value == pytest.approx(margin(pixels, TEXT) - margin(pixels, shorter), abs=1e-5)
    assert "grey under one patch at a time" in found.baseline
    assert found.signed


def game(players, worth):
    """All sets of players and what each is worth."""
    asked, weight = coalitions(players, 2**players, 0)
    answers = torch.tensor([worth(set(row.nonzero()[:, 0].tolist())) for row in asked], dtype=torch.float64)
    return solve(asked, weight, answers, worth(set(range(players))), worth(set())).tolist()


def test_the_glove_game_is_solved_as_on_paper():
    """Player 0 holds a left glove, 1 and 2 a right one each; a pair is worth 1: Shapley gives 2/3, 1/6, 1/6."""
    assert game(3, lambda s: float(0 in s and len(s) > 1)) == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_players_that_do_the_same_get_the_same_and_one_that_does_nothing_gets_nothing():
    values = game(4, lambda s: 5.0 + 3 * (0 in s) * (1 in s) + 2 * (2 in s))
    assert values == pytest.approx([1.5, 1.5, 2, 0], abs=1e-9)


@pytest.mark.parametrize(("players", "values"), [(0, []), (1, [3.0])])
def test_games_too_small_to_share(players, values):
    assert game(players, lambda s: 1.0 + 3 * len(s)) == values


def test_drawn_sets_come_in_complementary_pairs_neither_empty_nor_full():
    asked, weight = coalitions(40, 600, seed=1)
    assert asked.shape == (600, 40)
    assert (asked[:300] == ~asked[300:]).all()
    assert 1 <= asked.sum(1).min() <= asked.sum(1).max() <= 39
    assert (weight == 1).all()
    assert torch.equal(asked, coalitions(40, 600, seed=1)[0])
    assert not torch.equal(asked, coalitions(40, 600, seed=2)[0])


def test_drawn_sets_find_an_additive_game_exactly():
    worth = torch.linspace(-1, 2, 30, dtype=torch.float64)
    asked, weight = coalitions(30, 200, seed=0)
    answers = asked.double() @ worth + 4
    assert torch.allclose(solve(asked, weight, answers, float(worth.sum()) + 4, 4.0), worth)


def test_picture_and_words_share_what_the_meme_has_over_no_meme(tiny_encoder):
    head, nothing = head_for(tiny_encoder), torch.zeros(1, 3, 64, 64)
    found = explain(tiny_encoder, head, meme_picture(), TEXT, "kernel shap")
    whole = head(tiny_encoder.encode_pictures([meme_picture()]), tiny_encoder.encode_texts([TEXT])).margin
    gain = float(whole - head(tiny_encoder.encode_pixels(nothing), tiny_encoder.encode_texts([""])).margin)
    assert float(found.patches.sum()) + sum(w.value for w in found.words) == pytest.approx(gain, abs=1e-4)
    assert found.completeness < 1e-3


def test_the_sampled_values_come_close_to_the_exact_ones(tiny_encoder):
    score, parts = scorer(head_for(tiny_encoder)), parts_of(tiny_encoder, "skunks smell", most=4)
    exact, exact_words, _ = kernel_shap(score, parts, quiet, most=2**6)
    drawn, drawn_words, _ = kernel_shap(score, parts, quiet, most=60, seed=3)  # two short of all
    assert exact.abs().max() > 1e-3
    assert torch.allclose(exact, drawn, atol=0.3 * float(exact.abs().max()))
    assert torch.allclose(exact_words, drawn_words, atol=0.3 * float(exact_words.abs().max()))


def test_the_other_tower_does_not_run_for_a_part_of_this_one(tiny_encoder):
    """Leaving out W words takes W + 1 texts through the word tower however many patches are covered."""
    rows = {"see": 0, "read": 0}

    class Counting(Parts):
        def see(self, present, told=quiet):
            rows["see"] += len(present)
            return super().see(present, told)

        def read(self, present, told=quiet):
            rows["read"] += len(present)
            return super().read(present, told)

    pixels, tokens = tiny_encoder.pixels([meme_picture()]), tiny_encoder.trim(tiny_encoder.tokens([TEXT]))
    parts = Counting(tiny_encoder, pixels, tokens, torch.zeros_like(pixels), tiny_encoder.words(TEXT)[0])
    leave_one_out(scorer(head_for(tiny_encoder)), parts, quiet)
    assert rows == {"see": 1 + 16, "read": 1 + 7}
