# SPDX-License-Identifier: BSD-3-Clause
# Sourced by tools/demo and tools/test: installs what is missing on a Debian 12 machine, finds the
# Python interpreters, configures and builds. Safe to run again: what is there is left alone.
# Sets: root, build, pythons (one path a line). Needs: nothing but a shell and apt.

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
build=${TRACKEXEC_BUILD_DIR:-$root/build}

packages_build='build-essential meson ninja-build pkg-config gettext python3-dev
  liblz4-dev libxxhash-dev zlib1g-dev libncurses-dev libgtk-4-dev libgtksourceview-5-dev libadwaita-1-dev
  adwaita-icon-theme fonts-cantarell fonts-dejavu-core desktop-file-utils libglib2.0-bin'
packages_demo='python3-docutils'
packages_test='python3-docutils python3-pygments python3-mesonpy python3-pip python3-venv clang
  libclang-rt-14-dev xvfb xauth openbox xdotool x11-utils imagemagick dbus dbus-daemon at-spi2-core
  python3-gi python3-pyatspi gir1.2-atspi-2.0 appstream libxml2-utils strace procps curl
  valgrind bash zsh fish'

say() {
  printf '%s\n' "$*"
}

# step TEXT: a numbered line, so that one sees how far it is.
step_number=0
step() {
  step_number=$((step_number + 1))
  printf '\n[%d/%d] %s\n' "$step_number" "$step_total" "$*"
}

# as_root COMMAND...: directly as root, else through sudo.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    say "$0: can't run '$1': not root and sudo is not installed (run this as root once)" >&2
    return 1
  fi
}

# install_packages NAME...: says which are missing and installs only those.
install_packages() {
  missing=
  for package in "$@"; do
    status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) || status=
    [ "$status" = installed ] || missing="$missing $package"
  done
  if [ -z "$missing" ]; then
    say "all $# packages are there"
    return 0
  fi
  if ! command -v apt-get >/dev/null 2>&1; then
    say "$0: can't install$missing: apt-get not found (this set-up is for Debian 12; install their equivalents)" >&2
    return 1
  fi
  say "installing from Debian:$missing"
  as_root apt-get update -qq || say 'apt-get update failed; going on with the lists that are there'
  log=$(mktemp "${TMPDIR:-/tmp}/trackexec-apt.XXXXXX")
  # Debian's noninteractive front end goes through env, since sudo drops variables. A line of
  # apt's in forty shows that it moves; the status comes back through the log.
  # shellcheck disable=SC2086
  {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
      $missing 2>&1 || echo 'apt-get: failed'
  } | tee "$log" | awk 'NR % 40 == 0 { print "  " substr($0, 1, 76); fflush() }'
  if [ "$(tail -n 1 "$log")" = 'apt-get: failed' ]; then
    tail -n 20 "$log" >&2
    say "$0: can't install$missing: apt-get failed (its last lines are above)" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
  say "installed$missing"
}

# usable_python PATH: CPython 3.9 .. 3.13 with its headers.
usable_python() {
  "$1" -c '
import os, sys, sysconfig
ok = (sys.implementation.name == "cpython" and (3, 9) <= sys.version_info[:2] <= (3, 13)
      and not sysconfig.get_config_var("Py_GIL_DISABLED")
      and os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))
sys.exit(not ok)' >/dev/null 2>&1
}

# find_pythons: one interpreter a line: Debian's first, then pyenv's and those on PATH, each
# version of an installation once.
find_pythons() {
  {
    printf '%s\n' /usr/bin/python3
    if command -v pyenv >/dev/null 2>&1; then
      pyenv_root=$(pyenv root 2>/dev/null)
      pyenv versions --bare 2>/dev/null | while read -r version; do
        printf '%s\n' "$pyenv_root/versions/$version/bin/python3"
      done
    fi
    for minor in 9 10 11 12 13; do
      command -v "python3.$minor" 2>/dev/null
    done
  } | while read -r candidate; do
    [ -x "$candidate" ] || continue
    case $candidate in */shims/*) continue ;; esac
    usable_python "$candidate" || continue
    "$candidate" -c 'import os, sys; print(os.path.realpath(sys.executable))'
  done | awk '!seen[$0]++'
}

# configure DIRECTORY OPTION...: a new build directory, or the existing one with these options.
configure() {
  directory=$1
  shift
  if [ -f "$directory/meson-private/coredata.dat" ]; then
    meson configure "$directory" "$@" >/dev/null
  else
    meson setup "$directory" "$root" "$@" >"$directory.setup.log" 2>&1 || {
      tail -n 30 "$directory.setup.log" >&2
      say "$0: can't configure '$directory': meson failed (its last lines are above)" >&2
      return 1
    }
    rm -f "$directory.setup.log"
  fi
}

# build_quietly DIRECTORY: one line when all is well, the compiler's output when not; on a terminal
# ninja's own line of progress.
build_quietly() {
  if [ -t 1 ]; then
    ninja -C "$1"
  elif ninja -C "$1" >"$1/build.log" 2>&1; then
    tail -n 1 "$1/build.log"
  else
    tail -n 60 "$1/build.log" >&2
    say "$0: can't build in '$1': see the lines above" >&2
    return 1
  fi
}

# python_option: find_pythons as meson's array option.
python_option() {
  list=
  for python in $pythons; do
    list="$list${list:+,}'$python'"
  done
  printf -- '-Dpythons=[%s]' "$list"
}
