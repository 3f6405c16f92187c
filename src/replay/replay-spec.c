// SPDX-License-Identifier: BSD-3-Clause
// From what people say to positions, and back. The forms are replay-times.h's; what of them is no
// time is looked up here.
#include "replay-spec.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay-moves.h"
#include "replay-text.h"
#include "replay-trace-private.h"

/* One resolution on its way. */
typedef struct
{
  ReplayTrace *trace;
  const ReplaySpecContext *context;
  const ReplayProgress *progress;
  bool times_only;
  TxError *error;
} Resolver;

/* Says in @ret_text what was said, harmless. */
static const char *
quote (const char *text, size_t len, char ret_text[128])
{
  replay_text_sanitize (text, len < 100 ? len : 100, ret_text, 128);
  return ret_text;
}

/* --- executions of a line --- */

static TxStatus
find_file (const Resolver *self, const ReplayTimesPoint *point, TxFileId *ret_file)
{
  char *name;
  size_t n_found;
  char quoted[128];

  if (point->file_len == 0)
    {
      *ret_file = self->context->file;
      return *ret_file != 0 ? TX_OK
                            : tx_error_set (self->error, TX_ERROR_INVALID,
                                            "no file is shown here: say it before the line, like "
                                            "core.py:%" PRIu32,
                                            point->line);
    }
  name = strndup (point->file, point->file_len);
  if (name == NULL)
    return tx_error_set (self->error, TX_ERROR_MEMORY, "no memory for the name of a file");
  n_found = replay_trace_find_file (self->trace, name, ret_file);
  free (name);
  if (n_found == 1)
    return TX_OK;
  quote (point->file, point->file_len, quoted);
  if (n_found == 0)
    return tx_error_set (self->error, TX_ERROR_INVALID, "no file '%s' was recorded", quoted);
  return tx_error_set (self->error, TX_ERROR_INVALID,
                       "%zu recorded files end in '%s' (give more of the path)", n_found, quoted);
}

static TxStatus
find_hit (const Resolver *self, const ReplayTimesPoint *point, ReplayPosition *ret_position)
{
  uint64_t number = point->hit_number;
  TxFileId file;
  TxStatus status = find_file (self, point, &file);

  if (status == TX_OK && number == REPLAY_TIMES_HIT_LAST)
    status =
        replay_hits_count (self->trace, file, point->line, self->progress, &number, self->error);
  if (status == TX_OK && number == 0)
    status = tx_error_set (self->error, TX_END, "line %" PRIu32 " was never executed", point->line);
  if (status == TX_OK)
    status = replay_hits_nth (self->trace, file, point->line, number, self->progress, ret_position,
                              self->error);
  return status;
}

/* --- bookmarks --- */

static TxStatus
find_bookmark (const Resolver *self, const ReplayTimesPoint *point, ReplaySpecPlace *place)
{
  const ReplayBookmarks *bookmarks = self->context->bookmarks;
  const ReplayBookmark *found = NULL;
  size_t n_found = 1;
  char quoted[128];

  if (bookmarks == NULL)
    return tx_error_set (self->error, TX_ERROR_INVALID, "there are no bookmarks here");
  if (point->note != NULL)
    n_found = replay_bookmarks_find_note (bookmarks, point->note, point->note_len, &found);
  else
    found = replay_bookmarks_find (bookmarks, point->bookmark);
  if (point->note != NULL)
    quote (point->note, point->note_len, quoted);
  if (n_found > 1)
    return tx_error_set (self->error, TX_ERROR_INVALID,
                         "%zu bookmarks have the note '%s' (say the number of one, like m3)",
                         n_found, quoted);
  if (found == NULL && point->note != NULL)
    return tx_error_set (self->error, TX_END, "no bookmark has the note '%s'", quoted);
  if (found == NULL)
    return tx_error_set (self->error, TX_END, "there is no bookmark %" PRIu32, point->bookmark);
  place->position = found->position;
  place->real_ns = found->real_ns;
  return TX_OK;
}

/* --- places --- */

/* Sets time and whether it is there, of a place that has a position. */
static TxStatus
look_at_position (const Resolver *self, ReplaySpecPlace *place)
{
  ReplayStep step;
  TxStatus status = replay_trace_get_step (self->trace, place->position, &step, self->error);
  size_t index;

  if (status == TX_OK)
    place->real_ns = step.real_ns;
  if (!_replay_status_is_missing (status))
    return status;
  place->in_gap = true;
  if (place->point.kind != REPLAY_TIMES_BOOKMARK &&
      tx_reader_find_step (self->trace->reader, place->position, &index))
    place->real_ns = tx_reader_get_block_info (self->trace->reader, index)->times.real_first_ns;
  return TX_OK;
}

/* The outermost step that is there. */
static TxStatus
find_limit (const Resolver *self, bool at_end, ReplayPosition *ret_position)
{
  TxStatus status =
      replay_trace_skip_missing (self->trace, at_end ? UINT64_MAX : 0, at_end, ret_position);

  if (status == TX_END)
    return tx_error_set (self->error, TX_END, "nothing of the recording can be read");
  return status;
}

static TxStatus
resolve_point (const Resolver *self, const ReplayTimesPoint *point, ReplaySpecPlace *place)
{
  TxStatus status;

  *place = (ReplaySpecPlace){ .position = REPLAY_POSITION_NONE, .point = *point };
  place->is_time = replay_times_has_time (point->kind);
  place->real_ns = point->time_ns;
  if (place->is_time && self->times_only)
    return TX_OK;
  switch (point->kind)
    {
    case REPLAY_TIMES_HIT:
      status = find_hit (self, point, &place->position);
      break;
    case REPLAY_TIMES_STEP:
      place->position = point->step;
      status = TX_OK;
      break;
    case REPLAY_TIMES_BOOKMARK:
      status = find_bookmark (self, point, place);
      break;
    case REPLAY_TIMES_START:
    case REPLAY_TIMES_END:
      return find_limit (self, point->kind == REPLAY_TIMES_END, &place->position);
    case REPLAY_TIMES_INSTANT:
    case REPLAY_TIMES_RELATIVE:
    case REPLAY_TIMES_PERCENT:
    case REPLAY_TIMES_RANGE:
    default:
      return replay_trace_seek_time (self->trace, point->time_ns, &place->position, self->error);
    }
  return status == TX_OK ? look_at_position (self, place) : status;
}

/* --- whole texts --- */

static int64_t
get_current_time (const Resolver *self, int64_t start_ns)
{
  ReplaySpecPlace place = { .position = self->context->current, .real_ns = start_ns };
  Resolver quiet = *self;

  quiet.error = NULL;
  if (place.position == REPLAY_POSITION_NONE || look_at_position (&quiet, &place) != TX_OK)
    return start_ns;
  return place.real_ns;
}

/* What was assumed of both ends. */
static void
describe (ReplaySpec *spec, const ReplayZone *zone)
{
  char to[128] = "";

  replay_times_describe (&spec->from.point, zone, spec->note,
                         spec->is_range ? 120 : sizeof spec->note);
  if (spec->is_range)
    replay_times_describe (&spec->to.point, zone, to, 120);
  if (to[0] != '\0')
    snprintf (spec->note + strlen (spec->note), sizeof spec->note - strlen (spec->note), "%s%s",
              spec->note[0] != '\0' ? "; " : "", to);
}

static TxStatus
check_order (const Resolver *self, const ReplaySpec *spec)
{
  bool have_positions =
      spec->from.position != REPLAY_POSITION_NONE && spec->to.position != REPLAY_POSITION_NONE;

  if (!spec->is_range || (have_positions ? spec->from.position <= spec->to.position
                                         : spec->from.real_ns <= spec->to.real_ns))
    return TX_OK;
  return tx_error_set (self->error, TX_ERROR_INVALID, "the range ends before it begins");
}

static TxStatus
resolve (const Resolver *self, const char *text, ReplaySpec *ret_spec)
{
  ReplayTimesContext times = { .zone = self->context->zone,
                               .allow_range = self->context->allow_range };
  ReplayTimesSpec said;
  ReplaySpec spec = { 0 };
  TxStatus status;

  if (!replay_trace_get_range (self->trace, &times.start_ns, &times.end_ns))
    return tx_error_set (self->error, TX_END, "nothing was recorded");
  times.current_ns = self->context->reference_ns != NULL ? *self->context->reference_ns
                                                         : get_current_time (self, times.start_ns);
  status = replay_times_parse (text, &times, &said, self->error);
  if (status == TX_OK)
    status = resolve_point (self, &said.from, &spec.from);
  spec.is_range = said.kind == REPLAY_TIMES_RANGE;
  if (status == TX_OK && spec.is_range)
    status = resolve_point (self, &said.to, &spec.to);
  if (status == TX_OK)
    status = check_order (self, &spec);
  if (status != TX_OK)
    return status;
  describe (&spec, self->context->zone);
  *ret_spec = spec;
  return TX_OK;
}

TxStatus
replay_spec_resolve (ReplayTrace *trace,
                     const char *text,
                     const ReplaySpecContext *context,
                     const ReplayProgress *progress,
                     ReplaySpec *ret_spec,
                     TxError *error)
{
  const Resolver self = {
    .trace = trace, .context = context, .progress = progress, .error = error
  };

  return resolve (&self, text, ret_spec);
}

TxStatus
replay_spec_resolve_times (ReplayTrace *trace,
                           const char *text,
                           const ReplaySpecContext *context,
                           const ReplayProgress *progress,
                           ReplaySpec *ret_spec,
                           TxError *error)
{
  const Resolver self = {
    .trace = trace, .context = context, .progress = progress, .times_only = true, .error = error
  };

  return resolve (&self, text, ret_spec);
}

TxStatus
replay_spec_resolve_point (ReplayTrace *trace,
                           const ReplayTimesPoint *point,
                           const ReplaySpecContext *context,
                           const ReplayProgress *progress,
                           ReplaySpecPlace *ret_place,
                           TxError *error)
{
  const Resolver self = {
    .trace = trace, .context = context, .progress = progress, .error = error
  };
  ReplaySpecPlace place;
  TxStatus status = resolve_point (&self, point, &place);

  if (status == TX_OK)
    *ret_place = place;
  return status;
}

/* --- printing --- */

bool
replay_spec_format_file (const ReplayTrace *trace, TxFileId file, char *ret_text, size_t size)
{
  const TxFile *known = file == 0 || file > tx_reader_get_n_files (trace->reader)
                            ? NULL
                            : tx_reader_get_file (trace->reader, file);
  const char *name;
  TxFileId found = 0;
  bool is_alone = false;

  if (known == NULL)
    {
      snprintf (ret_text, size, "?");
      return false;
    }
  /* One component more each time, up to the whole path. */
  for (name = known->path + strlen (known->path);;)
    {
      if (name > known->path)
        name--;
      while (name > known->path && name[-1] != '/')
        name--;
      is_alone = replay_trace_find_file (trace, name, &found) == 1 && found == file;
      if (is_alone || name == known->path)
        break;
    }
  if (!is_alone)
    name = strrchr (known->path, '/') != NULL ? strrchr (known->path, '/') + 1 : known->path;
  replay_text_sanitize (name, strlen (name), ret_text, size);
  return is_alone && strcmp (ret_text, name) == 0;
}

/* Whether `FILE:LINE#N` is understood as that. */
static bool
reads_back (const char *text, size_t file_len)
{
  const ReplayTimesContext context = { .allow_range = true };
  ReplayTimesSpec said;

  return replay_times_parse (text, &context, &said, NULL) == TX_OK &&
         said.kind == REPLAY_TIMES_HIT && said.from.file_len == file_len && said.from.file == text;
}

TxStatus
replay_spec_format (ReplayTrace *trace,
                    ReplayPosition position,
                    const ReplayProgress *progress,
                    char *ret_text,
                    size_t size,
                    TxError *error)
{
  ReplayStep step;
  uint64_t number = 0, count;
  char file[REPLAY_SPEC_FORMAT_SIZE];
  TxStatus status = replay_trace_get_step (trace, position, &step, error);
  bool good = status == TX_OK && step.line != 0;

  if (status != TX_OK && !_replay_status_is_missing (status))
    return status;
  good = good && replay_spec_format_file (trace, step.file, file, sizeof file);
  if (good)
    {
      status = replay_hits_index (trace, position, progress, &number, &count, error);
      if (status == TX_CANCELLED || (status < 0 && !_replay_status_is_missing (status)))
        return status;
      good = status == TX_OK;
    }
  if (good)
    {
      snprintf (ret_text, size, "%s:%" PRIu32 "#%" PRIu64, file, step.line, number);
      good = reads_back (ret_text, strlen (file));
    }
  if (!good)
    snprintf (ret_text, size, "step %" PRIu64, position);
  return TX_OK;
}
