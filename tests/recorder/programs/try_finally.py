# SPDX-License-Identifier: BSD-3-Clause
"""finally blocks reached by falling through, return, break and exceptions."""


def fall(log):
    try:
        log.append(1)
    finally:
        log.append(2)
    log.append(3)


def returning(log):
    try:
        return log.append(4)
    finally:
        log.append(5)


def overriding():
    try:
        return 1
    finally:
        return 2


def raising(log):
    try:
        raise KeyError("k")
    finally:
        log.append(6)


def swallowing():
    while True:
        try:
            raise KeyError("k")
        finally:
            break
    return 7


log = []
fall(log)
returning(log)
try:
    raising(log)
except KeyError:
    log.append(8)
log.append(overriding())
log.append(swallowing())
print(log)
