# SPDX-License-Identifier: BSD-3-Clause
"""MarkHandler: what a program logs is in the trace, and never in the program's way."""

import sys
import unittest

import recordings


class LoggingTest(recordings.RecorderTest):
    def get_marks(self):
        return [event.detail for event in recordings.read_events(self.trace) if event.kind == "mark"]

    def test_levels_formats_and_times(self):
        program = """\
            import logging, time, trackexec
            logger = logging.getLogger("app.part")
            logger.setLevel("DEBUG")
            logger.propagate = False
            handler = trackexec.MarkHandler(logging.INFO)
            logger.addHandler(handler)
            logger.error("nothing is recorded yet")
            trackexec.record("__main__", "trace")
            logger.debug("too low")
            logger.info("%d of %s", 1, "many")
            logger.warning("a\\u00e9\\n two lines \\x1b[0m")
            handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
            logger.critical("with its time")
            handler.setFormatter(logging.Formatter("%(message)s"))
            try:
                1 / 0
            except ZeroDivisionError:
                logger.exception("failed")
            trackexec.stop()
            logger.error("nor any more")
            """
        self.run_program(program)
        marks = self.get_marks()
        self.assertEqual(marks[:2], ["INFO app.part: 1 of many", "WARNING app.part: a\u00e9\\n two lines \\x1b[0m"])
        self.assertRegex(marks[2], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} CRITICAL with its time$")
        self.assertRegex(marks[3], r"^failed\\nTraceback .*ZeroDivisionError: division by zero$")
        self.assertEqual(len(marks), 4)

    def test_nothing_reaches_the_program(self):
        # Nothing is printed, raised, or run without end; and the program's handlers get what they got.
        program = """\
            import logging, sys, trackexec
            class Deep:
                def __str__(self):
                    logging.warning("while %s", "formatting")
                    return "deep"
            class Broken:
                def __str__(self):
                    raise RuntimeError("no text")
            seen = []
            class Own(logging.Handler):
                def emit(self, record):
                    try:
                        seen.append(record.getMessage())
                    except Exception as error:
                        seen.append(type(error).__name__)
            logging.basicConfig(handlers=[trackexec.MarkHandler(), Own()], level="INFO")
            trackexec.record("__main__", "trace")
            logging.warning("%s", Deep())
            logging.warning("%s", Broken())
            logging.warning("%d %d", 1)
            logging.warning("\\udc80 %s", "x" * 100000)
            logging.warning("end")
            trackexec.stop()
            assert [text[:20] for text in seen] == ["while formatting"] * 2 + [
                "deep", "RuntimeError", "TypeError", "\\udc80 " + "x" * 18, "end"] or print(seen)
            """
        self.run_program(program)
        marks = self.get_marks()
        # What is logged while our handler formats leaves no mark; from another handler's formatting it does.
        self.assertEqual(marks[0], "WARNING root: deep")
        self.assertEqual(marks[1], "WARNING root: while formatting")
        self.assertRegex(marks[2], r"^WARNING root: \\+udc80 x+$")
        self.assertLessEqual(len(marks[2]), 2048 + 20)
        self.assertEqual(marks[3:], ["WARNING root: end"])

    def test_other_handlers_get_the_record_as_it_was(self):
        program = """\
            import logging, trackexec
            class Short(logging.Formatter):
                def formatException(self, info):
                    return info[0].__name__
            class Own(logging.Handler):
                def emit(self, record):
                    seen.append(sorted(vars(record)))
                    seen.append(self.format(record))
            seen = []
            first = trackexec.MarkHandler()
            first.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
            own = Own()
            own.setFormatter(Short("%(message)s"))
            logging.basicConfig(handlers=[first, own])
            def log():
                try:
                    1 / 0
                except ZeroDivisionError:
                    logging.exception("failed")
            log()
            trackexec.record("__main__", "trace")
            log()
            trackexec.stop()
            assert seen[1] == "failed\\nZeroDivisionError" and seen[2:] == seen[:2], seen
            """
        self.run_program(program)
        self.assertRegex(self.get_marks()[0], r" failed\\nTraceback .*ZeroDivisionError: division by zero$")

    def test_a_text_that_waits_for_another_thread(self):
        program = """\
            import logging, threading, trackexec
            logging.basicConfig(handlers=[trackexec.MarkHandler()])
            class Waits:
                def __str__(self):
                    threading.Thread(target=log_and_tell, daemon=True).start()
                    return "in time" if told.wait(10) else "too late"
            def log_and_tell():
                logging.warning("beside")
                told.set()
            told = threading.Event()
            trackexec.record("__main__", "trace")
            logging.warning("%s", Waits())
            trackexec.stop()
            """
        self.run_program(program)
        self.assertEqual(self.get_marks(), ["WARNING root: beside", "WARNING root: in time"])

    def test_filters_decide(self):
        program = """\
            import logging, sys, trackexec
            handler = trackexec.MarkHandler()
            handler.addFilter(lambda record: "no" not in record.msg)
            def change(record):
                if sys.version_info < (3, 12):
                    return True
                other = logging.makeLogRecord(vars(record))
                other.msg = record.msg.replace("old", "new")
                return other
            handler.addFilter(change)
            logging.basicConfig(handlers=[handler])
            trackexec.record("__main__", "trace")
            for text in ("no", "yes", "old"):
                logging.warning(text)
            trackexec.stop()
            """
        self.run_program(program)
        last = "new" if sys.version_info >= (3, 12) else "old"
        self.assertEqual(self.get_marks(), ["WARNING root: yes", f"WARNING root: {last}"])

    def test_many_threads(self):
        program = """\
            import logging, threading, trackexec
            logging.basicConfig(handlers=[trackexec.MarkHandler()])
            def work(n):
                for i in range(200):
                    logging.warning("%d %d", n, i)
            trackexec.record("__main__", "trace")
            threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            trackexec.stop()
            """
        self.run_program(program)
        marks = self.get_marks()
        self.assertEqual(sorted(marks), sorted(f"WARNING root: {n} {i}" for n in range(4) for i in range(200)))
        for n in range(4):
            own = [mark for mark in marks if mark.startswith(f"WARNING root: {n} ")]
            self.assertEqual(own, [f"WARNING root: {n} {i}" for i in range(200)])


if __name__ == "__main__":
    unittest.main()
