# SPDX-License-Identifier: BSD-3-Clause
# compare: pool
"""A thread pool: which worker ran which job is not told, only what was run."""
import concurrent.futures


def job(n):
    if n == 3:
        raise ValueError(n)
    return square(n)


def square(n):
    return n * n


def collect(futures):
    results = []
    for future in futures:
        try:
            results.append(future.result())
        except ValueError as error:
            results.append(str(error))
    return results


with concurrent.futures.ThreadPoolExecutor(max_workers=3) as pool:
    print(collect([pool.submit(job, n) for n in range(6)]))
    print(list(pool.map(square, range(4))))
