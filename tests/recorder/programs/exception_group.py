# SPDX-License-Identifier: BSD-3-Clause
# requires: 3.11
"""except* : parts of a group handled one after the other, the rest going on."""


def fail(*kinds):
    raise ExceptionGroup("all", [kind(kind.__name__) for kind in kinds])


def handle(*kinds):
    log = []
    try:
        fail(*kinds)
    except* ValueError as group:
        log.append(len(group.exceptions))
    except* (TypeError, KeyError) as group:
        for error in group.exceptions:
            log.append(type(error).__name__)
    else:
        log.append("none")
    finally:
        log.append("end")
    return log


print(handle(ValueError))
print(handle(ValueError, TypeError, KeyError, ValueError))
try:
    handle(OSError, ValueError)
except ExceptionGroup as rest:
    print(rest.exceptions)
