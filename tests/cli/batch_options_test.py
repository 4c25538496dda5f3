"""Prompt files, settings and the flags of a batch, up to the point where clips are made."""

import json
import os
import subprocess

import driver

SMALL = ["--size", "64x64", "--num-frames", "5", "--steps", "2"]
TWO = '{"prompt": "a red ball", "seed": 7}\n{"prompt": "a kite", "id": "kite", "steps": 3}\n'


class BatchOptions(driver.CliTest):
    def write(self, name, text):
        (self.folder / name).write_text(text)
        return name

    def plan(self, *arguments, **more):
        done = self.run_here("batch", *arguments, "--output-dir", "out", *SMALL, "--dry-run", "--json", **more)
        self.assertEqual(done.code, 0, done.stderr)
        return json.loads(done.stdout)

    def test_a_dry_run_shows_every_job_and_writes_nothing(self):
        self.write("jobs.jsonl", TWO)
        plan = self.plan("jobs.jsonl")
        first, second = plan["jobs"]
        self.assertEqual((first["line"], first["steps"], first["seed"], first["width"]), (1, 2, 7, 64))
        self.assertEqual((second["id"], second["steps"], second["output"]), ("kite", 3, "out/kite.mp4"))
        self.assertEqual(plan["frames"], 10)
        self.assertGreater(plan["peak_bytes"], 0)
        table = self.run_here("batch", "jobs.jsonl", "--output-dir", "out", *SMALL, "--dry-run").stdout
        self.assertIn("2 jobs, 10 frames", table)
        self.assertIn("kite", table.splitlines()[2])
        self.assertEqual(self.left(), ["jobs.jsonl"])

    def test_all_formats_and_stdin_mean_the_same_jobs(self):
        self.write("jobs.jsonl", '{"prompt": "a, b"}\n{"prompt": "c"}\n')
        self.write("jobs.csv", 'prompt\r\n"a, b"\r\nc\r\n')
        self.write("jobs.txt", "# two\na, b\n\nc\n")
        want = [job["id"] for job in self.plan("jobs.jsonl")["jobs"]]
        for name, form in (("jobs.csv", "csv"), ("jobs.txt", "txt"), ("jobs.jsonl", "jsonl")):
            self.assertEqual([job["id"] for job in self.plan(name)["jobs"]], want)
            done = subprocess.run([driver.PROGRAM, "batch", "-", "--format", form, "--output-dir", "out", *SMALL,
                                   "--dry-run", "--json"], cwd=self.folder, env=driver.surroundings(),
                                  input=(self.folder / name).read_bytes(), capture_output=True)
            self.assertEqual([job["id"] for job in json.loads(done.stdout)["jobs"]], want)

    def test_all_faults_of_a_prompt_file_are_told_before_anything_is_made(self):
        self.write("jobs.jsonl", '{"prompt": "a", "stepps": 1}\n{"prompt": "b"}\n{"prompt": "c", "seed": "x"}\n')
        done = self.run_here("batch", "jobs.jsonl", "--output-dir", "out")
        self.expect_refusal(done, 3, "read jobs.jsonl: 2 faults",
                            "jobs.jsonl:1: 'stepps': unknown key (nearest known key: steps)",
                            "jobs.jsonl:3: 'seed': 'x' is not a whole number")
        done = self.run_here("batch", "jobs.jsonl", "--output-dir", "out", "--progress", "json")
        event = json.loads(done.stderr.splitlines()[-1])
        self.assertEqual((event["event"], event["code"], len(event["details"])), ("error", 3, 2))
        self.assertEqual(self.left(), ["jobs.jsonl"])

    def test_what_the_model_can_not_do_is_told_by_line_too(self):
        self.write("jobs.txt", "a\nb\n")
        for dry in ([], ["--dry-run"]):
            done = self.run_here("batch", "jobs.txt", "--output-dir", "out", "--num-frames", "6", *dry)
            self.expect_refusal(done, 3, "2 jobs that this model can't do", "jobs.txt:2: ", "num_frames 6")

    def test_flags_at_fault_are_refused(self):
        self.write("jobs.txt", "a\n")
        batch = ["batch", "jobs.txt", "--output-dir", "out"]
        for arguments, *fragments in (
                (["batch", "--output-dir", "out"], "FILE is required"),
                (["batch", "jobs.txt"], "--output-dir is required", "see zoetrope batch --help"),
                ([*batch, "--shard", "2/2"], "--shard: '2' is out of range (expected 0 to 1)"),
                ([*batch, "--shard", "2"], "--shard: '2' is no share (expected I/N"),
                ([*batch, "--retry", "-1"], "--retry"),
                ([*batch, "--format", "xml"], "--format: 'xml' is unknown"),
                ([*batch, "--confine", "nowhere"], "nowhere", "no such folder"),
                ([*batch, "--codec", "h265"], "codec: 'h265' is unknown"),
                ([*batch, "--scheduler", "ddim"], "--scheduler: 'ddim' is unknown (expected unipc or euler)"),
                ([*batch, "-o", "x.mp4"], "-o: unknown flag"),
                (["batch", "jobs.json", "--output-dir", "out"], "'.json'")):
            with self.subTest(arguments):
                self.expect_refusal(self.run_here(*arguments), 2, *fragments)
        self.assertEqual(self.left(), ["jobs.txt"])

    def test_stills_stay_where_they_are_confined(self):
        os.symlink("/etc/hostname", self.folder / "link.png")
        for still in ("../x.png", "/etc/hostname", "link.png"):
            self.write("jobs.jsonl", json.dumps({"prompt": "a", "image": still}) + "\n")
            done = self.run_here("batch", "jobs.jsonl", "--output-dir", "out", "--confine", ".")
            self.expect_refusal(done, 3, "jobs.jsonl:1: image: ", "lies outside '.'")


class Settings(driver.CliTest):
    def settings(self, *arguments, **more):
        done = self.run_here(*arguments, "--print-config", **more)
        self.assertEqual(done.code, 0, done.stderr)
        return done.stdout

    def write(self, text):
        (self.folder / "zoetrope.toml").write_text(text)

    def test_flags_go_before_the_environment_and_that_before_the_file(self):
        self.write('threads = 3\nsteps = 4\ndtype = "bf16"\n[generate]\nsteps = 5\nfps = 12.5\n[batch]\nretry = 2\n')
        environment = {"ZOETROPE_THREADS": "2", "ZOETROPE_MODEL": "m"}
        text = self.settings("generate", "--config", "zoetrope.toml", "--dtype", "fp32", environment=environment)
        self.assertEqual(text, 'fps = "12.5"\nsteps = 5\nmodel = "m"\ndtype = "fp32"\nthreads = 2\n')
        text = self.settings("batch", "--config", "zoetrope.toml", environment=environment)
        self.assertEqual(text, 'retry = 2\nsteps = 4\nmodel = "m"\ndtype = "bf16"\nthreads = 2\n')

    def test_a_flag_goes_before_what_it_excludes(self):
        self.write('size = "64x96"\nduration = 2\n')
        text = self.settings("generate", "--config", "zoetrope.toml", "-W", "32", environment={"ZOETROPE_MODEL": ""})
        self.assertEqual(text, "width = 32\nduration = 2\n")

    def test_settings_print_as_a_file_that_prints_the_same(self):
        prompts = ["plain", 'q " \\ \' # = [x]', "two\nlines\t\x7f\x1b", "кот 🐈", ""]
        for prompt in prompts:
            first = self.settings("generate", "-p", prompt, "-n", prompt, "--size", "64x96", "--fps", "24000/1001",
                                  "--steps", "007", "--guidance-scale", "5.50", "--flow-shift", "1e2", "--seed",
                                  "9223372036854775807", "--overwrite", "--crf", "20", "--bit-depth", "10",
                                  "--metadata", "none", "--memory-limit", "12G", "--json", "-o", "a b.mkv")
            self.write(first)
            second = self.settings("generate", "--config", "zoetrope.toml")
            self.assertEqual(second, first)
            self.assertIn("guidance_scale = 5.5\n", first)
            self.assertIn("steps = 7\n", first)

    def test_a_file_at_fault_is_refused_with_its_line(self):
        for text, *fragments in (
                ("\nstpes = 3\n", ":2: 'stpes': unknown key (nearest known key: steps)"),
                ("[batch]\nprompt_flie = 3\n", ":2: 'prompt_flie': unknown key"),
                ("[generate]\nretry = 3\n", ":2: 'retry': unknown key"),
                ("[decode]\ncrf = 3\n", "[decode] is no table"),
                ("steps = 0\n", ":1: 'steps': --steps: '0' is out of range (expected 1 to 1000)"),
                ("steps = [3]\n", ":1: 'steps': is neither text nor a number"),
                ("overwrite = 1\n", ":1: 'overwrite': is no true or false"),
                ("steps = 1\nframes = 5\nnum_frames = 5\n", ":3: ", "given twice"),
                ('size = "64x64"\nwidth = 64\n', "exclude each other"),
                ("steps = 1\nsteps = 2\n", ":2: not TOML"),
                ("steps =\n", ":1: not TOML")):
            with self.subTest(text):
                self.write(text)
                done = self.run_here("generate", "-p", "x", "--config", "zoetrope.toml")
                self.expect_refusal(done, 2, "zoetrope.toml", *fragments)
        done = self.run_here("generate", "-p", "x", "--config", "nowhere.toml")
        self.expect_refusal(done, 3, "nowhere.toml")

    def test_a_variable_at_fault_is_named(self):
        done = self.run_here("generate", "-p", "x", environment={"ZOETROPE_THREADS": "none"})
        self.expect_refusal(done, 2, "$ZOETROPE_THREADS", "'none' is not a whole number")

    def test_the_file_gives_a_clip_its_flags(self):
        self.write('size = "64x64"\nnum_frames = 5\nsteps = 2\nseed = 7\n')
        done = self.run_here("generate", "-p", "a", "--config", "zoetrope.toml", "--dry-run", "--json")
        plan = json.loads(done.stdout)
        self.assertEqual([plan[key] for key in ("width", "num_frames", "steps", "seed")], [64, 5, 2, 7])


driver.main()
