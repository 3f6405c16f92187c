# SPDX-License-Identifier: BSD-3-Clause
"""The source that is shown is the one that ran, byte for byte, or the trace says that it has none.

Also limits: line numbers, names, files and code objects without number.
"""

import os
import py_compile
import struct
import subprocess
import sys
import time
import unittest
import zipfile

import recordings

FULL = bool(os.environ.get("TRACKEXEC_FULL"))
SOURCE_YOUNGER = 4  # changed after the program had started
if FULL:
    recordings.TIMEOUT_S = 900


def read_sources(trace):
    """Return {path: (status, bytes)} of a trace, by its format."""
    paths, sources = {}, {}
    for type_, payload in read_records(os.path.join(trace, "catalog")):
        if type_ == 1:
            number, payload = read_varint(payload)
            size, payload = read_varint(payload)
            paths[number] = payload[:size]
    for type_, payload in read_records(os.path.join(trace, "sources")):
        number, payload = read_varint(payload)
        status, payload = read_varint(payload)
        _, payload = read_varint(payload)
        size, payload = read_varint(payload)
        sources[os.fsdecode(paths[number])] = (status, payload[:size])
    return sources


def read_varint(data):
    value = shift = at = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, data[at:]


def read_records(path):
    """Yield (type, payload) of the records of a file, section 3 of the format."""
    with open(path, "rb") as file:
        data = file.read()
    at = 16
    while at + 32 <= len(data):
        magic, type_, codec, _, size, decoded = struct.unpack_from("<IBBHII", data, at)
        assert magic == 0x43525854, (path, at)
        payload = data[at + 32 : at + 32 + size]
        yield type_, payload if codec == 0 else decompress(payload, decoded)
        at = (at + 32 + size + 7) // 8 * 8


def decompress(data, size):
    """Decode an LZ4 block."""
    out = bytearray()
    at = 0

    def read_length(nibble):
        nonlocal at
        length = nibble
        while nibble == 15 and length < size:
            length += data[at]
            at += 1
            if data[at - 1] != 255:
                break
        return length

    while at < len(data):
        token = data[at]
        at += 1
        length = read_length(token >> 4)
        out += data[at : at + length]
        at += length
        if at >= len(data):
            break
        offset = data[at] | data[at + 1] << 8
        at += 2
        length = read_length(token & 15) + 4
        if offset >= length:
            out += out[-offset : len(out) - offset + length]
        else:
            out += (bytes(out[-offset:]) * (length // offset + 1))[:length]
    assert len(out) == size
    return bytes(out)


class SourceTest(recordings.RecorderTest):
    def setUp(self):
        super().setUp()
        self.begin = time.monotonic()

    def tell(self, promise, text):
        print(f"{promise}: {text}, {time.monotonic() - self.begin:.0f} s", flush=True)

    def put(self, name, data):
        path = os.path.join(self.directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def record(self, modules, between="", before=""):
        """Import the modules while they are recorded; return the trace's sources by base name."""
        self.run_program(
            f"""\
            import os, sys, time, trackexec
            sys.path.insert(0, os.getcwd())
            {before or "pass"}
            trackexec.record({["__main__", *modules]!r}, "trace")
            for name in {modules!r}:
                __import__(name).run()
            {between or "pass"}
            for name in {modules!r}:
                sys.modules[name].run()
            trackexec.stop()
            """
        )
        return {os.path.basename(path): source for path, source in read_sources(self.trace).items()}

    def test_bytes_as_they_are(self):
        """Encodings, line ends and sizes: the reader decodes, so the bytes must be the file's."""
        body = b"def run():\n    return 1\n"
        files = {
            "bom": b"\xef\xbb\xbf" + body,
            "latin": b"# -*- coding: latin-1 -*-\ns = '\xe9'\n" + body,
            "crlf": body.replace(b"\n", b"\r\n"),
            "cr": body.replace(b"\n", b"\r"),
            "feed": b"x = 1\n\x0c\n" + body,
            "separator": "s = '\u2028\x0b\x1c'\n".encode() + body,
            "unended": body[:-1],
            "big": b"# " + b"x" * 70 + b"\n" + b"y = 12345\n" * 200000 + body if FULL else b"y = 1\n" * 20000 + body,
            "sign": b"s = '\\N{SNOWMAN}\xe2\x98\x83'\n" + body,
        }
        for encoding in ("utf-8", "cp1252", "iso8859-15", "koi8-r", "gbk", "shift_jis", "euc-kr", "cp437", "big5"):
            files["enc_" + encoding.replace("-", "_")] = f"# coding: {encoding}\n".encode() + body
        for name, data in files.items():
            self.put(name + ".py", data)
        sources = self.record(sorted(files))
        wrong = [name for name, data in files.items() if sources[name + ".py"] != (0, data)]
        steps = recordings.read_steps(self.trace)
        for name in files:
            lines = [step.line for step in steps if step.file == name + ".py" and step.function == "run"]
            number = files[name].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n").index(b"    return 1") + 1
            self.assertEqual(lines, [number, number], name)
        self.tell("T15", f"{len(files)} files of all encodings and line ends, {len(wrong)} with other bytes (limit 0)")
        self.assertEqual(wrong, [])

    def test_files_that_change_under_the_program(self):
        """Edited, replaced or deleted behind the import: the first text, or none, never another."""
        old = b"def run():\n    x = 'old'\n    return x\n"
        for name in ("edited", "replaced", "deleted", "still"):
            self.put(name + ".py", old)
        os.utime(os.path.join(self.directory, "edited.py"), (1e9, 1e9))
        sources = self.record(
            ["edited", "replaced", "deleted", "still"],
            "time.sleep(0.3); open('edited.py', 'w').write('# new'); open('n', 'w').write('# newer');"
            " os.replace('n', 'replaced.py'); os.remove('deleted.py')",
        )
        wrong = [name for name, (status, data) in sources.items() if name != "program.py" and status == 0 and data != old]
        self.tell("T15", f"edited, replaced, deleted behind their first line: {len(wrong)} wrong texts (limit 0)")
        self.assertEqual(wrong, [])
        self.assertEqual(sources["still.py"], (0, old))

    def test_files_that_changed_before_the_recording(self):
        """Edited, replaced between the import and the recording: the text says that it may be another. Not those
        that are as they were, nor one that is edited and then imported under the recorder's eyes."""
        old = b"def run():\n    x = 'old'\n    return x\n"
        edited = ("edited", "replaced", "kept_times")
        for name in (*edited, "still", "late"):
            self.put(name + ".py", old)
        self.run_program(
            """\
            import os, sys, time, trackexec
            sys.path.insert(0, os.getcwd())
            import edited, replaced, kept_times, still
            time.sleep(0.1)
            new = b"# another text\\n"
            def put(path):
                with open(path, "wb") as file:
                    file.write(new)
            put("edited.py"), put("n"), put("kept_times.py"), put("late.py")
            os.replace("n", "replaced.py")
            os.utime("kept_times.py", (1e9, 1e9))
            with open("late.py", "ab") as file:
                file.write(b"def run():\\n    return 3\\n")
            MODULES = ["__main__", "edited", "replaced", "kept_times", "still", "late"]
            trackexec.record(MODULES, "trace")
            import late
            for module in edited, replaced, kept_times, still, late:
                module.run()
            trackexec.stop()
            if not os.fork():
                # What counts is when the program began, not its child.
                trackexec.record(MODULES, "child")
                edited.run()
                still.run()
                trackexec.stop()
                os._exit(0)
            os.wait()
            """
        )
        wrong = []
        for trace, names in ((self.trace, (*edited, "still", "late")), (os.path.join(self.directory, "child"), ("edited", "still"))):
            sources = {os.path.basename(path): source for path, source in read_sources(trace).items()}
            wrong += [name for name in names if (sources[name + ".py"][0] == SOURCE_YOUNGER) != (name in edited)]
            wrong += [name for name in ("program",) if sources.get("program.py", (0,))[0] != 0]
        self.tell("T15", f"edited, replaced between import and recording: {len(wrong)} of 9 told wrong (limit 0)")
        self.assertEqual(wrong, [])

    def test_without_a_file(self):
        self.put("only.py", b"def run():\n    return 2\n")
        path = os.path.join(self.directory, "only.py")
        py_compile.compile(path, cfile=path + "c", doraise=True)
        os.remove(path)
        with zipfile.ZipFile(os.path.join(self.directory, "packed.zip"), "w") as archive:
            archive.writestr("zipped.py", "def run():\n    return 3\n")
        sources = self.record(
            ["only", "zipped"],
            before="sys.path.insert(0, 'packed.zip')",
            between="exec(compile('x = 1', '<made up>', 'exec'), {'__name__': '__main__'})",
        )
        self.assertEqual({name: sources[name][0] for name in ("only.py", "zipped.py")}, {"only.py": 1, "zipped.py": 1})
        self.assertNotEqual(sources.get("<made up>", (1,))[0], 0)
        self.tell("T15", "pyc only, in a zip, made by exec: no source is claimed")

    def test_relative_names(self):
        """A name means what it meant when its module ran, also for what is called elsewhere later."""
        plug = b"def first():\n    return 1\ndef outer():\n    def inner():\n        return 2\n    return inner\n"
        for name in "AB":
            self.put(name + "/plug.py", plug + b"NAME = %r\n" % name)
        for modules, n_steps in ((["__main__"], 34), ([os.path.join(self.directory, "B")], 12)):
            trace = "trace of %d" % n_steps
            self.run_program(
                f"""\
                import os, runpy, trackexec
                def run():
                    made = []
                    for name in "AB":
                        os.chdir(os.path.join(here, name))
                        made.append(runpy.run_path("plug.py", run_name="__main__"))
                    for space in made:
                        space["first"](), space["outer"]()()
                here = os.getcwd()
                trackexec.record({modules!r}, {trace!r})
                run()
                trackexec.stop()
                """
            )
            rows = recordings.dump(os.path.join(self.directory, trace), "--steps")
            found = [os.path.relpath(row[3], self.directory) for row in rows]
            here = ["A", "B"] if len(modules[0]) == 8 else ["B"]
            expected = [os.path.join(name, "plug.py") for name in here for i in range(3)]
            expected += [os.path.join(name, "plug.py") for name in here for i in range(4)]
            self.assertEqual([file for file in found if file.endswith("plug.py")], expected)

    def test_links_and_packages(self):
        self.put("real/inner.py", b"def run():\n    return 4\n")
        os.symlink("real", os.path.join(self.directory, "linked"))
        self.write("linked_user.py", "from linked.inner import run\n")
        sources = self.record(["linked", "linked_user"], before="import linked; linked.run = lambda: None")
        self.assertEqual(sources["inner.py"], (0, b"def run():\n    return 4\n"))


class LimitTest(recordings.RecorderTest):
    def tell(self, promise, text):
        print(f"{promise}: {text}", flush=True)

    def test_line_numbers(self):
        self.run_program(
            """\
            import ast, trackexec
            trackexec.record("__main__", "trace")
            for line in (1, 65533, 65534, 65535, 65536, 65537, 2**24, 2**31 - 2):
                tree = ast.parse("def f():\\n pass")
                for node in ast.walk(tree):
                    if hasattr(node, "lineno"):
                        node.lineno = node.end_lineno = line
                        node.col_offset = node.end_col_offset = 0
                code = compile(tree, "big.py", "exec")
                names = {"__name__": "__main__"}
                exec(code, names)
                names["f"]()
            trackexec.stop()
            """
        )
        lines = [step.line for step in recordings.read_steps(self.trace) if step.function == "f"]
        self.assertEqual(lines, [1, 65533, 65534, 65535, 65536, 65537, 2**24, 2**31 - 2])
        self.tell("T16", "8 line numbers from 1 to 2^31 - 2, 0 wrong")

    def test_names(self):
        names = ["a" * 4000 + ".py", "new\nline.py", "bytes\udcff.py", "../up.py", "tab\t.py", "back\\slash.py"]
        self.run_program(
            f"""\
            import trackexec
            trackexec.record("__main__", "trace")
            for name in {names!r}:
                exec(compile("def f():\\n    return 1\\nf()", "/d/" + name, "exec"), {{"__name__": "__main__"}})
            trackexec.stop()
            """
        )
        paths = [path for path in read_sources(self.trace) if not path.endswith("program.py")]
        expected = sorted("/up.py" if name == "../up.py" else "/d/" + name for name in names)
        self.assertEqual(sorted(paths), expected)
        self.tell("T16", f"{len(names)} odd file names, 4,000 bytes and more among them, 0 wrong")

    def test_code_objects_without_number(self):
        n_codes = 1000000 if FULL else 20000
        n_files = 200000 if FULL else 5000
        out = self.run_program(
            f"""\
            import gc, resource, trackexec
            def read_kib():
                for line in open("/proc/self/status"):
                    if line.startswith("RssAnon"):
                        return int(line.split()[1])
            def make(n, file):
                names = {{"__name__": "app"}}
                exec(compile("def f():\\n" + " x = 1\\n" * (n % 5) + " return 2\\n", file, "exec"), names)
                names["f"]()
            trackexec.record("app", "trace")
            for n in range(5000): make(n, "same.py")
            before = read_kib()
            for n in range({n_codes}): make(n, "same.py")
            grown = read_kib() - before
            for n in range({n_files}): make(n, "file%d.py" % n)
            lost = trackexec.stats()["events_lost"]
            trackexec.stop()
            print(grown, lost)
            """
        )
        grown, lost = map(int, out.split())
        command = f"'{os.environ['TRACKEXEC_DUMP']}' --steps '{self.trace}' | cut -f4-6"
        wrong = n_seen = 0
        with subprocess.Popen(["sh", "-c", command], stdout=subprocess.PIPE, text=True) as pipe:
            for row in pipe.stdout:
                path, line, function = row.rstrip("\n").split("\t")
                n_seen += function == "f"
                wrong += function == "f" and not ("same.py" in path or "file" in path)
        expected = sum(1 + n % 5 for count in (5000, n_codes, n_files) for n in range(count))
        self.tell(
            "T14",
            f"{n_codes} code objects made and freed, {n_files} files: {expected - n_seen} lines missing,"
            f" {wrong} of a wrong file (limit 0), memory grown by {grown} KiB (limit 5120), {lost} lost",
        )
        self.assertEqual((expected - n_seen, wrong, lost), (0, 0, 0))
        self.assertLess(grown, 5120)


class UnsupportedTest(recordings.RecorderTest):
    @unittest.skipIf(sys.version_info < (3, 12), "there is no module for it that is alike on all Pythons")
    def test_subinterpreters_are_refused(self):
        out = self.run_program(
            """\
            import trackexec
            trackexec.record("__main__", "trace")
            try: import _interpreters as interpreters
            except ImportError: import _xxsubinterpreters as interpreters
            interpreter = interpreters.create()
            code = '''if True:
                import sys
                sys.path[:] = %r
                import trackexec
                try: trackexec.record("__main__", "trace2")
                except RuntimeError as error: print(error)
                print(trackexec.enable("."))
            ''' % (__import__("sys").path,)
            problem = interpreters.run_string(interpreter, code)
            assert problem is None, problem
            x = 1
            trackexec.stop()
            """
        )
        self.assertIn("trackexec cannot record here", out)
        self.assertIn("False", out)
        self.assertIn(16, self.lines())
        print("T30: a subinterpreter is refused with a message, the main one is recorded on")


if __name__ == "__main__":
    unittest.main()
