// SPDX-License-Identifier: BSD-3-Clause
// Decoding event bytes that are written here by hand, byte by byte as docs/trace-format.md says.
#include <glib.h>
#include <string.h>

#include "trace/tx-block.h"
#include "trace/tx-types.h"

#define MONO INT64_C (1000000)
#define END  INT64_C (1009000)

static const TxBlockTimes times = { MONO, END, 5000000 };

/* A stack of thread 1 with function 1 (first line 10) at line 0: LINE deltas count from 10. */
#define STACK_1 0x87, 1, 0, 1, 1, 1, 0

/* Function n begins at line 10 n; from 100 on it is not known. */
static bool
first_line_cb (void *data, TxFunctionId function, uint32_t *ret_first_line)
{
  *ret_first_line = 10 * function;
  return function < 100;
}

static TxBlock *
decode (const uint8_t *bytes, size_t size)
{
  /* Of exactly this size, so that a sanitizer sees a read behind it. */
  g_autofree uint8_t *copy = g_memdup2 (bytes, size);
  TxError error = { 0 };
  TxBlock *block = tx_block_decode (copy, size, 7, &times, first_line_cb, NULL, &error);

  g_assert_nonnull (block);
  return block;
}

#define DECODE(...)                                                                                \
  ({                                                                                               \
    static const uint8_t _bytes[] = { __VA_ARGS__ };                                               \
    decode (_bytes, sizeof _bytes);                                                                \
  })

/* `L1.2:3/4` is kind, thread, depth, function, line. */
static char *
describe (const TxBlock *block)
{
  static const char kinds[] = "?LCRUYESTVfFtMGKPW";
  GString *text = g_string_new (NULL);

  for (size_t i = 0; i < block->n_events; i++)
    {
      const TxEvent *e = &block->events[i];

      g_string_append_printf (text, "%s%c%u.%u:%u/%u", i ? " " : "", kinds[e->kind], e->thread,
                              e->depth, e->function, e->line);
      if (e->activation)
        g_string_append_printf (text, "a%u", e->activation);
    }
  if (block->damaged)
    g_string_append (text, " damaged");
  return g_string_free (text, FALSE);
}

static void
assert_decodes (TxBlock *block, const char *expected)
{
  g_autofree char *text = describe (block);

  g_assert_cmpstr (text, ==, expected);
  tx_block_free (block);
}

static void
test_lines_refer_to_the_line_before (void)
{
  assert_decodes (DECODE (STACK_1, 0x40, 0x41, 0x3e, 0x7f, 0x00),
                  "S1.1:1/0 L1.1:1/10 L1.1:1/11 L1.1:1/9 L1.1:1/72 L1.1:1/8");
}

static void
test_far_lines (void)
{
  assert_decodes (DECODE (STACK_1, 0x83, 0xc0, 0x84, 0x3d, 0x83, 0xbf, 0x84, 0x3d),
                  "S1.1:1/0 L1.1:1/500010 L1.1:1/10");
}

static void
test_calls_and_returns (void)
{
  assert_decodes (
      DECODE (STACK_1, 0x41, 0x80, 2, 0x40, 0x80, 3, 0x42, 0x81, 0x82, 0x43),
      "S1.1:1/0 L1.1:1/11 C1.2:2/0 L1.2:2/20 C1.3:3/0 L1.3:3/32 R1.3:3/32 U1.2:2/20 L1.1:1/14");
}

/* One byte says the same of the first functions. */
static void
test_near_calls (void)
{
  assert_decodes (DECODE (STACK_1, 0x41, 0xa1, 0x40, 0x81, 0xa0, 0x40, 0x81, 0xef, 0x41),
                  "S1.1:1/0 L1.1:1/11 C1.2:2/0 L1.2:2/20 R1.2:2/20 C1.2:1/0 L1.2:1/10 R1.2:1/10 "
                  "C1.2:80/0 L1.2:80/801");
}

static void
test_a_frame_keeps_its_line_while_it_is_suspended (void)
{
  assert_decodes (DECODE (STACK_1, 0x41, 0x80, 2, 0x45, 0x84, 18, 0x85, 2, 0, 25, 0x41),
                  "S1.1:1/0 L1.1:1/11 C1.2:2/0 L1.2:2/25 Y1.2:2/25a9 E1.2:2/25a9 L1.2:2/26");
}

/* Each is written as the difference to the one before. */
static void
test_activations_follow_each_other (void)
{
  assert_decodes (DECODE (STACK_1, 0x41, 0x85, 2, 6, 25, 0x41, 0x85, 3, 2, 40, 0x84, 0, 0x84, 1),
                  "S1.1:1/0 L1.1:1/11 E1.2:2/25a3 L1.2:2/26 E1.3:3/40a4 Y1.3:3/40a4 Y1.2:2/26a3");
  assert_decodes (DECODE (STACK_1, 0x41, 0x85, 2, 1, 25), "S1.1:1/0 L1.1:1/11 damaged");
  assert_decodes (DECODE (STACK_1, 0x41, 0x85, 2, 0xfe, 0xff, 0xff, 0xff, 0x1f, 25, 0x84, 2),
                  "S1.1:1/0 L1.1:1/11 E1.2:2/25a4294967295 damaged");
}

static void
test_threads_have_stacks_of_their_own (void)
{
  assert_decodes (
      DECODE (STACK_1, 0x41, 0x87, 2, 1, 2, 2, 5, 51, 6, 61, 0x41, 0x86, 1, 0x41, 0x86, 2, 0x81,
              0x41),
      "S1.1:1/0 L1.1:1/11 S2.2:6/61 L2.2:6/62 T1.1:1/11 L1.1:1/12 T2.2:6/62 R2.2:6/62 L2.1:5/52");
}

static void
test_an_outer_frame_is_revealed (void)
{
  assert_decodes (DECODE (0x87, 1, 0, 5, 1, 4, 44, 0x41, 0x81, 0x89, 3, 33, 0x41),
                  "S1.5:4/44 L1.5:4/45 R1.5:4/45 V1.4:3/33 L1.4:3/34");
}

static void
test_lines_of_a_lost_function_are_zero (void)
{
  assert_decodes (DECODE (STACK_1, 0x80, 100, 0x45, 0x45, 0x81, 0x45),
                  "S1.1:1/0 C1.2:100/0 L1.2:100/0 L1.2:100/0 R1.2:100/0 L1.1:1/15");
}

static void
test_definitions_count_for_the_block_that_has_them (void)
{
  /* Function 200: file 4, first line 77, no flags, named "f". */
  assert_decodes (DECODE (STACK_1, 0x8b, 0xc8, 1, 4, 77, 0, 1, 'f', 0, 0, 0x80, 0xc8, 1, 0x41),
                  "S1.1:1/0 F1.1:1/0 C1.2:200/0 L1.2:200/78");
}

static void
test_texts_are_where_they_stand (void)
{
  TxBlock *block =
      DECODE (0x8a, 1, 4, 'a', '.', 'p', 'y', STACK_1, 0x8d, 2, 'h', 'i', 0x8c, 1, 99, 1, 'm');
  const TxBlockText *mark = &block->texts[1];

  g_assert_cmpuint (block->n_texts, ==, 3);
  g_assert_cmpmem (block->raw + block->texts[0].offset, block->texts[0].size, "a.py", 4);
  g_assert_cmpmem (block->raw + mark->offset, mark->size, "hi", 2);
  g_assert_cmpmem (block->raw + block->texts[2].offset, block->texts[2].size, "m", 1);
  assert_decodes (block, "f0.0:0/0 S1.1:1/0 M1.1:1/0 t1.1:1/0");
}

static void
test_a_gap_stands_first (void)
{
  TxBlock *block = DECODE (0x8e, 0xe8, 7, 0x87, 1, 3, 1, 1, 1, 5, 0x41);

  g_assert_cmpuint (block->gaps[0].events_lost, ==, 1000);
  g_assert_cmpuint (block->stacks[0].reason, ==, TX_STACK_AFTER_GAP);
  assert_decodes (block, "G0.0:0/0 S1.1:1/5 L1.1:1/6");
}

static void
test_unknown_extensions_are_skipped (void)
{
  assert_decodes (DECODE (STACK_1, 0xf0, 3, 1, 2, 3, 0x41, 0xff, 0, 0x41),
                  "S1.1:1/0 L1.1:1/11 L1.1:1/12");
}

static void
test_steps_are_the_line_events (void)
{
  TxBlock *block = DECODE (STACK_1, 0x41, 0x80, 2, 0x40, 0x41);

  g_assert_cmpuint (block->n_steps, ==, 3);
  g_assert_cmpuint (block->steps[0], ==, 1);
  g_assert_cmpuint (block->steps[2], ==, 4);
  g_assert_cmpuint (block->sequence, ==, 7);
  tx_block_free (block);
}

static void
test_nothing_is_an_empty_block (void)
{
  TxBlock *block = tx_block_decode (NULL, 0, 0, &times, NULL, NULL, NULL);

  g_assert_cmpuint (block->n_events, ==, 0);
  g_assert_false (block->damaged);
  tx_block_free (block);
}

static void
test_too_many_bytes_are_refused (void)
{
  g_autofree uint8_t *bytes = g_malloc0 (TX_SLOT_SIZE_MAX + 1);
  TxError error = { 0 };

  g_assert_null (tx_block_decode (bytes, TX_SLOT_SIZE_MAX + 1, 0, &times, NULL, NULL, &error));
  g_assert_cmpint (error.status, ==, TX_ERROR_DAMAGED);
}

/* ---- Violations ---- */

typedef struct
{
  const char *what;
  uint8_t bytes[40];
  size_t size;
  const char *expected; /* what precedes stays */
} Violation;

#define BYTES(...) { __VA_ARGS__ }, sizeof ((uint8_t[]){ __VA_ARGS__ })

static const Violation violations[] = {
  { "a line before any stack", BYTES (0x41), " damaged" },
  { "a line on an empty stack", BYTES (0x87, 1, 0, 0, 0, 0x41), "S1.0:0/0 damaged" },
  { "a line of nobody's thread", BYTES (0x87, 0, 0, 0, 0, 0x80, 1), "S0.0:0/0 damaged" },
  { "an exit without entry", BYTES (STACK_1, 0x81, 0x81), "S1.1:1/0 R1.1:1/0 damaged" },
  { "a line that is the frame's", BYTES (STACK_1, 0x41, 0x40), "S1.1:1/0 L1.1:1/11 damaged" },
  { "a far line that is the frame's", BYTES (STACK_1, 0x41, 0x83, 0),
    "S1.1:1/0 L1.1:1/11 damaged" },
  { "a line below 1", BYTES (STACK_1, 0x00), "S1.1:1/0 damaged" },
  { "a line beyond 32 bits", BYTES (STACK_1, 0x83, 0xfe, 0xff, 0xff, 0xff, 0x1f),
    "S1.1:1/0 damaged" },
  { "a reserved event", BYTES (STACK_1, 0x94, 0x41), "S1.1:1/0 damaged" },
  { "the last reserved event", BYTES (STACK_1, 0x9f, 0x41), "S1.1:1/0 damaged" },
  { "an extension that is cut", BYTES (STACK_1, 0xf5, 2, 1), "S1.1:1/0 damaged" },
  { "a number that is cut", BYTES (STACK_1, 0x80, 0x80), "S1.1:1/0 damaged" },
  { "a number of 33 bits", BYTES (STACK_1, 0x80, 0xff, 0xff, 0xff, 0xff, 0x1f),
    "S1.1:1/0 damaged" },
  { "a number of 6 bytes", BYTES (STACK_1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0),
    "S1.1:1/0 damaged" },
  { "a thread that was not stated", BYTES (STACK_1, 0x86, 2), "S1.1:1/0 damaged" },
  { "more frames than depth", BYTES (0x87, 1, 0, 1, 2, 1, 1, 1, 1), " damaged" },
  { "more frames than bytes", BYTES (0x87, 1, 0, 0x80, 8, 0x80, 8, 1, 1), " damaged" },
  { "a stack without its innermost frame", BYTES (0x87, 1, 0, 3, 0), " damaged" },
  { "too deep a stack", BYTES (0x87, 1, 0, 0x81, 0xad, 0xe2, 4, 1, 1, 1), " damaged" },
  { "an exit that reveals nothing", BYTES (0x87, 1, 0, 2, 1, 1, 5, 0x81, 0x41),
    "S1.2:1/5 R1.2:1/5 damaged" },
  { "a frame revealed that was known", BYTES (STACK_1, 0x89, 1, 1), "S1.1:1/0 damaged" },
  { "a gap in the middle", BYTES (STACK_1, 0x8e, 5), "S1.1:1/0 damaged" },
  { "a definition of nothing", BYTES (0x8a, 0, 1, 'a'), " damaged" },
  { "a name that is cut", BYTES (0x8a, 1, 3, 'a'), " damaged" },
  { "functions out of order", BYTES (0x8b, 9, 1, 1, 0, 0, 0, 0, 0x8b, 8, 1, 1, 0, 0, 0, 0),
    "F0.0:0/0 damaged" },
  { "a time that overflows",
    BYTES (STACK_1, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0),
    "S1.1:1/0 damaged" },
  { "a clock that is cut", BYTES (STACK_1, 0x8f, 1, 2, 3), "S1.1:1/0 damaged" },
};

static void
test_a_violation_ends_the_block (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (violations); i++)
    {
      g_test_message ("%s", violations[i].what);
      assert_decodes (decode (violations[i].bytes, violations[i].size), violations[i].expected);
    }
}

static const uint8_t rich[] = {
  0x8a, 1,    2,    'a',  'b', 0x87, 1,    0, 3,    2,    2,    25,   3,    0, /* stack of thread 1
                                                                                */
  0x40, 0x41, 0x88, 200,  1,   20,   0x80, 4, 0x41, /* lines, stamp, call */
  0x83, 0x90, 0x4e, 0x84, 2,   0x85, 4,    0, 0x30, 0x81, 0x82, 0x41, 0x87, 2, 1, 1,    1,
  7,    1,    0x41, 0x86, 1,   0x82, 0x89, 1, 12,   0x8d, 1,    'x',  0xf3, 1, 0, 0x42,
};

static void
test_a_prefix_decodes_to_a_prefix (void)
{
  TxBlock *whole = decode (rich, sizeof rich);

  g_assert_false (whole->damaged);
  for (size_t size = 0; size < sizeof rich; size++)
    {
      TxBlock *block = decode (rich, size);

      g_assert_cmpuint (block->n_events, <=, whole->n_events);
      for (size_t i = 0; i < block->n_events; i++)
        {
          TxEvent a = block->events[i];
          TxEvent b = whole->events[i];

          /* Later stamps tell more of the time. */
          a.time_ns = b.time_ns = 0;
          a.error_ns = b.error_ns = 0;
          g_assert_cmpmem (&a, sizeof a, &b, sizeof b);
        }
      tx_block_free (block);
    }
  tx_block_free (whole);
}

/* ---- Times ---- */

static void
assert_time (const TxBlock *block, size_t event, int64_t since_ns, uint32_t error_ns)
{
  g_assert_cmpint (block->events[event].time_ns - MONO, ==, since_ns);
  g_assert_cmpuint (block->events[event].error_ns, ==, error_ns);
}

static void
test_times_are_spread_between_exact_ones (void)
{
  /* 0 stack, 1-3 lines, 4 stamp 4000 later, 5-6 lines; sealed at 9000. */
  TxBlock *block = DECODE (STACK_1, 0x41, 0x41, 0x41, 0x88, 0xa0, 0x1f, 0, 0x41, 0x41);

  assert_time (block, 0, 0, 0);
  assert_time (block, 1, 1000, 3000);
  assert_time (block, 2, 2000, 2000);
  assert_time (block, 3, 3000, 3000);
  assert_time (block, 4, 4000, 0);
  assert_time (block, 5, 4000, 0);
  assert_time (block, 6, 6500, 2500);
  tx_block_free (block);
}

static void
test_a_quiet_time_has_no_events (void)
{
  /* As before, but the last 3000 ns before the stamp nothing was written. */
  TxBlock *block = DECODE (STACK_1, 0x41, 0x41, 0x41, 0x88, 0xa0, 0x1f, 0xb8, 0x17, 0x41, 0x41);

  assert_time (block, 1, 250, 750);
  assert_time (block, 3, 750, 750);
  assert_time (block, 5, 4000, 0);
  tx_block_free (block);
}

/* STACK 0, then LINEs at 1000, 2000 and 3000 (gap 1000); the next interval of 6000 has 2000 quiet
   ns and two events: 3 x 1000 of the 4000. */
static void
test_before_a_quiet_time_events_go_on_as_before (void)
{
  static const uint8_t bytes[] = { STACK_1, 0x41, 0x41, 0x88, 0xb8, 0x17, 0,    0x41,
                                   0x41,    0x41, 0x88, 0xf0, 0x2e, 0xd0, 0x0f, 0x41 };
  TxBlock *block = decode (bytes, sizeof bytes);

  assert_time (block, 4, 3000, 0);
  assert_time (block, 5, 4000, 3000);
  assert_time (block, 6, 5000, 2000);
  assert_time (block, 8, 9000, 0);
  tx_block_free (block);
}

static void
test_a_near_time_has_a_bound (void)
{
  TxBlock *block = DECODE (STACK_1, 0x41, 0x91, 0xa0, 0x1f, 0x41);

  assert_time (block, 1, 2000, 3000);
  assert_time (block, 2, 4000, 1000);
  assert_time (block, 3, 4000, 1000);
  assert_decodes (block, "S1.1:1/0 L1.1:1/11 P1.1:1/11 L1.1:1/12");
}

static void
test_a_wait_is_of_the_line_before (void)
{
  TxBlock *block = DECODE (STACK_1, 0x41, 0x90, 0xb0, 0xea, 0x01, 0x41, 0x90, 0xff, 0xff, 0xff,
                           0xff, 0xff, 1, 0x41);

  g_assert_cmpuint (block->events[2].detail, ==, 30000);
  g_assert_cmpuint (block->events[4].detail, ==, UINT32_MAX);
  assert_decodes (block, "S1.1:1/0 L1.1:1/11 W1.1:1/11 L1.1:1/12 W1.1:1/12 L1.1:1/13");
}

static void
test_an_end_before_the_last_exact_time_is_not_believed (void)
{
  TxBlockTimes early = { MONO, MONO - 5, 0 };
  static const uint8_t bytes[] = { STACK_1, 0x41, 0x41 };
  TxBlock *block = tx_block_decode (bytes, sizeof bytes, 0, &early, NULL, NULL, NULL);

  assert_time (block, 2, 0, 0);
  tx_block_free (block);
}

static void
test_times_never_go_back (void)
{
  TxBlock *block = decode (rich, sizeof rich);

  for (size_t i = 1; i < block->n_events; i++)
    g_assert_cmpint (block->events[i].time_ns, >=, block->events[i - 1].time_ns);
  tx_block_free (block);
}

static void
test_a_bound_of_more_than_4_s_is_infinite (void)
{
  TxBlockTimes slow = { MONO, MONO + INT64_C (20000000000), 0 };
  static const uint8_t bytes[] = { STACK_1, 0x41 };
  TxBlock *block = tx_block_decode (bytes, sizeof bytes, 0, &slow, NULL, NULL, NULL);

  assert_time (block, 1, INT64_C (10000000000), UINT32_MAX);
  tx_block_free (block);
}

/* ---- Stacks ---- */

static void
assert_stack (const TxBlock *block, size_t event, TxThreadId thread, const char *expected)
{
  TxStackFrame frames[8];
  uint32_t depth;
  size_t n = tx_block_get_stack (block, event, thread, frames, G_N_ELEMENTS (frames), &depth);
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text, "%u:", depth);
  for (size_t i = 0; i < n; i++)
    g_string_append_printf (text, " %u/%u", frames[i].function, frames[i].line);
  g_assert_cmpstr (text->str, ==, expected);
}

static void
test_stacks (void)
{
  TxBlock *block = DECODE (0x87, 1, 0, 4, 2, 1, 15, 2, 25, /* 0: depths 3 and 4 of 4 */
                           0x41,                           /* 1: 2/26 */
                           0x80, 3, 0x41,                  /* 2, 3: 3/31 */
                           0x87, 2, 1, 1, 1, 7, 70,        /* 4: thread 2 */
                           0x86, 1,                        /* 5 */
                           0x81,                           /* 6: 3 returns */
                           0x81,                           /* 7: 2 returns */
                           0x80, 4,                        /* 8: called by 1/15 */
                           0x81,                           /* 9 */
                           0x81, 0x89, 6, 66,              /* 10, 11: 1 returns to 6/66 */
                           0x41                            /* 12 */
  );

  g_assert_false (block->damaged);
  assert_stack (block, 0, 0, "4: 2/25 1/15");
  assert_stack (block, 1, 0, "4: 2/26 1/15");
  assert_stack (block, 2, 0, "5: 3/0 2/26 1/15");
  assert_stack (block, 3, 0, "5: 3/31 2/26 1/15");
  assert_stack (block, 3, 2, "0:");
  assert_stack (block, 4, 0, "1: 7/70");
  assert_stack (block, 4, 1, "5: 3/31 2/26 1/15");
  assert_stack (block, 6, 0, "4: 2/26 1/15");
  assert_stack (block, 7, 0, "3: 1/15");
  assert_stack (block, 8, 0, "4: 4/0 1/15");
  assert_stack (block, 9, 0, "3: 1/15");
  assert_stack (block, 10, 0, "2: 6/66");
  assert_stack (block, 12, 0, "2: 6/67");
  assert_stack (block, 12, 2, "1: 7/70");
  assert_stack (block, 99, 0, "0:");
  tx_block_free (block);
}

static void
test_a_stack_stops_at_the_capacity (void)
{
  TxBlock *block = DECODE (0x87, 1, 0, 3, 3, 1, 15, 2, 25, 3, 35, 0x41);
  TxStackFrame frames[2];
  uint32_t depth;

  g_assert_cmpuint (tx_block_get_stack (block, 1, 1, frames, 2, &depth), ==, 2);
  g_assert_cmpuint (depth, ==, 3);
  g_assert_cmpuint (frames[0].line, ==, 36);
  g_assert_cmpuint (tx_block_get_stack (block, 1, 1, NULL, 0, &depth), ==, 0);
  tx_block_free (block);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/block/lines-refer-to-the-line-before", test_lines_refer_to_the_line_before);
  g_test_add_func ("/block/far-lines", test_far_lines);
  g_test_add_func ("/block/calls-and-returns", test_calls_and_returns);
  g_test_add_func ("/block/near-calls", test_near_calls);
  g_test_add_func ("/block/suspended-frame", test_a_frame_keeps_its_line_while_it_is_suspended);
  g_test_add_func ("/block/activations", test_activations_follow_each_other);
  g_test_add_func ("/block/threads", test_threads_have_stacks_of_their_own);
  g_test_add_func ("/block/reveal", test_an_outer_frame_is_revealed);
  g_test_add_func ("/block/lost-function", test_lines_of_a_lost_function_are_zero);
  g_test_add_func ("/block/definitions", test_definitions_count_for_the_block_that_has_them);
  g_test_add_func ("/block/texts", test_texts_are_where_they_stand);
  g_test_add_func ("/block/gap", test_a_gap_stands_first);
  g_test_add_func ("/block/extensions", test_unknown_extensions_are_skipped);
  g_test_add_func ("/block/steps", test_steps_are_the_line_events);
  g_test_add_func ("/block/nothing", test_nothing_is_an_empty_block);
  g_test_add_func ("/block/too-large", test_too_many_bytes_are_refused);
  g_test_add_func ("/block/violations", test_a_violation_ends_the_block);
  g_test_add_func ("/block/prefix", test_a_prefix_decodes_to_a_prefix);
  g_test_add_func ("/block/times/spread", test_times_are_spread_between_exact_ones);
  g_test_add_func ("/block/times/quiet", test_a_quiet_time_has_no_events);
  g_test_add_func ("/block/times/flow", test_before_a_quiet_time_events_go_on_as_before);
  g_test_add_func ("/block/times/near", test_a_near_time_has_a_bound);
  g_test_add_func ("/block/wait", test_a_wait_is_of_the_line_before);
  g_test_add_func ("/block/times/early-end",
                   test_an_end_before_the_last_exact_time_is_not_believed);
  g_test_add_func ("/block/times/monotonic", test_times_never_go_back);
  g_test_add_func ("/block/times/infinite-bound", test_a_bound_of_more_than_4_s_is_infinite);
  g_test_add_func ("/block/stacks", test_stacks);
  g_test_add_func ("/block/stack-capacity", test_a_stack_stops_at_the_capacity);
  return g_test_run ();
}
