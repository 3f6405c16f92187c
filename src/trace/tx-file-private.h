// SPDX-License-Identifier: BSD-3-Clause
// How the reader opens and reads files: regular files only, no links followed, no
// waiting, reading at offsets only, never writing. Knows no structure.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/**
 * _tx_file_open:
 * @dir_fd: directory that a relative @name is in; AT_FDCWD for none
 * @ret_stat: (nullable) (out)
 *
 * Returns: a descriptor; -1 with errno set, EFTYPE-like cases (not a regular file) as EINVAL
 */
int _tx_file_open (int dir_fd, const char *name, struct stat *ret_stat);

/** _tx_file_close: keeps errno; -1 is nothing. */
void _tx_file_close (int fd);

/** _tx_file_get_size: 0 where it cannot be told. */
uint64_t _tx_file_get_size (int fd);

/**
 * _tx_file_read:
 * Reads until @size_bytes are there, the file ends or reading fails.
 *
 * Returns: bytes read; fewer than @size_bytes at the end; -1 with errno set when nothing could be
 * read
 */
ssize_t _tx_file_read (int fd, void *bytes, size_t size_bytes, uint64_t offset);

/** _tx_file_read_whole: whether all @size_bytes were there. */
static inline bool
_tx_file_read_whole (int fd, void *bytes, size_t size_bytes, uint64_t offset)
{
  ssize_t n = _tx_file_read (fd, bytes, size_bytes, offset);

  return n >= 0 && (size_t) n == size_bytes;
}

/**
 * _tx_file_read_text:
 * @size_max: what lies beyond is left out
 *
 * Returns: (transfer full): the file's bytes, a NUL behind them; NULL with errno set
 */
char *_tx_file_read_text (int dir_fd, const char *name, size_t size_max, size_t *ret_size_bytes);

/**
 * _tx_file_skip_hole:
 * Returns: the next offset at or behind @offset where a file may have anything but zeros,
 * UINT64_MAX when there is none: a huge file of nothing costs nothing
 */
uint64_t _tx_file_skip_hole (int fd, uint64_t offset);
