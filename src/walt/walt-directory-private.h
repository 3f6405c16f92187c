// SPDX-License-Identifier: BSD-3-Clause
// WaltDirectory: the files of a WalT recording, opened for reading only, each only where it is a
// regular file of that directory itself: no links, no pipes. Knows their layout, not what is in
// blocks.
#pragma once

#include <sys/types.h>

#include "trace/tx-error.h"
#include "walt-block-private.h"

#define WALT_BLOCKS_PER_MAP 32u
#define WALT_MAP_SIZE       (WALT_BLOCKS_PER_MAP * WALT_BLOCK_SIZE)
#define WALT_REASON_SIZE    256u

/** WaltMapFile: a file `log_map/NUMBER`, `NUMBER.gz`, or both. */
typedef struct
{
  uint64_t number;
  bool is_raw; /* the one that is not compressed is there: it counts */
} WaltMapFile;

typedef struct
{
  char *path; /* owned, as given */
  int fd, maps_fd, index_fd;
  uint64_t n_records;   /* of log_index */
  bool has_part_record; /* behind the last one */
  WaltMapFile *maps;    /* owned (array length=n_maps): by number */
  size_t n_maps;
  uint8_t *bytes; /* owned (array length=WALT_MAP_SIZE + 1): of the map read last */
} WaltDirectory;

/** WaltMapResult: what of a map could be read. */
typedef struct
{
  size_t n_blocks;               /* in WaltDirectory.bytes */
  bool is_unchecked;             /* nothing says whether they are as they were written */
  char reason[WALT_REASON_SIZE]; /* "" or what is wrong */
} WaltMapResult;

TxStatus
_walt_directory_open (WaltDirectory *self, const char *path, TxError *error) TX_WARN_UNUSED;
void _walt_directory_clear (WaltDirectory *self);

/** _walt_directory_open_file: of @dir_fd: -1 with errno (EINVAL: no regular file). */
int _walt_directory_open_file (int dir_fd, const char *name);

/** _walt_directory_read_record: @index: below n_records. False with errno. */
bool
_walt_directory_read_record (const WaltDirectory *self, uint64_t index, WaltRecord *ret_record);

/** _walt_directory_read_map: @index: below n_maps. Only memory fails: damage is told. */
TxStatus _walt_directory_read_map (WaltDirectory *self,
                                   size_t index,
                                   WaltMapResult *ret_result) TX_WARN_UNUSED;

/** _walt_directory_read_pid: 0 unknown. */
uint32_t _walt_directory_read_pid (const WaltDirectory *self);

/**
 * _walt_directory_hash_state:
 * What tells this state of the directory from others: sizes, times and numbers of all files that
 * count.
 */
uint64_t _walt_directory_hash_state (const WaltDirectory *self);
