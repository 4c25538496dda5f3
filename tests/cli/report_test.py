"""The page that a batch leaves, as a browser shows it: headless Chromium, no network."""

import json
import re
import shutil
import subprocess
import unittest

import driver

BROWSER = shutil.which("chromium-headless-shell") or shutil.which("chromium")
SMALL = ["--size", "64x64", "--num-frames", "5", "--steps", "2", "--output-dir", "out"]
PROMPT = """a "red" ball & <script>document.title = 'owned'</script> größer"""

# What the page is asked once it is loaded; the answer is left where the dump has it.
QUESTIONS = """<script>addEventListener("load", () => {
  const rows = [...document.querySelectorAll("tr")].slice(1);
  document.documentElement.setAttribute("answer", JSON.stringify({
    title: document.title,
    heading: document.querySelector("h1").textContent,
    prompts: rows.map(row => row.querySelector(".prompt").textContent),
    links: [...document.links].map(link => decodeURI(link.getAttribute("href"))),
    pictures: [...document.images].map(image => image.complete && image.naturalWidth > 0),
    fetched: performance.getEntriesByType("resource").map(one => one.name).filter(name => !name.startsWith("data:")),
    wider: document.documentElement.scrollWidth > innerWidth,
  }));
});</script>"""


@unittest.skipUnless(BROWSER, "needs chromium-headless-shell, which tools/setup installs for the tests")
class Report(driver.CliTest):
    def in_browser(self, page, *flags):
        asked = page.with_name("asked.html")
        asked.write_text(page.read_text() + QUESTIONS)
        done = subprocess.run([BROWSER, "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", "--dump-dom",
                               f"--user-data-dir={self.folder / 'browser'}", *flags, asked.as_uri()],
                              capture_output=True, timeout=120, check=True)
        answer = re.search(r'<html[^>]* answer="([^"]*)"', done.stdout.decode())
        self.assertTrue(answer, done.stdout[:500])
        return json.loads(answer[1].replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))

    def test_shows_every_job_with_its_pictures_and_link_and_runs_nothing_of_the_prompts(self):
        jobs = [{"prompt": PROMPT, "id": "a", "seed": 7}, {"prompt": "a kite", "id": "b", "seed": 8},
                {"prompt": "a boat", "id": "c", "seed": 9}]
        (self.folder / "jobs.jsonl").write_text("".join(json.dumps(job) + "\n" for job in jobs))
        (self.folder / "out" / "c.mp4").mkdir(parents=True)  # so that it fails
        self.assertEqual(self.run_here("batch", "jobs.jsonl", *SMALL).code, 5)
        page = self.in_browser(self.folder / "out" / "report.html")
        self.assertEqual((page["title"], page["heading"]), ("Zoetrope batch", "2 of 3 clips, 1 failed"))
        self.assertEqual(page["prompts"], [PROMPT, "a kite", "a boat"])
        self.assertEqual(page["pictures"], [True, True])
        self.assertEqual(page["fetched"], [])
        self.assertEqual(page["links"], ["./a.mp4", "./b.mp4"])
        for link in page["links"]:
            self.assertTrue((self.folder / "out" / link).is_file())

    def test_fits_a_telephone(self):
        (self.folder / "jobs.jsonl").write_text(json.dumps({"prompt": "a red ball " * 20, "id": "a" * 60, "seed": 7}))
        self.assertEqual(self.run_here("batch", "jobs.jsonl", *SMALL).code, 0)
        page = self.in_browser(self.folder / "out" / "report.html", "--window-size=390,800")
        self.assertFalse(page["wider"])


if __name__ == "__main__":
    driver.main()
