# SPDX-License-Identifier: BSD-3-Clause
"""Opens and closes the window fifty times under AddressSanitizer and LeakSanitizer.

leaks.py MESON SOURCE BUILD: builds the viewer's tests with sanitizers in BUILD/asan (only what changed,
the next time) and runs them; criticals of GLib are fatal. Prints why where it can't.
"""
import os
import subprocess
import sys

import headless

TESTS = ("tests/viewer/test-viewer-model", "tests/viewer/test-viewer-session",
         "tests/viewer/test-viewer-window")


def run(*command, **options):
    print("+", *command, flush=True)
    return subprocess.run(command, **options)


def build(meson, source, directory):
    if not os.path.exists(os.path.join(directory, "build.ninja")):
        answer = run(
            meson, "setup", directory, source, "-Drecorder=disabled", "-Dfuzzing=false",
            "-Db_sanitize=address,undefined", "-Db_lundef=false", stdout=subprocess.DEVNULL,
        )
        if answer.returncode:
            return False
    targets = [*TESTS, "data/gschemas.compiled"]
    return run("ninja", "-C", directory, "--quiet", *targets).returncode == 0


def main():
    meson, source, build_root = sys.argv[1:4]
    absent = [name for name in headless.missing() if name != "python3-pyatspi"]
    if absent:
        print(f"SKIP: not installed: {', '.join(absent)}")
        return 77
    directory = os.path.join(build_root, "asan")
    if not build(meson, source, directory):
        print("the sanitized build failed")
        return 1
    display = headless.Display()
    # Frame pointers are missing in GLib and fontconfig: unwind slowly, but not deeply.
    environment = dict(
        display.environment,
        ASAN_OPTIONS="fast_unwind_on_malloc=0:malloc_context_size=8:detect_leaks=1",
        UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1",
        LSAN_OPTIONS="print_suppressions=0:suppressions="
        + os.path.join(os.path.dirname(os.path.abspath(__file__)), "lsan.supp"),
        G_DEBUG="fatal-criticals",
        G_MESSAGES_DEBUG="",
        GSETTINGS_SCHEMA_DIR=os.path.join(directory, "data"),
        GTK_A11Y="test",
        ADW_DISABLE_PORTAL="1",
    )
    try:
        codes = [
            run(os.path.join(directory, test), "--quiet", env=environment).returncode
            for test in TESTS
        ]
    finally:
        display.close()
    print("exit codes:", *codes)
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main())
