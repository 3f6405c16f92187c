// SPDX-License-Identifier: BSD-3-Clause
// Old runs of a base directory: which ones go, and removing them.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * tx_retention_remove_runs:
 * @base: directory whose runs, `<YYMMDD-HHMMSS>`, are looked at
 * @keep_runs: so many of the newest stay; UINT64_MAX: all
 * @max_age_ns: runs in which nothing was written for longer go as well; 0: any age stays
 * @stop: (nullable): looked at before each run
 *
 * A run stays when a process of it lives or may live, when `latest` links to it, or when it holds
 * anything that this library has not made. Links are not followed.
 *
 * Returns: number of runs removed
 */
unsigned tx_retention_remove_runs (const char *base, uint64_t keep_runs, uint64_t max_age_ns, const _Atomic bool *stop);

#ifdef __cplusplus
}
#endif
