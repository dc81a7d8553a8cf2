"""The tables. Rows never leave this room; every repository turns them into values of gatedclip.types."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, ForeignKey, Index, LargeBinary, MetaData, String, Text, false, text
from sqlalchemy import Enum as EnumOf
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from gatedclip.types import Action, JobStatus, Label, Role, Split, Status

LAST_TURN = 2**31 - 1  # of memes that are in no batch to look at next
ACTIVE_JOB = "status in ('queued', 'running')"


def utcnow() -> datetime:
    return datetime.now(UTC)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC: stored without a zone, because SQLite has none, and read back with one."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is None:
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def _words(kind: type[Enum]) -> EnumOf:
    """An enum kept as its word, so that a new member needs no migration."""
    return EnumOf(kind, native_enum=False, length=16, values_callable=lambda members: [m.value for m in members])


class Base(DeclarativeBase):
    metadata = MetaData(  # every constraint has a name by which a later migration can change it
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Moment(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
        bytes: LargeBinary(),
        **{kind: _words(kind) for kind in (Action, JobStatus, Label, Role, Split, Status)},
    }


class MemeRow(Base):
    __tablename__ = "meme"
    __table_args__ = (
        Index("ix_meme_split_status", "split", "status"),
        Index("ix_meme_turn", "split", "status", "turn", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    picture: Mapped[str] = mapped_column(String(128), index=True)
    text: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    machine_text: Mapped[str] = mapped_column(Text)
    source_sha256: Mapped[str] = mapped_column(String(64), index=True)
    split: Mapped[Split]
    given: Mapped[Label | None]
    family: Mapped[str] = mapped_column(Text, index=True)
    truth: Mapped[str] = mapped_column(Text)
    theme: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    # The fold over this meme's decisions, rewritten in the transaction that adds one.
    status: Mapped[Status] = mapped_column(default=Status.WAITING)
    label: Mapped[Label | None]
    leased_by: Mapped[str] = mapped_column(Text, default="", index=True)
    leased_until: Mapped[datetime | None]
    answers: Mapped[int] = mapped_column(default=1)
    others_only: Mapped[bool] = mapped_column(default=False)
    assigned_to: Mapped[str] = mapped_column(Text, default="", index=True)
    score: Mapped[float | None]
    scored_by: Mapped[int | None]
    turn: Mapped[int] = mapped_column(default=LAST_TURN)  # place in the newest batch to look at next, from 0


class TextEditRow(Base):
    """Append-only: what a person made of a meme's text."""

    __tablename__ = "text_edit"

    id: Mapped[int] = mapped_column(primary_key=True)
    meme_id: Mapped[int] = mapped_column(ForeignKey("meme.id"), index=True)
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)
    reviewer: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=utcnow)


class DecisionRow(Base):
    """Append-only. `undoes` is unique: an event is reversed at most once. `key` is NULL where none was given."""

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    meme_id: Mapped[int] = mapped_column(ForeignKey("meme.id"), index=True)
    action: Mapped[Action]
    reviewer: Mapped[str] = mapped_column(Text, index=True)
    label: Mapped[Label | None]
    assisted: Mapped[bool]
    revealed: Mapped[bool]
    note: Mapped[str] = mapped_column(Text)
    version_id: Mapped[int | None] = mapped_column(ForeignKey("head_version.id"))
    probability: Mapped[float | None]
    gate: Mapped[float | None]
    threshold: Mapped[float | None]
    seconds: Mapped[float | None]
    undoes: Mapped[int | None] = mapped_column(ForeignKey("decision.id"), unique=True)
    key: Mapped[str | None] = mapped_column(String(128), unique=True)
    policy_id: Mapped[int] = mapped_column(default=0)
    tags: Mapped[dict[str, Any]] = mapped_column(default=dict)
    confidence: Mapped[float | None]
    adjudicates: Mapped[bool] = mapped_column(default=False)
    bulk: Mapped[str] = mapped_column(String(64), default="", index=True)
    previous: Mapped[Label | None]
    marks: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    reasons: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    wrong_reason: Mapped[bool] = mapped_column(default=False, server_default=false(), index=True)  # from reasons, to filter by
    at: Mapped[datetime] = mapped_column(default=utcnow)
    salt: Mapped[str] = mapped_column(String(32), default="")  # forgotten when the event is erased
    digest: Mapped[str] = mapped_column(String(64), default="")  # of salt and content
    receipt: Mapped[str] = mapped_column(String(64), default="")  # of the receipt before and the digest
    erased: Mapped[bool] = mapped_column(default=False)


class PersonRow(Base):
    __tablename__ = "person"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    role: Mapped[Role]
    email: Mapped[str] = mapped_column(Text, default="", index=True)
    quarantined: Mapped[bool] = mapped_column(default=False)
    preferences: Mapped[dict[str, Any]] = mapped_column(default=dict)  # empty: the organisation's
    added_at: Mapped[datetime] = mapped_column(default=utcnow)


class PolicyRow(Base):
    """Append-only: every version of the policy."""

    __tablename__ = "policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    facets: Mapped[list[Any]]
    by: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=utcnow)


class DraftRow(Base):
    """What one person has begun to say about a meme."""

    __tablename__ = "draft"

    reviewer: Mapped[str] = mapped_column(String(80), primary_key=True)
    meme_id: Mapped[int] = mapped_column(ForeignKey("meme.id"), primary_key=True)
    content: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(default=utcnow)


class ExposureRow(Base):
    """One unblurred view, lengthened while it lasts."""

    __tablename__ = "exposure"

    id: Mapped[int] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(String(80), index=True)
    meme_id: Mapped[int]
    seconds: Mapped[float]
    at: Mapped[datetime] = mapped_column(default=utcnow, index=True)


class VectorRow(Base):
    __tablename__ = "vector"

    encoder: Mapped[str] = mapped_column(String(200), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    half: Mapped[bytes]  # (D,) little-endian float16


class LikenessRow(Base):
    __tablename__ = "likeness"

    picture: Mapped[str] = mapped_column(String(128), primary_key=True)
    upright: Mapped[bytes]  # two hashes of 32 bytes: the whole picture, and without its writing
    mirrored: Mapped[bytes]
    whole_quality: Mapped[int]
    bare_quality: Mapped[int]


class HeadVersionRow(Base):
    __tablename__ = "head_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("head_version.id"))
    kind: Mapped[str] = mapped_column(String(16))
    encoder: Mapped[str] = mapped_column(String(200))
    folder: Mapped[str] = mapped_column(Text, unique=True)
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    config: Mapped[dict[str, Any]]
    data: Mapped[dict[str, Any]]
    metrics: Mapped[dict[str, Any]]
    report: Mapped[dict[str, Any]]


class PromotionRow(Base):
    """Append-only: which head serves from when on, on whose word and on what verdict."""

    __tablename__ = "promotion"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("head_version.id"))
    by: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    rollback: Mapped[bool]
    at: Mapped[datetime] = mapped_column(default=utcnow)
    verdict: Mapped[dict[str, Any]] = mapped_column(default=dict)
    override: Mapped[bool] = mapped_column(default=False)
    manifest: Mapped[str] = mapped_column(String(64), default="")
    receipt: Mapped[str] = mapped_column(String(64), default="")  # of the receipt before and this row


class ManifestRow(Base):
    """Append-only: memes frozen to be judged on; the newest of a kind holds."""

    __tablename__ = "manifest"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    entries: Mapped[list[Any]]
    by: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=utcnow)


class LookRow(Base):
    """Append-only: each time a sealed manifest was measured on."""

    __tablename__ = "look"

    id: Mapped[int] = mapped_column(primary_key=True)
    manifest_id: Mapped[int] = mapped_column(ForeignKey("manifest.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("head_version.id"))
    by: Mapped[str] = mapped_column(Text)
    result: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(default=utcnow)


class PickRow(Base):
    """Append-only: which memes were chosen to be looked at next, batch by batch, and why."""

    __tablename__ = "pick"

    id: Mapped[int] = mapped_column(primary_key=True)
    meme_id: Mapped[int] = mapped_column(ForeignKey("meme.id"), index=True)
    batch: Mapped[int] = mapped_column(index=True)
    strategy: Mapped[str] = mapped_column(String(32), index=True)
    reason: Mapped[str] = mapped_column(Text)
    chance: Mapped[float]
    seed: Mapped[int] = mapped_column(BigInteger)
    version_id: Mapped[int] = mapped_column(ForeignKey("head_version.id"))
    at: Mapped[datetime] = mapped_column(default=utcnow)


class JobRow(Base):
    __tablename__ = "job"
    __table_args__ = (
        Index(
            "uq_job_one_active_per_kind",
            "kind",
            unique=True,
            sqlite_where=text(ACTIVE_JOB),
            postgresql_where=text(ACTIVE_JOB),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    status: Mapped[JobStatus] = mapped_column(default=JobStatus.QUEUED)
    requested_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    progress: Mapped[float] = mapped_column(default=0.0)
    message: Mapped[str] = mapped_column(Text, default="")
    options: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    finished_at: Mapped[datetime | None]
    pid: Mapped[int | None]
    heartbeat: Mapped[datetime | None]
    cancelling: Mapped[bool] = mapped_column(default=False)


class SettingRow(Base):
    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON())


class AttributionRow(Base):
    __tablename__ = "attribution"

    picture: Mapped[str] = mapped_column(String(128), primary_key=True)
    text_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("head_version.id"), primary_key=True)
    method: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes]
