// SPDX-License-Identifier: BSD-3-Clause
// A whole recording into a whole trace: looks through it first, since what is wrong with it belongs
// into `info`, which comes before all else.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "walt-player-private.h"
#include "walt.h"

/* Slots of the ring: each is emptied long before it is full. */
#define SLOT_COUNT 4u

/* Looking through takes about so much of the time. */
#define SURVEY_SHARE 0.25

/** WaltSurvey: what there is to convert. */
typedef struct
{
  uint64_t n_left_out;
  uint64_t n_unchecked;
  uint64_t n_damages;
  char damage[WALT_REASON_SIZE]; /* the first */
  bool has_start;
  uint64_t start_ticks;
} WaltSurvey;

typedef struct
{
  WaltDirectory directory;
  WaltSources sources;
  WaltSurvey survey;
  WaltWalk walk;
  WaltPlayer player;
  WaltProgressFunc progress;
  void *progress_data;
} WaltConversion;

static void
add_damage (WaltSurvey *self, uint64_t count, const char *text)
{
  if (count == 0)
    return;
  if (self->n_damages == 0)
    snprintf (self->damage, sizeof self->damage, "%s", text);
  self->n_damages += count;
}

/* One pass over all pieces. @from and @share: of the progress. */
static TxStatus
walk (WaltConversion *self,
      TxStatus (*take) (WaltConversion *self, const WaltPiece *piece, TxError *error),
      double from,
      double share,
      TxError *error)
{
  double n_records = (double) self->directory.n_records;
  uint64_t reported = 0;
  WaltPiece piece;
  TxStatus status;

  _walt_walk_init (&self->walk, &self->directory);
  while ((status = _walt_walk_next (&self->walk, &piece)) == TX_OK)
    {
      status = take (self, &piece, error);
      if (status != TX_OK)
        return status;
      if (self->progress && self->walk.next - reported >= WALT_BLOCKS_PER_MAP)
        {
          reported = self->walk.next;
          if (!self->progress (self->progress_data, from + share * (double) reported / n_records))
            return tx_error_set (error, TX_CANCELLED, "cancelled");
        }
    }
  return status == TX_END ? TX_OK
                          : tx_error_set (error, status, "cannot convert '%.300s': out of memory",
                                          self->directory.path);
}

/* ---- Looking through ---- */

static TxStatus
note_piece (WaltConversion *self, const WaltPiece *piece, TxError *error)
{
  WaltSurvey *survey = &self->survey;

  survey->n_left_out += piece->n_left_out;
  if (piece->n_left_out > 0)
    return TX_OK;
  survey->n_unchecked += piece->is_unchecked;
  if (!survey->has_start)
    survey->start_ticks = piece->start_ticks;
  survey->has_start = true;
  return TX_OK;
}

static TxStatus
look_through (WaltConversion *self, TxError *error)
{
  WaltSurvey *survey = &self->survey;
  TxStatus status = _walt_sources_read (&self->sources, &self->directory);

  if (status != TX_OK)
    return tx_error_set (error, status, "cannot convert '%.300s': out of memory",
                         self->directory.path);
  add_damage (survey, self->sources.reason[0] != '\0', self->sources.reason);
  add_damage (survey, self->directory.has_part_record, "log_index ends within a record");
  status = walk (self, note_piece, 0, SURVEY_SHARE, error);
  add_damage (survey, self->walk.n_damages, self->walk.damage);
  return status;
}

/* ---- Writing ---- */

static TxStatus
play_piece (WaltConversion *self, const WaltPiece *piece, TxError *error)
{
  return _walt_player_play (&self->player, piece, error);
}

static TxStatus
play (WaltConversion *self, TxWriter *writer, TxError *error)
{
  TxStatus status =
      _walt_player_begin (&self->player, writer, &self->sources, &self->directory, error);

  if (status == TX_OK)
    status = walk (self, play_piece, SURVEY_SHARE, 1 - SURVEY_SHARE, error);
  return status == TX_OK ? _walt_player_finish (&self->player, error) : status;
}

/* What `info` says besides. At most N_ENTRIES. */
#define N_ENTRIES 8u

typedef struct
{
  TxInfoEntry entries[N_ENTRIES];
  size_t n_entries;
  char *directory; /* owned */
  char damage[WALT_REASON_SIZE + 64], damages[24], blocks[24], left_out[24], unchecked[24];
} Info;

static void
add_entry (Info *self, const char *key, const char *value)
{
  self->entries[self->n_entries++] = (TxInfoEntry){ key, value };
}

static void
fill_info (Info *self, const WaltConversion *conversion)
{
  const WaltSurvey *survey = &conversion->survey;

  self->directory = realpath (conversion->directory.path, NULL);
  snprintf (self->blocks, sizeof self->blocks, "%" PRIu64, conversion->directory.n_records);
  snprintf (self->left_out, sizeof self->left_out, "%" PRIu64, survey->n_left_out);
  snprintf (self->unchecked, sizeof self->unchecked, "%" PRIu64, survey->n_unchecked);
  add_entry (self, "converted_from", "WalT trackexec");
  if (self->directory)
    add_entry (self, "converted_directory", self->directory);
  add_entry (self, "converted_blocks", self->blocks);
  add_entry (self, "converted_left_out", self->left_out);
  add_entry (self, "converted_without_checksum", self->unchecked);
  add_entry (
      self, "converted_unknown",
      "names of functions, threads, exceptions, suspended frames, waiting, lines that repeat "
      "at once in their frame");
  if (survey->n_damages == 0)
    return;
  snprintf (self->damage, sizeof self->damage, "WalT's recording: %s", survey->damage);
  snprintf (self->damages, sizeof self->damages, "%" PRIu64, survey->n_damages);
  add_entry (self, "damage", self->damage);
  add_entry (self, "damages", self->damages);
}

static TxStatus
write_trace (WaltConversion *self, const char *target, TxError *error)
{
  Info info = { .n_entries = 0 };
  TxWriterOptions options = {
    .ring_dir = "",
    .slot_count = SLOT_COUNT,
    .slot_size_bytes = TX_SLOT_SIZE_MAX,
    .max_size_bytes = TX_NO_LIMIT,
    .min_free_bytes = TX_NO_LIMIT,
    .manual = true,
    .clock_ns = _walt_player_read_clock,
    .clock_data = &self->player,
    .is_converted = true,
    .converted_pid = _walt_directory_read_pid (&self->directory),
    .info = info.entries,
  };
  TxStatus status, closed;
  TxWriter *writer;

  fill_info (&info, self);
  options.n_info = info.n_entries;
  if (self->survey.has_start)
    self->player.now_ns = _walt_ticks_to_ns (self->survey.start_ticks);
  writer = tx_writer_new (target, &options, error);
  free (info.directory);
  if (!writer)
    return error->status;
  status = play (self, writer, error);
  closed = tx_writer_close (writer, 0, status == TX_OK ? error : NULL);
  return status == TX_OK ? closed : status;
}

TxStatus
walt_convert (const char *directory,
              const char *target,
              WaltProgressFunc progress,
              void *data,
              TxError *error)
{
  WaltConversion *self = calloc (1, sizeof *self);
  TxError own_error = { 0 };
  TxStatus status;

  if (!error)
    error = &own_error;
  if (!self)
    return tx_error_set (error, TX_ERROR_MEMORY, "cannot convert '%.300s': out of memory",
                         directory);
  self->progress = progress;
  self->progress_data = data;
  status = _walt_directory_open (&self->directory, directory, error);
  if (status == TX_OK)
    status = look_through (self, error);
  if (status == TX_OK)
    status = write_trace (self, target, error);
  _walt_sources_clear (&self->sources);
  _walt_directory_clear (&self->directory);
  free (self);
  return status;
}
