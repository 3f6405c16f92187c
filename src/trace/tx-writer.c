// SPDX-License-Identifier: BSD-3-Clause
// TxWriter: puts ring, stream, files and native thread together, and takes them apart again.
#include "tx-writer.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tx-overhead-private.h"
#include "tx-process-private.h"
#include "tx-ring-home-private.h"
#include "tx-writer-private.h"

#define TICK_NS_DEFAULT   1000000u
#define SYNC_NS_DEFAULT   10000000000u
#define KEEP_RUNS_DEFAULT 32u

/* What a disk that hangs may cost in memory. */
#define RING_SIZE_MAX (64u * 1024u * 1024u)

/* ---- Making ---- */

static int64_t
read_system_clock (void *data, bool realtime)
{
  return realtime ? _tx_os_get_real_ns () : _tx_os_get_mono_ns ();
}

static TxWriterOptions
complete_options (const TxWriterOptions *options)
{
  TxWriterOptions complete = options ? *options : (TxWriterOptions){ 0 };

  if (complete.slot_size_bytes == 0)
    complete.slot_size_bytes = TX_SLOT_SIZE_DEFAULT;
  if (complete.slot_count_max == 0)
    complete.slot_count_max =
        complete.slot_count ? complete.slot_count : RING_SIZE_MAX / complete.slot_size_bytes;
  if (complete.slot_count_max > TX_SLOT_COUNT_MAX && complete.slot_count <= TX_SLOT_COUNT_MAX)
    complete.slot_count_max = TX_SLOT_COUNT_MAX;
  if (complete.slot_count == 0)
    complete.slot_count = TX_SLOT_COUNT_DEFAULT;
  if (complete.keep_runs == 0)
    complete.keep_runs = KEEP_RUNS_DEFAULT;
  if (complete.sync_interval_ns == 0 && !complete.manual)
    complete.sync_interval_ns = SYNC_NS_DEFAULT;
  if (complete.sync_interval_ns == UINT64_MAX)
    complete.sync_interval_ns = 0;
  if (complete.tick_ns == 0)
    complete.tick_ns = TICK_NS_DEFAULT;
  if (complete.segment_size_bytes == 0 || complete.segment_size_bytes > TX_SEGMENT_SIZE_MAX)
    complete.segment_size_bytes = TX_SEGMENT_SIZE_MAX;
  if (!complete.clock_ns)
    complete.clock_ns = read_system_clock;
  return complete;
}

static TxStatus
check_options (const TxWriterOptions *options, TxError *error)
{
  if (options->is_converted && !options->manual)
    return tx_error_set (error, TX_ERROR_INVALID,
                         "cannot convert with native threads: they tell the time of now");
  if (options->slot_count < 2 || options->slot_count > TX_SLOT_COUNT_MAX ||
      options->slot_size_bytes < TX_SLOT_SIZE_MIN || options->slot_size_bytes > TX_SLOT_SIZE_MAX ||
      options->slot_size_bytes % 64 != 0)
    return tx_error_set (
        error, TX_ERROR_INVALID,
        "cannot record with %u slots of %u bytes: 2 to %u slots of %u to %u bytes, "
        "a multiple of 64, are possible",
        options->slot_count, options->slot_size_bytes, TX_SLOT_COUNT_MAX, TX_SLOT_SIZE_MIN,
        TX_SLOT_SIZE_MAX);
  return TX_OK;
}

/* Random, so that no two traces are taken for each other; where there is no randomness, the time.
 */
static uint64_t
make_trace_id (TxOs *os, const TxInfo *info)
{
  uint64_t id = 0;

  if (os->get_random (os, &id, sizeof id) < 0 || id == 0)
    id = ((uint64_t) info->real_ns * 0x9e3779b97f4a7c15u) ^ (uint64_t) getpid ();
  return id ? id : 1;
}

/* Which process, so that a reader can tell whether it lives. One that is not known is said to be
   none. */
static void
identify_process (TxInfo *info, const TxWriterOptions *options)
{
  info->pid = options->is_converted ? options->converted_pid : (uint32_t) getpid ();
  if (options->is_converted)
    return;
  info->start_ticks = _tx_os_get_start_ticks ();
  _tx_os_get_boot_id (info->boot_id);
  info->image = _tx_process_get_image ((uint32_t) getpid ());
  info->pid_namespace = _tx_process_get_namespace ();
  info->time_namespace = _tx_process_get_time_namespace ();
  info->program_real_ns = _tx_process_get_program_start ();
}

static void
fill_info (TxInfo *info, TxOs *os, const TxWriterOptions *options)
{
  identify_process (info, options);
  info->mono_ns = options->clock_ns (options->clock_data, false);
  info->real_ns = options->clock_ns (options->clock_data, true);
  info->tick_ns = options->tick_ns;
  info->trace_id = make_trace_id (os, info);
}

/* A boot id is a UUID: its 32 hex digits as 16 bytes. */
static void
parse_boot_id (const char *text, uint8_t ret_bytes[16])
{
  size_t n = 0;

  memset (ret_bytes, 0, 16);
  for (; *text && n < 32; text++)
    if (isxdigit ((unsigned char) *text))
      {
        int digit = *text <= '9' ? *text - '0' : (*text | 0x20) - 'a' + 10;

        ret_bytes[n / 2] = (uint8_t) (ret_bytes[n / 2] << 4 | digit);
        n++;
      }
}

static TxStatus
make_ring (TxWriter *self, const TxWriterOptions *options, TxError *error)
{
  TxRingHeader header = {
    .trace_id = self->info.trace_id,
    .pid = (uint32_t) getpid (),
    .start_ticks = self->info.start_ticks,
    .slot_count = options->slot_count,
    .slot_size = options->slot_size_bytes,
    .heartbeat_mono_ns = self->info.mono_ns,
    .heartbeat_real_ns = self->info.real_ns,
    .state = TX_RING_RUNNING,
  };
  TxStatus status;

  parse_boot_id (self->info.boot_id, header.boot_id);
  status = _tx_ring_init (&self->ring, self->os, &header, options->slot_count_max,
                          options->ring_dir, &self->directory, error);
  if (status == TX_OK)
    _tx_ring_home_encode (self->ring.memory,
                          &(TxRingHome){ .image = self->info.image,
                                         .pid_namespace = self->info.pid_namespace,
                                         .time_namespace = self->info.time_namespace },
                          self->directory.path);
  return status;
}

/* `info` comes last: a directory without it is no trace. */
static int
make_files (TxWriter *self, const TxWriterOptions *options)
{
  TxFlusher *flusher = &self->flusher;
  int result;

  self->keep_runs = options->keep_runs;
  flusher->limits = (TxLimits){
    .max_size_bytes = options->max_size_bytes,
    .min_free_bytes = options->min_free_bytes,
    .max_age_ns = options->max_age_ns < INT64_MAX ? (int64_t) options->max_age_ns : 0,
  };
  _tx_limits_find_defaults (&flusher->limits, &self->directory);
  result = _tx_catalog_writer_init (&flusher->catalog, &self->directory, self->info.trace_id,
                                    self->info.program_real_ns);
  if (result < 0)
    return result;
  _tx_segment_writer_init (
      &flusher->segments, &self->directory, self->info.trace_id,
      _tx_limits_get_segment_size (&flusher->limits, options->segment_size_bytes));
  result = _tx_info_write_pid (&self->directory, self->info.pid);
  if (result == 0)
    {
      result = _tx_info_write (&self->directory, &self->info, &self->ring, options->info,
                               options->n_info);
      if (result < 0)
        _tx_info_remove_pid (&self->directory);
    }
  if (result < 0)
    _tx_catalog_writer_remove_files (&flusher->catalog);
  return result;
}

static void
clear_flusher (TxFlusher *self)
{
  _tx_catalog_writer_clear (&self->catalog);
  _tx_segment_writer_clear (&self->segments);
  _tx_block_scratch_clear (&self->scratch);
  _tx_encoded_frame_clear (&self->frame);
  tx_digester_free (self->digester);
  _tx_predictor_free (self->predictor);
  _tx_hard_compressor_free (self->hard_compressor);
}

/* Frees all that a writer may have; the ring's file is not touched. In a forked child whose parent had
 * no time to end its disk thread, that may have been in the middle of anything: its memory is left
 * alone. */
static void
free_writer (TxWriter *self)
{
  if (self->is_abandoned && self->flusher.disk.is_running)
    _tx_flusher_close_files (&self->flusher);
  else
    clear_flusher (&self->flusher);
  _tx_stream_free (self->stream);
  _tx_ring_clear (&self->ring);
  _tx_directory_clear (&self->directory);
  free (self);
}

static void finish (void *data);
static void free_orphan (void *data);

/* From the program's events, when there may be something for the native threads. */
static void
poke (void *data)
{
  TxWriter *self = data;

  _tx_flusher_poke (&self->flusher);
  if (self->job)
    _tx_recover_job_start (self->job);
}

static bool
init_flusher (TxWriter *self, const TxWriterOptions *options)
{
  TxFlusher *flusher = &self->flusher;

  flusher->os = self->os;
  flusher->ring = &self->ring;
  flusher->stream = self->stream;
  flusher->clock_ns = options->clock_ns;
  flusher->clock_data = options->clock_data;
  flusher->tick_ns = options->tick_ns;
  flusher->is_manual = options->manual;
  flusher->sync_interval_ns = options->sync_interval_ns;
  flusher->finish_func = finish;
  flusher->orphan_func = free_orphan;
  flusher->func_data = self;
  if (!_tx_flusher_init_thread (flusher))
    return false;
  atomic_store (&flusher->may_start, !options->manual);
  if (!options->manual)
    {
      self->stream->priv->poke = poke;
      self->stream->priv->poke_data = self;
    }
  return true;
}

static TxStatus
set_up (TxWriter *self, const char *directory, const TxWriterOptions *options, TxError *error)
{
  int result;
  TxStatus status;

  result = _tx_directory_open (&self->directory, self->os, directory);
  if (result < 0)
    return tx_error_set_errno (error, -result, "cannot record into '%s'", directory);
  fill_info (&self->info, self->os, options);
  status = make_ring (self, options, error);
  if (status != TX_OK)
    return status;
  self->stream = _tx_stream_new (&self->ring, options->clock_ns, options->clock_data);
  if (!self->stream || !init_flusher (self, options))
    return tx_error_set (error, TX_ERROR_MEMORY, "cannot record into '%s': out of memory",
                         directory);
  if (options->cpu_ns)
    self->stream->priv->cpu_ns = options->cpu_ns;
  else if (options->clock_ns == read_system_clock)
    _tx_stream_use_system_clocks (self->stream);
  self->stream->priv->is_converted = options->is_converted;
  self->flusher.is_converted = options->is_converted;
  result = make_files (self, options);
  self->flusher.catalog.is_given_sources = options->is_converted;
  if (result < 0)
    return tx_error_set_errno (error, -result, "cannot record into '%s'", directory);
  if (!options->manual)
    {
      _tx_flusher_close_files (&self->flusher);
      _tx_directory_hand_over (&self->directory);
    }
  return TX_OK;
}

TxWriter *
_tx_writer_new_with_os (const char *directory,
                        const TxWriterOptions *options,
                        TxOs *os,
                        TxError *error)
{
  TxWriterOptions complete = complete_options (options);
  TxWriter *self;
  TxStatus status;
  sigset_t before;

  if (check_options (&complete, error) != TX_OK)
    return NULL;
  self = calloc (1, sizeof *self);
  if (!self)
    {
      tx_error_set (error, TX_ERROR_MEMORY, "cannot record into '%s': out of memory", directory);
      return NULL;
    }
  self->os = os;
  _tx_os_begin_files (&before);
  status = set_up (self, directory, &complete, error);
  _tx_os_end_files (&before);
  if (status != TX_OK)
    {
      _tx_ring_unlink (&self->ring);
      free_writer (self);
      return NULL;
    }
  _tx_writer_watch_forks (self);
  return self;
}

TxWriter *
tx_writer_new (const char *directory, const TxWriterOptions *options, TxError *error)
{
  return _tx_writer_new_with_os (directory, options, _tx_os_get_default (), error);
}

TxStream *
tx_writer_get_stream (TxWriter *self)
{
  return self->stream;
}

uint64_t
tx_writer_get_trace_id (const TxWriter *self)
{
  return self->info.trace_id;
}

const char *
tx_writer_get_ring_path (const TxWriter *self)
{
  return self->ring.path;
}

/* Also in a child of a fork that called no handlers. */
static bool
is_abandoned (TxWriter *self)
{
  if (!self->is_abandoned && !self->stream->is_ours)
    tx_writer_abandon_in_child (self);
  return self->is_abandoned;
}

/* ---- Flushing ---- */

static void
seal_now (TxWriter *self)
{
  _tx_stream_put_end (self->stream);
  _tx_stream_seal (self->stream, self->flusher.clock_ns (self->flusher.clock_data, false));
  (void) _tx_stream_state_loss (self->stream);
}

static void
work_here (TxWriter *self)
{
  sigset_t before;

  _tx_os_begin_files (&before);
  while (_tx_flusher_work (&self->flusher, true))
    ;
  _tx_os_end_files (&before);
}

void
_tx_writer_tick (TxWriter *self)
{
  _tx_flusher_tick (&self->flusher);
}

static TxStatus
check_losses (TxWriter *self, uint64_t blocks_lost_before, TxError *error)
{
  uint64_t blocks_lost = atomic_load (&self->flusher.blocks_lost) - blocks_lost_before;

  if (blocks_lost == 0 && atomic_load (&self->flusher.is_failing))
    return tx_error_set_errno (error, atomic_load (&self->flusher.last_errno),
                               "cannot write into '%s'", self->directory.path);
  if (blocks_lost == 0)
    return TX_OK;
  return tx_error_set_errno (error, atomic_load (&self->flusher.last_errno),
                             "cannot write %llu blocks into '%s'", (unsigned long long) blocks_lost,
                             self->directory.path);
}

TxStatus
tx_writer_flush (TxWriter *self, uint64_t timeout_ns, TxError *error)
{
  uint64_t blocks_lost = atomic_load (&self->flusher.blocks_lost);

  if (is_abandoned (self))
    return tx_error_set (error, TX_ERROR_FORKED, "cannot flush: the recording is the parent's");
  seal_now (self);
  if (self->flusher.is_manual)
    work_here (self);
  else if (!_tx_flusher_flush (&self->flusher, timeout_ns))
    return tx_error_set_errno (error, ETIMEDOUT, "cannot flush into '%s'", self->directory.path);
  return check_losses (self, blocks_lost, error);
}

/* ---- Closing ---- */

static int
write_end (TxWriter *self)
{
  TxFlusher *flusher = &self->flusher;
  TxStreamStats stream;
  TxWriterStats writer;

  /* What is measured would make the files of generators differ from one time to the next. */
  if (!flusher->is_manual)
    {
      tx_stream_get_stats (flusher->stream, &stream);
      tx_writer_get_stats (self, &writer);
    }
  return _tx_info_write_end (&self->directory, flusher->clock_ns (flusher->clock_data, false),
                             flusher->clock_ns (flusher->clock_data, true),
                             atomic_load (&flusher->blocks_written), atomic_load (&flusher->steps),
                             flusher->is_manual ? NULL : &stream,
                             flusher->is_manual ? NULL : &writer);
}

/* All is in the files: the end, and no ring any more. What the disk did not take stays in the ring,
   for recovery. The files are closed here and not by the program's thread, which that could hold
   up. */
static void
finish (void *data)
{
  TxWriter *self = data;
  TxFlusher *flusher = &self->flusher;

  /* While the ring was full there was no room for saying so. */
  if (!_tx_flusher_has_sealed (flusher) && _tx_stream_state_loss (self->stream))
    (void) _tx_flusher_work (flusher, true);
  if (_tx_flusher_has_sealed (flusher))
    self->end_result =
        atomic_load (&flusher->last_errno) ? -atomic_load (&flusher->last_errno) : -EIO;
  else
    {
      _tx_segment_writer_end (&flusher->segments);
      self->end_result = write_end (self);
      _tx_ring_set_state (&self->ring, TX_RING_CLEAN);
    }
  /* Without `end` a reader looks for the ring. If it is empty, that says that nothing is missing.
     Nobody looks where the whole directory is gone. */
  if (self->end_result == 0 || _tx_directory_get_fd (&self->directory) == -ENOENT)
    _tx_ring_unlink (&self->ring);
  _tx_catalog_writer_clear (&flusher->catalog);
  _tx_segment_writer_clear (&flusher->segments);
  _tx_directory_close (&self->directory);
}

/* The program did not wait for the disk; now the disk is done. */
static void
free_orphan (void *data)
{
  TxWriter *self = data;

  _tx_flusher_clear_thread (&self->flusher);
  free_writer (self);
}

/* All that is sealed into the files; false when that takes too long, and the threads are orphans.
 */
static bool
drain (TxWriter *self, uint64_t timeout_ns)
{
  sigset_t before;

  if (!self->flusher.is_manual && _tx_flusher_start (&self->flusher))
    return _tx_flusher_stop (&self->flusher, TX_FLUSHER_EXIT_EMPTY, timeout_ns, true);
  /* No thread could be made: it is done here, however long it takes. */
  (void) _tx_flusher_stop (&self->flusher, TX_FLUSHER_EXIT_NOW, timeout_ns, false);
  work_here (self);
  _tx_os_begin_files (&before);
  finish (self);
  _tx_os_end_files (&before);
  return true;
}

TxStatus
tx_writer_close (TxWriter *self, uint64_t timeout_ns, TxError *error)
{
  TxStatus status = TX_OK;

  if (!self)
    return TX_OK;
  if (is_abandoned (self))
    {
      free_writer (self);
      return TX_OK;
    }
  _tx_writer_unwatch_forks (self);
  _tx_recover_job_free (self->job, timeout_ns);
  self->job = NULL;
  seal_now (self);
  _tx_ring_set_state (&self->ring, TX_RING_CLOSING);
  if (!drain (self, timeout_ns))
    return tx_error_set_errno (error, ETIMEDOUT,
                               "cannot finish the recording: the disk is too slow");
  /* What was lost long ago is declared in the trace, and not an error of closing it. */
  if (self->end_result < 0)
    status = tx_error_set_errno (error, -self->end_result, "cannot write the end of the recording");
  _tx_flusher_clear_thread (&self->flusher);
  free_writer (self);
  return status;
}

/* ---- What others have left ---- */

void
tx_writer_recover (TxWriter *self, const char *base, const char *run, const char *ring_dir)
{
  if (is_abandoned (self) || self->flusher.is_manual || self->job)
    return;
  self->job = _tx_recover_job_new (base, run, ring_dir);
  if (self->job)
    _tx_recover_job_keep (self->job, self->keep_runs, (uint64_t) self->flusher.limits.max_age_ns);
  /* The next event starts it. */
  _tx_stream_ask (self->stream, UINT64_MAX, 0);
}

/* ---- Forks ---- */

bool
tx_writer_pause_thread (TxWriter *self, uint64_t timeout_ns)
{
  bool is_ended;

  if (is_abandoned (self) || self->flusher.is_manual)
    return true;
  if (self->job)
    _tx_recover_job_stop (self->job);
  is_ended = _tx_flusher_stop (&self->flusher, TX_FLUSHER_EXIT_NOW, timeout_ns, false);
  /* It goes on, or ends later: then the next poke starts it again. */
  if (!is_ended)
    atomic_store (&self->flusher.may_start, true);
  if (self->job && !_tx_recover_job_pause (self->job, timeout_ns))
    is_ended = false;
  return is_ended;
}

void
tx_writer_allow_thread (TxWriter *self)
{
  if (is_abandoned (self) || self->flusher.is_manual)
    return;
  atomic_store (&self->flusher.may_start, true);
  if (self->job)
    _tx_recover_job_count_fork (self->job);
  /* The next event takes the slow path, which starts the thread. The position claims nothing. */
  _tx_stream_ask (self->stream, UINT64_MAX, 0);
}

void
tx_writer_abandon_in_child (TxWriter *self)
{
  self->is_abandoned = true;
  self->job = NULL; /* its thread was the parent's, and may have been anywhere */
  _tx_stream_abandon (self->stream);
  _tx_ring_abandon (&self->ring);
}

/* ---- Statistics ---- */

void
tx_writer_get_stats (TxWriter *self, TxWriterStats *ret_stats)
{
  TxFlusher *flusher = &self->flusher;

  *ret_stats = (TxWriterStats){
    .steps = atomic_load (&flusher->steps),
    .events = atomic_load (&flusher->events),
    .blocks_written = atomic_load (&flusher->blocks_written),
    .blocks_lost = atomic_load (&flusher->blocks_lost),
    .raw_bytes = atomic_load (&flusher->raw_bytes),
    .file_bytes = atomic_load (&flusher->file_bytes),
    .last_errno = atomic_load (&flusher->last_errno),
    .native_cpu_ns = is_abandoned (self) ? 0 : _tx_flusher_get_cpu_ns (flusher),
    .event_cost_ps = _tx_overhead_measure_event_ps (),
  };
}
