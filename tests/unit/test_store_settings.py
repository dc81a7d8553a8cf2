from concurrent.futures import ThreadPoolExecutor


def test_a_setting_is_what_was_put_last(store):
    assert store.settings.get("policy") is None
    assert store.settings.get("policy", "none yet") == "none yet"
    store.settings.put("policy", {"text": "be kind", "labels": ["a", "b"]})
    store.settings.put("policy", {"text": "be kinder"})
    assert store.settings.get("policy") == {"text": "be kinder"}


def test_change_starts_from_the_default(store):
    assert store.settings.change("n", lambda n: n + 1, default=10) == 11
    assert store.settings.get("n") == 11


def test_360_changes_by_six_threads_are_all_kept(store):
    def add_sixty(_):
        for _ in range(60):
            store.settings.change("n", lambda n: n + 1, default=0)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(add_sixty, range(6)))
    assert store.settings.get("n") == 360
