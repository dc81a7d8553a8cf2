"""Everything that can go wrong for a user, as one tree.

GatedCLIPError
├── ConfigError          a setting or training option holds a value we do not accept
├── BackboneError        the CLIP model asked for cannot be loaded or does not fit
├── CheckpointError      a head on disk is damaged, foreign, or does not fit the encoder
├── InputError           something a person brought in
│   ├── UploadRejected   a picture, archive or text we refuse
│   └── ImportRejected   a dataset file we refuse as a whole (single rows are reported, not raised)
├── PromotionRefused     a candidate does not keep what serving asks for
├── NotAllowed           this person's role does not include it
├── DataError            there is not enough, or not the right, data for what was asked
├── ExportError          a figure cannot be drawn into a file on this machine
└── StoreError
    ├── NotFound         no such meme, version, job or decision
    ├── PolicyError      a decision lacks what its policy asks for, or holds what it does not know
    ├── LeaseLost        the meme is no longer held by this reviewer
    └── AlreadyRunning   a job of this kind is active

Each message says what was seen, what is accepted, and what to do next; it is shown to the user as it stands.
"""


class GatedCLIPError(Exception):
    """Base of all errors a user may see."""


class ConfigError(GatedCLIPError): ...


class BackboneError(GatedCLIPError): ...


class CheckpointError(GatedCLIPError): ...


class InputError(GatedCLIPError): ...


class UploadRejected(InputError): ...


class ImportRejected(InputError): ...


class PromotionRefused(GatedCLIPError): ...


class NotAllowed(GatedCLIPError): ...


class DataError(GatedCLIPError): ...


class ExportError(GatedCLIPError): ...


class StoreError(GatedCLIPError): ...


class NotFound(StoreError): ...


class PolicyError(StoreError): ...


class LeaseLost(StoreError): ...


class AlreadyRunning(StoreError): ...
