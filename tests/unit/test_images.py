"""Pictures from anywhere: each hostile file is built here, and either refused with a sentence or made harmless."""

import hashlib
import io
import struct
import tracemalloc
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from gatedclip.data import images
from gatedclip.data.images import clean, outlined, to_jpeg, variant, variants
from gatedclip.errors import UploadRejected


def saved(picture, kind="PNG", **options):
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def plain(size=(64, 48), colour="red", mode="RGB"):
    return Image.new(mode, size, colour)


def opened(data):
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def near(jpeg, at, colour, within=12):
    pixel = opened(jpeg).getpixel(at)
    return all(abs(a - b) <= within for a, b in zip(pixel, colour, strict=True))


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_header(width, height, extra=b""):
    """A PNG that claims a size and holds almost nothing."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("a.png", saved(plain()))
    return out.getvalue()


def growing_gif():
    """A small first frame, and a second that claims to reach far beyond it."""
    data = saved(plain((32, 32)), "GIF", save_all=True, append_images=[plain((32, 32), "blue")])
    second = data.rindex(b"\x2c")
    return data[: second + 5] + struct.pack("<HH", 60_000, 60_000) + data[second + 9 :]


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
REFUSED = {
    "empty": (b"", "empty"),
    "too many bytes": (b"\xff" * (8 * 2**20 + 1), "up to 8 MB"),
    "random bytes": (bytes(range(256)) * 20, "another kind"),
    "svg": (SVG, "SVG drawing"),
    "html": (b"  <!doctype html><img src=x onerror=alert(1)>", "web page"),
    "zip": (zipped(), "zip archive"),
    "pdf": (b"%PDF-1.7 ...", "a PDF"),
    "eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n", "PostScript"),
    "tiff": (saved(plain(), "TIFF"), "TIFF"),
    "bmp": (saved(plain(), "BMP"), "BMP"),
    "icon": (saved(plain(), "ICO"), "another kind"),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
    "bomb of 20000 x 20000": (saved(Image.new("1", (20_000, 20_000))), "too large"),
    "header of 60000 x 60000": (png_header(60_000, 60_000), "too large"),
    "one pixel wide": (saved(plain((1, 60_000))), "too large"),
    "too small": (saved(plain((4, 400))), r"4×400 pixels; at least 16"),
    "header without pixels": (png_header(64, 64), "damaged"),
    "truncated png": (saved(Image.effect_noise((64, 64), 50))[:-900], "damaged"),
    "truncated jpeg": (saved(Image.effect_noise((64, 64), 50).convert("RGB"), "JPEG")[:-600], "damaged"),
    "truncated webp": (
        saved(Image.effect_noise((64, 64), 50).convert("RGB"), "WEBP")[:-300],
        "damaged|not a picture",
    ),
    "text chunk bomb": (png_header(64, 64, chunk(b"zTXt", b"k\0\0" + zlib.compress(b"a" * 80_000_000))), "picture|damaged"),
    "too many frames": (
        saved(plain((16, 16)), "GIF", save_all=True, append_images=[plain((16, 16), (n % 256, n // 2, 0)) for n in range(400)]),
        "401 frames",
    ),
    "frame beyond the picture": (growing_gif(), "too large"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_safe_picture_is_refused_with_what_was_seen(name):
    data, sentence = REFUSED[name]
    with pytest.raises(UploadRejected, match=sentence):
        clean(data)


def test_a_bomb_is_refused_before_it_is_unpacked():
    bomb, _ = REFUSED["bomb of 20000 x 20000"]
    tracemalloc.start()
    with pytest.raises(UploadRejected):
        clean(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_each_accepted_kind_becomes_a_jpeg_named_by_its_own_bytes(kind):
    data = saved(plain((64, 48), "red"), kind)
    picture = clean(data)
    assert opened(picture.jpeg).format == "JPEG"
    assert (picture.width, picture.height, picture.frames, picture.note) == (64, 48, 1, "")
    assert picture.key == hashlib.sha256(picture.jpeg).hexdigest()
    assert picture.source_sha256 == hashlib.sha256(data).hexdigest()
    assert near(picture.jpeg, (30, 20), (255, 0, 0))


def test_a_large_picture_is_stored_within_1600_pixels_and_keeps_its_shape():
    picture = clean(saved(plain((4_000, 1_000)), "JPEG"))
    assert (picture.width, picture.height) == (1_600, 400)


def test_exif_rotation_is_honoured():
    picture = Image.new("RGB", (64, 32), "blue")
    picture.paste("red", (0, 0, 32, 32))  # red on the left
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise: left comes up
    turned = clean(saved(picture, "JPEG", exif=exif, quality=95))
    assert (turned.width, turned.height) == (32, 64)
    assert near(turned.jpeg, (16, 8), (255, 0, 0))
    assert near(turned.jpeg, (16, 56), (0, 0, 255))


def test_nothing_of_the_file_but_its_pixels_stays():
    exif = Image.Exif()
    exif[0x010E] = "SECRET description"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    jpeg = saved(plain(), "JPEG", exif=exif, comment=b"SECRET <script>", icc_profile=b"SECRET" * 40)
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "SECRET <script>alert(1)</script>")
    png = saved(plain(), "PNG", pnginfo=info) + b"SECRET trailer <?php"
    for data in (jpeg, png):
        assert b"SECRET" in data
        kept = clean(data).jpeg
        assert b"SECRET" not in kept
        assert not opened(kept).getexif()
        assert not {"icc_profile", "comment", "exif", "xmp"} & set(opened(kept).info)


def test_the_jpeg_is_the_same_whatever_was_attached_to_the_pixels():
    info = PngImagePlugin.PngInfo()
    info.add_text("a", "b")
    bare, dressed = clean(saved(plain())), clean(saved(plain(), pnginfo=info))
    assert bare.key == dressed.key
    assert bare.source_sha256 != dressed.source_sha256


def test_cmyk_keeps_its_colours():
    assert near(clean(saved(plain(colour=(0, 255, 255, 0), mode="CMYK"), "JPEG")).jpeg, (20, 20), (255, 0, 0), within=30)


@pytest.mark.parametrize(("level", "seen"), [(0, 0), (32_768, 127), (65_535, 255)])
def test_16_bit_grey_keeps_its_brightness(level, seen):
    grey = Image.fromarray(np.full((32, 32), level, dtype=np.uint16))
    assert near(clean(saved(grey)).jpeg, (10, 10), (seen,) * 3, within=3)


@pytest.mark.parametrize(
    "picture",
    [
        Image.new("RGBA", (32, 32), (255, 0, 0, 0)),
        Image.new("LA", (32, 32), (0, 0)),
        Image.new("P", (32, 32), 0),
    ],
)
def test_what_is_transparent_becomes_white(picture):
    options = {"transparency": 0} if picture.mode == "P" else {}
    assert near(clean(saved(picture, **options)).jpeg, (10, 10), (255, 255, 255))


def test_half_transparent_red_becomes_pink():
    assert near(clean(saved(Image.new("RGBA", (32, 32), (255, 0, 0, 128)))).jpeg, (10, 10), (255, 127, 127))


def test_palette_and_black_and_white_pictures_are_read():
    palette = plain((32, 32), (10, 200, 30)).convert("P", palette=Image.Palette.ADAPTIVE)
    assert near(clean(saved(palette)).jpeg, (10, 10), (10, 200, 30))
    assert near(clean(saved(Image.new("1", (32, 32), 1))).jpeg, (10, 10), (255, 255, 255))


COLOURS = [(250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0), (0, 250, 250), (250, 0, 250), (0, 0, 0)]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_an_animation_becomes_a_sheet_of_its_first_last_and_middle_frames(kind):
    first, *rest = [plain((64, 64), colour) for colour in COLOURS]
    sheet = clean(
        saved(first, kind, save_all=True, append_images=rest, duration=50, **({"lossless": True} if kind == "WEBP" else {}))
    )
    assert (sheet.frames, sheet.width, sheet.height) == (7, 128, 128)
    assert "7 frames, shown as frames 1, 3, 5, 7" in sheet.note
    for at, frame in (((32, 32), 0), ((96, 32), 2), ((32, 96), 4), ((96, 96), 6)):
        assert near(sheet.jpeg, at, COLOURS[frame])


def test_two_frames_stand_side_by_side():
    sheet = clean(saved(plain((64, 64), "red"), "GIF", save_all=True, append_images=[plain((64, 64), "blue")]))
    assert (sheet.frames, sheet.width, sheet.height) == (2, 128, 64)
    assert near(sheet.jpeg, (96, 32), (0, 0, 255))


def test_variants_keep_the_shape_at_their_size():
    made = variants(clean(saved(plain((1_200, 600)))).jpeg)
    assert {name: opened(data).size for name, data in made.items()} == {
        "thumb": (256, 128),
        "blurred": (512, 256),
        "thumb-blurred": (256, 128),
    }
    assert {opened(data).format for data in made.values()} == {"JPEG"}


def test_a_place_is_framed_white_in_black_and_the_rest_is_left():
    framed = opened(outlined(to_jpeg(plain((200, 100), "red")), (0.5, 0.2, 1.0, 0.8))).convert("RGB")
    assert framed.size == (200, 100)
    assert min(framed.getpixel((102, 50))) > 200  # 2 pixels inside the left edge at 100
    assert max(framed.getpixel((197, 50))) > 200
    for inside_or_out in ((150, 50), (50, 50), (150, 10)):
        assert framed.getpixel(inside_or_out)[0] > 200
        assert max(framed.getpixel(inside_or_out)[1:]) < 60


def test_fine_detail_does_not_survive_the_blur_and_broad_colour_does():
    stripes = np.zeros((512, 512, 3), dtype=np.uint8)
    stripes[:, (np.arange(512) // 8) % 2 == 0] = 255  # strokes as wide as a caption's
    stripes[256:] = (200, 0, 0)
    made = variants(clean(saved(Image.fromarray(stripes))).jpeg)
    for name in ("blurred", "thumb-blurred"):
        seen = np.asarray(opened(made[name]).convert("L"), dtype=float)
        edge = seen.shape[1] // 8
        top = seen[: len(seen) // 4, edge:-edge]
        assert np.ptp(top) < 12  # of 255
        assert near(made[name], (10, len(seen) - 10), (200, 0, 0), within=25)
    assert np.ptp(np.asarray(opened(made["thumb"]).convert("L"))[:64]) > 200


@pytest.mark.parametrize(("name", "left"), [("blurred-strong", 12), ("blurred", 12), ("blurred-light", 60)])
def test_strokes_as_wide_as_a_caption_s_do_not_survive_any_strength_of_blur(name, left):
    stripes = np.zeros((512, 512, 3), dtype=np.uint8)
    stripes[:, (np.arange(512) // 8) % 2 == 0] = 255
    seen = np.asarray(opened(variant(clean(saved(Image.fromarray(stripes))).jpeg, name)).convert("L"), dtype=float)
    assert np.ptp(seen[160:-160, 160:-160]) < left  # of 255, away from the edges


@pytest.mark.parametrize("name", ["full-grey", "blurred-grey", "blurred-light-grey", "blurred-strong-grey"])
def test_a_grey_copy_holds_no_colour_and_keeps_its_shape(name):
    copy = opened(variant(clean(saved(plain((640, 320), "red"))).jpeg, name))
    assert copy.mode == "L"
    assert copy.size == ((640, 320) if name == "full-grey" else (512, 256))


def test_many_threads_clean_alike():
    data = [saved(plain((300, 200), (n * 10, 0, 0)), kind) for n in range(4) for kind in ("PNG", "JPEG", "WEBP", "GIF")]
    alone = [clean(d).key for d in data]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda d: clean(d).key, data)) == alone


SEEDS = [saved(plain((24, 20), "teal"), kind) for kind in ("PNG", "JPEG", "WEBP", "GIF")]


@st.composite
def damaged(draw):
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for at, value in draw(st.lists(st.tuples(st.integers(0, len(data) - 1), st.integers(0, 255)), max_size=6)):
        data[at] = value
    return bytes(data[: draw(st.integers(0, len(data)))] + draw(st.binary(max_size=40)))


def outcome(data):
    """The picture, or the sentence that refuses it; any other error fails the test."""
    try:
        return clean(data)
    except UploadRejected as why:
        return str(why)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=300) | damaged())
def test_any_bytes_are_refused_with_a_sentence_or_become_a_picture(data):
    came_out = outcome(data)
    if isinstance(came_out, str):
        assert came_out.endswith(".")
    else:
        assert opened(came_out.jpeg).size == (came_out.width, came_out.height)
        assert max(came_out.width, came_out.height) <= images.STORE_SIDE
