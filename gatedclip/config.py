"""What can be chosen: Settings of the workbench (from the environment, read once) and the options of one training run."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from gatedclip.errors import ConfigError

ASSETS = Path(__file__).resolve().parent.parent / "assets"

Resize = Literal["squash", "longest", "crop"]
InputScale = Literal["standardise", "unit", "raw"]
HeadKind = Literal["gated", "mean", "picture", "words", "ensemble"]
MEMBERS = 20  # most heads in an ensemble
ThresholdRule = Literal["validation", "half", "recall", "precision", "cost"]
Calibration = Literal["temperature", "none"]
Preset = Literal["tuned", "paper"]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
Unsure = Literal["leave out", "soft"]


@dataclass(frozen=True)
class Settings:
    """Where the workbench keeps things and which CLIP it uses. Each field is one GATEDCLIP_… variable."""

    home: Path = Path("data")
    """GATEDCLIP_HOME: folder for the database, pictures, head versions and job logs."""

    db: str = ""
    """GATEDCLIP_DB: SQLAlchemy URL; empty means SQLite inside `home`."""

    backbone: str = "demo"
    """GATEDCLIP_BACKBONE: `demo`, an open_clip `arch/tag` (ViT-B-32-quickgelu/openai), `hf-hub:owner/model`, or
    `arch@/path/to/weights`."""

    device: str = "auto"
    """GATEDCLIP_DEVICE: `auto` (cuda, then mps, then cpu) or any torch device."""

    resize: Resize = "squash"
    """GATEDCLIP_RESIZE: how a picture is made square. `squash` keeps captions at the edges; `crop` is CLIP's own centre crop."""

    sign_in: bool = False
    """GATEDCLIP_SIGN_IN: 1 makes people sign in with the provider of Streamlit's `[auth]` secrets; each e-mail has a role.
    Without it a name is picked, everyone has one role, and the app serves this machine only."""

    admins: str = ""
    """GATEDCLIP_ADMINS: e-mails, with commas between, of people who are admins from their first sign-in."""

    def barred(self, address: str | None) -> str:
        """Why the workbench must not be served on an address; empty when it may."""
        if self.sign_in or address in LOOPBACK:
            return ""
        return (
            f"This server listens on {address or 'every address'}, where anyone on the network could review under any name. Serve"
            " it on 127.0.0.1, or let people sign in: set GATEDCLIP_SIGN_IN=1, put the [auth] section of your identity provider"
            " into .streamlit/secrets.toml, and name the first admins in GATEDCLIP_ADMINS. The README shows both."
        )

    @classmethod
    def from_env(cls, env: dict[str, str] | None = None) -> Settings:
        env = dict(os.environ) if env is None else env
        given: dict[str, Any] = {f.name: env[name] for f in fields(cls) if env.get(name := f"GATEDCLIP_{f.name.upper()}")}
        if "sign_in" in given:
            _one_of("GATEDCLIP_SIGN_IN", given["sign_in"], Literal["0", "1"])
            given["sign_in"] = given["sign_in"] == "1"
        return cls(**given)

    def __post_init__(self) -> None:
        object.__setattr__(self, "home", Path(self.home).expanduser().resolve())
        _one_of("GATEDCLIP_RESIZE", self.resize, Resize)

    @property
    def url(self) -> str:
        return self.db or f"sqlite:///{self.home / 'gatedclip.db'}"

    @property
    def pictures(self) -> Path:
        return self.home / "pictures"

    @property
    def versions(self) -> Path:
        return self.home / "versions"

    @property
    def logs(self) -> Path:
        return self.home / "logs"


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides one training run; the defaults are the `tuned` preset."""

    head: HeadKind = "gated"
    """`gated` is GatedCLIP; `mean` the paper's baseline; `picture` and `words` see one modality only; `ensemble` is `members`
    GatedCLIP heads of seeds in a row, averaged, because the seed of a single training flips decisions."""

    members: int = 5
    """Heads in an ensemble; other kinds are one head."""

    input_scale: InputScale = "standardise"
    """The paper does not say. `standardise` fits mean and deviation per feature on the training memes; `unit` is L2."""

    resize: Resize = "squash"
    """Preprocessing the encoder should use; `crop` (paper) cuts captions off tall and wide memes."""

    flip: float = 0.0
    """Probability of showing the mirrored picture. It mirrors the caption too, hence off in `tuned`."""

    threshold: ThresholdRule = "validation"
    """`half` is 0.5 (paper). The others are chosen on the validation memes: `validation` maximises balanced accuracy; `recall`,
    `precision` and `cost` reach the `aim`."""

    aim: float = 0.9
    """With the threshold `recall` or `precision` the share to reach, 0..1; with `cost` how many false alarms one miss costs."""

    calibration: Calibration = "temperature"
    """`temperature` divides every margin by the one number that makes the validation memes' labels likeliest; order and verdicts
    at a half stay. `none` takes the margin as it is (paper)."""

    epochs: int = 20
    """At most this many passes over the training memes."""

    batch: int = 32
    """Memes per step."""

    learning_rate: float = 3e-4
    """Peak of AdamW's learning rate, reached after `warmup` epochs, then cosine to 0. 1e-4 in *paper*."""

    weight_decay: float = 0.01
    """AdamW's decoupled decay."""

    gate_hold: int = 3
    """Epochs at the start with the gate held at ½, so that classifier and projections meet picture and words together. A free
    gate soon turns into a switch: it hides the picture behind some words for good, and what only both can tell is never learned.
    0 in *paper*."""

    warmup: int = 2
    """Epochs of linear rise from 0."""

    patience: int = 7
    """Epochs without a better validation AUROC before stopping; the best epoch is kept."""

    clip_norm: float = 1.0
    """Largest gradient norm."""

    alignment: float = 0.01
    """Weight λ of mean(1 - cos(h_I, h_T)) (eq. 8)."""

    decision_weight: float = 3.0
    """How many base memes one decision of a moderator counts for; docs/selection.md has what others give."""

    decision_cap: float = 0.3
    """Largest share of the total weight that all decisions together may have."""

    assisted_weight: float = 0.5
    """What a decision made after the model's view was shown counts for against one made blind: it partly repeats the model."""

    bulk_weight: float = 0.5
    """What a decision made for several memes at once counts for against one of its own: nobody looked at each for long."""

    unsure: Unsure = "leave out"
    """`leave out` learns nothing from an unsure answer; `soft` learns that the meme is hateful with probability ½."""

    seed: int = 0
    """Seeds initial weights, order of memes, dropout and flips."""

    def __post_init__(self) -> None:
        for name, kind in (
            ("head", HeadKind),
            ("input_scale", InputScale),
            ("resize", Resize),
            ("threshold", ThresholdRule),
            ("calibration", Calibration),
            ("unsure", Unsure),
        ):
            _one_of(name, getattr(self, name), kind)
        _within("flip", self.flip, 0, 1)
        _within("aim", self.aim, 0.01, 100 if self.threshold == "cost" else 1)
        _within("members", self.members, 2, MEMBERS)
        _within("epochs", self.epochs, 1, 1000)
        _within("batch", self.batch, 2, 65536)
        _within("learning_rate", self.learning_rate, 1e-8, 1)
        _within("weight_decay", self.weight_decay, 0, 1)
        _within("gate_hold", self.gate_hold, 0, 1000)
        _within("warmup", self.warmup, 0, self.epochs)
        _within("patience", self.patience, 1, 1000)
        _within("clip_norm", self.clip_norm, 1e-6, 1e6)
        _within("alignment", self.alignment, 0, 10)
        _within("decision_weight", self.decision_weight, 0.01, 1000)
        _within("decision_cap", self.decision_cap, 0.01, 1)
        _within("assisted_weight", self.assisted_weight, 0.01, 1)
        _within("bulk_weight", self.bulk_weight, 0.01, 1)
        _within("seed", self.seed, 0, 2**31 - 1)

    @classmethod
    def preset(cls, name: Preset, **changes: Any) -> TrainConfig:
        _one_of("preset", name, Preset)
        return replace(PRESETS[name], **changes)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> TrainConfig:
        unknown = sorted(set(values) - {f.name for f in fields(cls)})
        if unknown:
            raise ConfigError(f"Unknown training options: {', '.join(unknown)}. Known: {', '.join(f.name for f in fields(cls))}.")
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def _one_of(name: str, value: object, kind: Any) -> None:
    if value not in get_args(kind):
        raise ConfigError(f"{name} is {value!r}; it must be one of {', '.join(map(repr, get_args(kind)))}.")


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ConfigError(f"{name} is {value}; it must lie between {low} and {high}.")


PRESETS: dict[str, TrainConfig] = {
    "tuned": TrainConfig(),
    "paper": TrainConfig(
        input_scale="unit", resize="crop", flip=0.5, threshold="half", calibration="none", gate_hold=0, learning_rate=1e-4
    ),
}
