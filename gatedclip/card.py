"""The version card: what a head is, in one page for people who did not train it (after Mitchell et al. 2019)."""

from __future__ import annotations

import html as escaping
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gatedclip.types import HeadVersion, Interval, Look, Promotion, Report, verdict_from

Form = Literal["markdown", "html"]

LIMITS = (
    "It says how likely it finds a meme hateful, and decides nothing: people do.",
    "It knows the kinds of memes it learned from. A meme unlike them is marked as outside what the model knows.",
    "Words beyond the encoder's context are not read, and the picture is seen small.",
    "Labels are the judgement of the people who gave them, under the policy of that time.",
    "Figures hold for the held-out memes they were measured on; intervals are 95 % and tell nothing of other memes.",
    "The gate weighs two vectors; it is not the picture's share of a verdict.",
)


@dataclass(frozen=True)
class Section:
    """A heading, sentences, and a table whose first row names its columns."""

    title: str
    lines: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()


def sections(
    version: HeadVersion,
    operating: tuple[float, float],
    hashes: dict[str, str],
    report: Report | None,
    promotions: Sequence[Promotion],
    looks: Sequence[Look],
) -> tuple[Section, ...]:
    """What is known of a version. `operating` is its threshold and temperature, `hashes` those of its files."""
    data, metrics = version.data, version.metrics
    learned = (f"{data.get('base', 0):,} base memes and {data.get('decisions', 0):,} decisions.",)
    left = [f"{data[name]:,} {what}" for name, what in _COUNTS.items() if data.get(name)]
    return (
        Section("What it is", (f"A head of kind {version.kind} on {version.encoder}, trained by {version.created_by}.",)),
        Section("What it learned from", (*learned, *([f"{'; '.join(left)}."] if left else []))),
        Section("How well it does", (_operating(*operating),), _metrics(metrics)),
        *([Section("Against the head before it", (_change(report),), _slices(report))] if report else []),
        Section("Gate", (_gate(metrics),)),
        Section("Promotions", () if promotions else ("It never served.",), _promotions(promotions)),
        *([Section("Looks at the sealed reserve", (), _looks(looks))] if looks else []),
        Section("Limits", LIMITS),
        Section("How it was trained", (), (("option", "value"), *((k, str(v)) for k, v in sorted(version.config.items())))),
        Section(
            "Hashes", (), (("of", "SHA-256"), ("what it learned from", str(data.get("sha256", ""))), *sorted(hashes.items()))
        ),
    )


_COUNTS = {
    "unsure": "were left unsure and taught nothing",
    "leaking": "were left out as relatives of held-out memes",
    "soft": "of the decisions have a target between both labels",
    "assisted": "were made after the model's view was shown",
    "bulk": "were made several at once",
}


def _operating(threshold: float, temperature: float) -> str:
    return f"It flags a meme from probability {threshold:.3f} on; the probability is the sigmoid of margin / {temperature:.3f}."


def _metrics(metrics: dict[str, Any]) -> tuple[tuple[str, ...], ...]:
    rows = [(split, metrics[split]) for split in ("validation", "test") if split in metrics]
    head = ("memes", "n", "hateful", "AUROC", "accuracy", "calibration error")
    return head, *(
        (
            split,
            f"{m['n']:,}",
            f"{m['positives']:,}",
            str(Interval(**m["auroc"])),
            str(Interval(**m["accuracy"])),
            f"{m['calibration_error']:.3f}",
        )
        for split, m in rows
    )


def _change(report: Report) -> str:
    better = sum(flip.better for flip in report.flips)
    flips = f"{len(report.flips)} verdicts flip, {better} of them to right"
    return f"On {report.after.n:,} held-out memes the AUROC changes by {report.change}; {flips}."


def _slices(report: Report) -> tuple[tuple[str, ...], ...]:
    rows = [(s.name, f"{s.n:,}", str(s.before or "–"), str(s.after or "–"), str(s.change or "–")) for s in report.slices]
    return ("slice", "n", "AUROC before", "after", "change"), *rows


def _gate(metrics: dict[str, Any]) -> str:
    means = [f"{metrics[split]['mean_gate']:.3f} on {split}" for split in ("validation", "test") if split in metrics]
    return f"Mean gate {', '.join(means)} (1 is all picture)." if means else "It was not measured."


def _promotions(promotions: Sequence[Promotion]) -> tuple[tuple[str, ...], ...]:
    rows = []
    for p in promotions:
        what = "rolled back to" if p.rollback else "promoted although refused" if p.override else "promoted"
        refused = "; ".join(r.sentence for r in verdict_from(p.verdict).refusals) if p.verdict else ""
        rows.append((f"{p.at:%Y-%m-%d %H:%M}", p.by, what, p.reason, refused))
    return (("when", "who", "what", "reason", "refused for"), *rows) if rows else ()


def _looks(looks: Sequence[Look]) -> tuple[tuple[str, ...], ...]:
    rows = ((str(k.number), f"{k.at:%Y-%m-%d %H:%M}", k.by, str(Interval(**k.result["auroc"]))) for k in looks)
    return ("look", "when", "who", "AUROC"), *rows


# --- drawn -----------------------------------------------------------------------------------------------------------


def render(title: str, told: Sequence[Section], form: Form) -> str:
    """The card as text; names and reasons that people typed are shown as they are and never read as markup."""
    return _html(title, told) if form == "html" else _markdown(title, told)


def _markdown(title: str, told: Sequence[Section]) -> str:
    parts = [f"# {_plain(title)}"]
    for section in told:
        parts.append(f"## {_plain(section.title)}")
        parts += ["\n".join(f"- {_plain(line)}" for line in section.lines)] if section.lines else []
        if section.table:
            head, *rows = [f"| {' | '.join(map(_plain, row))} |" for row in section.table]
            parts.append("\n".join([head, "|" + " --- |" * len(section.table[0]), *rows]))
    return "\n\n".join(parts) + "\n"


def _plain(words: str) -> str:
    """Words that Markdown cannot take for markup: one line, every sign with a meaning escaped."""
    return re.sub(r"([\\`*_{}\[\]<>#|~&!$])", r"\\\1", " ".join(words.split()))


STYLE = "body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse}" + (
    "td,th{border:1px solid #999;padding:.2rem .6rem;text-align:left;overflow-wrap:anywhere}"
)


def _html(title: str, told: Sequence[Section]) -> str:
    e = escaping.escape
    body = [f"<h1>{e(title)}</h1>"]
    for section in told:
        body.append(f"<h2>{e(section.title)}</h2>")
        body += [f"<p>{e(line)}</p>" for line in section.lines]
        for n, row in enumerate(section.table):
            cell = "td" if n else "th"
            body += ["<table>"] if n == 0 else []
            body.append(f"<tr>{''.join(f'<{cell}>{e(value)}</{cell}>' for value in row)}</tr>")
        body += ["</table>"] if section.table else []
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{e(title)}</title><style>{STYLE}</style>' + (
        "<body>" + "\n".join(body) + "</body></html>"
    )
