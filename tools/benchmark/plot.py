"""The comparison as SVG: a bar for each ratio, its spread, and a mark where it must end."""

from html import escape

from .table import machine_line
from .workloads import MEMORY

WIDTH, LEFT, RIGHT, ROW = 760, 270, 70, 22
COLOURS = {"bf16": "#1f4e9c", "fp32": "#b8c4d6"}
MARK = "#c0392b"


def svg(report):
    """Two panels, times and memory, each with an axis of its own."""
    times = [row for row in report["rows"] if row["stage"] != MEMORY]
    memory = [row for row in report["rows"] if row["stage"] == MEMORY]
    first, middle = panel("times as fast as diffusers", times, 30)
    second, bottom = panel("peak memory, of that of diffusers", memory, middle + 24)
    legend = "".join(f'<rect x="{LEFT + 70 * index}" y="{bottom + 6}" width="10" height="10" fill="{colour}"/>'
                     f'<text x="{LEFT + 70 * index + 14}" y="{bottom + 15}">{dtype}</text>'
                     for index, (dtype, colour) in enumerate(COLOURS.items()))
    legend += (f'<path d="M{LEFT + 145} {bottom + 4}v14" stroke="{MARK}" stroke-width="2"/>'
               f'<text x="{LEFT + 152}" y="{bottom + 15}">what it must be</text>')
    caption = f'<text x="8" y="{bottom + 38}" font-size="9" fill="#555">{escape(machine_line(report))}</text>'
    size = f'width="{WIDTH}" height="{bottom + 48}"'
    return (f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">\n'
            f'<rect {size} fill="white"/>\n{first}{second}{legend}\n{caption}\n</svg>\n')


def panel(title, rows, top):
    """Bars from `top` down; returns their SVG and where they end."""
    text = f'<text x="8" y="{top}" font-weight="bold">{escape(title)}</text>\n'
    most = max([1.0, *(row["most"] for row in rows), *(row["must"] or 0 for row in rows)])
    scale = (WIDTH - LEFT - RIGHT) / most
    bottom = top + 8 + ROW * len(rows)
    for index, row in enumerate(rows):
        text += bar(row, top + 8 + ROW * index, scale) + "\n"
    x = LEFT + scale
    text += f'<path d="M{x:.1f} {top + 4}V{bottom}" stroke="#555" stroke-dasharray="3 3"/>\n'
    return text, bottom


def bar(row, top, scale):
    """One row: its name, its bar, a line from the least to the most, the mark and the number."""
    middle = top + ROW / 2
    name = escape(row["workload"] if row["stage"] == MEMORY else f"{row['workload']} {row['stage']}")
    parts = [f'<text x="{LEFT - 6}" y="{middle + 4:.1f}" text-anchor="end">{name}</text>',
             f'<rect x="{LEFT}" y="{top + 3}" width="{scale * row["ratio"]:.1f}" height="{ROW - 6}" '
             f'fill="{COLOURS[row["reference"]]}"/>',
             f'<path d="M{LEFT + scale * row["least"]:.1f} {middle:.1f}H{LEFT + scale * row["most"]:.1f}" '
             'stroke="black"/>']
    if row["must"] is not None:
        parts.append(f'<path d="M{LEFT + scale * row["must"]:.1f} {top + 1}v{ROW - 2}" stroke="{MARK}" '
                     'stroke-width="2"/>')
    after = LEFT + scale * max(row["ratio"], row["most"], row["must"] or 0)
    parts.append(f'<text x="{after + 6:.1f}" y="{middle + 4:.1f}">{row["ratio"]:.2f}×</text>')
    return "".join(parts)
