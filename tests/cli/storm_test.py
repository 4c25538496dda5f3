"""Batches under kill -9, SIGTERM and failing disks: every clip once, whole, and the same as without.

CI runs a tenth. All of it: ZOETROPE_STORM_JOBS=10000 ZOETROPE_STORM_KILLS=1000 ZOETROPE_STORM_STOPS=200
ZOETROPE_STORM_STEP=1 storm_test.py PROGRAM
"""

import collections
import hashlib
import json
import os
import random
import signal
import subprocess
import time

import driver
from driver import PROGRAM, surroundings

JOBS = int(os.environ.get("ZOETROPE_STORM_JOBS", "1000"))
KILLS = int(os.environ.get("ZOETROPE_STORM_KILLS", "100"))
STOPS = int(os.environ.get("ZOETROPE_STORM_STOPS", "20"))
STEP = int(os.environ.get("ZOETROPE_STORM_STEP", "6"))  # a stop at every so many steps
WORKERS = 3


class Batches(driver.CliTest):
    def write_jobs(self, count, steps=1, size="64x64", frames=5):
        lines = [json.dumps({"id": f"job-{i}", "prompt": f"ball {i % 7}", "size": size, "num_frames": frames,
                             "steps": steps, "seed": i}) for i in range(count)]
        (self.folder / "jobs.jsonl").write_text("\n".join(lines))

    def command(self, output="out", *more):
        return [PROGRAM, "batch", "jobs.jsonl", "--output-dir", output, "--threads", "1", "--progress", "none", *more]

    def start(self, *more):
        process = subprocess.Popen(self.command(*more), cwd=self.folder, env=surroundings(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def run_batch(self, *more):
        done = subprocess.run(self.command(*more), cwd=self.folder, env=surroundings(), stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=600)
        return driver.Done(done.returncode, done.stdout, done.stderr)

    def events(self, output="out"):
        """How often the journals say what of each job; lines of the dead may be torn."""
        counts = collections.Counter()
        for journal in (self.folder / output / ".zoetrope").glob("journal-*.jsonl"):
            for line in journal.read_bytes().split(b"\n"):
                try:
                    record = json.loads(line)
                except ValueError:
                    continue
                counts[record["event"], record.get("id")] += 1
        return counts

    def failures(self, output="out"):
        journals = (self.folder / output / ".zoetrope").glob("journal-*.jsonl")
        return [line for journal in journals for line in journal.read_text().splitlines() if '"failed"' in line]

    def finished(self, output="out"):
        """When each clip's sidecar was written."""
        folder = self.folder / output
        return {entry.name: entry.stat().st_mtime_ns for entry in (os.scandir(folder) if folder.exists() else ())
                if entry.name.endswith(".mp4.json")}

    def wait_for(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end:
            time.sleep(0.01)

    def expect_whole(self, count, output="out"):
        """Every clip is the one its sidecar tells of, and nothing else is left."""
        folder = self.folder / output
        clips = {f"job-{i}.mp4" for i in range(count)}
        self.assertEqual({path.name for path in folder.iterdir()},
                         clips | {f"{name}.json" for name in clips} | {".zoetrope", "report.html"})
        for name in clips:
            content = (folder / name).read_bytes()
            told = json.loads((folder / f"{name}.json").read_text())["file"]
            self.assertEqual((len(content), hashlib.sha256(content).hexdigest()), (told["bytes"], told["sha256"]))
        left = {path.suffix for path in (folder / ".zoetrope").iterdir()}
        self.assertLessEqual(left, {".jsonl", ".png"})

    def expect_same(self, names, output="out"):
        """Clips as a run without any disturbance makes them."""
        self.assertEqual(self.run_batch("calm").code, 0)
        for name in names:
            self.assertEqual((self.folder / output / name).read_bytes(), (self.folder / "calm" / name).read_bytes())


class Killed(Batches):
    def kill_one(self, workers, chance, count):
        """Ends a worker for good, at a random moment; mostly once it is making clips, of which `count` are there."""
        number = chance.randrange(WORKERS)
        if chance.random() < 0.9:
            self.wait_for(lambda: workers[number].poll() is not None or len(self.finished()) > count, 30)
        time.sleep(chance.uniform(0, 0.3))
        alive = workers[number].poll() is None
        workers[number].kill()
        self.assertIn(workers[number].wait(), (0, -signal.SIGKILL))
        killed = workers[number].returncode != 0
        self.assertLessEqual(killed, alive)
        workers[number] = self.start()
        return killed

    def test_a_storm_of_kills_loses_no_clip_and_makes_none_twice(self):
        jobs, size = JOBS, {"size": "32x32", "frames": 1}
        self.write_jobs(jobs, **size)
        chance = random.Random(7)
        workers = [self.start() for _ in range(WORKERS)]
        kills, finished = 0, {}
        while kills < KILLS:
            killed = self.kill_one(workers, chance, len(finished))
            kills += killed
            now = self.finished()
            self.assertEqual({name: now.get(name) for name in finished}, finished)
            finished = now
            if killed and kills % 100 == 0:
                print(f"{kills} kills, {len(finished)} of {jobs} clips finished by then", flush=True)
            if len(finished) == jobs:  # a fast machine: more to do
                jobs += JOBS // 5
                self.write_jobs(jobs, **size)
        for worker in workers:
            _, said = worker.communicate(timeout=3600)
            self.assertEqual(worker.returncode, 0, said)
        self.assertEqual(self.run_batch().code, 0)  # some may have read the file before it grew
        self.assertEqual({name: self.finished()[name] for name in finished}, finished)
        self.expect_whole(jobs)
        events = self.events()
        for i in range(jobs):
            self.assertLessEqual(events["done", f"job-{i}"], 1)
        self.assertEqual(self.failures(), [])

    def test_clips_are_those_of_an_undisturbed_run(self):
        self.write_jobs(6, steps=30, size="32x32")
        chance = random.Random(8)
        for _ in range(8):
            worker = self.start("out", "--checkpoint-steps", "3")
            time.sleep(chance.uniform(0.2, 0.7))
            worker.kill()
            worker.wait()
        self.assertEqual(self.run_batch().code, 0)
        self.expect_whole(6)
        self.expect_same([f"job-{i}.mp4" for i in range(6)])


class Stopped(Batches):
    def begun(self, process):
        """Whether a worker has got as far as its journal."""
        return process.poll() is not None or any(self.folder.glob(f"out/.zoetrope/journal-*-{process.pid}.jsonl"))

    def test_orders_to_stop_are_clean_ends_and_the_same_clips(self):
        jobs, size = 4, {"size": "32x32", "steps": 50}
        self.write_jobs(jobs, **size)
        chance = random.Random(9)
        stops = 0
        while stops < STOPS:
            worker = self.start()
            self.wait_for(lambda: self.begun(worker))
            time.sleep(chance.uniform(0, 0.4))
            worker.send_signal(chance.choice([signal.SIGTERM, signal.SIGINT, signal.SIGUSR1]))
            _, said = worker.communicate(timeout=60)
            self.assertEqual([path.name for path in self.folder.glob("out/**/*.part*")], [])
            if worker.returncode == 0:  # a fast machine: more to do
                jobs += 4
                self.write_jobs(jobs, **size)
                continue
            self.assertEqual(worker.returncode, 75, said)
            stops += 1
        print(f"{stops} stops, {jobs} jobs")
        self.assertEqual(self.run_batch().code, 0)
        self.expect_whole(jobs)
        self.expect_same([f"job-{i}.mp4" for i in range(jobs)])

    def test_a_stop_after_any_step_ends_in_the_same_clip(self):
        clip = ["generate", "--prompt", "a ball", "--size", "32x32", "--num-frames", "5", "--steps", "30", "--seed", "7",
                "--threads", "1", "--checkpoint-steps", "1"]
        self.assertEqual(self.run_here(*clip, "-o", "whole.mp4").code, 0)
        whole = (self.folder / "whole.mp4").read_bytes()
        for step in range(1, 31, STEP):
            # Each step is kept by a rename, and the order comes with that of this step.
            stop = {"LD_PRELOAD": driver.FAULT_INJECTOR, "FAULT_FOLDER": str(self.folder), "FAULT_FAMILY": "rename",
                    "FAULT_AT": str(step), "FAULT_ERROR": "stop"}
            done = self.run_here(*clip, "-o", "a.mp4", environment=stop)
            self.assertEqual(done.code, 75, done.stderr)
            self.assertIn("while decoding" if step == 30 else f"after step {step} of 30", done.stderr)
            self.assertEqual(self.run_here(*clip, "--resume", "-o", "a.mp4").code, 0)
            self.assertTrue((self.folder / "a.mp4").read_bytes() == whole, f"stopped after step {step}")
            for name in ("a.mp4", "a.mp4.json"):
                (self.folder / name).unlink()


class Folders(Batches):
    def run_on(self, mount, jobs):
        """Runs the batch in a mount namespace, with `disk` mounted by that command; returns how it ended and what
        the disk then held."""
        self.write_jobs(jobs, size="256x160")
        (self.folder / "disk").mkdir()
        script = f'{mount} || exit 99\n"$@"; code=$?; cp -r disk kept; exit $code'
        namespace = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
        done = subprocess.run([*namespace, "sh", "-c", script, "sh", *self.command("disk")], cwd=self.folder,
                              env=surroundings(), stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
        return driver.Done(done.returncode, done.stdout, done.stderr)

    def test_a_full_disk_ends_the_batch_and_leaves_what_was_made(self):
        # A clip and its records take some 60 KB.
        done = self.run_on("mount -t tmpfs -o size=1m tmpfs disk", 40)
        self.assertEqual(done.code, 4, done.stderr)
        self.assertRegex(done.stderr, "No space left on device|are free in")
        clips = list((self.folder / "kept").glob("*.mp4"))
        self.assertGreater(len(clips), 0)
        for clip in clips:
            told = json.loads(clip.with_name(clip.name + ".json").read_text())["file"]
            self.assertEqual(hashlib.sha256(clip.read_bytes()).hexdigest(), told["sha256"])
        self.assertEqual(len(self.failures("kept")), 1)
        self.assertEqual(list((self.folder / "kept").rglob("*.part")), [])

    def test_a_folder_that_cannot_be_written_to_is_refused_at_once(self):
        done = self.run_on("mount -t tmpfs -o ro tmpfs disk", 2)
        self.expect_refusal(done, 4, "write into disk: Read-only file system")

    def test_a_folder_that_vanishes_ends_the_batch(self):
        self.write_jobs(200)
        worker = self.start()
        while not self.finished():
            time.sleep(0.05)
        (self.folder / "out").rename(self.folder / "gone")
        _, said = worker.communicate(timeout=120)
        self.assertEqual(worker.returncode, 4, said)
        self.assertIn(b"out", said)

    def test_two_batches_in_one_folder_do_not_disturb_each_other(self):
        self.write_jobs(10)
        other = [json.dumps({"id": f"other-{i}", "prompt": "a cube", "size": "64x64", "num_frames": 5, "steps": 1,
                             "seed": i}) for i in range(10)]
        (self.folder / "other.jsonl").write_text("\n".join(other))
        first = self.start()
        second = self.command()
        second[2] = "other.jsonl"
        done = subprocess.run(second, cwd=self.folder, env=surroundings(), capture_output=True, timeout=120)
        first.communicate(timeout=120)
        self.assertEqual((first.returncode, done.returncode), (0, 0))
        self.assertEqual(len(self.finished()), 20)


if __name__ == "__main__":
    driver.main()
