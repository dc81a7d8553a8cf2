import csv
import io
import json
from dataclasses import fields
from datetime import UTC, datetime

import pytest
from bringing import dataset
from hypothesis import given
from hypothesis import strategies as st

from gatedclip.data.export import (
    COLUMNS,
    decisions_csv,
    decisions_jsonl,
    decisions_parquet,
    hateful_memes_zip,
    read_record,
    read_rows,
)
from gatedclip.errors import ImportRejected
from gatedclip.store import DecisionFilter, MemeFilter
from gatedclip.types import Action, Decision, Label, Marks, Meme, Rationale, Reasons, Recorded, Split

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WRITERS = {"csv": decisions_csv, "jsonl": decisions_jsonl, "parquet": decisions_parquet}


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
        "region_energy", "word_f1", "same_half", "wrong_reason", "policy_version", "tags", "confidence", "previous_label",
        "adjudicates", "bulk", "key", "receipt", "erased", "marks", "reasons", "answers",
    )  # fmt: skip


def test_a_decision_is_one_line_in_both_formats():
    rows = [
        pair(
            "why", version_id=2, probability=0.25, threshold=0.5, gate=-0.75, seconds=3.5, assisted=True, policy_id=4,
            tags={"group": ["race"]}, confidence=0.5, previous=Label.BENIGN, bulk="b", key="k", receipt="r", adjudicates=True,
        )
    ]  # fmt: skip
    header, line = cells(decisions_csv(rows))
    assert tuple(header) == COLUMNS
    assert dict(zip(header, line, strict=True)) == {
        "decision_id": "3", "at": "2026-01-02T03:04:05+00:00", "reviewer": "anna", "action": "decide", "label": "hateful",
        "undone": "false", "undoes": "", "note": "why", "meme_id": "7", "name": "a.png", "source": "upload", "split": "queue",
        "text": "words", "machine_text": "", "picture": "p", "given_label": "", "current_label": "benign", "version": "2",
        "probability": "0.25", "threshold": "0.5", "gate": "-0.75", "assisted": "true", "revealed": "false", "seconds": "3.5",
        **dict.fromkeys(COLUMNS[24:], ""),
        "policy_version": "4", "tags": '{"group": ["race"]}', "confidence": "0.5", "previous_label": "benign",
        "adjudicates": "true", "bulk": "b", "key": "k", "receipt": "r", "erased": "false", "answers": "1",
    }  # fmt: skip
    read = json.loads(decisions_jsonl(rows))
    assert tuple(read) == COLUMNS
    assert (read["probability"], read["assisted"], read["undoes"], read["label"]) == (0.25, True, None, "hateful")
    assert (read["tags"], read["confidence"], read["erased"]) == ({"group": ["race"]}, 0.5, False)


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
    assert [read_record(write([]), form) for form, write in WRITERS.items()] == [[], [], []]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", '=HYPERLINK("http://x","y")', "'=1"]
)
def test_what_a_spreadsheet_would_run_is_made_text_and_json_keeps_it(text):
    rows = [pair(note=text, text=text)]
    values = dict(zip(*cells(decisions_csv(rows)), strict=True))
    assert values["note"] == values["text"] == "'" + text
    assert json.loads(decisions_jsonl(rows))["text"] == text


# --- there and back -----------------------------------------------------------------------------------------------

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12) | st.sampled_from(
    ["=1", "'=1", "''-", "'", "\r\n"]
)
SHARE = st.floats(0, 1)
MAYBE = st.none() | SHARE
NUMBER = st.integers(1, 2**53)
MARKS = st.builds(
    Marks, st.lists(st.tuples(*[SHARE] * 4), max_size=2).map(tuple), st.lists(st.integers(0, 9), max_size=3).map(tuple),
    st.none() | st.sampled_from(Rationale), st.lists(WORDS, max_size=3).map(tuple),
)  # fmt: skip
REASONS = st.builds(
    Reasons, *[MAYBE] * 7, st.lists(WORDS, max_size=2).map(tuple), st.sampled_from(Rationale), st.none() | st.booleans(),
    st.booleans(), st.booleans(),
)  # fmt: skip
LABEL = st.none() | st.sampled_from(Label)
DECISIONS = st.builds(
    Decision, NUMBER, st.sampled_from(Action), WORDS, LABEL, st.booleans(), st.booleans(), WORDS, st.none() | NUMBER, MAYBE,
    st.none() | st.floats(-9, 9), MAYBE, st.none() | st.floats(0, 1e6), st.none() | NUMBER, WORDS, st.integers(0, 99),
    st.dictionaries(WORDS, st.lists(WORDS, max_size=2), max_size=2), MAYBE, st.booleans(), WORDS, LABEL, st.none() | MARKS,
    st.none() | REASONS, NUMBER, st.datetimes(datetime(2000, 1, 1), timezones=st.just(UTC)), WORDS, st.booleans(), st.booleans(),
)  # fmt: skip
MEMES = st.builds(Meme, picture=WORDS, text=WORDS, source=WORDS, name=WORDS, machine_text=WORDS, given=LABEL, label=LABEL)


@pytest.mark.parametrize("form", WRITERS)
@given(rows=st.lists(st.tuples(DECISIONS, MEMES), max_size=4))
def test_every_field_of_every_event_comes_back_from_every_form(form, rows):
    data = WRITERS[form](rows)
    assert read_record(data, form) == [Recorded(decision, meme.picture, meme.text, meme.answers) for decision, meme in rows]
    back = read_rows(data, form)
    assert back == read_rows(decisions_jsonl(rows), "jsonl")
    assert [row["text"] for row in back] == [meme.text for _, meme in rows]


def test_the_property_covers_every_field_a_decision_has():
    assert len(fields(Decision)) == 27  # a new field needs a column, a place in DECISIONS, and this number


@given(st.lists(st.tuples(DECISIONS, MEMES), max_size=4))
def test_no_cell_begins_as_a_formula(rows):
    _, *lines = cells(decisions_csv(rows))
    numbers = {COLUMNS.index(name) for name in ("gate", "probability", "seconds")}  # a number may be negative
    words = [cell for line in lines for n, cell in enumerate(line) if n not in numbers]
    assert not any(cell.startswith(("=", "+", "@", "\t", "\r", "\n", "-")) for cell in words)


@pytest.mark.parametrize(("form", "data"), [("csv", b"a,b\r\n1,2\r\n"), ("csv", b"\xff"), ("jsonl", b"{"), ("parquet", b"PAR1")])
def test_a_file_that_is_no_export_is_refused_with_what_to_do(form, data):
    with pytest.raises(ImportRejected, match="Export it again"):
        read_record(data, form)


def test_decided_memes_leave_in_the_hateful_memes_layout_and_come_back_as_they_were(bench, tmp_path, tiny_backbone):
    from gatedclip.config import Settings
    from gatedclip.workbench import Workbench

    bench.import_archive("set.zip", dataset(4))
    for meme_id, label in ((1, Label.BENIGN), (2, Label.HATEFUL), (3, Label.UNSURE)):
        bench.decide(bench.claim("anna", meme_id), label, "anna")
    other = Workbench.open(Settings(home=tmp_path / "other", backbone=tiny_backbone))
    other.import_archive("memes.zip", bench.export(DecisionFilter(), "hateful-memes"), "train")
    back = [(m.name, m.text, m.given) for m in other.memes(MemeFilter(split=Split.TRAIN))]
    assert back == [("1", "words number 0", Label.BENIGN), ("2", "words number 1", Label.HATEFUL)]
    other.store.close()
    assert hateful_memes_zip([], lambda key: b"")[:2] == b"PK"
