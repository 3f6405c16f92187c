# SPDX-License-Identifier: BSD-3-Clause
"""A slow recorder in pure Python: what the trace of a program must say.

Owns the reference meaning of a step, on sys.settrace, for Python 3.9 and later.
Runs one program and writes one step a line, tab-separated:

    thread  depth  file  line  function

It shares no code with the recorder, and must not: it is there to disagree.

    oracle.py [-p PKG]... [-x EXCLUDE]... OUT SCRIPT ARGS...
    oracle.py [-p PKG]... [-x EXCLUDE]... OUT -m MOD ARGS...

What is counted, and how:
- A line event whose line is the current line of its frame is no step, also when
  other frames ran in between; a suspended generator keeps its current line.
- Depth is the number of in-scope frames from the frame outwards. It is counted on
  the real frames at each entry, never carried along, so it can not drift.
- Threads are numbered from 1 in the order of their first event in scope.
- The program may start and stop by itself, through a stand-in module `trackexec`
  (record, stop, recording) that is put in place with --api: recording is then off
  at the beginning, and frames already running count as running.
- A Python trace function is called on the program's stack. Where that stack is
  full the interpreter switches tracing off, so programs that run into
  RecursionError can not be compared with this oracle.
"""

import _thread
import atexit
import importlib.util
import os
import sys
import threading
import types


class Scope:
    """Says which code objects are recorded; decided once for each of them."""

    def __init__(self, names, excludes):
        self.names, self.paths = self._split(names)
        self.excluded_names, self.excluded_paths = self._split(excludes)
        self.decided = {}

    @staticmethod
    def _split(items):
        paths = [os.path.realpath(item) for item in items if "/" in item or item.endswith(".py")]
        names = [item for item in items if "/" not in item and not item.endswith(".py")]
        return names, paths

    @staticmethod
    def _matches(value, wanted, separator):
        return any(value == one or value.startswith(one + separator) for one in wanted)

    def _decide(self, frame):
        if frame.f_globals is globals():  # the oracle itself, which is a __main__ too
            return False
        name = frame.f_globals.get("__name__")
        name = name if isinstance(name, str) else ""
        path = frame.f_code.co_filename
        if not path.startswith("<"):
            path = os.path.realpath(path)
        if self._matches(name, self.excluded_names, "."):
            return False
        if self._matches(path, self.excluded_paths, os.sep):
            return False
        return self._matches(name, self.names, ".") or self._matches(path, self.paths, os.sep)

    def has(self, frame):
        # Keyed by the object's id, with the object kept alive beside the answer: two
        # code objects that are equal may still belong to different modules.
        code = frame.f_code
        known = self.decided.get(id(code))
        if known is None:
            known = self.decided[id(code)] = (code, self._decide(frame))
        return known[1]


class FrameTracer:
    """The trace function of one frame; lives in f_trace, as long as the frame does."""

    __slots__ = ("oracle", "line", "depth", "thread", "where")

    def __init__(self, oracle, code):
        self.oracle = oracle
        self.line = None
        self.depth = 0
        self.thread = 0
        self.where = (code.co_filename, getattr(code, "co_qualname", code.co_name))

    def __call__(self, frame, event, argument):
        if event == "line":
            line = frame.f_lineno
            if line is not None and line != self.line:
                self.line = line
                self.oracle.step(self)
        return self


class Oracle:
    def __init__(self, scope, out_path):
        self.scope = scope
        self.file = os.open(out_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        self.pid = os.getpid()
        self.lines = []
        self.is_ending = False
        self.is_on = False
        self.local = threading.local()
        self.thread_count = 0
        if set_trace is not None:
            self.c_trace = Receiver(self.receive)

    # Events

    def trace(self, frame, event, argument):
        """The thread's trace function: called for calls, and for nothing else."""
        if set_trace is not None and sys.gettrace() is not None:
            self.trace_thread()  # a thread of threading begins
        if not self.is_on or event != "call" or not self.scope.has(frame):
            return None
        tracer = frame.f_trace
        if type(tracer) is not FrameTracer:
            tracer = FrameTracer(self, frame.f_code)
        self.enter(frame, tracer)
        return tracer

    def enter(self, frame, tracer):
        depth = 0
        while frame is not None:
            depth += self.scope.has(frame)
            frame = frame.f_back
        tracer.depth = depth
        try:
            tracer.thread = self.local.number
        except AttributeError:
            self.thread_count += 1
            tracer.thread = self.local.number = self.thread_count

    def step(self, tracer):
        if not self.is_on:
            return
        file, function = tracer.where
        text = "%d\t%d\t%s\t%d\t%s\n" % (tracer.thread, tracer.depth, file, tracer.line, function)
        if self.is_ending:
            os_write(self.file, text.encode("utf-8", "surrogateescape"))
        else:
            self.lines.append(text)

    # Start and end

    def start(self, frame):
        """Begin, with FRAME and its callers already running (None: nothing in scope runs)."""
        self.is_on = True
        chain = []
        while frame is not None:
            if self.scope.has(frame):
                chain.append(frame)
            frame = frame.f_back
        for running in reversed(chain):
            tracer = FrameTracer(self, running.f_code)
            tracer.line = running.f_lineno
            self.enter(running, tracer)
            running.f_trace = tracer
        if hasattr(threading, "settrace_all_threads"):
            self.start_others(sys._getframe())
            threading.settrace_all_threads(self.trace)
        threading.settrace(self.trace)
        self.trace_thread()

    def trace_thread(self):
        """Trace the calling thread from the next event on."""
        if set_trace is None:
            sys.settrace(self.trace)
        else:
            set_trace(self.c_trace, None)

    def receive(self, _, frame, what, argument):
        """What sys.settrace does for us on newer Pythons, without its copy of the locals."""
        if what == CALL:
            tracer = self.trace(frame, "call", None)
            if tracer is not None:
                frame.f_trace = tracer
        elif what == LINE:
            tracer = frame.f_trace
            if tracer is not None:
                tracer(frame, "line", None)
        return 0

    def start_others(self, own):
        """Give the running frames of the other threads their trace functions."""
        for frame in sys._current_frames().values():
            if frame is own:
                continue
            while frame is not None:
                if self.scope.has(frame):
                    frame.f_trace = LateTracer(self, frame)
                frame = frame.f_back

    def stop(self):
        self.is_on = False
        if set_trace is not None:
            set_trace(Receiver(), None)
        sys.settrace(None)
        threading.settrace(None)

    def flush(self):
        if os.getpid() == self.pid:
            lines, self.lines = self.lines, []
            os.write(self.file, "".join(lines).encode("utf-8", "surrogateescape"))

    def end(self):
        """From here on the interpreter takes itself apart: each step is written at once."""
        self.flush()
        self.is_ending = True

    def forget(self):
        """In a forked child: that is another process, and not recorded."""
        self.stop()
        self.lines = []

    def install(self):
        """Covers the ways out of, and into, a process that sys.settrace does not see."""
        atexit.register(self.end)
        os.register_at_fork(after_in_child=self.forget)
        real_exit = os._exit
        real_start = _thread.start_new_thread

        def _exit(status):
            self.flush()
            real_exit(status)

        def start_new_thread(function, arguments, keywords={}):
            def run():
                if self.is_on:
                    self.trace_thread()
                function(*arguments, **keywords)

            return real_start(run, ())

        os._exit = _exit
        _thread.start_new_thread = start_new_thread


class LateTracer(FrameTracer):
    """For a frame that was running in another thread when recording began."""

    __slots__ = ("is_entered",)

    def __init__(self, oracle, frame):
        super().__init__(oracle, frame.f_code)
        self.line = frame.f_lineno
        self.is_entered = False

    def __call__(self, frame, event, argument):
        if not self.is_entered:
            self.is_entered = True
            self.oracle.enter(frame, self)
        return super().__call__(frame, event, argument)


os_write = os.write

CALL, LINE = 0, 2

if sys.version_info < (3, 11):
    # There sys.settrace copies the locals of a frame at each event, and keeps the copy: what
    # the program drops lives on until the next event, and dies where nothing is traced.
    import ctypes

    Receiver = ctypes.PYFUNCTYPE(
        ctypes.c_int, ctypes.c_void_p, ctypes.py_object, ctypes.c_int, ctypes.c_void_p
    )
    set_trace = ctypes.PYFUNCTYPE(None, Receiver, ctypes.c_void_p)(
        ("PyEval_SetTrace", ctypes.pythonapi)
    )
else:
    set_trace = None


def make_api(oracle):
    """A stand-in for the package `trackexec`, for programs that record themselves."""
    api = types.ModuleType("trackexec")

    class recording:
        def __init__(self, *args, **keywords):
            pass

        def __enter__(self):
            oracle.start(sys._getframe(1))
            return self

        def __exit__(self, *exc):
            oracle.stop()

    api.record = lambda *args, **keywords: oracle.start(sys._getframe(1))
    api.stop = lambda: oracle.stop()
    api.recording = recording
    api.mark = lambda text: None
    sys.modules["trackexec"] = api


def make_main(**attributes):
    main = types.ModuleType("__main__")
    main.__dict__.update(__builtins__=sys.modules["builtins"], **attributes)
    sys.modules["__main__"] = main
    return main


def load_script(path):
    path = os.path.abspath(path)
    sys.path[0] = os.path.dirname(path)
    with open(path, "rb") as script:
        code = compile(script.read(), path, "exec", dont_inherit=True)
    return code, make_main(__file__=path, __cached__=None)


def load_module(name):
    sys.path[0] = os.getcwd()
    spec = importlib.util.find_spec(name)
    if spec.submodule_search_locations is not None:
        spec = importlib.util.find_spec(name + ".__main__")
    code = spec.loader.get_code(spec.name)
    sys.argv[0] = spec.origin
    attributes = {"__file__": spec.origin, "__cached__": spec.cached, "__spec__": spec}
    return code, make_main(__package__=spec.parent, __loader__=spec.loader, **attributes)


def parse(arguments):
    names, excludes, has_api = [], [], False
    while arguments and arguments[0] in ("-p", "-x", "--api"):
        option = arguments.pop(0)
        if option == "--api":
            has_api = True
        else:
            (names if option == "-p" else excludes).append(arguments.pop(0))
    if len(arguments) < 2 or (arguments[1] == "-m" and len(arguments) < 3):
        sys.exit("usage: oracle.py [-p PKG]... [-x EXCLUDE]... [--api] OUT (SCRIPT | -m MOD) ARGS...")
    return Scope(names or ["__main__"], excludes), has_api, arguments


def main():
    scope, has_api, arguments = parse(sys.argv[1:])
    oracle = Oracle(scope, arguments.pop(0))
    oracle.install()
    is_module = arguments[0] == "-m"
    sys.argv = arguments[1:] if is_module else arguments
    code, program = (load_module if is_module else load_script)(sys.argv[0])
    if has_api:
        make_api(oracle)
    else:
        oracle.start(None)
    try:
        exec(code, program.__dict__)
    except SystemExit:
        raise
    except BaseException as error:
        # The traceback is the program's, without this frame.
        trace = error.__traceback__.tb_next
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        sys.exit(1)


if __name__ == "__main__":
    main()
