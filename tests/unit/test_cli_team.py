"""The team's commands in a terminal."""

import json
import sqlite3

import pytest
from bringing import dataset
from typer.testing import CliRunner

from gatedclip.cli import app
from gatedclip.config import Settings
from gatedclip.store import DecisionFilter
from gatedclip.types import Facet, Label, Policy, Role, Status
from gatedclip.workbench import Workbench

H, B = Label.HATEFUL, Label.BENIGN


@pytest.fixture
def run(home, tiny_backbone, monkeypatch):
    """Runs a command in a home of its own on the untrained CLIP."""
    monkeypatch.setenv("GATEDCLIP_BACKBONE", tiny_backbone)
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture
def signed(run, bench, monkeypatch):
    """The same where people sign in and the settings name one admin."""
    monkeypatch.setenv("GATEDCLIP_SIGN_IN", "1")
    monkeypatch.setenv("GATEDCLIP_ADMINS", "root@example.org")
    return run


@pytest.fixture
def answered(bench):
    bench.import_archive("set.zip", dataset(4))
    bench.add_reviewer("ben")
    bench.team.choose("second share", 1.0, "lea")
    for name, labels in (("anna", (H, B, H, B)), ("ben", (H, B, B, B))):
        for meme_id, label in enumerate(labels, start=1):
            bench.decide(bench.claim(name, meme_id), label, name)
    return bench


def refused(result) -> str:
    assert result.exit_code == 1
    assert result.stdout == ""
    return result.stderr


def test_a_sound_record_verifies_and_names_its_newest_receipt(run, answered):
    result = run("audit", "verify")
    assert result.exit_code == 0
    assert f"newest receipt {answered.audit().newest}\nsound" in result.stdout
    assert f"promotions: 0\nnewest receipt {'0' * 64}\nsound" in result.stdout
    told = json.loads(run("audit", "verify", "--json").stdout)
    assert (told["events"], told["promotions"]["events"], told["sound"]) == (8, 0, True)


def test_a_record_that_was_changed_is_told_and_ends_with_exit_code_1(run, answered):
    with sqlite3.connect(answered.settings.home / "gatedclip.db") as behind:
        behind.execute("update meme set status = 'waiting' where id = 1")
    for options in ((), ("--json",)):
        result = run("audit", "verify", *options)
        assert result.exit_code == 1
        assert "Meme 1 is waiting" in result.stdout


def test_a_promotion_taken_off_the_end_of_the_record_is_told_too(run, answered):
    version = answered.store.versions.add(kind="gated", encoder="demo", folder="one", created_by="anna")
    answered.store.versions.promote(version.id, "lea")
    with sqlite3.connect(answered.settings.home / "gatedclip.db") as behind:
        behind.execute("delete from promotion")
    result = run("audit", "verify", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["problems"], told["sound"]) == ([], False)
    assert told["promotions"]["problems"][0].startswith("The record ends after 0 events at 000000000000, but 1 ending at")


def test_people_are_let_in_given_roles_and_listed(signed, bench):
    root = ("--by", "root@example.org")
    assert (
        signed("people", "add", "Anna@Example.org", "--role", "lead", *root).stdout
        == "anna@example.org: lead, anna@example.org\n"
    )
    assert signed("people", "role", "anna@example.org", "researcher", *root).stdout.startswith("anna@example.org: researcher")
    assert bench.store.people.by_email("anna@example.org").role is Role.RESEARCHER
    assert [p["role"] for p in json.loads(signed("people", "list", "--json").stdout)] == ["researcher", "admin"]
    assert "'eve@example.org' is nobody here" in refused(signed("people", "add", "x@example.org", "--by", "eve@example.org"))
    assert "is no e-mail" in refused(signed("people", "add", "anna", *root))
    assert "--role is 'boss'" in refused(signed("people", "add", "x@example.org", "--role", "boss", *root))


def test_the_export_asks_for_a_role_where_people_sign_in(signed, bench):
    bench.store.people.add("mo", Role.MODERATOR, "mo@example.org")
    assert "'mo' is moderator" in refused(signed("export", "--by", "mo"))
    assert signed("export", "--by", "root@example.org").exit_code == 0


def test_where_nobody_signs_in_everyone_has_one_role(run, bench):
    assert run("people", "list").stdout == "Nobody signs in: everyone is admin.\n"
    assert run("people", "add", "anna").stdout == "anna: admin\n"
    assert run("people", "role", "everyone", "moderator").stdout == "everyone: moderator\n"
    assert "takes one of: admin" in refused(run("people", "add", "ben"))
    assert "everyone has one and the same role" in refused(run("people", "role", "anna", "lead"))
    assert run("people", "role", "everyone", "admin").exit_code == 0


def test_the_policy_is_shown_with_every_version(run, bench):
    assert "the policy this software comes with" in run("policy", "show").stdout
    bench.team.write_policy(Policy("Judge the attack.", (Facet("g", "Who?", ("a", "b"), required=True),)), "lea")
    said = run("policy", "show").stdout
    assert said == "version 1 by lea\nJudge the attack.\n  Who? (required, with hateful): a, b\n"
    assert json.loads(run("policy", "show", "--json", "--version", "0").stdout)["id"] == 0
    assert "There is no version 7" in refused(run("policy", "show", "--version", "7"))


def test_agreement_is_told_in_words_and_in_numbers(run, answered):
    said = run("agreement").stdout
    assert "anna and ben: the same label on 3 of 4 memes. Cohen's kappa 0.500" in said
    found = json.loads(run("agreement", "--json").stdout)
    assert (found["overall"]["n"], found["pairs"][0]["kappa"]["value"]) == (4, pytest.approx(0.5))


def test_agreement_that_is_undefined_says_why(run, bench):
    assert "nothing to compare" in run("agreement").stdout


@pytest.mark.parametrize("form", ["parquet", "hateful-memes"])
def test_the_record_is_handed_out_in_further_forms(run, answered, tmp_path, form):
    assert run("export", "--form", form, "--out", tmp_path / "out").exit_code == 0
    assert (tmp_path / "out").read_bytes()[:2] == {"parquet": b"PA", "hateful-memes": b"PK"}[form]
    assert answered.count_events(DecisionFilter()) == 8


def test_a_record_is_taken_in_elsewhere_with_its_people_and_reasons_for_what_is_refused(run, answered, tmp_path, monkeypatch):
    file = tmp_path / "record.csv"
    run("export", "--out", file)
    assert run("import-record", file).stdout == "0 recorded, 8 here already, 0 refused\n"
    assert "There is no file" in refused(run("import-record", tmp_path / "none.csv"))
    assert "csv, jsonl, parquet" in refused(run("import-record", tmp_path / "record.zip"))
    monkeypatch.setenv("GATEDCLIP_HOME", str(tmp_path / "elsewhere"))
    lines = run("import-record", file).stdout.splitlines()
    assert lines[0] == "0 recorded, 0 here already, 8 refused"
    assert "No meme here has its picture and its words" in lines[1]
    elsewhere = Workbench.open(Settings.from_env())
    elsewhere.import_archive("set.zip", dataset(4))
    assert run("import-record", file).stdout == "8 recorded, 0 here already, 0 refused\n"
    assert {d.reviewer for d, _ in elsewhere.history(DecisionFilter())} == {"anna", "ben"}
    assert elsewhere.meme(3).status is Status.CONFLICT
    elsewhere.store.close()


def test_claim_times_are_measured_at_each_size(run):
    found = json.loads(run("bench", "claim", "--sizes", "20,40", "--json").stdout)
    assert [each["waiting"] for each in found["claims"]] == [20, 40]
    assert found["ratio"] >= 1
    assert "slowest over fastest" in run("bench", "claim", "--sizes", "20,40").stdout
    assert "give numbers" in refused(run("bench", "claim", "--sizes", "many"))


def test_copies_are_measured_by_kind(run):
    lines = json.loads(run("bench", "duplicates", "--sample", "2", "--json").stdout)
    assert {line["source"] for line in lines} == {"MemeWorld"}
    assert all(line["both"] <= line["n"] for line in lines)
