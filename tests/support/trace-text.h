// SPDX-License-Identifier: BSD-3-Clause
// Traces from text and back, so that tests say what they mean in strings:
//
//   main: call f@a.py:10; line 11; line 12; call g@b.py:1; line 2; return; line 13; return
//
// The text is played to the real writer, without its thread and with a clock that only the text
// moves. Items are divided by `;` or newlines:
//
//   NAME:                       what follows is done by that thread (numbered by first appearance)
//   call FUNC@FILE:LINE [as L]  enters a function, whose first line is LINE; L names the frame; a
//                               name that begins with `async_` is a coroutine's; %3b in FUNC or FILE is
//                               the byte 0x3b
//   code FUNC@FILE:LINE N...    defines a function, and that these of its lines have code
//   line N                      executes a line
//   lines A-B                   executes lines A, A+1, ... B
//   return, unwind              leaves the innermost frame
//   yield                       suspends the innermost frame
//   resume L                    goes on with the suspended frame L
//   resume FUNC@FILE:LINE as L  the same, of a frame that was suspended before recording began
//   forget L                    the suspended frame L was freed
//   resync [FUNC@FILE:LINE N]...   states the thread's stack anew: outermost first, each with its
//   line existing [FUNC@FILE:LINE N]... the same, for frames that were there when recording began
//   +5ms (+7ns +2us +1s)        time passes
//   wait 5ms                    the same on no CPU, which an event that has an exact time looks at each 2 ms
//   pace 1us                    from here on time passes before every event
//   stamp                       the clock is looked at, and the next event asked for its time
//   precise, imprecise          a section in which every event is stamped
//   raise TYPE [MESSAGE]        an exception is raised (one word)
//   mark TEXT                   leaves a mark (up to the next divider)
//   clock +5s (clock -5s)       sets the wall clock; as `stamp` does, the next event looks at it
//   block                       ends the block and writes it
//   end-thread                  the thread has ended
//   repeat K ( ITEMS )          K times
//
// Anything else is a failed test.
#pragma once

#include <glib.h>

#include "trace/tx.h"

G_BEGIN_DECLS

/* When every such trace begins, unless told otherwise. */
#define TRACE_TEXT_MONO_NS INT64_C (1000000000000)
#define TRACE_TEXT_REAL_NS INT64_C (1700000000000000000)

typedef struct _TraceText TraceText;

/**
 * trace_text_new:
 * @directory: existing and empty
 * @options: (nullable): manual, clock_ns and clock_data are set here
 */
TraceText *trace_text_new (const char *directory, const TxWriterOptions *options);

/** trace_text_play: may be called again and again. */
void trace_text_play (TraceText *self, const char *text);

/** trace_text_get_writer: (transfer none) */
TxWriter *trace_text_get_writer (TraceText *self);

/** trace_text_close: (transfer full): closes the recording, as a program's end does. */
void trace_text_close (TraceText *self);

/** trace_text_abandon: (transfer full): frees what is ours, and leaves the recording open as a
 * killed process does. */
void trace_text_abandon (TraceText *self);

/** trace_text_record: makes a whole trace. */
void trace_text_record (const char *directory, const char *text);

/** trace_text_record_and_die: the same by a process that is killed at the end of the text. */
void
trace_text_record_and_die (const char *directory, const TxWriterOptions *options, const char *text);

typedef enum
{
  TRACE_TEXT_PLAIN = 0,
  TRACE_TEXT_TIMES = 1 << 0, /* `@+NS~ERROR` behind each event: since the trace's first block */
  TRACE_TEXT_BLOCKS =
      1 << 1, /* `block` between blocks, and what is only bookkeeping: stacks, definitions */
} TraceTextFlags;

/**
 * trace_text_print:
 * Returns: (transfer full): the whole trace in the language above, one thread's items a line.
 *   What is missing is `missing BLOCKS blocks, STEPS steps`.
 */
char *trace_text_print (const TxReader *reader, TraceTextFlags flags);

/** trace_text_print_block: (transfer full): one block. */
char *trace_text_print_block (const TxReader *reader, const TxBlock *block, TraceTextFlags flags);

/**
 * trace_text_print_steps:
 * Returns: (transfer full): a step a line: number, thread, depth, file:line, function, divided by
 * spaces.
 */
char *trace_text_print_steps (const TxReader *reader);

/**
 * trace_text_print_digests:
 * Returns: (transfer full): all numbers of the blocks' digests, and of those added up.
 */
char *trace_text_print_digests (const TxReader *reader);

/** trace_text_print_stack: (transfer full): `g@b.py:1 2, f@a.py:10 12`, innermost first; `...` for
 * what is not held. */
char *trace_text_print_stack (const TxReader *reader,
                              const TxBlock *block,
                              size_t event,
                              TxThreadId thread);

/* ---- Directories ---- */

/** trace_text_make_directory: (transfer full): a new temporary directory. */
char *trace_text_make_directory (void);

/** trace_text_damage_block: the events of block @index of the first segment, and its digest if @with_digest. */
void trace_text_damage_block (const char *directory, size_t index, bool with_digest);

/** trace_text_remove_directory: with all that is in it; frees @directory. */
void trace_text_remove_directory (char *directory);

/** trace_text_copy_directory: copies the regular files of @from into the existing @to. */
void trace_text_copy_directory (const char *from, const char *to);

G_END_DECLS
