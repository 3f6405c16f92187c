# SPDX-License-Identifier: BSD-3-Clause
"""The viewer does not fall over: evil traces, states that a power cut left behind, and a large trace, each with random
keys, clicks and actions. Criticals are fatal; how long the main loop takes to answer is measured all the time.

test-viewer-hostile.py TRACKEXEC-VIEWER MAKE-EVIL MAKE-BIG TEST-WRITER-STATES NO-DIALOGS SCHEMAS

Full (TRACKEXEC_FULL=1): 10,000 events each, and others at each run, else a few each, always the same. TRACKEXEC_SEED: the
seed that was printed, or `random`.
TRACKEXEC_ONLY=NAME,NAME: of these traces only.
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import headless

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hostile"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import evil  # noqa: E402
import seeds  # noqa: E402

VIEWER, MAKE_EVIL, MAKE_BIG, WRITER_STATES, NO_DIALOGS, SCHEMAS = sys.argv[1:7]
FULL = evil.FULL
EVENTS = int(os.environ.get("TRACKEXEC_EVENTS", 10_000 if FULL else 3))
BIG_EVENTS = int(os.environ.get("TRACKEXEC_EVENTS", 10_000 if FULL else 200))
BIG_STEPS = 50_000_000 if FULL else 3_000_000
N_STATES = 100 if FULL else 5
# Of all.
N_EVIL = None if FULL else 40
SEED = seeds.choose()

HANG_S = 1.0
RSS_MAX_MIB = 512
TRACES_A_VIEWER = 10
# These end the program, or leave the window.
NOT_ACTED = {"open-path", "process", "show-help-overlay", "fullscreen"}
KEYS = ("s", "S", "n", "N", "o", "O", "c", "C", "b", "F9", "bracketleft", "bracketright", "less", "greater", "Home", "End",
        "Left", "Right", "shift+Left", "shift+Right", "Up", "Down", "Page_Down", "Page_Up", "Tab", "shift+Tab", "Escape", "w",
        "a", "d", "f", "0", "j", "Return", "space", "ctrl+Up", "ctrl+Down", "ctrl+f", "ctrl+h", "ctrl+b", "alt+Left", "F10", "F11",
        "ctrl+F10", "ctrl+p", "5", "percent", "Menu", "shift+F10")
TEXTS = ("50%", "end", "start", "+2s", "-3m", "@0", "@99999999999999999999", "a.py:7#1", "a.py:4294967295#18446744073709551615",
         "", "%s%n", "\x01", "<b>", "2023-11-14", "1999-01-01", "+9999999999d", "..", "0..100%")


class Bus:
    """The window's actions over a connection that stays."""

    def __init__(self, display):
        import gi

        gi.require_version("Gio", "2.0")
        from gi.repository import Gio, GLib

        self.Gio, self.GLib = Gio, GLib
        self.connection = Gio.DBusConnection.new_for_address_sync(
            display.environment["DBUS_SESSION_BUS_ADDRESS"],
            Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None,
        )

    def call(self, method, parameters, reply=None, timeout_ms=60_000):
        return self.connection.call_sync(
            headless.APP_ID, headless.APP_PATH + "/window/1", "org.gtk.Actions", method, parameters,
            reply and self.GLib.VariantType(reply), self.Gio.DBusCallFlags.NONE, timeout_ms, None,
        )

    def activate(self, name, value=None):
        self.call("Activate", self.GLib.Variant("(sava{sv})", (name, [value] if value is not None else [], {})))

    def describe_all(self):
        """{name: (enabled, type of the parameter, [state])}"""
        return self.call("DescribeAll", None, "(a{s(bgav)})").unpack()[0]

    def state(self, name):
        return self.call("Describe", self.GLib.Variant("(s)", (name,)), "((bgav))").unpack()[0][2][0]


def cpu_s(pid):
    """CPU seconds of the program's main thread."""
    with open(f"/proc/{pid}/task/{pid}/stat", encoding="ascii", errors="replace") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Pulse(threading.Thread):
    """Asks the main loop again and again, and notes how long it takes to answer, and how much of that it computed: what a
    busy machine adds is not the program's."""

    def __init__(self, display, pid):
        super().__init__(daemon=True)
        self.bus, self.pid = Bus(display), pid
        self.is_stopped = threading.Event()
        self.worst_s = self.worst_busy_s = 0.0
        self.where, self.hangs, self.n_asked = "", [], 0

    def is_running(self):
        return not self.is_stopped.is_set() and os.path.exists(f"/proc/{self.pid}/task/{self.pid}/stat")

    def run(self):
        while not self.is_stopped.wait(0.02):
            try:
                busy, start = cpu_s(self.pid), time.monotonic()
                self.bus.state("position")
                took, busy = time.monotonic() - start, cpu_s(self.pid) - busy
            except self.bus.GLib.Error as error:
                if self.is_running():
                    self.hangs.append(f"{self.where}: no answer: {error.message}")
                return
            except (OSError, IndexError):
                return
            self.n_asked += 1
            self.worst_s = max(self.worst_s, took)
            self.worst_busy_s = max(self.worst_busy_s, busy)
            if busy > HANG_S or took > 20:
                self.hangs.append(f"{self.where}: no answer for {took:.2f} s, of which it computed {busy:.2f} s")


class Session:
    """A viewer and hands."""

    def __init__(self, display, first, log):
        self.display = display
        strace = [] if evil.can_watch() else [*evil.STRACE[:-1], "-D", "-o", log]
        # Not to strace: it would load the toolkit. The sanitizers' library wants to be the first, and need not.
        command = [*strace, "env", f"LD_PRELOAD={NO_DIALOGS}", VIEWER, first]
        self.viewer = headless.Viewer(display, command[0], *command[1:], schemas=SCHEMAS, size=(1200, 800),
                                      extra={"G_DEBUG": "fatal-criticals", "HOME": display.directory, "GIO_USE_VFS": "local",
                                             "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"})
        self.bus = Bus(display)
        self.pulse = Pulse(display, self.viewer.process.pid)
        self.pulse.start()
        self.random = random.Random(SEED)
        self.n_events = 0

    def is_alive(self):
        return self.viewer.process.poll() is None

    def has_dialog(self):
        """Whether the toolkit's own comes when a file is asked for."""
        self.bus.activate("open")
        time.sleep(0.3)
        return len(self.display.run("xdotool", "search", "--onlyvisible", "--class", headless.APP_ID).split()) != 1

    def open(self, path):
        self.pulse.where = path
        before = [self.bus.state(name) for name in ("message", "location")]
        self.bus.activate("open-path", self.bus.GLib.Variant.new_bytestring(os.fsencode(path)))
        # What looks the same before and after is not waited for.
        end = time.monotonic() + 0.3
        while time.monotonic() < end and before == [self.bus.state(name) for name in ("message", "location")]:
            time.sleep(0.02)

    def draw_parameter(self, kind):
        variant = self.bus.GLib.Variant
        if kind == "t":
            return variant("t", self.random.choice((0, 1, 5, (1 << 64) - 1, self.random.randrange(1 << 40))))
        if kind == "u":
            return variant("u", self.random.choice((0, 1, (1 << 32) - 1, self.random.randrange(50))))
        if kind == "s":
            return variant("s", self.random.choice(TEXTS))
        return None

    def act(self):
        actions = self.bus.describe_all()
        name = self.random.choice(sorted(set(actions) - NOT_ACTED))
        enabled, kind, state = actions[name]
        if kind and self.draw_parameter(kind) is None:
            return
        if not kind and state and isinstance(state[0], bool):
            self.bus.activate(name)
        elif enabled:
            self.bus.activate(name, self.draw_parameter(kind) if kind else None)

    def touch(self, n):
        """Keys and clicks, by one call of xdotool."""
        arguments = []
        for _ in range(n):
            x, y = self.random.randrange(10, 1190), self.random.randrange(60, 790)
            arguments += self.random.choice((
                ["key", self.random.choice(KEYS)], ["key", self.random.choice(KEYS)],
                ["mousemove", str(x), str(y), "click", self.random.choice("1145")],
                ["mousemove", str(x), str(y), "mousedown", "1", "mousemove", str(y), str(x % 780), "mouseup", "1"],
            ))
        self.display.run("xdotool", *arguments, "key", "Escape", check=False)

    def play(self, n_events):
        done = 0
        while done < n_events and self.is_alive():
            if self.random.random() < 0.3 or n_events - done < 3:
                self.touch(min(10, n_events - done))
                done += min(10, n_events - done)
            else:
                for _ in range(min(10, n_events - done)):
                    self.act()
                    done += 1
        self.n_events += done

    def rss_mib(self):
        with open(f"/proc/{self.viewer.process.pid}/status", encoding="utf-8") as status:
            return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmRSS"))



def make_traces(directory, traces):
    states = os.path.join(directory, "states")
    subprocess.run([WRITER_STATES, "-p", "/trace/writer/states/power-cuts"], stdout=subprocess.DEVNULL, check=True,
                   env=dict(os.environ, TRACKEXEC_STATES=states, TRACKEXEC_FULL="0"))
    chosen = random.Random(SEED).sample(sorted(os.listdir(states)), N_STATES)
    big = os.path.join(directory, "big")
    subprocess.run([MAKE_BIG, big, str(BIG_STEPS)], check=True)
    evil_names = random.Random(SEED).sample(traces.names, N_EVIL or len(traces.names))
    todo = [(traces.path(name), EVENTS) for name in evil_names]
    todo += [(os.path.join(states, name), EVENTS) for name in chosen] + [(big, BIG_EVENTS)]
    only = os.environ.get("TRACKEXEC_ONLY")
    return [(path, n) for path, n in todo if not only or os.path.basename(path) in only.split(",")]


def find_written(log, base):
    """What strace saw within the traces that was not reading, and any look outside of them."""
    wrong = []
    if not os.path.exists(log):
        return wrong
    with open(log, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            is_write = any(flag in line for flag in ("O_WRONLY", "O_RDWR", "O_CREAT", "unlink", "rename", "mkdir", "chmod"))
            if base in line and is_write or "outside/secret" in line and " openat(" in line or '"/dev/tty"' in line:
                wrong.append(line.strip())
    return wrong


class Sums:
    """What was found with all viewers."""

    def __init__(self):
        self.faults = []
        self.n_events = self.n_asked = self.rss_mib = 0
        self.worst_s = self.worst_busy_s = 0.0

    def add(self, session):
        pulse = session.pulse
        self.n_events += session.n_events
        self.n_asked += pulse.n_asked
        self.worst_s = max(self.worst_s, pulse.worst_s)
        self.worst_busy_s = max(self.worst_busy_s, pulse.worst_busy_s)
        # What GTK 4.8 says of its own widgets.
        harmless = "without a current allocation"
        self.faults += pulse.hangs
        self.faults += [line for line in session.viewer.log().splitlines()
                        if ("CRITICAL" in line or "WARNING" in line) and harmless not in line]


def open_all(display, todo, log, sums):
    """Some traces in one viewer. No user opens more in as short a time; it is slow to give back the memory of each."""
    session = Session(display, todo[0][0], log)
    if session.has_dialog():
        sums.faults.append("a dialog of the toolkit came: what it says of itself would count as the viewer's")
    for path, n_events in todo:
        try:
            session.open(path)
            session.play(n_events)
            sums.rss_mib = max(sums.rss_mib, session.rss_mib())
            if session.rss_mib() > RSS_MAX_MIB:
                sums.faults.append(f"{path}: {session.rss_mib()} MiB of memory")
        except (session.bus.GLib.Error, OSError, StopIteration) as error:
            sums.faults.append(f"{path}: the viewer ended ({error})\n{session.viewer.log()[-2000:]}")
            session.pulse.is_stopped.set()
            break
    session.pulse.is_stopped.set()
    session.pulse.join(30)
    if session.is_alive() and not sums.faults:
        session.viewer.quit()
    session.viewer.close()
    sums.add(session)


def main():
    display = headless.Display(1280, 900)
    directory = tempfile.mkdtemp(prefix="trackexec-viewer-hostile-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    traces = evil.Evil(MAKE_EVIL)
    log = os.path.join(directory, "strace.log")
    sums = Sums()
    print(f"seed {SEED}", flush=True)
    try:
        todo = make_traces(directory, traces)
        for first in range(0, len(todo), TRACES_A_VIEWER):
            open_all(display, todo[first : first + TRACES_A_VIEWER], f"{log}.{first}", sums)
            sums.faults += find_written(f"{log}.{first}", traces.directory)
        sums.faults += [f"written to: {path}" for path in traces.changes()]
    finally:
        display.close()
        traces.close()
        shutil.rmtree(directory, ignore_errors=True)
    for fault in sums.faults:
        print(fault)
    print(f"T29: {len(todo)} traces ({N_EVIL or len(traces.names)} of {len(traces.names)} evil, {N_STATES} after power cuts, one of {BIG_STEPS:,} steps), "
          f"{sums.n_events:,} random events, {sums.n_asked:,} answers of the main loop: {len(sums.faults)} faults (criticals, hangs, "
          f"writes), the main loop busy for at most {sums.worst_busy_s:.2f} s (limit {HANG_S:.0f}), answer after at most "
          f"{sums.worst_s:.2f} s, at most {sums.rss_mib} MiB")
    return 1 if sums.faults else 0


if __name__ == "__main__":
    absent = headless.missing()
    if absent:
        print(f"SKIP: not installed: {', '.join(absent)}")
        sys.exit(77)
    sys.exit(main())
