# SPDX-License-Identifier: BSD-3-Clause
from typing import Any

def watch_idle(loop: Any = None) -> bool: ...
