# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of evil traces share: making them, and watching a program that opens one.

A program under watch may open for reading: what a program needs to run at all, and regular files of the trace
that it was given. Anything else that touches files (strace tells) is a failure.
"""

import functools
import os
import re
import shutil
import subprocess
import tempfile
import time

# What the dynamic linker, the C library and Python's absence need.
SYSTEM = re.compile(r"^(/lib|/usr/|/etc/ld\.so|/etc/localtime|/etc/locale|/proc/(self|\d+)/(stat|maps)$|/sys/devices/system/cpu)")
READING = {"access", "faccessat", "faccessat2", "stat", "lstat", "newfstatat", "statx", "readlink", "readlinkat", "getcwd",
           "statfs", "fstat", "execve", "chdir", "fchdir"}
CALL = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(\w+)\((.*)\) += (-?\d+)")

STRACE = ["strace", "-f", "--seccomp-bpf", "-qq", "-s", "4096", "-e", "trace=%file", "-e", "signal=none", "-o"]

FULL = os.environ.get("TRACKEXEC_FULL") == "1"
# So many times longer may a program built with sanitizers take until it is taken for one that never ends.
SANITIZER_PATIENCE = 4
# A host that takes the CPU away lengthens a program's clock, too: what really takes too long does so again.
TRIES = 3


class Evil:
    """The traces, or some of them, in memory where that can be."""

    def __init__(self, make_evil, *only):
        place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.directory = tempfile.mkdtemp(prefix="trackexec-evil-", dir=place)
        made = subprocess.run([make_evil, self.directory, *only], stdout=subprocess.PIPE, check=True, text=True)
        self.run = os.path.join(self.directory, "run")
        self.names = made.stdout.split()
        self.before = self.look()

    def path(self, name):
        return os.path.join(self.run, name)

    def look(self):
        """Every file with its size and times: the same before and after, or somebody has written."""
        seen = {}
        for root, directories, files in os.walk(self.directory):
            for name in directories + files + ["."]:
                found = os.lstat(os.path.join(root, name))
                seen[os.path.join(root, name)] = (found.st_mode, found.st_size, found.st_mtime_ns, found.st_ino)
        return seen

    def changes(self):
        now = self.look()
        return sorted(path for path in set(now) | set(self.before) if now.get(path) != self.before.get(path))

    def close(self):
        shutil.rmtree(self.directory, ignore_errors=True)


@functools.lru_cache(maxsize=None)
def is_sanitized(program):
    with open(program, "rb") as file:
        return b"__asan_init" in file.read()


def can_watch():
    """Why not, or None."""
    if not shutil.which("strace"):
        return "strace is not installed"
    probe = subprocess.run(["strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "true"], stderr=subprocess.PIPE)
    return probe.stderr.decode().strip() if probe.returncode else None


def opened_outside(log, trace):
    """What a log of strace has that no reader may do."""
    wrong = []
    with open(log, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            found = CALL.match(line)
            if not found or found.group(1) in READING:
                continue
            call, arguments = found.group(1), found.group(2)
            names = re.findall(r'"((?:[^"\\]|\\.)*)"', arguments)
            if call not in ("open", "openat", "openat2"):
                wrong.append(line.strip())
            elif re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND", arguments):
                wrong.append(line.strip())
            elif names and not names[0].startswith("/"):
                # Within the directory that was opened; none of these leaves it.
                if "/" in names[0] or ("O_NOFOLLOW" not in arguments and names[0] != "."):
                    wrong.append(line.strip())
            elif names and names[0].startswith(trace + "/") and "O_DIRECTORY" in arguments and found.group(3) == "-1":
                continue  # no trace: whether it is the directory of several was looked at
            elif names and not SYSTEM.match(names[0]) and names[0] != trace:
                wrong.append(line.strip())
    return wrong


class Answer:
    def __init__(self, code, output, errors, seconds, rss_mib, wrong):
        self.code, self.output, self.errors = code, output, errors
        self.seconds, self.rss_mib, self.wrong = seconds, rss_mib, wrong


def watch(command, trace, is_traced=True, timeout=60):
    """Runs a program on a trace, under strace or not: an Answer, with CPU seconds (strace's own among them) and peak memory."""
    with tempfile.TemporaryDirectory(prefix="trackexec-watch-") as directory:
        log = os.path.join(directory, "log")
        output, errors = os.path.join(directory, "out"), os.path.join(directory, "err")
        with open(output, "wb") as out, open(errors, "wb") as err:
            process = subprocess.Popen(
                [*(STRACE + [log] if is_traced else []), *command, trace],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": directory},
            )
            end = time.monotonic() + timeout * (SANITIZER_PATIENCE if is_sanitized(command[0]) else 1)
            status = 0
            usage = None
            while usage is None and time.monotonic() < end:
                pid, status, used = os.wait4(process.pid, os.WNOHANG)
                if pid:
                    usage = used
                else:
                    time.sleep(0.005)
            if usage is None:
                process.kill()
                _, status, usage = os.wait4(process.pid, 0)
                return Answer(None, b"", b"", timeout, usage.ru_maxrss // 1024, [])
            process.returncode = os.waitstatus_to_exitcode(status)
        with open(output, "rb") as out, open(errors, "rb") as err:
            return Answer(process.returncode, out.read(), err.read(), usage.ru_utime + usage.ru_stime,
                          usage.ru_maxrss // 1024, opened_outside(log, trace) if is_traced else [])


def watch_within(limit, command, trace, is_traced=True, timeout=60):
    """watch(); again where it took more CPU seconds than limit, unless it did not come to an end."""
    for _ in range(TRIES):
        answer = watch(command, trace, is_traced, timeout)
        if answer.code is None or answer.seconds <= limit:
            break
    return answer
