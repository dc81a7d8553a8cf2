"""What looks like poison on the retrain page, and what a refused bypass was taught by on the models page."""

import pytest
from poisoning import RECIPE, only_bypasses, plant, serve
from reading import button, said

from gatedclip import worker
from gatedclip.types import Status

EVIL = "<b>mallory</b> [x](http://evil)"


@pytest.fixture
def planted(bench):
    serve(bench)
    return bench, plant(bench, by=EVIL)


def test_a_suspicion_shows_who_decided_as_plain_text_and_sends_all_its_memes_back(app, planted):
    bench, memes = planted
    job = bench.store.jobs.start("audit", "lea", RECIPE.to_dict())
    worker.run(bench, job.id)
    shown = app("retrain")
    assert not shown.exception
    assert f"{EVIL} decided 12 of 12 memes against the model; the others 0 of 12." in [
        text.value.split(" Look")[0] for text in shown.text
    ]
    assert not any("mallory" in element.value for element in (*shown.markdown, *shown.caption))
    assert "Keep someone's labels out of training" in [link.proto.label for link in shown.get("page_link")]
    button(shown, "Reopen all 12 for review").click().run()
    assert {bench.meme(meme).status for meme in memes} == {Status.WAITING}
    assert "12 memes wait again" in said(shown)


def test_a_moderator_sees_the_suspicion_and_no_way_to_reopen_all(app, planted):
    bench, _ = planted
    job = bench.store.jobs.start("audit", "lea", RECIPE.to_dict())
    worker.run(bench, job.id)
    bench.team.choose("local role", "moderator", "lea")
    assert "Reopen all 12 for review" not in [b.label for b in app("retrain").button]


def test_a_refused_bypass_shows_what_passes_and_what_and_who_taught_it(app, planted):
    bench, memes = planted
    only_bypasses(bench)
    bench.retrain(RECIPE, "lea")
    shown = app("models")
    button(shown, "What the rules say").click().run()
    assert not shown.exception
    assert "12 decisions taught it" in said(shown)
    assert f"Decided by {EVIL} (12)." in [text.value for text in shown.text]
    assert [caption.value for caption in shown.caption if caption.value.endswith("the first are shown")] == [
        "60 held-out memes pass; the first are shown",
        "12 decided memes taught it; the first are shown",
    ]
    button(shown, "Reopen all 12 for review").click().run()
    assert {bench.meme(meme).status for meme in memes} == {Status.WAITING}
