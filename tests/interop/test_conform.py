# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""The conformance suite against Lunway in both roles, and against its mutants."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAME = "iqn.2026-11.io.lunway:judged"
CONFIGURATION = f"""
[volume.disk]
memory = "64MiB"

[volume.second]
memory = "16MiB"

[[portal_group]]
tag = 1
listen = ["127.0.0.1:0"]

[[target]]
name = "{NAME}"
portal_groups = [1]
luns = {{ 0 = "disk", 1 = "second" }}
initiators = ["iqn.2026-11.io.lunway:conform*"]
max_connections = 4
error_recovery_level = 2
"""


@pytest.fixture
def portal(lunway, tmp_path):
    config = tmp_path / "lunway.toml"
    config.write_text(CONFIGURATION)
    server = subprocess.Popen([lunway, "serve", "--config", config], stdout=subprocess.PIPE, text=True)
    try:
        yield re.search(r"iscsi://([^/]+)/", server.stdout.readline())[1]
    finally:
        server.terminate()
        server.wait()


def judged(command, result):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.exists(), done.stderr
    verdicts = {test["id"]: test["verdict"] for test in json.loads(result.read_text())["tests"]}
    return done, verdicts


@pytest.mark.limit(300)
def test_the_target_passes(lunway, portal, tmp_path):
    result = tmp_path / "result.json"
    done, verdicts = judged([lunway, "conform", "target", "--dataloss", "--brief", "--json", result,
                             f"iscsi://{portal}/{NAME}/0"], result)
    assert done.returncode == 0, done.stdout
    assert set(verdicts.values()) <= {"pass", "inapplicable"}, done.stdout
    assert len(verdicts) >= 290
    assert list(verdicts.values()).count("inapplicable") < len(verdicts) / 10, done.stdout


@pytest.mark.limit(300)
def test_the_initiator_passes(lunway, tmp_path):
    result = tmp_path / "result.json"
    done, verdicts = judged([lunway, "conform", "initiator", "--brief", "--json", result,
                             "--drive", f"{lunway} info {{url}}",
                             "--drive-read", f"{lunway} read {{url}} --length 1M -o /dev/null",
                             "--drive-write", f"head -c 1M /dev/zero | {lunway} write {{url}}",
                             "--drive-discover", f"{lunway} discover {{portal}}",
                             "--chap", "someone%a-secret-of-someone", "--mutual", "target%a-secret-of-the-target"],
                            result)
    assert done.returncode == 0, done.stdout
    assert set(verdicts.values()) <= {"pass", "inapplicable"}, done.stdout
    assert len(verdicts) >= 270
    assert list(verdicts.values()).count("inapplicable") < len(verdicts) / 10, done.stdout


@pytest.mark.limit(600)
def test_each_mutant_of_the_target_is_found(lunway):
    score = [sys.executable, ROOT / "tests" / "mutants" / "score.py", Path(lunway).resolve().parent]
    done = subprocess.run(score, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
