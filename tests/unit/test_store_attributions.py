def test_an_attribution_is_found_again_only_for_the_same_meme_head_and_method(store):
    version = store.versions.add(kind="gated", encoder="demo", folder="v1", created_by="anna").id
    store.attributions.put("p1", "t1", version, "quick", b"\x00\xff heat")
    assert store.attributions.get("p1", "t1", version, "quick") == b"\x00\xff heat"
    for other in (
        ("p2", "t1", version, "quick"),
        ("p1", "t2", version, "quick"),
        ("p1", "t1", 99, "quick"),
        ("p1", "t1", version, "ig"),
    ):
        assert store.attributions.get(*other) is None
    store.attributions.put("p1", "t1", version, "quick", b"new")
    assert store.attributions.get("p1", "t1", version, "quick") == b"new"
