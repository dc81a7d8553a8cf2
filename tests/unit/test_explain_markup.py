import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from explaining import attribution

from gatedclip.explain.heat import AWAY, MATTERED, PICTURE, TOWARDS, WORDS
from gatedclip.explain.markup import OPACITY, gate_html, legend_html, words_html

LIGHT, DARK = ((255, 255, 255), (49, 51, 63)), ((14, 17, 23), (250, 250, 250))  # page and text of the two themes
XSS = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'-alert(1)-'", "&lt;b&gt;", "</p></div>"]


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data):
        self.text += data


def luminance(colour):
    parts = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("cut", [None, 2])
def test_hostile_words_stay_text(cut):
    found = Tags(words_html(attribution([[1.0]], [(w, 0.5 - i) for i, w in enumerate(XSS)], cut=cut)))
    assert set(found.tags) <= {"p", "span", "em"}
    assert set(found.attributes) <= {"role", "aria-label", "style", "title"}
    for word in XSS:
        assert word in found.text


def test_the_sign_is_seen_without_colour():
    html = words_html(attribution([[0.0]], [("up", 2.0), ("down", -1.0), ("still", 0.0)]))
    up, down, still = re.findall(r"<span.*?</span>", html)
    assert "solid" in up
    assert 'title="+2 towards hateful"' in up
    assert "dotted" in down
    assert 'title="-1 away from hateful"' in down
    assert still == "<span>still</span>"


def test_words_that_were_not_read_are_set_apart():
    assert Tags(words_html(attribution([[1.0]], [("one", 1.0), ("two", 0.0), ("three", 0.0)], cut=1))).text == (
        "one ⟨ not read: two three ⟩"
    )


@pytest.mark.parametrize(("page", "text"), [LIGHT, DARK])
@pytest.mark.parametrize("colour", [TOWARDS, AWAY, MATTERED])
def test_the_strongest_word_stays_readable_in_both_themes(page, text, colour):
    background = [OPACITY * c + (1 - OPACITY) * p for c, p in zip(colour, page, strict=True)]
    assert contrast(background, text) >= 4.5


@pytest.mark.parametrize(("page", "_"), [LIGHT, DARK])
@pytest.mark.parametrize("colour", [TOWARDS, AWAY, MATTERED, PICTURE, WORDS])
def test_every_colour_stands_out_from_both_pages(page, _, colour):
    assert contrast(colour, page) >= 3


def test_the_balance_puts_the_dot_at_the_gate_and_says_so():
    html = gate_html(0.72, 0.81)
    assert "left:72.0%;width:1.3em" in html  # the dot
    assert "left:50.0%;width:22.0%" in html  # the bar from the middle to the dot
    assert "left:81.0%;top:2.5em" in html  # the tick
    assert 'aria-label="Leans on the picture (81%). Gate 72% picture; share 81% picture."' in html
    assert "left:10.0%;width:40.0%" in gate_html(0.1, 0.2)


def test_the_legend_names_what_is_shown():
    assert "away from hateful" in legend_html(True)
    assert "hateful" not in legend_html(False)


def test_drawing_loads_no_torch():
    code = "import sys, gatedclip.figures.gate, gatedclip.explain.serialise; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_an_unstable_map_has_grey_words_that_say_no_direction():
    heat = attribution([[1.0]], [("up", 1.0), ("down", -1.0)], badge="unstable")
    html = words_html(heat)
    assert "118,118,118" in html
    assert "dotted" not in html
    assert "greyed: this map is unstable" in legend_html(True, "margin", "unstable")


def test_words_that_move_the_gate_point_to_a_half_of_the_meme():
    html = words_html(attribution([[1.0]], [("up", 1.0), ("down", -1.0)], target="gate"))
    assert "towards the picture" in html
    assert "towards the words" in html
    assert "hateful" not in html
    assert "towards the picture" in legend_html(True, "gate")
