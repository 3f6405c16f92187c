# SPDX-License-Identifier: BSD-3-Clause
"""Install a built file once more: argument 1 into the directory of argument 2, below DESTDIR."""

import os
import shutil
import sys

source, directory = sys.argv[1:]
directory = os.environ.get("DESTDIR", "") + directory
os.makedirs(directory, exist_ok=True)
shutil.copy2(source, directory)
