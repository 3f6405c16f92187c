# SPDX-License-Identifier: BSD-3-Clause
"""Print what the build must know of the Python that runs this, one value a line.

Version, suffix of extensions, directories of the headers (twice) and of packages; or why it
cannot be supported. Needed because older Meson asks distutils, which newer Pythons do not have.
"""

import sys
import sysconfig

version = "%d.%d" % sys.version_info[:2]
if sys.implementation.name != "cpython" or not (3, 9) <= sys.version_info[:2] <= (3, 13):
    sys.exit("trackexec supports CPython 3.9 to 3.13, not %s %s" % (sys.implementation.name, version))
if sysconfig.get_config_var("Py_GIL_DISABLED"):
    sys.exit("trackexec does not support free-threaded builds of Python yet")
print(version)
print(sysconfig.get_config_var("EXT_SUFFIX"))
print(sysconfig.get_path("include"))
print(sysconfig.get_path("platinclude"))
print(sysconfig.get_path("platlib"))
