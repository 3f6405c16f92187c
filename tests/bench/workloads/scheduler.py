# SPDX-License-Identifier: BSD-3-Clause
"""A scheduler of an imaginary machine: tasks with queues that pass packets around."""

SCALE = 180

IDLE, WORKER, HANDLER, DEVICE = range(4)


class Packet:
    def __init__(self, kind, owner):
        self.kind = kind
        self.owner = owner
        self.data = [0, 0, 0, 0]


class Task:
    def __init__(self, machine, number, priority):
        self.machine = machine
        self.number = number
        self.priority = priority
        self.inbox = []
        self.waiting = False
        self.held = False
        machine.add(self)

    def take(self):
        if not self.inbox:
            self.waiting = True
            return None
        return self.inbox.pop(0)

    def put(self, packet):
        self.inbox.append(packet)
        self.waiting = False

    def is_ready(self):
        return not self.held and not self.waiting


class IdleTask(Task):
    def __init__(self, machine, number, priority, turns):
        super().__init__(machine, number, priority)
        self.turns = turns
        self.state = 1

    def run(self):
        self.turns -= 1
        if self.turns <= 0:
            self.held = True
            return
        if self.state & 1:
            self.state = (self.state >> 1) ^ 0xD008
            self.machine.release(DEVICE)
        else:
            self.state >>= 1
            self.machine.release(HANDLER)


class WorkerTask(Task):
    def __init__(self, machine, number, priority):
        super().__init__(machine, number, priority)
        self.letter = 0

    def run(self):
        packet = self.take()
        if packet is None:
            return
        for i in range(4):
            self.letter += 1
            if self.letter > 26:
                self.letter = 1
            packet.data[i] = self.letter
        self.machine.worked += sum(packet.data)
        packet.owner = self.number
        self.machine.send(HANDLER, packet)


class HandlerTask(Task):
    def __init__(self, machine, number, priority):
        super().__init__(machine, number, priority)
        self.work = []
        self.finished = []

    def run(self):
        packet = self.take()
        if packet is not None:
            if packet.kind == "work":
                self.work.append(packet)
            else:
                self.finished.append(packet)
        if self.work:
            first = self.work[0]
            if any(first.data):
                self.pass_on(first)
            else:
                self.work.pop(0)
                self.machine.send(WORKER, first)

    def pass_on(self, packet):
        total = 0
        for value in packet.data:
            if value % 2:
                total += value
            else:
                total -= 1
        self.machine.handled += total
        packet.data = [0, 0, 0, 0]
        self.work.pop(0)
        self.machine.send(DEVICE, packet)


class DeviceTask(Task):
    def __init__(self, machine, number, priority):
        super().__init__(machine, number, priority)
        self.pending = None

    def run(self):
        packet = self.take()
        if packet is None:
            if self.pending is not None:
                done, self.pending = self.pending, None
                self.machine.send(WORKER, done)
                self.waiting = False
        else:
            self.pending = packet
            self.held = True


class Machine:
    def __init__(self):
        self.tasks = {}
        self.order = []
        self.worked = 0
        self.handled = 0

    def add(self, task):
        self.tasks[task.number] = task
        self.order.append(task)
        self.order.sort(key=lambda one: -one.priority)

    def send(self, number, packet):
        task = self.tasks[number]
        task.put(packet)

    def release(self, number):
        task = self.tasks[number]
        task.held = False
        task.waiting = False

    def schedule(self):
        while True:
            for task in self.order:
                if task.is_ready():
                    task.run()
                    break
            else:
                return


def run(scale):
    result = 0
    for _ in range(scale):
        machine = Machine()
        IdleTask(machine, IDLE, 0, 400)
        worker = WorkerTask(machine, WORKER, 10)
        handler = HandlerTask(machine, HANDLER, 20)
        DeviceTask(machine, DEVICE, 30)
        for _ in range(4):
            worker.put(Packet("work", WORKER))
            handler.put(Packet("work", HANDLER))
        machine.schedule()
        result += machine.worked + machine.handled
    return result
