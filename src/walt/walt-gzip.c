// SPDX-License-Identifier: BSD-3-Clause
// Inflates a file piece by piece: its size and that of what is in it do not matter for memory.
#include "walt-gzip-private.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#define INPUT_SIZE 32768u

/* Window bits of zlib for a gzip header and nothing else. */
#define GZIP_WINDOW (15 + 16)

struct _WaltGzip
{
  int fd; /* owned */
  int sys_errno;
  WaltGzipState state;
  z_stream stream;
  uint8_t input[INPUT_SIZE];
};

WaltGzip *
_walt_gzip_new (int fd)
{
  WaltGzip *self = calloc (1, sizeof *self);

  if (!self || inflateInit2 (&self->stream, GZIP_WINDOW) != Z_OK)
    {
      free (self);
      close (fd);
      return NULL;
    }
  self->fd = fd;
  return self;
}

void
_walt_gzip_free (WaltGzip *self)
{
  if (!self)
    return;
  inflateEnd (&self->stream);
  close (self->fd);
  free (self);
}

/* More input; false at the end of the file. */
static bool
fill (WaltGzip *self)
{
  ssize_t n;

  do
    n = read (self->fd, self->input, sizeof self->input);
  while (n < 0 && errno == EINTR);
  if (n <= 0)
    {
      self->state = n < 0 ? WALT_GZIP_UNREADABLE : WALT_GZIP_CUT;
      self->sys_errno = n < 0 ? errno : 0;
      return false;
    }
  self->stream.next_in = self->input;
  self->stream.avail_in = (uInt) n;
  return true;
}

size_t
_walt_gzip_read (WaltGzip *self, uint8_t *bytes, size_t size)
{
  z_stream *stream = &self->stream;
  size_t done = 0;

  while (done < size && self->state == WALT_GZIP_MORE)
    {
      size_t left = size - done;
      uInt piece = left < INPUT_SIZE ? (uInt) left : INPUT_SIZE;
      int result;

      if (stream->avail_in == 0 && !fill (self))
        break;
      stream->next_out = bytes + done;
      stream->avail_out = piece;
      result = inflate (stream, Z_NO_FLUSH);
      done += piece - stream->avail_out;
      if (result == Z_STREAM_END)
        self->state = WALT_GZIP_WHOLE;
      else if (result != Z_OK && result != Z_BUF_ERROR)
        self->state = WALT_GZIP_DAMAGED;
    }
  return done;
}

WaltGzipState
_walt_gzip_get_state (const WaltGzip *self)
{
  return self->state;
}

int
_walt_gzip_get_errno (const WaltGzip *self)
{
  return self->sys_errno;
}
