"""The policy people judge by, every version of it, and what it asks of a decision."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatedclip.errors import NotFound, PolicyError
from gatedclip.store.database import Database
from gatedclip.store.tables import PolicyRow, utcnow
from gatedclip.types import Decision, Facet, Label, Policy

BUILT_IN = Policy(
    text=(
        "Hateful: attacks people for what they are (ethnicity, religion, nationality, sex, disability and the like), by the"
        " picture, by the words, or only by the two together. Benign: everything else, however rude. Unsure: you cannot tell."
    ),
    facets=(  # the fine-grained scheme of the Hateful Memes data
        Facet("group", "Attacked group", ("race", "religion", "nationality", "sex", "disability")),
        Facet(
            "attack",
            "Kind of attack",
            ("dehumanising", "inferiority", "inciting violence", "mocking", "contempt", "slurs", "exclusion"),
        ),
        Facet("severity", "Severity", ("low", "middle", "high"), many=False),
    ),
)


class Policies:
    def __init__(self, database: Database) -> None:
        self._db = database

    def current(self) -> Policy:
        """The newest version; the built-in one while there is none."""
        with self._db.reading() as session:
            return policy_of(session, 0)

    def get(self, policy_id: int) -> Policy:
        with self._db.reading() as session:
            return BUILT_IN if policy_id == 0 else _to_policy(_row(session, policy_id))

    def list(self) -> list[Policy]:
        """Every version, newest first, the built-in one last."""
        with self._db.reading() as session:
            return [*map(_to_policy, session.scalars(select(PolicyRow).order_by(PolicyRow.id.desc()))), BUILT_IN]

    def add(self, policy: Policy, by: str) -> Policy:
        """The new version, which counts from now on."""
        _sound(policy)
        row = PolicyRow(text=policy.text, facets=[asdict(facet) for facet in policy.facets], by=by, at=utcnow())
        with self._db.writing() as session:
            session.add(row)
            session.flush()
            return _to_policy(row)


def policy_of(session: Session, policy_id: int) -> Policy:
    """The version a decision names, or the current one for 0."""
    if policy_id:
        return _to_policy(_row(session, policy_id))
    newest = session.scalar(select(PolicyRow).order_by(PolicyRow.id.desc()).limit(1))
    return BUILT_IN if newest is None else _to_policy(newest)


def require(policy: Policy, decision: Decision) -> None:
    """Raises PolicyError unless the decision holds what the policy asks for with its label, and nothing it does not know."""
    asked = {facet.name: facet for facet in policy.facets if decision.label in facet.asked_for}
    for name, chosen in decision.tags.items():
        facet = asked.get(name)
        if facet is None:
            raise PolicyError(f"{name!r} is not asked with {decision.label}. Asked are: {', '.join(asked) or 'nothing'}.")
        if unknown := [option for option in chosen if option not in facet.options]:
            raise PolicyError(f"{facet.title} has no {unknown[0]!r}. Choose from {', '.join(facet.options)}.")
        if len(chosen) > 1 and not facet.many:
            raise PolicyError(f"{facet.title} takes one answer and got {len(chosen)}. Choose one.")
    if missing := [facet.title for facet in asked.values() if facet.required and not decision.tags.get(facet.name)]:
        raise PolicyError(f"The policy asks for {', '.join(missing)} with {decision.label}. Choose, then decide again.")
    if decision.confidence is not None and not 0 <= decision.confidence <= 1:
        raise PolicyError(f"Confidence is {decision.confidence}; it lies between 0 and 1.")


def _sound(policy: Policy) -> None:
    if not policy.text.strip():
        raise PolicyError("The policy has no text. Write what reviewers should judge by.")
    names = [facet.name for facet in policy.facets]
    if len(set(names)) != len(names):
        raise PolicyError(f"Two questions share a name ({', '.join(names)}). Give each its own.")
    for facet in policy.facets:
        if not facet.name or not facet.options or len(set(facet.options)) != len(facet.options):
            raise PolicyError(f"{facet.title or 'A question'} needs a name and options, each once; it has {list(facet.options)}.")


def _row(session: Session, policy_id: int) -> PolicyRow:
    row = session.get(PolicyRow, policy_id)
    if row is None:
        raise NotFound(f"There is no version {policy_id} of the policy. Reload the page.")
    return row


def _to_policy(row: PolicyRow) -> Policy:
    return Policy(row.text, tuple(_to_facet(facet) for facet in row.facets), row.id, row.by, row.at)


def _to_facet(values: dict[str, Any]) -> Facet:
    asked_for = tuple(Label(label) for label in values["asked_for"])
    return Facet(**{**values, "options": tuple(values["options"]), "asked_for": asked_for})
