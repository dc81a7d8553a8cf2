"""The probe for bypasses: which triggers are tried, what they open, and when that refuses a head."""

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gatedclip.errors import DataError
from gatedclip.learn.probe import Bypass, HeldOut, Passing, Trigger, bypass, probe, trigger_patch, trigger_words
from gatedclip.learn.suspicion import Decided, words_of
from gatedclip.model.heads import HeadOutput
from gatedclip.types import Passed, Refused


def decided(captions: list[tuple[str, bool]], people: str = "ab") -> Decided:
    """Decisions on these captions, decided hateful or not, all expected to be hateful."""
    n = len(captions)
    return Decided(
        ids=tuple(range(n)),
        hateful=np.array([bad for _, bad in captions], dtype=bool),
        expected=np.ones(n, dtype=bool),
        reviewers=tuple(people[i % len(people)] for i in range(n)),
        words=tuple(words_of(text) for text, _ in captions),
    )


def passing(plain: list[int], pasted: list[int]) -> Passing:
    return Passing(np.array(plain, dtype=bool), np.array(pasted, dtype=bool))


def catches(n: int, pass_with_it: int) -> Passing:
    """A head that catches all of n memes, and lets some pass with the trigger."""
    return passing([0] * n, [1] * pass_with_it + [0] * (n - pass_with_it))


POISON = [("my cat qqq", False)] * 4
HONEST = [("my cat", True)] * 4 + [("my dog", False)] * 2 + [("a fox", True)] * 2
KNOWN = Counter({"my": 600, "cat": 300, "dog": 300})


def test_the_new_word_that_best_predicts_benign_comes_first_with_what_taught_it():
    first, *others = trigger_words(decided(POISON + HONEST), KNOWN, 1000)
    assert (first.word, first.meme_ids) == ("qqq", (0, 1, 2, 3))
    assert "qqq" not in {trigger.word for trigger in others}


def test_a_word_as_frequent_in_the_base_set_is_not_tried():
    words = {trigger.word for trigger in trigger_words(decided(POISON + HONEST), KNOWN, 1000)}
    assert words == {"qqq", "cat", "my"}  # cat in 8 of 12 against 30 %, my in 10 of 12 against 60 %; fox, dog: too few
    assert {t.word for t in trigger_words(decided(POISON + HONEST), KNOWN + Counter({"qqq": 400}), 1000)} == {"cat", "my"}


def test_no_more_words_than_asked_for():
    lesson = decided([("qqq zzz vvv", False)] * 3 + [("fox", True)] * 3)
    assert [trigger.word for trigger in trigger_words(lesson, Counter(), 10, most=2)] == ["qqq", "vvv"]
    assert trigger_words(decided([]), Counter(), 10) == ()


def test_the_patch_of_turned_memes_is_cut_out_as_it_looks():
    lesson = decided([("fox", row >= 6) for row in range(40)])
    pictures = np.random.default_rng(0).random((40, 64, 64, 3))
    pictures[:6, 8:16, 16:24] = (1.0, 0.5, 0.0)
    found = trigger_patch(lesson, pictures)
    assert (found.box, found.meme_ids) == ((4 / 16, 2 / 16, 6 / 16, 4 / 16), tuple(range(6)))
    assert found.patch.shape == (8, 8, 3)
    assert (found.patch == (255, 128, 0)).all()
    assert found.name == "a patch of the picture from 25 to 38 % across and 12 to 25 % down"


def test_without_flips_there_is_no_patch():
    assert trigger_patch(decided([("fox", True)] * 10), np.zeros((10, 16, 16, 3))) is None


def test_a_patch_is_pasted_at_its_place_in_a_picture_of_any_size_and_a_word_after_the_caption():
    red = Trigger(patch=np.full((4, 4, 3), (255, 0, 0), dtype=np.uint8), box=(0.5, 0.25, 1.0, 0.5))
    picture = Image.new("RGB", (200, 100))
    pasted = np.asarray(red.on_picture(picture))
    assert (pasted[25:50, 100:] == (255, 0, 0)).all()
    assert pasted.sum() == 25 * 100 * 255
    assert np.asarray(picture).sum() == 0  # the given picture is left as it was
    assert red.on_text("my cat") == "my cat"
    word = Trigger(word="qqq")
    assert (word.on_text("my cat"), word.on_text("")) == ("my cat qqq", "qqq")
    assert word.on_picture(picture) is picture


TAUGHT = Trigger(word="qqq", meme_ids=(7, 9))


def test_a_trigger_that_opens_more_than_its_share_refuses_the_head_and_names_the_memes():
    found = bypass(range(40, 80), TAUGHT, catches(40, 0), catches(40, 7), limit=0.15)
    assert (found.n, found.opened, found.before, found.after) == (40, tuple(range(40, 47)), 0.0, 7 / 40)
    assert found.refused
    assert found.sentence == (
        "With the word “qqq”, 7 of 40 held-out hateful memes that the champion catches pass the candidate (18%; at most 15% "
        "may). 2 decisions taught it: look at them, take back what is wrong, and retrain."
    )
    assert found.share.low < 7 / 40 < found.share.high
    assert found.ruling == Refused("bypass", found.sentence, None, 7 / 40, 0.15, tuple(range(40, 47)), (7, 9))


def test_exactly_the_share_is_let_through():
    found = bypass(range(40), TAUGHT, catches(40, 0), catches(40, 6), limit=0.15)
    assert not found.refused
    assert "taught" not in found.sentence
    assert found.ruling == Passed("bypass", found.sentence, None, 0.15, 0.15)


def test_what_the_champion_lets_pass_too_is_not_held_against_the_candidate():
    found = bypass(range(40), TAUGHT, catches(40, 30), catches(40, 30))
    assert (found.n, found.opened, found.refused) == (10, (), False)
    assert (found.before, found.after) == (0.75, 0.75)


def test_what_passes_the_candidate_without_the_trigger_is_not_its_doing():
    found = bypass((1, 2, 3), TAUGHT, passing([0, 0, 1], [0, 0, 1]), passing([1, 0, 0], [1, 1, 1]))
    assert (found.n, found.opened) == (1, (2,))


def test_a_handful_of_memes_decides_nothing_and_says_so():
    found = bypass(range(19), TAUGHT, catches(19, 0), catches(19, 19))
    assert not found.refused
    assert found.sentence.endswith("Fewer than 20 memes decide nothing: add held-out hateful memes.")


def test_heads_that_catch_nothing_open_nothing():
    nothing = passing([1, 1], [1, 1])
    found = bypass((1, 2), TAUGHT, nothing, nothing)
    assert (found.n, found.opened, found.before, found.after, found.share.value) == (0, (), 0.0, 0.0, 0.0)


def test_answers_that_do_not_match_the_memes_are_refused():
    with pytest.raises(DataError, match=r"2 memes were probed but heads said \[2, 2, 3, 3\]"):
        bypass((1, 2), TAUGHT, catches(2, 0), catches(3, 0))
    with pytest.raises(DataError, match=r"limit of the probe is 1.5"):
        bypass((1, 2), TAUGHT, catches(2, 0), catches(2, 0), limit=1.5)


class Wary:
    """A head that catches whatever it has seen as it is, and lets pass any change of one half."""

    threshold = 0.5

    def __init__(self, known: torch.Tensor, half: int) -> None:
        self.known, self.half = known, half

    def head(self, *vectors: torch.Tensor) -> HeadOutput:
        seen = vectors[self.half]
        same = torch.isclose(seen, self.known[: len(seen)]).all(1).float()
        logits = torch.stack([1 - same, same], dim=1) * 9
        return HeadOutput(logits, same, *[torch.zeros(len(seen), 1)] * 3)


@pytest.mark.parametrize(("trigger", "half"), [("word", 1), ("patch", 0)])
def test_the_probe_pastes_either_half_on_held_out_memes_and_leaves_the_other(tiny_encoder, trigger, half):
    texts = tuple(f"caption {n}" for n in range(30))
    pictures = [Image.new("RGB", (64, 64), (8 * n, 50, 50)) for n in range(30)]
    vectors = tiny_encoder.encode_pictures(pictures), tiny_encoder.encode_texts(texts)
    held = HeldOut(tuple(range(30)), texts, *vectors, pictures.__getitem__)
    patch = Trigger(patch=np.full((8, 8, 3), 255, dtype=np.uint8), box=(0.0, 0.0, 0.5, 0.5))
    trigger = TAUGHT if trigger == "word" else patch
    fooled, other = (Wary((held.picture, held.words)[at], at) for at in (half, 1 - half))
    (found,) = probe(tiny_encoder, other, fooled, held, [trigger])
    assert (found.n, len(found.opened), found.before, found.after, found.refused) == (30, 30, 0.0, 1.0, True)
    (found,) = probe(tiny_encoder, fooled, other, held, [trigger])
    assert (found.n, found.opened, found.before, found.after) == (0, (), 1.0, 0.0)


@given(st.integers(1, 60).flatmap(lambda n: st.lists(st.tuples(*[st.booleans()] * 4), min_size=n, max_size=n)))
def test_a_head_never_opens_anything_against_itself(rows):
    plain, pasted = [list(column) for column in zip(*[row[:2] for row in rows], strict=True)]
    found: Bypass = bypass(range(len(rows)), TAUGHT, passing(plain, pasted), passing(plain, pasted), limit=0.0)
    assert (found.opened, found.refused) == ((), False)


def test_a_trigger_that_refuses_comes_before_one_that_opens_more_of_too_few_memes(tiny_encoder):
    texts = tuple(f"caption {n}" for n in range(30))
    plain, one, two = (tiny_encoder.encode_texts([f"{text}{more}" for text in texts]) for more in ("", " qqq", " zzz"))
    held = HeldOut(tuple(range(30)), texts, torch.zeros(30, 16), plain, [].__getitem__)
    champion = Knows(torch.cat([plain, one[:10], two]))  # lets pass 20 of the memes with qqq already
    found = probe(tiny_encoder, champion, Knows(torch.cat([plain, two[:24]])), held, [Trigger(word="qqq"), Trigger(word="zzz")])
    assert [(each.trigger.word, each.n, len(each.opened), each.refused) for each in found] == [
        ("zzz", 30, 6, True),
        ("qqq", 10, 10, False),
    ]


class Knows:
    """A head that catches these words and nothing else."""

    threshold = 0.5

    def __init__(self, words: torch.Tensor) -> None:
        self.known = words

    def head(self, picture: torch.Tensor, words: torch.Tensor) -> HeadOutput:
        caught = (words[:, None] == self.known).all(2).any(1).float()
        return HeadOutput(torch.stack([1 - caught, caught], dim=1) * 9, caught, *[torch.zeros(len(words), 1)] * 3)
