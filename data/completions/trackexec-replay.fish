# SPDX-License-Identifier: BSD-3-Clause
# Completion for fish.
complete -c trackexec-replay -f -a '(__fish_complete_directories)'
complete -c trackexec-replay -s h -l help -d 'Print a summary and exit'
complete -c trackexec-replay -l version -d 'Print the version and exit'
complete -c trackexec-replay -l at -x -a 'start end 50%' -d 'Begin there: a time, or an execution of a line'
complete -c trackexec-replay -l follow -d 'Stay at the end while the program still runs'
complete -c trackexec-replay -s c -l command -x -d 'Run the command and print where one is then'
complete -c trackexec-replay -l json -d 'Print one JSON object a line'
