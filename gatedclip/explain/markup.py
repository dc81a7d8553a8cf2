"""The words and the gate as small pieces of HTML that follow the page's own text colour, light or dark.

Every text is escaped and only numbers reach a style.
"""

from __future__ import annotations

import html

import numpy as np

from gatedclip.explain.heat import PICTURE, WORDS, Colour, colours, scaled, words_weight
from gatedclip.explain.say import DIRECTIONS, say_attribution, say_gate
from gatedclip.types import Attribution, Badge, Target

OPACITY = 0.5  # of the strongest word's background; text stays readable on white and on black


def words_html(attribution: Attribution) -> str:
    """The meme's words, coloured like the heat: underlined solid towards hateful, dotted away; words not read set apart."""
    read = [_word(w.text, s, w.value, attribution) for w, s in zip(attribution.words, scaled_words(attribution), strict=True)]
    if attribution.cut is not None:
        unread = " ".join(html.escape(w.text) for w in attribution.words[attribution.cut :])
        read[attribution.cut :] = [f'<span title="CLIP reads no further">⟨ not read: <em>{unread}</em> ⟩</span>']
    label = html.escape(say_attribution(attribution), quote=True)
    body = " ".join(read) or "<em>no words</em>"
    return f'<p role="group" aria-label="{label}" style="margin:0;line-height:2.2;overflow-wrap:anywhere">{body}</p>'


def scaled_words(attribution: Attribution) -> list[float]:
    """Each word's colour strength, -1..1, fading where the picture decides."""
    values = np.array([w.value for w in attribution.words])
    return (scaled(values) * words_weight(attribution)).tolist()


def _word(text: str, strength: float, value: float, of: Attribution) -> str:
    if not value:
        return f"<span>{html.escape(text)}</span>"
    up, colour = value > 0, colours(of.signed, of.target, of.badge)[value < 0]
    meaning = DIRECTIONS[of.target][not up] if of.signed else "mattered"
    style = (
        f"background:{_rgb(colour, abs(strength) * OPACITY)};border-bottom:3px {_line(up, of.signed, of.badge)} {_rgb(colour)};"
        "border-radius:4px 4px 0 0;padding:.1em .25em"
    )
    return f'<span style="{style}" title="{value:+.3g} {meaning}">{html.escape(text)}</span>'


def _line(up: bool, signed: bool, badge: Badge | None) -> str:
    """An unstable map says no direction that could be believed."""
    return "solid" if up or not signed or badge == "unstable" else "dotted"


def legend_html(signed: bool, target: Target = "margin", badge: Badge | None = None) -> str:
    """What the colours mean, for under the picture and the words."""
    both = colours(signed, target, badge)
    if badge == "unstable":
        entries = [(both[0], "solid", "greyed: this map is unstable, do not read it")]
    elif signed:
        entries = list(zip(both, ("solid", "dotted"), DIRECTIONS[target], strict=True))
    else:
        entries = [(both[0], "solid", "mattered, in either direction")]
    return f'<p style="margin:0;font-size:.875em">{" &emsp; ".join(_key(*entry) for entry in entries)}</p>'


def _key(colour: Colour, line: str, meaning: str) -> str:
    style = f"background:{_rgb(colour, OPACITY)};border-bottom:3px {line} {_rgb(colour)};padding:0 .6em;margin-right:.4em"
    return f'<span style="{style}" aria-hidden="true"></span> {meaning}'


def gate_html(gate: float, share: float) -> str:
    """A balance from words to picture: the dot is the gate, the tick below the picture's norm-adjusted share. Both 0..1."""
    label = html.escape(f"{say_gate(gate, share)} Gate {gate:.0%} picture; share {share:.0%} picture.", quote=True)
    colour = _rgb(PICTURE if gate >= 0.5 else WORDS)
    fill = f"left:{min(gate, 0.5):.1%};width:{abs(gate - 0.5):.1%};top:1.7em;height:.6em;background:{colour}"
    dot = f"left:{gate:.1%};width:1.3em;height:1.3em;margin-left:-.65em;top:1.35em;border-radius:50%;background:{colour}"
    parts = (
        "left:0;right:0;top:1.7em;height:.6em;border-radius:.3em;background:rgba(128,128,128,.28)",
        fill,
        "left:50%;top:1.4em;width:1px;height:1.2em;background:currentColor;opacity:.5",
        f"{dot};box-shadow:0 0 0 2px rgba(255,255,255,.9),0 0 0 3px rgba(0,0,0,.25)",
        f"left:{share:.1%};top:2.5em;width:2px;height:.7em;margin-left:-1px;background:currentColor",
    )
    track = "".join(f'<div style="position:absolute;{part}"></div>' for part in parts)
    texts = _text(gate, "0", f"gate {gate:.0%}") + _text(share, "3.1em", f"share {share:.0%}")
    return (
        f'<div role="img" aria-label="{label}" style="display:flex;gap:1.2em;font-size:.875em;line-height:1.2">'
        '<b style="padding-top:1.4em">Words</b>'
        f'<div style="position:relative;flex:1;height:4.5em">{track}{texts}</div>'
        '<b style="padding-top:1.4em">Picture</b></div>'
    )


def _text(at: float, top: str, text: str) -> str:
    """A label over or under a point of the track that keeps clear of its ends."""
    left = f"clamp(1.8em,{at:.1%},calc(100% - 1.8em))"
    return f'<span style="position:absolute;left:{left};top:{top};transform:translateX(-50%);white-space:nowrap">{text}</span>'


def _rgb(colour: Colour, opacity: float = 1.0) -> str:
    return f"rgba({colour[0]},{colour[1]},{colour[2]},{opacity:.3f})"
