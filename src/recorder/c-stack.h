// SPDX-License-Identifier: BSD-3-Clause
// How much of its C stack the running thread has used: for Pythons whose calls use none without us.
#pragma once

#include "py-compat.h"

/**
 * rec_c_stack_is_low:
 * @ret_boundary: (out): no need to ask again as long as the stack is not below this address;
 *   untouched where it is low
 *
 * Returns: whether the running thread is in the lower half of its stack
 */
bool rec_c_stack_is_low (uintptr_t *ret_boundary);
