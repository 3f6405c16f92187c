// SPDX-License-Identifier: BSD-3-Clause
// Prints traces as text.
#include <inttypes.h>
#include <string.h>

#include "trace-text.h"

typedef struct
{
  const TxReader *reader;
  TraceTextFlags flags;
  int64_t start_ns; /* monotonic: of the trace's first block */
  GString *text;
  TxThreadId thread; /* whose items the line at hand has; 0 none */
  bool at_line_start;
} Printer;

static const char *
get_path (const TxReader *reader, const TxFunction *function)
{
  const TxFile *file = function ? tx_reader_get_file (reader, function->file) : NULL;

  return file ? file->path : "?";
}

static void
append_function (GString *text, const TxReader *reader, TxFunctionId id)
{
  const TxFunction *function = tx_reader_get_function (reader, id);

  if (function)
    g_string_append_printf (text, "%s@%s:%u", function->name, get_path (reader, function),
                            function->first_line);
  else
    g_string_append_printf (text, "?%u", id);
}

static void
break_line (Printer *self)
{
  if (!self->at_line_start)
    g_string_append_c (self->text, '\n');
  self->at_line_start = true;
  self->thread = 0;
}

static void
begin_item (Printer *self, TxThreadId thread)
{
  const TxThreadInfo *info = tx_reader_get_thread (self->reader, thread);

  if (thread != 0 && thread != self->thread)
    {
      break_line (self);
      if (info && *info->name)
        g_string_append_printf (self->text, "%s: ", info->name);
      else
        g_string_append_printf (self->text, "thread-%u: ", thread);
      self->thread = thread;
    }
  else if (!self->at_line_start)
    g_string_append (self->text, "; ");
  self->at_line_start = false;
}

static void
append_bytes (Printer *self, const TxBlock *block, const TxEvent *event, const char *verb)
{
  const TxBlockText *text = &block->texts[event->detail];

  g_string_append_printf (self->text, "%s %.*s", verb, (int) text->size,
                          (const char *) block->raw + text->offset);
}

static void
append_stated (Printer *self, const TxBlock *block, const TxEvent *event)
{
  static const char *const reasons[] = { "start", "first", "resync", "after-gap" };
  const TxBlockStack *stack = &block->stacks[event->detail];

  g_string_append (self->text,
                   stack->reason < G_N_ELEMENTS (reasons) ? reasons[stack->reason] : "?");
  if (stack->n_frames < stack->depth)
    g_string_append_printf (self->text, " ...%u", stack->depth - stack->n_frames);
  for (uint32_t i = 0; i < stack->n_frames; i++)
    {
      const TxStackFrame *frame = &block->frames[stack->first_frame + i];

      g_string_append_c (self->text, ' ');
      append_function (self->text, self->reader, frame->function);
      g_string_append_printf (self->text, " %u", frame->line);
    }
}

static void
append_exception (Printer *self, const TxBlock *block, const TxEvent *event)
{
  const char *name = tx_reader_get_type_name (self->reader, event->activation);

  g_string_append_printf (self->text, "raise %s ", name ? name : "?");
  append_bytes (self, block, event, "");
}

static void
append_frame_event (Printer *self, const TxEvent *event, const char *verb)
{
  g_string_append_printf (self->text, "%s ", verb);
  append_function (self->text, self->reader, event->function);
}

/* What the program does. */
static bool
append_program_event (Printer *self, const TxBlock *block, const TxEvent *event)
{
  switch (event->kind)
    {
    case TX_EVENT_LINE:
      g_string_append_printf (self->text, "line %u", event->line);
      return true;
    case TX_EVENT_CALL:
      append_frame_event (self, event, "call");
      return true;
    case TX_EVENT_RESUME:
      append_frame_event (self, event, "resume");
      return true;
    case TX_EVENT_RETURN:
      g_string_append (self->text, "return");
      return true;
    case TX_EVENT_UNWIND:
      g_string_append (self->text, "unwind");
      return true;
    case TX_EVENT_YIELD:
      g_string_append (self->text, "yield");
      return true;
    case TX_EVENT_MARK:
      append_bytes (self, block, event, "mark");
      return true;
    case TX_EVENT_RAISE:
      append_exception (self, block, event);
      return true;
    case TX_EVENT_GAP:
      g_string_append_printf (self->text, "gap %" PRIu64, block->gaps[event->detail].events_lost);
      return true;
    default:
      return false;
    }
}

static void
append_bookkeeping (Printer *self, const TxBlock *block, const TxEvent *event)
{
  switch (event->kind)
    {
    case TX_EVENT_STACK:
      append_stated (self, block, event);
      break;
    case TX_EVENT_REVEAL:
      append_frame_event (self, event, "reveal");
      g_string_append_printf (self->text, " %u", event->line);
      break;
    case TX_EVENT_DEFINE_FILE:
      append_bytes (self, block, event, "file");
      break;
    case TX_EVENT_DEFINE_FUNCTION:
      append_bytes (self, block, event, "function");
      break;
    case TX_EVENT_DEFINE_THREAD:
      append_bytes (self, block, event, "thread");
      break;
    case TX_EVENT_DEFINE_TYPE:
      append_bytes (self, block, event, "type");
      break;
    case TX_EVENT_CLOCK:
      g_string_append (self->text, "clock");
      break;
    case TX_EVENT_STAMP:
      g_string_append (self->text, "stamped");
      break;
    case TX_EVENT_WAIT:
      g_string_append_printf (self->text, "waited %uus", event->detail);
      break;
    default:
      g_string_append (self->text, "switch");
    }
}

static bool
is_bookkeeping (const TxBlock *block, const TxEvent *event)
{
  switch (event->kind)
    {
    case TX_EVENT_THREAD:
    case TX_EVENT_REVEAL:
    case TX_EVENT_DEFINE_FILE:
    case TX_EVENT_DEFINE_FUNCTION:
    case TX_EVENT_DEFINE_THREAD:
    case TX_EVENT_DEFINE_TYPE:
    case TX_EVENT_CLOCK:
    case TX_EVENT_STAMP:
    case TX_EVENT_WAIT:
      return true;
    case TX_EVENT_STACK:
      return block->stacks[event->detail].reason != TX_STACK_RESYNC;
    default:
      return false;
    }
}

static void
print_events (Printer *self, const TxBlock *block)
{
  for (size_t i = 0; i < block->n_events; i++)
    {
      const TxEvent *event = &block->events[i];

      if (is_bookkeeping (block, event) && !(self->flags & TRACE_TEXT_BLOCKS))
        continue;
      begin_item (self, event->thread);
      if (!append_program_event (self, block, event))
        append_bookkeeping (self, block, event);
      if (self->flags & TRACE_TEXT_TIMES)
        {
          g_string_append_printf (self->text, " @+%" PRId64, event->time_ns - self->start_ns);
          if (event->error_ns)
            g_string_append_printf (self->text, "~%u", event->error_ns);
        }
    }
  if (block->damaged)
    {
      break_line (self);
      g_string_append (self->text, "damaged\n");
    }
}

static Printer
make_printer (const TxReader *reader, TraceTextFlags flags)
{
  return (Printer){
    .reader = reader,
    .flags = flags,
    .start_ns = tx_reader_get_n_blocks (reader)
                    ? tx_reader_get_block_info (reader, 0)->times.mono_first_ns
                    : 0,
    .text = g_string_new (NULL),
    .at_line_start = true,
  };
}

char *
trace_text_print_block (const TxReader *reader, const TxBlock *block, TraceTextFlags flags)
{
  Printer printer = make_printer (reader, flags);

  print_events (&printer, block);
  break_line (&printer);
  return g_string_free (printer.text, FALSE);
}

char *
trace_text_print (const TxReader *reader, TraceTextFlags flags)
{
  Printer printer = make_printer (reader, flags);

  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (reader, i);
      TxError error = { 0 };
      TxBlock *block = NULL;

      if (i > 0 && (flags & TRACE_TEXT_BLOCKS))
        {
          break_line (&printer);
          g_string_append (printer.text, "block\n");
        }
      if (info->place == TX_BLOCK_MISSING)
        {
          break_line (&printer);
          g_string_append_printf (printer.text, "missing %" PRIu64 " blocks, %u steps\n",
                                  info->n_missing, info->steps);
          continue;
        }
      if (tx_reader_load_block (reader, i, &block, &error) != TX_OK)
        {
          break_line (&printer);
          g_string_append_printf (printer.text, "error: %s\n", error.message);
          continue;
        }
      print_events (&printer, block);
      tx_block_free (block);
    }
  break_line (&printer);
  return g_string_free (printer.text, FALSE);
}

static void
append_step (GString *text, const TxReader *reader, uint64_t number, const TxEvent *event)
{
  const TxFunction *function = tx_reader_get_function (reader, event->function);

  g_string_append_printf (text, "%" PRIu64 " %u %u %s:%u %s\n", number, event->thread, event->depth,
                          get_path (reader, function), event->line,
                          function ? function->name : "?");
}

char *
trace_text_print_steps (const TxReader *reader)
{
  GString *text = g_string_new (NULL);

  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      uint64_t first = tx_reader_get_block_info (reader, i)->first_step;
      TxBlock *block;

      if (tx_reader_load_block (reader, i, &block, NULL) != TX_OK)
        continue;
      for (size_t k = 0; k < block->n_steps; k++)
        append_step (text, reader, first + k, &block->events[block->steps[k]]);
      tx_block_free (block);
    }
  return g_string_free (text, FALSE);
}

char *
trace_text_print_stack (const TxReader *reader,
                        const TxBlock *block,
                        size_t event,
                        TxThreadId thread)
{
  TxStackFrame frames[64];
  uint32_t depth;
  size_t n = tx_block_get_stack (block, event, thread, frames, G_N_ELEMENTS (frames), &depth);
  GString *text = g_string_new (NULL);

  for (size_t i = 0; i < n; i++)
    {
      if (i > 0)
        g_string_append (text, ", ");
      append_function (text, reader, frames[i].function);
      g_string_append_printf (text, " %u", frames[i].line);
    }
  if (n < depth)
    g_string_append (text, n ? ", ..." : "...");
  return g_string_free (text, FALSE);
}
