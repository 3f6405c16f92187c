// SPDX-License-Identifier: BSD-3-Clause
// ReplayBreakpoints: an array, by id.
#include "replay-breakpoints.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay-text.h"

struct _ReplayBreakpoints
{
  ReplayBreakpoint *items; /* owned, with their strings; ascending by id */
  size_t n_items;
  size_t capacity;
  uint32_t last_id;
};

ReplayBreakpoints *
replay_breakpoints_new (void)
{
  return calloc (1, sizeof (ReplayBreakpoints));
}

/* The strings of a set are its own; they are const for those who look at them. */
static void
clear_item (ReplayBreakpoint *item)
{
  free ((char *) item->function);
  free ((char *) item->condition.caller);
}

/* Makes the strings of a flat copy its own; false without memory, and then it has none. */
static bool
own_strings (ReplayBreakpoint *item)
{
  const char *function = item->function, *caller = item->condition.caller;

  item->function = function == NULL ? NULL : strdup (function);
  item->condition.caller = caller == NULL ? NULL : strdup (caller);
  if ((function == NULL || item->function != NULL) &&
      (caller == NULL || item->condition.caller != NULL))
    return true;
  clear_item (item);
  return false;
}

ReplayBreakpoints *
replay_breakpoints_copy (const ReplayBreakpoints *self)
{
  ReplayBreakpoints *copy = replay_breakpoints_new ();

  if (copy == NULL)
    return NULL;
  copy->last_id = self->last_id;
  copy->items = calloc (self->n_items + 1, sizeof *copy->items);
  if (copy->items == NULL)
    {
      free (copy);
      return NULL;
    }
  copy->capacity = self->n_items + 1;
  for (; copy->n_items < self->n_items; copy->n_items++)
    {
      copy->items[copy->n_items] = self->items[copy->n_items];
      if (!own_strings (&copy->items[copy->n_items]))
        {
          replay_breakpoints_free (copy);
          return NULL;
        }
    }
  return copy;
}

void
replay_breakpoints_free (ReplayBreakpoints *self)
{
  if (self == NULL)
    return;
  for (size_t i = 0; i < self->n_items; i++)
    clear_item (&self->items[i]);
  free (self->items);
  free (self);
}

/* --- finding --- */

static ReplayBreakpoint *
find (const ReplayBreakpoints *self, TxFileId file, uint32_t line)
{
  for (size_t i = 0; i < self->n_items; i++)
    if (self->items[i].function == NULL && self->items[i].file == file &&
        self->items[i].line == line)
      return &self->items[i];
  return NULL;
}

static ReplayBreakpoint *
find_function (const ReplayBreakpoints *self, const char *name)
{
  for (size_t i = 0; i < self->n_items; i++)
    if (self->items[i].function != NULL && strcmp (self->items[i].function, name) == 0)
      return &self->items[i];
  return NULL;
}

static ReplayBreakpoint *
find_id (const ReplayBreakpoints *self, uint32_t id)
{
  for (size_t i = 0; i < self->n_items; i++)
    if (self->items[i].id == id)
      return &self->items[i];
  return NULL;
}

size_t
replay_breakpoints_get_count (const ReplayBreakpoints *self)
{
  return self->n_items;
}

const ReplayBreakpoint *
replay_breakpoints_get (const ReplayBreakpoints *self, size_t index)
{
  return index < self->n_items ? &self->items[index] : NULL;
}

const ReplayBreakpoint *
replay_breakpoints_find (const ReplayBreakpoints *self, TxFileId file, uint32_t line)
{
  return find (self, file, line);
}

const ReplayBreakpoint *
replay_breakpoints_find_function (const ReplayBreakpoints *self, const char *name)
{
  return find_function (self, name);
}

const ReplayBreakpoint *
replay_breakpoints_find_id (const ReplayBreakpoints *self, uint32_t id)
{
  return find_id (self, id);
}

/* --- adding --- */

/* The next line of the file that was executed, 0 if none. */
static TxStatus
find_next_line (
    ReplayTrace *trace, TxFileId file, uint32_t line, uint32_t *ret_line, TxError *error)
{
  ReplayFileLine *lines;
  size_t n_lines;
  TxStatus status = replay_trace_dup_file_lines (trace, file, &lines, &n_lines, NULL, error);

  if (status != TX_OK)
    return status;
  *ret_line = 0;
  for (size_t i = 0; i < n_lines && *ret_line == 0; i++)
    if (lines[i].line > line && lines[i].state == REPLAY_LINE_RAN)
      *ret_line = lines[i].line;
  free (lines);
  return TX_OK;
}

static TxStatus
refuse (ReplayTrace *trace, TxFileId file, uint32_t line, ReplayLineState state, TxError *error)
{
  const TxReader *reader = replay_trace_get_reader (trace);
  const TxFile *known =
      file == 0 || file > tx_reader_get_n_files (reader) ? NULL : tx_reader_get_file (reader, file);
  const char *slash = known == NULL ? NULL : strrchr (known->path, '/');
  const char *path = known == NULL ? "?" : slash != NULL ? slash + 1 : known->path;
  char name[128];
  char next[64] = "";
  uint32_t next_line;
  TxStatus status = find_next_line (trace, file, line, &next_line, error);

  if (status != TX_OK)
    return status;
  replay_text_sanitize (path, strlen (path), name, sizeof name);
  if (next_line != 0)
    snprintf (next, sizeof next, " (the next line that was is %u)", next_line);
  return tx_error_set (error, TX_ERROR_INVALID, "%s:%u: %s%s", name, line,
                       state == REPLAY_LINE_NO_CODE ? "there is no code on this line"
                                                    : "this line was never executed",
                       next);
}

static TxStatus
append (ReplayBreakpoints *self, ReplayBreakpoint item, uint32_t *ret_id, TxError *error)
{
  if (self->n_items == self->capacity)
    {
      size_t capacity = self->capacity == 0 ? 8 : self->capacity * 2;
      ReplayBreakpoint *items = realloc (self->items, capacity * sizeof *items);

      if (items == NULL)
        return tx_error_set (error, TX_ERROR_MEMORY, "no memory for a breakpoint");
      self->items = items;
      self->capacity = capacity;
    }
  if (!own_strings (&item))
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for a breakpoint");
  item.enabled = true;
  item.id = ++self->last_id;
  self->items[self->n_items++] = item;
  if (ret_id != NULL)
    *ret_id = item.id;
  return TX_OK;
}

TxStatus
replay_breakpoints_add (ReplayBreakpoints *self,
                        ReplayTrace *trace,
                        TxFileId file,
                        uint32_t line,
                        uint32_t *ret_id,
                        TxError *error)
{
  const ReplayBreakpoint *known = find (self, file, line);
  ReplayLineState state;

  if (known != NULL)
    {
      if (ret_id != NULL)
        *ret_id = known->id;
      return TX_OK;
    }
  if (trace != NULL)
    {
      TxStatus status = replay_trace_get_line_state (trace, file, line, &state, error);

      if (status != TX_OK)
        return status;
      if (state != REPLAY_LINE_RAN)
        return refuse (trace, file, line, state, error);
    }
  return append (self, (ReplayBreakpoint){ .file = file, .line = line }, ret_id, error);
}

TxStatus
replay_breakpoints_add_function (
    ReplayBreakpoints *self, ReplayTrace *trace, const char *name, uint32_t *ret_id, TxError *error)
{
  const ReplayBreakpoint *known = find_function (self, name);
  char quoted[128];

  if (known != NULL)
    {
      if (ret_id != NULL)
        *ret_id = known->id;
      return TX_OK;
    }
  if (strlen (name) > REPLAY_BREAKPOINT_NAME_SIZE_MAX)
    return tx_error_set (error, TX_ERROR_INVALID, "the name of the function is too long");
  if (trace != NULL && replay_trace_find_functions (trace, name, NULL, 0) == 0)
    {
      replay_text_sanitize (name, strlen (name), quoted, sizeof quoted);
      return tx_error_set (error, TX_ERROR_INVALID,
                           "no function '%s' was recorded (say its name or the end of its "
                           "qualified one, like Server.handle)",
                           quoted);
    }
  return append (self, (ReplayBreakpoint){ .function = name }, ret_id, error);
}

/* --- changing --- */

bool
replay_breakpoints_set_condition (ReplayBreakpoints *self,
                                  uint32_t id,
                                  const ReplayCondition *condition)
{
  ReplayBreakpoint *known = find_id (self, id);
  ReplayCondition copy = { 0 };

  if (known == NULL)
    return false;
  if (condition != NULL)
    copy = *condition;
  if (copy.caller != NULL)
    copy.caller = strdup (copy.caller);
  if (condition != NULL && condition->caller != NULL && copy.caller == NULL)
    return false;
  free ((char *) known->condition.caller);
  known->condition = copy;
  return true;
}

static bool
remove_item (ReplayBreakpoints *self, ReplayBreakpoint *known)
{
  size_t index;

  if (known == NULL)
    return false;
  index = (size_t) (known - self->items);
  clear_item (known);
  memmove (known, known + 1, (self->n_items - index - 1) * sizeof *known);
  self->n_items--;
  return true;
}

bool
replay_breakpoints_remove (ReplayBreakpoints *self, TxFileId file, uint32_t line)
{
  return remove_item (self, find (self, file, line));
}

bool
replay_breakpoints_remove_id (ReplayBreakpoints *self, uint32_t id)
{
  return remove_item (self, find_id (self, id));
}

bool
replay_breakpoints_set_enabled (ReplayBreakpoints *self, uint32_t id, bool enabled)
{
  ReplayBreakpoint *known = find_id (self, id);

  if (known == NULL)
    return false;
  known->enabled = enabled;
  return true;
}
