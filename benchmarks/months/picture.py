"""The picture of ``docs/sourcing.md``: where a month's tokens go, and what they bring.

.venv/bin/python benchmarks/month.py --json docs/month.json
.venv/bin/python benchmarks/months/picture.py docs/month.json docs/sourcing-funnel.svg
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

WIDTH, LEFT, BAR, GAP = 760, 250, 30, 14
LONGEST = WIDTH - LEFT - 110
INK, SPENT, FOUND = "#334155", "#2563eb", "#0f766e"
FONT = "font-family='system-ui, sans-serif' font-size='14'"


def bars(figures: dict[str, int]) -> list[tuple[str, list[tuple[str, int]]]]:
    """Two groups of bars: their title, and what each bar says and how long it is."""
    days = figures["days"]
    return [
        (
            f"Tokens of {days} days, 20 a minute",
            [
                ("refilled by Keepa", figures["refilled"]),
                ("spent by idle tokens", figures["for_idle"]),
                ("spent by jobs", figures["for_jobs"]),
                ("spent by searches", figures["for_searches"]),
                ("kept back and expired", figures["kept_back"]),
            ],
        ),
        (
            "From products to picks",
            [
                ("products in answers", figures["looked_at"]),
                ("bought (1 token)", figures["bought"]),
                ("with Buy Box (3 more)", figures["buy_boxes"]),
                ("different picks", figures["picks"]),
            ],
        ),
    ]


def drawn(figures: dict[str, int]) -> str:
    """The picture as SVG; within a group a bar is as long as its figure."""
    parts, top = [], 16
    for (title, rows), colour in zip(bars(figures), (SPENT, FOUND), strict=True):
        top += 20
        parts.append(f"<text x='12' y='{top}' {FONT} font-weight='600' fill='{INK}'>{title}</text>")
        top += 14
        longest = max(figure for _, figure in rows)
        for label, figure in rows:
            middle = top + BAR * 0.66
            length = max(LONGEST * figure / longest, 2)
            parts += [
                f"<text x='{LEFT - 10}' y='{middle:.0f}' text-anchor='end' {FONT} fill='{INK}'>"
                f"{label}</text>",
                f"<rect x='{LEFT}' y='{top}' width='{length:.1f}' height='{BAR}' rx='4' "
                f"fill='{colour}'/>",
                f"<text x='{LEFT + length + 8:.0f}' y='{middle:.0f}' {FONT} fill='{INK}'>"
                f"{figure:,}</text>",
            ]
            top += BAR + GAP
        top += 10
    head = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {top}' role='img' "
        "aria-label='The month in figures: tokens, and what they brought'>"
    )
    background = f"<rect width='{WIDTH}' height='{top}' fill='#ffffff'/>"
    return "\n".join([head, background, *parts, "</svg>", ""])


def main() -> int:
    """Draw the figures of the first file into the second."""
    source, target = map(Path, sys.argv[1:3])
    target.write_text(drawn(json.loads(source.read_text())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
