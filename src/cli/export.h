// SPDX-License-Identifier: BSD-3-Clause
// What the formats of trackexec-export share: a walk, an output, names. Each format is a function that
// writes all of it, with memory that does not depend on the length of the recording.
#pragma once

#include "cli-names.h"
#include "cli-output.h"
#include "replay/replay-walk.h"

/** Export: one export, all borrowed but where said. */
typedef struct {
  ReplayTrace *trace;
  const TxReader *reader;
  const ReplayProgress *progress;
  ReplayWalkQuery query;
  const char *name;   /* of the process; escaped */
  CliOutput *output;
  CliNames *names;
  char **labels;      /* owned (array length=n_functions + 1), each too: export_get_label() */
  ReplayWalk *walk;   /* owned; the one under way */
  uint64_t n_events;  /* walked through so far, of all walks */
  uint64_t n_gaps;    /* stretches that are missing in the range; of the first walk, as the next two */
  uint64_t missing_blocks;
  uint64_t events_lost;
  bool is_damaged;    /* some of that could not be read */
  bool has_walked;    /* the first walk is over */
} Export;

/** ExportFormat: a row of the table of formats. */
typedef struct {
  const char *name;
  const char *opened_by;      /* programs */
  const char *const *losses;  /* ends with NULL: what of the recording is not in it, one sentence each */
  TxStatus (*write) (Export *self, TxError *error);
} ExportFormat;

/** export_find_format: (nullable) */
const ExportFormat *export_find_format (const char *name);
/** export_get_format: NULL behind the last. */
const ExportFormat *export_get_format (size_t index);

extern const ExportFormat export_callgrind;
extern const ExportFormat export_collapsed;
extern const ExportFormat export_speedscope;
extern const ExportFormat export_perfetto;
extern const ExportFormat export_csv;

/** export_begin: begins a walk over the range; @thread: 0: those of the query. */
TxStatus export_begin (Export *self, TxThreadId thread, TxError *error) TX_WARN_UNUSED;

/** export_next: as replay_walk_next(); a failed output is an error. Behind the end the walk is freed. */
TxStatus export_next (Export *self, const ReplayWalkEvent **ret_event, TxError *error) TX_WARN_UNUSED;

/** export_get_extent: monotonic, of the whole range; both 0 where there is nothing in it. */
void export_get_extent (Export *self, int64_t *ret_from_ns, int64_t *ret_to_ns);

/** export_clear: frees what is owned. */
void export_clear (Export *self);

/** export_get_label: "f (core.py:12)", the function's name and where it begins; escaped; valid as long as @self. */
const char *export_get_label (Export *self, TxFunctionId function);
/** export_get_first_line: 0 where not known. */
uint32_t export_get_first_line (const Export *self, TxFunctionId function);

/** export_dup_escaped: (transfer full): as replay_text_escape() does; @size: SIZE_MAX: terminated; NULL without memory. */
char *export_dup_escaped (const char *text, size_t size);

/** export_put_losses: puts each sentence between @before and @behind. */
void export_put_losses (Export *self, const ExportFormat *format, const char *before, const char *behind);
/** export_put_json_about: what a JSON file says of itself, as members of an object. */
void export_put_json_about (Export *self, const ExportFormat *format);

/* ---- Stacks of all threads, with a few numbers for each frame ---- */

typedef struct {
  uint32_t node;      /* the format's own */
  bool is_outermost;  /* the format's own */
  uint64_t at[3];     /* the thread's counters when the frame was entered */
} ExportFrame;

typedef struct {
  TxThreadId thread;
  ExportFrame *frames; /* owned (array length=n_frames) */
  size_t n_frames;
  size_t capacity;
  uint64_t counters[3];
} ExportLane;

typedef struct {
  ExportLane *lanes;  /* owned (array length=n_lanes): in no order */
  size_t n_lanes;
  size_t capacity;
  uint32_t *places;   /* owned (array length=n_places): hash table of index + 1 */
  size_t n_places;    /* a power of 2 */
  size_t last;        /* index of the lane that was asked for last */
} ExportLanes;

/** export_lanes_get: made if it is new; NULL without memory. Valid until the next call; what a lane without frames
 * has counted may be forgotten then. */
ExportLane *export_lanes_get (ExportLanes *self, TxThreadId thread);
/** export_lane_push: a new innermost frame; NULL without memory. */
ExportFrame *export_lane_push (ExportLane *lane);
void export_lanes_clear (ExportLanes *self);
