# SPDX-License-Identifier: BSD-3-Clause
"""What the server is about: orders, checked, priced and remembered."""

PRICES = {"apple": 31, "pear": 42, "plum": 20, "cherry": 9}


class Refused(ValueError):
    pass


class Orders:
    def __init__(self):
        self.by_customer = {}
        self.count = 0

    def place(self, customer, lines):
        total = 0
        for line in lines:
            total += self.price(line["fruit"], line["count"])
        if total > 100000:
            raise Refused("too much")
        self.count += 1
        known = self.by_customer.setdefault(customer, [])
        known.append(total)
        if len(known) > 20:
            del known[0]
        return {"order": self.count, "total": total, "mean": sum(known) // len(known)}

    def price(self, fruit, count):
        price = PRICES.get(fruit)
        if price is None:
            raise Refused("no " + fruit)
        total = price * count
        if count >= 10:
            total -= total // 10
        return total
