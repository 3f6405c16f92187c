# SPDX-License-Identifier: BSD-3-Clause
"""What recording costs: untraced, floor and recorder measured in one run.

The floor is a callback in C that does nothing, on the same events; see floor.c. Each
measurement is a process of its own; the tools take turns, round by round, and a ratio is
taken within a round, so that a machine that changes its speed does no harm. Medians of ratios
are printed. Times are CPU times of the whole process, its native threads included, but for
two columns: `(wall)` is what a clock on the wall shows, and `(thread)` the CPU time of the
program's thread alone. The goals over the floor are on the wall's time, which the program
takes where its native threads have a CPU to run on; what those take of it is in `rec/floor`. On a
machine that is busy otherwise only `(thread)` tells anything (--busy judges that).
`added` is what the recorder adds to the untraced program's CPU time, over what the floor adds.

    bench.py --pythons /usr/bin/python3 ... --path BUILD/src/recorder --path BUILD/tests/bench

The goals are those of docs/promises.md, section Speed; --check makes missed ones an error.
"""

import argparse
import glob
import json
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import bench_child  # noqa: E402
import bench_disk  # noqa: E402
from workloads import NAMES  # noqa: E402

GOAL_FLOOR_GEOMEAN = 1.08
GOAL_FLOOR_WORST = 1.2
GOAL_INSTRUCTIONS = 85
GOAL_PAUSE_NS = 100000
OTHERS = ("server", "long", "pauses", "disk")


# What depends on the interpreter: (from this version on, value). Goals in ns are PGO builds'.
def by_version(version, *goals):
    return max(goal for goal in goals if version >= goal[0])[1]


def goal_slowdown(version):
    return by_version(version, ((3, 0), 3.4), ((3, 12), 2.4), ((3, 13), 2.2))


def goal_ns_per_line(version):
    return by_version(version, ((3, 0), 70), ((3, 13), 35))


def goal_server(version):
    return by_version(version, ((3, 0), 1.6), ((3, 11), 1.2), ((3, 12), 1.04))


# For --callgrind: two sizes of each workload, whose difference leaves the start-up out. The
# first is that of --small, too.
SMALL_SCALES = {
    "scheduler": (2, 4),
    "constraints": (2, 4),
    "chaos": (2000, 4000),
    "playout": (1, 2),
    "raytrace": (12, 17),
    "planner": (1, 2),
    "async_tree": (1, 2),
    "coroutines": (14, 16),
    "pickler": (1, 2),
}


class Failure(Exception):
    pass


class Bench:
    def __init__(self, python, path, options):
        self.python = python
        self.options = options
        self.environment = dict(
            os.environ,
            PYTHONPATH=os.pathsep.join(path),
            PYTHONHASHSEED="0",
            PYTHONDONTWRITEBYTECODE="1",
        )
        ask = "import sys, sysconfig; print(*sys.version_info[:3], sysconfig.get_config_var('CONFIG_ARGS'))"
        out = self.run([python, "-c", ask])
        self.version = tuple(int(part) for part in out.split()[:3])
        self.is_optimized = "--enable-optimizations" in out
        self.deadline = None

    def run(self, command):
        done = subprocess.run(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        if done.returncode:
            last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise Failure("%s: exit %d: %s" % (" ".join(command[:6]), done.returncode, "".join(last)))
        return done.stdout.decode()

    def child(self, tool, workload, scale=0, extra=()):
        if self.options.small and not scale:
            scale = {"server": 100, "long": 1, "pauses": 2000}.get(workload) or SMALL_SCALES[workload][0]
        script = os.path.join(HERE, "bench_child.py")
        return json.loads(self.run([self.python, script, tool, workload, str(scale), *extra]))

    def give(self, share):
        """From here on, rounds may take this share of the interpreter's time."""
        if self.options.minutes:
            share *= 60 * self.options.minutes / len(self.options.pythons)
            self.deadline = time.monotonic() + share

    def is_over(self, turn):
        return self.deadline is not None and turn >= 3 and time.monotonic() > self.deadline

    def can(self, tool):
        try:
            return self.child(tool, "chaos", 10) is not None
        except Failure as failure:
            print("  no %s: %s" % (tool, failure))
            return False

    def rounds(self, workload, tools, rounds):
        """{tool: [result of each round]}; the first tool of a round changes from round to round."""
        results = {tool: [] for tool in tools}
        for turn in range(rounds):
            if self.is_over(turn):
                break
            shift = turn % len(tools)
            for tool in tools[shift:] + tools[:shift]:
                results[tool].append(self.child(tool, workload))
        said = {result["result"] for of_tool in results.values() for result in of_tool}
        if len(said) != 1:
            raise Failure("%s: its result depends on the tool: %s" % (workload, sorted(said)))
        return results

    def instructions(self, tool, workload, scale):
        """Instructions of (the program's thread, all native threads)."""
        directory = tempfile.mkdtemp(prefix="trackexec-bench-")
        script = os.path.join(HERE, "bench_child.py")
        command = ["valgrind", "--tool=callgrind", "--separate-threads=yes"]
        command.append("--callgrind-out-file=" + os.path.join(directory, "out"))
        try:
            self.run([*command, self.python, script, tool, workload, str(scale)])
            counts = [0, 0]
            for name in sorted(os.listdir(directory)):
                with open(os.path.join(directory, name), encoding="utf-8", errors="replace") as file:
                    found = re.search(r"^totals: (\d+)", file.read(), re.MULTILINE)
                counts[0 if name.endswith("-01") else 1] += int(found.group(1)) if found else 0
            return counts
        finally:
            shutil.rmtree(directory)


def geometric_mean(values):
    return math.exp(statistics.fmean(math.log(value) for value in values))


def ratio(results, over, under, clock="cpu_s"):
    pairs = zip(results[over], results[under])
    return statistics.median(a[clock] / b[clock] for a, b in pairs)


def least_ratio(results, over, under, clock="cpu_s"):
    """What others on the machine take only ever adds to a time: the least ones have least of it."""
    return min(result[clock] for result in results[over]) / min(result[clock] for result in results[under])


def median_s(results, tool):
    return statistics.median(result["cpu_s"] for result in results[tool])


def measure_workload(bench, workload, tools, rounds):
    bench.give(0.7 / len(bench.options.workloads))
    counted = bench.child("count", workload)
    results = bench.rounds(workload, tools, rounds)
    lines = counted["lines"]
    row = {"workload": workload, "untraced_s": median_s(results, "none"), "lines": lines}
    row["floor"] = ratio(results, "floor", "none")
    row["floor_ns_per_line"] = 1e9 * (row["floor"] - 1) * row["untraced_s"] / lines
    if "recorder" in tools:
        row["recorder"] = ratio(results, "recorder", "none")
        row["recorder_per_floor"] = ratio(results, "recorder", "floor")
        row["thread_per_floor"] = ratio(results, "recorder", "floor", "thread_s")
        row["least_per_floor"] = least_ratio(results, "recorder", "floor", "thread_s")
        row["added_per_floor"] = (row["recorder"] - 1) / max(row["floor"] - 1, 0.01)
        row["wall"] = ratio(results, "recorder", "none", "wall_s")
        row["wall_per_floor"] = ratio(results, "recorder", "floor", "wall_s")
        row["recorder_ns_per_line"] = 1e9 * (row["recorder"] - 1) * row["untraced_s"] / lines
        row["bytes_per_line"] = results["recorder"][0]["size_bytes"] / lines
    return row


COLUMNS = (
    # title, unit, key, format
    ("lines", "", "lines", "%d"),
    ("untraced", "s", "untraced_s", "%.3f"),
    ("floor", "x", "floor", "%.2f"),
    ("recorder", "x", "recorder", "%.2f"),
    ("rec/floor", "x", "recorder_per_floor", "%.3f"),
    ("(wall)", "x", "wall_per_floor", "%.3f"),
    ("(thread)", "x", "thread_per_floor", "%.3f"),
    ("(least)", "x", "least_per_floor", "%.3f"),
    ("added", "x", "added_per_floor", "%.2f"),
    ("floor", "ns/line", "floor_ns_per_line", "%.1f"),
    ("recorder", "ns/line", "recorder_ns_per_line", "%.1f"),
    ("disk", "B/line", "bytes_per_line", "%.3f"),
)


def print_workloads(rows):
    print("  %-12s" % "workload", *("%10s" % column[0] for column in COLUMNS))
    print("  %-12s" % "", *("%10s" % column[1] for column in COLUMNS))
    for row in rows:
        cells = (form % row[key] if key in row else "-" for _, _, key, form in COLUMNS)
        print("  %-12s" % row["workload"], *("%10s" % cell for cell in cells))


def measure_cpu_bound(bench, workloads, tools, problems):
    rows = [measure_workload(bench, name, tools, bench.options.rounds) for name in workloads]
    print_workloads(rows)
    report = {"workloads": rows}
    if "recorder" in tools and rows:
        for key in ("recorder_per_floor", "wall_per_floor", "thread_per_floor", "least_per_floor", "added_per_floor"):
            report[key] = geometric_mean(max(row[key], 0.01) for row in rows)
        clock = "thread_per_floor" if bench.options.busy else "wall_per_floor"
        mean = report[clock]
        worst = max(rows, key=lambda row: row[clock])
        slowdown = geometric_mean(row["recorder"] for row in rows)
        ns_per_line = statistics.median(row["recorder_ns_per_line"] for row in rows)
        wall = geometric_mean(row["wall"] for row in rows)
        report.update(slowdown=slowdown, wall=wall, ns_per_line=ns_per_line)
        print(
            "  geometric mean: floor %.2f, recorder %.2f, by the wall %.2f (goal with PGO %.1f);"
            " added CPU over the floor's %.2f"
            % (
                geometric_mean(row["floor"] for row in rows),
                slowdown,
                wall,
                goal_slowdown(bench.version),
                report["added_per_floor"],
            )
        )
        print(
            "  added a line in median: %.1f ns (goal with PGO %d)"
            % (ns_per_line, goal_ns_per_line(bench.version))
        )
        if bench.is_optimized and not bench.options.busy:
            if slowdown > goal_slowdown(bench.version):
                problems.append("slowdown %.2f in geometric mean" % slowdown)
            if ns_per_line > goal_ns_per_line(bench.version):
                problems.append("%.1f ns a line in median" % ns_per_line)
        print(
            "  recorder/floor: geometric mean %.3f (goal %.2f), worst %.3f %s (goal %.1f);"
            " CPU time of the process %.3f, of the program's thread %.3f, of its least times %.3f"
            % (
                mean,
                GOAL_FLOOR_GEOMEAN,
                worst[clock],
                worst["workload"],
                GOAL_FLOOR_WORST,
                report["recorder_per_floor"],
                report["thread_per_floor"],
                report["least_per_floor"],
            )
        )
        if mean > GOAL_FLOOR_GEOMEAN:
            problems.append("recorder/floor %.3f in geometric mean" % mean)
        if worst[clock] > GOAL_FLOOR_WORST:
            problems.append("recorder/floor %.3f on %s" % (worst[clock], worst["workload"]))
    return report


def measure_server(bench, tools, problems):
    bench.give(0.2)
    counted = bench.child("count", "server")
    results = bench.rounds("server", tools, bench.options.server_rounds)
    row = {"untraced_s": median_s(results, "none"), "floor": ratio(results, "floor", "none")}
    print("  server: untraced %.3f s, floor %.3f" % (row["untraced_s"], row["floor"]), end="")
    if "recorder" in tools:
        row["recorder"] = ratio(results, "recorder", "none")
        row["thread"] = ratio(results, "recorder", "none", "thread_s")
        row["recorder_of_least"] = least_ratio(results, "recorder", "none")
        row["foreign_callbacks"] = results["recorder"][0].get("foreign_callbacks")
        print(
            ", recorder %.3f (of the least: %.3f; program's thread alone: %.3f), callbacks from foreign"
            " code once warm: %s"
            % (row["recorder"], row["recorder_of_least"], row["thread"], row["foreign_callbacks"]),
            end="",
        )
        if min(row["recorder"], row["recorder_of_least"]) > goal_server(bench.version):
            problems.append("server %.3f times untraced" % row["recorder"])
        if bench.version >= (3, 12) and row["foreign_callbacks"] != 0:
            problems.append("server: %s callbacks from foreign code" % row["foreign_callbacks"])
    print(
        " (goal %.2f); %d events counted by the floor" % (goal_server(bench.version), counted["lines"])
    )
    return row


def measure_long(bench, tools, problems):
    """A function of 1,000 lines: some interpreters take time in proportion for each LINE."""
    scale, length = 40, bench_child.LONG_FUNCTION_LINES
    row = {}
    for tool in tools:
        results = [bench.child(tool, "long", scale) for _ in range(min(bench.options.rounds, 5))]
        best = min(result["cpu_s"] for result in results)
        row[tool] = 1e9 * best / ((length + 1) * scale)
    print("  function of %d lines, ns per line:" % length, *("%s %.0f" % item for item in row.items()), end="")
    if "recorder" in tools:
        row["handled"] = results[-1]["instruction_functions"]
        row["declared"] = results[-1]["long_functions"]
        print("; recorded by %s events, functions handled: %d" % (row["declared"], row["handled"]), end="")
        # Where the interpreter has the fault, LINE events cost over 1 us each.
        if row["recorder"] > 600:
            problems.append("a line of a long function takes %.0f ns" % row["recorder"])
    print()
    return row


def measure_pauses(bench, tools, problems):
    """How long the program's thread is held up, and whether more often than without us."""
    row = {tool: bench.child(tool, "pauses") for tool in tools}
    print("  pauses over %.1f ms (longest) of the thread's CPU, of the wall:" % (GOAL_PAUSE_NS / 1e6), end="")
    for tool in tools:
        said = row[tool] = row[tool]["result"]
        print(
            "  %s %d (%.3f ms), %d (%.3f ms)"
            % (tool, said["cpu_over"], said["cpu_ns"] / 1e6, said["wall_over"], said["wall_ns"] / 1e6),
            end="",
        )
    print()
    others = max(row[tool]["cpu_over"] for tool in tools if tool != "recorder")
    # A host that takes the CPU away lengthens this clock, too, and the recorder runs longer.
    if "recorder" in tools and row["recorder"]["cpu_over"] > 2 * others + 5:
        problems.append("%d pauses of the program's thread" % row["recorder"]["cpu_over"])
    return row


def measure_instructions(bench, workloads, tools, problems):
    print("  callgrind: instructions added a line, by the whole process")
    rows = []
    for name in workloads:
        scales = SMALL_SCALES[name]
        counts = [bench.child("count", name, scale)["lines"] for scale in scales]
        row = {"workload": name, "lines": counts[1] - counts[0]}
        for tool in tools:
            small, large = (bench.instructions(tool, name, scale) for scale in scales)
            row[tool], native = ((b - a) / row["lines"] for a, b in zip(small, large))
            row["native"] = native  # the recorder comes last
        floor = row["floor"] - row["none"]
        print("  %-12s untraced %6.1f  floor +%6.1f" % (name, row["none"], floor), end="")
        if "recorder" in row:
            own = row["recorder"] - row["floor"]
            print(
                "  recorder: floor +%6.1f, native thread +%6.1f; recorder/floor %.3f, with the native"
                " thread %.3f"
                % (
                    own,
                    row["native"],
                    row["recorder"] / row["floor"],
                    (row["recorder"] + row["native"]) / row["floor"],
                ),
                end="",
            )
            if own > GOAL_INSTRUCTIONS:
                problems.append("%.1f instructions a line over empty callbacks: %s" % (own, name))
        print(flush=True)
        rows.append(row)
    return rows


def find_pythons():
    found = sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/3.*/bin/python3")))
    found = [path for path in found if int(path.split("/3.")[1].split(".")[0]) >= 9]
    found.sort(key=lambda path: [int(part) for part in re.findall(r"\d+", path)])
    return (["/usr/bin/python3"] if os.path.exists("/usr/bin/python3") else []) + found


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pythons", nargs="+", metavar="PATH", help="interpreters (default: all found)")
    parser.add_argument("--path", action="append", default=[], help="where trackexec and the floor are")
    parser.add_argument("--workloads", nargs="+", metavar="NAME", choices=[*NAMES, *OTHERS])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--server-rounds", type=int, help="default: twice the rounds")
    parser.add_argument("--minutes", type=float, help="about how long all may take, with 3 rounds at least")
    parser.add_argument("--busy", action="store_true", help="judge CPU times of the program's thread")
    parser.add_argument("--walt-stream", metavar="PROGRAM", help="built from walt-stream.c, to compare sizes")
    parser.add_argument("--json", metavar="FILE", help="write all figures to FILE")
    parser.add_argument("--callgrind", action="store_true", help="count instructions instead of time")
    parser.add_argument("--small", action="store_true", help="only see whether it works")
    parser.add_argument("--check", action="store_true", help="exit 1 when a goal is missed")
    options = parser.parse_args()
    if options.small:
        options.rounds = options.server_rounds = 1
        options.workloads = options.workloads or ["chaos", "coroutines", *OTHERS]
    options.server_rounds = options.server_rounds or 2 * options.rounds
    options.workloads = options.workloads or [*NAMES, *OTHERS]
    options.pythons = options.pythons or find_pythons()
    path = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    options.path = [os.path.abspath(item) for item in [*options.path, *path] if item]
    return options


def measure(python, options, problems):
    bench = Bench(python, options.path, options)
    print("Python %d.%d.%d (%s)" % (*bench.version, python), flush=True)
    report = {"python": python, "version": bench.version}
    if not bench.can("floor"):
        return None
    tools = ["none", "floor"] + (["recorder"] if bench.can("recorder") else [])
    workloads = [name for name in options.workloads if name in NAMES]
    if options.callgrind:
        report["instructions"] = measure_instructions(bench, workloads, tools, problems)
        return report
    found = []
    if workloads:
        report.update(measure_cpu_bound(bench, workloads, tools, found))
    if "server" in options.workloads:
        report["server"] = measure_server(bench, tools, found)
    if "long" in options.workloads:
        report["long"] = measure_long(bench, tools, found)
    if "pauses" in options.workloads:
        report["pauses"] = measure_pauses(bench, tools, found)
    if "disk" in options.workloads and "recorder" in tools and workloads:
        report["disk"] = bench_disk.measure(bench, workloads, options.walt_stream, found)
    sys.stdout.flush()
    problems += ["%d.%d.%d: %s" % (*bench.version, problem) for problem in found]
    return report


def main():
    options = parse()
    problems, reports = [], []
    for python in options.pythons:
        try:
            report = measure(python, options, problems)
        except Failure as failure:
            report = None
            problems.append(str(failure))
        if report is not None:
            reports.append(report)
    for problem in problems:
        print("missed:", problem)
    if options.small:
        broken = len(reports) < len(options.pythons)
        broken = broken or any("recorder" not in report["server"] for report in reports)
        return 1 if broken else 0
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(reports, file, indent=1)
    if not reports:
        print("nothing measured: PYTHONPATH or --path must name the built packages")
        return 1
    return 1 if problems and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
