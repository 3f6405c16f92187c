// SPDX-License-Identifier: BSD-3-Clause
// Random programs in the language of trace-text.h, see reference.h.
#include "reference.h"

#define N_FUNCTIONS 12

typedef struct
{
  int function; /* -1: none */
  int label;    /* 0: none */
} ProgramFrame;

typedef struct
{
  GRand *random;
  GString *text;
  GArray *stacks[4]; /* of ProgramFrame */
  GArray *suspended; /* of ProgramFrame */
  int thread, n_labels;
} Program;

static ProgramFrame *
get_top (Program *self)
{
  GArray *stack = self->stacks[self->thread];

  return stack->len == 0 ? NULL : &g_array_index (stack, ProgramFrame, stack->len - 1);
}

static void
emit_call (Program *self)
{
  ProgramFrame frame = { g_rand_int_range (self->random, 0, N_FUNCTIONS), 0 };

  g_string_append_printf (self->text, "call %sf%d@/src/m%d.py:%d",
                          frame.function % 4 == 3 ? "async_" : "", frame.function,
                          frame.function % 3, 100 * frame.function + 1);
  if (g_rand_int_range (self->random, 0, 3) == 0)
    {
      frame.label = ++self->n_labels;
      g_string_append_printf (self->text, " as g%d", frame.label);
    }
  g_string_append_c (self->text, ';');
  g_array_append_val (self->stacks[self->thread], frame);
}

static void
emit_exit (Program *self)
{
  ProgramFrame top = *get_top (self);
  GArray *stack = self->stacks[self->thread];
  int choice = g_rand_int_range (self->random, 0, 8);

  if (choice < 3 && top.label != 0)
    {
      g_string_append (self->text, "yield;");
      g_array_append_val (self->suspended, top);
    }
  else
    g_string_append (self->text, choice == 7 ? "unwind;" : "return;");
  g_array_set_size (stack, stack->len - 1);
}

static void
emit_resume (Program *self)
{
  guint index = (guint) g_rand_int_range (self->random, 0, (gint32) self->suspended->len);
  ProgramFrame frame = g_array_index (self->suspended, ProgramFrame, index);

  g_array_remove_index_fast (self->suspended, index);
  g_string_append_printf (self->text, "resume g%d;", frame.label);
  g_array_append_val (self->stacks[self->thread], frame);
}

static void
emit_one (Program *self)
{
  int choice = g_rand_int_range (self->random, 0, 100);
  guint depth = self->stacks[self->thread]->len;

  if (choice < 4)
    {
      self->thread = g_rand_int_range (self->random, 0, 4);
      g_string_append_printf (self->text, "\nt%d: ", self->thread);
    }
  else if (choice < 6)
    g_string_append_printf (self->text, "+%dus;", g_rand_int_range (self->random, 1, 2000));
  else if (choice < 8)
    g_string_append (self->text, "stamp;");
  else if (depth == 0 || (choice < 8 + (depth < 12 ? 18 : 8)))
    emit_call (self);
  else if (choice < 38)
    emit_exit (self);
  else if (choice < 41 && self->suspended->len > 0)
    emit_resume (self);
  else
    g_string_append_printf (self->text, "line %d;",
                            100 * get_top (self)->function + 1 +
                                g_rand_int_range (self->random, 1, 9));
}

char *
reference_make_program (GRand *random, unsigned n_events, unsigned block_events)
{
  Program self = { .random = random, .text = g_string_new ("pace 1us;t0: ") };

  for (size_t i = 0; i < G_N_ELEMENTS (self.stacks); i++)
    self.stacks[i] = g_array_new (FALSE, FALSE, sizeof (ProgramFrame));
  self.suspended = g_array_new (FALSE, FALSE, sizeof (ProgramFrame));
  for (unsigned i = 0; i < n_events; i++)
    {
      emit_one (&self);
      if (g_rand_int_range (random, 0, (gint32) block_events) == 0)
        g_string_append (self.text, "block;");
    }
  for (size_t i = 0; i < G_N_ELEMENTS (self.stacks); i++)
    g_array_unref (self.stacks[i]);
  g_array_unref (self.suspended);
  return g_string_free (self.text, FALSE);
}
