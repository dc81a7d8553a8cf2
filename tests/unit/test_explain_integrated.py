import pytest
import torch
from explaining import TEXT, head_for, meme_picture

from gatedclip.explain.integrated import TOLERANCE, integrate, integrated_gradients, without_words
from gatedclip.explain.plain import plain_integrated_gradients
from gatedclip.explain.score import scorer


def quiet(_: float) -> None: ...


def test_a_linear_function_is_attributed_exactly():
    weights = torch.tensor([[2.0, -1.0], [0.5, 3.0]])
    x, baseline = torch.tensor([[[1.0, 2.0], [4.0, 0.0]]]), torch.tensor([[[0.0, 1.0], [2.0, 1.0]]])
    path = integrate(lambda e: (e * weights).sum((1, 2)), x, baseline, quiet)
    # first row: 2·(1-0) - 1·(2-1) = 1; second: 0.5·(4-2) + 3·(0-1) = -2
    assert path.values.tolist() == pytest.approx([1.0, -2.0], abs=1e-6)
    assert path.completeness == pytest.approx(0, abs=1e-6)
    assert path.steps == 8


def test_a_kinked_function_solved_on_paper():
    """f = relu(relu(a) - 1 - relu(b)) from (0, 0) to (3, 1) is flat for half of the way, then climbs by (3, -1)/2."""

    def f(e):
        a, b = e[:, 0, 0].relu(), e[:, 1, 0].relu()
        return (a - 1 - b).relu()

    path = integrate(f, torch.tensor([[[3.0], [1.0]]]), torch.zeros(1, 2, 1), quiet)
    assert path.values.tolist() == pytest.approx([1.5, -0.5], abs=1.5 * TOLERANCE)
    assert path.values.sum() == pytest.approx(1, abs=TOLERANCE)
    assert path.completeness == pytest.approx(abs(float(path.values.sum()) - 1), abs=1e-6)


def test_steps_double_until_the_parts_add_up_to_the_whole():
    smooth = integrate(lambda e: (e**3).sum((1, 2)), torch.ones(1, 1, 1), torch.zeros(1, 1, 1), quiet)
    late = integrate(lambda e: (e.sum((1, 2)) - 0.985).relu(), torch.ones(1, 1, 1), torch.zeros(1, 1, 1), quiet)
    assert smooth.steps == 8
    assert late.steps > 8
    assert late.steps == 64 or late.completeness <= TOLERANCE


def test_completeness_is_undefined_where_the_score_does_not_move():
    path = integrate(lambda e: e[:, 0, 0] - e[:, 1, 0], torch.ones(1, 2, 1), torch.zeros(1, 2, 1), quiet)
    assert path.values.tolist() == pytest.approx([1.0, -1.0], abs=1e-6)
    assert path.completeness is None


def test_absent_words_are_commas_between_start_and_end_of_text(tiny_encoder):
    tokens = tiny_encoder.tokens(["cats purr"])[:, :6]
    assert tokens.tolist() == [[49406, 3989, 46343, 49407, 0, 0]]
    assert without_words(tiny_encoder, tokens).tolist() == [[49406, 267, 267, 49407, 0, 0]]


def test_progress_only_grows_and_ends_at_one(tiny_encoder):
    told = []
    pixels, tokens = tiny_encoder.pixels([meme_picture()]), tiny_encoder.tokens([TEXT])
    score = scorer(head_for(tiny_encoder))
    integrated_gradients(tiny_encoder, score, pixels, tokens, torch.zeros_like(pixels), told.append)
    assert told == sorted(told)
    assert told[0] == 0
    assert told[-1] == 1
    assert 0.5 in told


@pytest.mark.parametrize("kind", ["gated", "mean"])
@pytest.mark.parametrize("steps", [8, 64])
def test_it_equals_the_hooked_captum_call_that_runs_both_towers(tiny_encoder, kind, steps):
    head, pixels, tokens = head_for(tiny_encoder, kind), tiny_encoder.pixels([meme_picture()]), tiny_encoder.tokens([TEXT])
    trimmed, absent = tiny_encoder.trim(tokens), torch.zeros_like(pixels)
    patches, pieces, _, taken = integrated_gradients(tiny_encoder, scorer(head), pixels, trimmed, absent, quiet, ladder=(steps,))
    looked, read = plain_integrated_gradients(tiny_encoder, head, pixels, tokens, absent, steps)
    assert taken == steps
    assert min(looked.abs().max(), read.abs().max()) > 0.01
    assert (patches - looked).abs().max() < 1e-4
    assert (pieces - read[: len(pieces)]).abs().max() < 1e-4
    assert not read[len(pieces) :].any()
