"""Figures as files: what is in them, drawn by a real browser, and what is said where there is none."""

import io
import os
import re
import subprocess
import xml.etree.ElementTree as tree

import numpy as np
import pytest
from PIL import Image

from gatedclip.errors import ExportError
from gatedclip.figures import export
from gatedclip.figures.gate import gate_sweep
from gatedclip.figures.style import alt, described

SWEEP = gate_sweep(np.array([0.2, 0.6, 0.8]), gate=0.75, threshold=0.5, flips=[0.375])


@pytest.fixture
def browser() -> str:
    if found := export.browser():
        return found
    if os.environ.get("GATEDCLIP_REQUIRE_BROWSER"):
        pytest.fail("No Chromium, but it is required here. Install Debian's chromium.")
    pytest.skip("no Chromium: apt-get install chromium")


def test_a_file_is_dark_on_white_and_the_figure_of_the_page_stays_as_it_was():
    paper = export.on_paper(SWEEP)
    assert (paper.layout.paper_bgcolor, paper.layout.plot_bgcolor, paper.layout.font.color) == ("white", "white", export.INK)
    assert (paper.layout.font.size, alt(paper)) == (SWEEP.layout.font.size, alt(SWEEP))
    assert (SWEEP.layout.paper_bgcolor, SWEEP.layout.font.color) == ("rgba(0,0,0,0)", None)


def test_a_page_brings_its_script_along_and_says_what_it_shows():
    page = export.to_bytes(SWEEP, "html").decode()
    assert re.findall(r"<(?:script|link|img|iframe)[^>]*\b(?:src|href)\s*=", page) == []
    assert page.count("<p>Probability of hateful over the gate: from 20% by words only to 80% by picture only;") == 1
    assert page.startswith("<!DOCTYPE html>")


def test_words_of_others_stay_words_in_a_page():
    hostile = described(export.on_paper(SWEEP), "</title><script>alert(1)</script>")
    hostile.add_scatter(y=[1], name="</script><script>alert(2)")
    page = export.to_bytes(hostile, "html").decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_page_draws_itself_where_no_host_can_be_reached(browser, tmp_path):
    (tmp_path / "page.html").write_bytes(export.to_bytes(SWEEP, "html"))
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
    address = (tmp_path / "page.html").as_uri()
    shown = subprocess.run([*command, f"--proxy-server={export.NOWHERE}", address], capture_output=True, text=True, timeout=60)
    assert 'class="main-svg"' in shown.stdout
    assert "picture only" in shown.stdout


def test_a_browser_draws_a_picture_and_a_drawing(browser):
    picture = Image.open(io.BytesIO(export.to_bytes(SWEEP, "png"))).convert("RGB")
    assert picture.size == (export.SCALE * export.WIDTH, export.SCALE * SWEEP.layout.height)
    assert picture.getpixel((2, 2)) == (255, 255, 255)
    drawing = tree.fromstring(export.to_bytes(SWEEP, "svg"))
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    assert {"words only", "picture only", "P(hateful)", "now 70%"} <= {text.strip() for text in drawing.itertext()}
    assert drawing.get("width") == str(export.WIDTH)


def test_without_a_browser_a_page_can_be_had_and_a_picture_is_refused_in_words(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert export.forms() == ["html"]
    with pytest.raises(ExportError, match=r"No browser is installed here, and png is drawn by one .* or choose html"):
        export.to_bytes(SWEEP, "png")
    assert export.to_bytes(SWEEP, "html").startswith(b"<!DOCTYPE html>")


def test_a_browser_that_does_not_work_is_said_with_its_name(monkeypatch, tmp_path):
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(ExportError, match=f"{broken} could not draw the figure"):
        export.to_bytes(SWEEP, "svg")
