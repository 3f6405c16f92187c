# SPDX-License-Identifier: BSD-3-Clause
# Completion for fish.
complete -c trackexec-dump -f -a '(__fish_complete_directories)'
complete -c trackexec-dump -s h -l help -d 'Print a summary and exit'
complete -c trackexec-dump -l version -d 'Print the version and exit'
complete -c trackexec-dump -l from -x -a 'start end 50%' -d 'Leave out what comes before'
complete -c trackexec-dump -l to -x -a 'start end 50%' -d 'Leave out what comes after'
complete -c trackexec-dump -l steps -d 'Print executed lines'
complete -c trackexec-dump -l events -d 'Print everything'
complete -c trackexec-dump -l info -d 'Print what is known of the process'
complete -c trackexec-dump -l monotonic -d 'Print times of CLOCK_MONOTONIC'
complete -c trackexec-dump -l limit -x -d 'Print at most so many lines'
