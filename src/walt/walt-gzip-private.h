// SPDX-License-Identifier: BSD-3-Clause
// WaltGzip: a gzip file read as a stream. Owns its descriptor and zlib's state; the only
// place that knows zlib.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** WaltGzipState: why there is no more. */
typedef enum
{
  WALT_GZIP_MORE,       /* there may be more */
  WALT_GZIP_WHOLE,      /* the end, and the checksum holds */
  WALT_GZIP_CUT,        /* the file ends before its stream does: nothing was checked */
  WALT_GZIP_DAMAGED,    /* no gzip, or its checksum fails */
  WALT_GZIP_UNREADABLE, /* errno is kept */
} WaltGzipState;

typedef struct _WaltGzip WaltGzip;

/** _walt_gzip_new: @fd: (transfer full): closed also on failure. NULL without memory. */
WaltGzip *_walt_gzip_new (int fd);
void _walt_gzip_free (WaltGzip *self);

/** _walt_gzip_read: up to @size bytes; fewer only where there are no more: see the state then. */
size_t _walt_gzip_read (WaltGzip *self, uint8_t *bytes, size_t size);
WaltGzipState _walt_gzip_get_state (const WaltGzip *self);
/** _walt_gzip_get_errno: of WALT_GZIP_UNREADABLE. */
int _walt_gzip_get_errno (const WaltGzip *self);
