# SPDX-License-Identifier: BSD-3-Clause
"""try in except in finally in else, three deep, on all their ways."""


def deep(kind, log):
    try:
        log.append("a")
        try:
            if kind == 1:
                raise ValueError(kind)
            if kind == 2:
                raise KeyError(kind)
            log.append("b")
        except ValueError:
            try:
                log.append("c")
                raise TypeError(kind)
            except TypeError:
                log.append("d")
            else:
                log.append("never")
            finally:
                log.append("e")
        else:
            log.append("f")
            try:
                if kind == 3:
                    raise OSError(kind)
            except OSError:
                log.append("g")
        finally:
            log.append("h")
    except KeyError:
        log.append("i")
    finally:
        try:
            log.append("j")
        finally:
            log.append("k")
    return "".join(log)


for kind in range(4):
    print(deep(kind, []))
