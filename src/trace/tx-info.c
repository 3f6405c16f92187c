// SPDX-License-Identifier: BSD-3-Clause
// Lines of key=value. Values are escaped, so that a line stays a line.
#include "tx-info-private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "tx-output-private.h"
#include "tx-overhead-private.h"

static void
append_escaped (TxBuffer *text, const char *value)
{
  for (const uint8_t *pos = (const uint8_t *) value; *pos; pos++)
    {
      char escape[8];

      if (*pos == '\n')
        _tx_buffer_append (text, "\\n", 2);
      else if (*pos == '\\')
        _tx_buffer_append (text, "\\\\", 2);
      else if (*pos < 0x20 || *pos == 0x7f)
        _tx_buffer_append (text, escape,
                           (size_t) snprintf (escape, sizeof escape, "\\x%02x", *pos));
      else
        _tx_buffer_append_u8 (text, *pos);
    }
}

static void
append_line (TxBuffer *text, const char *key, const char *value)
{
  _tx_buffer_append (text, key, strlen (key));
  _tx_buffer_append_u8 (text, '=');
  append_escaped (text, value);
  _tx_buffer_append_u8 (text, '\n');
}

static void TX_PRINTF (3, 4)
    append_format (TxBuffer *text, const char *key, const char *format, ...)
{
  char value[64];
  va_list args;

  va_start (args, format);
  vsnprintf (value, sizeof value, format, args);
  va_end (args);
  append_line (text, key, value);
}

static int
write_text (TxDirectory *directory, const char *name, TxBuffer *text)
{
  int result =
      text->failed ? -ENOMEM : _tx_output_write_file (directory, name, text->data, text->size);

  _tx_buffer_clear (text);
  return result;
}

static void
append_ring (TxBuffer *text, const TxRing *ring)
{
  append_line (text, "ring", ring->path);
  append_format (text, "ring_dev", "%" PRIu64, ring->device);
  append_format (text, "ring_ino", "%" PRIu64, ring->inode);
  append_format (text, "slot_size", "%" PRIu32, ring->slot_size);
  append_format (text, "slot_count", "%" PRIu32, ring->slot_count);
}

/* Keys are [a-z0-9_.]+; a wrong one is left out rather than making the file unreadable. */
static bool
is_key (const char *key)
{
  return key[0] != '\0' && strspn (key, "abcdefghijklmnopqrstuvwxyz0123456789_.") == strlen (key);
}

int
_tx_info_write (TxDirectory *directory,
                const TxInfo *info,
                const TxRing *ring,
                const TxInfoEntry *entries,
                size_t n_entries)
{
  TxBuffer text = { 0 };

  append_format (&text, "format", "%d.%d", TX_FORMAT_VERSION_MAJOR, TX_FORMAT_VERSION_MINOR);
  append_line (&text, "incompatible", TX_FEATURE_PREDICTED "," TX_FEATURE_NEAR_CALLS);
  append_format (&text, "trace_id", "%016" PRIx64, info->trace_id);
  append_format (&text, "pid", "%" PRIu32, info->pid);
  append_format (&text, "start_ticks", "%" PRIu64, info->start_ticks);
  append_line (&text, "boot_id", info->boot_id);
  append_format (&text, "image", "%" PRIu64, info->image);
  append_format (&text, "pid_namespace", "%" PRIu64, info->pid_namespace);
  append_format (&text, "time_namespace", "%" PRIu64, info->time_namespace);
  append_format (&text, "program_real_ns", "%" PRId64, info->program_real_ns);
  append_format (&text, "mono_ns", "%" PRId64, info->mono_ns);
  append_format (&text, "real_ns", "%" PRId64, info->real_ns);
  append_format (&text, "tick_ns", "%" PRIu64, info->tick_ns);
  append_ring (&text, ring);
  for (size_t i = 0; i < n_entries; i++)
    if (is_key (entries[i].key) && entries[i].value)
      append_line (&text, entries[i].key, entries[i].value);
  return write_text (directory, TX_FILE_INFO, &text);
}

int
_tx_info_write_pid (TxDirectory *directory, uint32_t pid)
{
  char text[32];
  int size = snprintf (text, sizeof text, "%" PRIu32 "\n", pid);

  return _tx_output_write_file (directory, TX_FILE_PID, text, (size_t) size);
}

void
_tx_info_remove_pid (TxDirectory *directory)
{
  int fd = _tx_directory_get_fd (directory);

  if (fd >= 0)
    (void) directory->os->unlink (directory->os, fd, TX_FILE_PID);
}

int
_tx_info_write_end (TxDirectory *directory,
                    int64_t mono_ns,
                    int64_t real_ns,
                    uint64_t blocks,
                    uint64_t steps,
                    const TxStreamStats *stream,
                    const TxWriterStats *writer)
{
  TxBuffer text = { 0 };

  append_format (&text, "real_ns", "%" PRId64, real_ns);
  append_format (&text, "mono_ns", "%" PRId64, mono_ns);
  append_format (&text, "blocks", "%" PRIu64, blocks);
  append_format (&text, "steps", "%" PRIu64, steps);
  append_line (&text, "reason", "closed");
  if (stream && writer)
    _tx_overhead_append (&text, stream, writer);
  return write_text (directory, TX_FILE_END, &text);
}
