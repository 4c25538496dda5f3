"""What a person sees of a batch: a live table on a terminal, lines elsewhere, events for programs."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios

import driver
from driver import PROGRAM, surroundings

JOBS = "".join(f'{{"prompt": "a red ball", "id": "{name}", "seed": 7}}\n' for name in "abc")
SMALL = ["--size", "64x64", "--num-frames", "5", "--output-dir", "out"]


class Screen:
    """The rows of a terminal that knows what the program sends it, and every row that it ever showed."""

    def __init__(self, columns):
        self.columns, self.rows, self.row, self.column, self.seen = columns, [""], 0, 0, set()

    def feed(self, text):
        for up, rest, back, down, plain in re.findall(r"\x1b\[(\d+)A|(\x1b\[J)|(\r)|(\n)|([^\x1b\r\n]+)", text):
            if up:
                self.row -= int(up)
                assert self.row >= 0, "the cursor left the terminal"
            elif rest:
                self.rows[self.row:] = [self.rows[self.row][:self.column]]
            elif back:
                self.column = 0
            elif down:
                self.row += 1
                self.rows += [""] if self.row == len(self.rows) else []
            else:
                row = self.rows[self.row].ljust(self.column)
                self.rows[self.row] = row[:self.column] + plain + row[self.column + len(plain):]
                self.column += len(plain)
                self.seen.add(self.rows[self.row])


class Table(driver.CliTest):
    def setUp(self):
        super().setUp()
        (self.folder / "jobs.jsonl").write_text(JOBS)
        (self.folder / "out" / "b.mp4").mkdir(parents=True)  # so that it fails

    def on_terminal(self, columns, steps=2, stop_at=None):
        """Runs the batch; is told to stop once a row that begins so was shown."""
        ours, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = subprocess.Popen([PROGRAM, "batch", "jobs.jsonl", *SMALL, "--steps", str(steps)], cwd=self.folder,
                                   stderr=its, stdout=subprocess.PIPE, env=surroundings({"TERM": "xterm"}))
        os.close(its)
        screen = Screen(columns)
        while True:
            try:
                read = os.read(ours, 1 << 16)
            except OSError:  # how a terminal without a program ends
                break
            if not read:
                break
            screen.feed(read.decode())
            if stop_at and any(row.startswith(stop_at) for row in screen.seen):
                process.terminate()
                stop_at = None
        os.close(ours)
        stdout = process.communicate(timeout=60)[0].decode()
        return process.returncode, stdout, screen

    def test_a_terminal_shows_a_table_above_the_running_clip_and_is_left_tidy(self):
        code, stdout, screen = self.on_terminal(120)
        self.assertEqual((code, stdout.splitlines()), (5, ["out/a.mp4", "out/c.mp4"]))
        self.assertIn("done  found  failed  remaining  time left", screen.seen)
        self.assertIn("0     0      0       3          known after a clip", screen.seen)
        self.assertTrue(any(re.fullmatch(r"1     0      1       1          \d+\.\d s", row) for row in screen.seen))
        self.assertTrue(any(row.startswith("c: denoising step 2/2") for row in screen.seen), screen.seen)
        self.assertEqual([row.split(" ")[0] for row in screen.rows], ["a:", "b:", "c:", "2", ""])

    def test_what_a_signal_says_stays_below_the_table(self):
        code, _, screen = self.on_terminal(120, steps=500, stop_at="a: denoising step 1")
        self.assertEqual(code, 75)
        said = screen.rows.index("stopping after this step (again to stop at once)")
        self.assertEqual([row.split(" ")[0] for row in screen.rows[said - 3:said]], ["done", "0", "a:"])

    def test_a_narrow_terminal_wraps_no_line_of_the_table(self):
        screen = self.on_terminal(30)[2]
        table = [row for row in screen.seen if row.startswith("done") or "step" in row]
        self.assertTrue(table)
        self.assertLess(max(map(len, table)), 30)

    def test_lines_and_events_count_what_remains(self):
        done = self.run_here("batch", "jobs.jsonl", *SMALL, "--steps", "2")
        self.assertEqual(done.code, 5, done.stderr)
        self.assertRegex(done.stderr, r"(?m)^a: done in [\d.]+ s \(2 remaining, [\d.]+ s left\)$")
        self.assertNotIn("\x1b", done.stderr)
        again = self.run_here("batch", "jobs.jsonl", *SMALL, "--steps", "2", "--progress", "json")
        events = [json.loads(line) for line in again.stderr.splitlines()]
        ended = {event["id"]: event for event in events if event["event"] == "job_ended"}
        self.assertEqual([ended[name]["outcome"] for name in "abc"], ["found", "failed", "found"])
        last = list(ended.values())[-1]["batch"]
        self.assertEqual(last, {"done": 0, "found": 2, "failed": 1, "remaining": 0, "eta_s": 0})


if __name__ == "__main__":
    driver.main()
