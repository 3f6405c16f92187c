// SPDX-License-Identifier: BSD-3-Clause
// The directory, and everything that a reader can be asked about it.
#include "fuzz-directory.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/tx-format-private.h"
#include "trace/tx.h"

static char directory[64];
static int dir_fd = -1;

static void
remove_directory_cb (void)
{
  static const char *const names[] = { TX_FILE_INFO,   TX_FILE_CATALOG, TX_FILE_SOURCES,
                                       "index.00000",  TX_FILE_END,     TX_FILE_RING,
                                       "blocks.00000", "blocks.00001",  "digests.00000" };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    unlinkat (dir_fd, names[i], 0);
  rmdir (directory);
}

static void
ensure_directory (void)
{
  struct stat st;

  if (dir_fd >= 0)
    return;
  snprintf (directory, sizeof directory, "%s/trackexec-fuzz-XXXXXX",
            stat ("/dev/shm", &st) == 0 ? "/dev/shm" : "/tmp");
  CHECK (mkdtemp (directory));
  dir_fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  CHECK (dir_fd >= 0);
  atexit (remove_directory_cb);
}

const char *
fuzz_directory_get_path (void)
{
  ensure_directory ();
  return directory;
}

void
fuzz_directory_put (const char *name, const uint8_t *bytes, size_t size)
{
  int fd;

  ensure_directory ();
  fd = openat (dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  CHECK (fd >= 0);
  CHECK (size == 0 || write (fd, bytes, size) == (ssize_t) size);
  close (fd);
}

void
fuzz_directory_remove (const char *name)
{
  ensure_directory ();
  unlinkat (dir_fd, name, 0);
}

int
fuzz_wants_checksums (const uint8_t *data, size_t size)
{
  return size > 0 && data[size - 1] % 8 != 7;
}

/* ---- Reading ---- */

static void
check_block (const TxReader *reader, size_t index)
{
  const TxBlockInfo *info = tx_reader_get_block_info (reader, index);
  TxError error = { 0 };
  TxBlock *block;
  TxDigest *digest;

  if (tx_reader_load_block (reader, index, &block, &error) == TX_OK)
    {
      TxStackFrame frames[16];
      uint32_t depth;

      CHECK (block->n_steps == info->steps);
      if (block->n_events > 0)
        (void) tx_block_get_stack (block, block->n_events - 1, 0, frames, 16, &depth);
      tx_block_free (block);
    }
  else
    CHECK (error.status < 0 && error.message[0] != '\0' && !strchr (error.message, '\n'));
  if (tx_reader_load_digest (reader, index, &digest, &error) == TX_OK)
    {
      CHECK (digest->steps == info->steps);
      tx_digest_free (digest);
    }
}

static void
check_table (const TxReader *reader)
{
  size_t n = tx_reader_get_n_blocks (reader);
  uint64_t step = 0;

  for (size_t i = 0; i < n; i++)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (reader, i);
      size_t found;

      CHECK (info->first_step == step);
      CHECK (i == 0 || info->sequence > info[0].sequence - 1);
      CHECK (tx_block_info_is_gap (info) == (info->n_missing > 0));
      step += info->steps;
      if (info->steps > 0)
        {
          CHECK (tx_reader_find_step (reader, info->first_step, &found) && found == i);
          CHECK (tx_reader_find_step (reader, step - 1, &found) && found == i);
        }
      (void) tx_reader_real_from_mono (reader, i, info->times.mono_last_ns);
      if (i < 64)
        check_block (reader, i);
    }
  CHECK (step == tx_reader_get_n_steps (reader));
}

static void
check_spans (const TxReader *reader, TxSpanLevel level)
{
  size_t end = 0;

  for (size_t i = 0; i < tx_reader_get_n_spans (reader, level); i++)
    {
      const TxSpan *span = tx_reader_get_span (reader, level, i);
      uint64_t steps = 0;
      TxDigest *digest;
      size_t found;

      CHECK (span->n_blocks > 0 && span->first_index >= end);
      end = span->first_index + span->n_blocks;
      CHECK (end <= tx_reader_get_n_blocks (reader));
      CHECK (tx_reader_find_span (reader, level, end - 1, &found) && found == i);
      for (size_t k = span->first_index; k < end; k++)
        steps += tx_reader_get_block_info (reader, k)->steps;
      if (tx_reader_load_span (reader, level, i, i % 2 == 0, &digest, NULL) == TX_OK)
        {
          CHECK (digest->steps == steps);
          tx_digest_free (digest);
        }
    }
}

static void
check_thread_lines (const TxReader *reader)
{
  size_t end = 0, number;
  TxSpan span;

  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      if (i < end || !tx_reader_find_thread_lines (reader, i, &span, &number))
        continue;
      CHECK (span.first_index == i && span.n_blocks > 0);
      end = span.first_index + span.n_blocks;
      CHECK (end <= tx_reader_get_n_blocks (reader));
      for (TxThreadId thread = 0; thread < 4; thread++)
        {
          TxDigest *digest;

          if (tx_reader_load_thread_lines (reader, number, thread, &digest, NULL) != TX_OK)
            continue;
          CHECK (digest->n_threads == 1 && digest->threads[0].thread == thread);
          tx_digest_free (digest);
        }
    }
}

static void
check_catalog (const TxReader *reader)
{
  for (size_t i = 0; i <= tx_reader_get_n_functions (reader) && i < 100; i++)
    {
      const TxFunction *function = tx_reader_get_function (reader, (TxFunctionId) i);

      if (function)
        CHECK (function->id == i && strlen (function->name) <= TX_NAME_SIZE_MAX);
    }
  for (size_t i = 0; i <= tx_reader_get_n_threads (reader) && i < 100; i++)
    {
      const TxThreadInfo *thread = tx_reader_get_thread (reader, (TxThreadId) i);

      if (thread)
        CHECK (thread->id == i && strlen (thread->name) <= TX_NAME_SIZE_MAX);
    }
  for (size_t i = 0; i <= tx_reader_get_n_files (reader) && i < 100; i++)
    {
      const TxFile *file = tx_reader_get_file (reader, (TxFileId) i);
      char *text;
      size_t size;

      if (file)
        CHECK (file->id == i && strlen (file->path) <= TX_NAME_SIZE_MAX);
      if (tx_reader_dup_source (reader, (TxFileId) i, &text, &size, NULL) == TX_OK)
        {
          CHECK (text[size] == '\0');
          free (text);
        }
    }
}

static void
check_reader (const TxReader *reader)
{
  const char *damage = tx_reader_get_damage (reader, NULL);

  CHECK (!damage || (damage[0] != '\0' && !strchr (damage, '\n')));
  check_table (reader);
  for (unsigned level = 0; level < TX_SPAN_LEVELS; level++)
    check_spans (reader, level);
  check_thread_lines (reader);
  check_catalog (reader);
}

void
fuzz_directory_read (void)
{
  TxError error = { 0 };
  TxReader *reader;

  ensure_directory ();
  reader = tx_reader_open (directory, &error);
  if (!reader)
    {
      CHECK (error.status < 0 && error.message[0] != '\0');
      return;
    }
  check_reader (reader);
  CHECK (tx_reader_refresh (reader, NULL, NULL) == TX_OK);
  check_reader (reader);
  tx_reader_close (reader);
}

/* ---- A whole trace in one input ---- */

/* A file of a packed trace. */
typedef struct
{
  const char *name;
  FuzzForm form;
  uint32_t segment; /* its number, where it has one */
} PackedFile;

static const PackedFile packed_files[] = {
  { "info", FUZZ_FORM_TEXT, 0 },
  { "end", FUZZ_FORM_TEXT, 0 },
  { "catalog", FUZZ_FORM_RECORDS, 0 },
  { "sources", FUZZ_FORM_RECORDS, 0 },
  { "index.00000", FUZZ_FORM_INDEX, 0 },
  { "blocks.00000", FUZZ_FORM_SEGMENT, 0 },
  { "blocks.00001", FUZZ_FORM_SEGMENT, 1 },
  { "ring", FUZZ_FORM_RING, 0 },
  { "digests.00000", FUZZ_FORM_SEGMENT, 0 },
};

#define N_FILES (sizeof packed_files / sizeof *packed_files)

FuzzForm
fuzz_directory_get_form (uint8_t which)
{
  return packed_files[which % N_FILES].form;
}

size_t
fuzz_directory_get_file_size (const uint8_t *data, size_t size)
{
  size_t file_size = data[1] | (size_t) data[2] << 8 | (size_t) data[3] << 16;

  return file_size < size - 4 ? file_size : size - 4;
}

static void
fix (uint8_t *bytes, size_t size, FuzzForm form, uint32_t segment)
{
  if (form == FUZZ_FORM_RECORDS)
    fuzz_fix_records (bytes, size);
  else if (form == FUZZ_FORM_INDEX)
    fuzz_fix_index (bytes, size);
  else if (form == FUZZ_FORM_SEGMENT)
    fuzz_fix_segment (bytes, size, segment);
  else if (form == FUZZ_FORM_RING)
    fuzz_fix_ring (bytes, size);
}

void
fuzz_put_checksums (uint8_t *bytes, size_t size, FuzzForm form)
{
  if (form != FUZZ_FORM_PACKED)
    {
      fix (bytes, size, form, 0);
      return;
    }
  for (size_t offset = 0; offset + 4 <= size;)
    {
      const PackedFile *file = &packed_files[bytes[offset] % N_FILES];
      size_t file_size = fuzz_directory_get_file_size (bytes + offset, size - offset);

      fix (bytes + offset + 4, file_size, file->form, file->segment);
      offset += 4 + file_size;
    }
}

void
fuzz_directory_unpack (const uint8_t *data, size_t size)
{
  uint8_t *bytes = malloc (size ? size : 1);

  if (!bytes)
    return;
  if (size > 0)
    memcpy (bytes, data, size);
  for (size_t i = 0; i < N_FILES; i++)
    fuzz_directory_remove (packed_files[i].name);
  fuzz_directory_put ("info", (const uint8_t *) FUZZ_TRACE_INFO, strlen (FUZZ_TRACE_INFO));
  if (fuzz_wants_checksums (data, size))
    fuzz_put_checksums (bytes, size, FUZZ_FORM_PACKED);
  for (size_t offset = 0; offset + 4 <= size;)
    {
      size_t file_size = fuzz_directory_get_file_size (bytes + offset, size - offset);

      fuzz_directory_put (packed_files[bytes[offset] % N_FILES].name, bytes + offset + 4,
                          file_size);
      offset += 4 + file_size;
    }
  free (bytes);
}
