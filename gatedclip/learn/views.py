"""Two more ways to look at a meme whose reasons were marked: a head should learn the reasons, not what goes with them.

After the idea of expert heat maps (eCLIP, Kumar and Marttinen, ECCV 2024) with a frozen encoder: what is marked is kept while the
rest is mixed away, and what is marked is erased. Each view is one more picture and text, so one more pair of cached vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

import torch
from PIL import Image, ImageDraw

from gatedclip.errors import DataError
from gatedclip.learn.train import Examples
from gatedclip.types import Label, Marks, Rationale, Region

GREY = (122, 116, 104)  # CLIP's mean colour
REMAINS = 0.2  # of what is not marked, in the view that keeps the mark


class View(NamedTuple):
    """A meme looked at in another way."""

    kind: Literal["keep", "erase"]
    picture: Image.Image
    text: str
    hateful: float
    weight: float  # against the meme itself


def views(picture: Image.Image, text: str, marks: Marks, label: Label, necessary: bool, weight: float = 1.0) -> tuple[View, ...]:
    """The views of a meme that its marks allow, none where nothing was marked on it or its label is unsure.

    *Keep* has the same label: outside the marked regions only REMAINS of the picture is left, the rest is grey; its words stay,
    for a word alone says little. *Erase* has the regions blanked and the marked words dropped; it is benign where the label was,
    or where the mark is `necessary` to call it hateful, and is not made otherwise, because nobody knows its label.
    """
    if label is Label.UNSURE or not (marks.regions or marks.words):
        return ()
    hateful = float(label is Label.HATEFUL)
    keep = (View("keep", kept(picture, marks.regions), text, hateful, weight),) if marks.regions else ()
    if hateful and not necessary:
        return keep
    return *keep, View("erase", erased(picture, marks.regions), without(text, marks.words), 0.0, weight)


def necessary(marks: Marks) -> bool:
    """Whether a person's marks hold all that decides: they named the half, and marked it; of both together either will do."""
    picture, said = bool(marks.regions), bool(marks.words)
    held = {Rationale.PICTURE: picture, Rationale.WORDS: said, Rationale.TOGETHER: picture or said, Rationale.NEITHER: False}
    return marks.rationale is not None and held[marks.rationale]


def kept(picture: Image.Image, regions: Sequence[Region], remains: float = REMAINS) -> Image.Image:
    """The picture with everything outside the regions mixed with grey; as it is inside."""
    rgb = picture.convert("RGB")
    return Image.composite(rgb, Image.blend(Image.new("RGB", rgb.size, GREY), rgb, remains), _mask(rgb, regions))


def erased(picture: Image.Image, regions: Sequence[Region]) -> Image.Image:
    """The picture with grey in place of the regions."""
    rgb = picture.convert("RGB")
    return Image.composite(Image.new("RGB", rgb.size, GREY), rgb, _mask(rgb, regions))


def without(text: str, marked: Sequence[int]) -> str:
    """The text without the words at these positions; DataError for a position it does not have."""
    each = text.split()
    if beyond := sorted({n for n in marked if not 0 <= n < len(each)}):
        raise DataError(f"Words {beyond} are marked in a text of {len(each)}. Mark the words of the text as it is now.")
    return " ".join(word for n, word in enumerate(each) if n not in marked)


def _mask(picture: Image.Image, regions: Sequence[Region]) -> Image.Image:
    mask = Image.new("L", picture.size, 0)
    canvas = ImageDraw.Draw(mask)
    for left, top, right, bottom in regions:
        corners = (left * picture.width, top * picture.height, right * picture.width - 1, bottom * picture.height - 1)
        if corners[2] >= corners[0] and corners[3] >= corners[1]:
            canvas.rectangle(corners, fill=255)
    return mask


def beside(train: Examples, views: Examples, of: Sequence[int]) -> Examples:
    """The memes to learn from and, after them, their views as vectors, each with its own share of the weight of its meme.

    `of` (V,) are rows of `train`. A view has no mirror image, so flips show it as it is.
    """
    rows = torch.as_tensor(of, dtype=torch.long)
    ours, theirs = (torch.ones(len(each)) if each.weight is None else each.weight for each in (train, views))
    return replace(
        train,
        picture=torch.cat([train.picture, views.picture]),
        words=torch.cat([train.words, views.words]),
        hateful=torch.cat([train.hateful, views.hateful]),
        mirrored=None if train.mirrored is None else torch.cat([train.mirrored, views.picture]),
        weight=torch.cat([ours, theirs * ours[rows]]),
    )
