// SPDX-License-Identifier: BSD-3-Clause
// TxCatalogWriter: the files `catalog` and `sources`. Owns them, what could not be written yet,
// and the table of functions' first lines, which decoding a block needs. The native
// thread's alone.
#pragma once

#include <stdbool.h>

#include "tx-buffer-private.h"
#include "tx-definition-queue-private.h"
#include "tx-output-private.h"
#include "tx-types.h"

/** A file whose source text is still to be copied. */
typedef struct
{
  TxFileId file;
  char *path;      /* owned */
  int64_t real_ns; /* when it was asked for: soon after its first line ran */
} TxPendingSource;

typedef struct
{
  uint64_t trace_id;
  TxOutput catalog;
  TxOutput sources;
  TxBuffer backlog;      /* definitions not yet in the catalog: u32 size, then the event, each */
  size_t backlog_done;   /* bytes of it that are */
  TxBuffer batch;        /* records about to be written */
  uint32_t *first_lines; /* owned; by function id - 1 */
  size_t n_first_lines, first_lines_capacity;
  int64_t program_real_ns; /* when the program began, which can have loaded a file since; 0 unknown */
  bool *was_entered;       /* owned; by file id - 1: its module body began under our eyes */
  size_t n_was_entered, was_entered_capacity;
  TxPendingSource *pending; /* owned */
  size_t n_pending, pending_capacity;
  size_t n_copied;   /* of pending, those done */
  unsigned n_failed; /* times that the next source could not be written */
  bool is_given_sources; /* nothing is copied from files: the names are another machine's */
  uint64_t n_lost;   /* definitions and sources given up */
} TxCatalogWriter;

/* Creates both files with their headers. 0 or a negative errno, nothing left behind then. */
int _tx_catalog_writer_init (TxCatalogWriter *self,
                             TxDirectory *directory,
                             uint64_t trace_id,
                             int64_t program_real_ns);
void _tx_catalog_writer_clear (TxCatalogWriter *self);
void _tx_catalog_writer_remove_files (TxCatalogWriter *self);

/* Everything that @queue holds. 0, or a negative errno: what is left is tried again next time. */
int _tx_catalog_writer_take_definitions (TxCatalogWriter *self, TxDefinitionQueue *queue);

/* A function of @file with such flags is defined: the body of a module that begins now has been read a
 * moment ago, whatever became of its file before. */
void _tx_catalog_writer_note_module (TxCatalogWriter *self, TxFileId file, uint32_t flags);

/* Whether a source text waits. */
static inline bool
_tx_catalog_writer_has_source (const TxCatalogWriter *self)
{
  return self->n_copied < self->n_pending;
}

/* Copies one source text, if one waits; where the file would get larger than @size_max, only that
 * it is too large. 1: something was done; 0: nothing waits; else a negative errno. */
int _tx_catalog_writer_copy_source (TxCatalogWriter *self, uint64_t size_max);

/* A source text that somebody else has. 0 or a negative errno. */
int _tx_catalog_writer_add_source (
    TxCatalogWriter *self, TxFileId file, int64_t mtime_ns, const uint8_t *bytes, size_t size);

/* A TxFirstLineFunc. */
bool
_tx_catalog_writer_get_first_line (void *data, TxFunctionId function, uint32_t *ret_first_line);

static inline uint64_t
_tx_catalog_writer_get_size (const TxCatalogWriter *self)
{
  return self->catalog.offset + self->sources.offset;
}
