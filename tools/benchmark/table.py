"""The comparison as Markdown."""

from .workloads import MEMORY

HEADER = ("| workload | stage | against | diffusers | Zoetrope | ratio | least to most | must |",
          "| --- | --- | --- | --- | --- | --- | --- | --- |")


def markdown(report):
    """The machine, what the columns mean, and a line a row."""
    lines = [machine_line(report), "", meaning(report["settings"]), "", *HEADER]
    lines += [row_line(row) for row in report["rows"]]
    return "\n".join(lines) + "\n"


def machine_line(report):
    """Whose figures these are."""
    machine, versions = report["machine"], report["versions"]
    features = f" ({machine['features']})" if machine["features"] else ""
    return (f"{machine['processor']}{features}, {machine['cores']} cores, {machine['memory_gib']:.0f} GiB, "
            f"{machine['date']}; torch {versions['torch']}, diffusers {versions['diffusers']}; "
            f"{machine['load']:.1f} other processes were running at the start.")


def meaning(settings):
    """How the figures were taken."""
    return (f"Medians of {settings['rounds']} rounds, the sides in turn in each; transformers with "
            f"{settings['layers']} layers. A ratio of times says how many times as fast as diffusers, one of memory "
            "what part of diffusers' peak; the spread is over the pairs of the rounds.")


def row_line(row):
    """One line of the table; what must hold is bold, and says so when it does not."""
    memory = row["stage"] == MEMORY
    amount = (lambda number: f"{number:.0f} MiB") if memory else seconds
    ratio = f"{row['ratio']:.2f}×"
    bound = ""
    if row["must"] is not None:
        ratio = f"**{ratio}**"
        bound = f"{'≤' if memory else '≥'} {row['must']:g}×{'' if row['met'] else ', missed'}"
    return (f"| {row['workload']} | {row['stage']} | {row['reference']} | {amount(row['diffusers'])} | "
            f"{amount(row['zoetrope'])} | {ratio} | {row['least']:.2f} to {row['most']:.2f} | {bound} |")


def seconds(number):
    """Three digits that mean something."""
    return f"{number:.{2 if number < 10 else 1}f} s" if number >= 0.1 else f"{1000 * number:.1f} ms"
