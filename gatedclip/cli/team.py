"""The team in a terminal: whether the record is sound, who may do what, what is judged by, how well people agree."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from gatedclip.cli.output import AsJson, By, one_of, plain, show, who
from gatedclip.data.text import clean_text
from gatedclip.errors import InputError
from gatedclip.store.receipts import Audit
from gatedclip.team import LOCAL_ROLE
from gatedclip.types import Facet, Interval, Person, Policy, Role
from gatedclip.workbench import Workbench

if TYPE_CHECKING:
    from gatedclip.learn.agreement import Pair
    from gatedclip.workbench.leading import Quality

RoleOption = Annotated[str, typer.Option(help=f"One of: {', '.join(role.value for role in Role)}.")]
RoleArgument = Annotated[str, typer.Argument(help=f"One of: {', '.join(role.value for role in Role)}.")]


def audit(as_json: AsJson = False) -> None:
    """Check that nothing of the record was changed behind the workbench's back. Exit code 1 where something was.

    Note the newest receipts elsewhere: whoever can rewrite everything can rewrite the chains, but not your note.

    Example: gatedclip audit verify
    """
    bench = Workbench.open()
    decisions, promotions = bench.audit(), bench.audit_promotions()
    sound = decisions.sound and promotions.sound
    words = "\n".join([_say_audit(decisions, "events"), _say_audit(promotions, "promotions")])
    show({**asdict(decisions), "promotions": asdict(promotions), "sound": sound}, words, as_json)
    if not sound:
        raise typer.Exit(1)


def _say_audit(found: Audit, what: str) -> str:
    lines = [f"{what}: {found.events:,}" + (f", {found.erased:,} of them erased on request" if what == "events" else "")]
    lines += [f"{found.uncovered:,} of them from before receipts were kept"] if found.uncovered else []
    verdict = "sound" if found.sound else f"NOT SOUND, {len(found.problems):,} problems"
    return "\n".join([*lines, f"newest receipt {found.newest}", verdict, *(f"  {problem}" for problem in found.problems)])


def people(as_json: AsJson = False) -> None:
    """Everyone here, with what they may do and whether their labels are learned from.

    Example: gatedclip people list
    """
    bench = Workbench.open()
    found = bench.team.people()
    one = "" if bench.settings.sign_in else f"Nobody signs in: everyone is {bench.team.setting(LOCAL_ROLE)}."
    words = "\n".join(filter(None, [one, *(_say_person(bench, person) for person in found)])) or "Nobody yet."
    show([plain(person) for person in found], words, as_json)


def _say_person(bench: Workbench, person: Person) -> str:
    role = bench.team.role(person.name)
    facts = [role.value if role else "", clean_text(person.email), "labels kept out of training" if person.quarantined else ""]
    return f"{clean_text(person.name)}: {', '.join(filter(None, facts))}"


def add(
    email: Annotated[str, typer.Argument(help="E-mail as the identity provider gives it, or a name where nobody signs in.")],
    role: RoleOption = "moderator",
    by: By = "",
) -> None:
    """Let someone in.

    Example: gatedclip people add anna@example.org --role lead --by you@example.org
    """
    one_of("--role", role, [each.value for each in Role])
    bench = Workbench.open()
    email = clean_text(email)
    if bench.settings.sign_in and "@" not in email:
        raise InputError(f"{email!r} is no e-mail, and people sign in by theirs. Give the one their identity provider knows.")
    person = bench.team.add(
        email.casefold() if "@" in email else email, Role(role), who(bench, by), email if "@" in email else ""
    )
    print(_say_person(bench, person))


def change_role(
    name: Annotated[str, typer.Argument(help="Who; as `gatedclip people list` names them. `everyone` where nobody signs in.")],
    role: RoleArgument,
    by: By = "",
) -> None:
    """Change what someone may do; where nobody signs in, what everyone may.

    Example: gatedclip people role anna@example.org admin
    """
    one_of("The role", role, [each.value for each in Role])
    bench = Workbench.open()
    if not bench.settings.sign_in:
        if name != "everyone":
            raise InputError(
                "Nobody signs in here, so everyone has one and the same role. Change it with: people role everyone ROLE"
            )
        bench.team.choose(LOCAL_ROLE, role, who(bench, by))
        print(f"everyone: {role}")
        return
    print(_say_person(bench, bench.team.change_role(name, Role(role), who(bench, by))))


def policy(
    version: Annotated[int | None, typer.Option(help="Number of an earlier version; 0 is what the software comes with.")] = None,
    as_json: AsJson = False,
) -> None:
    """What reviewers judge by, and what is asked beside the label.

    Example: gatedclip policy show --version 0
    """
    bench = Workbench.open()
    found = bench.team.policy() if version is None else bench.store.policies.get(version)
    show(found, _say_policy(found), as_json)


def _say_policy(found: Policy) -> str:
    name = f"version {found.id} by {clean_text(found.by)}" if found.id else "the policy this software comes with"
    return "\n".join([name, clean_text(found.text), *map(_say_facet, found.facets)])


def _say_facet(facet: Facet) -> str:
    how = f"{'required' if facet.required else 'optional'}, with {' or '.join(label.value for label in facet.asked_for)}"
    return f"  {clean_text(facet.title)} ({how}): {clean_text(', '.join(facet.options))}"


def agreement(by: By = "", as_json: AsJson = False) -> None:
    """How far people agree, with each other and with memes of known label, and before and after seeing the model. For leads.

    Example: gatedclip agreement --json
    """
    bench = Workbench.open()
    found = bench.quality(who(bench, by))
    show(found, _say_quality(found), as_json)


def _say_quality(found: Quality) -> str:
    everyone = found.overall
    alpha = f"Krippendorff's alpha {_of(everyone.alpha)} on {everyone.n:,} memes by {everyone.reviewers} people"
    lines = [*([alpha] if everyone.alpha else []), *([everyone.note] if everyone.note else [])]
    lines += [_say_pair(pair) for pair in found.pairs if pair.raw.n]
    for person in found.accuracy:
        under = ", UNDER THE FLOOR" if person in found.below else ""
        lines.append(f"{clean_text(person.reviewer)}: right on {person.right.hits} of {person.right.n} hidden memes{under}")
    return "\n".join([*lines, *(f"{clean_text(a.reviewer)}: {a.sentence}" for a in found.anchoring)])


def _say_pair(pair: Pair) -> str:
    kappa = f"Cohen's kappa {_of(pair.kappa)}. {pair.note}" if pair.kappa else pair.note
    return clean_text(f"{pair.first} and {pair.second}: the same label on {pair.raw.hits} of {pair.raw.n} memes. {kappa}")


def _of(value: Interval | None) -> str:
    return str(value) if value else "undefined"
