// SPDX-License-Identifier: BSD-3-Clause
// Any files as a recording of WalT's, converted: whatever they hold, the trace that comes of it is
// a whole one.
//
// An input is one file after the other: a byte that says which (bit 7: as it is, else what lies
// behind gzip, which is compressed here, with the checksums of tar headers put right), three bytes
// for its size, and its content.
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "fuzz-directory.h"
#include "trace/tx.h"
#include "walt/walt.h"

#define TAR_UNIT      512u
#define CHECKSUM_AT   148u
#define CHECKSUM_SIZE 8u

static const char *const names[] = { "log_index",    "log_map/0",          "log_map/0.gz",
                                     "log_map/1.gz", "log_sources.tar.gz", "pid",
                                     "log_map/3" };
#define N_NAMES (sizeof names / sizeof *names)

static char base[64], source[80], target[80];

static void
remove_files (const char *directory)
{
  DIR *stream = opendir (directory);
  struct dirent *entry;

  while (stream && (entry = readdir (stream)))
    unlinkat (dirfd (stream), entry->d_name, 0);
  if (stream)
    closedir (stream);
}

static void
remove_all_cb (void)
{
  char maps[100];

  snprintf (maps, sizeof maps, "%s/log_map", source);
  remove_files (maps);
  rmdir (maps);
  remove_files (source);
  rmdir (source);
  remove_files (target);
  rmdir (target);
  rmdir (base);
}

static void
ensure_directories (void)
{
  char maps[100];
  struct stat st;

  if (base[0])
    return;
  snprintf (base, sizeof base, "%s/trackexec-fuzz-XXXXXX",
            stat ("/dev/shm", &st) == 0 ? "/dev/shm" : "/tmp");
  CHECK (mkdtemp (base));
  snprintf (source, sizeof source, "%s/walt", base);
  snprintf (target, sizeof target, "%s/trace", base);
  snprintf (maps, sizeof maps, "%s/log_map", source);
  CHECK (mkdir (source, 0700) == 0 && mkdir (target, 0700) == 0 && mkdir (maps, 0700) == 0);
  atexit (remove_all_cb);
}

/* ---- Making it reach far ---- */

static void
fix_tar (uint8_t *bytes, size_t size)
{
  for (size_t at = 0; at + TAR_UNIT <= size; at += TAR_UNIT)
    {
      uint8_t *header = bytes + at;
      unsigned sum = CHECKSUM_SIZE * ' ';
      char text[CHECKSUM_SIZE + 1];

      if (memcmp (header + 257, "ustar", 5) != 0)
        continue;
      for (size_t i = 0; i < TAR_UNIT; i++)
        if (i - CHECKSUM_AT >= CHECKSUM_SIZE)
          sum += header[i];
      snprintf (text, sizeof text, "%06o", sum & 0777777);
      memcpy (header + CHECKSUM_AT, text, CHECKSUM_SIZE);
    }
}

static void
write_file (const char *name, const uint8_t *bytes, size_t size)
{
  char path[160];
  int fd;

  snprintf (path, sizeof path, "%s/%s", source, name);
  fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  CHECK (fd >= 0);
  CHECK (size == 0 || write (fd, bytes, size) == (ssize_t) size);
  close (fd);
}

static void
write_packed (const char *name, const uint8_t *bytes, size_t size)
{
  char path[160];
  gzFile file;

  snprintf (path, sizeof path, "%s/%s", source, name);
  file = gzopen (path, "wb1");
  CHECK (file);
  CHECK (size == 0 || gzwrite (file, bytes, (unsigned) size) == (int) size);
  CHECK (gzclose (file) == Z_OK);
}

static void
unpack (const uint8_t *data, size_t size)
{
  uint8_t *bytes = malloc (size ? size : 1);
  char maps[100];
  size_t offset = 0;

  CHECK (bytes);
  if (size)
    memcpy (bytes, data, size);
  snprintf (maps, sizeof maps, "%s/log_map", source);
  remove_files (maps);
  remove_files (source);
  while (offset + 4 <= size)
    {
      const char *name = names[(bytes[offset] & 0x7f) % N_NAMES];
      int is_packed = strstr (name, ".gz") && !(bytes[offset] & 0x80);
      size_t length =
          bytes[offset + 1] | (size_t) bytes[offset + 2] << 8 | (size_t) bytes[offset + 3] << 16;

      offset += 4;
      length = length < size - offset ? length : size - offset;
      if (strstr (name, "tar"))
        fix_tar (bytes + offset, length);
      if (is_packed)
        write_packed (name, bytes + offset, length);
      else
        write_file (name, bytes + offset, length);
      offset += length;
    }
  free (bytes);
}

/* ---- What comes of it ---- */

static void
check_block (const TxReader *reader, size_t index)
{
  TxError error = { 0 };
  TxDigest *digest;
  TxBlock *block;

  CHECK (tx_reader_load_block (reader, index, &block, &error) == TX_OK && !block->damaged);
  for (size_t i = 0; i < block->n_events; i++)
    CHECK (block->events[i].kind != TX_EVENT_LINE ||
           (block->events[i].line > 0 && block->events[i].depth > 0));
  tx_block_free (block);
  CHECK (tx_reader_load_digest (reader, index, &digest, &error) == TX_OK);
  tx_digest_free (digest);
}

static void
check_trace (void)
{
  TxError error = { 0 };
  TxReader *reader = tx_reader_open (target, &error);
  const char *damage;
  int64_t last_ns = INT64_MIN;

  CHECK (reader);
  damage = tx_reader_get_damage (reader, NULL);
  CHECK (!damage || strncmp (damage, "WalT's recording: ", 18) == 0);
  CHECK (tx_reader_get_state (reader) == TX_STATE_FINISHED);
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (reader, i);

      CHECK (info->place == TX_BLOCK_FILE);
      CHECK (info->times.mono_first_ns >= last_ns);
      CHECK (info->times.mono_last_ns >= info->times.mono_first_ns);
      last_ns = info->times.mono_last_ns;
      check_block (reader, i);
    }
  for (size_t i = 1; i <= tx_reader_get_n_files (reader); i++)
    CHECK (tx_reader_get_file (reader, (TxFileId) i));
  tx_reader_close (reader);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  TxError error = { 0 };
  TxStatus status;

  ensure_directories ();
  unpack (data, size);
  remove_files (target);
  status = walt_convert (source, target, NULL, NULL, &error);
  if (status == TX_OK)
    check_trace ();
  else
    CHECK (status < 0 && error.message[0] != '\0' && !strchr (error.message, '\n'));
  return 0;
}
