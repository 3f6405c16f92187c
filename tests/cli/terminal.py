# SPDX-License-Identifier: BSD-3-Clause
"""A small terminal in memory: what a program draws on a pty, as rows of text.

Strict on purpose: it knows what terminfo's xterm, vt100 and linux have ncurses send, and raises on everything
else, so that a control sequence from a recording can't get through unseen.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
import unicodedata

SEQUENCE = re.compile(
    r"\x1b(?:\[(?P<mark>[?>!]?)(?P<numbers>[0-9;]*)(?P<final>[A-Za-z@`])|(?P<simple>[78=>MHc])|[()][AB0])"
)
PARTIAL = re.compile(r"\x1b(?:\[[?>!]?[0-9;]*)?\Z|\x1b[()]\Z")
# Modes that ncurses sets: cursor, keypad, alternate screen, mouse, blinking, autowrap.
MODES = {1, 3, 4, 5, 7, 12, 25, 45, 1000, 1002, 1003, 1006, 1034, 1049, 2004}


class Refused(AssertionError):
    pass


def get_width(character):
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Screen:
    def __init__(self, columns, rows):
        self.resize(columns, rows)
        self.pending = ""

    def resize(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.cells = [[" "] * columns for _ in range(rows)]
        self.styles = [[""] * columns for _ in range(rows)]
        self.top, self.bottom = 0, rows - 1
        self.x = self.y = 0
        self.saved = (0, 0)
        self.style = ""
        self.colours = set()

    def text(self):
        return "\n".join("".join(row).rstrip() for row in self.cells)

    def row(self, number):
        return "".join(self.cells[number]).rstrip()

    def feed(self, text):
        text = self.pending + text
        self.pending = ""
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                match = SEQUENCE.match(text, at)
                if not match:
                    if PARTIAL.match(text, at):
                        self.pending = text[at:]
                        return
                    raise Refused(f"unknown sequence {text[at:at + 24]!r}")
                self.obey(match)
                at = match.end()
            else:
                self.put(text[at])
                at += 1

    def put(self, c):
        if c == "\r":
            self.x = 0
        elif c == "\n":
            self.move_down()
        elif c == "\b":
            self.x = max(0, self.x - 1)
        elif c == "\t":
            self.x = min(self.columns - 1, self.x // 8 * 8 + 8)
        elif c in "\x0e\x0f\x07":
            pass  # character sets; the bell, which ncurses is asked for by nobody
        elif ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0:
            raise Refused(f"control character {c!r}")
        else:
            self.put_printable(c)

    def put_printable(self, c):
        width = get_width(c)
        if width == 0:
            if self.x > 0:
                self.cells[self.y][self.x - 1] += c
            return
        if self.x + width > self.columns:
            self.x = 0
            self.move_down()
        self.cells[self.y][self.x] = c
        self.styles[self.y][self.x] = self.style
        if width == 2:
            self.cells[self.y][self.x + 1] = ""
        self.x += width

    def move_down(self):
        if self.y == self.bottom:
            self.scroll(1)
        else:
            self.y = min(self.rows - 1, self.y + 1)

    def scroll(self, count, top=None):
        top = self.top if top is None else top
        for _ in range(min(abs(count), self.rows)):
            for grid, blank in ((self.cells, " "), (self.styles, "")):
                if count > 0:
                    del grid[top]
                    grid.insert(self.bottom, [blank] * self.columns)
                else:
                    del grid[self.bottom]
                    grid.insert(top, [blank] * self.columns)

    def obey(self, match):
        simple, final = match["simple"], match["final"]
        if simple:
            self.obey_simple(simple)
        elif final:
            numbers = [int(n) if n else 0 for n in match["numbers"].split(";")]
            self.obey_control(match["mark"], final, numbers)

    def obey_simple(self, c):
        if c == "7":
            self.saved = (self.x, self.y)
        elif c == "8":
            self.x, self.y = self.saved
        elif c == "M":
            if self.y == self.top:
                self.scroll(-1)
            else:
                self.y -= 1
        elif c == "c":
            self.resize(self.columns, self.rows)

    def clear(self, y, start, end):
        self.cells[y][start:end] = [" "] * (end - start)
        self.styles[y][start:end] = [self.style] * (end - start)

    def obey_control(self, mark, final, numbers):
        n = max(1, numbers[0])
        if mark == "?" and final in "hl":
            if not set(numbers) <= MODES:
                raise Refused(f"mode {numbers}")
        elif mark in "!>" and mark:
            if final not in "pc":
                raise Refused(f"{mark}{final}")
        elif final in "Hf":
            self.y = min(self.rows, n) - 1
            self.x = min(self.columns, max(1, numbers[1] if len(numbers) > 1 else 1)) - 1
        elif final in "ABCD":
            self.y = min(self.rows - 1, max(0, self.y + {"A": -n, "B": n}.get(final, 0)))
            self.x = min(self.columns - 1, max(0, self.x + {"D": -n, "C": n}.get(final, 0)))
        elif final in "G`":
            self.x = min(self.columns, n) - 1
        elif final == "d":
            self.y = min(self.rows, n) - 1
        elif final in "JK":
            self.erase(final, numbers[0])
        elif final in "LM":
            self.scroll(n if final == "M" else -n, top=self.y)
        elif final in "@P":
            for grid, blank in ((self.cells[self.y], " "), (self.styles[self.y], "")):
                if final == "P":
                    del grid[self.x : self.x + n]
                    grid.extend([blank] * (self.columns - len(grid)))
                else:
                    grid[self.x : self.x] = [blank] * n
                    del grid[self.columns :]
        elif final == "X":
            self.clear(self.y, self.x, min(self.columns, self.x + n))
        elif final == "b":
            for _ in range(n):
                self.put_printable(self.cells[self.y][self.x - 1])
        elif final == "r":
            # A program that does not know yet of a smaller window names lines that are gone.
            last = numbers[1] if len(numbers) > 1 and numbers[1] else self.rows
            self.top, self.bottom = n - 1, min(last, self.rows) - 1
            if self.top >= self.bottom:
                self.top, self.bottom = 0, self.rows - 1
        elif final in "ST":
            self.scroll(n if final == "S" else -n)
        elif final == "m":
            self.style = ";".join(str(number) for number in numbers)
            self.colours.update(number for number in numbers if 30 <= number < 50 or 90 <= number < 108)
        elif final in "hlt":
            pass  # insert mode, the window's title stack
        else:
            raise Refused(f"sequence {mark}{numbers}{final}")

    def erase(self, final, kind):
        if final == "K":
            start, end = {0: (self.x, self.columns), 1: (0, self.x + 1), 2: (0, self.columns)}[kind]
            self.clear(self.y, start, end)
            return
        first, last = {0: (self.y, self.rows), 1: (0, self.y + 1), 2: (0, self.rows)}[kind]
        for y in range(first, last):
            self.clear(y, self.x if kind == 0 and y == self.y else 0, self.columns)


class Program:
    """A program on a pty, and the screen that it draws."""

    def __init__(self, command, columns=80, rows=24, **environment):
        self.screen = Screen(columns, rows)
        self.raw = b""
        self.status = None
        env = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC", TERM="xterm-256color")
        for name in ("NO_COLOR", "COLUMNS", "LINES", "ESCDELAY"):
            env.pop(name, None)
        env.update(environment)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.execve(command[0], [str(part) for part in command], env)
            finally:
                os._exit(127)
        self.encoding = "utf-8" if env["LC_ALL"].endswith("UTF-8") else "ascii"
        self.undecoded = b""
        self.resize(columns, rows)

    def resize(self, columns, rows):
        self.screen.resize(columns, rows)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds):
        """Takes what the program draws until it is quiet for that long; false at its end."""
        while select.select([self.fd], [], [], seconds)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            if not data:
                return False
            self.raw += data
            data = self.undecoded + data
            cut = len(data)
            if self.encoding == "utf-8":
                # A character may come in two pieces.
                for back in range(1, min(4, len(data)) + 1):
                    if data[-back] >= 0xC0:
                        needed = 2 if data[-back] < 0xE0 else 3 if data[-back] < 0xF0 else 4
                        cut -= back if needed > back else 0
                        break
                    if data[-back] < 0x80:
                        break
            self.undecoded = data[cut:]
            self.screen.feed(data[:cut].decode(self.encoding))
        return True

    def wait_for(self, pattern, seconds=20):
        """Until the screen shows it; returns the screen's text."""
        end = time.monotonic() + seconds
        while True:
            is_open = self.read(0.02)
            text = self.screen.text()
            if re.search(pattern, text):
                return text
            if not is_open or time.monotonic() > end:
                raise AssertionError(f"{pattern!r} is not on the screen:\n{text}")

    def send(self, keys):
        os.write(self.fd, keys if isinstance(keys, bytes) else keys.encode())

    def press(self, keys, pattern, seconds=20):
        self.send(keys)
        return self.wait_for(pattern, seconds)

    def finish(self, seconds=20):
        """Waits for the end; the exit status."""
        end = time.monotonic() + seconds
        while self.status is None:
            self.read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > end:
                self.close()
                raise AssertionError(f"the program does not end:\n{self.screen.text()}")
        return self.status

    def close(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.status = -9
        try:
            os.close(self.fd)
        except OSError:
            pass
