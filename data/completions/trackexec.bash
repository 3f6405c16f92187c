# SPDX-License-Identifier: BSD-3-Clause
# Completion for bash: the programs of trackexec. Installed under the name of each, so that it is loaded with the
# first that is completed. Needs nothing but bash 4.

# _trackexec_options PROGRAM: its options, a line.
_trackexec_options() {
  case $1 in
    trackexec-viewer)
      echo '-h --help --version'
      ;;
    trackexec-replay)
      echo '--at --follow -c --command --json -h --help --version'
      ;;
    trackexec-analyse)
      echo '-n --num-items --sort-column --file --annotate --at --thread --from --to --json --csv -h --help --version'
      ;;
    trackexec-dump)
      echo '--steps --events --info --monotonic --from --to --limit -h --help --version'
      ;;
    trackexec-export)
      echo '-f --format --from --to --thread -o --output -q --quiet -h --help --version'
      ;;
  esac
}

# _trackexec_value OPTION WORD: what can follow an option that takes a value.
_trackexec_value() {
  case $1 in
    --sort-column)
      mapfile -t COMPREPLY < <(compgen -W 'cumulated-runtime average-runtime frequency self slowest waiting location' -- "$2")
      ;;
    --format | -f)
      mapfile -t COMPREPLY < <(compgen -W 'callgrind collapsed speedscope perfetto csv' -- "$2")
      ;;
    --from | --to | --at)
      mapfile -t COMPREPLY < <(compgen -W 'start end 50%' -- "$2")
      ;;
    --file | --annotate | --output | -o)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$2")
      ;;
    --num-items | -n | --limit | --thread | --command | -c) # a word of one's own
      ;;
    *)
      return 1
      ;;
  esac
}

_trackexec() {
  local program=${1##*/} word=$2 before=$3

  COMPREPLY=()
  # bash parts --option=value at the sign
  if [ "$word" = '=' ]; then
    word=
  elif [ "$before" = '=' ]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  # -f means something to one of them only
  if [ "$before" != -f ] || [ "$program" = trackexec-export ]; then
    _trackexec_value "$before" "$word" && return
  fi
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_trackexec_options "$program")" -- "$word")
  else
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -d -- "$word")
  fi
}

complete -F _trackexec trackexec-viewer trackexec-replay trackexec-analyse trackexec-dump trackexec-export
