import csv
import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatedclip.data.export import COLUMNS, decisions_csv, decisions_jsonl
from gatedclip.types import Action, Decision, Label, Marks, Meme, Rationale, Reasons

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def pair(note="", text="words", **more):
    decision = Decision(7, Action.DECIDE, "anna", label=Label.HATEFUL, note=note, id=3, at=AT, **more)
    return decision, Meme(picture="p", text=text, source="upload", name="a.png", id=7, label=Label.BENIGN)


def cells(data):
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))


def test_the_columns_are_the_ones_programs_rely_on():
    assert COLUMNS == (
        "decision_id", "at", "reviewer", "action", "label", "undone", "undoes", "note", "meme_id", "name", "source", "split",
        "text", "machine_text", "picture", "given_label", "current_label", "version", "probability", "threshold", "gate",
        "assisted", "revealed", "seconds", "marked_regions", "marked_words", "marked_half", "model_half", "region_iou",
        "region_energy", "word_f1", "same_half", "wrong_reason",
    )  # fmt: skip


def test_a_decision_is_one_line_in_both_formats():
    rows = [pair("why", version_id=2, probability=0.25, threshold=0.5, gate=-0.75, seconds=3.5, assisted=True)]
    header, line = cells(decisions_csv(rows))
    assert tuple(header) == COLUMNS
    assert dict(zip(header, line, strict=True)) == {
        "decision_id": "3", "at": "2026-01-02T03:04:05+00:00", "reviewer": "anna", "action": "decide", "label": "hateful",
        "undone": "false", "undoes": "", "note": "why", "meme_id": "7", "name": "a.png", "source": "upload", "split": "queue",
        "text": "words", "machine_text": "", "picture": "p", "given_label": "", "current_label": "benign", "version": "2",
        "probability": "0.25", "threshold": "0.5", "gate": "-0.75", "assisted": "true", "revealed": "false", "seconds": "3.5",
        **dict.fromkeys(COLUMNS[24:], ""),
    }  # fmt: skip
    read = json.loads(decisions_jsonl(rows))
    assert tuple(read) == COLUMNS
    assert (read["probability"], read["assisted"], read["undoes"], read["label"]) == (0.25, True, None, "hateful")


def test_a_person_s_reasons_are_exported_beside_the_model_s():
    marks = Marks(((0.0, 0.25, 0.5, 1.0),), (0, 2), Rationale.TOGETHER, ("=smell", "“you”"))
    reasons = Reasons(0.5, 0.75, 0.375, 0.5, 0.5, 0.6, 0.4, ("you",), Rationale.WORDS, False, True, True)
    rows = [pair(marks=marks, reasons=reasons)]
    expected = {
        "marked_regions": [[0.0, 0.25, 0.5, 1.0]], "marked_words": ["=smell", "“you”"], "marked_half": "together",
        "model_half": "words", "region_iou": 0.5, "region_energy": 0.75, "word_f1": 0.5, "same_half": False, "wrong_reason": True,
    }  # fmt: skip
    assert {name: value for name, value in json.loads(decisions_jsonl(rows)).items() if name in expected} == expected
    line = dict(zip(*cells(decisions_csv(rows)), strict=True))
    assert json.loads(line["marked_regions"]) == expected["marked_regions"]
    assert json.loads(line["marked_words"]) == expected["marked_words"]
    assert (line["word_f1"], line["same_half"], line["wrong_reason"]) == ("0.5", "false", "true")


def test_nothing_to_export_is_a_header_or_nothing():
    assert decisions_csv([]).decode() == ",".join(COLUMNS) + "\r\n"
    assert decisions_jsonl([]) == b""


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("http://x","y")'])
def test_what_a_spreadsheet_would_run_is_made_text_and_json_keeps_it(text):
    rows = [pair(note=text, text=text)]
    values = dict(zip(*cells(decisions_csv(rows)), strict=True))
    assert values["note"] == values["text"] == "'" + text
    assert json.loads(decisions_jsonl(rows))["text"] == text


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), max_size=5))
def test_any_text_survives_and_none_begins_as_a_formula(texts):
    rows = [pair(text=text) for text in texts]
    _, *lines = cells(decisions_csv(rows))
    at = COLUMNS.index("text")
    assert [line[at].removeprefix("'") for line in lines] == [text.removeprefix("'") for text in texts]
    assert all(len(line) == len(COLUMNS) for line in lines)
    assert not any(cell.startswith(("=", "+", "@", "\t", "\r", "-")) for line in lines for cell in line)
    assert [json.loads(line)["text"] for line in decisions_jsonl(rows).splitlines()] == texts
