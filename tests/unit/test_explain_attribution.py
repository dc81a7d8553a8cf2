import threading
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch
from explaining import TEXT, head_for, meme_picture
from PIL import Image, ImageDraw

from gatedclip.errors import DataError
from gatedclip.explain.attribution import explain
from gatedclip.explain.heat import heat_map
from gatedclip.explain.integrated import TOLERANCE
from gatedclip.model.encoder import Encoder, clip_tokenizer
from gatedclip.types import Method

METHODS = get_args(Method)
LONG = " ".join(f"cat{'s' * (i % 2)}" for i in range(40))


@pytest.mark.parametrize("method", METHODS)
def test_words_are_shown_as_a_person_reads_them_and_the_grid_covers_the_picture(tiny_encoder, method):
    found = explain(tiny_encoder, head_for(tiny_encoder), meme_picture(), TEXT, method)
    assert [w.text for w in found.words] == TEXT.split()
    assert len(tiny_encoder.words(TEXT)[0]) < int(tiny_encoder.tokens([TEXT]).argmax()) - 1  # so some word has several pieces
    assert found.patches.shape == (4, 4)
    assert found.patches.dtype == np.float32
    assert found.patches.any()
    assert all(w.value for w in found.words)
    assert found.frame == (0, 0, 1, 1)
    assert found.cut is None


def test_each_modality_adds_up_to_what_its_presence_changes(tiny_encoder):
    head, picture = head_for(tiny_encoder), meme_picture()
    found = explain(tiny_encoder, head, picture, TEXT, "integrated gradients")
    v_i, v_t = tiny_encoder.encode_pictures([picture]), tiny_encoder.encode_texts([TEXT])
    grey = tiny_encoder.encode_pixels(torch.zeros(1, 3, tiny_encoder.size, tiny_encoder.size))
    with torch.no_grad():
        gain = float(head(v_i, v_t).margin - head(grey, v_t).margin)
    assert abs(gain) > 0.02
    assert float(found.patches.sum()) == pytest.approx(gain, rel=1.01 * TOLERANCE)
    assert found.completeness <= TOLERANCE
    assert found.steps in (8, 16, 32, 64)


@pytest.mark.parametrize("method", METHODS)
def test_two_networks_that_compute_the_same_are_explained_the_same(tiny_encoder, method):
    head, twin = head_for(tiny_encoder), head_for(tiny_encoder)
    with torch.no_grad():  # ReLU(2x)/2 = ReLU(x)
        twin.project_picture[0].weight *= 2
        twin.project_picture[0].bias *= 2
        twin.project_picture[3].weight /= 2
    a, b = (explain(tiny_encoder, h, meme_picture(), TEXT, method) for h in (head, twin))
    assert np.abs(a.patches - b.patches).max() < 1e-5
    assert [w.value for w in a.words] == pytest.approx([w.value for w in b.words], abs=1e-5)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["mean", "picture", "words"])
def test_a_modality_the_head_never_looks_at_gets_exactly_nothing(tiny_encoder, kind, method):
    found = explain(tiny_encoder, head_for(tiny_encoder, kind), meme_picture(), TEXT, method)
    assert bool(found.patches.any()) == (kind != "words")
    assert any(w.value for w in found.words) == (kind != "picture")


def test_the_quick_map_is_never_negative(tiny_encoder):
    found = explain(tiny_encoder, head_for(tiny_encoder), meme_picture(), TEXT, "quick")
    assert not found.signed
    assert found.patches.min() >= 0
    assert min(w.value for w in found.words) >= 0
    assert found.completeness is None


@pytest.mark.parametrize("method", METHODS)
def test_a_meme_without_words_has_no_words_to_explain(tiny_encoder, method):
    found = explain(tiny_encoder, head_for(tiny_encoder), meme_picture(), "", method)
    assert found.words == ()
    assert found.patches.any()


@pytest.mark.parametrize("method", METHODS)
def test_words_beyond_the_context_are_listed_with_nothing_to_say(tiny_encoder, method):
    found = explain(tiny_encoder, head_for(tiny_encoder), meme_picture(), LONG, method)
    assert len(found.words) == 40
    assert found.cut == tiny_encoder.context - 2
    assert all(w.value for w in found.words[: found.cut])
    assert not any(w.value for w in found.words[found.cut :])


@pytest.mark.parametrize("text", ["", "one", TEXT, LONG])
def test_a_trimmed_row_embeds_like_the_whole_row(tiny_encoder, text):
    row = tiny_encoder.trim(tiny_encoder.tokens([text]))
    with torch.no_grad():
        trimmed = tiny_encoder.words_from_tokens(tiny_encoder.token_embed(row), row)
    assert (trimmed - tiny_encoder.encode_texts([text])).abs().max() < 1e-5


@pytest.mark.parametrize("baseline", ["mean colour", "black", "blurred"])
def test_the_baseline_is_said_in_words_and_matters(tiny_encoder, baseline):
    head = head_for(tiny_encoder)
    found = explain(tiny_encoder, head, meme_picture(), TEXT, "integrated gradients", baseline=baseline)
    others = {"mean colour": "grey", "black": "black", "blurred": "blurred"}
    assert others.pop(baseline) in found.baseline
    assert not any(word in found.baseline for word in others.values())


def test_a_picture_equal_to_its_baseline_explains_nothing(tiny_encoder):
    black = Image.new("RGB", (90, 90))
    found = explain(tiny_encoder, head_for(tiny_encoder), black, TEXT, "integrated gradients", baseline="black")
    assert not found.patches.any()
    assert any(w.value for w in found.words)


@pytest.mark.parametrize("resize", ["squash", "longest", "crop"])
@pytest.mark.parametrize("cell", [(0, 0), (1, 3), (2, 1)])
def test_heat_falls_where_the_picture_differs_from_the_baseline(tiny_encoder, resize, cell):
    encoder = Encoder(tiny_encoder.model, clip_tokenizer(24), "tiny", resize)
    width, height = 320, 160
    left, top, right, bottom = encoder.frame(width, height)
    row, column = cell if resize != "longest" else (1 + cell[0] % 2, cell[1])  # padding has no picture to paste on
    x0, x1 = ((left + (right - left) * (column + d) / 4) * width for d in (0, 1))
    y0, y1 = ((top + (bottom - top) * (row + d) / 4) * height for d in (0, 1))
    picture = Image.new("RGB", (width, height))
    ImageDraw.Draw(picture).rectangle((x0 + 8, y0 + 8, x1 - 9, y1 - 9), fill="white")
    found = explain(encoder, head_for(encoder), picture, TEXT, "integrated gradients", baseline="black")
    assert np.argwhere(found.patches).tolist() == [[row, column]]
    y, x = np.unravel_index(np.abs(heat_map(found, width, height)).argmax(), (height, width))
    assert x0 <= x < x1
    assert y0 <= y < y1


def test_the_gate_can_be_explained_where_there_is_one(tiny_encoder):
    found = explain(tiny_encoder, head_for(tiny_encoder), meme_picture(), TEXT, "integrated gradients", target="gate")
    margin = explain(tiny_encoder, head_for(tiny_encoder), meme_picture(), TEXT, "integrated gradients")
    assert np.abs(found.patches - margin.patches).max() > 1e-3
    with pytest.raises(DataError, match="'mean' has no gate"):
        explain(tiny_encoder, head_for(tiny_encoder, "mean"), meme_picture(), TEXT, target="gate")


def test_what_cannot_be_explained_is_refused_in_a_sentence(tiny_encoder):
    head = head_for(tiny_encoder)
    with pytest.raises(DataError, match="'guess' is not known"):
        explain(tiny_encoder, head, meme_picture(), TEXT, "guess")
    with pytest.raises(DataError, match="training mode"):
        explain(tiny_encoder, head_for(tiny_encoder).train(), meme_picture(), TEXT)
    with pytest.raises(DataError, match="bfloat16"):
        explain(tiny_encoder, head_for(tiny_encoder).bfloat16(), meme_picture(), TEXT)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_it_works_wherever_it_is_called_from(tiny_encoder, method, mode):
    head = head_for(tiny_encoder)
    with mode():
        inside = explain(tiny_encoder, head, meme_picture(), TEXT, method)
    outside = explain(tiny_encoder, head, meme_picture(), TEXT, method)
    assert replace(inside, patches=None, seconds=0) == replace(outside, patches=None, seconds=0)
    assert (inside.patches == outside.patches).all()


class Cancelled(Exception): ...


@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_left_on_the_model_even_when_cancelled(tiny_encoder, method):
    head = head_for(tiny_encoder)

    def cancel(done: float) -> None:
        if done > 0.1:
            raise Cancelled

    with pytest.raises(Cancelled):
        explain(tiny_encoder, head, meme_picture(), TEXT, method, on_progress=cancel)
    for module in [*tiny_encoder.model.modules(), *head.modules()]:
        assert not any(v for k, v in vars(module).items() if "hooks" in k)
    for parameter in [*tiny_encoder.model.parameters(), *head.parameters()]:
        assert parameter.grad is None


@pytest.mark.parametrize("method", METHODS)
def test_two_threads_explain_at_once_and_both_are_right(tiny_encoder, method):
    head = head_for(tiny_encoder)
    memes = [(meme_picture(seed), text) for seed, text in ((1, TEXT), (2, "short"))]
    alone = [explain(tiny_encoder, head, *meme, method) for meme in memes]
    together: list[list] = [[], []]
    start = threading.Barrier(2)

    def work(which: int) -> None:
        start.wait()
        for _ in range(4):
            together[which].append(explain(tiny_encoder, head, *memes[which], method))

    threads = [threading.Thread(target=work, args=(which,)) for which in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for which in (0, 1):
        assert len(together[which]) == 4
        for found in together[which]:
            assert np.abs(found.patches - alone[which].patches).max() < 1e-6
            assert [w.value for w in found.words] == pytest.approx([w.value for w in alone[which].words], abs=1e-6)
