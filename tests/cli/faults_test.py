"""Every n-th call of the file system fails, in turn: what is left is whole, and the next run completes it.

In CI every few calls in turn fail in one way each. All of them in all ways: ZOETROPE_FAULTS_EVERY=1 faults_test.py PROGRAM
"""

import concurrent.futures
import errno
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import driver
from driver import PROGRAM, surroundings

EVERY = int(os.environ.get("ZOETROPE_FAULTS_EVERY", "0"))
FAMILIES = ("write", "sync", "rename", "open", "link", "unlink", "truncate", "mkdir", "close")
# A disk that is full or read-only stays so; one that is broken fails once. Killed, the program dies before the call.
FULL, READ_ONLY, BROKEN, SHORT, KILLED = "full", "read-only", "broken", "short", "killed"
KINDS = (FULL, BROKEN, KILLED, SHORT, READ_ONLY)
REASONS = "No space left on device|Input/output error|Read-only file system|are free in"

CLIP = {"size": "32x32", "num_frames": 5, "steps": 2}
JOBS = [{"id": "one", "prompt": "a ball", "seed": 1, **CLIP}, {"id": "two", "prompt": "a kite", "seed": 2, **CLIP}]
BATCH = ["batch", "jobs.jsonl", "--output-dir", "out", "--checkpoint-steps", "1"]
SINGLE = ["generate", "--prompt", "a ball", "--seed", "1", "--size", "32x32", "--num-frames", "5", "--steps", "2",
          "--checkpoint-steps", "1", "-o", "out/one.mp4"]


def injected(family, number, kind):
    errors = {FULL: errno.ENOSPC, READ_ONLY: errno.EROFS, BROKEN: errno.EIO, SHORT: "short", KILLED: "kill"}
    settings = {"FAULT_FAMILY": family, "FAULT_AT": str(number), "FAULT_ERROR": str(errors[kind])}
    return {**settings, "FAULT_LASTING": "1"} if kind in (FULL, READ_ONLY) else settings


def points(counts):
    """Which call of which family fails in which way."""
    every = [(family, number, kind) for family in FAMILIES for number in range(1, counts[family] + 1)
             for kind in KINDS if (kind == SHORT) <= (family == "write")]
    if EVERY > 0:
        return every[::EVERY]
    # One way a call, in turn; an odd stride, so that all families and ways come.
    return [point for point in every if point[2] == KINDS[point[1] % len(KINDS)]][::3]


def contents(folder):
    """All files but journals and the report, whose times differ."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix not in (".jsonl", ".html")}


class Faults(driver.CliTest):
    def run_in(self, folder, arguments, faults=None):
        (folder / "jobs.jsonl").write_text("\n".join(map(json.dumps, JOBS)))
        preload = {"LD_PRELOAD": driver.FAULT_INJECTOR, "FAULT_FOLDER": f"{folder}/out", **faults} if faults else {}
        done = subprocess.run([PROGRAM, *arguments, "--threads", "1", "--progress", "plain"], cwd=folder,
                              env=surroundings(preload), stdin=subprocess.DEVNULL, capture_output=True, timeout=600)
        return driver.Done(done.returncode, done.stdout, done.stderr)

    def counted(self, arguments):
        """What an undisturbed run leaves, and how many calls of each family it made."""
        done = self.run_in(self.folder, arguments, {"FAULT_COUNTS": str(self.folder / "counts")})
        self.assertEqual(done.code, 0, done.stderr)
        counts = dict(line.split() for line in (self.folder / "counts").read_text().splitlines())
        return contents(self.folder / "out"), {family: int(count) for family, count in counts.items()}

    def sweep(self, arguments, check, make_folder=False):
        """Runs `check` on what each fault leaves."""
        if make_folder:
            (self.folder / "out").mkdir()
        reference, counts = self.counted(arguments)

        def one(point):
            folder = pathlib.Path(tempfile.mkdtemp(prefix="zoetrope-fault-"))
            if make_folder:
                (folder / "out").mkdir()
            try:
                done = self.run_in(folder, arguments, injected(*point))
                check(point, done, folder, reference)
            except (AssertionError, subprocess.TimeoutExpired) as error:
                if EVERY > 0:  # not at the end of an hour alone
                    print(f"{point}: {error}", flush=True)
                return f"{point}: {error}"
            finally:
                shutil.rmtree(folder)
            return None

        chosen = points(counts)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            wrong = [said for said in pool.map(one, chosen) if said]
        print(f"{arguments[0]}: {counts}, {len(chosen)} faults, {len(wrong)} not survived")
        if wrong:
            self.fail("\n\n".join(wrong))

    def expect_told(self, point, done):
        """The end is one that the documentation knows, and one sentence says what the system said."""
        if point[2] == KILLED:
            self.assertEqual(done.code, -signal.SIGKILL, done.stderr)
            return
        self.assertIn(done.code, (0, 4, 5), done.stderr)
        self.assertNotRegex(done.stderr, r"terminate called|internal error|std::")
        errors = [line for line in done.stderr.splitlines() if line.startswith("zoetrope: error: ")]
        failures = [line for line in done.stderr.splitlines() if ": failed: " in line]
        self.assertEqual(len(errors), 1 if done.code == 4 else 0, done.stderr)
        if done.code == 5:
            self.assertGreater(len(failures), 0, done.stderr)
        for line in errors + failures:
            self.assertRegex(line, REASONS)
        if point[2] == SHORT:
            self.assertEqual(done.code, 0, done.stderr)

    def expect_whole(self, point, left, reference):
        """What is there under its own name is what an undisturbed run makes, and has its sidecar."""
        for name in ("one.mp4", "two.mp4"):
            for made in (name, f"{name}.json"):
                if made in left:
                    self.assertTrue(left[made] == reference[made], f"{made} is torn")
            if point[2] != KILLED:
                self.assertLessEqual(name in left, f"{name}.json" in left, f"{name} has no sidecar")
        if point[2] != KILLED and point[0] != "unlink":
            self.assertEqual([name for name in left if ".part" in name or ".claim" in name], [])

    def expect_complete(self, point, told, folder, reference):
        """All files of an undisturbed run, and no others."""
        found = contents(folder / "out")
        expected = dict(reference)
        if re.search(f"zoetrope: warning: .*({REASONS})", told):  # of a picture, which is not worth a clip
            expected = {name: content for name, content in reference.items() if name in found or ".png" not in name}
        if point[0] == "unlink":  # what could not be removed may stay
            found = {name: content for name, content in found.items() if not name.endswith((".part", ".part2"))}
        self.assertEqual(list(found), list(expected))
        self.assertEqual([name for name in expected if found[name] != expected[name]], [])

    def check_batch(self, point, done, folder, reference):
        self.expect_told(point, done)
        left = contents(folder / "out")
        self.expect_whole(point, left, reference)
        times = {path.name: path.stat().st_mtime_ns for path in (folder / "out").glob("*.mp4.json")}
        again = self.run_in(folder, BATCH)
        self.assertEqual(again.code, 0, again.stderr)
        self.expect_complete(point, done.stderr, folder, reference)
        for name, time in times.items():
            self.assertEqual((folder / "out" / name).stat().st_mtime_ns, time, f"{name} was made twice")

    def check_single(self, point, done, folder, reference):
        self.expect_told(point, done)
        left = contents(folder / "out")
        self.expect_whole(point, left, reference)
        again = self.run_in(folder, [*SINGLE, "--resume"])
        if left.keys() >= reference.keys():  # it was in place already
            self.assertEqual(again.code, 2, again.stderr)
            self.assertIn("exists", again.stderr)
        else:
            self.assertEqual(again.code, 0, again.stderr)
            self.expect_complete(point, done.stderr, folder, reference)

    def test_a_batch_survives_the_failure_of_any_call(self):
        self.sweep(BATCH, self.check_batch)

    def test_a_clip_survives_the_failure_of_any_call(self):
        self.sweep(SINGLE, self.check_single, make_folder=True)

    def test_a_clock_that_jumps_while_a_batch_runs_changes_no_clip_and_no_end(self):
        reference, _ = self.counted(BATCH)
        for jump in ("2:-86400", "2:315360000"):  # a day back, ten years on, after two calls of time()
            with self.subTest(jump):
                shutil.rmtree(self.folder / "out")
                done = self.run_in(self.folder, BATCH, {"FAULT_CLOCK": jump})
                self.assertEqual(done.code, 0, done.stderr)
                self.assertEqual(contents(self.folder / "out"), reference)
                journal, = (self.folder / "out" / ".zoetrope").glob("journal-*.jsonl")
                records = [json.loads(line) for line in journal.read_text().splitlines()]
                self.assertEqual([record["event"] for record in records], ["worker"] + ["started", "done"] * 2)
                self.assertGreater(len({record["time"][:10] for record in records}), 1, "it did not jump")
                self.assertEqual(self.run_in(self.folder, BATCH).stdout, "")  # all are found

    def test_files_from_the_future_are_worth_what_they_say(self):
        reference, _ = self.counted(BATCH)
        for name in ("two.mp4", "two.mp4.json"):
            (self.folder / "out" / name).unlink()
        for path in [self.folder / "out", *(self.folder / "out").rglob("*")]:
            os.utime(path, (4e9, 4e9))
        done = self.run_in(self.folder, BATCH)
        self.assertEqual((done.code, done.stdout), (0, "out/two.mp4\n"), done.stderr)
        self.assertEqual(contents(self.folder / "out"), reference)


if __name__ == "__main__":
    driver.main()
