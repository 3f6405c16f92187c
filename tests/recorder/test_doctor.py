# SPDX-License-Identifier: BSD-3-Clause
"""`python -m trackexec doctor`: says what would happen, and leaves nothing behind."""

import json
import os
import sys
import unittest

import recordings


class DoctorTest(recordings.RecorderTest):
    def setUp(self):
        super().setUp()
        self.base = os.path.join(self.directory, "base")
        os.mkdir(self.base, 0o700)
        self.write("pkg/__init__.py", "")
        self.write("pkg/sub/a.py", "")
        self.write("pkg/sub/b.py", "")
        self.write("one.py", "raise SystemExit('imported')")

    def doctor(self, *arguments, status=0, **env):
        command = [sys.executable, "-m", "trackexec", "doctor", *arguments]
        done = recordings.spawn(command, self.directory, **env)
        self.assertEqual((done.returncode, done.stderr), (status, ""), done.stdout)
        return done.stdout

    def find(self, *arguments, **options):
        """Return (whether it works, findings by subject)."""
        report = json.loads(self.doctor("--json", *arguments, **options))
        found = {}
        for finding in report["findings"]:
            found.setdefault(finding["subject"], []).append(finding)
        return report["works"], found

    def test_all_is_well(self):
        text = self.doctor(TRACKEXEC="pkg,one,__main__", TRACKEXEC_DIR=self.base)
        self.assertIn("Recording would work.\n", text)
        self.assertNotIn("\n! ", text)
        for line in text.splitlines()[:-1]:
            self.assertRegex(line, r"^[ -] [a-z -]+: +\S")
        self.assertEqual(os.listdir(self.base), [])

    def test_scope(self):
        works, found = self.find("-p", "pkg", "-p", "pkg.sub.a", "-p", "one", "-p", "nowhere", "-p", "pkg/sub/",
                                 "-p", "pkg.missing", "-p", "one.x", self.base)
        self.assertTrue(works)
        self.assertEqual([f["files"] for f in found["scope"]], [3, 1, 1, None, 2, None, None])
        self.assertEqual({f["state"] for f in found["scope"]}, {"ok", "note"})

    def test_backend_ring_and_cost(self):
        works, found = self.find("-p", "pkg", self.base)
        (backend,) = found["backend"]
        self.assertEqual(backend["backend"], "monitoring" if recordings.HAS_MONITORING else "settrace")
        self.assertTrue(os.path.isdir(found["ring"][0]["place"]))
        cost_ns = found["cost"][0]["ns_per_line"]
        print(f"{cost_ns} ns a line")
        self.assertTrue(0 < cost_ns < 5000, cost_ns)
        self.assertIn(found["long functions"][0]["affected"], (True, False))
        self.assertGreater(found["disk"][0]["free_bytes"], 0)

    def test_what_prevents_recording(self):
        missing = os.path.join(self.directory, "missing")
        for arguments, env, why in (
            ([], {}, "TRACKEXEC_DIR is not set"),
            ([missing], {}, "does not exist"),
            ([], {"TRACKEXEC_DIR": missing}, "does not exist"),
            ([self.write("file", "x")], {}, "is no directory"),
        ):
            text = self.doctor(*arguments, status=1, **env)
            (line,) = [line for line in text.splitlines() if line.startswith("!")]
            self.assertIn(why, line)
            self.assertIn("Nothing would be recorded", text)
        self.assertFalse(os.path.exists(missing))

    def test_a_directory_that_others_may_write(self):
        os.chmod(self.base, 0o777)
        text = self.doctor(self.base, status=1)
        self.assertRegex(text, r"! directory: +cannot record into '.*base' as user")

    def test_conflicts(self):
        # Something that starts with the interpreter and takes our place.
        if recordings.HAS_MONITORING:
            taking = "import sys\nfor n in (3, 4): sys.monitoring.use_tool_id(n, 'other')\n"
        else:
            taking = "import sys\nsys.settrace(lambda *unused: None)\n"
        self.write("site/sitecustomize.py", taking)
        path = os.pathsep.join([os.path.join(self.directory, "site"), os.environ["PYTHONPATH"]])
        text = self.doctor(self.base, status=1, PYTHONPATH=path)
        self.assertRegex(text, r"! conflicts: +\S")

    def test_limits(self):
        _, found = self.find(self.base, TRACKEXEC_MAX_SIZE="1G")
        self.assertEqual(found["limits"][0]["TRACKEXEC_MAX_SIZE"], "1G")
        _, found = self.find(self.base, TRACKEXEC_MAX_SIZE="much", TRACKEXEC_CHILDREN="all")
        self.assertEqual([finding["state"] for finding in found["limits"]], ["ok", "note", "note"])
        self.assertIn("TRACKEXEC_CHILDREN is left out", found["limits"][2]["text"])

    def test_rings_of_dead_processes(self):
        program = """\
            import os, signal, trackexec
            trackexec.record("__main__", "trace")
            x = 1
            os.kill(os.getpid(), signal.SIGKILL)
            """
        runtime = os.path.join(self.directory, "runtime")
        os.mkdir(runtime, 0o700)
        self.run_program(program, status=-9, RUNTIME_DIRECTORY=runtime)
        _, found = self.find(self.base, RUNTIME_DIRECTORY=runtime)
        (rings,) = found["rings"]
        self.assertGreaterEqual(rings["count"], 1)
        self.assertTrue([place for place in rings["places"] if place.startswith(runtime)], rings)

    def test_usage(self):
        self.assertIn("usage:", self.doctor("--help"))
        for words in (["-pjson"], ["--package=json"], ["--package", "json"]):
            _, found = self.find(self.base, *words)
            self.assertEqual([finding["item"] for finding in found["scope"]], ["json"])
        self.assertRegex(self.doctor(self.base, "-p", "*"), r"\n  scope: +\*: everything\n")
        self.assertRegex(self.doctor(self.base, "-p", "", status=1), r"\n! scope: +an empty name")
        done = recordings.spawn([sys.executable, "-m", "trackexec", "doctor", "--nonsense"], self.directory)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_what_cannot_be_printed(self):
        base = os.path.join(self.directory, "b\u00e9\udcff")
        os.mkdir(base, 0o700)
        command = [sys.executable, "-m", "trackexec"]
        for words in (["doctor", base], ["recover", "-v", base]):
            done = recordings.spawn([*command, *words], self.directory, PYTHONIOENCODING="ascii:strict")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("b\\xe9\\udcff", done.stdout)
            for redirect in (">&-", ">&- 2>&-"):
                shell = ["sh", "-c", f'"$@" {redirect}', "sh", *command, *words]
                done = recordings.spawn(shell, self.directory)
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
            done = recordings.spawn(["sh", "-c", '"$@" > /dev/full', "sh", *command, *words], self.directory)
            self.assertEqual((done.returncode, done.stderr), (1, "trackexec: [Errno 28] No space left on device\n"))
        # Whoever reads has gone before anything is written.
        shell = ["bash", "-c", 'set -o pipefail; { sleep 0.2; "$@" doctor "$0"; } | true', base, *command]
        done = recordings.spawn(shell, self.directory)
        self.assertEqual((done.returncode, done.stderr), (1, ""))


if __name__ == "__main__":
    unittest.main()
