#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The two ways of installing: `pip install .` (recorder only) into a fresh virtual environment, and
# `meson install` into a staging directory. Each must then record a program and print it back.
# Usage: test-install.sh SOURCE_ROOT BUILD_DIRECTORY
set -eu

root=$1
build=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/trackexec-install.XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
  printf 'install: FAILED: %s\n' "$*"
  failed=1
}

# records_with TITLE PYTHON PYTHONPATH: records a two-line program and reads both lines back.
records_with() {
  title=$1
  python=$2
  path=$3
  printf 'total = 20 + 3\nprint("made", total)\n' >"$work/program.py"
  rm -rf "$work/base"
  output=$(cd "$work" && env PYTHONPATH="$path" "$python" -m trackexec run -o "$work/base" program.py) || {
    fail "$title: the recorded program ended with status $?"
    return
  }
  [ "$output" = 'made 23' ] || fail "$title: the program printed '$output', not 'made 23'"
  lines=$("$build/src/cli/trackexec-dump" "$work/base" | cut -f 4,5 | grep -c "program.py") || true
  if [ "$lines" = 2 ]; then
    printf 'install: %s: records and reads back\n' "$title"
  else
    fail "$title: $lines lines read back, not 2"
  fi
}

# pip: from a copy, since the build must not leave anything in the tree.
mkdir "$work/tree"
(cd "$root" && tar -cf - --exclude=./build --exclude='./build-*' --exclude=./.git .) | tar -xf - -C "$work/tree"
# meson-python packs what version control knows.
(cd "$work/tree" && git init -q . && git add -A &&
  git -c user.name=test -c user.email=test@localhost commit -q -m tree)
/usr/bin/python3 -m venv --system-site-packages "$work/venv"
if "$work/venv/bin/python3" -m pip install --no-build-isolation --no-deps --no-index -q "$work/tree" \
  >"$work/pip.log" 2>&1; then
  records_with 'pip install .' "$work/venv/bin/python3" ''
else
  tail -n 30 "$work/pip.log"
  fail 'pip install .: see the lines above'
fi

# meson install: into a staging directory; every Python that the extension was built for.
if DESTDIR=$work/stage meson install -C "$build" --no-rebuild >"$work/install.log" 2>&1; then
  for program in trackexec-viewer trackexec-analyse trackexec-dump trackexec-export trackexec-replay; do
    found=$(find "$work/stage" -type f -name "$program" -perm -u+x)
    [ -n "$found" ] || fail "meson install: no program $program"
    for page in $(find "$work/stage" -name "$program.1*"); do
      printf 'install: %s\n' "${page#"$work/stage"}"
    done
  done
  # WalT's names are links to programs that are there.
  alias=$(find "$work/stage" -type l -name walt-server-trackexec-analyse)
  "${alias:-false}" --version >/dev/null || fail 'meson install: walt-server-trackexec-analyse does not run'
  for package in $(find "$work/stage" -type d -name trackexec -path '*-packages/trackexec'); do
    for library in "$package"/_recorder.*.so; do
      tag=$(basename "$library")
      for python in $(sh -c '. "$1"/tools/setup.sh; find_pythons' "$root/tools/x" "$root"); do
        suffix=$("$python" -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')
        prefix=$("$python" -c 'import sys; print(sys.base_prefix)')
        case $package in *"$prefix"/*) ;; *) continue ;; esac
        [ "$tag" = "_recorder$suffix" ] || continue
        records_with "meson install ($python)" "$python" "$(dirname "$package")"
      done
    done
  done
else
  tail -n 30 "$work/install.log"
  fail 'meson install: see the lines above'
fi

exit $failed
