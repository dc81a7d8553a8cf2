"""Several people at one workbench: who may do what, what they judge by, how well they agree, what they were exposed to."""

from __future__ import annotations

import hashlib
from dataclasses import asdict

from gatedclip.config import Settings
from gatedclip.errors import InputError, NotAllowed
from gatedclip.store.people import preferences_from
from gatedclip.store.store import Store
from gatedclip.types import Decision, Exposure, Label, Meme, Person, Policy, Preferences, QueueRule, Role, Split

LOCAL_ROLE, SECOND_SHARE, GOLD_SHARE, PREFERENCES, RULES = "local role", "second share", "gold share", "preferences", "queues"
ORGANISATION = {SECOND_SHARE: 0.1, GOLD_SHARE: 0.05, LOCAL_ROLE: Role.ADMIN.value}

POWERS: dict[Role, frozenset[str]] = {
    Role.MODERATOR: frozenset({"review", "bring"}),
    Role.RESEARCHER: frozenset({"bring", "retrain", "export"}),
    Role.LEAD: frozenset({"review", "bring", "retrain", "export", "adjudicate", "assign", "policy", "quality", "promote"}),
    Role.ADMIN: frozenset(
        {"review", "bring", "retrain", "export", "adjudicate", "assign", "policy", "quality", "promote", "people", "erase"}
    ),
}
"""What each role may do; checked by the workbench's verbs, so that no page and no script can do more."""


class Team:
    """The people of one workbench. Without sign-in a name is only a name, and everyone has one and the same role."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings, self.store = settings, store

    # --- who ------------------------------------------------------------------------------------------------------

    def role(self, name: str) -> Role | None:
        """What this person is here; None for someone nobody let in."""
        if not self.settings.sign_in:
            return Role(str(self.setting(LOCAL_ROLE)))
        person = self.store.people.find(name)
        return person.role if person else None

    def may(self, name: str, power: str) -> bool:
        role = self.role(name)
        return role is not None and power in POWERS[role]

    def require(self, name: str, power: str) -> None:
        """NotAllowed unless this person may."""
        if not self.may(name, power):
            able = ", ".join(role.value for role in Role if power in POWERS[role])
            has = role.value if (role := self.role(name)) else "nobody here"
            raise NotAllowed(f"{name!r} is {has}, and this takes one of: {able}. Ask an admin for that role.")

    def welcome(self, email: str, name: str = "") -> Person | None:
        """The person behind a verified e-mail; None when nobody let them in. Those named as admins in the settings always are."""
        email = email.casefold()
        known = self.store.people.by_email(email)
        admins = {each.strip().casefold() for each in self.settings.admins.split(",")} - {""}
        if email not in admins or (known and known.role is Role.ADMIN):
            return known
        known = known or self.store.people.add(email[:80], Role.ADMIN, email)
        return self.store.people.change(known.name, role=Role.ADMIN)

    def people(self) -> list[Person]:
        return self.store.people.list()

    def add(self, name: str, role: Role, by: str, email: str = "") -> Person:
        self.require(by, "people")
        if not (name := name.strip()[:80]):
            raise InputError("A person needs a name. Type one.")
        if self.store.people.find(name) or (email and self.store.people.by_email(email)):
            raise InputError(f"{email or name!r} is here already. Change their role instead.")
        return self.store.people.add(name, role, email)

    def change_role(self, name: str, role: Role, by: str) -> Person:
        """The person in another role. InputError for the only admin's: nobody could undo that."""
        self.require(by, "people")
        if [person.name for person in self.people() if person.role is Role.ADMIN] == [name] and role is not Role.ADMIN:
            raise InputError(f"{name!r} is the only admin. Make somebody else one first.")
        return self.store.people.change(name, role=role)

    def quarantine(self, name: str, on: bool, by: str) -> Person:
        """Whether this person's labels stay out of training; turning it off brings them all back."""
        self.require(by, "quality")
        self.store.people.add(name, Role.MODERATOR)  # a local name may have no entry yet
        return self.store.people.change(name, quarantined=on)

    # --- what is agreed -------------------------------------------------------------------------------------------

    def setting(self, key: str) -> float | str:
        """A choice of the organisation."""
        return self.store.settings.get(f"team: {key}", ORGANISATION[key])  # type: ignore[no-any-return]

    def choose(self, key: str, value: float | str, by: str) -> None:
        """A choice of the organisation. Without sign-in anyone sets the one role: it guards against slips, not people."""
        if key != LOCAL_ROLE or self.settings.sign_in:
            self.require(by, "people" if key == LOCAL_ROLE else "quality")
        if key != LOCAL_ROLE and not 0 <= float(value) <= 1:
            raise InputError(f"{key} is {value}; a share lies between 0 and 1.")
        self.store.settings.put(f"team: {key}", value)

    def policy(self) -> Policy:
        return self.store.policies.current()

    def write_policy(self, policy: Policy, by: str) -> Policy:
        """A new version; decisions made from now on name it."""
        self.require(by, "policy")
        return self.store.policies.add(policy, by)

    def rules(self) -> list[QueueRule]:
        """The named queues."""
        return [QueueRule(**values) for values in self.store.settings.get(RULES, [])]

    def rule(self, name: str) -> QueueRule | None:
        """The named queue; None for "" or a queue that is gone, which means everything that waits."""
        return next((rule for rule in self.rules() if rule.name == name), None)

    def write_rules(self, rules: list[QueueRule], by: str) -> None:
        self.require(by, "assign")
        names = [rule.name.strip() for rule in rules]
        if "" in names or len(set(names)) != len(names):
            raise InputError("Every queue needs a name of its own.")
        for rule in rules:
            if not 0 <= rule.low <= rule.high <= 1 or rule.answers < 1:
                raise InputError(f"{rule.name}: scores go from 0 to 1, the lower first, and at least one person answers.")
        self.store.settings.put(RULES, [asdict(rule) for rule in rules])

    # --- second answers and gold ----------------------------------------------------------------------------------

    def answers_for(self, meme: Meme, reviewer: str) -> int:
        """How many people are to answer: two for the organisation's share of memes, drawn by the meme's number alone.

        One where nobody but `reviewer` is known who could answer too: the meme would wait for ever.
        """
        wanted = drawn("second", meme.id) < float(self.setting(SECOND_SHARE)) and self._another(reviewer)
        return max(meme.answers, 2 if wanted else 1)

    def _another(self, reviewer: str) -> bool:
        return any(person.name != reviewer and self.may(person.name, "review") for person in self.people())

    def gold_is_due(self, reviewer: str, decided: int) -> bool:
        """Whether this person's next meme is a hidden gold one; drawn from their name and how many they have decided."""
        return drawn(f"gold {reviewer}", decided) < float(self.setting(GOLD_SHARE))

    def make_gold(self, meme_id: int, label: Label, by: str) -> Meme:
        """From now on this meme is shown to everyone once, to see how they judge, and is never learned from."""
        self.require(by, "quality")
        return self.store.decisions.place(meme_id, Split.GOLD, label)

    def give_back(self, meme_id: int, by: str) -> Meme:
        """The gold meme in the queue again, keeping its true label as the one it came with; what people said of it counts now."""
        self.require(by, "quality")
        meme = self.store.memes.get(meme_id)
        if meme.split is not Split.GOLD:
            raise InputError(f"Meme {meme_id} is no hidden one; it is in {meme.split.value}. Reload the list.")
        return self.store.decisions.place(meme_id, Split.QUEUE, meme.given)

    def gold(self) -> dict[int, Label]:
        """The labels of the gold memes, by id."""
        memes = self.store.memes.all_keys(Split.GOLD)
        return {int(i): given for i, given in zip(memes.ids, memes.given, strict=True) if given}

    def answers(self) -> list[Decision]:
        """Who said what, oldest first, in the queue."""
        return self.store.decisions.answers()

    # --- protection -----------------------------------------------------------------------------------------------

    def preferences(self, name: str) -> Preferences:
        """How this person wants to be shown memes: their own choice, or the organisation's."""
        person = self.store.people.find(name)
        if person and person.preferences:
            return person.preferences
        chosen = self.store.settings.get(PREFERENCES)
        return preferences_from(chosen) if chosen else Preferences()

    def prefer(self, name: str, preferences: Preferences | None) -> None:
        """A person's own choice; None goes back to the organisation's."""
        self.store.people.add(name, Role.MODERATOR)
        self.store.people.change(name, preferences=preferences)

    def prefer_for_all(self, preferences: Preferences, by: str) -> None:
        self.require(by, "quality")
        self.store.settings.put(PREFERENCES, asdict(preferences))

    def exposed(self, name: str, meme_id: int, seconds: float, view: int | None = None) -> int:
        """Records one unblurred view, or how long the `view` on record has lasted by now; its number."""
        lasted = round(max(0.0, seconds), 1)
        if view is None:
            return self.store.exposures.add(name, meme_id, lasted)
        self.store.exposures.lengthen(view, lasted)
        return view

    def exposure(self, name: str = "", days: int = 7) -> list[Exposure]:
        """Unblurred views by person and day; a person sees their own, leads everyone's."""
        return self.store.exposures.days(name, days)


def drawn(what: str, number: int) -> float:
    """A number in 0..1 that is the same every time it is asked for, and evenly spread over `number`."""
    digest = hashlib.sha256(f"{what} {number}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64
