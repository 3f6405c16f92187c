# SPDX-License-Identifier: BSD-3-Clause
"""Random games on a small Go board: groups, liberties, captures."""

SCALE = 70

SIZE = 7
EMPTY, BLACK, WHITE = 0, 1, 2


def make_neighbours():
    table = []
    for y in range(SIZE):
        for x in range(SIZE):
            near = []
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                if 0 <= x + dx < SIZE and 0 <= y + dy < SIZE:
                    near.append((y + dy) * SIZE + x + dx)
            table.append(near)
    return table


NEIGHBOURS = make_neighbours()


class Random:
    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 69069 + 1) & 0xFFFFFFFF
        return (self.state >> 8) % limit


class Board:
    def __init__(self):
        self.stones = [EMPTY] * (SIZE * SIZE)
        self.empty = list(range(SIZE * SIZE))
        self.captured = [0, 0, 0]
        self.forbidden = -1

    def group(self, at):
        """The stones connected to AT, and whether they have a liberty."""
        colour = self.stones[at]
        seen = {at}
        pending = [at]
        free = False
        while pending:
            here = pending.pop()
            for near in NEIGHBOURS[here]:
                stone = self.stones[near]
                if stone == EMPTY:
                    free = True
                elif stone == colour and near not in seen:
                    seen.add(near)
                    pending.append(near)
        return seen, free

    def is_eye(self, at, colour):
        for near in NEIGHBOURS[at]:
            if self.stones[near] != colour:
                return False
        return True

    def take(self, stones):
        for at in stones:
            self.stones[at] = EMPTY
            self.empty.append(at)

    def play(self, at, colour):
        if at == self.forbidden or self.is_eye(at, colour):
            return False
        other = BLACK + WHITE - colour
        self.stones[at] = colour
        taken = []
        for near in NEIGHBOURS[at]:
            if self.stones[near] == other:
                stones, free = self.group(near)
                if not free:
                    taken.extend(stones)
                    self.take(stones)
        if not taken:
            _, free = self.group(at)
            if not free:
                self.stones[at] = EMPTY
                return False
        self.forbidden = taken[0] if len(taken) == 1 else -1
        self.captured[colour] += len(taken)
        self.empty.remove(at)
        return True

    def score(self):
        score = self.captured[BLACK] - self.captured[WHITE]
        for stone in self.stones:
            if stone == BLACK:
                score += 1
            elif stone == WHITE:
                score -= 1
        return score


def playout(random):
    board = Board()
    colour = BLACK
    passes = 0
    for _ in range(SIZE * SIZE * 2):
        for _ in range(6):
            if not board.empty:
                break
            at = board.empty[random.below(len(board.empty))]
            if board.play(at, colour):
                passes = 0
                break
        else:
            passes += 1
            if passes == 2:
                break
        colour = BLACK + WHITE - colour
    return board.score()


def run(scale):
    random = Random(7)
    return sum(playout(random) for _ in range(scale * 5))
