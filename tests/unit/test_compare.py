"""The report that a promotion rests on."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from gatedclip.errors import DataError
from gatedclip.learn.compare import Said, compare
from gatedclip.types import Interval, Label, report_from

Y = np.array([1, 1, 0, 0], dtype=np.float32)
IDS = [11, 12, 13, 14]


def said(*probability: float, threshold: float = 0.5) -> Said:
    return Said(np.array(probability), np.full(len(probability), 0.5), threshold)


BEFORE = said(0.9, 0.2, 0.3, 0.4)
AFTER = said(0.9, 0.8, 0.7, 0.4)


def report(before: Said = BEFORE, after: Said = AFTER, **slices: list[bool]):
    return compare(IDS, Y, before, after, {name: np.array(mask) for name, mask in slices.items()})


def test_before_after_and_change_are_measured_on_the_same_memes():
    found = report()
    assert (found.before.auroc.value, found.after.auroc.value) == (0.5, 1.0)
    assert found.change.value == 0.5


def test_a_worse_candidate_is_shown_as_worse():
    found = report(AFTER, BEFORE)
    assert found.change.value == -0.5
    assert found.change.low <= found.change.value <= found.change.high <= 0


def test_flips_name_the_memes_whose_label_changed_largest_first_and_who_is_right():
    flips = report(after=said(0.9, 0.8, 0.95, 0.4)).flips
    assert [(f.meme_id, f.truth, f.before, f.after, f.better) for f in flips] == [
        (13, Label.BENIGN, 0.3, 0.95, False),
        (12, Label.HATEFUL, 0.2, 0.8, True),
    ]


def test_each_head_flips_at_its_own_threshold():
    assert report(said(0.6, 0.6, 0.2, 0.2), said(0.6, 0.6, 0.2, 0.2, threshold=0.7)).flips[0].meme_id == 11
    assert report(BEFORE, BEFORE).flips == ()


def test_a_slice_has_its_own_change_and_one_of_a_single_class_has_none():
    mixed, single = report(mixed=[False, True, True, True], single=[True, True, False, False]).slices
    assert (mixed.name, mixed.n, mixed.before.value, mixed.after.value, mixed.change.value) == ("mixed", 3, 0.0, 1.0, 1.0)
    assert (single.name, single.n, single.before, single.after, single.change) == ("single", 2, None, None, None)


def test_an_empty_slice_is_left_out():
    assert report(nobody=[False] * 4).slices == ()


def test_the_same_head_changes_nothing():
    assert report(BEFORE, BEFORE).change == Interval(0.0, 0.0, 0.0)


def test_a_report_survives_being_stored():
    whole = report(mixed=[False, True, True, True], single=[True, True, False, False])
    assert report_from(json.loads(json.dumps(asdict(whole)))) == whole


def test_held_out_memes_of_one_class_are_refused():
    with pytest.raises(DataError, match="4 hateful and 0 benign"):
        compare(IDS, np.ones(4), BEFORE, AFTER, {})
