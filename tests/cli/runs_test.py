"""Whole runs on the starter: what lands on stdout, on stderr and on disk."""

import hashlib
import json
import os
import pty
import re
import struct
import subprocess
import time

import driver
from driver import PROGRAM, SMALL, STARTER, surroundings


class Runs(driver.CliTest):
    def make(self, *arguments, **more):
        done = self.run_here("generate", *SMALL, *arguments, **more)
        self.assertEqual(done.code, 0, done.stderr)
        return done

    def inspect(self, path):
        done = self.run_here("inspect", path, "--json")
        self.assertEqual((done.code, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def test_stdout_holds_the_path_and_nothing_else(self):
        done = self.make("-o", "a.mp4")
        self.assertEqual(done.stdout, "a.mp4\n")
        self.assertEqual(self.left(), ["a.mp4", "a.mp4.json"])
        self.assertIn("seed 7", done.stderr)
        self.assertIn("denoising step 2/2", done.stderr)
        self.assertRegex(done.stderr, r"wrote a\.mp4: 5 frames at 12 fps, 64x64, .* in ")

    def test_the_file_says_what_it_is_and_how_to_make_it_again(self):
        self.make("-o", "a.mp4", "--fps", "24000/1001", "--negative-prompt", "blur")
        clip = self.inspect("a.mp4")
        self.assertEqual((clip["kind"], clip["codec"], clip["frames"], clip["width"], clip["height"], clip["fps"]),
                         ("video", "h264", 5, 64, 64, "24000/1001"))
        recipe = clip["recipe"]
        self.assertEqual((recipe["prompt"], recipe["negative_prompt"], recipe["seed"], recipe["steps"]),
                         ("a red ball", "blur", 7, 2))

    def test_the_recipe_names_the_weights_by_what_sha256sum_prints(self):
        self.make("-o", "a.mp4")
        files = ["text_encoder/model.safetensors", "transformer/diffusion_pytorch_model.safetensors",
                 "vae/diffusion_pytorch_model.safetensors"]
        printed = subprocess.run(["sha256sum", *files], cwd=STARTER, capture_output=True, check=True)
        self.assertEqual(self.inspect("a.mp4")["recipe"]["model_sha256"],
                         hashlib.sha256(printed.stdout).hexdigest())

    def test_without_metadata_no_byte_tells_the_prompt(self):
        self.make("-o", "a.mkv", "--metadata", "none")
        self.assertEqual(self.left(), ["a.mkv"])
        self.assertNotIn(b"red ball", (self.folder / "a.mkv").read_bytes())

    def test_without_a_name_the_file_is_called_by_time_and_seed(self):
        self.assertRegex(self.make().stdout, r"^zoetrope-\d{8}-\d{6}-7\.mp4\n$")

    def test_an_existing_file_is_replaced_only_when_told(self):
        (self.folder / "a.mp4").write_text("precious")
        self.make("-o", "a.mp4", "--overwrite")
        self.assertEqual(self.inspect("a.mp4")["frames"], 5)

    def test_the_same_seed_gives_the_same_frames(self):
        for name in ("a", "b"):
            self.make("-o", f"{name}%05d.png", "--metadata", "none")
        for number in range(1, 6):
            first, second = (self.folder / f"{name}{number:05}.png" for name in ("a", "b"))
            self.assertEqual(first.read_bytes(), second.read_bytes())

    def test_saved_latents_decode_into_the_same_frames(self):
        self.make("-o", "a%05d.png", "--metadata", "none", "--save-latents", "l.safetensors")
        saved = self.inspect("l.safetensors")
        self.assertEqual((saved["kind"], saved["shape"], saved["complete"]), ("latents", [1, 24, 2, 4, 4], True))
        self.assertEqual(saved["recipe"]["seed"], 7)
        done = self.run_here("decode", "l.safetensors", "-o", "b%05d.png", "--metadata", "none")
        self.assertEqual((done.code, done.stdout), (0, "b%05d.png\n"), done.stderr)
        for number in range(1, 6):
            first, second = (self.folder / f"{name}{number:05}.png" for name in ("a", "b"))
            self.assertEqual(first.read_bytes(), second.read_bytes())

    def test_decoded_latents_keep_their_recipe_at_the_rate_asked_for(self):
        self.make("-o", "a.mp4", "--save-latents", "l.safetensors")
        done = self.run_here("decode", "l.safetensors", "--fps", "30", "-o", "b.mkv", "--codec", "ffv1")
        self.assertEqual(done.code, 0, done.stderr)
        clip = self.inspect("b.mkv")
        self.assertEqual((clip["codec"], clip["fps"], clip["recipe"]["fps"], clip["recipe"]["prompt"]),
                         ("ffv1", "30", "30", "a red ball"))

    def test_json_progress_is_one_object_a_line(self):
        done = self.make("-o", "a.mp4", "--progress", "json", "--json")
        events = [json.loads(line) for line in done.stderr.splitlines()]
        kinds = [event["event"] for event in events]
        self.assertEqual((kinds[0], kinds[-1]), ("seed", "finished"))
        stages = {event["stage"] for event in events if event["event"] == "progress"}
        self.assertEqual(stages, {"load", "text", "denoise", "decode", "encode"})
        steps = [event["done"] for event in events if event.get("stage") == "denoise"]
        self.assertEqual(steps[-2:], [1, 2])
        result = json.loads(done.stdout)
        self.assertEqual((result["output"], result["seed"], result["frames"]), ("a.mp4", 7, 5))

    def test_json_progress_tells_errors_too(self):
        done = self.run_here("generate", "--prompt", "x", "--frames", "6", "--progress", "json")
        event = json.loads(done.stderr)
        self.assertEqual((event["event"], event["code"]), ("error", 2))

    def test_no_progress_leaves_the_seed_alone(self):
        self.assertEqual(self.make("-o", "a.mp4", "--progress", "none").stderr, "seed 7\n")

    def test_a_terminal_gets_one_line_that_fits_and_is_rewritten(self):
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(PROGRAM, [PROGRAM, "generate", *SMALL, "-o", "a.mp4"], {**surroundings(), "TERM": "xterm"})
        shown = b""
        try:
            while chunk := os.read(terminal, 4096):
                shown += chunk
        except OSError:
            pass  # the program closed its end
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        self.assertIn(b"\r\x1b[Jdenoising step 2/2", shown)
        self.assertLess(shown.count(b"\n"), 6)

    def test_a_long_prompt_is_cut_with_a_warning(self):
        (self.folder / "p.txt").write_text("a red ball rolls and " * 200)
        done = self.run_here("generate", "--prompt-file", "p.txt", *SMALL[2:], "-o", "a.mp4")
        self.assertEqual(done.code, 0, done.stderr)
        self.assertRegex(done.stderr, r"zoetrope: warning: the prompt is too long: its last \d+ tokens were dropped")

    def test_closed_streams_do_not_end_a_render_or_spoil_its_file(self):
        for number, closing in enumerate((">&-", "2>&-", "<&- >&- 2>&-")):
            command = " ".join([f"'{word}'" for word in (PROGRAM, "generate", *SMALL, "-o", f"{number}.mp4")])
            done = subprocess.run(["sh", "-c", f"{command} {closing}"], cwd=self.folder, env=surroundings(),
                                  capture_output=True, timeout=300)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.inspect(f"{number}.mp4")["frames"], 5)

    def test_readers_that_go_away_do_not_end_a_render(self):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([PROGRAM, "generate", *SMALL, "-o", "a.mp4"], cwd=self.folder, env=surroundings(),
                              stdout=writer, stderr=writer, timeout=300)
        os.close(writer)
        self.assertEqual((done.returncode, self.inspect("a.mp4")["frames"]), (0, 5))

    def test_a_full_stdout_is_an_error(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "inspect", STARTER], stdout=full, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, 4)
        self.assertIn(b"write to standard output", done.stderr)

    def test_inspecting_a_checkpoint_reads_no_weights(self):
        model = self.inspect(STARTER)
        self.assertEqual((model["family"], model["pipeline"], model["latent_channels"]), ("wan", "WanPipeline", 24))
        self.assertEqual(set(model["components"]), {"text_encoder", "transformer", "vae"})
        header = (STARTER / "vae/diffusion_pytorch_model.safetensors").read_bytes()
        length = struct.unpack("<Q", header[:8])[0]
        tensors = {key: value for key, value in json.loads(header[8:8 + length]).items() if key != "__metadata__"}
        self.assertEqual(model["components"]["vae"]["bytes"],
                         sum(entry["data_offsets"][1] - entry["data_offsets"][0] for entry in tensors.values()))
        start = time.monotonic()
        self.assertIn("transformer", self.run_here("inspect", STARTER).stdout)
        self.assertLess(time.monotonic() - start, 5)

    def test_the_default_model_is_found_from_any_folder(self):
        done = self.run_here("doctor", "--json", environment={"ZOETROPE_MODEL": ""})
        self.assertEqual(done.code, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["model"].get("name"), "starter")

    def test_doctor_names_versions_memory_and_codecs(self):
        done = self.run_here("doctor")
        for word in ("zoetrope", "libtorch", "libavformat", "threads", "memory", "codec h264", "model"):
            self.assertTrue(re.search(rf"^{word}\b", done.stdout, re.M), word)


if __name__ == "__main__":
    driver.main()
