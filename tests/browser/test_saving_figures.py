"""Taking a figure along from the page it stands on."""

import pytest
from PIL import Image

pytestmark = pytest.mark.browser


def test_a_figure_is_saved_as_a_page_and_as_a_picture(visit):
    tab = visit().go("models")
    tab.open("How it was trained").click("Save figure")
    with tab.page.expect_download() as page:
        tab.page.get_by_role("button", name="Page (HTML)").click()
    assert page.value.suggested_filename == "curves-1.html"
    assert "epochs: training loss ends at" in page.value.path().read_text()
    with tab.page.expect_download() as picture:
        tab.page.get_by_role("button", name="Picture (PNG)").click()
    assert Image.open(picture.value.path()).size == (1800, 500)
    assert tab.page.locator("summary", has_text="How it was trained").locator("..").get_attribute("open") is not None
