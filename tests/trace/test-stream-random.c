// SPDX-License-Identifier: BSD-3-Clause
// Random programs recorded with tiny slots, so that blocks begin at every kind of moment, and read
// back: each event must be what a simple model says, and each block must decode alone.
#include <glib.h>

#include "trace/tx-writer-private.h"
#include "trace/tx.h"
#include "trace-text.h"

#define N_FUNCTIONS 120 /* some are called by one byte, others not */
#define N_THREADS   5
#define N_KEYS      16

typedef struct
{
  uint32_t function; /* index in first_lines */
  uint32_t line;
  uint64_t key;
} ModelFrame;

typedef struct
{
  TxThread *thread; /* NULL: not seen yet */
  GArray *frames;   /* owned; ModelFrame, outermost first */
} ModelThread;

typedef struct
{
  uint32_t kind, thread, depth, function, line;
} ModelEvent;

typedef struct
{
  TxWriter *writer;
  TxStream *stream;
  GRand *random;
  TxFunctionId functions[N_FUNCTIONS];
  uint32_t first_lines[N_FUNCTIONS];
  ModelThread threads[N_THREADS];
  ModelThread *current;
  ModelFrame suspended[N_KEYS]; /* key 0: free */
  GArray *events;               /* owned; ModelEvent */
  uint64_t n_keys;
  int64_t now_ns;
} Model;

static int64_t
read_clock (void *data, bool realtime)
{
  Model *model = data;

  return realtime ? INT64_C (1700000000000000000) + model->now_ns : model->now_ns;
}

static uint32_t
get_depth (const Model *model)
{
  return model->current->frames->len;
}

static ModelFrame *
get_top (Model *model)
{
  GArray *frames = model->current->frames;

  return frames->len ? &g_array_index (frames, ModelFrame, frames->len - 1) : NULL;
}

static void
expect (Model *model, TxEventKind kind, uint32_t line)
{
  ModelFrame *top = get_top (model);
  ModelEvent event = { kind, model->current->thread->id, get_depth (model),
                       model->functions[top->function], line };

  g_array_append_val (model->events, event);
}

/* ---- Moves ---- */

static void
define (Model *model, guint i)
{
  guint8 bitmap[64] = { 0xff };
  char name[40];

  model->first_lines[i] = (guint32) g_rand_int_range (model->random, 1, i % 4 == 0 ? 200000 : 300);
  model->functions[i] = tx_stream_define_function (
      model->stream, &(TxFunctionDefinition){
                         .file = 1,
                         .first_line = model->first_lines[i],
                         .name = name,
                         .name_size = (gsize) g_snprintf (name, sizeof name, "function_%u", i),
                         .bitmap_first_line = model->first_lines[i],
                         .line_bitmap = bitmap,
                         .line_bitmap_size = sizeof bitmap,
                     });
  g_assert_cmpuint (model->functions[i], >, 0);
}

static void
push (Model *model, ModelFrame frame)
{
  g_array_append_val (model->current->frames, frame);
}

static void
call (Model *model)
{
  guint i = (guint) g_rand_int_range (model->random, 0, N_FUNCTIONS);

  if (model->functions[i] == 0)
    define (model, i);
  push (model, (ModelFrame){ i, 0, ++model->n_keys });
  tx_stream_call (model->stream, model->functions[i], model->first_lines[i], get_top (model)->key);
  expect (model, TX_EVENT_CALL, 0);
}

static void
line (Model *model)
{
  static const gint ranges[] = { 3, 60, 70, 1000, 1000000 };
  ModelFrame *top = get_top (model);
  gint range = ranges[g_rand_int_range (model->random, 0, G_N_ELEMENTS (ranges))];
  gint64 number;

  if (!top)
    {
      tx_stream_line (model->stream, (guint32) g_rand_int_range (model->random, 1, 300));
      return;
    }
  number = (gint64) (top->line ? top->line : model->first_lines[top->function]) +
           g_rand_int_range (model->random, -range, range + 1);
  number = MAX (number, 1);
  tx_stream_line (model->stream, (guint32) number);
  if (number == top->line)
    return;
  top->line = (guint32) number;
  expect (model, TX_EVENT_LINE, top->line);
}

static void
leave (Model *model)
{
  TxEventKind kind = g_rand_boolean (model->random) ? TX_EVENT_RETURN : TX_EVENT_UNWIND;

  if (get_depth (model) > 0)
    {
      expect (model, kind, get_top (model)->line);
      g_array_set_size (model->current->frames, get_depth (model) - 1);
    }
  if (kind == TX_EVENT_RETURN)
    tx_stream_return (model->stream);
  else
    tx_stream_unwind (model->stream);
}

static void
yield (Model *model)
{
  guint place = (guint) g_rand_int_range (model->random, 0, N_KEYS);

  if (get_depth (model) == 0 || model->suspended[place].key != 0)
    return;
  expect (model, TX_EVENT_YIELD, get_top (model)->line);
  model->suspended[place] = *get_top (model);
  g_array_set_size (model->current->frames, get_depth (model) - 1);
  tx_stream_yield (model->stream);
}

static void
resume (Model *model)
{
  ModelFrame *suspended = &model->suspended[g_rand_int_range (model->random, 0, N_KEYS)];

  if (suspended->key == 0)
    return;
  push (model, *suspended);
  suspended->key = 0;
  tx_stream_resume (model->stream, model->functions[get_top (model)->function],
                    model->first_lines[get_top (model)->function], get_top (model)->key);
  expect (model, TX_EVENT_RESUME, get_top (model)->line);
}

static void
switch_thread (Model *model)
{
  guint i = (guint) g_rand_int_range (model->random, 0, N_THREADS);

  model->current = &model->threads[i];
  if (!model->current->thread)
    model->current->thread = tx_stream_get_thread (model->stream, 100 + i);
  g_assert_true (tx_stream_get_thread (model->stream, 100 + i) == model->current->thread);
  tx_stream_switch_to (model->stream, model->current->thread);
}

static void
resync (Model *model)
{
  guint n = (guint) g_rand_int_range (model->random, 0, 8);
  TxFrame frames[8];
  uint32_t first_lines[8];

  g_array_set_size (model->current->frames, 0);
  for (guint i = 0; i < n; i++)
    {
      guint function = (guint) g_rand_int_range (model->random, 0, N_FUNCTIONS);

      if (model->functions[function] == 0)
        define (model, function);
      push (model,
            (ModelFrame){ function, g_rand_boolean (model->random) ? 77 : 0, ++model->n_keys });
      frames[i] = (TxFrame){ .function = model->functions[function],
                             .line = get_top (model)->line,
                             .key = get_top (model)->key };
      first_lines[i] = model->first_lines[function];
    }
  tx_stream_resync (model->stream, frames, first_lines, n, TX_STACK_RESYNC);
}

static void
move (Model *model)
{
  gint kind = g_rand_int_range (model->random, 0, 1000);

  model->now_ns += g_rand_int_range (model->random, 0, 200);
  if (kind < 600)
    line (model);
  else if (kind < 760)
    call (model);
  else if (kind < 920)
    leave (model);
  else if (kind < 940)
    yield (model);
  else if (kind < 960)
    resume (model);
  else if (kind < 980)
    switch_thread (model);
  else if (kind < 985)
    _tx_writer_tick (model->writer);
  else if (kind < 987)
    resync (model);
  else if (kind < 988)
    tx_stream_precise_begin (model->stream);
  else if (kind < 990)
    tx_stream_precise_end (model->stream);
  else if (kind < 991)
    tx_stream_mark (model->stream, "here", 4);
  else if (kind < 992)
    g_assert_cmpint (tx_writer_flush (model->writer, 0, NULL), ==, TX_OK);
}

/* ---- Reading back ---- */

static gboolean
is_modelled (uint32_t kind)
{
  return kind >= TX_EVENT_LINE && kind <= TX_EVENT_RESUME;
}

static void
check_block (Model *model, const TxBlock *block, guint *position)
{
  int64_t last_ns = block->times.mono_first_ns;

  g_assert_false (block->damaged);
  for (size_t i = 0; i < block->n_events; i++)
    {
      const TxEvent *event = &block->events[i];
      const ModelEvent *expected;

      g_assert_cmpint (event->time_ns, >=, last_ns);
      g_assert_cmpint (event->time_ns, <=, block->times.mono_last_ns);
      last_ns = event->time_ns;
      if (!is_modelled (event->kind))
        continue;
      g_assert_cmpuint (*position, <, model->events->len);
      expected = &g_array_index (model->events, ModelEvent, (*position)++);
      g_assert_cmpuint (event->kind, ==, expected->kind);
      g_assert_cmpuint (event->thread, ==, expected->thread);
      g_assert_cmpuint (event->depth, ==, expected->depth);
      g_assert_cmpuint (event->function, ==, expected->function);
      g_assert_cmpuint (event->line, ==, expected->line);
    }
}

static void
check_recording (Model *model, const char *directory)
{
  TxError error;
  TxReader *reader = tx_reader_open (directory, &error);
  guint position = 0;
  uint64_t n_steps = 0;

  g_assert_nonnull (reader);
  g_assert_cmpint (tx_reader_get_state (reader), ==, TX_STATE_FINISHED);
  g_assert_null (tx_reader_get_damage (reader, NULL));
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (reader, i);
      TxBlock *block;

      g_assert_cmpuint (info->first_step, ==, n_steps);
      g_assert_cmpint (tx_reader_load_block (reader, i, &block, &error), ==, TX_OK);
      g_assert_cmpuint (info->steps, ==, block->n_steps);
      n_steps += block->n_steps;
      check_block (model, block, &position);
      tx_block_free (block);
    }
  g_assert_cmpuint (position, ==, model->events->len);
  g_assert_cmpuint (tx_reader_get_n_steps (reader), ==, n_steps);
  tx_reader_close (reader);
}

/* ---- Programs ---- */

static void
run_program (guint32 seed, guint n_moves, guint depth)
{
  Model model = { .random = g_rand_new_with_seed (seed), .now_ns = 1000000 };
  TxWriterOptions options = {
    .manual = true,
    .slot_size_bytes = TX_SLOT_SIZE_MIN,
    .slot_count = 64,
    .segment_size_bytes = 20000,
    .clock_ns = read_clock,
    .clock_data = &model,
  };
  char *directory = trace_text_make_directory ();
  TxStreamStats stats;
  uint64_t n_flushed = 0;

  model.writer = tx_writer_new (directory, &options, NULL);
  g_assert_nonnull (model.writer);
  model.stream = tx_writer_get_stream (model.writer);
  model.events = g_array_new (FALSE, FALSE, sizeof (ModelEvent));
  for (guint i = 0; i < N_THREADS; i++)
    model.threads[i].frames = g_array_new (FALSE, FALSE, sizeof (ModelFrame));
  g_assert_cmpuint (tx_stream_define_file (model.stream, "/nowhere/a.py", 13), ==, 1);
  switch_thread (&model);
  for (guint i = 0; i < depth; i++)
    call (&model);

  for (guint i = 0; i < n_moves; i++)
    {
      move (&model);
      tx_stream_get_stats (model.stream, &stats);
      if (stats.blocks > n_flushed + 32)
        {
          g_assert_cmpint (tx_writer_flush (model.writer, 0, NULL), ==, TX_OK);
          n_flushed = stats.blocks;
        }
    }
  /* Down again, through frames that most blocks have never stated. */
  for (guint i = get_depth (&model); i > 0; i--)
    leave (&model);

  tx_stream_get_stats (model.stream, &stats);
  g_assert_cmpuint (stats.events_lost, ==, 0);
  g_assert_cmpint (tx_writer_close (model.writer, 0, NULL), ==, TX_OK);
  check_recording (&model, directory);
  g_array_unref (model.events);
  for (guint i = 0; i < N_THREADS; i++)
    g_array_unref (model.threads[i].frames);
  g_rand_free (model.random);
  trace_text_remove_directory (directory);
}

static void
test_programs (void)
{
  for (guint32 seed = 1; seed <= 60; seed++)
    run_program (seed, 20000, 0);
}

static void
test_deep_programs (void)
{
  for (guint32 seed = 1; seed <= 10; seed++)
    run_program (1000 + seed, 5000, seed * 300);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trace/stream/random/programs", test_programs);
  g_test_add_func ("/trace/stream/random/deep-programs", test_deep_programs);
  return g_test_run ();
}
