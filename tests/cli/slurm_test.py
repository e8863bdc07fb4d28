# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The job array of the guide on a Slurm cluster that the test starts: one
controller and two nodes, all on this machine."""
import getpass
import os
import re
import shutil
import socket
import subprocess
import time
import unittest
from pathlib import Path

import project
from project import SEEDED_FROM_ENTROPY, ProjectTest

GUIDE = (Path(__file__).parents[2] / "docs/guide/large-projects.md").read_text()
CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
AuthType=auth/none
CredType=cred/none
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/controller.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/controller.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
MpiDefault=none
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=8
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=8
PartitionName=all Nodes=n1,n2 Default=YES
"""


def free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@unittest.skipUnless(shutil.which("slurmctld") and shutil.which("slurmd") and os.geteuid() == 0, "needs slurmctld, slurmd and root")
class JobArray(ProjectTest):
    def setUp(self):
        super().setUp()
        folder = self.root.parent
        (folder / "state").mkdir()
        configuration = folder / "slurm.conf"
        configuration.write_text(CONFIGURATION.format(folder=folder, host=socket.gethostname().split(".")[0],
                                                      user=getpass.getuser(), ports=free_ports(3)))
        self.environment = {**os.environ, "SLURM_CONF": str(configuration),
                            "PATH": f"{Path(project.REPROAUDIT).resolve().parent}:{os.environ['PATH']}"}
        for daemon in (["slurmctld", "-D", "-c"], ["slurmd", "-D", "-N", "n1"], ["slurmd", "-D", "-N", "n2"]):
            process = subprocess.Popen(daemon, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.addCleanup(process.wait)
            self.addCleanup(process.terminate)
        for _ in range(300):
            if self.run_slurm("sinfo", "--noheader", "--format=%D %t").stdout.split() == ["2", "idle"]:
                return
            time.sleep(0.1)
        self.skipTest("Slurm's daemons do not start here: " + (folder / "controller.log").read_text())

    def run_slurm(self, *command: str) -> subprocess.CompletedProcess:
        return subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True, timeout=300)

    def test_array_and_merge(self):
        self.project(**{name: SEEDED_FROM_ENTROPY.replace("engine", name) for name in "abcdef"})
        self.ignore_build_folder()
        whole = self.run_slurm("reproaudit", "scan", "--no-cache", "--output", "sarif").stdout
        script = self.root.parent / "array.sh"
        script.write_text(re.search(r"```bash\n(#!.*?)```", GUIDE, re.S)[1])
        array = self.run_slurm("sbatch", "--wait", "--output", str(self.root.parent / "%a.log"), str(script))
        self.assertEqual(array.returncode, 0, [log.read_text() for log in self.root.parent.glob("?.log")])
        merge = re.search(r"^reproaudit merge build.*$", GUIDE, re.M)[0]
        judged = self.run_slurm("sbatch", "--wait", "--output", str(self.root.parent / "merge.log"), "--wrap", merge)
        self.assertEqual(judged.returncode, 1, judged.stderr)  # There are findings.
        self.assertEqual((self.root / "build/reproaudit.sarif").read_text(), whole)


if __name__ == "__main__":
    unittest.main()
