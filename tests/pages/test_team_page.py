"""The team page run by Streamlit's own harness, in both ways of knowing people."""

import sqlite3

import pytest
from bringing import dataset
from reading import button, said

from gatedclip.store import DecisionFilter, MemeFilter
from gatedclip.team import LOCAL_ROLE, SECOND_SHARE
from gatedclip.types import Facet, Label, Policy, QueueRule, Role, Split, Status

H, B = Label.HATEFUL, Label.BENIGN
HOSTILE = "<b>Eve</b> ![x](http://198.51.100.7/x.png)"


@pytest.fixture
def answered(bench):
    """Four memes answered by two people each, one of them with a name that would be markup."""
    bench.import_archive("set.zip", dataset(6))
    bench.team.choose(SECOND_SHARE, 1.0, "lea")
    for name, labels in (("anna", (H, B, H, B)), (HOSTILE, (H, B, B, B))):
        bench.add_reviewer(name)
        for meme_id, label in enumerate(labels, start=1):
            bench.decide(bench.claim(name, meme_id), label, name, seconds=4.0)
    return bench


@pytest.fixture
def team(app):
    """Opens one section: team("Quality")."""

    def visit(section: str):
        shown = app("team")
        return shown.segmented_control(key="team").set_value(section).run()

    return visit


@pytest.mark.parametrize("section", ["People", "Quality", "Policy", "Queues", "Flow", "Record"])
def test_every_section_opens_on_an_empty_workbench_and_on_one_at_work(team, bench, section):
    for _ in range(2):
        shown = team(section)
        assert not shown.exception
        assert 'role="alert"' not in said(shown)
        if not bench.count(MemeFilter()):
            bench.import_archive("set.zip", dataset(2))
            bench.decide(bench.claim("anna"), H, "anna")
            bench.team.exposed("anna", 1, 90.0)


def test_people_are_shown_with_what_they_did(team, answered):
    table = team("People").dataframe[0].value
    assert table["who"].tolist() == [HOSTILE, "anna"]
    assert table["decisions"].tolist() == [4, 4]
    assert table["median seconds"].tolist() == [4.0, 4.0]


def test_a_person_s_labels_are_kept_out_of_training_and_let_back_in(team, answered):
    shown = team("People")
    shown.selectbox(key="person").set_value(HOSTILE).run()
    button(shown, "Keep their labels out of training").click().run()
    assert f"The labels of {HOSTILE} stay out" in said(shown)
    assert answered.store.people.quarantined() == {HOSTILE}
    shown.selectbox(key="person").set_value(HOSTILE).run()
    button(shown, "Let their labels back in").click().run()
    assert answered.store.people.quarantined() == set()


def test_without_sign_in_one_role_is_set_for_all_and_a_moderator_sees_why_quality_is_shut(team, answered):
    shown = team("People")
    assert "a name is only a name" in said(shown)
    shown.selectbox(key="local-role-admin").set_value(Role.MODERATOR).run()
    assert "Everyone is moderator now." in said(shown)
    assert answered.team.setting(LOCAL_ROLE) == "moderator"
    assert "takes one of: lead, admin" in said(team("Quality"))
    assert "takes one of: admin" in said(team("Record"))
    table = team("People").dataframe[0].value
    assert table["decisions"].isna().all()  # guest decided nothing, and the others' numbers are theirs


def test_agreement_is_told_with_its_numbers_and_the_shares_can_be_changed(team, answered):
    shown = team("Quality")
    assert "Krippendorff's alpha" in said(shown)
    assert f"{HOSTILE} and anna" in said(shown)
    assert "75%" in said(shown)
    assert "0.500 (" in said(shown)  # three of four alike, half of that by chance
    assert "There are no hidden memes yet" in said(shown)
    shown.number_input(key=f"{SECOND_SHARE}-100").set_value(30).run()
    assert answered.team.setting(SECOND_SHARE) == 0.3


def test_undefined_agreement_says_why(team, bench):
    assert "nothing to compare" in said(team("Quality"))


def test_accuracy_on_hidden_memes_flags_who_is_under_the_floor(team, bench):
    bench.import_archive("set.zip", dataset(24))
    for meme_id in range(1, 25):
        bench.team.make_gold(meme_id, H, "lea")
        bench.decide(bench.claim("anna", meme_id), B if meme_id > 4 else H, "anna")
    shown = team("Quality")
    assert "anna is under the floor: 4 of 24 right" in said(shown)
    button(shown, "Keep their labels out of training").click().run()
    assert bench.store.people.quarantined() == {"anna"}


def test_a_new_version_of_the_policy_is_written_and_the_old_one_kept(team, bench):
    shown = team("Policy")
    shown.text_area(key="policy-0-text").set_value("Judge the attack.")
    shown.text_input(key="policy-0-0-title").set_value("")
    shown.text_input(key="policy-0-3-title").set_value("Who is meant?")
    shown.text_area(key="policy-0-3-options").set_value("people\n\n robots ")
    shown.toggle(key="policy-0-3-required").set_value(True)
    button(shown, "Save as a new version").click().run()
    new = bench.team.policy()
    assert (new.id, new.text, [f.name for f in new.facets]) == (1, "Judge the attack.", ["attack", "severity", "who-is-meant"])
    assert new.facets[2] == Facet("who-is-meant", "Who is meant?", ("people", "robots"), (H,), True, True)
    assert [p.id for p in bench.policies()] == [1, 0]
    assert "Who is meant?" in said(shown)


def test_a_policy_without_text_is_refused_with_the_sentence(team, bench):
    shown = team("Policy")
    shown.text_area(key="policy-0-text").set_value(" ")
    button(shown, "Save as a new version").click().run()
    assert "The policy has no text" in said(shown)
    assert bench.team.policy().id == 0


def test_queues_are_named_counted_changed_and_dropped(team, answered):
    shown = team("Queues")
    shown.text_input(key="queues-0-0-name").set_value("one family")
    shown.text_input(key="queues-0-0-family").set_value("none such")
    shown.number_input(key="queues-0-0-answers").set_value(2)
    button(shown, "Save the queues").click().run()
    assert answered.team.rules() == [QueueRule("one family", family="none such", answers=2)]
    assert shown.dataframe[0].value["waiting"].tolist() == [0]
    shown.text_input(key="queues-1-0-name").set_value("")
    shown.text_input(key="queues-1-1-name").set_value("all")
    button(shown, "Save the queues").click().run()
    assert [rule.name for rule in answered.team.rules()] == ["all"]
    assert answered.waiting(answered.team.rule("all")) == 2


def test_the_flow_shows_what_waits_and_what_was_done(team, answered):
    answered.team.exposed("anna", 1, 90.0)
    shown = team("Flow")
    assert [m.value for m in shown.metric][:2] == ["2", "less than a minute"]
    assert shown.dataframe[0].value["minutes"].tolist() == [1.5]
    assert "8 in all" in shown.get("plotly_chart")[0].proto.alt


def test_the_record_is_checked_and_a_change_behind_its_back_is_told(team, answered):
    shown = team("Record")
    button(shown, "Check every receipt").click().run()
    assert "The record is sound: 8 events" in said(shown)
    assert "The record of promotions is sound: 0 promotions" in said(shown)
    assert [code.value for code in shown.code] == [answered.audit().newest, answered.audit_promotions().newest]
    version = answered.store.versions.add(kind="gated", encoder="demo", folder="one", created_by="anna")
    answered.store.versions.promote(version.id, "lea")
    with sqlite3.connect(answered.settings.home / "gatedclip.db") as behind:
        behind.execute("delete from promotion")
    button(shown, "Check every receipt").click().run()
    assert "The record of promotions is not sound: 1 problem in 0 promotions" in said(shown)
    with sqlite3.connect(answered.settings.home / "gatedclip.db") as behind:
        behind.execute("update meme set status = 'waiting' where id = 1")
    button(shown, "Check every receipt").click().run()
    assert "The record is not sound" in said(shown)


def test_a_record_is_brought_once_and_what_is_no_record_is_refused(team, answered):
    record = answered.export(DecisionFilter(), "jsonl", "lea")
    shown = team("Record")
    shown.file_uploader(key="record-file").upload("record.jsonl", record, "application/jsonl")
    button(shown, "Bring it").click().run()
    assert "0 events recorded, 8 here already, 0 refused." in said(shown)
    shown.file_uploader(key="record-file").upload("record.jsonl", b'{"a": 1}', "application/jsonl")
    button(shown, "Bring it").click().run()
    assert "A row of this jsonl file is no event" in said(shown)


def test_a_meme_is_erased_only_when_its_number_is_typed_out(team, answered):
    shown = team("Record")
    shown.number_input(key="erase-meme").set_value(2).run()
    button(shown, "Erase the meme").click().run()
    assert "Nothing was erased: type 2" in said(shown)
    shown.text_input(key="erase-2-sure").set_value("2")
    button(shown, "Erase the meme").click().run()
    assert "Meme 2 is erased" in said(shown)
    assert answered.meme(2).split is Split.ERASED


def test_a_person_is_erased_only_when_their_name_is_typed_out(team, answered):
    shown = team("Record")
    shown.selectbox(key="erase-person").set_value(HOSTILE).run()
    shown.text_input(key=f"erase-person-{HOSTILE}-sure").set_value(HOSTILE)
    button(shown, "Erase the person").click().run()
    assert "The person is erased" in said(shown)
    assert HOSTILE not in {d.reviewer for d, _ in answered.history(DecisionFilter(), 100)}
    assert answered.meme(1).status is Status.WAITING  # the one answer that is left is not enough


def test_a_policy_s_words_are_only_words(team, bench):
    bench.team.write_policy(Policy(HOSTILE, (Facet("a", HOSTILE, (HOSTILE, "b")),)), "lea")
    shown = team("Policy")
    assert not shown.exception
    assert HOSTILE in said(shown)
    assert all("198.51.100.7" not in m.value for m in shown.markdown)
