// SPDX-License-Identifier: BSD-3-Clause
// What the reader asks of an encoded digest before it takes memory for it.
#pragma once

#include <stddef.h>
#include <stdint.h>

/** _tx_digest_count_lines: lines that its bytes say it has; nothing is checked. */
size_t _tx_digest_count_lines (const uint8_t *bytes, size_t size_bytes);
