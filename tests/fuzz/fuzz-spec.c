// SPDX-License-Identifier: BSD-3-Clause
// Any text as a position and as a breakpoint, on one small recording: a place within it or a
// harmless one-line message, and what is printed is understood as the same.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "replay/replay-breakpoints.h"
#include "replay/replay-spec.h"
#include "trace-text.h"

#define CHECK(condition)                                                                           \
  do                                                                                               \
    if (!(condition))                                                                              \
      abort ();                                                                                    \
  while (0)

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static char *directory;

static void
remove_directory (void)
{
  trace_text_remove_directory (directory);
}

static ReplayTrace *
open_trace (void)
{
  ReplayTrace *trace;

  directory = trace_text_make_directory ();
  atexit (remove_directory);
  trace_text_record (
      directory,
      "pace 1s; main: call A.f@/src/a.py:1; line 2; line 3; call g@/src/b.py:1; line 2; line 3;"
      "return; line 2; block; line 3; worker: call g@/src/b.py:1; line 2; main: line 4");
  trace = replay_trace_open (directory, NULL);
  CHECK (trace != NULL);
  return trace;
}

static void
check_complaint (TxStatus status, const TxError *error)
{
  CHECK (status == TX_END || status == TX_ERROR_INVALID);
  CHECK (error->status == status && error->message[0] != '\0');
  for (const char *p = error->message; *p != '\0'; p++)
    CHECK ((unsigned char) *p >= 0x20 && *p != 0x7f);
}

static void
check_spec (ReplayTrace *trace, const char *text)
{
  const ReplaySpecContext context = { .current = 3, .file = 1, .allow_range = true };
  uint64_t n_steps = replay_trace_get_n_steps (trace);
  char aloud[REPLAY_SPEC_FORMAT_SIZE];
  ReplaySpec spec, again;
  TxError error = { 0 };
  TxStatus status = replay_spec_resolve (trace, text, &context, NULL, &spec, &error);

  if (status != TX_OK)
    {
      check_complaint (status, &error);
      return;
    }
  CHECK (spec.from.position < n_steps);
  CHECK (!spec.is_range || (spec.to.position < n_steps && spec.from.position <= spec.to.position));
  CHECK (replay_spec_format (trace, spec.from.position, NULL, aloud, sizeof aloud, NULL) == TX_OK);
  CHECK (replay_spec_resolve (trace, aloud, &context, NULL, &again, NULL) == TX_OK);
  CHECK (again.from.position == spec.from.position);
}

static bool
is_same (const ReplayBreakpoint *a, const ReplayBreakpoint *b)
{
  const ReplayCondition *x = &a->condition, *y = &b->condition;

  return a->file == b->file && a->line == b->line && !a->function == !b->function &&
         (!a->function || strcmp (a->function, b->function) == 0) && x->number == y->number &&
         x->ignore == y->ignore && x->thread == y->thread && x->has_range == y->has_range &&
         (!x->has_range || (x->from_ns == y->from_ns && x->to_ns == y->to_ns)) &&
         !x->caller == !y->caller && (!x->caller || strcmp (x->caller, y->caller) == 0);
}

static void
check_breakpoint (ReplayTrace *trace, const char *text)
{
  const ReplayBreakpointsContext context = { .position = 3, .file = 1 };
  ReplayBreakpoints *set = replay_breakpoints_new (), *other = replay_breakpoints_new ();
  char printed[1024];
  TxError error = { 0 };
  uint32_t id, again;
  TxStatus status;

  CHECK (set != NULL && other != NULL);
  status = replay_breakpoints_add_text (set, trace, text, &context, &id, &error);
  if (status != TX_OK)
    {
      check_complaint (status, &error);
      CHECK (replay_breakpoints_get_count (set) == 0);
    }
  else
    {
      const ReplayBreakpoint *added = replay_breakpoints_find_id (set, id);

      replay_breakpoint_format (added, trace, NULL, printed, sizeof printed);
      CHECK (replay_breakpoints_add_text (other, trace, printed, &context, &again, NULL) == TX_OK);
      CHECK (is_same (added, replay_breakpoints_find_id (other, again)));
    }
  replay_breakpoints_free (set);
  replay_breakpoints_free (other);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static ReplayTrace *trace;
  char *text = malloc (size + 1);

  if (trace == NULL)
    trace = open_trace ();
  if (text == NULL)
    return 0;
  memcpy (text, data, size);
  text[size] = '\0';
  check_spec (trace, text);
  check_breakpoint (trace, text);
  free (text);
  return 0;
}
