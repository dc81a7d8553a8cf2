import numpy as np
import pytest

from gatedclip.figures import population as figures
from gatedclip.figures.style import alt
from gatedclip.model.operating import calibration, confusion, cuts
from gatedclip.types import Interval

HATEFUL = np.array([1, 0, 1, 0])
PROBABILITY = np.array([0.9, 0.6, 0.4, 0.1])
EVERY, AT = cuts(HATEFUL, PROBABILITY), confusion(HATEFUL, PROBABILITY, 0.5)


def marks(figure):
    """Single points, as (x, y)."""
    return [(t.x[0], t.y[0]) for t in figure.data if t.x is not None and len(t.x) == 1]


def test_each_group_of_gates_has_a_row_of_its_own_and_the_papers_mean_where_there_is_one():
    figure = figures.gate_histogram({"picture": np.array([0.9, 0.9, 0.1]), "neither": np.array([0.5])}, "by what decides")
    first, second = (t for t in figure.data if t.type == "bar")
    assert (first.base, second.base) == (0, -1)
    assert sum(first.customdata) == pytest.approx(1)
    assert first.customdata[22] == pytest.approx(2 / 3)  # 0.9 lies in the bin from 0.88
    assert [x for x, _ in marks(figure)] == [0.68]
    assert [t.x[0] for t in figure.data if t.type == "scatter" and t.mode == "lines"] == pytest.approx([1.9 / 3, 0.5])
    assert "picture 0.63 over 3 memes; neither 0.50 over 1 memes" in alt(figure)
    assert "The paper reports 0.68 where picture carry" in alt(figure)


def test_memes_whose_gate_and_share_lean_apart_have_a_sign_and_a_count_of_their_own():
    figure = figures.gate_against_share(np.array([0.9, 0.2]), np.array([0.8, 0.9]), np.array([False, True]), np.array([7, 8]))
    agree, apart = (t for t in figure.data if t.mode == "markers")
    assert (agree.name, apart.name) == ("agree (1)", "lean apart (1)")
    assert agree.marker.symbol != apart.marker.symbol
    assert (list(agree.customdata), list(apart.customdata)) == ([7], [8])
    assert "on 1 the two lean to different halves" in alt(figure)


def test_versions_are_compared_by_quantiles_and_by_their_means_where_one_half_decides():
    gates = {"v1": np.linspace(0, 1, 101), "v2": np.full(101, 0.25)}
    figure = figures.gate_by_version(gates, np.array(["picture"] * 51 + [""] * 50))
    box = figure.data[0]
    assert (list(box.q1), list(box.median), list(box.upperfence)) == ([0.25, 0.25], [0.5, 0.25], [pytest.approx(0.95), 0.25])
    assert list(figure.data[1].y) == pytest.approx([0.25, 0.25])
    assert len(figure.data) == 2  # nowhere do the words decide
    assert "v1 0.50 (0.25 to 0.75); v2 0.25" in alt(figure)


def test_the_curves_mark_where_the_threshold_lies():
    assert marks(figures.roc(EVERY, AT, 0.75)) == [(0.5, 0.5)]
    assert marks(figures.precision_recall(EVERY, AT)) == [(0.5, 0.5)]
    assert "at threshold 50% 50% of the hateful are found and 50% of the benign flagged" in alt(figures.roc(EVERY, AT, 0.75))


def test_the_cost_curve_marks_the_cheapest_threshold_and_todays():
    """A miss for 3 alarms: today one of each, 4 for 4 memes; flagging three memes costs one alarm."""
    cheapest = EVERY.cheapest(3)
    figure = figures.cost_curve(EVERY, AT, 3, cheapest)
    assert marks(figure) == [(pytest.approx(0.25), pytest.approx(25)), (0.5, pytest.approx(100))]
    assert "100.0 per 100 memes at threshold 50%, least 25.0 at 25%" in alt(figure)


def test_a_precision_of_nothing_flagged_is_drawn_as_one():
    assert marks(figures.precision_recall(EVERY, confusion(HATEFUL, PROBABILITY, 0.99))) == [(0, 1)]


def test_calibration_carries_intervals_and_says_its_error():
    figure = figures.calibration(calibration(HATEFUL, PROBABILITY, bins=2))
    points = figure.data[1]
    assert list(points.x) == pytest.approx([0.25, 0.75])
    assert list(points.y) == [0.5, 0.5]
    assert all(reach > 0.3 for reach in points.error_y.array)
    assert "mean error 0.250: 25% said, 50% true; 75% said, 50% true" in alt(figure)


def test_slices_stand_in_rows_with_their_intervals():
    figure = figures.slice_quality({"all": (20, Interval(0.8, 0.7, 0.9)), "theme wit": (9, Interval(0.6, 0.3, 0.85))})
    assert list(figure.data[0].y) == ["all  (20)", "theme wit  (9)"]
    assert figure.layout.xaxis.range[0] == pytest.approx(0.28)


def test_a_map_by_names_gives_each_a_colour_and_a_sign_and_carries_ids():
    plane = np.array([[0, 0], [1, 1], [2, 2]], np.float32)
    figure = figures.vector_map(plane, (0.5, 0.25), np.array([4, 5, 6]), "theme", np.array(["wit", "", "wit"]))
    wit, unknown = figure.data
    assert (wit.name, unknown.name) == ("wit (2)", "unknown (1)")
    assert (list(wit.customdata), list(unknown.customdata)) == ([4, 6], [5])
    assert wit.marker.symbol != unknown.marker.symbol
    assert figure.layout.dragmode == "lasso"
    assert "of 3 memes by theme: wit 2, unknown 1" in alt(figure)


def test_a_map_by_numbers_has_a_scale():
    figure = figures.vector_map(np.zeros((2, 2)), (1, 0), np.array([1, 2]), "gate", np.array([0.25, 0.75]), "box")
    assert figure.data[0].marker.showscale
    assert figure.layout.dragmode == "select"
    assert "by gate: from 0.25 to 0.75" in alt(figure)


def test_a_long_curve_is_thinned_to_its_ends_and_400_points():
    many = np.linspace(0, 1, 5000)
    figure = figures.roc(cuts((np.arange(5000) % 2).astype(float), many), confusion(many > 0.5, many, 0.5), 0.5)
    curve = figure.data[1]
    assert len(curve.x) == 400
    assert ((curve.x[0], curve.y[0]), (curve.x[-1], curve.y[-1])) == ((0, 0), (1, 1))
