"""What reviewers do, for tests of the store."""

from gatedclip.types import Action, Decision, Label


def decide(store, who, meme_id, label=Label.HATEFUL, answers=1, **more) -> Decision:
    """Takes a meme and decides it."""
    assert store.queue.claim(who, meme_id=meme_id) is not None
    return store.decisions.record(Decision(meme_id, Action.DECIDE, who, label=label, **more), answers)


def state(store, meme_id):
    """Where a meme stands."""
    meme = store.memes.get(meme_id)
    return meme.status, meme.label
