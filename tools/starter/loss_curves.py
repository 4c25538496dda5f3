"""Draws the trainings' journals as SVG.

usage: python -m starter.loss_curves STATE_FOLDER     (writes STATE_FOLDER/loss_curves.svg)
"""
import math
import pathlib
import sys

from .record import lines

WIDTH, HEIGHT, MARGIN = 640, 220, 48
CURVES = (  # title, journal, what each line is drawn from and its colour
    ("VAE: signal to noise of held-out clips and of crops, dB", "vae.jsonl",
     (("crop_psnr", "#b8c4d6"), ("psnr", "#1f4e9c"))),
    ("Transformer: loss in training and held out", "model.jsonl", (("loss", "#b8c4d6"), ("validation", "#1f4e9c"))),
)


def panel(title: str, entries: list[dict], keys, top: int) -> str:
    """One panel: a line a key over the steps, axes from the smallest to the largest value."""
    points = {key: [(entry["step"], entry[key]) for entry in entries if key in entry and entry.get("frames", 33) == 33]
              for key, _ in keys}
    everything = [point for line in points.values() for point in line]
    label = f'<text x="{MARGIN}" y="{top + 20}" font-weight="bold">{title}</text>'
    if not everything:
        return label
    last = max(step for step, _ in everything)
    # The first steps' values would squeeze all later ones together.
    values = [value for step, value in everything if step > 0.05 * last] or [value for _, value in everything]
    low, high = min(values), max(max(values), min(values) + 1e-6)
    parts = [label]
    for key, colour in keys:
        place = " ".join(f"{across(step, last):.1f},{down(value, low, high, top):.1f}" for step, value in points[key]
                         if low <= value <= high)
        parts.append(f'<polyline points="{place}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
    for value in (low, (low + high) / 2, high):
        y = down(value, low, high, top)
        parts.append(f'<path d="M{MARGIN} {y:.1f}H{WIDTH - 12}" stroke="#ddd"/>'
                     f'<text x="{MARGIN - 6}" y="{y + 4:.1f}" text-anchor="end">{significant(value)}</text>')
    parts.append(f'<text x="{WIDTH - 12}" y="{top + HEIGHT - 8}" text-anchor="end">step {last}</text>')
    return "".join(parts)


def across(step: int, last: int) -> float:
    """A step's x in the picture."""
    return MARGIN + (WIDTH - MARGIN - 12) * step / last


def down(value: float, low: float, high: float, top: int) -> float:
    """A value's y in the picture."""
    return top + HEIGHT - 28 - (HEIGHT - 64) * (value - low) / (high - low)


def significant(value: float) -> str:
    """Three digits that mean something."""
    return f"{value:.{max(0, 2 - int(math.floor(math.log10(abs(value) or 1))))}f}"


def draw(folder: pathlib.Path) -> str:
    """The whole picture."""
    panels = "".join(panel(title, lines(folder / name), keys, index * HEIGHT)
                     for index, (title, name, keys) in enumerate(CURVES))
    size = f'width="{WIDTH}" height="{HEIGHT * len(CURVES)}"'
    return (f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">'
            f'<rect {size} fill="white"/>{panels}</svg>\n')


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1])
    (target / "loss_curves.svg").write_text(draw(target))
