"""What an exam found, as a table, as JSON and as one HTML page that needs no other file."""

import base64
import html
import io
import json

import numpy
from PIL import Image

from .controls import NAMES
from .score import Rate

MARKS = ("scene", "count", "colour", "shape", "size", "motion", "direction", "colour, shape, motion", "joint",
         "present", "relation", "camera", "cause first", "still kept")
HEADINGS = {"colour, shape, motion": "all three", "joint": "all right", "present": "in all frames",
            "cause first": "cause first", "still kept": "still kept"}
MEASURES = {"missing": ("frames without it", "%", 100), "area variation": ("size varies", "%", 100),
            "colour drift": ("colour drifts", "ΔE", 1), "path error": ("path error", "% of height", 100),
            "first frame": ("first frame", "dB", 1), "round trip": ("VAE round trip", "dB", 1),
            "physics": ("physics score", "%", 100)}
SHOWN = 6  # frames of a clip on the page


def groups_of(exam):
    """(name, its results) of every row: the engine's groups, all of its clips, then the controls."""
    made = [result for result in exam["results"] if not result["control"]]
    rows = [(name, [r for r in made if r["group"] == name]) for name in dict.fromkeys(r["group"] for r in made)]
    rows += [("all", made)] if len(rows) > 1 else []
    return rows + [(name, [r for r in exam["results"] if r["control"] and r["group"] == name])
                   for name in NAMES if any(r["control"] and r["group"] == name for r in exam["results"])]


def rate_of(results, mark):
    """How many of the results that have a mark have it right."""
    values = [result["marks"][mark] for result in results if mark in result["marks"]]
    return Rate(sum(map(bool, values)), len(values))


def median_of(results, measure):
    """The median of a measure, None where no result has it."""
    values = [result["marks"][measure] for result in results if measure in result["marks"]]
    return float(numpy.median(values)) if values else None


def share(rate):
    """A rate in percent with its interval: "88 (75–94)"."""
    low, high = rate.interval()
    return f"{100 * rate.rate:.0f} ({100 * low:.0f}–{100 * high:.0f})" if rate.total else "–"


def rows_of(exam):
    """The table of marks, headings first: list of lists of text."""
    groups = groups_of(exam)
    used = [mark for mark in MARKS if any(rate_of(results, mark).total for _, results in groups)]
    rows = [["", "clips"] + [HEADINGS.get(mark, mark) for mark in used]]
    return rows + [[name, str(len(results))] + [share(rate_of(results, mark)) for mark in used]
                   for name, results in groups]


def measure_rows(exam):
    """The table of measures (medians), headings first."""
    groups = groups_of(exam)
    used = [name for name in MEASURES if any(median_of(results, name) is not None for _, results in groups)]
    rows = [[""] + [f"{MEASURES[name][0]}, {MEASURES[name][1]}" for name in used]]
    for group, results in groups:
        values = [(median_of(results, name), MEASURES[name][2]) for name in used]
        rows.append([group] + ["–" if value is None else f"{value * scale:.1f}" for value, scale in values])
    return rows


def long_line(exam):
    """What is said of a long clip's way through the VAE; "" if none went."""
    frames = exam["long"]
    if not frames:
        return ""
    worst = int(numpy.argmin(frames))
    return (f"{len(frames)} frames through the VAE: {frames[0]:.1f} dB in the first, at worst {frames[worst]:.1f} dB "
            f"in frame {worst + 1} ({frames[worst] - frames[0]:+.1f} dB)")


def aligned(rows):
    """Rows of text as columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def table(exam):
    """The whole result as text; shares in percent with 95 % Wilson intervals."""
    parts = [aligned(rows_of(exam)), aligned(measure_rows(exam)), long_line(exam)]
    return "\n\n".join(part for part in parts if part)


def summary(exam):
    """The rates and measures by group, for machines."""
    rows = {}
    for name, results in groups_of(exam):
        rates = {mark: rate_of(results, mark) for mark in MARKS}
        rows[name] = {mark: {"right": rate.right, "total": rate.total, "interval": rate.interval()}
                      for mark, rate in rates.items() if rate.total}
        medians = {measure: median_of(results, measure) for measure in MEASURES}
        rows[name] |= {measure: {"median": value} for measure, value in medians.items() if value is not None}
    return rows


def write(exam, folder):
    """Writes exam.json and exam.html into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    bare = [{key: value for key, value in result.items() if key != "sheet"} for result in exam["results"]]
    (folder / "exam.json").write_text(json.dumps({**exam, "results": bare, "rows": summary(exam)}, indent=1) + "\n")
    (folder / "exam.html").write_text(page(exam))


def said(sighting):
    """What a sighting shows, in words."""
    things = [f"{thing.size} {thing.colour} {thing.shape} {thing.motion.kind} {thing.motion.direction}".strip()
              for thing in sighting.things]
    return f"{' and '.join(things) or 'nothing'}; {sighting.background}"


def sheet(frames):
    """A few frames of a clip, half as large, side by side: a JPEG as a data: URI."""
    chosen = frames[numpy.linspace(0, len(frames) - 1, SHOWN).round().astype(int)]
    strip = Image.fromarray(numpy.concatenate(list(chosen), 1))
    strip = strip.resize((strip.width // 2, strip.height // 2), Image.Resampling.LANCZOS)
    packed = io.BytesIO()
    strip.save(packed, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(packed.getvalue()).decode()


STYLE = """body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:100em;padding:0 1em;color:#222;background:#fff}
table{border-collapse:collapse;margin:1em 0}td,th{padding:.25em .7em;text-align:right;border-bottom:1px solid #ddd}
td:first-child,th:first-child{text-align:left}figure{margin:1.2em 0}img{display:block;max-width:100%}
figcaption{color:#555}b{color:#222}.wrong{color:#b00020}.right{color:#1b7a34}div{overflow-x:auto}
@media(prefers-color-scheme:dark){body{background:#161616;color:#ddd}figcaption{color:#aaa}b{color:#eee}
td,th{border-color:#333}.wrong{color:#ff7a85}.right{color:#7ad08f}}"""


def page(exam):
    """The HTML page."""
    parts = [f"<title>Exam of {exam['date']}</title><style>{STYLE}</style>",
             f"<h1>Exam of {exam['date']}</h1><p><code>{html.escape(exam['command'])}</code></p>",
             "<p>Shares in percent with 95&nbsp;% Wilson intervals; measures are medians.</p>",
             html_table(rows_of(exam)), html_table(measure_rows(exam))]
    parts += [f"<p>{html.escape(long_line(exam))}</p>"]
    parts += ["<dl>"] + [f"<dt>{name}</dt><dd>{html.escape(text)}</dd>" for name, text in NAMES.items()] + ["</dl>"]
    for name, results in groups_of(exam):
        if name != "all":
            # Of a control a few clips say what it is.
            shown = results[:4] if results[0]["control"] else results
            parts += [f"<h2>{html.escape(name)}</h2>"] + [figure(result) for result in shown]
    return "<!doctype html><html lang=en><meta charset=utf-8>" + "\n".join(parts) + "</html>\n"


def html_table(rows):
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:])
    return f"<div><table><tr>{head}</tr>{body}</table></div>"


def figure(result):
    """A clip's frames, its prompt, what was seen, and its marks."""
    marks = [f'<span class={"right" if value else "wrong"}>{"✓" if value else "✗"} '
             f'{html.escape(HEADINGS.get(mark, mark))}</span>'
             for mark in MARKS if (value := result["marks"].get(mark)) is not None]
    return (f'<figure><img loading=lazy alt="" src="{result["sheet"]}">'
            f'<figcaption><b>{html.escape(result["prompt"])}</b>seen: '
            f'{html.escape(result["seen"])}<br>{" ".join(marks)}</figcaption></figure>')
