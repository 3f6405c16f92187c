# SPDX-License-Identifier: BSD-3-Clause
"""`python -m trackexec`."""

# The program to be run is called `__main__`; what runs it is not.
__name__ = "trackexec.__main__"

import os
import sys


def _obey(main, *arguments):
    """Run a command of ours; return its exit status. Whatever it prints can be printed, and errors are one line."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")
    if sys.stdout.errors == "strict":  # names of files need not fit the terminal
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status = main(*arguments)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        import signal

        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            sys.stderr.write(f"trackexec: {error}\n")
        # What is left in the buffer has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 1


if sys.argv[1:2] in (["enable-startup"], ["disable-startup"]):
    from trackexec._hook import main

    sys.exit(_obey(main, sys.argv[1], sys.argv[2:]))
elif sys.argv[1:2] == ["recover"]:
    from trackexec._recover import main

    sys.exit(_obey(main, sys.argv[2:]))
elif sys.argv[1:2] == ["doctor"]:
    from trackexec._doctor import main

    sys.exit(_obey(main, sys.argv[2:]))
else:
    from trackexec._run import main

    main()
