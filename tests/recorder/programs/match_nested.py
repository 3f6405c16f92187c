# SPDX-License-Identifier: BSD-3-Clause
# requires: 3.10
"""A small evaluator over nested patterns, in a loop, without a default."""


def evaluate(expression):
    match expression:
        case ("num", n):
            return n
        case ("add", a, b):
            return evaluate(a) + evaluate(b)
        case ("mul", a, b):
            return evaluate(a) * evaluate(b)
        case ("neg", inner):
            return -evaluate(inner)
    raise ValueError(expression)


def commands(lines):
    total = 0
    for line in lines:
        match line.split():
            case ["add", n]:
                total += int(n)
            case ["skip", *_]:
                continue
            case ["stop"]:
                break
        total += 100
    return total


print(evaluate(("add", ("num", 2), ("mul", ("num", 3), ("neg", ("num", 4))))))
print(commands(["add 1", "skip it", "what", "add 2", "stop", "add 3"]))
