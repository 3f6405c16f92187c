# SPDX-License-Identifier: BSD-3-Clause
# Completion for fish.
complete -c trackexec-export -f -a '(__fish_complete_directories)'
complete -c trackexec-export -s h -l help -d 'Print a summary and exit'
complete -c trackexec-export -l version -d 'Print the version and exit'
complete -c trackexec-export -l from -x -a 'start end 50%' -d 'Leave out what comes before'
complete -c trackexec-export -l to -x -a 'start end 50%' -d 'Leave out what comes after'
complete -c trackexec-export -s f -l format -x -a 'callgrind collapsed speedscope perfetto csv' -d Format
complete -c trackexec-export -l thread -x -d 'Only what this thread did: number or name'
complete -c trackexec-export -s o -l output -r -F -d 'Write this file'
complete -c trackexec-export -s q -l quiet -d "Don't say what the format leaves out"
