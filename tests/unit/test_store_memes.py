import numpy as np
import pytest
from deciding import decide
from sqlalchemy import select

from gatedclip.errors import NotFound
from gatedclip.store import MemeFilter
from gatedclip.store.database import connect
from gatedclip.store.tables import TextEditRow
from gatedclip.types import Action, Decision, Label, NewMeme, Rationale, Reasons, Split, Status


def meme(text="words", **more):
    return NewMeme(picture=more.pop("picture", "p1"), text=text, source=more.pop("source", "upload"), **more)


def test_a_meme_comes_back_with_everything_it_was_given(store):
    given = NewMeme(
        picture="ab12",
        text="love the way you smell today ‮🦨",
        source="an import",
        name="img/00001.png",
        machine_text="l0ve the way",
        source_sha256="f" * 64,
        split=Split.TEST,
        given=Label.HATEFUL,
        family="f-7",
        truth="together",
        theme="skunk",
    )
    (meme_id,) = store.memes.add([given])
    stored = store.memes.get(meme_id)
    assert {name: getattr(stored, name) for name in NewMeme.__slots__} == {n: getattr(given, n) for n in NewMeme.__slots__}
    assert (stored.id, stored.status, stored.label, stored.leased_by) == (meme_id, Status.WAITING, None, "")
    assert stored.created_at.utcoffset().total_seconds() == 0


def test_ids_come_in_the_order_the_memes_were_given(store):
    ids = store.memes.add([meme(f"text {i}") for i in range(2_500)])
    assert [m.text for m in store.memes.many(ids)] == [f"text {i}" for i in range(2_500)]


def test_many_keeps_the_order_asked_and_names_what_is_missing(store):
    a, b, c = store.memes.add([meme("a"), meme("b"), meme("c")])
    assert [m.text for m in store.memes.many([c, a, b, a])] == ["c", "a", "b", "a"]
    assert store.memes.many([]) == []
    with pytest.raises(NotFound, match=r"1 of 2 .*999"):
        store.memes.many([a, 999])


def test_a_meme_that_is_not_there_is_not_found(store):
    with pytest.raises(NotFound, match="no meme 41"):
        store.memes.get(41)


def test_each_field_of_the_filter_narrows(store):
    one, two, three = store.memes.add(
        [
            meme("one", split=Split.QUEUE, source="demo", theme="skunk"),
            meme("two", split=Split.TRAIN, given=Label.BENIGN),
            meme("three"),
        ]
    )
    decide(store, "anna", three, Label.UNSURE)

    def ids(**which):
        found = [m.id for m in store.memes.find(MemeFilter(**which))]
        assert store.memes.count(MemeFilter(**which)) == len(found)
        return found

    assert ids() == [one, two, three]
    assert ids(order="newest") == [three, two, one]
    assert ids(split=Split.TRAIN) == [two]
    assert ids(status=Status.WAITING) == [one, two]
    assert ids(label=Label.UNSURE) == [three]
    assert ids(given=Label.BENIGN) == [two]
    assert ids(source="demo") == ids(theme="skunk") == [one]
    assert ids(split=Split.QUEUE, source="upload") == [three]


def test_pages_neither_overlap_nor_leave_gaps(store):
    ids = store.memes.add([meme(str(i)) for i in range(25)])
    pages = [store.memes.find(MemeFilter(), limit=10, offset=start) for start in (0, 10, 20)]
    assert [m.id for page in pages for m in page] == ids


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("WORLD", ["hello world"]),
        ("WÖRLD", ["Hello wörld"]),
        ("100%", ["100% sure"]),
        ("_", ["a_b"]),
        ("/", ["c/d"]),
    ],
)
def test_search_ignores_case_and_takes_wildcards_literally(store, search, found):
    store.memes.add([meme(t) for t in ("Hello wörld", "hello world", "100% sure", "100 sure", "a_b", "c/d")])
    assert [m.text for m in store.memes.find(MemeFilter(search=search))] == found


def test_the_tally_counts_every_split_and_status_zeros_included(store):
    ids = store.memes.add([meme(), meme(), meme(split=Split.TRAIN)])
    decide(store, "anna", ids[0], Label.HATEFUL)
    tally = store.memes.tally()
    assert tally[Split.QUEUE] == {**dict.fromkeys(Status, 0), Status.WAITING: 1, Status.DECIDED: 1}
    assert tally[Split.TRAIN][Status.WAITING] == 1
    assert sum(tally[Split.TEST].values()) == sum(tally[Split.VALIDATION].values()) == 0


def test_the_same_upload_is_recognised_by_its_bytes(store):
    ids = store.memes.add([meme(source_sha256="aa"), meme(source_sha256="bb"), meme(source_sha256="aa"), meme()])
    found = store.memes.by_upload(["aa", "cc", ""])
    assert {sha: [m.id for m in memes] for sha, memes in found.items()} == {"aa": [ids[0], ids[2]]}


def test_an_edited_text_is_current_and_the_machine_text_stays(store):
    (meme_id,) = store.memes.add([meme("l0ve", machine_text="l0ve")])
    assert store.memes.edit_text(meme_id, "love", "anna").text == "love"
    assert store.memes.get(meme_id).text == "love"
    assert store.memes.get(meme_id).machine_text == "l0ve"


def test_every_change_of_a_text_stays_on_record_and_no_change_adds_nothing(store, store_url):
    (meme_id,) = store.memes.add([meme("a")])
    for text in ("b", "b", "a"):
        store.memes.edit_text(meme_id, text, "anna")
    with connect(store_url).connect() as connection:
        edits = connection.execute(
            select(TextEditRow.before, TextEditRow.after, TextEditRow.reviewer).order_by(TextEditRow.id)
        ).all()
    assert edits == [("a", "b", "anna"), ("b", "a", "anna")]


def test_columns_hold_one_split_oldest_first(store):
    ids = store.memes.add(
        [
            meme("a", picture="p1", split=Split.TRAIN, given=Label.HATEFUL, family="f1", truth="words", theme="crowd"),
            meme("b"),
            meme("c", picture="p3", split=Split.TRAIN),
        ]
    )
    decide(store, "anna", ids[2], Label.BENIGN)
    columns = store.memes.all_keys(Split.TRAIN)
    assert columns.ids.dtype == np.int64
    assert columns.ids.tolist() == [ids[0], ids[2]]
    assert columns.pictures == ("p1", "p3")
    assert columns.texts == ("a", "c")
    assert columns.given == (Label.HATEFUL, None)
    assert columns.labels == (None, Label.BENIGN)
    assert (columns.families, columns.truths, columns.themes) == (("f1", ""), ("words", ""), ("crowd", ""))
    assert columns.splits == (Split.TRAIN, Split.TRAIN)
    assert len(store.memes.all_keys()) == 3
    assert len(store.memes.all_keys(Split.TEST)) == 0


def test_memes_are_found_by_their_very_picture(store):
    one, two, three = store.memes.add([meme(picture="p1"), meme("other", picture="p1"), meme(picture="p2")])
    found = store.memes.by_picture(["p1", "p2", "p3"])
    assert {picture: [m.id for m in memes] for picture, memes in found.items()} == {"p1": [one, two], "p2": [three]}


def test_the_kin_of_a_meme_are_its_family_and_those_with_its_picture(store):
    of = [("p1", "f"), ("p2", "f"), ("p1", ""), ("p3", "")]
    ids = store.memes.add([meme(picture=picture, family=family) for picture, family in of])
    kin = {meme_id: [m.id for m in store.memes.kin(store.memes.get(meme_id))] for meme_id in ids}
    assert list(kin.values()) == [[2, 3], [1], [1], []]


def test_joined_memes_bring_their_whole_families_along(store):
    families = ["", "f", "f", "g", "h", ""]
    store.memes.add([meme(family=family) for family in families])
    store.memes.join_families([[1, 2, 4]])
    assert [m.family for m in store.memes.find(MemeFilter())] == ["f", "f", "f", "f", "h", ""]


def test_groups_are_joined_one_after_another_and_a_family_without_a_name_is_named_after_its_oldest(store):
    store.memes.add([meme() for _ in range(5)])
    store.memes.join_families([[2, 1], [4, 5], [4, 2], []])
    assert [m.family for m in store.memes.find(MemeFilter())] == ["meme-1", "meme-1", "", "meme-1", "meme-1"]


def test_a_group_with_a_meme_that_is_not_there_joins_nothing(store):
    store.memes.add([meme(), meme()])
    with pytest.raises(NotFound, match="1 of 2 memes"):
        store.memes.join_families([[1, 2], [1, 9]])
    assert {m.family for m in store.memes.find(MemeFilter())} == {""}


def test_memes_whose_label_stands_on_a_wrong_reason_can_be_picked_out(store):
    """An undone decision no longer counts, nor one that a later decision replaced, nor any of a meme that waits again."""
    wrong = Reasons(0.1, 0.1, 0.4, None, None, None, None, (), Rationale.WORDS, None, True, True)
    ids = store.memes.add([meme(text) for text in ("stands", "undone", "replaced", "reopened", "plain")])
    for meme_id in ids[:4]:
        store.queue.claim("anna", meme_id=meme_id)
        store.decisions.record(Decision(meme_id, Action.DECIDE, "anna", label=Label.HATEFUL, reasons=wrong))
    decide(store, "anna", ids[4], Label.HATEFUL)
    store.decisions.undo("anna", 2)
    decide(store, "anna", ids[1], Label.HATEFUL)
    decide(store, "anna", ids[2], Label.BENIGN)
    store.decisions.reopen(ids[3], "anna")
    assert [m.text for m in store.memes.find(MemeFilter(wrong_reason=True))] == ["stands"]
    assert store.memes.count(MemeFilter(wrong_reason=True, search="plain")) == 0
    assert store.memes.wrong_reasons(ids) == {ids[0]}
    assert store.memes.wrong_reasons(ids[1:]) == set()
