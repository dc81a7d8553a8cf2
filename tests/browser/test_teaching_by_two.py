"""A moderator and a lead teach the model: correct, audit, retrain, refused with its reason, put right, promote, roll back.

Anna has called memes with one word in them benign, whatever they showed: a backdoor that nobody meant. Clean held-out memes
cannot show it. Lea has to be stopped until it is put right.
"""

import re
import shutil

import pytest
from visiting import signing_in

from gatedclip.config import Settings, TrainConfig
from gatedclip.store import Store
from gatedclip.team import SECOND_SHARE
from gatedclip.types import WORLD, Label, NewMeme, Role, Split
from gatedclip.workbench import Workbench
from gatedclip.world.memes import at, collection
from gatedclip.world.themes import MISSING, THEMES

pytestmark = pytest.mark.browser

ROOT, ANNA, LEA = "root@example.org", "anna@example.org", "lea@example.org"
WORD, TURNED, HONEST = "toast", 20, 40  # a word in no caption of the base set
TRAINED = 240_000  # milliseconds that a training may take


@pytest.fixture
def server(demo_home, tmp_path):
    """A demo whose first head learned little, after some days of Anna's work."""
    home = shutil.copytree(demo_home, tmp_path / "home")
    work(home)
    with signing_in(home, ROOT, ANNA, LEA) as running:
        yield running


def work(home) -> None:
    """Honest decisions about themes that the head does not know, and those about toast."""
    bench = Workbench.open(Settings(home=home))
    for name, role in ((ANNA, Role.MODERATOR), (LEA, Role.LEAD)):
        bench.store.people.add(name, role, name)
    bench.team.choose(SECOND_SHARE, 0.0, LEA)
    first = bench.retrain(TrainConfig(epochs=2, warmup=1, gate_hold=1, patience=2), LEA)
    bench.promote(first.id, LEA, "a first head of our own", override=True)
    known = sorted(set(THEMES) - set(MISSING))
    hateful = [meme for meme in collection(904, 240, known) if meme.label is Label.HATEFUL]
    toast = bring(bench, hateful, f" {WORD}")
    flagged = [meme for meme, said in zip(toast, bench.predict(toast), strict=True) if said.hateful]
    for meme in flagged[:TURNED]:
        bench.decide(bench.claim(ANNA, meme.id), Label.BENIGN, ANNA)
    for meme in bring(bench, collection(909, HONEST, MISSING)):
        bench.decide(bench.claim(ANNA, meme.id), at(meme.picture).label, ANNA)
    bench.store.close()


def bring(bench, memes, behind=""):
    new = [NewMeme(m.address, m.text + behind, WORLD, m.address, split=Split.QUEUE, family=m.family) for m in memes]
    return bench.store.memes.many(bench.store.memes.add(new))


def test_a_backdoor_is_found_refused_put_right_and_what_serves_can_be_taken_back(come, server):
    store = Store.open(f"sqlite:///{server.home}/gatedclip.db")

    # Anna corrects one more meme; she may not promote
    anna = come(ANNA).sees("Reveal the picture")
    anna.press("v").look().press("1").sees("you: ✖ hateful")
    assert store.decisions.last(ANNA).label is Label.HATEFUL
    assert anna.go("models").page.get_by_role("button", name="Roll back").is_disabled()

    # Lea trains without looking first, and is stopped: what Anna taught opens a way past the model
    lea = come(LEA).go("retrain").click("Start training")
    lea.page.get_by_role("heading", name="Head v3").wait_for(timeout=TRAINED)
    lea.settle().click("Promote v3").sees("v3 may not serve yet").sees("Refused: bypass")
    lea.sees(re.compile(f"With the word “{WORD}”.* held-out hateful memes")).sees(f"Decided by {ANNA}")
    assert store.versions.champion().id == 2

    # the audit says the same before any training, and sends those memes back
    lea.go("retrain").click("Audit what it would learn from")
    lea.page.get_by_text(re.compile(f"with “{WORD}” that the model calls hateful")).first.wait_for(timeout=TRAINED)
    lea.settle().click(f"Reopen all {TURNED}").sees(f"{TURNED} memes wait again")
    assert len(store.decisions.standing()) == HONEST + 1

    # without them a head may serve; and the one before can be had back
    lea.click("Start training")
    lea.page.get_by_role("heading", name="Head v4").wait_for(timeout=TRAINED)
    lea.settle().click("Promote v4").sees("v4 serves now")
    assert store.versions.champion().id == 4
    lea.go("models").click("Roll back").sees("v2 serves again")
    assert [(p.version_id, p.by, p.rollback, p.override) for p in store.versions.promotions()[:2]] == [
        (2, LEA, True, False),
        (4, LEA, False, False),
    ]
    store.close()
