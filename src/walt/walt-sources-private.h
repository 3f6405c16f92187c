// SPDX-License-Identifier: BSD-3-Clause
// WaltSources: the source archive of a recording: its members are the recorded files, by rank.
#pragma once

#include "trace/tx-convert.h"
#include "walt-directory-private.h"

/* Ids are words of 16 bits. */
#define WALT_FILES_MAX 65536u

/** WaltSource: one member. */
typedef struct
{
  char *name; /* owned; as the archive has it */
  char *link; /* owned (nullable): the member whose content it has */
  int64_t mtime_ns;
  bool has_content;    /* of its own */
  uint32_t next_alias; /* of the members with the content of the same one; their list begins at that
                          one. 0: end */
} WaltSource;

typedef struct
{
  WaltSource *items; /* owned (array length=n_items): by file id */
  size_t n_items, capacity;
  bool has_texts;                /* they are worth something */
  char reason[WALT_REASON_SIZE]; /* "" or what is wrong with the archive */
} WaltSources;

/** _walt_sources_read: lists the archive. Only memory fails: damage is told. */
TxStatus _walt_sources_read (WaltSources *self, const WaltDirectory *directory) TX_WARN_UNUSED;
void _walt_sources_clear (WaltSources *self);

/** _walt_sources_copy: their texts; they are defined, in order: file id + 1 is the TxFileId. */
TxStatus _walt_sources_copy (const WaltSources *self,
                             const WaltDirectory *directory,
                             TxWriter *writer,
                             TxError *error) TX_WARN_UNUSED;
