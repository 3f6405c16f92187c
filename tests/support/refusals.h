// SPDX-License-Identifier: BSD-3-Clause
// A kernel that refuses: the N-th call of a kind fails once. For programs linked with refusals_dep,
// in the calls of the libraries that are linked in statically.
#pragma once

#include <stdbool.h>

typedef enum
{
  REFUSAL_OPEN,      /* EMFILE */
  REFUSAL_STATUS,    /* EIO, of an open file */
  REFUSAL_KIND,      /* an open file is a FIFO: another one than that which was looked at before */
  REFUSAL_READ,      /* EIO */
  REFUSAL_INTERRUPT, /* EINTR */
  REFUSAL_SEEK,      /* EINVAL, as of a file system that knows no holes */
  REFUSAL_LIST,      /* a directory's entries: EIO */
  REFUSAL_MAKE,      /* directories and new names: EACCES */
  REFUSAL_LOCK,      /* locked by somebody else */
  REFUSAL_KINDS,
} RefusalKind;

/* From here on the call number @n of that kind, from 0, is refused. */
void refusal_begin (RefusalKind kind, long n);

/* Returns: whether it came to that. */
bool refusal_end (void);
