"""Processes killed in the middle of deciding: what was acknowledged is there, and nothing half done is."""

import json
import multiprocessing as mp
import os
import random
import signal
import time

from gatedclip.store import DecisionFilter, Store
from gatedclip.types import Action, Decision, Label, NewMeme

KILLS = 50


def review(url: str, who: str, acknowledged: int) -> None:
    """Decides, passes on and undoes for ever; each event is written down once it is acknowledged."""
    store, draw = Store.open(url), random.Random(who)
    while True:
        meme = store.queue.claim(who)
        if meme is None:
            store.decisions.reopen(draw.choice(store.decisions.list(DecisionFilter(action=Action.DECIDE))).meme_id, who)
            continue
        store.drafts.put(who, meme.id, {"note": "half a thought"})
        action = draw.choice((Action.DECIDE, Action.DECIDE, Action.DECIDE, Action.ESCALATE))
        label = draw.choice(list(Label)) if action is Action.DECIDE else None
        write(acknowledged, store.decisions.record(Decision(meme.id, action, who, label=label, key=f"{who} {time.time_ns()}")))
        if draw.random() < 0.5:
            write(acknowledged, store.decisions.undo(who))


def write(acknowledged: int, event: Decision) -> None:
    os.write(acknowledged, (json.dumps([event.id, event.receipt, event.meme_id, event.action]) + "\n").encode())


def test_fifty_processes_killed_while_deciding_lose_nothing_they_acknowledged(tmp_path):
    url, draw, known = f"sqlite:///{tmp_path}/gatedclip.db", random.Random(7), {}
    store = Store.open(url)
    store.memes.add([NewMeme(picture=f"p{n}", text=f"t{n}", source="test") for n in range(400)])
    store.close()  # a fork must not inherit an open connection
    context = mp.get_context("fork")  # begins at once
    for kill in range(KILLS):
        ours, theirs = os.pipe()
        child = context.Process(target=review, args=(url, f"reviewer {kill}", theirs))
        child.start()
        os.close(theirs)
        with os.fdopen(ours) as said:
            first = said.readline()  # it is at work
            time.sleep(draw.uniform(0, 0.15))
            os.kill(child.pid, signal.SIGKILL)
            known |= {event[0]: event for event in map(json.loads, [first, *said])}
        child.join()
        assert child.exitcode == -signal.SIGKILL  # and was until then
        store = Store.open(url)
        stored = {d.id: [d.id, d.receipt, d.meme_id, d.action] for d in store.decisions.list(DecisionFilter(), None)}
        found = store.decisions.audit()
        store.close()
        assert {n: stored.get(n) for n in known} == known, f"kill {kill}"
        assert found.problems == (), f"kill {kill}"  # every receipt, and every meme stands where its events put it
    assert len(known) > KILLS  # more than the first event of each
