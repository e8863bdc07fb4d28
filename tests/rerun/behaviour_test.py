# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What `rerun` promises besides naming causes: exit codes, replay, modes, and
that nothing of the target survives.

usage: behaviour_test.py REPROAUDIT PROGRAMS"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

REPROAUDIT, PROGRAMS = sys.argv.pop(1), Path(sys.argv.pop(1))


# Writes a file of each kind with one number that changes.
WRITER = r"""
import json, os, struct, zipfile
values = [1.0, 2.0, 3.0 + os.urandom(1)[0] / 1e6, 4.0]
raw = struct.pack("<4f", *values)
header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }"
npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + raw
date = (2020, 1, 1, 0, 0, 0)
with zipfile.ZipFile("a.npz", "w") as archive:
    archive.writestr(zipfile.ZipInfo("x.npy", date), npy)
with zipfile.ZipFile("c.npz", "w") as archive:
    archive.writestr(zipfile.ZipInfo("x.npy", date), npy, zipfile.ZIP_DEFLATED)
with zipfile.ZipFile("m.pt", "w") as archive:
    archive.writestr(zipfile.ZipInfo("m/data.pkl", date), b"ctorch\nFloatStorage\n.")
    archive.writestr(zipfile.ZipInfo("m/data/0", date), raw)
info = struct.pack("<Q", 1) + b"w" + struct.pack("<IQIQ", 1, 4, 0, 0)
head = b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + info
open("g.gguf", "wb").write(head + bytes(-len(head) % 32) + raw)
field = lambda number, data: bytes([number << 3 | 2, len(data)]) + data
tensor = bytes([1 << 3, 4, 2 << 3, 1]) + field(8, b"fc.weight") + field(9, raw)
open("o.onnx", "wb").write(bytes([1 << 3, 8]) + field(7, field(5, tensor)))
open("raw.bin", "wb").write(raw)
open("broken.npz", "wb").write(b"PK\x05\x06" + bytes(18) + os.urandom(3) + b"\xff\xfe\xff\xff")
json.dump({"loss": values}, open("j.json", "w"))
open("t.csv", "w").write("a,b,c,d\n" + ",".join(map(str, values)) + "\n")
"""


def processes_with(text: str) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if text.encode() in command and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


class Rerun(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.cwd = Path(self.directory.name)

    def command(self, *arguments):
        return [REPROAUDIT, "rerun", *map(str, arguments)]

    def rerun(self, *arguments):
        return subprocess.run(self.command(*arguments), cwd=self.cwd,
                              capture_output=True, text=True)

    def test_failing_program_is_exit_code_3(self):
        run = self.rerun("--", "sh", "-c", "exit 7")
        self.assertEqual(run.returncode, 3)
        self.assertIn("exit code 7", run.stdout)

    def test_missing_program_is_exit_code_3(self):
        run = self.rerun("--", "./no-such-program")
        self.assertEqual(run.returncode, 3)
        self.assertIn("cannot start ./no-such-program", run.stdout)

    def test_unknown_factor_is_exit_code_2(self):
        run = self.rerun("--factors", "gravity", "--", "true")
        self.assertEqual(run.returncode, 2)
        self.assertIn("gravity", run.stderr)

    def test_required_factor_out_of_reach_is_exit_code_4(self):
        run = self.rerun("--factors", "sort-ties", "--", PROGRAMS / "program_clean_training")
        self.assertEqual(run.returncode, 4)
        self.assertIn("not-applicable", run.stdout)

    def test_spent_budget_is_never_green(self):
        run = self.rerun("--time-budget", "0", "--", PROGRAMS / "program_clean_training")
        self.assertEqual(run.returncode, 5)

    def test_lower_level_accepts_what_only_other_machines_change(self):
        run = self.rerun("--level", "L4", "--factors", "hash-order", "--",
                         PROGRAMS / "program_hash_map_of_strings")
        self.assertEqual(run.returncode, 0)

    def test_masked_text_does_not_count(self):
        run = self.rerun("--mask", "[0-9]+", "--factors", "entropy", "--",
                         PROGRAMS / "program_seeded_by_time")
        self.assertEqual(run.returncode, 0)

    def test_outputs_restrict_the_comparison(self):
        run = self.rerun("--outputs", "*.bin", "--factors", "entropy", "--",
                         PROGRAMS / "program_seeded_by_time")
        self.assertEqual(run.returncode, 0)

    def test_replay_repeats_the_divergence_and_nothing_else(self):
        report = self.cwd / "report.json"
        self.rerun("--factors", "hash-order", "--output", f"json:{report}", "--",
                   PROGRAMS / "program_hash_map_of_strings")
        again = self.rerun("--replay", report, "--output", "json", "--",
                           PROGRAMS / "program_hash_map_of_strings")
        self.assertEqual(again.returncode, 1)
        self.assertLess(json.loads(again.stdout)["runs"], 12)
        repaired = self.rerun("--replay", report, "--", PROGRAMS / "program_clean_hash_map_lookup")
        self.assertEqual(repaired.returncode, 0, repaired.stdout)

    def test_same_report_twice(self):
        command = ["--output", "json", "--", PROGRAMS / "program_sort_ties"]
        self.assertEqual(self.rerun(*command).stdout, self.rerun(*command).stdout)

    def test_works_without_namespaces(self):
        (self.cwd / "input").write_text("kept")
        run = self.rerun("--no-namespaces", "--factors", "entropy", "--output", "json", "--",
                         PROGRAMS / "program_file_named_by_pid")
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIn("no private mounts", run.stdout)
        self.assertEqual([p.name for p in self.cwd.iterdir()], ["input"])

    def test_inputs_are_as_they_were(self):
        (self.cwd / "log").write_text("before")
        run = self.rerun("--factors", "tz", "--", "sh", "-c", "cat log; echo more >> log; rm -f gone")
        self.assertEqual(run.returncode, 0, run.stdout)
        self.assertEqual((self.cwd / "log").read_text(), "before")

    def test_content_is_compared_as_numbers(self):
        writer = self.cwd / "writer.py"
        writer.write_text(WRITER)
        run = self.rerun("--factors", "entropy", "--output", "json", "--", "python3", "-S", writer)
        self.assertEqual(run.returncode, 1, run.stderr)
        where = {a["name"]: a["difference"] and a["difference"]["where"]
                 for a in json.loads(run.stdout)["artifacts"]}
        self.assertEqual(where["a.npz"], "tensor x.npy[2]")
        self.assertEqual(where["c.npz"], "tensor x.npy[2]")
        self.assertEqual(where["o.onnx"], "tensor fc.weight[2]")
        self.assertEqual(where["m.pt"], "tensor m/data/0[2]")
        self.assertEqual(where["g.gguf"], "tensor w[2]")
        self.assertEqual(where["raw.bin"], "tensor values[2]")
        self.assertEqual(where["j.json"], "line 1, /loss/2")
        self.assertEqual(where["t.csv"], "line 2, column c")
        self.assertRegex(where["broken.npz"], "^byte")

    def test_traced_value_that_differs_first_is_named(self):
        run = self.rerun("--factors", "hash-order", "--output", "json", "--",
                         PROGRAMS / "program_traced_values")
        value = json.loads(run.stdout)["causes"][0]["first_divergence"]["value"]
        self.assertEqual((value["name"], value["occurrence"]), ("sum", 1))

    def test_memory_is_limited(self):
        hungry = "x = bytearray(400 << 20); print(len(x))"
        run = self.rerun("--memory", "200", "--", "python3", "-S", "-c", hungry)
        self.assertEqual(run.returncode, 3, run.stdout)

    def test_output_is_limited(self):
        for where in ("", "> file"):
            run = self.rerun("--output-limit", "8", "--", "sh", "-c", f"exec yes {where}")
            self.assertEqual(run.returncode, 3, run.stdout)

    def test_many_processes_are_ended(self):
        flood = "i=0; while [ $i -lt 200 ]; do sleep 65432 & i=$((i+1)); done; wait"
        for mode in ([], ["--no-namespaces"]):
            run = self.rerun(*mode, "--timeout", "2", "--", "sh", "-c", flood)
            self.assertEqual(run.returncode, 3, run.stdout)
            self.assertEqual(processes_with("65432"), [])

    @unittest.skipUnless(os.getuid() == 0, "only root can change the root directory")
    @unittest.skipIf(subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode,
                     "the tests run in such a directory already, or mounts are forbidden")
    def test_works_in_a_directory_made_the_root(self):
        build = Path(REPROAUDIT).resolve().parents[1]
        script = f"""
            set -e
            for d in usr proc dev {build}; do mkdir -p root/$d; mount --bind /${{d#/}} root/$d; done
            for d in bin lib lib64; do ln -s usr/$d root/$d; done
            mkdir -p root/tmp root/other root/here
            exec chroot root sh -c 'cd /here && exec {build}/bin/reproaudit rerun --factors tz \
                --output json -- sh -c "echo more >> /other/file; echo new > file"'"""
        run = subprocess.run(["unshare", "--mount", "sh", "-c", script], cwd=self.cwd,
                             capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        report = json.loads(run.stdout)
        self.assertEqual([n for n in report["notes"] if "mounts" in n or "overlay" in n], [])
        self.assertTrue({"file", "/other/file"} <= {a["name"] for a in report["artifacts"]})
        self.assertEqual(list((self.cwd / "root/other").iterdir()), [])

    def test_number_of_processes_is_limited(self):
        bomb = "bomb() { bomb | bomb & }; bomb; sleep 54321"
        run = self.rerun("--process-limit", "200", "--", "bash", "-c", bomb)
        if "no private process ids" in run.stdout:
            self.skipTest("no namespace there")
        self.assertEqual(run.returncode, 3, run.stdout)
        self.assertIn("more processes than the limit", run.stdout)
        self.assertEqual(processes_with("54321"), [])

    def test_process_ids_differ_as_they_do_without_us(self):
        run = self.rerun("--factors", "tz", "--", "sh", "-c", "echo $$")
        self.assertEqual(run.returncode, 1, run.stdout)

    def test_files_elsewhere_are_as_they_were(self):
        other = Path(tempfile.mkdtemp(dir="/var/tmp"))
        self.addCleanup(lambda: (other / "kept").unlink() or other.rmdir())
        (other / "kept").write_text("before")
        run = self.rerun("--factors", "tz", "--output", "json", "--", "sh", "-c",
                         f"echo more >> {other}/kept; echo new > {other}/new")
        if "no private mounts" in run.stdout:
            self.skipTest("no overlay there")
        self.assertEqual((other / "kept").read_text(), "before")
        self.assertIn(f"{other}/new", [a["name"] for a in json.loads(run.stdout)["artifacts"]])
        self.assertEqual([p.name for p in other.iterdir()], ["kept"])

    @unittest.skipUnless(os.getuid() == 0 and all(folder.stat().st_mode & 1 for folder in Path(REPROAUDIT).resolve().parents),
                         "only root can become somebody else, who must be let into the build folder")
    def test_works_for_somebody_without_rights(self):
        self.cwd.chmod(0o777)
        command = self.command("--factors", "entropy,sched", "--output", "json", "--",
                               PROGRAMS / "program_seeded_by_time")
        run = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command],
                             cwd=self.cwd, capture_output=True, text=True)
        self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
        report = json.loads(run.stdout)
        self.assertEqual({f["name"]: f["state"] for f in report["factors"]}["entropy"], "differs")
        self.assertIn("no real-time scheduling", " ".join(report["notes"]))

    @unittest.skipUnless(os.getuid() == 0 and all(folder.stat().st_mode & 1 for folder in Path(REPROAUDIT).resolve().parents),
                         "only root can become somebody else, who must be let into the build folder")
    def test_somebody_without_rights_writes_in_a_folder_of_their_own(self):
        self.cwd.chmod(0o755)  # Root's, and in it:
        own = self.cwd / "own"
        own.mkdir()
        os.chown(own, 65534, 65534)
        command = self.command("--factors", "cwd", "--output", "json", "--", "sh", "-c", "echo 1 > file && pwd > place")
        run = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command],
                             cwd=own, capture_output=True, text=True)
        self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
        factors = {a["name"]: a["factors"] for a in json.loads(run.stdout)["artifacts"]}
        self.assertEqual((factors["file"], factors["place"]), ([], ["cwd"]))
        self.assertEqual(list(own.iterdir()), [])

    def test_program_that_ignores_signals_is_ended(self):
        start = time.monotonic()
        run = self.rerun("--timeout", "1", "--", "sh", "-c", "trap '' TERM INT; sleep 98765")
        self.assertEqual(run.returncode, 3)
        self.assertLess(time.monotonic() - start, 60)
        self.assertEqual(processes_with("98765"), [])

    def test_daemon_does_not_survive_its_run(self):
        for mode in ([], ["--no-namespaces"]):
            run = self.rerun(*mode, "--factors", "tz", "--", "sh", "-c",
                             "setsid sleep 87654 >/dev/null 2>&1 & echo done")
            self.assertEqual(run.returncode, 0, run.stdout)
            self.assertEqual(processes_with("87654"), [])

    def test_killed_audit_leaves_no_process_and_the_next_cleans_up(self):
        audit = subprocess.Popen(self.command("--", "sleep", "76543"), cwd=self.cwd,
                                 stdout=subprocess.DEVNULL)
        for _ in range(300):
            if len(processes_with("76543")) > 1:
                break
            time.sleep(0.1)
        time.sleep(0.5)
        audit.send_signal(signal.SIGKILL)
        audit.wait()
        for _ in range(100):
            if not processes_with("76543"):
                break
            time.sleep(0.1)
        self.assertEqual(processes_with("76543"), [])
        left = [p for parent in ("/tmp", "/dev/shm") for p in Path(parent).glob("reproaudit-run.*")
                if p.owner() == Path(self.cwd).owner()]
        self.rerun("--factors", "tz", "--", "true")
        self.assertFalse(any(p.exists() for p in left if not in_use(p)))


def in_use(scratch: Path) -> bool:
    """Another audit may be at work."""
    import fcntl
    try:
        with open(scratch / "lock", "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:
        return False
    except OSError:
        return True


unittest.main()
