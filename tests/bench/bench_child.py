# SPDX-License-Identifier: BSD-3-Clause
"""One measurement in a process of its own: one workload under one tool. Prints JSON.

    bench_child.py TOOL WORKLOAD SCALE [DIRECTORY]

TOOL is `none`, `floor`, `count` (the floor, counting), `recorder`, or `keep`: the recorder, which leaves
its trace in DIRECTORY. A scale of 0 is the workload's own. Meant to be started by bench.py.
"""

import importlib
import json
import os
import shutil
import sys
import tempfile
import time
import types

HERE = os.path.dirname(os.path.abspath(__file__))
SCOPE = {"server": "shopserver", "long": "long_function"}


def codes_of(package):
    """The code objects of all functions of a package, without those of its module bodies."""
    codes, seen = [], set()

    def add(code):
        if isinstance(code, types.CodeType) and id(code) not in seen:
            seen.add(id(code))
            codes.append(code)
            for constant in code.co_consts:
                add(constant)

    def look(value, module):
        if isinstance(value, (classmethod, staticmethod)):
            value = value.__func__
        if isinstance(value, types.FunctionType) and value.__module__ == module.__name__:
            add(value.__code__)
        elif isinstance(value, dict):
            for item in value.values():
                if isinstance(item, types.FunctionType):
                    look(item, module)
        elif isinstance(value, type) and value.__module__ == module.__name__:
            for member in vars(value).values():
                look(member, module)

    for name, module in list(sys.modules.items()):
        if name == package or name.startswith(package + "."):
            for value in list(vars(module).values()):
                look(value, module)
    return codes


class Nothing:
    def __init__(self, package):
        pass

    def start(self):
        pass

    def stop(self):
        return {}

    def warm(self):
        pass


class Floor(Nothing):
    is_counting = False

    def __init__(self, package):
        import _trackexec_floor

        self.floor = _trackexec_floor
        self.codes = codes_of(package)

    def start(self):
        self.floor.start(self.codes, self.is_counting)

    def stop(self):
        lines, enters, leaves, throws = self.floor.stop(self.codes)
        return {"lines": lines, "enters": enters, "leaves": leaves, "throws": throws}


class Count(Floor):
    is_counting = True


class Recorder(Nothing):
    def __init__(self, package):
        import trackexec

        self.trackexec = trackexec
        self.package = package
        base = "/dev/shm" if os.path.isdir("/dev/shm") else None
        self.directory = tempfile.mkdtemp(prefix="trackexec-bench-", dir=base)
        self.foreign = None

    def start(self):
        self.trackexec.record(self.package, os.path.join(self.directory, "trace"))

    def callbacks(self):
        return self.trackexec.stats().get("foreign_callbacks")

    def warm(self):
        self.foreign = self.callbacks()

    def stop(self):
        foreign = self.callbacks()
        stats = self.trackexec.stats()
        self.trackexec.stop()
        size = 0
        for directory, _, names in os.walk(self.directory):
            size += sum(os.path.getsize(os.path.join(directory, name)) for name in names)
        shutil.rmtree(self.directory)
        result = {
            "size_bytes": size,
            "long_functions": stats.get("long_functions", "line"),
            "instruction_functions": stats.get("instruction_functions", 0),
        }
        if self.foreign is not None:
            result["foreign_callbacks"] = foreign - self.foreign
        return result


class Keep(Nothing):
    def __init__(self, package):
        import trackexec

        self.trackexec = trackexec
        self.package = package

    def start(self):
        self.trackexec.record(self.package, sys.argv[4])

    def stop(self):
        self.trackexec.stop()
        return {}


TOOLS = {"none": Nothing, "floor": Floor, "count": Count, "recorder": Recorder, "keep": Keep}

LONG_FUNCTION_LINES = 1000


def write_long_function(directory, length=LONG_FUNCTION_LINES):
    lines = ["def long(x):"]
    lines += ["    x = x + %d" % (i % 7) for i in range(length)]
    lines += ["    return x", "", "def run(n):", "    return sum(long(i) for i in range(n))"]
    with open(os.path.join(directory, "long_function.py"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def measure_plain(module, tool, scale):
    tool.start()
    cpu, thread, wall = time.process_time(), time.thread_time(), time.perf_counter()
    result = module.run(scale)
    wall = time.perf_counter() - wall
    thread = time.thread_time() - thread
    own = time.process_time() - cpu
    said = tool.stop()
    # What the native thread had left to do belongs to the price.
    cpu = time.process_time() - cpu
    cpu = cpu if isinstance(tool, Recorder) else own
    return dict(said, cpu_s=cpu, thread_s=thread, wall_s=wall, result=result)


def measure_server(module, tool, scale):
    times = {}

    def between(is_last):
        if is_last:
            times["end"] = time.process_time()
            times["thread"] = time.thread_time() - times["thread"]
        else:
            tool.warm()
            times["start"] = time.process_time()
            times["thread"] = time.thread_time()

    tool.start()
    result = module.run(scale, between)
    said = tool.stop()
    cpu = times["end"] - times["start"]
    return dict(said, cpu_s=cpu, thread_s=times["thread"], result=result)


def main():
    tool_name, workload, scale = sys.argv[1], sys.argv[2], int(sys.argv[3])
    sys.path.insert(0, HERE)
    package = SCOPE.get(workload, "workloads")
    if workload == "server":
        module = importlib.import_module("server")
        scale = scale or 3000
    elif workload == "long":
        directory = tempfile.mkdtemp(prefix="trackexec-bench-")
        write_long_function(directory)
        sys.path.insert(0, directory)
        module = importlib.import_module("long_function")
        scale = scale or 20
        shutil.rmtree(directory)
    else:
        module = importlib.import_module("workloads." + workload)
        scale = scale or module.SCALE
    tool = TOOLS[tool_name](package)
    measure = measure_server if workload == "server" else measure_plain
    print(json.dumps(measure(module, tool, scale)))


if __name__ == "__main__":
    main()
