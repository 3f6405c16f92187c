# SPDX-License-Identifier: BSD-3-Clause
"""A display of its own, a session bus of its own, and the viewer in it, driven as a user would.

Acts with real pointer and keys (xdotool) and with the window's actions over D-Bus; reads back the
states of the actions and, by AT-SPI, what the widgets say. Needs Xvfb, openbox, xdotool,
dbus-daemon, gdbus and pyatspi: missing() names those that are not there.
"""
import ast
import os
import shutil
import signal
import subprocess
import tempfile
import time

APP_ID = "io.github.trackexec.Viewer"
APP_PATH = "/io/github/trackexec/Viewer"
TOOLS = ("Xvfb", "openbox", "xdotool", "dbus-daemon", "gdbus", "xdpyinfo")


def missing():
    """Names of what has to be installed for a headless session; empty when all is there."""
    absent = [tool for tool in TOOLS if not shutil.which(tool)]
    try:
        import pyatspi  # noqa: F401
    except (ImportError, ValueError):
        absent.append("python3-pyatspi")
    return absent


class Display:
    """Xvfb, a window manager and a session bus; ends all that it started."""

    def __init__(self, width=1280, height=900, compositor=False):
        self.processes = []
        self.directory = tempfile.mkdtemp(prefix="trackexec-viewer-")
        self.environment = dict(
            os.environ,
            XDG_RUNTIME_DIR=self.directory,
            GDK_BACKEND="x11",
            GSK_RENDERER="cairo",
            LC_ALL="C.UTF-8",
            TZ="UTC",
            GSETTINGS_BACKEND="memory",
            NO_AT_BRIDGE="0",
        )
        for name in ("WAYLAND_DISPLAY", "GTK_A11Y", "LANGUAGE"):
            self.environment.pop(name, None)
        self._start_x(width, height)
        self._start_bus()
        self._spawn("openbox")
        if compositor and shutil.which("picom"):
            self._spawn("picom", "--backend", "xrender")
        os.environ.update(
            {
                name: self.environment[name]
                for name in ("DISPLAY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
            }
        )
        time.sleep(0.3)

    def _spawn(self, *command, **options):
        process = subprocess.Popen(
            command,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **options,
        )
        self.processes.append(process)
        return process

    def _start_x(self, width, height):
        # The server chooses a free number itself and tells it on a pipe.
        reader, writer = os.pipe()
        self._spawn(
            "Xvfb", "-displayfd", str(writer), "-screen", "0", f"{width}x{height}x24",
            "-nolisten", "tcp", pass_fds=(writer,),
        )
        os.close(writer)
        with os.fdopen(reader) as answer:
            number = answer.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start")
        self.environment["DISPLAY"] = f":{number}"

    def _start_bus(self):
        bus = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", "--print-address=1"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.processes.append(bus)
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()

    def run(self, *command, check=True):
        """A command in the session; its standard output."""
        answer = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=30
        )
        if check and answer.returncode:
            raise RuntimeError(f"{command}: {answer.stderr.strip()}")
        return answer.stdout

    def close(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes):
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)


class Viewer:
    """One running trackexec-viewer."""

    def __init__(self, display, program, *arguments, schemas, size=None, extra=None):
        self.display = display
        environment = dict(display.environment, GSETTINGS_SCHEMA_DIR=schemas, **(extra or {}))
        self.log_path = os.path.join(display.directory, f"viewer-{time.monotonic_ns()}.log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [program, *arguments], env=environment, stdout=log, stderr=log
            )
        self.window = self._find_window()
        if size:
            display.run("xdotool", "windowsize", "--sync", self.window, *map(str, size), check=False)
            time.sleep(0.4)
        display.run("xdotool", "windowmove", self.window, "0", "0")
        self._accessible = None

    def _find_window(self):
        # A window that goes away while xdotool walks the tree makes it fail: ask again.
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            found = self.display.run(
                "xdotool", "search", "--onlyvisible", "--class", APP_ID, check=False
            ).split()
            if found:
                return found[-1]
            time.sleep(0.05)
        raise AssertionError(f"no window came\n{self.log()}")

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    # ---- actions over D-Bus ----

    def _call(self, method, *arguments, path=None):
        return self.display.run(
            "gdbus", "call", "--session", "--dest", APP_ID, "--object-path",
            path or APP_PATH + "/window/1", "--method", "org.gtk.Actions." + method, *arguments,
        )

    def activate(self, action, parameter=None):
        self._call("Activate", action, f"[{'<' + parameter + '>' if parameter else ''}]", "{}")

    def quit(self):
        self._call("Activate", "quit", "[]", "{}", path=APP_PATH)
        self.process.wait(10)
        return self.process.returncode

    def state(self, action):
        """The state of an action, as a Python value."""
        text = self._call("Describe", action)
        inside = text[text.index("[<") + 2 : text.rindex(">]")]
        for word in ("uint64 ", "int64 ", "@as ", "byte "):
            inside = inside.replace(word, "")
        return ast.literal_eval(inside.replace("true", "True").replace("false", "False"))

    def enabled(self, action):
        return "(true," in self._call("Describe", action)

    def wait(self, what, condition, seconds=5):
        """Polls until the condition holds; fails with the last state of things."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            time.sleep(0.05)
        raise AssertionError(
            f"{what}: did not happen; at {self.state('location')!r}, "
            f"said {self.state('message')!r}\n{self.log()}"
        )

    def wait_location(self, text, seconds=5):
        self.wait(f"arrive at {text}", lambda: self.state("location") == text, seconds)

    # ---- widgets by AT-SPI ----

    def accessible(self):
        import pyatspi

        end = time.monotonic() + 10
        while self._accessible is None and time.monotonic() < end:
            for candidate in pyatspi.Registry.getDesktop(0):
                if candidate and candidate.get_process_id() == self.process.pid:
                    self._accessible = candidate
            time.sleep(0.05)
        if self._accessible is None:
            raise AssertionError("the viewer is not in the accessibility tree")
        return self._accessible

    def find(self, role=None, name=None, within=None, text=None):
        """The first widget with this role and name (or a part of the name), depth first."""
        stack = [within or self.accessible()]
        while stack:
            widget = stack.pop()
            if widget is None:
                continue
            if (
                (role is None or widget.getRoleName() == role)
                and (name is None or widget.name == name)
                and (text is None or text in (widget.name or ""))
                and (role or name or text)
            ):
                return widget
            stack.extend(reversed([child for child in widget]))
        return None

    def extents(self, widget):
        """(x, y, width, height) on the screen."""
        import pyatspi

        box = widget.queryComponent().getExtents(pyatspi.WINDOW_COORDS)
        x, y = self.window_origin()
        return x + box.x, y + box.y, box.width, box.height

    def window_origin(self):
        """Where the window's content starts: its position and the shadow's frame."""
        import pyatspi

        values = dict(
            line.split("=")
            for line in self.display.run(
                "xdotool", "getwindowgeometry", "--shell", self.window
            ).splitlines()
        )
        frame = self.find("frame").queryComponent().getExtents(pyatspi.WINDOW_COORDS)
        border = max(0, (int(values["WIDTH"]) - frame.width) // 2)
        return int(values["X"]) + border, int(values["Y"]) + border

    # ---- hands ----

    def key(self, *keys):
        self.display.run("xdotool", "key", *keys)

    def type(self, text):
        self.display.run("xdotool", "type", "--delay", "5", "--", text)

    def click(self, x, y, count=1):
        self.display.run(
            "xdotool", "mousemove", str(int(x)), str(int(y)), "click", "--repeat", str(count), "1"
        )

    def drag(self, x0, y0, x1, y1):
        self.display.run(
            "xdotool", "mousemove", str(int(x0)), str(int(y0)), "mousedown", "1",
            "mousemove", str(int((x0 + x1) / 2)), str(int(y1)),
            "mousemove", str(int(x1)), str(int(y1)), "mouseup", "1",
        )

    def park(self):
        """Moves the pointer where it makes no tooltip."""
        self.display.run("xdotool", "mousemove", "4000", "4000")

    def picture(self, path):
        self.park()
        time.sleep(0.5)
        self.display.run("import", "-window", "root", path)

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
