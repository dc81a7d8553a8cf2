"""Learning curves: one world for all strategies, labels counted as given, and crossings as on paper."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from gatedclip.config import ASSETS
from gatedclip.errors import DataError
from gatedclip.figures.learning import learning_curves
from gatedclip.figures.style import alt
from gatedclip.learn.selecting.batch import Mix
from gatedclip.simulation import STRATEGIES, Setting, Simulation, _mix, _World, reached, render, simulate
from gatedclip.types import Split
from gatedclip.world.base import KNOWN, load_base

SMALL = Setting(rounds=2, batch=10, seeds=2, error=0.2, base=200, pool=200, epochs=1)


@pytest.fixture(scope="module")
def found():
    return simulate(SMALL, lambda fraction, message: None)


@pytest.fixture(scope="module")
def world():
    return _World(SMALL, load_base())


def test_every_strategy_starts_from_the_same_head_and_is_given_the_same_number_of_labels(found):
    assert [curve.strategy for curve in found.curves] == list(STRATEGIES)
    assert [[p.labels for p in curve.points] for curve in found.curves] == [[0, 10, 20]] * 3
    assert len({curve.points[0].auroc.value for curve in found.curves}) == 1
    assert len({curve.points[2].auroc.value for curve in found.curves}) == 3


def test_the_table_has_a_row_for_each_round_and_says_what_was_reduced(found):
    said = render(found)
    assert [line.split(" |")[0] for line in said.splitlines() if line.startswith("| ")] == ["| labels", "| 0", "| 10", "| 20"]
    assert "200 base memes, none of the missing themes" in said
    assert "wrong in 20% of answers" in said


def test_the_figure_shows_every_curve_in_words_too(found):
    figure = learning_curves(found.learned)
    assert [t.name for t in figure.data if t.showlegend] == list(STRATEGIES)
    assert "after 20 labels" in alt(figure)


def test_what_was_printed_as_json_is_read_back_whole(found):
    assert Simulation.from_dict(json.loads(json.dumps(asdict(found)))) == found


def test_the_documentation_holds_the_figures_that_ship():
    """Written by the same run of the command: its table stands in docs/selection.md line by line."""
    shipped = Simulation.from_dict(json.loads((ASSETS / "simulation.json").read_text()))
    assert shipped.setting == Setting()
    documented = (ASSETS.parent / "docs" / "selection.md").read_text().splitlines()
    for line in filter(None, render(shipped).splitlines()):
        assert line in documented or f"> {line}" in documented


def test_the_base_lacks_whole_themes_and_shares_no_family_with_what_waits(world):
    themes = [meme.theme for meme in load_base()[Split.TRAIN].memes]
    for base, pool in zip(world.base, world.pool, strict=True):
        assert (len(base), len(pool)) == (200, 200)
        assert {themes[row] for row in base} <= set(KNOWN)
        assert not {world.families[row] for row in base} & {world.families[row] for row in pool}
        assert world.missing[pool].any()
    assert set(world.base[0]) != set(world.base[1])


def test_reviewers_are_wrong_as_often_as_stated_and_each_time_anew(world):
    wrong = [[world.answer(0, row, n) != world.truth[row] for row in range(1500)] for n in range(2)]
    assert np.mean(wrong[0]) == pytest.approx(0.2, abs=0.04)
    assert np.mean(np.logical_and(*wrong)) == pytest.approx(0.04, abs=0.02)
    assert [world.answer(0, row, 0) for row in range(50)] == [world.answer(0, row, 0) for row in range(50)]


def test_a_level_is_reached_where_the_curve_stays_at_it():
    assert reached(np.array([0.7, 0.81, 0.75, 0.8, 0.9]), 0.8, 20) == 60
    assert reached(np.array([0.7, 0.799, 0.8]), 0.8, 20) == 20  # within what counts as equal
    assert reached(np.array([0.9, 0.9]), 0.8, 20) == 0
    assert reached(np.array([0.9, 0.7]), 0.8, 20) is None


@pytest.mark.parametrize("batch", [5, 10, 20, 33])
def test_the_mix_fills_any_batch_and_keeps_its_random_part(batch):
    mix = _mix(batch)
    assert mix.size == batch
    assert mix.random >= 1
    assert _mix(20) == Mix()


@pytest.mark.parametrize(("change", "word"), [({"error": 0.5}, "error"), ({"rounds": 0}, "rounds"), ({"pool": 150}, "150 memes")])
def test_a_setting_that_cannot_be_is_refused_with_its_value(change, word):
    with pytest.raises(DataError, match=word):
        replace(Setting(rounds=8, seeds=2), **change)
