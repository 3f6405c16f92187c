# SPDX-License-Identifier: BSD-3-Clause
"""Properties with getter, setter and deleter, inherited and cached."""
import functools


class Account:
    def __init__(self):
        self._amount = 0

    @property
    def amount(self):
        return self._amount

    @amount.setter
    def amount(self, value):
        if value < 0:
            raise ValueError(value)
        self._amount = value

    @amount.deleter
    def amount(self):
        self._amount = None

    @functools.cached_property
    def name(self):
        print("computed")
        return "account"


class Bonus(Account):
    @property
    def amount(self):
        return super().amount * 2


account = Account()
account.amount = 5
account.amount += 1
print(account.amount, account.name, account.name)
try:
    account.amount = -1
except ValueError as error:
    print("refused", error)
del account.amount
print(account.amount)
print(Bonus().amount)
