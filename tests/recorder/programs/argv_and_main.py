# SPDX-License-Identifier: BSD-3-Clause
# arguments: one --two -p three
"""What a program may look at: argv, __name__, __file__, sys.path, __main__."""
import os
import sys


def look():
    main = sys.modules["__main__"]
    return main.look is look, main.__name__, os.path.basename(main.__file__)


print(sys.argv[1:], __name__, os.path.basename(__file__), os.path.basename(sys.argv[0]))
print(os.path.basename(sys.path[0]), look())
print(__spec__, __package__, __doc__, sorted(name for name in globals() if name[0] != "_"))
