#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Pictures of the viewer for the README: screenshots.sh DIR OUT [BUILD]
# DIR is a recording, OUT where the pictures go, BUILD the build directory (default: build).
set -eu
if [ $# -lt 2 ]; then
  sed -n '3,4s/^# //p' "$0" >&2
  exit 1
fi
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${3:-$here/../../build}" && pwd)
exec /usr/bin/python3 "$here/screenshots.py" \
  "$build/src/viewer/trackexec-viewer" "$build/data" "$1" "$2"
