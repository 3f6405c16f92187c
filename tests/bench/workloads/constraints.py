# SPDX-License-Identifier: BSD-3-Clause
"""An incremental solver of one-way constraints, ordered by strength."""

SCALE = 180

REQUIRED, STRONG, MEDIUM, WEAK = range(4)


class Variable:
    def __init__(self, name, value=0):
        self.name = name
        self.value = value
        self.constraints = []
        self.source = None
        self.strength = WEAK + 1
        self.mark = 0

    def stronger(self, strength):
        return self.strength <= strength


class Constraint:
    def __init__(self, strength):
        self.strength = strength
        self.output = None

    def inputs(self):
        return []

    def weakest(self):
        weakest = self.strength
        for variable in self.inputs():
            weakest = max(weakest, variable.strength)
        return weakest

    def choose(self, mark):
        raise NotImplementedError

    def execute(self):
        pass

    def attach(self):
        for variable in self.variables():
            variable.constraints.append(self)

    def detach(self):
        for variable in self.variables():
            variable.constraints.remove(self)
        self.output = None


class Edit(Constraint):
    def __init__(self, variable, strength):
        super().__init__(strength)
        self.variable = variable

    def variables(self):
        return [self.variable]

    def choose(self, mark):
        if self.variable.mark != mark and not self.variable.stronger(self.strength):
            return self.variable
        return None


class Scale(Constraint):
    def __init__(self, source, factor, offset, target, strength):
        super().__init__(strength)
        self.source = source
        self.target = target
        self.factor = factor
        self.offset = offset

    def variables(self):
        return [self.source, self.target]

    def inputs(self):
        return [self.target if self.output is self.source else self.source]

    def choose(self, mark):
        for variable in (self.target, self.source):
            if variable.mark != mark and not variable.stronger(self.strength):
                return variable
        return None

    def execute(self):
        if self.output is self.target:
            self.target.value = self.source.value * self.factor + self.offset
        else:
            self.source.value = (self.target.value - self.offset) // self.factor


class Planner:
    def __init__(self):
        self.mark = 0

    def add(self, constraint):
        constraint.attach()
        self.mark += 1
        waiting = [constraint]
        while waiting:
            displaced = self.satisfy(waiting.pop())
            if displaced is not None:
                waiting.append(displaced)

    def satisfy(self, constraint):
        target = constraint.choose(self.mark)
        if target is None:
            return None
        displaced = target.source
        if displaced is not None:
            displaced.output = None
        constraint.output = target
        target.source = constraint
        target.mark = self.mark
        self.propagate(target)
        return displaced

    def propagate(self, variable):
        pending = [variable]
        while pending:
            variable = pending.pop()
            source = variable.source
            variable.strength = source.weakest()
            source.execute()
            for constraint in variable.constraints:
                if constraint is not source and constraint.output is not None:
                    pending.append(constraint.output)

    def plan(self, edit):
        order = []
        pending = [edit.output]
        while pending:
            variable = pending.pop()
            for constraint in variable.constraints:
                output = constraint.output
                if constraint is not variable.source and output is not None:
                    order.append(constraint)
                    pending.append(output)
        return order

    def remove(self, constraint):
        output = constraint.output
        constraint.detach()
        if output is not None:
            output.source = None
            output.strength = WEAK + 1


def chain(length):
    planner = Planner()
    variables = [Variable("v%d" % i) for i in range(length)]
    for left, right in zip(variables, variables[1:]):
        planner.add(Scale(left, 1 + len(left.name) % 2, 3, right, REQUIRED))
    edit = Edit(variables[0], STRONG)
    planner.add(edit)
    order = planner.plan(edit)
    total = 0
    for value in range(12):
        variables[0].value = value
        for constraint in order:
            constraint.execute()
        total += variables[-1].value % 1009
    planner.remove(edit)
    return total


def run(scale):
    return sum(chain(40 + turn % 30) for turn in range(scale * 5))
