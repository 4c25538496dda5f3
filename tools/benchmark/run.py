"""Measures both sides in turn and shows how they compare; tools/bench says how it is called."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from . import gather, machine, plot, process, sides, table
from .workloads import DEFAULT, MUST_LAYERS, STAGES, ZOETROPE

BUSY = 0.5  # processes for each core beside which figures mean little


def at_least_one(text):
    """A number of rounds, layers or steps."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not at least 1")
    return number


def parse(arguments):
    """The options of tools/bench."""
    parser = argparse.ArgumentParser(prog="tools/bench", description="compare Zoetrope with diffusers on this machine")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"some of: {', '.join(STAGES)} (default: "
                        f"those that docs/performance.md is held to: {', '.join(DEFAULT)})")
    parser.add_argument("--rounds", type=at_least_one, default=3, metavar="N", help="rounds (3)")
    parser.add_argument("--layers", type=at_least_one, default=MUST_LAYERS, metavar="N",
                        help=f"layers of a transformer that are run ({MUST_LAYERS})")
    parser.add_argument("--reference", choices=("bf16", "fp32", "both"), default="both",
                        help="number formats of diffusers (both)")
    parser.add_argument("--quick", action="store_true",
                        help="one round, one layer, two steps: whether it runs, not how fast")
    parser.add_argument("--output", type=Path, metavar="FILE.json", help="every measurement, and the rows")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="the table, which is also printed")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="the table as a picture")
    parser.add_argument("--program", default=str(sides.ROOT / "build/release/zoetrope"), metavar="FILE",
                        help="the zoetrope to measure, as it is (default: build/release/zoetrope, brought up to date)")
    options = parser.parse_args(arguments)
    for name in options.workloads:
        if name not in STAGES:
            parser.error(f"unknown workload '{name}' (expected some of: {', '.join(STAGES)})")
    if options.quick:
        options.rounds = options.layers = 1
    return options


def measure_all(options):
    """Every measurement, and the versions of the reference. In a round the sides follow each other."""
    settings = sides.Settings(options.program, options.layers, steps=2 if options.quick else None)
    measurements, versions = [], {}
    for workload in gather.unique(options.workloads or DEFAULT):
        for number in range(1, options.rounds + 1):
            for side in (ZOETROPE, *sides.reference_sides(options.reference)):
                print(f"bench: {workload}, round {number} of {options.rounds}: {side}", file=sys.stderr, flush=True)
                with tempfile.TemporaryDirectory() as folder:
                    measurement, said = sides.measure(workload, side, settings, Path(folder) / "clip.mp4")
                measurements.append({**measurement, "round": number})
                versions.update({name: said[name] for name in ("torch", "diffusers") if name in said})
    return measurements, versions


def write(path, text):
    """Writes a result's file, with its folder."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def main(arguments):
    """Exit code 1 if something could not be measured or compared; a figure that is missed is no failure."""
    options = parse(arguments)
    report = {"machine": machine.describe(), "settings": {"rounds": options.rounds, "layers": options.layers}}
    if report["machine"]["load"] > BUSY * report["machine"]["cores"]:
        print(f"bench: this machine is busy ({report['machine']['load']:.1f} processes): the figures will say little",
              file=sys.stderr)
    try:
        report["measurements"], report["versions"] = measure_all(options)
        # Written before they are compared: they may have taken hours.
        write(options.output, json.dumps(report, indent=1) + "\n")
        report["rows"] = gather.rows(report["measurements"], options.layers)
    except process.Failed as failure:
        sys.exit(f"bench: {failure}")
    write(options.output, json.dumps(report, indent=1) + "\n")
    write(options.markdown, table.markdown(report))
    write(options.plot, plot.svg(report))
    print(table.markdown(report), end="")


if __name__ == "__main__":
    main(sys.argv[1:])
