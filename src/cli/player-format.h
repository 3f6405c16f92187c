// SPDX-License-Identifier: BSD-3-Clause
// Figures in few characters.
#pragma once

#include <stddef.h>
#include <stdint.h>

/** player_format_count: at most five characters: "9999", "12k", "3.4M". */
void player_format_count (uint64_t count, char *ret_text, size_t size);
