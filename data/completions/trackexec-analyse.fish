# SPDX-License-Identifier: BSD-3-Clause
# Completion for fish.
complete -c trackexec-analyse -f -a '(__fish_complete_directories)'
complete -c trackexec-analyse -s h -l help -d 'Print a summary and exit'
complete -c trackexec-analyse -l version -d 'Print the version and exit'
complete -c trackexec-analyse -l from -x -a 'start end 50%' -d 'Leave out what comes before'
complete -c trackexec-analyse -l to -x -a 'start end 50%' -d 'Leave out what comes after'
complete -c trackexec-analyse -s n -l num-items -x -d 'Print so many lines'
complete -c trackexec-analyse -l sort-column -x -d 'Sort by' \
  -a 'cumulated-runtime average-runtime frequency self slowest waiting location'
complete -c trackexec-analyse -l file -r -F -d 'Only lines of this file'
complete -c trackexec-analyse -l annotate -r -F -d 'Print this file with the figures of each line'
complete -c trackexec-analyse -l at -x -a 'start end 50%' -d 'Print what was going on at a moment'
complete -c trackexec-analyse -l thread -x -d 'Only what this thread did: number or name'
complete -c trackexec-analyse -l json -d 'Print one JSON object'
complete -c trackexec-analyse -l csv -d 'Print comma-separated values'
