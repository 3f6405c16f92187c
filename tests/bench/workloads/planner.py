# SPDX-License-Identifier: BSD-3-Clause
"""Value iteration over the states of a small dice game, with memoised transitions."""

SCALE = 14

FACES = (1, 2, 3, 4, 5, 6)


class Game:
    def __init__(self, goal):
        self.goal = goal
        self.cache = {}

    def states(self):
        for mine in range(self.goal):
            for kept in range(self.goal - mine):
                for fresh in (False, True):
                    yield mine, kept, fresh

    def actions(self, state):
        mine, kept, fresh = state
        if kept and not fresh:
            return ("roll", "hold")
        return ("roll",)

    def outcomes(self, state, action):
        key = state, action
        known = self.cache.get(key)
        if known is None:
            known = self.cache[key] = list(self.find_outcomes(state, action))
        return known

    def find_outcomes(self, state, action):
        mine, kept, fresh = state
        if action == "hold":
            yield 1.0, (mine + kept, 0, False), -0.2
            return
        for face in FACES:
            if face == 1:
                yield 1.0 / 6.0, (mine, 0, True), -1.0
            elif mine + kept + face >= self.goal:
                yield 1.0 / 6.0, None, 10.0
            else:
                yield 1.0 / 6.0, (mine, kept + face, False), -0.1


def value_of(game, values, state, action):
    total = 0.0
    for share, after, reward in game.outcomes(state, action):
        future = 0.0
        if after is not None:
            future = values.get(after, 0.0)
        total += share * (reward + 0.95 * future)
    return total


def sweep(game, values):
    change = 0.0
    for state in game.states():
        best = None
        for action in game.actions(state):
            value = value_of(game, values, state, action)
            if best is None or value > best:
                best = value
        difference = best - values.get(state, 0.0)
        if difference < 0.0:
            difference = -difference
        if difference > change:
            change = difference
        values[state] = best
    return change


def run(scale):
    total = 0.0
    for goal in range(20, 20 + scale):
        game = Game(goal)
        values = {}
        turns = 0
        while sweep(game, values) > 0.01:
            turns += 1
        total += turns + values[(0, 0, False)]
    return int(total * 1000)
