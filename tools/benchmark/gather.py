"""Ratios out of measurements: a row for each stage, and for the memory, against each number format of diffusers."""

from statistics import median

from .process import Failed
from .workloads import MEMORY, STAGES, ZOETROPE, must

TOLERANCE = 1e-6  # relative: flops go through JSON


def rows(measurements, layers):
    """For each workload in the order in which it was measured; see `row`.

    Throws Failed if a side lacks a round or a stage, or did other work than ours.
    """
    result = []
    for workload in unique(entry["workload"] for entry in measurements):
        here = [entry for entry in measurements if entry["workload"] == workload]
        ours = rounds(here, ZOETROPE, workload)
        for side in unique(entry["side"] for entry in here):
            if side == ZOETROPE:
                continue
            theirs = rounds(here, side, workload)
            if sorted(theirs) != sorted(ours):
                raise Failed(f"compare {workload}: {side} has rounds {sorted(theirs)} (expected {sorted(ours)}, "
                             f"those of {ZOETROPE})")
            for number in ours:
                check_same_work(workload, ours[number], theirs[number])
            for stage in (*STAGES[workload], MEMORY):
                result.append(row(workload, stage, side.split()[-1], layers,
                                  [(value(ours[number], stage), value(theirs[number], stage)) for number in ours]))
    return result


def unique(names):
    """Each name once, in order."""
    return list(dict.fromkeys(names))


def rounds(measurements, side, workload):
    """{round: measurement} of a side; every stage of the workload is there."""
    found = {entry["round"]: entry for entry in measurements if entry["side"] == side}
    if not found:
        raise Failed(f"compare {workload}: {side} was not measured")
    for number, entry in found.items():
        missing = [stage for stage in STAGES[workload] if stage not in entry["seconds"]]
        if missing:
            raise Failed(f"compare {workload}: round {number} of {side} has no stage '{missing[0]}' (found "
                         f"{', '.join(entry['seconds']) or 'none'})")
    return found


def check_same_work(workload, ours, theirs):
    """Throws Failed unless both sides name the same facts with the same numbers, for every stage."""
    for stage in STAGES[workload]:
        found, expected = ours["work"].get(stage, {}), theirs["work"].get(stage, {})
        for fact in sorted({*found, *expected}):
            numbers = found.get(fact), expected.get(fact)
            if None in numbers or abs(numbers[0] - numbers[1]) > TOLERANCE * abs(numbers[1]):
                raise Failed(f"compare {workload}: the sides do not do the same work: {stage} has {fact} {numbers[0]} "
                             f"in {ZOETROPE} and {numbers[1]} in {theirs['side']}")


def value(measurement, stage):
    """Seconds, or MiB."""
    return measurement["peak_mib"] if stage == MEMORY else measurement["seconds"][stage]


def row(workload, stage, reference, layers, pairs):
    """Medians of (ours, theirs), their ratio, and the least and most ratio of a pair.

    The ratio of times says how many times as fast we are, that of memory what part we take: of the
    former more is better, of the latter less. "met" is None where nothing is asked for.
    """
    memory = stage == MEMORY
    ratio = (lambda ours, theirs: ours / theirs) if memory else (lambda ours, theirs: theirs / ours)
    ours, theirs = (median(side) for side in zip(*pairs))
    paired = [ratio(*pair) for pair in pairs]
    bound = must(workload, stage, reference, layers)
    found = ratio(ours, theirs)
    met = None if bound is None else (found <= bound if memory else found >= bound)
    return {"workload": workload, "stage": stage, "reference": reference, "unit": "MiB" if memory else "s",
            "zoetrope": ours, "diffusers": theirs, "ratio": found, "least": min(paired), "most": max(paired),
            "must": bound, "met": met}
