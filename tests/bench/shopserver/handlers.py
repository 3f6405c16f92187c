# SPDX-License-Identifier: BSD-3-Clause
"""From a request's fields to an answer's: one function a kind of request."""
from . import orders

store = orders.Orders()


def place(request):
    return store.place(request["customer"], request["lines"])


def statistics(request):
    return {"orders": store.count, "customers": len(store.by_customer)}


KINDS = {"place": place, "statistics": statistics}


async def handle(request):
    kind = KINDS.get(request.get("kind"))
    if kind is None:
        return {"error": "no such kind"}
    try:
        return {"answer": kind(request)}
    except orders.Refused as refused:
        return {"error": str(refused)}
