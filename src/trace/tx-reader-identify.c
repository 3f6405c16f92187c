// SPDX-License-Identifier: BSD-3-Clause
// Whether a directory holds a trace, which one, and whether this version can read it.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tx-bytes-private.h"
#include "tx-file-private.h"
#include "tx-reader-private.h"

const char *
_tx_reader_get_info (const TxReader *self, const char *key)
{
  const char *value = _tx_info_get (&self->info, key);

  return value ? value : "";
}

TxProcess
_tx_reader_get_process (const TxReader *self)
{
  return _tx_info_get_process (&self->info);
}

bool
_tx_reader_read_info (TxReader *self, const char *name, TxInfo *ret_info)
{
  size_t size;
  char *text = _tx_file_read_text (self->dir_fd, name, TX_INFO_SIZE_MAX, &size);

  if (!text)
    return false;
  if (_tx_info_parse (ret_info, text, size))
    return true;
  errno = ENOMEM;
  return false;
}

/* Of the first segment, whose header vouches for it. */
static bool
find_id_in_segment (const TxReader *self, uint64_t *ret_trace_id)
{
  TxSegmentNames names = { 0 };
  uint32_t number = 0;
  uint64_t size;
  bool good = _tx_segment_find_next (&names, self->dir_fd, 0, &number);
  int fd;

  _tx_segment_names_clear (&names);
  if (!good)
    return false;
  fd = _tx_segment_open (self->dir_fd, number, &size);
  if (fd < 0)
    return false;
  good = _tx_segment_read_trace_id (fd, ret_trace_id);
  _tx_file_close (fd);
  return good;
}

/* `info` has no checksum, so the segments have the last word. False when there is no trace. */
static bool
find_trace_id (TxReader *self)
{
  const char *text = _tx_reader_get_info (self, "trace_id");
  uint64_t told = 0;
  bool is_told = strlen (text) == 16 && _tx_info_get_number (&self->info, "trace_id", 16, &told);

  if (!find_id_in_segment (self, &self->trace_id))
    {
      self->trace_id = told;
      if (!is_told)
        return false; /* or not yet: `info` comes first, in one piece */
    }
  if (!is_told || told != self->trace_id)
    _tx_damage_add (&self->damage, "file '" TX_FILE_INFO "' is damaged or not whole");
  return true;
}

static bool
knows_feature (const char *name, size_t size)
{
  static const char *const known[] = { TX_FEATURE_PREDICTED, TX_FEATURE_NEAR_CALLS };

  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (size == strlen (known[i]) && memcmp (name, known[i], size) == 0)
      return true;
  return false;
}

/* Whether all of the comma-separated features are known here. */
static bool
knows_features (const char *features)
{
  while (*features)
    {
      size_t size = strcspn (features, ",");

      if (!knows_feature (features, size))
        return false;
      features += size;
      features += *features == ',';
    }
  return true;
}

static TxStatus
check_version (TxReader *self, TxError *error)
{
  const char *format = _tx_reader_get_info (self, "format");
  const char *incompatible = _tx_reader_get_info (self, "incompatible");
  char *end;
  unsigned long major = strtoul (format, &end, 10);

  if (*format < '0' || *format > '9' || *end != '.')
    {
      if (*format)
        _tx_damage_add (&self->damage, "file '" TX_FILE_INFO "' states no valid format");
      return TX_OK;
    }
  if (major > TX_FORMAT_VERSION_MAJOR)
    return tx_error_set (error, TX_ERROR_VERSION,
                         "cannot open '%.200s': its format is version %.20s, newer than %d.%d",
                         self->directory, format, TX_FORMAT_VERSION_MAJOR, TX_FORMAT_VERSION_MINOR);
  if (!knows_features (incompatible))
    return tx_error_set (error, TX_ERROR_VERSION,
                         "cannot open '%.200s': it needs features that this version lacks: %.100s",
                         self->directory, incompatible);
  return TX_OK;
}

TxStatus
_tx_reader_identify (TxReader *self, TxError *error)
{
  uint64_t pid = 0;
  TxStatus status;

  if (!_tx_reader_read_info (self, TX_FILE_INFO, &self->info) && errno != ENOENT)
    {
      if (errno == ENOMEM)
        return tx_error_set (error, TX_ERROR_MEMORY, "cannot open a trace: out of memory");
      if (errno == EACCES || errno == EPERM)
        return tx_error_set_errno (error, errno,
                                   "cannot open '%.200s': cannot read its file '" TX_FILE_INFO "'",
                                   self->directory);
      _tx_damage_add (&self->damage, "cannot read file '" TX_FILE_INFO "': %s", strerror (errno));
    }
  status = check_version (self, error);
  if (status != TX_OK)
    return status;
  if (!find_trace_id (self))
    return tx_error_set (error, TX_ERROR_NOT_TRACE, "cannot open '%.300s': there is no trace in it",
                         self->directory);
  if (self->info.n_bad)
    _tx_damage_add (&self->damage, "file '" TX_FILE_INFO "' has lines that are not valid");
  if (_tx_info_get_number (&self->info, "pid", 10, &pid) && pid <= UINT32_MAX)
    self->pid = (uint32_t) pid;
  return TX_OK;
}
