// SPDX-License-Identifier: BSD-3-Clause
// Keeps count of damage.
#include "tx-damage-private.h"

#include <stdarg.h>
#include <stdio.h>

void
_tx_damage_add (TxDamage *self, const char *format, ...)
{
  va_list args;

  if (self->count++ > 0)
    return;
  va_start (args, format);
  vsnprintf (self->first, sizeof self->first, format, args);
  va_end (args);
}
