# SPDX-License-Identifier: BSD-3-Clause
import logging
import os
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any, Iterable, Optional, Union

_Path = Union[str, "os.PathLike[str]"]
_Scope = Union[str, ModuleType, "os.PathLike[str]"]
_Scopes = Union[_Scope, Iterable[_Scope]]

__version__: str

def enable(
    base: Optional[_Path] = None,
    name: Optional[str] = None,
    package: Optional[_Scopes] = None,
    *,
    packages: Optional[Iterable[_Scope]] = None,
    exclude: _Scopes = (),
    start_time: Union[None, float, str, datetime] = None,
    ring_dir: Optional[_Path] = None,
    children: Optional[str] = None,
    max_size: Union[None, int, str] = None,
    min_free: Union[None, int, str] = None,
    max_age: Union[None, int, float, str, timedelta] = None,
    keep_runs: Union[None, int, str] = None,
) -> bool: ...
def record(
    package_or_module: _Scopes,
    dir: _Path,
    *,
    exclude: _Scopes = (),
    ring_dir: Optional[_Path] = None,
    children: str = "none",
    max_size: Union[None, int, str] = None,
    min_free: Union[None, int, str] = None,
    max_age: Union[None, int, float, str, timedelta] = None,
) -> None: ...
def recording(
    package_or_module: _Scopes,
    dir: _Path,
    *,
    exclude: _Scopes = (),
    ring_dir: Optional[_Path] = None,
    children: str = "none",
    max_size: Union[None, int, str] = None,
    min_free: Union[None, int, str] = None,
    max_age: Union[None, int, float, str, timedelta] = None,
) -> AbstractContextManager[None]: ...
def stop() -> None: ...
def mark(text: str, /) -> None: ...
def precise_timestamping() -> AbstractContextManager[None]: ...
def stats() -> dict[str, Any]: ...
def watch_idle(loop_or_selector: Any = None) -> bool: ...

class MarkHandler(logging.Handler): ...
