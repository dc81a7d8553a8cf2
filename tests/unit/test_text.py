import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatedclip.data.text import MAX_CHARS, clean_text, cut_off, fingerprint, text_key


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("  two\n\tlines \r\n here ", "two lines here"),
        ("e\u0301", "é"),
        ("ad\u200bmin\ufeff", "admin"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("a\x00b\x07c\x1b[31m", "abc[31m"),
        ("lone \ud800 half", "lone half"),
        ("a \u200b b", "a b"),
        ("e\u200b\u0301", "é"),
        ("<b>&amp;</b> ![x](http://y)", "<b>&amp;</b> ![x](http://y)"),
        ("смех 笑 🙂", "смех 笑 🙂"),
        ("\u200b \n", ""),
    ],
)
def test_what_nobody_sees_goes_and_what_is_seen_stays(dirty, clean):
    assert clean_text(dirty) == clean


def test_a_long_text_is_cut_and_the_caller_can_say_by_how_much():
    assert clean_text("x" * 1_000) == "x" * 1_000
    assert cut_off("x" * 1_000) == 0
    assert clean_text("x" * 1_007) == "x" * 1_000
    assert cut_off("x" * 1_007) == 7
    assert cut_off("x" + "\u200b" * 5_000) == 0


@given(st.text())
def test_cleaning_twice_is_cleaning_once_and_the_result_can_be_stored(text):
    once = clean_text(text)
    assert clean_text(once) == once
    assert len(once.encode("utf-8")) >= len(once)
    assert len(once) <= MAX_CHARS
    assert once == once.strip()
    assert not set(once) & set("\x00\n\r\t\u200b\u202e\ufeff")


def test_texts_that_differ_only_in_dress_share_a_fingerprint():
    dressed = ["Love the way you smell, today!", "love THE way — you smell today 🦨", "ｌｏｖｅ the way\nyou smell today"]
    assert {fingerprint(text) for text in dressed} == {"lovethewayyousmelltoday"}
    assert fingerprint("STRASSE") == fingerprint("straße")
    assert fingerprint("love the way you smell") != fingerprint(dressed[0])
    assert fingerprint("?! 🙂") == fingerprint("") == ""


def test_a_text_key_is_the_sha256_of_its_characters():
    assert text_key("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert text_key("abc ") != text_key("abc")
    assert len(text_key("\ud800")) == 64
