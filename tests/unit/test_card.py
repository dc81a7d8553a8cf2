"""The version card: every part a reader needs, and nothing people typed is read as markup."""

from dataclasses import asdict
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from gatedclip.card import LIMITS, render, sections
from gatedclip.types import HeadVersion, Interval, Look, Promotion, Refused, Report, Scores, SliceScores, Verdict

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
NASTY = "<script>alert(1)</script> | [x](javascript:y) `z` **b** & $1"
SCORES = Scores(2000, 800, Interval(0.81, 0.79, 0.83), Interval(0.7, 0.68, 0.72), 0.8, 0.04, 0.45, 0.61)
REFUSED = Verdict((Refused("recall", f"The recall fell. {NASTY}", 0.8, 0.6, 0.78),), (), True)
VERSION = HeadVersion(
    2,
    1,
    "gated",
    "demo-squash",
    "f",
    NASTY,
    NOW,
    config={"epochs": 20},
    data={"base": 6625, "decisions": 30, "sha256": "e" * 64, "leaking": 4},
    metrics={"test": asdict(SCORES), "validation": asdict(SCORES)},
)
REPORT = Report(SCORES, SCORES, Interval(0.01, -0.01, 0.03), (SliceScores(NASTY, 9, None, None, None),), flips=())
TOLD = sections(
    VERSION,
    (0.45, 1.3),
    {"head.safetensors": "a" * 64},
    REPORT,
    [Promotion(2, NASTY, NASTY, False, 1, NOW, True, asdict(REFUSED), "m" * 64)],
    [Look(1, 1, 2, "lea", asdict(SCORES), NOW, 3)],
)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen, self.text = set(), []

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize("form", ["markdown", "html"])
@pytest.mark.parametrize(
    "part",
    [
        "6,625 base memes and 30 decisions",
        "4 were left out as relatives",
        "from probability 0.450 on",
        "margin / 1.300",
        "0.810",
        "Mean gate 0.610",
        "promoted although refused",
        "e" * 64,
        "a" * 64,
        "Looks at the sealed reserve",
    ],
)
def test_the_card_tells_data_metrics_gate_promotions_looks_and_hashes(form, part):
    assert part in render("Version card: v2", TOLD, form)


def test_every_limit_is_said():
    tags = Tags()
    tags.feed(render("Version card: v2", TOLD, "html"))
    assert set(LIMITS) <= set(tags.text)


def test_what_people_typed_is_text_in_html():
    tags = Tags()
    tags.feed(render("Version card: v2", TOLD, "html"))
    assert tags.seen <= {"html", "meta", "title", "style", "body", "h1", "h2", "p", "table", "tr", "td", "th"}
    assert NASTY in tags.text


def test_what_people_typed_breaks_no_table_and_makes_no_markup():
    page = render("Version card: v2", TOLD, "markdown")
    assert "<script>" not in page
    assert r"\<script\>" in page
    rows = [line for line in page.splitlines() if line.startswith("| 2026") and "although" in line]
    assert [row.replace(r"\|", "").count("|") for row in rows] == [6]


def test_a_head_that_never_served_and_was_never_compared_says_so():
    told = sections(VERSION, (0.5, 1.0), {}, None, [], [])
    page = render("x", told, "markdown")
    assert "It never served." in page
    assert "Against the head before it" not in page
