"""The frozen CLIP: what a backbone may be called, and that the explainable path computes what open_clip computes."""

import open_clip
import pytest
import torch
from PIL import Image, ImageDraw
from safetensors.torch import save_file

from gatedclip.errors import BackboneError
from gatedclip.model.encoder import Encoder, clip_tokenizer, load_encoder, new_clip, pick_device, save_clip, weights_sha256


@pytest.fixture
def pictures():
    wide = Image.new("RGB", (60, 30), "white")
    ImageDraw.Draw(wide).rectangle((0, 0, 12, 30), fill="red")
    return [wide, Image.new("L", (20, 50), 90), Image.new("RGB", (33, 33), "navy")]


def another(seed: int, resize: str = "squash", name: str = "tiny") -> Encoder:
    torch.manual_seed(seed)
    return Encoder(new_clip(SMALL), clip_tokenizer(), name, resize)  # type: ignore[arg-type]


SMALL = {
    "embed_dim": 8,
    "vision_cfg": {"image_size": 16, "patch_size": 8, "layers": 1, "width": 16, "head_width": 8},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 8, "heads": 2, "layers": 1},
}

# --- embeddings ---------------------------------------------------------------------------------------------------


def test_embeddings_are_what_open_clip_says(tiny_encoder, pictures):
    pixels, tokens = tiny_encoder.pixels(pictures), tiny_encoder.tokens(["a b", "c"])
    with torch.no_grad():
        assert torch.equal(tiny_encoder.encode_pictures(pictures), tiny_encoder.model.encode_image(pixels))
        assert torch.equal(tiny_encoder.encode_texts(["a b", "c"]), tiny_encoder.model.encode_text(tokens))


def test_a_meme_s_embedding_does_not_depend_on_its_neighbours(tiny_encoder, pictures):
    together = tiny_encoder.encode_pictures(pictures)
    alone = torch.cat([tiny_encoder.encode_pictures([p]) for p in pictures])
    assert torch.allclose(together, alone, atol=1e-5)


def test_the_paths_that_are_differentiated_compute_the_same_embeddings(tiny_encoder, pictures):
    pixels, tokens = tiny_encoder.pixels(pictures), tiny_encoder.tokens(["skunks smell nice", "no", ""])
    looked: list[torch.Tensor] = []
    read: list[torch.Tensor] = []
    with torch.no_grad():
        seen = tiny_encoder.picture_from_patches(tiny_encoder.patch_embed(pixels), looked)
        said = tiny_encoder.words_from_tokens(tiny_encoder.token_embed(tokens), tokens, read)
    assert torch.allclose(seen, tiny_encoder.encode_pictures(pictures), atol=1e-5)
    assert torch.allclose(said, tiny_encoder.encode_texts(["skunks smell nice", "no", ""]), atol=1e-5)
    for weights in (*looked, *read):
        assert torch.allclose(weights.sum(-1), torch.ones(()), atol=1e-5)


def test_the_encoder_is_frozen_in_evaluation_mode_and_single_precision(tiny_encoder):
    assert not tiny_encoder.model.training
    assert all(not p.requires_grad and p.dtype == torch.float32 for p in tiny_encoder.model.parameters())


def test_transparent_and_grey_pictures_are_taken(tiny_encoder):
    shown = [Image.new("RGBA", (9, 9), (255, 0, 0, 0)), Image.new("P", (9, 9)), Image.new("L", (9, 9))]
    assert tiny_encoder.encode_pictures(shown).shape == (3, tiny_encoder.picture_width)


# --- identity -----------------------------------------------------------------------------------------------------


def test_identity_changes_with_weights_preprocessing_and_name_and_with_nothing_else():
    same = {another(0).identity for _ in range(2)}
    others = {another(1).identity, another(0, "crop").identity, another(0, name="other").identity}
    assert (len(same), len(same | others)) == (1, 4)


def test_one_changed_weight_changes_the_hash():
    model = another(0).model
    before = weights_sha256(model)
    with torch.no_grad():
        model.visual.proj[0, 0] += 1e-3  # type: ignore[union-attr,index]
    assert weights_sha256(model) != before


# --- geometry -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resize", "frame"),
    [("squash", (0, 0, 1, 1)), ("longest", (0, -0.5, 1, 1.5)), ("crop", (0.25, 0, 0.75, 1))],
)
def test_the_square_seen_of_a_picture_twice_as_wide_as_high(resize, frame):
    assert another(0, resize).frame(200, 100) == pytest.approx(frame)


@pytest.mark.parametrize("resize", ["squash", "longest", "crop"])
def test_the_frame_is_where_the_pixels_come_from(resize):
    """The red left third of a wide picture is seen exactly where the frame says that it is seen."""
    encoder = another(0, resize)
    picture = Image.new("RGB", (200, 100), "white")
    ImageDraw.Draw(picture).rectangle((0, 0, 59, 100), fill="red")
    red = encoder.pixels([picture])[0, 0].sub(encoder.pixels([picture])[0, 1]).abs()  # (S, S), large where red
    left, _, right, _ = encoder.frame(200, 100)
    expected = max(0.0, (0.3 - max(left, 0.0)) / (right - left)) * encoder.size
    middle = red[encoder.size // 2] > 0.5
    assert int(middle.sum()) == pytest.approx(expected, abs=1)


# --- words --------------------------------------------------------------------------------------------------------


def test_words_carry_the_positions_of_their_pieces():
    spans, cut = another(0).words("love the way")
    assert [(s.text, s.start, s.stop) for s in spans] == [("love", 1, 2), ("the", 2, 3), ("way", 3, 4)]
    assert cut is None


def test_the_first_word_beyond_the_context_is_named_and_those_after_it_are_empty():
    spans, cut = another(0).words(" ".join(["hi"] * 80))
    assert (len(spans), cut) == (80, 75)  # 77 positions less start-of-text and end-of-text
    assert (spans[74].start, spans[74].stop) == (75, 76)
    assert all((s.start, s.stop) == (0, 0) for s in spans[75:])


@pytest.mark.parametrize("text", ["don't   stop", "über ß 漢字", "a\nb\tc", "😀😀 wow", "&amp; <b>", "x" * 300, ""])
def test_pieces_of_all_words_together_are_the_text(text):
    encoder = another(0)
    spans, cut = encoder.words(text)
    row = encoder.tokens([text])[0]
    if cut is None:
        assert spans == [] or spans[-1].stop == int(row.argmax())  # the last word ends where end-of-text stands


# --- what a backbone may be called --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("backbone", "says"),
    [
        ("ViT-Z-99/openai", "open_clip knows no model called 'ViT-Z-99'"),
        ("ViT-Z-99@/tmp/x.pt", "open_clip knows no model called 'ViT-Z-99'"),
        ("", "open_clip knows no model called ''"),
        ("ViT-B-32/nothing", "Write ViT-B-32/TAG with TAG one of: openai"),
        ("ViT-B-32", "names no weights"),
        ("ViT-B-32@/no/such/file.pt", "the weights file /no/such/file.pt, which does not exist"),
        ("ViT-B-32/openai", "Use ViT-B-32-quickgelu/openai"),
        ("ViT-B-32-quickgelu/laion2b_s34b_b79k", "names no weights for ViT-B-32-quickgelu"),
    ],
)
def test_a_backbone_that_is_wrong_is_refused_with_what_to_write(backbone, says):
    with pytest.raises(BackboneError, match=says):
        load_encoder(backbone)


def test_a_file_that_holds_no_weights_is_refused_with_a_way_out(tmp_path):
    (tmp_path / "w.pt").write_bytes(b"not weights")
    with pytest.raises(BackboneError, match="GATEDCLIP_BACKBONE=demo always works"):
        load_encoder(f"ViT-B-32@{tmp_path / 'w.pt'}")


def test_weights_of_another_architecture_are_refused(tmp_path):
    save_file({k: v.contiguous() for k, v in another(0).model.state_dict().items()}, tmp_path / "w.safetensors")
    with pytest.raises(BackboneError, match="could not be loaded"):
        load_encoder(f"ViT-B-32@{tmp_path / 'w.safetensors'}")


def test_a_device_that_is_not_there_is_refused():
    assert pick_device("cpu") == "cpu"
    assert pick_device("auto") in ("cuda", "mps", "cpu")
    with pytest.raises(BackboneError, match="'toaster' cannot be used here"):
        pick_device("toaster")


def test_a_model_saved_in_half_precision_comes_back_with_its_own_configuration(tmp_path, pictures):
    torch.manual_seed(0)
    model = new_clip(SMALL)
    save_clip(model, SMALL, tmp_path / "clip")
    loaded = load_encoder(f"local-dir:{tmp_path / 'clip'}", device="cpu")
    expected = Encoder(model.half(), clip_tokenizer(), "x", "squash")
    assert (loaded.name, loaded.demo) == ("local-clip", False)
    assert loaded.weights_sha256 == expected.weights_sha256
    assert torch.equal(loaded.encode_pictures(pictures), expected.encode_pictures(pictures))
    assert torch.equal(loaded.encode_texts(["hello there"]), expected.encode_texts(["hello there"]))


def test_a_full_size_vit_b_32_from_a_file_loads_embeds_and_repeats_itself(tmp_path, pictures):
    torch.manual_seed(0)
    model = open_clip.create_model("ViT-B-32")  # random weights: the path is real, its opinions are not
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, tmp_path / "b32.safetensors")
    assert sum(p.numel() for p in model.parameters()) == 151_277_313
    encoder = load_encoder(f"ViT-B-32@{tmp_path / 'b32.safetensors'}", device="cpu")
    assert (encoder.picture_width, encoder.words_width, encoder.size, encoder.grid) == (512, 512, 224, 7)
    assert (encoder.name, encoder.demo) == ("ViT-B-32", False)
    v = encoder.encode_pictures(pictures[:2])
    assert v.shape == (2, 512)
    assert torch.isfinite(v).all()
    with torch.no_grad():
        again = encoder.picture_from_patches(encoder.patch_embed(encoder.pixels(pictures[:2])))
    assert torch.allclose(v, again, atol=1e-4)
