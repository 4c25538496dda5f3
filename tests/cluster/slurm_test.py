"""tools/slurm/batch.sbatch on a Slurm of two virtual nodes on this machine: every clip once, whatever dies.

Skipped (exit code 77) where Slurm or munge is not installed.
"""

import collections
import getpass
import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = str(pathlib.Path(sys.argv[1]).resolve()) if len(sys.argv) > 1 else ""
SCRIPT = SOURCE / "tools" / "slurm" / "batch.sbatch"
NEEDED = ["munged", "slurmctld", "slurmd", "sbatch", "scontrol", "sinfo", "squeue", "scancel"]
JOBS, STEPS = 12, 40

# Smallest that works; short scheduler intervals, or each step of a job's life takes up to a minute.
CONFIGURATION = """\
ClusterName=zoetrope
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={ports[0]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=100000,sched_interval=2,bf_interval=2
ReturnToService=2
KillWait=5
NodeName=n1 NodeAddr=127.0.0.1 NodeHostname=localhost Port={ports[1]} CPUs=1 State=UNKNOWN
NodeName=n2 NodeAddr=127.0.0.1 NodeHostname=localhost Port={ports[2]} CPUs=1 State=UNKNOWN
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
"""


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_until(what, condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {what}")


class Cluster:
    """One controller, two nodes and their munge in a folder of their own."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("munge", "state"):
            (folder / name).mkdir(mode=0o700)
        # munge's clients and its daemon both ask that others can pass, and nobody else write.
        folder.chmod(0o755)
        (folder / "munge").chmod(0o755)
        (folder / "slurm.conf").write_text(
            CONFIGURATION.format(folder=folder, user=getpass.getuser(), ports=free_ports(3)))
        (folder / "cgroup.conf").write_text("")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("SLURM_", "SBATCH_"))}
        self.environment = {**kept, "SLURM_CONF": str(folder / "slurm.conf"), "ZOETROPE": PROGRAM,
                            "ZOETROPE_MODEL": str(SOURCE / "models" / "starter")}
        self.daemons = {}

    def start(self):
        munge = self.folder / "munge"
        (munge / "key").write_bytes(os.urandom(128))
        (munge / "key").chmod(0o400)
        self.spawn("munged", "munged", "--foreground", "--force", "--key-file", munge / "key", "--socket",
                   munge / "socket", "--pid-file", munge / "pid", "--log-file", munge / "log", "--seed-file",
                   munge / "seed")
        wait_until("munge listens", (munge / "socket").exists)
        self.spawn("slurmctld", "slurmctld", "-D")
        self.start_node("n1")
        self.start_node("n2")
        wait_until("both nodes are idle", lambda: self.states() == {"n1": "idle", "n2": "idle"})

    def start_node(self, name):
        self.spawn(name, "slurmd", "-D", "-N", name)

    def spawn(self, name, *command):
        with open(self.folder / f"{name}.out", "ab") as out:
            self.daemons[name] = subprocess.Popen([*map(str, command)], env=self.environment, stdout=out, stderr=out,
                                                  stdin=subprocess.DEVNULL, cwd=self.folder)

    def stop(self):
        subprocess.run(["scancel", "--user", getpass.getuser(), "--signal=KILL", "--full"], env=self.environment,
                       capture_output=True)
        for name in ("n1", "n2"):
            self.kill_node(name)
        for daemon in self.daemons.values():
            daemon.terminate()
        for daemon in self.daemons.values():
            try:
                daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def ask(self, *command):
        done = subprocess.run([*map(str, command)], env=self.environment, capture_output=True, text=True, timeout=60,
                              cwd=self.folder)
        if done.returncode != 0:
            raise AssertionError(f"{command}: exit {done.returncode}: {done.stderr}")
        return done.stdout.strip()

    def states(self):
        done = subprocess.run(["sinfo", "-h", "-N", "-o", "%N %t"], env=self.environment, capture_output=True, text=True)
        return dict(line.split() for line in done.stdout.splitlines())

    def tasks(self):
        """{array task: (state, node, restarts)} of those that are not over."""
        lines = self.ask("squeue", "-h", "-r", "-O", "ArrayTaskID:20,State:20,NodeList:20,RestartCnt:20").splitlines()
        found = {}
        for line in lines:
            fields = [line[i:i + 20].strip() for i in range(0, 80, 20)]
            found[int(fields[0])] = (fields[1], fields[2], int(fields[3] or 0))
        return found

    def processes_on(self, node):
        """The node's daemon, its step daemons and all that they run."""
        found = set()
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                environment = (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if f"SLURMD_NODENAME={node}".encode() in environment and \
                    f"SLURM_CONF={self.folder}/slurm.conf".encode() in environment:
                found.add(int(entry.name))
        # Step daemons are named for their job and have a parent or a child among those.
        for pid in list(found):
            try:
                parent = int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
                if b"slurmstepd" in pathlib.Path(f"/proc/{parent}/cmdline").read_bytes():
                    found.add(parent)
            except OSError:
                pass
        if node in self.daemons and self.daemons[node].poll() is None:
            found.add(self.daemons[node].pid)
        return found

    def kill_node(self, node):
        """As a power cut would: nothing on it says goodbye."""
        for pid in self.processes_on(node):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if node in self.daemons:
            self.daemons[node].wait()


class Slurm(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="zoetrope-slurm-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.cluster = Cluster(self.folder)
        self.addCleanup(self.cluster.stop)
        self.cluster.start()
        lines = [json.dumps({"id": f"job-{i}", "prompt": f"ball {i}", "size": "64x64", "num_frames": 5, "steps": STEPS,
                             "seed": i}) for i in range(JOBS)]
        (self.folder / "jobs.jsonl").write_text("\n".join(lines))

    def submit(self, *options):
        return self.cluster.ask("sbatch", "--parsable", "--array=0-1", "--output=task-%a.txt", *options, SCRIPT,
                                "jobs.jsonl", "out", "--threads", "1", "--checkpoint-steps", "5")

    def finished(self):
        return {path.name: path.stat().st_mtime_ns for path in (self.folder / "out").glob("*.mp4.json")}

    def said(self):
        return "\n".join(f"{path.name}:\n{path.read_text()}" for path in sorted(self.folder.glob("task-*.txt")))

    def wait_for_end(self):
        """Cuts the two minutes short for which Slurm holds what it queues again. A few seconds have to stay: nodes
        refuse to start what they were told to end within the same one."""
        released = set()

        def over():
            tasks = self.cluster.tasks()
            for task, (state, _, restarts) in tasks.items():
                if state == "PENDING" and (task, restarts) not in released:
                    self.cluster.ask("scontrol", "update", f"jobid={self.job}_{task}", "starttime=now+3")
                    released.add((task, restarts))
            return not tasks
        wait_until("all tasks are over", over, 300)

    def expect_every_clip_once(self):
        self.assertEqual(set(self.finished()), {f"job-{i}.mp4.json" for i in range(JOBS)}, self.said())
        done = collections.Counter()
        for journal in (self.folder / "out" / ".zoetrope").glob("journal-*.jsonl"):
            for line in journal.read_bytes().split(b"\n"):
                try:
                    record = json.loads(line)
                except ValueError:  # torn by the power cut
                    continue
                if record["event"] == "done":
                    done[record["id"]] += 1
        self.assertLessEqual(max(done.values()), 1, done)
        for i in range(JOBS):
            content = (self.folder / "out" / f"job-{i}.mp4").read_bytes()
            told = json.loads((self.folder / "out" / f"job-{i}.mp4.json").read_text())["file"]
            self.assertEqual(hashlib.sha256(content).hexdigest(), told["sha256"])
        left = [path.name for path in (self.folder / "out").rglob("*") if path.suffix in (".part", ".claim")]
        self.assertEqual(left, [])

    def test_a_batch_on_two_nodes_survives_the_death_of_one(self):
        self.job = self.submit()
        wait_until("both tasks run", lambda: sorted(node for state, node, _ in self.cluster.tasks().values()
                                                    if state == "RUNNING") == ["n1", "n2"])
        victim = next(task for task, (_, node, _) in self.cluster.tasks().items() if node == "n2")
        mine = {f"job-{i}.mp4.json" for i in range(JOBS) if i % 2 == victim}
        wait_until("the second node has made a clip", lambda: mine & set(self.finished()))
        self.cluster.kill_node("n2")
        before = self.finished()
        self.assertLess(len(mine & set(before)), len(mine), "killed too late to show anything")
        self.cluster.ask("scontrol", "update", "nodename=n2", "state=down", "reason=killed")
        wait_until("its task waits again", lambda: self.cluster.tasks().get(victim, ("",))[0] == "PENDING")
        # The node stays dead: its task goes on where the other one runs.
        self.wait_for_end()
        print(f"{len(before)} of {JOBS} clips at the node's death")
        self.expect_every_clip_once()
        self.assertEqual({name: self.finished()[name] for name in before}, before)

    def test_what_a_time_limit_stops_is_queued_again_and_goes_on(self):
        self.job = self.submit()
        wait_until("a clip is made", self.finished)
        # What --signal does two minutes before the end.
        self.cluster.ask("scancel", "--batch", "--signal=USR1", self.job)
        wait_until("both tasks wait again", lambda: [state for state, _, _ in self.cluster.tasks().values()] ==
                   ["PENDING", "PENDING"])
        before = self.finished()
        self.assertLess(len(before), JOBS)
        self.assertEqual(self.said().count("stopping after this step"), 2)
        self.wait_for_end()
        self.expect_every_clip_once()
        self.assertEqual({name: self.finished()[name] for name in before}, before)


if __name__ == "__main__":
    search = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    os.environ["PATH"] = search
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        print(f"SKIPPED: NO CLUSTER TEST WAS RUN: {', '.join(missing)} not found (apt-get install slurm-wlm munge)")
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
