"""What people do with memes, and the record of it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import takewhile
from typing import Any

from gatedclip import curriculum
from gatedclip.background import Background, Told
from gatedclip.data import export
from gatedclip.data.export import Form
from gatedclip.data.text import clean_text, text_key, words
from gatedclip.errors import (
    BackboneError,
    CheckpointError,
    DataError,
    InputError,
    LeaseLost,
    NotAllowed,
    NotFound,
    PolicyError,
)
from gatedclip.explain.reasons import compare
from gatedclip.explain.serialise import from_bytes
from gatedclip.store.decisions import DecisionFilter
from gatedclip.store.memes import MemeFilter
from gatedclip.store.pictures import Variant
from gatedclip.store.receipts import Audit
from gatedclip.types import (
    Action,
    Attribution,
    Brought,
    Decision,
    HeadVersion,
    Label,
    Marks,
    Meme,
    Prediction,
    Progress,
    Reasons,
    Role,
    Split,
    Status,
)
from gatedclip.workbench.bench import on_record, silent
from gatedclip.workbench.looking import Looking

AHEAD = 4  # memes made ready before they are asked for: the one on the desk and those after it
REFIT = "refit"  # the setting that names heads which learned from what was erased since


def _worded(marks: Marks | None, meme: Meme) -> Marks | None:
    """The marks with the words they stand for; None for marks of nothing. Raises InputError for marks outside the meme."""
    if not marks:
        return None
    said = words(meme.text)
    if beyond := [at for at in marks.words if not 0 <= at < len(said)]:
        raise InputError(f"Word {beyond[0]} is marked, and meme {meme.id} has {len(said)} words (from 0). Mark its words again.")
    for left, top, right, bottom in marks.regions:
        if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
            raise InputError(
                f"The marked region ({left:g}, {top:g}, {right:g}, {bottom:g}) is no part of a picture: left, top, right and "
                "bottom are fractions from 0 to 1, the smaller first. Mark it again."
            )
    return replace(marks, said=tuple(said[at] for at in marks.words))


def _covered(event: Decision) -> Decision:
    """An answer that the second reviewer must not see."""
    return replace(event, label=None, previous=None, note="", tags={}, marks=None, reasons=None, confidence=None)


class Reviewing(Looking):
    """What people do with memes, and the record of it."""

    def reviewers(self) -> list[str]:
        """Names of the people here, alphabetically."""
        return [person.name for person in self.team.people()]

    def add_reviewer(self, name: str) -> None:
        """A name someone picked; where people sign in, only an admin adds them."""
        if not self.settings.sign_in:
            self.store.people.add(name, Role.MODERATOR)

    def tally(self) -> dict[Split, dict[Status, int]]:
        return self.store.memes.tally()

    def count(self, which: MemeFilter) -> int:
        return self.store.memes.count(which)

    def kin(self, meme: Meme) -> list[Meme]:
        """The other memes of its family and those with its very picture."""
        return self.store.memes.kin(meme)

    def beside(self, meme_id: int, which: MemeFilter, forward: bool = True) -> Meme | None:
        """The next (or previous) matching meme by number; None at the end."""
        return self.store.memes.beside(meme_id, which, forward)

    def memes(self, which: MemeFilter, limit: int = 24, offset: int = 0) -> list[Meme]:
        return self.store.memes.find(which, limit, offset)

    def look_up(self, ids: Sequence[int]) -> list[Meme]:
        return self.store.memes.many(list(ids))

    def meme(self, meme_id: int) -> Meme:
        return self.store.memes.get(meme_id)

    def claim(self, reviewer: str, meme_id: int | None = None, queue: str = "") -> Meme | None:
        """A meme that `reviewer` alone holds for a while; None when nothing waits or it is held by someone else.

        From the named queue if one is given; now and then a hidden gold meme. NotAllowed for a meme that a lead, or somebody
        else, is to answer.
        """
        self.team.require(reviewer, "review")
        if meme_id is not None:
            self._may_answer(self.store.memes.get(meme_id), reviewer)
            return self.store.queue.claim(reviewer, meme_id=meme_id)
        avoid = self.team.preferences(reviewer).opt_out
        decided = self.store.decisions.count(DecisionFilter(reviewer=reviewer, action=Action.DECIDE))
        if self.team.gold_is_due(reviewer, decided):
            gold = self.store.queue.claim(reviewer, split=Split.GOLD, avoid=avoid)
            if gold is not None:
                return gold
        return self.store.queue.claim(reviewer, rule=self.team.rule(queue), avoid=avoid)

    def _may_answer(self, meme: Meme, reviewer: str) -> None:
        if meme.status.for_a_lead:
            self.team.require(reviewer, "adjudicate")
        elif meme.others_only and self.store.decisions.answered(meme.id, reviewer):
            raise NotAllowed(
                f"You have answered meme {meme.id}; somebody else is asked now, without seeing your answer."
                " Undo yours to answer anew."
            )

    def renew(self, meme_id: int, reviewer: str) -> Meme:
        return self.store.queue.renew(meme_id, reviewer)

    def release(self, meme_id: int, reviewer: str) -> None:
        self.store.queue.release(meme_id, reviewer)

    def assign(self, meme_ids: Sequence[int], person: str, by: str) -> None:
        """Puts memes on a person's own list; "" puts them back on everyone's."""
        self.team.require(by, "assign")
        self.store.queue.assign(meme_ids, person)

    def score_queue(self, progress: Progress = silent) -> int:
        """Keeps what the champion says about open memes that it has not scored, for queues that choose by score; how many."""
        champion, done, waiting = self.engine.champion(), 0, max(1, self.store.queue.count())
        while some := self.store.queue.unscored(champion.id):
            said = self.predict(some, champion)
            self.store.queue.score({m.id: p.probability for m, p in zip(some, said, strict=True)}, champion.id)
            done += len(some)
            progress(min(1.0, done / waiting), f"Scored {done:,} memes")
        return done

    def kinds(self) -> list[str]:
        """The sources and themes of memes, which a person may leave to others."""
        return sorted({*self.store.memes.sources(), *self.store.memes.themes()})

    def draft(self, reviewer: str, meme_id: int) -> dict[str, Any]:
        """What this person had begun to say about a meme."""
        return self.store.drafts.get(reviewer, meme_id)

    def keep_draft(self, reviewer: str, meme_id: int, content: dict[str, Any]) -> None:
        self.store.drafts.put(reviewer, meme_id, content)

    def disputed(self, meme: Meme, by: str) -> list[Decision]:
        """What the others said about a meme that waits for a lead, oldest first; for leads only, and nothing for other memes."""
        if not meme.status.for_a_lead:
            return []
        self.team.require(by, "adjudicate")
        events = [e for e in self.store.decisions.list(DecisionFilter(meme_id=meme.id), None) if not e.undone]
        since = takewhile(lambda event: event.action not in (Action.REOPEN, Action.APPEAL), events)
        return [event for event in since if event.action in (Action.DECIDE, Action.ESCALATE)][::-1]

    @cached_property
    def _ahead(self) -> Background:
        return Background()

    def look_ahead(self, reviewer: str, queue: str = "", variants: Sequence[Variant] = ()) -> None:
        """Begins to make ready, in the background, what this person will probably be given next: these variants of the pictures,
        and what the head sees in them."""
        self._ahead.ask(("ahead", reviewer, queue), partial(self._make_ready, reviewer, queue, variants))

    def _make_ready(self, reviewer: str, queue: str, variants: Sequence[Variant], told: Told) -> None:
        avoid, rule = self.team.preferences(reviewer).opt_out, self.team.rule(queue)
        for n, meme in enumerate(self.store.queue.coming(reviewer, AHEAD, rule=rule, avoid=avoid)):
            told(n / AHEAD)
            for variant in variants:
                self.picture(meme.picture, variant)
            self._said(meme)

    def decide(
        self,
        meme: Meme,
        label: Label,
        reviewer: str,
        *,
        key: str = "",
        assisted: bool = False,
        revealed: bool = False,
        note: str = "",
        seconds: float | None = None,
        marks: Marks | None = None,
        tags: Mapping[str, Sequence[str]] | None = None,
        confidence: float | None = None,
        policy_id: int = 0,
        bulk: str = "",
    ) -> Decision:
        """Records a label, with what the champion said about the meme. LeaseLost when someone else holds it now.

        The reviewer's own `marks` are kept with how they compare with the champion's reasons. `tags` are the policy's sub-labels;
        PolicyError when they are not what it asks for. A lead's decision settles what waits for a lead.
        """
        self.team.require(reviewer, "review")
        self._may_answer(meme, reviewer)
        said, marks = self._said(meme), _worded(marks, meme)
        return self.store.decisions.record(
            Decision(
                meme_id=meme.id,
                action=Action.DECIDE,
                reviewer=reviewer,
                label=label,
                assisted=assisted,
                revealed=revealed,
                note=clean_text(note),
                **on_record(said),
                seconds=seconds,
                key=key,
                marks=marks,
                reasons=self._reasons(meme, marks, said.label is label) if marks and said else None,
                tags={name: list(chosen) for name, chosen in (tags or {}).items() if chosen},
                confidence=confidence,
                policy_id=policy_id or self.team.policy().id,
                adjudicates=meme.status.for_a_lead,
                bulk=bulk,
            ),
            self.team.answers_for(meme, reviewer),
        )

    def decide_together(
        self,
        memes: Sequence[Meme],
        label: Label,
        reviewer: str,
        *,
        revealed: bool = False,
        note: str = "",
        tags: Mapping[str, Sequence[str]] | None = None,
    ) -> tuple[list[Decision], list[Meme]]:
        """The same label for several memes at once, marked as bulk and undone as one: what was decided, and what was left.

        Left alone are memes that someone else holds or that this person may not answer. PolicyError decides none of them.
        """
        self.team.require(reviewer, "review")
        bulk = uuid.uuid4().hex
        same: dict[str, Any] = {"revealed": revealed, "note": note, "tags": tags, "bulk": bulk}
        made: list[Decision] = []
        for meme in memes:
            try:
                held = self.claim(reviewer, meme.id)
                if held is not None and held.status.open:  # others decided it meanwhile
                    made.append(self.decide(held, label, reviewer, key=f"{bulk}-{meme.id}", **same))
                elif held is not None:
                    self.release(held.id, reviewer)
            except (NotAllowed, LeaseLost):
                continue
            except PolicyError:
                self.release(meme.id, reviewer)
                raise
        decided = {event.meme_id for event in made}
        return made, [meme for meme in memes if meme.id not in decided]

    def _reasons(self, meme: Meme, marks: Marks, agrees: bool) -> Reasons | None:
        """The marks against the champion's reasons; None where those cannot be had, which is no reason to lose a decision."""
        try:
            return compare(marks, words(meme.text), self.explain(meme), self.ledger(meme).margin, agrees)
        except (NotFound, CheckpointError, BackboneError, DataError):
            return None

    def remembered(self, decision: Decision, meme: Meme) -> Attribution | None:
        """The quick map that a decision's marks were compared with, as kept; None when the words were changed since."""
        if decision.version_id is None:
            return None
        kept = self.store.attributions.get(meme.picture, text_key(meme.text), decision.version_id, "quick")
        return None if kept is None else from_bytes(kept)

    def wrong_reasons(self, memes: Sequence[Meme]) -> set[int]:
        """Ids of those of these memes that the model was right about for the wrong reason."""
        return self.store.memes.wrong_reasons([meme.id for meme in memes])

    def skip(self, meme: Meme, reviewer: str, *, key: str = "", note: str = "") -> Decision:
        """Leaves the meme to the others, with a reason; it does not come back to this person by itself."""
        self.team.require(reviewer, "review")
        return self._let_be(Action.SKIP, meme, reviewer, key, note)

    def escalate(self, meme: Meme, reviewer: str, *, key: str = "", note: str = "") -> Decision:
        """Asks a lead to decide."""
        self.team.require(reviewer, "review")
        return self._let_be(Action.ESCALATE, meme, reviewer, key, note)

    def _let_be(self, action: Action, meme: Meme, reviewer: str, key: str, note: str) -> Decision:
        return self.store.decisions.record(Decision(meme.id, action, reviewer, note=clean_text(note), key=key))

    def undo(self, reviewer: str, decision_id: int | None = None) -> Decision | None:
        """Reverses the reviewer's last decision, skip or escalation, or the given event; None when there is nothing to reverse.

        What was decided in bulk is reversed in bulk. Only leads reverse what others did.
        """
        self.team.require(reviewer, "review")
        if decision_id is not None and self.store.decisions.get(decision_id).reviewer != reviewer:
            self.team.require(reviewer, "adjudicate")
        return self.store.decisions.undo(reviewer, decision_id)

    def reopen(self, meme_id: int, reviewer: str) -> Decision | None:
        """Sends a decided meme back to everyone's queue, history kept."""
        self.team.require(reviewer, "review")
        return self.store.decisions.reopen(meme_id, reviewer)

    def reopen_all(self, meme_ids: Sequence[int], by: str) -> int:
        """Sends those of these memes that are decided back to the queue in one act; how many these were. For leads."""
        self.team.require(by, "adjudicate")
        return len(self.store.decisions.reopen_all(meme_ids, by))

    def appeal(self, meme_id: int, by: str) -> Decision | None:
        """Sends a decided meme to someone who has not decided it."""
        self.team.require(by, "review")
        return self.store.decisions.reopen(meme_id, by, Action.APPEAL)

    def audit(self) -> Audit:
        """Checks that nothing of the record of decisions was changed behind the workbench's back."""
        return self.store.decisions.audit()

    def erase(self, meme_id: int, by: str) -> list[HeadVersion]:
        """Removes a meme everywhere, its picture's files too; the heads that learned from it, which now want a refit."""
        self.team.require(by, "erase")
        picture = self.store.erasure.meme(meme_id, by, text_key(self.store.memes.get(meme_id).text))
        if picture:
            self.pictures.remove(picture)
        return self.want_refit([meme_id], f"meme {meme_id} was erased")

    def erase_person(self, name: str, by: str) -> list[HeadVersion]:
        """Takes a person's decisions back and their name off the record; the heads that learned from them."""
        self.team.require(by, "erase")
        return self.want_refit(self.store.erasure.person(name, by), "a reviewer was erased")

    def want_refit(self, meme_ids: Sequence[int], why: str) -> list[HeadVersion]:
        """Marks the heads that learned from any of these memes as wanting a refit, and gives them."""
        gone = set(meme_ids)
        touched = [v for v in self.store.versions.list() if gone & curriculum.learned(self.settings.versions / v.folder)]
        marks = {str(version.id): why for version in touched}
        self.store.settings.change(REFIT, lambda kept: {**kept, **marks}, {})
        return touched

    def refits(self) -> dict[int, str]:
        """Heads that learned from what was erased since, and why they want a refit."""
        return {int(version_id): why for version_id, why in self.store.settings.get(REFIT, {}).items()}

    def _said(self, meme: Meme) -> Prediction | None:
        """The champion's opinion for the record; a decision never fails for want of one."""
        try:
            return self.predict([meme])[0]
        except (NotFound, CheckpointError, BackboneError):
            return None

    def count_events(self, which: DecisionFilter) -> int:
        return self.store.decisions.count(which)

    def history(self, which: DecisionFilter, limit: int = 50, offset: int = 0) -> list[tuple[Decision, Meme]]:
        """Events with their memes, newest first. While a second answer is awaited, the first is not told."""
        return self._with_memes(self.store.decisions.list(which, limit, offset))

    def export(self, which: DecisionFilter, form: Form = "csv", by: str = "") -> bytes:
        """All matching events as CSV (safe to open in a spreadsheet), JSONL or Parquet, or the memes they decided as a zip in the
        Hateful Memes layout."""
        self.team.require(by, "export")
        rows = self._with_memes(self.store.decisions.list(which, None))
        if form == "hateful-memes":
            memes = sorted({meme.id: meme for _, meme in rows}.values(), key=lambda meme: meme.id)
            return export.hateful_memes_zip(memes, lambda key: self.picture(key, "full"))
        write = {"csv": export.decisions_csv, "jsonl": export.decisions_jsonl, "parquet": export.decisions_parquet}
        return write[form](rows)

    def bring_record(self, data: bytes, form: Form, by: str) -> Brought:
        """Takes an exported record in, in the names of those who decided; ImportRejected when the file is none."""
        self.team.require(by, "people")
        return self.store.transfer.bring(export.read_record(data, form))

    def _with_memes(self, events: list[Decision]) -> list[tuple[Decision, Meme]]:
        memes = {m.id: m for m in self.store.memes.many(list({e.meme_id for e in events}))}
        return [(_covered(e) if memes[e.meme_id].others_only else e, memes[e.meme_id]) for e in events]
