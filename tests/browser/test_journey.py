"""One person's whole way through the workbench: upload, read, review, look inside, teach, promote, export."""

import json
import re
from itertools import count

import pytest

from gatedclip.data.images import to_jpeg
from gatedclip.types import Label
from gatedclip.world.memes import families
from gatedclip.world.themes import MISSING

pytestmark = pytest.mark.browser


SEEDS = count(77)  # nothing else uses these


@pytest.fixture
def newcomer():
    """A hateful meme of a theme that the shipped head has never seen, and that was never uploaded."""
    block = next(f for f in families(next(SEEDS), [MISSING[0]]) if f[0].truth == "together")
    return next(meme for meme in block if meme.label == Label.HATEFUL)


def letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def test_from_upload_to_export(visit, newcomer, tmp_path):
    picture = tmp_path / "newcomer.jpg"
    picture.write_bytes(to_jpeg(newcomer.draw()))
    tab = visit().go("queue")

    # upload it; its words are read off the picture
    tab.open("Bring memes")
    tab.page.locator("[data-testid=stFileUploader] input[type=file]").first.set_input_files(str(picture))
    tab.sees("newcomer.jpg").click("Add to the queue").sees("1 added")
    tab.choose("Order", "newest").sees("newest first").settle().click("Review", role="link").sees("Reveal the picture")
    words = tab.words()
    assert letters(words) == letters(newcomer.text)

    # the browser has only the blurred picture until it is revealed
    blurred = tab.shown_picture()
    tab.press("v").sees("Blur the picture")
    assert len(tab.shown_picture()) > len(blurred)

    # decide by key, then look at the model's view: gate and heat
    tab.look().press("1").press("b").sees("you said: ✖ hateful")
    tab.sees("Gate balance").choose("Attribution method", "Quick map").sees(re.compile("Method: quick"))
    before = tab.likely()
    tab.choose("Attribution method", "Integrated Gradients").sees(re.compile("add up to"))

    # undo lays it on the desk again; decide once more, and two more of its kind
    tab.press("u").sees("is back on the desk")
    assert tab.words() == words
    tab.look().press("1").sees("you: ✖ hateful")

    # retrain in a process of its own, read the report, ask to promote
    tab.go("retrain").sees("Their weight").click("Start training")
    tab.page.get_by_role("heading", name="Head v2").wait_for(timeout=240_000)
    tab.settle().sees("Memes that change sides").click("Promote v2")

    # one meme does not change a head beyond what another seed would: refused with both numbers, past that only with a reason
    tab.sees("v2 may not serve yet").sees(re.compile("No change: the AUROC goes from"))
    tab.page.get_by_label("Reason to promote it although it is refused").fill("it knows the newcomer")
    tab.leave_the_box().click("Promote all the same").sees("v2 serves now")

    # the next prediction is the new head's, without a restart
    tab.go("queue?show=decided&order=newest").sees("✖ hateful")
    tab.go("history").select_row(0).click("Reopen for review").sees("waits again")
    tab.click("Review it", role="link").sees("Reveal the picture").click("Show the model's view").sees("Gate balance")
    assert tab.words() == words
    assert tab.likely() != before

    # the export holds both decisions, the undone one marked
    tab.go("history")
    with tab.page.expect_download() as download:
        tab.page.get_by_role("button", name="JSONL").click()
    rows = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    mine = [row for row in rows if row["text"] == words and row["action"] == "decide"]
    assert [(row["label"], row["undone"], row["version"], row["reviewer"]) for row in mine] == [
        ("hateful", False, 1, "guest"),
        ("hateful", True, 1, "guest"),
    ]
    assert all(0 <= row["probability"] <= 1 for row in mine)
