"""Words as they are stored, shown and compared."""

from __future__ import annotations

import hashlib
import unicodedata

MAX_CHARS = 1_000
_UNSEEN = ("Cc", "Cf", "Cs")  # control; format, which holds bidi and zero-width marks; lone surrogates


def clean_text(text: str) -> str:
    """One line in NFC of at most MAX_CHARS, without characters nobody can see. `cut_off` says how much was too long."""
    return _whole(text)[:MAX_CHARS].rstrip()


def cut_off(text: str) -> int:
    """How many characters `clean_text` leaves out because the text is too long."""
    return max(0, len(_whole(text)) - MAX_CHARS)


def words(text: str) -> tuple[str, ...]:
    """The words a person reads in a text, in order: whatever stands between spaces."""
    return tuple(text.split())


def fingerprint(text: str) -> str:
    """What two texts share that differ only in case, spacing, punctuation or emoji; "" when nothing else is left."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(c for c in folded if c.isalnum())


def text_key(text: str) -> str:
    """The key of this text's vector: sha-256 of its characters, in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _whole(text: str) -> str:
    spaced = " ".join(text.split())  # line breaks and tabs are spaces before control characters go
    seen = "".join(c for c in spaced if unicodedata.category(c) not in _UNSEEN)
    return " ".join(unicodedata.normalize("NFC", seen).split())
