# SPDX-License-Identifier: BSD-3-Clause
"""Cycles collected by gc.collect(), with __del__ and a callback."""
import gc


class Node:
    def __init__(self):
        self.me = self

    def __del__(self):
        print("collected")


def callback(phase, info):
    if phase == "start":
        print("start")


gc.disable()
gc.collect()
for _ in range(2):
    Node()
gc.callbacks.append(callback)
gc.collect()
gc.callbacks.remove(callback)
