import numpy as np
import pytest
from populating import population

from gatedclip.population.columns import EVERYONE, PopulationFilter
from gatedclip.types import Split

FOUR = population(
    texts=["Love this", "hate", "love that", "neither"],
    known=["hateful", "benign", "benign", "unlabelled"],
    decided=[True, False, False, False],
    truth=["picture", "words", "", ""],
    theme=["smell", "smell", "wit", ""],
    split=["queue", "test", "train", "queue"],
    probability=[0.9, 0.8, 0.2, 0.6],
)


@pytest.mark.parametrize(
    ("which", "ids"),
    [
        (EVERYONE, [1, 2, 3, 4]),
        (PopulationFilter(split=Split.QUEUE), [1, 4]),
        (PopulationFilter(state="decided"), [1]),
        (PopulationFilter(state="undecided"), [2, 3, 4]),
        (PopulationFilter(known="benign"), [2, 3]),
        (PopulationFilter(theme="smell", truth="words"), [2]),
        (PopulationFilter(search="LOVE"), [1, 3]),
        (PopulationFilter(source="elsewhere"), []),
    ],
)
def test_a_filter_leaves_what_fits_all_of_its_fields(which, ids):
    found = FOUR.where(which)
    assert found.ids.tolist() == ids
    assert len(found.gate) == len(found.texts) == len(found.plane) == len(ids)


def test_the_labelled_are_the_hateful_and_the_benign():
    assert FOUR.labelled.ids.tolist() == [1, 2, 3]
    assert FOUR.labelled.hateful.tolist() == [1, 0, 0]


def test_a_head_may_have_learned_from_the_base_set_and_from_decisions_if_it_had_any():
    assert FOUR.taught.tolist() == [False, False, True, False]
    told = population(decided=[True, True], split=["queue", "test"], data={"decisions": 3})
    assert told.taught.tolist() == [True, False]


def test_every_meme_is_found_missed_a_false_alarm_cleared_or_not_labelled():
    assert FOUR.outcome(0.5).tolist() == ["found", "false alarm", "cleared", "not labelled"]
    assert FOUR.outcome(0.95).tolist() == ["missed", "cleared", "cleared", "not labelled"]


def test_the_surest_mistakes_come_first():
    wrong = population(known=["benign", "hateful", "benign"], probability=[0.6, 0.1, 0.9])
    assert wrong.mistakes(0.5).tolist() == [2, 3, 1]  # both 0.4 off: the older first


def test_a_sample_is_drawn_once_and_for_all_and_keeps_the_order():
    many = population(probability=np.linspace(0, 1, 100))
    once = many.sample(10)
    assert len(once) == 10
    assert once.ids.tolist() == sorted(set(once.ids.tolist())) == many.sample(10).ids.tolist()
    assert many.sample(100) is many


def test_columns_become_plain_values_of_one_length():
    plain = FOUR.plain()
    assert {len(column) for column in plain.values()} == {4}
    assert (plain["version"][0], plain["meme_id"], plain["label"][3]) == (1, [1, 2, 3, 4], "unlabelled")
    assert plain["probability"] == [0.9, 0.8, 0.2, 0.6]
    assert type(plain["decided"][0]) is bool


def test_choices_are_what_is_there_without_the_unknown():
    assert FOUR.choices("theme") == ["smell", "wit"]
