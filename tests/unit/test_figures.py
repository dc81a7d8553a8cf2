from datetime import date

import numpy as np
import pytest

from gatedclip.figures.gate import gate_sweep
from gatedclip.figures.style import alt
from gatedclip.figures.team import throughput
from gatedclip.figures.training import before_after, training_curves
from gatedclip.learn.flow import Day
from gatedclip.types import Interval, Report, Scores, SliceScores


def scores(auroc: float) -> Scores:
    return Scores(200, 80, Interval(auroc, auroc - 0.05, auroc + 0.04), Interval(0.8, 0.7, 0.9), 0.8, 0.05, 0.5, 0.5)


REPORT = Report(
    before=scores(0.7),
    after=scores(0.8),
    change=Interval(0.1, 0.02, 0.18),
    slices=(
        SliceScores("words decide", 60, Interval(0.6, 0.4, 0.8), Interval(0.9, 0.8, 1.0), Interval(0.3, 0.1, 0.5)),
        SliceScores("one class only", 5, None, None, None),
    ),
    flips=(),
)
EPOCHS = [{"number": n, "loss": 1 / n, "auroc": a, "mean_gate": 0.5} for n, a in ((1, 0.6), (2, 0.9), (3, 0.8))]
SCORES, HATEFUL = np.array([0.9, 0.8, 0.8, 0.1]), np.array([1, 1, 0, 0])


def trace(figure, name):
    return next(t for t in figure.data if t.name == name)


def test_before_and_after_have_a_dot_with_its_interval_for_every_slice_that_can_be_scored():
    figure = before_after(REPORT)
    before, after = trace(figure, "before"), trace(figure, "after")
    assert list(before.x) == [0.7, 0.6]
    assert list(after.x) == [0.8, 0.9]
    assert list(after.y) == ["all  (200)", "words decide  (60)"]
    assert list(after.error_x.array) == pytest.approx([0.04, 0.1])
    assert list(after.error_x.arrayminus) == pytest.approx([0.05, 0.1])
    assert alt(figure) == "AUROC before and after: all 0.700 to 0.800; words decide 0.600 to 0.900."


def test_training_curves_mark_the_epoch_that_was_kept():
    figure = training_curves(EPOCHS, best=2)
    assert [(t.x[0], t.y[0]) for t in figure.data if len(t.x) == 1] == [(2, 0.5), (2, 0.9), (2, 0.5)]
    assert "validation AUROC is 0.900 at epoch 2, which is kept" in alt(figure)


def test_the_sweep_marks_todays_gate_and_where_the_decision_flips():
    figure = gate_sweep(np.array([0.2, 0.6, 0.8]), gate=0.75, threshold=0.5, flips=[0.375])
    points = [(t.x[0], t.y[0]) for t in figure.data if t.x is not None and len(t.x) == 1]
    assert points == [(0.375, 0.5), (0.75, pytest.approx(0.7))]
    assert "from 20% by words only to 80% by picture only; 70% at today's gate 75%; the decision flips at gate 38%" in alt(figure)
    assert "no gate flips the decision" in alt(gate_sweep(np.array([0.6, 0.8]), 0.5, 0.5))


def test_figures_bring_no_background_and_no_text_colour():
    sweep = gate_sweep(np.array([0.2, 0.8]), 0.5, 0.5)
    for figure in (before_after(REPORT), training_curves(EPOCHS, 2), sweep):
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert figure.layout.font.color is None
        assert figure.layout.xaxis.tickfont.color is None


def test_throughput_names_people_as_text_and_gathers_those_after_the_fifth():
    day = date(2026, 5, 10)
    names = ["<b>anna</b>", "ben", "cleo", "dan", "eve", "finn", "gus"]
    figure = throughput([Day(day, name, 10 - n) for n, name in enumerate(names)])
    assert [bar.name for bar in figure.data] == ["&lt;b&gt;anna&lt;/b&gt;", "ben", "cleo", "dan", "eve", "2 others"]
    assert [list(bar.y) for bar in figure.data] == [[10], [9], [8], [7], [6], [9]]
    assert alt(figure).startswith("Decisions over 1 days: 49 in all. <b>anna</b> 10")
