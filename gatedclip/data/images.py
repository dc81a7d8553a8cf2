"""Turns bytes from anywhere into a clean RGB JPEG, or says why not."""

from __future__ import annotations

import hashlib
import io
import threading
import warnings
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFile, ImageFilter, ImageOps

from gatedclip.errors import UploadRejected

Box = tuple[float, float, float, float]  # left, top, right, bottom as fractions of a picture
ALLOWED = ("PNG", "JPEG", "WEBP", "GIF")  # the only decoders Pillow may try
MAX_BYTES = 8 * 2**20
MAX_PIXELS, MAX_SIDE, MIN_SIDE = 24_000_000, 10_000, 16
MAX_FRAMES, MAX_FILM = 300, 400_000_000  # frames of an animation, and pixels in all of them together
STORE_SIDE, THUMB_SIDE, BLUR_SIDE = 1_600, 256, 512
BLUR_CELLS = {"light": 40, "": 20, "strong": 10}  # a blurred picture holds no more than this many samples a side
SHEET_FRAMES = 4

# Pillow's own guard, for pictures that grow while they are read. Set once: filters are not safe to change in threads.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
ImageFile.LOAD_TRUNCATED_IMAGES = False
_DECODING = threading.BoundedSemaphore(2)  # bounds memory when several people upload at once

_ACCEPTED = "PNG, JPEG, WebP and GIF pictures are accepted"
_SIGNATURES = {
    b"PK": "a zip archive",
    b"%PDF": "a PDF",
    b"%!PS": "a PostScript drawing",
    b"<": "a web page or an SVG drawing",
    b"II*\0": "a TIFF picture",
    b"MM\0*": "a TIFF picture",
    b"BM": "a BMP picture",
    b"8BPS": "a Photoshop file",
}


@dataclass(frozen=True, slots=True)
class CleanPicture:
    """A picture re-encoded by us: nothing of the original file but its pixels."""

    jpeg: bytes
    key: str  # sha-256 of `jpeg`
    source_sha256: str  # of the bytes as they came; recognises the same upload again
    width: int
    height: int
    frames: int  # of the original; above 1, `jpeg` is a sheet of some of them
    note: str  # what a reviewer must know about it; "" = nothing


def clean(data: bytes) -> CleanPicture:
    """A JPEG of at most 1,600 px a side, upright, on white, without metadata. Raises UploadRejected.

    An animation becomes a sheet of up to four evenly spaced frames, so that no frame hides behind the first.
    """
    if not data:
        raise UploadRejected(f"The file is empty. {_ACCEPTED}; choose the file again.")
    if len(data) > MAX_BYTES:
        raise UploadRejected(
            f"The file has {len(data) / 2**20:.1f} MB or more; up to {MAX_BYTES // 2**20} MB are accepted. Save it smaller."
        )
    with _DECODING:
        picture, frames, note = _decode(data)
    jpeg = to_jpeg(picture)
    sha, source = hashlib.sha256(jpeg).hexdigest(), hashlib.sha256(data).hexdigest()
    return CleanPicture(jpeg, sha, source, *picture.size, frames, note)


def to_jpeg(picture: Image.Image) -> bytes:
    """The form in which pictures are kept: RGB JPEG, sharp enough for small captions."""
    return _encode(picture, "JPEG", quality=92, subsampling=0)


def variants(jpeg: bytes) -> dict[str, bytes]:
    """The JPEG copies by name that every picture has: `thumb` of 256 px, and `blurred` and `thumb-blurred` from which nothing can
    be recovered.
    """
    picture = _opened(jpeg)
    return {name: _variant(picture, name) for name in ("thumb", "blurred", "thumb-blurred")}


def variant(jpeg: bytes, name: str) -> bytes:
    """One JPEG copy: those of `variants`, `blurred-light` and `blurred-strong`, and any of them or `full` with `-grey` behind.

    JPEG because Streamlit sends it as it is and encodes WebP anew on every run.
    """
    return _variant(_opened(jpeg), name)


def outlined(jpeg: bytes, box: Box) -> bytes:
    """A copy with a frame around one place, white in black, so that it shows on any picture."""
    picture = _opened(jpeg)
    left, top, right, bottom = (round(end * side) for end, side in zip(box, picture.size * 2, strict=True))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((left, top, right - 1, bottom - 1), outline="black", width=5)
    draw.rectangle((left + 1, top + 1, right - 2, bottom - 2), outline="white", width=3)
    return _encode(picture, "JPEG", quality=82)


def _opened(jpeg: bytes) -> Image.Image:
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as opened:
        return opened.convert("RGB")


def _variant(picture: Image.Image, name: str) -> bytes:
    what, grey = name.removesuffix("-grey"), name.endswith("-grey")
    shown = picture.convert("L") if grey else picture.copy()
    if what == "full":
        return _encode(shown, "JPEG", quality=92)
    if what == "thumb":
        shown.thumbnail((THUMB_SIDE, THUMB_SIDE), Image.Resampling.LANCZOS)
    else:
        strength = what.removeprefix("thumb-").removeprefix("blurred").removeprefix("-")
        shown = _blur(shown, THUMB_SIDE if what.startswith("thumb-") else BLUR_SIDE, BLUR_CELLS[strength])
    return _encode(shown, "JPEG", quality=82)


def _decode(data: bytes) -> tuple[Image.Image, int, str]:
    """The clean picture, how many frames there were, and the note."""
    try:
        opened = Image.open(io.BytesIO(data), formats=ALLOWED)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as why:
        raise _too_large(str(why)) from None
    except Exception:
        raise UploadRejected(f"This is {_seen(data)}, not a picture we can read. {_ACCEPTED}; save it as one of these.") from None
    try:
        with opened as image:
            return _film(image) if _count(image) > 1 else (_still(image), 1, "")
    except UploadRejected:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as why:
        raise _too_large(str(why)) from None
    except Exception:
        raise UploadRejected(
            f"This {opened.format} file is damaged or breaks off, so it cannot be shown whole. Open it and save it again."
        ) from None


def _count(image: Image.Image) -> int:
    _check_size(image)
    return 1 if image.format == "MPO" else getattr(image, "n_frames", 1)  # the others of a phone's MPO are previews


def _still(image: Image.Image) -> Image.Image:
    if image.format == "JPEG":
        image.draft("RGB", (STORE_SIDE, STORE_SIDE))  # decodes a huge photo at a fraction of its cost
    return _flatten(image, STORE_SIDE)


def _film(image: Image.Image) -> tuple[Image.Image, int, str]:
    n, (width, height) = image.n_frames, image.size  # type: ignore[attr-defined]
    if n > MAX_FRAMES or n * width * height > MAX_FILM:
        raise UploadRejected(
            f"The animation has {n} frames of {width}×{height} pixels; up to {MAX_FRAMES} frames and"
            f" {MAX_FILM // 1_000_000} million pixels in all are accepted. Cut it shorter or make it smaller."
        )
    picks = [round(i * (n - 1) / (min(n, SHEET_FRAMES) - 1)) for i in range(min(n, SHEET_FRAMES))]
    frames = []
    for pick in picks:
        image.seek(pick)
        _check_size(image)  # a later frame may reach beyond the first
        frames.append(_flatten(image, STORE_SIDE // 2))
    shown = ", ".join(str(pick + 1) for pick in picks)
    return _sheet(frames), n, f"An animation of {n} frames, shown as frames {shown} side by side; the others are not looked at."


def _sheet(frames: list[Image.Image]) -> Image.Image:
    """Two columns, filled row by row."""
    width, height = max(f.width for f in frames), max(f.height for f in frames)
    sheet = Image.new("RGB", (2 * width, (len(frames) + 1) // 2 * height), "white")
    for place, frame in enumerate(frames):
        sheet.paste(frame, (place % 2 * width, place // 2 * height))
    return sheet


def _flatten(image: Image.Image, side: int) -> Image.Image:
    """Upright RGB on white within `side`, with nothing attached: no EXIF, GPS, ICC, XMP or comments."""
    image = ImageOps.exif_transpose(image)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        on_white = Image.new("RGBA", image.size, "white")
        on_white.alpha_composite(image.convert("RGBA"))
        image = on_white
    elif image.mode.startswith("I"):
        image = image.convert("F").point(lambda value: value * (1 / 257)).convert("L")  # 16-bit grey would clip to white
    image = image.convert("RGB")
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    bare = Image.new("RGB", image.size)
    bare.paste(image)
    return bare


def _blur(picture: Image.Image, side: int, cells: int) -> Image.Image:
    """The same shape within `side`, from so few samples that neither faces nor words survive."""
    scale = side / max(picture.size)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    few = picture.copy()
    few.thumbnail((8 * cells, 8 * cells), Image.Resampling.BOX)
    few = few.filter(ImageFilter.GaussianBlur(8))  # first, or strokes would reappear as coarse stripes
    few.thumbnail((cells, cells), Image.Resampling.BOX)
    return few.resize(size, Image.Resampling.BICUBIC)


def _encode(picture: Image.Image, kind: str, **options: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise _too_large(f"{width}×{height} pixels")
    if min(width, height) < MIN_SIDE:
        raise UploadRejected(f"The picture has {width}×{height} pixels; at least {MIN_SIDE} a side are needed to see anything.")


def _too_large(seen: str) -> UploadRejected:
    return UploadRejected(
        f"The picture is too large to open safely ({seen}); up to {MAX_SIDE:,} a side and {MAX_PIXELS // 1_000_000} million"
        " pixels are accepted. Save it smaller."
    )


def _seen(data: bytes) -> str:
    start = data.lstrip()[:16] or data[:16]
    if start[4:8] == b"ftyp":
        return "a HEIC or AVIF picture or a film"
    return next((what for signature, what in _SIGNATURES.items() if start.startswith(signature)), "a file of another kind")
