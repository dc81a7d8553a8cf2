import pytest
from bringing import png
from reading import button, said

from gatedclip.config import TrainConfig
from gatedclip.store import DecisionFilter, MemeFilter
from gatedclip.types import Label, Prediction, Probe, Split
from gatedclip.ui.trial import PINS, say_change

QUICK = TrainConfig(epochs=4, warmup=1, learning_rate=3e-3)


@pytest.fixture
def taught(teach):
    return teach(4, QUICK)


def lab(app, meme: int | str):
    """The page as a link to a meme opens it; the harness goes through the review page, which takes the address for itself."""
    shown = app("lab")
    shown.query_params["meme"] = str(meme)
    return shown.run()


def words(app):
    return next(box for box in app.text_input if box.label == "Words of the variant")


def pictures(app) -> list[str]:
    return [image.alt for images in app.get("image") for image in images.proto.imgs]


def test_an_empty_workbench_says_what_to_do(app):
    shown = app("lab")
    assert not shown.exception
    assert "Nothing to try yet." in said(shown)


def test_without_a_head_the_page_says_how_to_get_one(app, bench):
    bench.upload([("a.png", png())], text="x")
    shown = app("lab")
    assert not shown.exception
    assert "train on the retrain page" in said(shown)


def test_a_link_opens_a_meme_and_a_link_made_up_opens_the_first(app, taught):
    assert words(lab(app, 102)).value == taught.meme(102).text
    for number in ("99999", "x", "-1", "9" * 40):
        shown = lab(app, number)
        assert not shown.exception
        assert words(shown).value == taught.meme(1).text


def test_a_decided_meme_is_opened_before_one_that_should_be_judged_blind(app, taught):
    taught.decide(taught.claim("anna", 103), Label.HATEFUL, "anna")
    shown = app("lab")
    assert words(shown).value == taught.meme(103).text
    assert "waits for a decision" not in said(shown)
    assert "This meme waits for a decision" in said(lab(app, 101))


def test_editing_the_words_answers_beside_the_original(app, taught):
    shown = lab(app, 101)
    assert "→" not in said(shown)
    words(shown).set_value("  nobody   said this ").run()
    was, now = taught.ask(Probe.of(taught.meme(101))).prediction, taught.ask(Probe(taught.meme(101).picture, "nobody said this"))
    assert say_change(was, now.prediction) in said(shown)
    assert words(shown).value == "nobody said this"
    assert "Editing the words does not redraw the picture" in said(shown)
    assert taught.meme(101).text == "words number 500"
    button(shown, "Back to the original").click().run()
    assert words(shown).value == "words number 500"
    assert "→" not in said(shown)


def test_the_change_is_said_in_numbers_and_in_words():
    one, other = (Prediction(p, 0, gate, 0.5, 0.5, 0) for p, gate in ((0.91, 0.4), (0.12, 0.65)))
    assert say_change(one, other) == "91% → 12% likely hateful: turns benign. The gate moves 25 points towards the picture."
    assert say_change(other, one) == "12% → 91% likely hateful: turns hateful. The gate moves 25 points towards the words."
    assert say_change(one, one) == "91% → 91% likely hateful: stays hateful. The gate does not move."


def test_pictures_are_blurred_until_revealed_and_those_of_the_collection_longer(app, taught):
    shown = lab(app, 101)
    assert [p for p in pictures(shown) if "blurred" not in p] == []
    button(shown, "Reveal the pictures").click().run()
    assert [p for p in pictures(shown) if "blurred" not in p] == [
        "Meme 101, shown clear, with heat",
        "Variant of meme 101, shown clear, with heat",
    ]
    shown.toggle(key="lab-clear-101").set_value(True).run()
    assert [p for p in pictures(shown) if "blurred" in p] == []


def test_a_confounder_can_be_tried_pinned_and_unpinned(app, taught):
    shown = lab(app, 101)
    near = taught.confounders(Probe.of(taught.meme(101)))
    swap = next(s for s in near if s.half == "words")
    shown.button(key=f"lab-try-words-{swap.meme.id}").click().run()
    assert words(shown).value == swap.meme.text
    button(shown, "Pin this variant").click().run()
    button(shown, "Pin this variant").click().run()
    assert "pinned already" in said(shown)
    button(shown, "Back to the original").click().run()
    button(shown, "Pin this variant").click().run()
    shown.button(key="lab-try-pin-0").click().run()
    assert words(shown).value == swap.meme.text
    shown.button(key="lab-unpin-0").click().run()
    assert len([p for p in pictures(shown) if p.startswith("Pinned")]) == 1


def test_no_more_variants_are_pinned_than_fit(app, taught):
    shown = lab(app, 101)
    shown.session_state["trial"].pins[101] = [Probe(taught.meme(101).picture, f"variant {n}") for n in range(PINS)]
    button(shown, "Pin this variant").click().run()
    assert f"{PINS} variants are pinned" in said(shown)
    assert len([p for p in pictures(shown) if p.startswith("Pinned")]) == PINS


def test_a_dropped_picture_is_tried_and_a_bad_one_refused(app, taught):
    shown = lab(app, 101)
    shown.file_uploader[0].upload("a.png", b"<html>", "image/png").run()
    assert "not a picture we can read" in said(shown)
    shown.file_uploader[0].upload("a.png", png("red", mark=800), "image/png").run()
    assert "→" in said(shown)
    assert taught.count(MemeFilter()) == 104


def test_a_variant_is_kept_as_a_decided_member_of_the_family(app, taught):
    shown = lab(app, 101)
    assert "contrast pair" not in said(shown)
    words(shown).set_value("nobody said this").run()
    button(shown, "Keep it as hateful").click().run()
    assert "Kept as meme 105, decided hateful, in one family with meme 101." in said(shown)
    ((made, meme),) = taught.history(DecisionFilter())
    assert (made.label, made.assisted, meme.text, meme.source) == (Label.HATEFUL, True, "nobody said this", "lab")
    assert meme.family == taught.meme(101).family != ""


def test_a_variant_of_a_held_out_meme_is_said_not_to_be_learned_from(app, taught):
    held = taught.memes(MemeFilter(split=Split.TEST), 1)[0]
    shown = lab(app, held.id)
    words(shown).set_value("nobody said this").run()
    assert "not learned from" in said(shown)
    words(shown).set_value(held.text).run()
    assert "contrast pair" not in said(shown)  # it is the meme itself again


def test_similar_memes_carry_their_labels_and_past_decisions(app, taught):
    taught.decide(taught.claim("Anna *", 102), Label.BENIGN, "Anna *")
    shown = lab(app, 101)
    shown.segmented_control(key="lab-section").set_value("Similar memes").run()
    shown.segmented_control(key="lab-by").set_value("words").run()
    assert not shown.exception
    assert "similarity 1.00" in said(shown) or "similarity 0.9" in said(shown)
    assert "came as: " in said(shown)


def test_two_heads_are_compared_on_the_variant_and_on_a_set(app, taught):
    shown = lab(app, 101)
    shown.segmented_control(key="lab-section").set_value("Two heads").run()
    assert "only one head" in said(shown)
    taught.retrain(TrainConfig(head="words", epochs=2, warmup=1), "anna")
    shown.run()
    shown.selectbox(key="lab-set").set_value("test memes").run()
    assert not shown.exception
    assert "hateful, v2" in said(shown)
    assert "of 12 memes" in said(shown)
    assert "Of the 12 with a label v1 has" in said(shown)


def test_the_lab_says_that_it_asks_the_head_alone_where_corrections_have_a_say(app, taught):
    assert "have a say too" not in " ".join(c.value for c in lab(app, 101).caption)
    taught.decide(taught.claim("anna"), Label.HATEFUL, "anna")
    assert "have a say too" in " ".join(c.value for c in lab(app, 101).caption)
