"""Several people at one workbench: what each role may do is checked in the verbs, one by one."""

import pytest
from bringing import dataset, png

from gatedclip.config import Settings, TrainConfig
from gatedclip.errors import InputError, NotAllowed, NotFound, PolicyError
from gatedclip.store import DecisionFilter, MemeFilter
from gatedclip.team import GOLD_SHARE, LOCAL_ROLE, POWERS, SECOND_SHARE
from gatedclip.types import Facet, Label, Policy, Preferences, QueueRule, Role, Split, Status
from gatedclip.workbench import Workbench

H, B = Label.HATEFUL, Label.BENIGN
PEOPLE = {role.value: role for role in Role}  # each role is played by a person of its name


def filled(home, backbone, **settings):
    bench = Workbench.open(Settings(home=home, backbone=backbone, **settings))
    bench.import_archive("set.zip", dataset(4))
    return bench


@pytest.fixture
def signed(home, tiny_backbone):
    """A workbench where people sign in, with one person of each role and four memes."""
    bench = filled(home, tiny_backbone, sign_in=True, admins="Root@Example.org, ")
    for name, role in PEOPLE.items():
        bench.store.people.add(name, role, f"{name}@example.org")
    yield bench
    bench.store.close()


@pytest.fixture
def local(home, tiny_backbone):
    bench = filled(home, tiny_backbone)
    bench.team.choose(SECOND_SHARE, 0.0, "anna")
    yield bench
    bench.store.close()


# --- roles --------------------------------------------------------------------------------------------------------


def decided(bench, meme_id=1):
    """A meme that the admin has decided, and the event."""
    meme = bench.claim("admin", meme_id)
    return bench.decide(meme, H, "admin")


VERBS = {
    "claim": ("review", lambda b, by: b.claim(by)),
    "claim one": ("review", lambda b, by: b.claim(by, 2)),
    "decide": ("review", lambda b, by: b.decide(b.store.queue.claim(by, meme_id=2), H, by)),
    "decide together": ("review", lambda b, by: b.decide_together([b.meme(2)], H, by)),
    "skip": ("review", lambda b, by: b.skip(b.store.queue.claim(by, meme_id=2), by)),
    "escalate": ("review", lambda b, by: b.escalate(b.store.queue.claim(by, meme_id=2), by)),
    "undo": ("review", lambda b, by: b.undo(by)),
    "undo another's": ("adjudicate", lambda b, by: b.undo(by, b.store.decisions.last("admin").id)),
    "settle": ("adjudicate", lambda b, by: b.claim(by, 3)),
    "reopen": ("review", lambda b, by: b.reopen(1, by)),
    "appeal": ("review", lambda b, by: b.appeal(1, by)),
    "assign": ("assign", lambda b, by: b.assign([2], "moderator", by)),
    "queues": ("assign", lambda b, by: b.team.write_rules([QueueRule("all")], by)),
    "policy": ("policy", lambda b, by: b.team.write_policy(Policy("x", ()), by)),
    "quality": ("quality", lambda b, by: b.quality(by)),
    "quarantine": ("quality", lambda b, by: b.team.quarantine("moderator", True, by)),
    "share": ("quality", lambda b, by: b.team.choose(SECOND_SHARE, 0.5, by)),
    "gold": ("quality", lambda b, by: b.team.make_gold(2, H, by)),
    "no gold": ("quality", lambda b, by: b.team.make_gold(2, H, "admin") and b.team.give_back(2, by)),
    "record": ("people", lambda b, by: b.bring_record(b"", "jsonl", by)),
    "preferences of all": ("quality", lambda b, by: b.team.prefer_for_all(Preferences(), by)),
    "add": ("people", lambda b, by: b.team.add("new", Role.MODERATOR, by, "new@example.org")),
    "role": ("people", lambda b, by: b.team.change_role("moderator", Role.LEAD, by)),
    "role of all": ("people", lambda b, by: b.team.choose(LOCAL_ROLE, "moderator", by)),
    "erase": ("erase", lambda b, by: b.erase(2, by)),
    "erase a person": ("erase", lambda b, by: b.erase_person("researcher", by)),
    "retrain": ("retrain", lambda b, by: b.start_retraining(TrainConfig(), by)),
    "promote": ("promote", lambda b, by: b.promote(1, by)),
    "roll back": ("promote", lambda b, by: b.roll_back(by)),
    "export": ("export", lambda b, by: b.export(DecisionFilter(), by=by)),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_open_to_the_roles_that_have_its_power_and_to_no_other(signed, verb):
    power, act = VERBS[verb]
    decided(signed)
    signed.escalate(signed.claim("admin", 3), "admin")
    refused = [*[name for name, role in PEOPLE.items() if power not in POWERS[role]], "nobody"]
    before = signed.count_events(DecisionFilter())
    for name in refused:
        with pytest.raises(NotAllowed, match="Ask an admin"):
            act(signed, name)
        signed.release(2, name)
    assert signed.count_events(DecisionFilter()) == before
    assert signed.team.require("admin", power) is None
    if verb not in ("retrain", "promote", "roll back"):  # there is no head here, and no process should start
        act(signed, "admin")


def test_a_refusal_says_who_one_is_and_who_may(signed):
    with pytest.raises(NotAllowed, match=r"'moderator' is moderator, and this takes one of: lead, admin\."):
        signed.quality("moderator")
    with pytest.raises(NotAllowed, match="'eve' is nobody here"):
        signed.claim("eve")


def test_numbers_about_people_are_told_to_leads_and_to_themselves(signed):
    decided(signed)
    signed.decide(signed.claim("moderator", 2), B, "moderator")
    signed.team.exposed("moderator", 2, 3.0)
    signed.team.exposed("admin", 1, 3.0)
    assert [w.reviewer for w in signed.work("moderator")] == ["moderator"]
    assert [w.reviewer for w in signed.work("lead")] == ["admin", "moderator"]
    assert {d.reviewer for d in signed.throughput("researcher")} == set()
    assert {e.person for e in signed.exposure("moderator")} == {"moderator"}
    assert {e.person for e in signed.exposure("lead")} == {"admin", "moderator"}
    assert signed.backlog().waiting == len([m for m in signed.memes(MemeFilter(split=Split.QUEUE)) if m.status.open])


# --- people -------------------------------------------------------------------------------------------------------


def test_an_admin_of_the_settings_is_let_in_and_an_unknown_e_mail_is_not(signed):
    assert signed.team.welcome("ROOT@example.org").role is Role.ADMIN
    assert signed.team.welcome("lead@EXAMPLE.org").name == "lead"
    assert signed.team.welcome("eve@example.org") is None


def test_whoever_the_settings_name_stays_an_admin_whatever_the_page_says(signed):
    root = signed.team.welcome("root@example.org")
    signed.team.change_role(root.name, Role.MODERATOR, "admin")
    assert signed.team.welcome("root@example.org").role is Role.ADMIN


def test_the_only_admin_stays_one_and_nobody_is_added_twice(signed):
    with pytest.raises(InputError, match="only admin"):
        signed.team.change_role("admin", Role.LEAD, "admin")
    signed.team.change_role("lead", Role.ADMIN, "admin")
    assert signed.team.change_role("admin", Role.LEAD, "admin").role is Role.LEAD
    for name, email in (("lead", ""), ("other", "Lead@example.org")):
        with pytest.raises(InputError, match="here already"):
            signed.team.add(name, Role.MODERATOR, "lead", email)
    with pytest.raises(InputError, match="needs a name"):
        signed.team.add("  ", Role.MODERATOR, "lead")
    with pytest.raises(NotFound, match="nobody called"):
        signed.team.change_role("eve", Role.LEAD, "lead")


def test_without_sign_in_everyone_has_the_one_role_and_anyone_sets_it(local):
    local.team.choose(LOCAL_ROLE, "researcher", "anna")
    with pytest.raises(NotAllowed, match="'anna' is researcher"):
        local.claim("anna")
    local.team.choose(LOCAL_ROLE, "moderator", "anna")
    assert local.claim("anna")


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_lies_between_nothing_and_all(local, share):
    with pytest.raises(InputError, match="between 0 and 1"):
        local.team.choose(GOLD_SHARE, share, "anna")


@pytest.mark.parametrize(
    "rules",
    [
        [QueueRule("")],
        [QueueRule("a"), QueueRule("a ")],
        [QueueRule("a", low=0.6, high=0.4)],
        [QueueRule("a", high=1.5)],
        [QueueRule("a", answers=0)],
    ],
)
def test_queues_that_make_no_sense_are_refused(local, rules):
    with pytest.raises(InputError):
        local.team.write_rules(rules, "anna")
    assert local.team.rules() == []


# --- second answers, gold, groups ---------------------------------------------------------------------------------


def test_while_a_second_answer_is_awaited_nothing_tells_the_first(local):
    local.add_reviewer("ben")
    local.team.choose(SECOND_SHARE, 1.0, "lea")
    local.decide(local.claim("anna", 1), H, "anna", note="sure", tags={"group": ["race"]}, confidence=0.9)
    ((event, _),) = local.history(DecisionFilter())
    assert (event.label, event.note, event.tags, event.confidence) == (None, "", {}, None)
    for which in (DecisionFilter(label=H), DecisionFilter(label=B), DecisionFilter(wrong_reason=True)):
        assert local.history(which) == []
        assert local.count_events(which) == 0
    local.decide(local.claim("ben", 1), H, "ben")
    assert local.count_events(DecisionFilter(label=H)) == 2


def test_nobody_is_asked_for_a_second_answer_where_only_one_person_could_give_it(local):
    local.add_reviewer("anna")
    local.team.choose(SECOND_SHARE, 1.0, "lea")
    assert local.team.answers_for(local.meme(1), "anna") == 1
    assert local.team.answers_for(local.meme(1), "ben") == 2  # anna could


def test_nobody_is_asked_for_a_second_answer_by_people_who_review_nothing(signed):
    signed.team.choose(SECOND_SHARE, 1.0, "lead")
    assert signed.team.answers_for(signed.meme(1), "moderator") == 2
    for name in ("lead", "admin"):
        signed.store.people.change(name, role=Role.RESEARCHER)  # they review nothing
    assert signed.team.answers_for(signed.meme(1), "moderator") == 1


def test_an_appeal_tells_neither_the_label_nor_what_it_was(local):
    local.decide(local.claim("anna", 1), H, "anna")
    local.appeal(1, "lea")
    events = [event for event, _ in local.history(DecisionFilter())]
    assert {(event.label, event.previous) for event in events} == {(None, None)}
    with pytest.raises(NotAllowed, match="You have answered meme 1"):
        local.claim("anna", 1)
    assert local.claim("ben", 1).id == 1


def test_two_who_differ_make_a_conflict_that_a_lead_settles(signed):
    signed.team.choose(SECOND_SHARE, 1.0, "lead")
    signed.team.add("second", Role.MODERATOR, "admin")
    for name, label in (("moderator", H), ("second", B)):
        signed.decide(signed.claim(name, 1), label, name)
    assert signed.meme(1).status is Status.CONFLICT
    with pytest.raises(NotAllowed, match="takes one of: lead, admin"):
        signed.claim("moderator", 1)
    made = signed.decide(signed.claim("lead", 1), B, "lead")
    assert (made.adjudicates, signed.meme(1).label) == (True, B)
    found = signed.quality("lead")
    assert (found.pairs[0].raw.hits, found.pairs[0].raw.n) == (0, 1)  # the lead's own answer is no second opinion


def test_a_gold_meme_given_back_stands_where_people_put_it(local):
    local.team.make_gold(1, B, "lea")
    local.decide(local.claim("anna", 1), H, "anna")
    assert (local.meme(1).status, local.lesson(TrainConfig()).decisions) == (Status.WAITING, 0)
    given_back = local.team.give_back(1, "lea")
    assert (given_back.split, given_back.status, given_back.label, given_back.given) == (Split.QUEUE, Status.DECIDED, H, B)
    assert local.audit().sound
    with pytest.raises(InputError, match="Meme 1 is no hidden one"):
        local.team.give_back(1, "lea")


def test_a_gold_meme_is_scored_and_stays_out_of_the_queue(local):
    assert local.team.make_gold(1, B, "lea").split is Split.GOLD
    local.decide(local.claim("anna", 1), H, "anna")
    found = local.quality("lea")
    assert (found.gold, found.accuracy[0].right.hits, found.accuracy[0].right.n) == (1, 0, 1)
    assert found.below == ()  # one answer is too little to say
    assert local.count(MemeFilter(split=Split.QUEUE, status=Status.WAITING)) == 3


def test_a_group_is_decided_at_once_and_undone_at_once(local):
    local.claim("ben", 2)
    memes = local.memes(MemeFilter())
    made, left = local.decide_together(memes, B, "anna", note="all the same")
    assert [m.id for m in left] == [2]
    assert ({d.meme_id for d in made}, len({d.bulk for d in made}), made[0].bulk != "") == ({1, 3, 4}, 1, True)
    local.undo("anna", made[0].id)
    assert {m.status for m in local.memes(MemeFilter())} == {Status.WAITING}


def test_a_group_leaves_what_was_decided_or_answered_meanwhile(local):
    local.decide(local.claim("ben", 1), H, "ben")
    local.appeal(1, "lea")
    local.decide(local.claim("ben", 2), H, "ben")
    made, left = local.decide_together(local.memes(MemeFilter()), B, "ben")
    assert ([d.meme_id for d in made], [m.id for m in left]) == ([3, 4], [1, 2])
    assert local.meme(2).leased_by == ""


def test_a_group_that_lacks_what_the_policy_asks_for_decides_nothing_and_holds_nothing(local):
    local.team.write_policy(Policy("x", (Facet("group", "Group", ("people", "robots"), required=True),)), "lea")
    with pytest.raises(PolicyError, match="asks for Group"):
        local.decide_together(local.memes(MemeFilter()), H, "anna")
    assert {m.leased_by for m in local.memes(MemeFilter())} == {""}
    made, _ = local.decide_together(local.memes(MemeFilter()), H, "anna", tags={"group": ["robots"]})
    assert {tuple(d.tags["group"]) for d in made} == {("robots",)}


def test_a_person_s_own_list_comes_first_and_can_be_listed(local):
    local.assign([3], "anna", "lea")
    assert [m.id for m in local.memes(MemeFilter(assigned_to="anna"))] == [3]
    assert local.claim("anna").id == 3
    assert local.claim("ben").id == 1


def test_a_quarantined_person_s_labels_leave_the_lesson_until_they_are_let_back(local):
    local.import_archive("base.zip", dataset(80, start=100), use="base")
    local.decide(local.claim("anna", 1), H, "anna")
    quick = TrainConfig()
    assert local.lesson(quick).decisions == 1
    local.team.quarantine("anna", True, "lea")
    assert local.lesson(quick).decisions == 0
    local.team.quarantine("anna", False, "lea")
    assert local.lesson(quick).decisions == 1


def test_an_erased_meme_is_gone_with_its_picture_and_the_record_stays_sound(local):
    local.decide(local.claim("anna", 1), H, "anna")
    picture = local.meme(1).picture
    assert local.erase(1, "lea") == []
    assert not local.pictures.has(picture, "full")
    assert local.audit().sound
    again = local.upload([("a.png", png("green"))], text="x").added[0]
    assert local.erase_person("anna", "lea") == []
    assert local.audit().sound
    assert local.meme(again).status is Status.WAITING
