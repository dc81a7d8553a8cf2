import pytest
import torch
from explaining import TEXT, meme_picture

from gatedclip.explain.parts import Parts, regions, shortened
from gatedclip.model.encoder import Span


def parts_of(encoder, text=TEXT, most=None) -> Parts:
    pixels, tokens = encoder.pixels([meme_picture()]), encoder.trim(encoder.tokens([text]))
    return Parts(encoder, pixels, tokens, torch.zeros_like(pixels), encoder.words(text)[0], most)


def test_with_everything_present_the_parts_are_the_meme(tiny_encoder):
    v_picture, v_words = parts_of(tiny_encoder).whole()
    assert torch.allclose(v_picture, tiny_encoder.encode_pictures([meme_picture()]), atol=1e-5)
    assert torch.allclose(v_words, tiny_encoder.encode_texts([TEXT]), atol=1e-5)


def test_a_picture_without_its_regions_is_the_absent_picture(tiny_encoder):
    grey = tiny_encoder.encode_pixels(torch.zeros(1, 3, 64, 64))
    assert torch.allclose(parts_of(tiny_encoder).see(torch.zeros(1, 16)), grey, atol=1e-5)


def test_a_covered_patch_is_the_picture_with_that_patch_grey(tiny_encoder):
    pixels = tiny_encoder.pixels([meme_picture()])
    pixels[:, :, 16:32, 48:64] = 0  # row 1, column 3 of 4
    present = torch.ones(1, 16)
    present[0, 7] = 0
    assert torch.allclose(parts_of(tiny_encoder).see(present), tiny_encoder.encode_pixels(pixels), atol=1e-5)


def test_a_word_left_out_is_the_shorter_text_read_anew(tiny_encoder):
    words = TEXT.split()
    present = ~torch.eye(len(words), dtype=torch.bool)
    texts = [" ".join(words[:at] + words[at + 1 :]) for at in range(len(words))]
    assert torch.allclose(parts_of(tiny_encoder).read(present), tiny_encoder.encode_texts(texts), atol=1e-5)


def test_the_rest_of_a_row_moves_up():
    row, spans = torch.tensor([[9, 1, 2, 3, 10]]), [Span("a", 1, 3), Span("b", 3, 4)]
    present = torch.tensor([[True, True], [False, True], [True, False], [False, False]])
    assert shortened(row, spans, present).tolist() == [[9, 1, 2, 3, 10], [9, 3, 10, 0, 0], [9, 1, 2, 10, 0], [9, 10, 0, 0, 0]]


@pytest.mark.parametrize(
    ("grid", "most", "block"), [(7, 49, 1), (8, 64, 1), (8, 49, 2), (14, 64, 2), (16, 64, 2), (24, 64, 3), (5, 9, 2)]
)
def test_a_fine_grid_is_grouped_into_square_blocks(grid, most, block):
    found = regions(grid, most).reshape(grid, grid)
    assert found[0, 0] == found[block - 1, block - 1] == 0
    assert found.max() + 1 == len(found.unique()) == (-(-grid // block)) ** 2 <= most
    assert (found[block:, 0] > 0).all()


def test_values_survive_being_spread_over_patches_and_pieces(tiny_encoder):
    parts = parts_of(tiny_encoder, most=4)
    patches = parts.on_patches(torch.tensor([4.0, 8.0, 12.0, 16.0])).reshape(4, 4)
    assert patches[:2, :2].tolist() == [[1, 1], [1, 1]]
    assert patches[2:, 2:].tolist() == [[4, 4], [4, 4]]
    pieces = parts.on_pieces(torch.arange(1.0, 8.0))
    assert [float(pieces[s.start : s.stop].sum()) for s in parts.spans] == [1, 2, 3, 4, 5, 6, 7]


def test_equal_sets_are_encoded_once(tiny_encoder):
    told = []
    parts = parts_of(tiny_encoder)
    rows = parts.see(torch.ones(500, 16), told.append)
    assert told == [0, 1]
    assert rows.shape == (500, 16)
    assert (rows == rows[0]).all()
