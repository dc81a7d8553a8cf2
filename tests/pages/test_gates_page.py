import html

import pytest
from bringing import dataset

from gatedclip.config import TrainConfig
from gatedclip.workbench.reviewing import AHEAD

QUICK = TrainConfig(epochs=4, warmup=1, learning_rate=3e-3)


@pytest.fixture
def taught(teach):
    """A base set of 100, two heads of which the first serves."""
    return teach(0, QUICK, rivals=1)


def said(app) -> str:
    """All HTML and captions of the page, entities read."""
    return html.unescape(" ".join([*(h.proto.body for h in app.get("html")), *(c.value for c in app.caption)]))


def figures(app) -> list[str]:
    return [chart.proto.alt for chart in app.get("plotly_chart")]


def test_without_a_head_the_page_says_what_to_do(app):
    shown = app("gates")
    assert not shown.exception
    assert "No head yet." in said(shown)


def test_the_balance_shows_the_alarm_and_the_gate_by_label_by_version_and_against_the_share(app, taught):
    shown = app("gates", memes="all")
    assert not shown.exception
    assert "100 memes, 100 labelled" in said(shown)
    assert "v1 may have learned from 80 of these memes" in said(shown)
    assert "The gate " in said(shown)
    by_label, by_version, against = figures(shown)
    assert by_label.startswith("Gate by label, means: hateful")
    assert "v1" in by_version
    assert "v2" in by_version
    assert against.startswith("Gate against the picture's Shapley share of 100 memes")
    assert "averaged over 80 training memes" in said(shown)
    assert "Not known for any of these memes" in said(shown)  # this base set does not tell what decides


def test_the_test_memes_are_looked_at_first_and_the_address_can_ask_for_others(app, taught):
    test, both = app("gates"), app("gates", memes="all", label="hateful", words="number 1", head="v2")
    assert "may have learned" not in said(test)
    wanted = [i for i in range(100) if i % 2 and str(i).startswith("1")]
    assert f"{len(wanted):,} memes" in said(both)
    assert both.selectbox(key="head").value == "v2"


def test_a_moved_threshold_changes_the_confusion(app, taught):
    shown = app("gates", view="Quality", memes="all")
    assert not shown.exception
    assert [m.label for m in shown.metric] == ["Found", "Missed", "False alarms", "Cleared", "Cost of 100 memes"]
    shown.slider(key="threshold-1").set_value(1.0).run()
    assert [m.value for m in shown.metric][:4] == ["0", "50", "0", "50"]
    assert shown.metric[4].value == "50.0"
    shown.select_slider(key="miss").set_value(10).run()
    assert shown.metric[4].value == "500.0"


def test_the_cheapest_threshold_can_be_taken(app, taught):
    shown = app("gates", view="Quality", memes="all")
    shown.select_slider(key="miss").set_value(50).run()
    before = float(shown.metric[4].value)
    shown.button(key="cheapest").click().run()
    assert not shown.exception
    assert float(shown.metric[4].value) <= before
    assert shown.metric[1].value == "0"  # nothing is missed when a miss costs fifty


def test_a_set_of_one_class_says_that_nothing_can_be_measured(app, taught):
    for view in ("Quality", "Slices"):
        shown = app("gates", view=view, memes="all", label="hateful")
        assert not shown.exception
        assert "Nothing can be measured on 50 hateful and 0 benign memes" in said(shown)


def test_slices_have_a_row_each(app, taught):
    shown = app("gates", view="Slices", memes="all")
    assert not shown.exception
    table = shown.dataframe[0].value
    assert list(table["slice"]) == ["all", "split test", "split train", "split validation"]
    assert table["memes"].sum() == 200
    assert figures(shown)[0].startswith("AUROC by slice: all")


@pytest.mark.parametrize("colour", ["label", "outcome", "gate", "Shapley share", "unfamiliarity"])
def test_the_map_can_be_coloured_by_anything(app, taught, colour):
    shown = app("gates", view="Map", memes="all", colour=colour)
    assert not shown.exception
    assert figures(shown)[0].startswith(f"Map of the fused vectors of 100 memes by {colour}")


def test_a_list_opens_its_memes_blurred_with_score_and_gate(app, taught):
    shown = app("gates", view="Map", memes="all")
    shown.selectbox(key="list").set_value("the least familiar").run()
    assert not shown.exception
    assert "100 memes, blurred" in [s.value for s in shown.subheader]
    assert sum(link.proto.label == "Review" for link in shown.get("page_link")) == 24
    assert sum("hateful, gate 0." in c.value for c in shown.caption) == 24


def test_filters_that_fit_nothing_say_so(app, taught):
    shown = app("gates", words="nowhere to be found")
    assert not shown.exception
    assert "No meme fits." in said(shown)


def test_a_head_without_a_gate_has_no_balance(app, taught):
    taught.promote(taught.retrain(TrainConfig(head="words", epochs=2, warmup=1), "anna").id, "anna", "to look at", override=True)
    shown = app("gates")
    assert not shown.exception
    assert "has no gate" in said(shown)
    assert figures(shown) == []


def test_memes_never_asked_about_can_be_embedded_from_here(app, taught):
    taught.import_archive("more.zip", dataset(12, start=500))
    shown = app("gates", memes="queue")
    left = int(shown.button(key="embed").label.split()[1])
    assert 12 - AHEAD <= left <= 12  # a desk may have made the first ones ready
