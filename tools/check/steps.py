# SPDX-License-Identifier: Apache-2.0
"""The checks, one function each. A function runs its tool, leaves the log in build/check and returns its Results."""

import glob
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor

from commands import LOGS, ROOT, run
from results import Results, failed, passed, read_junit, skipped

JOBS = int(os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL") or len(os.sched_getaffinity(0)))
SLOW_MACHINE_S = 3600  # A limit for what hangs: two old processors and an empty cache stay under it.
CODE_FOLDERS = ("src", "include", "tests", "fuzz", "bench")
TOOLS = ("tools/check", "tools/ledger", "tools/tidy", "bench")
SIMULATED_RUNS = 2000
FRESH_RUNS = 100
NOTHING_COMPARED = 77  # exit status of bench/instructions.py
ROOMS_WITH_THREADS = ("runtime", "target", "initiator")


def one(name: str, command: list[str], timeout_s: int = 600) -> Results:
    """A tool that counts as one check."""
    status, log = run(name, command, timeout_s)
    return passed() if status == 0 else failed(name, log)


def files_ending(*endings: str) -> list[str]:
    found = []
    for folder in CODE_FOLDERS:
        for where, _, names in os.walk(os.path.join(ROOT, folder)):
            found += [os.path.join(where, name) for name in names if name.endswith(endings)]
    return sorted(os.path.relpath(path, ROOT) for path in found)


def check_format() -> Results:
    return one("format", ["clang-format-19", "--dry-run", "-Werror", *files_ending(".cpp", ".h")])


def check_tidy() -> Results:
    return one("tidy", ["python3", "-B", "tools/tidy"])


def check_ledger() -> Results:
    return one("ledger", ["python3", "-B", "tools/ledger"])


def check_tools() -> Results:
    """The unit tests of what is written in Python."""
    results = Results()
    for folder in TOOLS:
        name = folder.replace("/", "-")
        status, log = run(name, ["python3", "-B", "-m", "unittest", "discover", "-s", folder, "-p", "*_test.py"], 120)
        count = re.search(r"^Ran (\d+) tests?", log, re.MULTILINE)
        broken = sum(int(number) for number in re.findall(r"(?:failures|errors)=(\d+)", log))
        if status == 0 and count:
            results.add(passed(int(count.group(1))))
        else:
            results.add(failed(name, log))
            results.passed += max(0, int(count.group(1)) - broken) if count else 0
    return results


def check_shell() -> Results:
    folders = [".", ".ci", "tools", "packaging", *(os.path.dirname(path) for path in files_ending(".sh"))]
    scripts = sorted({os.path.normpath(os.path.join(folder, name)) for folder in folders
                      if os.path.isdir(os.path.join(ROOT, folder)) for name in os.listdir(os.path.join(ROOT, folder))
                      if is_shell_script(os.path.join(ROOT, folder, name))})
    return one("shellcheck", ["shellcheck", "-x", "-P", ".", *scripts])


def is_shell_script(path: str) -> bool:
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        return re.match(rb"#!\s*/(usr/)?bin/(env )?(ba)?sh\b", file.readline()) is not None


def build(preset: str, *targets: str) -> Results:
    script = 'root=$1; shift; source "$root/tools/build.sh"; build_preset "$@"'
    return one(f"build-{preset}", ["bash", "-c", script, "build", ROOT, preset, *targets], SLOW_MACHINE_S)


def unit_tests(preset: str, *more: str) -> Results:
    report = os.path.join(LOGS, f"unit-{preset}.xml")
    command = ["ctest", "--test-dir", f"build/{preset}", "-j", str(JOBS), "--no-tests=error", "--output-on-failure",
               "--output-junit", report, *more]
    return reported(f"unit-{preset}", command, report, f"unit ({preset})")


def reported(name: str, command: list[str], report: str, kind: str) -> Results:
    """Runs a test program that writes a JUnit report; a bad status is never lost."""
    remove(report)
    status, log = run(name, command, SLOW_MACHINE_S)
    results = read_junit(report, kind)
    # No test explains the status, or there is no test at all: then the reason is in the log.
    if status != 0 and [what for what, _ in results.failures] in ([], [kind]):
        results.failures = failed(name, log).failures
    return results


def check_unit_tests() -> Results:
    built = build("debug")
    if built.passed:
        built.add(unit_tests("debug"))
    return built


def check_simulator() -> Results:
    """Each run counts as a check: those that found something once, fixed ones, and some that nobody has seen before."""
    status, log = run("simulator", ["build/debug/lunway-sim", "--seeds", "src/simulator/regressions.seeds", "--runs",
                                    str(SIMULATED_RUNS), "--fresh", str(FRESH_RUNS), "--jobs", str(JOBS)], 1800)
    count = re.search(r"^(\d+) runs,", log, re.MULTILINE)
    return passed(int(count.group(1))) if status == 0 and count else failed("simulator", log)


def check_release() -> Results:
    return build("release")


def check_lint() -> Results:
    """clang-tidy over the sources; unit tests are left out, GoogleTest's macros make them slow and noisy.

    It takes what time the tests beside it leave over.
    """
    sources = r"^(?!.*_test\.cpp$).*/(src|fuzz|bench)/.*\.cpp$"
    status, log = run("clang-tidy", ["nice", "-n", "10", "run-clang-tidy-19", "-quiet", "-j", str(JOBS),
                                     "-p", "build/debug", sources], SLOW_MACHINE_S)
    if status == 0:
        return passed()
    # What is wrong in a header is said again for every source that includes it.
    lines = {line.replace(ROOT + "/", "") for line in log.splitlines() if re.search(r": (error|warning): ", line)}
    return failed("clang-tidy", "\n".join(sorted(lines)) or log)


def check_instructions() -> Results:
    """What a command costs a target, in instructions: the same number on every machine, however busy it is."""
    built = build("release", "bench")
    if not built.passed:
        return built
    status, log = run("instructions", ["python3", "-B", "bench/instructions.py"], 600)
    if status == NOTHING_COMPARED:
        built.add(skipped("instructions per command", log.strip().splitlines()[-1]))
    else:
        built.add(passed() if status == 0 else failed("instructions per command", log))
    return built


def check_interop() -> Results:
    return peer_tests("interop")


def check_kernel() -> Results:
    """Skipped test by test, with the reason, where User Mode Linux does not run."""
    return peer_tests("kernel")


def peer_tests(folder: str) -> Results:
    if not glob.glob(os.path.join(ROOT, f"tests/{folder}/test_*.py")):
        return skipped(folder, f"tests/{folder} has no test")
    report = os.path.join(LOGS, f"{folder}.xml")
    command = ["/usr/bin/python3", "-B", "-m", "pytest", f"tests/{folder}", "-p", "no:cacheprovider",
               "--lunway", "build/debug/lunway", "--require-peers", f"--junitxml={report}"]
    return reported(folder, command, report, folder)


def check_threads(all_rooms: bool) -> Results:
    rooms = [path.split("/")[1] for path in files_ending("_test.cpp") if path.startswith("src/")]
    programs = [f"{room}_test" for room in sorted(set(rooms)) if all_rooms or room in ROOMS_WITH_THREADS]
    if not programs:
        return skipped("unit (tsan)", "no room with threads has tests")
    built = build("tsan", *programs)
    if built.passed:
        # The programs of the other rooms are not built: ctest has a place holder for each, which is left out.
        built.add(unit_tests("tsan", "-E", "_NOT_BUILT$"))
    return built


def check_fuzzers(seconds: int) -> Results:
    sources = files_ending("_fuzz.cpp")
    if not sources:
        return skipped("fuzz", "there is no fuzzer yet")
    names = [os.path.basename(source).removesuffix(".cpp") for source in sources]
    built = build("fuzz", *names)  # And not the rooms that no fuzzer links.
    if built.passed:
        with ThreadPoolExecutor(JOBS) as pool:
            for result in pool.map(lambda name: fuzz(name, seconds), names):
                built.add(result)
    return built


def fuzz(name: str, seconds: int) -> Results:
    programs = glob.glob(os.path.join(ROOT, "build/fuzz/**", name), recursive=True)
    if not programs:
        return failed(name, f"the fuzz preset built no {name}")
    found = os.path.join(LOGS, name)
    shutil.rmtree(found, ignore_errors=True)
    os.makedirs(found)
    seeds = [path for path in (f"fuzz/corpus/{name}",) if os.path.isdir(os.path.join(ROOT, path))]
    return one(name, [programs[0], f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048",
                      "-print_final_stats=1", f"-artifact_prefix={found}/", found, *seeds], seconds + 120)


def remove(path: str) -> None:
    if os.path.exists(path):
        os.remove(path)
