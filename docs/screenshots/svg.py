#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `tmux capture-pane -p -e` prints, on standard input, as an SVG on standard output: text and colours as they
were on the terminal.  Arguments: columns and title."""
import html
import re
import sys
import unicodedata

COLOURS = ["#2e3436", "#cc0000", "#4e9a06", "#c4a000", "#729fcf", "#ad7fa8", "#34e2e2", "#d3d7cf"]
GROUND, TEXT, DIM = "#1e1e1e", "#d3d7cf", "#8a8f88"
WIDTH, HEIGHT, BASE = 8.4, 17, 13


def columns_of(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def apply_sgr(style, parameters):
    for code in [int(p or 0) for p in parameters.split(";")]:
        if code == 0:
            style.clear()
        elif code in (1, 2):
            style["bold" if code == 1 else "dim"] = True
        elif code == 22:
            style.pop("bold", None), style.pop("dim", None)
        elif 30 <= code <= 37:
            style["colour"] = COLOURS[code - 30]
        elif code == 39:
            style.pop("colour", None)


def row(line, y, style, out):
    column = 0
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if part.startswith("\x1b["):
            apply_sgr(style, part[2:-1])
        elif part:
            colour = style.get("colour", DIM if style.get("dim") else TEXT)
            bold = ' font-weight="bold"' if style.get("bold") else ""
            width = columns_of(part)
            if part.strip():
                out.append(f'<text x="{10 + column * WIDTH:.1f}" y="{y}" fill="{colour}"{bold} '
                           f'textLength="{width * WIDTH:.1f}" xml:space="preserve">{html.escape(part)}</text>')
            column += width


def main():
    columns, title = int(sys.argv[1]), sys.argv[2]
    lines = re.sub(r"\x1b[()][A-Z0-9]|\x0e|\x0f", "", sys.stdin.read()).rstrip("\n").split("\n")
    while lines and not re.sub(r"\x1b\[[0-9;]*m", "", lines[-1]).strip():
        lines.pop()
    width, height = columns * WIDTH + 20, len(lines) * HEIGHT + 20
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
           f'font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="14">',
           f"<title>{html.escape(title)}</title>", f'<rect width="100%" height="100%" rx="6" fill="{GROUND}"/>']
    style = {}
    for i, line in enumerate(lines):
        row(line, 10 + BASE + i * HEIGHT, style, out)
    print("\n".join(out + ["</svg>"]))


main()
