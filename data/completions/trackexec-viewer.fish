# SPDX-License-Identifier: BSD-3-Clause
# Completion for fish.
complete -c trackexec-viewer -f -a '(__fish_complete_directories)'
complete -c trackexec-viewer -s h -l help -d 'Print a summary and exit'
complete -c trackexec-viewer -l version -d 'Print the version and exit'
