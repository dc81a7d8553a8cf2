import numpy as np
import pytest
from explaining import attribution

from gatedclip.explain.reasons import Missed, compare, decided_by, energy, missed, say_reasons
from gatedclip.types import Marks, ModalityShares, Rationale

BOX = (0.5, 0.25, 1.0, 0.75)
WORDS = ("love", "the", "way", "you", "smell")
SAID = [("love", 4.0), ("the", 0.0), ("way", 1.0), ("you", -2.0), ("smell", 3.0)]


def shares(picture, words, interaction):
    return ModalityShares(picture + interaction / 2, words + interaction / 2, interaction, 0, 0, 0)


TOGETHER = shares(0, 0, 4)


def looks_at(*patches, grid=2, frame=(0.0, 0.0, 1.0, 1.0)):
    """A map that is hot, equally, at these (row, column)s."""
    heat = np.zeros((grid, grid))
    for at in patches:
        heat[at] = 2.0
    return attribution(heat, SAID, frame=frame)


def against(found, regions=(), words=(), rationale=None, split=TOGETHER, agrees=True):
    return compare(Marks(regions, words, rationale), WORDS, found, split, agrees)


# --- place --------------------------------------------------------------------------------------------------------


def test_energy_counts_patches_on_the_edge_in_part():
    assert energy(attribution(np.ones((4, 4))), [BOX]) == pytest.approx(0.25)
    assert energy(attribution(-np.ones((4, 4))), [(0, 0, 0.125, 1)]) == pytest.approx(0.125)
    assert energy(looks_at((0, 0), grid=4), [(0.125, 0, 1, 1)]) == pytest.approx(0.5)
    assert energy(attribution(np.zeros((4, 4))), [BOX]) == 0


def test_the_quarter_the_model_looks_at_is_met_exactly():
    found = against(looks_at((0, 1)), [(0.5, 0, 1, 0.5)])
    assert (found.iou, found.energy, found.area) == pytest.approx((1, 1, 0.25))


def test_another_quarter_is_not_met_at_all():
    found = against(looks_at((0, 1)), [(0, 0.5, 0.5, 1)])
    assert (found.iou, found.energy, found.area) == pytest.approx((0, 0, 0.25))


def test_the_hottest_area_is_as_large_as_the_marked_one():
    """Half the picture is marked. The hottest half is the hot quarter and a third of the three cold ones, of which one is marked:
    shared 1/4 + 1/12 of the picture; together 1/2 + 1/2 - 1/3."""
    assert against(looks_at((0, 0)), [(0, 0, 1, 0.5)]).iou == pytest.approx((1 / 3) / (2 / 3))


def test_overlapping_regions_count_once():
    twice = against(looks_at((0, 0)), [(0, 0, 0.5, 0.5), (0, 0, 0.5, 0.25)])
    assert (twice.iou, twice.energy, twice.area) == pytest.approx((1, 1, 0.25))


def test_two_regions_are_one_area():
    found = against(looks_at((0, 0), (1, 1)), [(0, 0, 0.5, 0.5), (0.5, 0.5, 1, 1)])
    assert (found.iou, found.energy, found.area) == pytest.approx((1, 1, 0.5))


def test_what_the_model_never_saw_of_the_picture_is_cold():
    """A crop sees the middle half of a wide picture; its upper left patch is 1/8 of the picture."""
    seen = looks_at((0, 0), frame=(0.25, 0.0, 0.75, 1.0))
    found = against(seen, [(0, 0, 0.5, 0.5)])
    assert (found.energy, found.area) == pytest.approx((1, 0.25))
    assert against(seen, [(0, 0, 0.25, 1)]).energy == 0


def test_heat_beside_the_picture_belongs_to_no_place():
    """Padding above and below: of the hot left column only the part on the picture counts, and all of that is marked."""
    padded = looks_at((0, 0), (1, 0), frame=(0.0, -0.5, 1.0, 1.5))
    assert against(padded, [(0, 0, 0.5, 1)]).energy == pytest.approx(1)
    assert against(padded, [(0, 0, 1, 1)]).wrong_reason is False


# --- words and halves ---------------------------------------------------------------------------------------------


def test_as_many_words_as_were_marked_are_the_model_s_strongest():
    found = against(looks_at((0, 0)), words=(0, 3))  # strongest two: love, smell
    assert (found.top_words, found.precision, found.recall, found.f1) == (("love", "smell"), 0.5, 0.5, 0.5)
    assert (found.word_energy, found.word_share) == pytest.approx((6 / 10, 2 / 5))


def test_words_that_do_not_count_are_not_among_the_strongest():
    found = against(looks_at((0, 0)), words=(0, 1, 2, 3, 4))
    assert found.top_words == ("love", "smell", "you", "way")
    assert (found.precision, found.recall) == pytest.approx((1, 0.8))
    assert found.f1 == pytest.approx(2 * 0.8 / 1.8)


def test_no_word_in_common_is_an_f1_of_zero():
    assert against(looks_at((0, 0)), words=(1,)).f1 == 0


def test_words_that_clip_reads_in_its_own_way_are_not_compared():
    found = compare(Marks(words=(0,)), ("love&smell",), looks_at((0, 0)), TOGETHER, True)
    assert (found.f1, found.word_energy, found.top_words, found.wrong_reason) == (None, None, (), False)


@pytest.mark.parametrize(
    ("alone_picture", "alone_words", "interaction", "half"),
    [(3, -1, 2, "picture"), (0.1, -2, 1, "words"), (1, 1, -4, "together")],
)
def test_the_largest_part_of_the_split_decides(alone_picture, alone_words, interaction, half):
    assert decided_by(shares(alone_picture, alone_words, interaction)) == half


def test_neither_is_not_compared_with_a_split_in_which_one_part_always_leads():
    assert against(looks_at((0, 0)), rationale=Rationale.NEITHER).same_modality is None
    assert against(looks_at((0, 0)), rationale=Rationale.TOGETHER).same_modality is True
    assert against(looks_at((0, 0)), rationale=Rationale.WORDS).same_modality is False


def test_what_was_not_marked_is_not_compared():
    found = against(looks_at((0, 0)), rationale=Rationale.TOGETHER)
    assert (found.iou, found.energy, found.area, found.f1, found.word_energy) == (None,) * 5
    only_region = against(looks_at((0, 0)), [BOX])
    assert (only_region.f1, only_region.same_modality) == (None, None)


# --- right for the wrong reason -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ({"regions": [(0, 0, 0.5, 0.5)], "words": (0, 4), "rationale": Rationale.TOGETHER}, Missed(False, False, False)),
        ({"regions": [(0.5, 0.5, 1, 1)], "words": (0, 4), "rationale": Rationale.TOGETHER}, Missed(True, False, False)),
        ({"regions": [(0, 0, 0.5, 0.5)], "words": (1, 2)}, Missed(False, True, False)),  # 1 of 10 on 2 of 5 words
        ({"rationale": Rationale.PICTURE}, Missed(False, False, True)),
        ({"regions": [(0, 0, 1, 1)], "words": (0, 1, 2, 3, 4)}, Missed(False, False, False)),  # everything, so nothing is missed
    ],
)
def test_one_missed_reason_makes_a_right_verdict_one_for_the_wrong_reason(marks, expected):
    found = against(looks_at((0, 0)), **marks)
    assert missed(found) == expected
    assert found.wrong_reason is any(expected)


def test_a_wrong_verdict_is_never_right_for_the_wrong_reason():
    found = against(looks_at((0, 0)), [(0.5, 0.5, 1, 1)], (1,), Rationale.PICTURE, agrees=False)
    assert any(missed(found))
    assert not found.wrong_reason


def test_an_even_map_is_no_reason_against_a_mark():
    even = attribution(np.ones((3, 3)), [(w, 1.0) for w in WORDS])
    found = against(even, [(0.1, 0.2, 0.37, 0.81)], (1, 2))
    assert found.energy == pytest.approx(found.area)
    assert not found.wrong_reason


# --- in words -----------------------------------------------------------------------------------------------------


def test_a_comparison_is_said_in_plain_sentences():
    marks = Marks([(0.5, 0.5, 1, 1)], (0, 3), Rationale.PICTURE, ("love", "you"))
    assert say_reasons(marks, compare(marks, WORDS, looks_at((0, 0)), TOGETHER, True)) == [
        "Right for the wrong reason: the model agrees, but it looks elsewhere and goes by another half.",
        "Place: 0% of the model's map lies in the marked area, which is 25% of the picture (IoU 0.00).",
        "Words: 1 of 2 marked words is among the model's 2 strongest, “love” and “smell” (F1 0.50). Weight on the marked: 60%.",
        "Half: marked was that the picture alone decides; for the model, only both together do.",
    ]


def test_agreement_is_said_too_and_what_cannot_be_compared():
    marks = Marks(rationale=Rationale.NEITHER)
    assert say_reasons(marks, compare(marks, WORDS, looks_at((0, 0)), TOGETHER, True)) == [
        "The model agrees.",
        "Half: marked was that neither decides. In the model's split one part always leads: both together, here.",
    ]
    marks = Marks(rationale=Rationale.TOGETHER)
    assert say_reasons(marks, compare(marks, WORDS, looks_at((0, 0)), TOGETHER, False)) == [
        "The model disagrees.",
        "Half: only both together decide, as marked and for the model.",
    ]
    marks = Marks(words=(1,), said=("the",))
    assert say_reasons(marks, compare(marks, WORDS, looks_at((0, 0)), TOGETHER, True)) == [
        "Right for the wrong reason: the model agrees, but it weighs other words.",
        "Words: the marked word is not among the model's strongest, “love” (F1 0.00). Weight on the marked: 0%.",
    ]
    marks = Marks(words=(0,), said=("love&smell",))
    assert say_reasons(marks, compare(marks, ("love&smell",), looks_at((0, 0)), TOGETHER, True)) == [
        "The model agrees.",
        "Words: CLIP splits these words in its own way, so the marked ones cannot be compared.",
    ]
