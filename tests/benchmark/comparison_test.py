"""The comparison with diffusers: ratios, spread, table and picture out of canned measurements."""

import contextlib
import io
import json
import sys
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path
from unittest import mock

from benchmark import gather, plot, process, run, sides, table
from benchmark.workloads import MEMORY, STAGES

VAE = "vae21-480x272x17"
WAN = "wan1.3b-480x272x17"
SHELL = "/bin/sh"


def measurement(workload, side, number, seconds, peak=100.0, work=None):
    """One measurement with these seconds for the workload's stages, in order."""
    return {"workload": workload, "side": side, "round": number, "peak_mib": peak, "work": work or {},
            "seconds": dict(zip(STAGES[workload], seconds))}


def three_rounds():
    """Ours take 1, 2 and 4 s to decode, diffusers 3, 8 and 8 s: in pairs 3, 4 and 2 times as long."""
    return [measurement(VAE, "zoetrope", number, [seconds, 1], peak=60.0)
            for number, seconds in enumerate((1, 2, 4))] + [
            measurement(VAE, "diffusers bf16", number, [seconds, 1], peak=80.0)
            for number, seconds in enumerate((3, 8, 8))]


def report(rows):
    """A whole report around these rows."""
    return {"machine": {"processor": "A <fast> one", "features": "", "cores": 2, "memory_gib": 7.6,
                        "date": "2026-11-25", "load": 0.0},
            "versions": {"torch": "2.11.0", "diffusers": "0.42.1"}, "settings": {"rounds": 3, "layers": 4},
            "rows": rows}


class Gather(unittest.TestCase):
    def test_gives_the_ratio_of_medians_and_the_spread_of_the_pairs(self):
        decode, encode, memory = gather.rows(three_rounds(), layers=4)
        self.assertEqual((decode["workload"], decode["stage"], decode["reference"]), (VAE, "decode", "bf16"))
        self.assertEqual((decode["zoetrope"], decode["diffusers"]), (2, 8))
        self.assertEqual((decode["ratio"], decode["least"], decode["most"]), (4, 2, 4))
        self.assertEqual(encode["ratio"], 1)
        self.assertEqual((memory["stage"], memory["unit"], memory["ratio"]), (MEMORY, "MiB", 0.75))

    def test_says_what_must_hold_and_whether_it_does(self):
        decode, encode, memory = gather.rows(three_rounds(), layers=4)
        self.assertEqual((decode["must"], decode["met"]), (1.5, True))
        self.assertEqual((encode["must"], encode["met"]), (None, None))
        self.assertEqual((memory["must"], memory["met"]), (0.8, True))

    def test_holds_a_transformer_only_to_figures_of_as_many_layers(self):
        pair = [measurement(WAN, "zoetrope", 1, [1, 1, 1], peak=90.0),
                measurement(WAN, "diffusers bf16", 1, [1, 1.15, 1.19])]
        self.assertEqual([row["met"] for row in gather.rows(pair, layers=4)], [None, True, False, False])
        self.assertEqual([row["must"] for row in gather.rows(pair, layers=2)], [None] * 4)

    def test_compares_with_each_number_format(self):
        more = [measurement(VAE, "diffusers fp32", number, [12, 1]) for number in range(3)]
        rows = gather.rows(three_rounds() + more, layers=4)
        self.assertEqual([(row["reference"], row["ratio"], row["must"]) for row in rows if row["stage"] == "decode"],
                         [("bf16", 4, 1.5), ("fp32", 6, 3.0)])

    def expect_refusal(self, measurements, message):
        with self.assertRaises(process.Failed) as caught:
            gather.rows(measurements, layers=4)
        self.assertEqual(str(caught.exception), message)

    def test_refuses_a_stage_that_is_missing(self):
        entries = three_rounds()
        del entries[4]["seconds"]["encode"]
        self.expect_refusal(entries, f"compare {VAE}: round 1 of diffusers bf16 has no stage 'encode' (found decode)")

    def test_refuses_a_round_that_is_missing(self):
        self.expect_refusal(three_rounds()[:-1], f"compare {VAE}: diffusers bf16 has rounds [0, 1] (expected [0, 1, 2],"
                            " those of zoetrope)")

    def test_refuses_other_work(self):
        work = [{"decode": {"parameters": number}} for number in (73, 74)]
        self.expect_refusal([measurement(VAE, "zoetrope", 1, [1, 1], work=work[0]),
                             measurement(VAE, "diffusers bf16", 1, [1, 1], work=work[1])],
                            f"compare {VAE}: the sides do not do the same work: decode has parameters 73 in zoetrope "
                            "and 74 in diffusers bf16")

    def test_refuses_work_that_only_one_side_tells_of(self):
        work = {"decode": {"parameters": 73}}
        self.expect_refusal([measurement(VAE, "zoetrope", 1, [1, 1]),
                             measurement(VAE, "diffusers bf16", 1, [1, 1], work=work)],
                            f"compare {VAE}: the sides do not do the same work: decode has parameters None in zoetrope "
                            "and 73 in diffusers bf16")


class Shown(unittest.TestCase):
    def test_a_table_has_a_line_a_row_and_says_what_was_missed(self):
        rows = gather.rows(three_rounds(), layers=4)
        lines = table.markdown(report([*rows, {**rows[0], "ratio": 1.4, "met": False}])).splitlines()
        self.assertEqual(lines[0], "A <fast> one, 2 cores, 8 GiB, 2026-11-25; torch 2.11.0, diffusers 0.42.1; 0.0 "
                         "other processes were running at the start.")
        self.assertEqual(lines[-4:], [
            f"| {VAE} | decode | bf16 | 8.00 s | 2.00 s | **4.00×** | 2.00 to 4.00 | ≥ 1.5× |",
            f"| {VAE} | encode | bf16 | 1.00 s | 1.00 s | 1.00× | 1.00 to 1.00 |  |",
            f"| {VAE} | peak memory | bf16 | 80 MiB | 60 MiB | **0.75×** | 0.75 to 0.75 | ≤ 0.8× |",
            f"| {VAE} | decode | bf16 | 8.00 s | 2.00 s | **1.40×** | 2.00 to 4.00 | ≥ 1.5×, missed |"])

    def test_a_picture_has_a_bar_a_row_as_long_as_its_ratio(self):
        rows = gather.rows(three_rounds(), layers=4)
        picture = xml.etree.ElementTree.fromstring(plot.svg(report(rows)))
        bars = [float(found.get("width")) for found in picture.iter("{http://www.w3.org/2000/svg}rect")
                if found.get("fill") == plot.COLOURS["bf16"] and found.get("height") != "10"]
        self.assertEqual(len(bars), 3)
        self.assertAlmostEqual(bars[0] / bars[1], 4, places=2)
        texts = [found.text for found in picture.iter("{http://www.w3.org/2000/svg}text")]
        self.assertTrue(any(text.startswith("A <fast> one, 2 cores") for text in texts), texts)

    def test_a_picture_of_memory_alone_stays_inside_its_frame(self):
        rows = [row for row in gather.rows(three_rounds(), layers=4) if row["stage"] == MEMORY]
        xml.etree.ElementTree.fromstring(plot.svg(report(rows)))


class Process(unittest.TestCase):
    def test_tells_of_the_peak_of_the_child_not_of_another(self):
        fill = "import sys; b = bytearray(200 << 20); print(len(b))"
        large = process.run([sys.executable, "-c", fill])
        small = process.run([sys.executable, "-c", "print(1)"])
        self.assertEqual(large.stdout, f"{200 << 20}\n")
        self.assertGreater(large.peak_mib, 200)
        self.assertLess(small.peak_mib, 100)

    def test_refuses_a_command_that_fails_with_what_it_said(self):
        with self.assertRaisesRegex(process.Failed, "it ended with 3: no such thing$"):
            process.run([SHELL, "-c", "echo no such thing >&2; exit 3"])

    def test_refuses_a_command_that_is_not_there(self):
        with self.assertRaisesRegex(process.Failed, "^run /nowhere/zoetrope: No such file or directory$"):
            process.run(["/nowhere/zoetrope", "bench"])

    def test_keeps_the_number_of_threads_to_itself(self):
        with mock.patch.dict("os.environ", {"OMP_NUM_THREADS": "7", "PATH": "/bin"}):
            said = process.run([SHELL, "-c", "echo ${OMP_NUM_THREADS-all} $MORE"], {"MORE": "more"}).stdout
        self.assertEqual(said, "all more\n")


class Run(unittest.TestCase):
    def run_quietly(self, *arguments):
        """What it printed, with measurements that take a second each; their order is in `order`."""
        self.order = []

        def measure(workload, side, settings, clip):
            self.order.append((workload, side))
            return measurement(workload, side, None, [1.0] * 3), {"torch": "2.11.0", "diffusers": "0.42.1"}

        printed = io.StringIO()
        with mock.patch.object(sides, "measure", measure), contextlib.redirect_stdout(printed), \
                contextlib.redirect_stderr(io.StringIO()):
            run.main(list(arguments))
        return printed.getvalue()

    def test_takes_the_sides_in_turn_in_every_round(self):
        self.run_quietly(VAE, "starter", "--rounds", "2")
        turn = ("zoetrope", "diffusers bf16", "diffusers fp32")
        self.assertEqual(self.order, [(workload, side) for workload in (VAE, "starter")
                                      for _ in range(2) for side in turn])

    def test_writes_what_it_prints_and_the_measurements_and_the_picture(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            printed = self.run_quietly("starter", "--reference", "bf16", "--quick", "--output", str(folder / "a.json"),
                                       "--markdown", str(folder / "new/a.md"), "--plot", str(folder / "a.svg"))
            self.assertEqual((folder / "new/a.md").read_text(), printed)
            found = json.loads((folder / "a.json").read_text())
            self.assertEqual(len(found["measurements"]), 2)
            self.assertEqual([row["stage"] for row in found["rows"]], ["cold clip", MEMORY])
            self.assertTrue((folder / "a.svg").read_text().startswith("<svg "))

    def test_refuses_a_workload_that_it_does_not_know(self):
        errors = io.StringIO()
        with self.assertRaises(SystemExit) as caught, contextlib.redirect_stderr(errors):
            run.main(["wan99b"])
        self.assertEqual(caught.exception.code, 2)
        self.assertIn("unknown workload 'wan99b' (expected some of: starter, start-up, wan1.3b-480x272x17", errors.getvalue())


if __name__ == "__main__":
    unittest.main()
