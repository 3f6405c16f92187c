// SPDX-License-Identifier: BSD-3-Clause
// Every allocation of a conversion fails once, each with an error in words; and a conversion that
// is cancelled. The linker puts our malloc() and the others in the place of the system's.
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "replay/replay-convert.h"
#include "trace-text.h"
#include "walt/walt.h"

static int64_t n_left = -1; /* allocations that still succeed; -1: all */

static bool
may_allocate (void)
{
  if (n_left < 0)
    return true;
  if (n_left == 0)
    return false;
  n_left--;
  return true;
}

void *__real_malloc (size_t size);
void *__real_calloc (size_t n, size_t size);
void *__real_realloc (void *memory, size_t size);
void *__real_reallocarray (void *memory, size_t n, size_t size);
void *__wrap_malloc (size_t size);
void *__wrap_calloc (size_t n, size_t size);
void *__wrap_realloc (void *memory, size_t size);
void *__wrap_reallocarray (void *memory, size_t n, size_t size);

void *
__wrap_malloc (size_t size)
{
  return may_allocate () ? __real_malloc (size) : NULL;
}

void *
__wrap_calloc (size_t n, size_t size)
{
  return may_allocate () ? __real_calloc (n, size) : NULL;
}

void *
__wrap_realloc (void *memory, size_t size)
{
  return may_allocate () ? __real_realloc (memory, size) : NULL;
}

void *
__wrap_reallocarray (void *memory, size_t n, size_t size)
{
  return may_allocate () ? __real_reallocarray (memory, n, size) : NULL;
}

static const char recording[] = TEST_DATA_DIRECTORY "/walt/mako";

/* Given the N-th allocation failing and all behind it, for every N: a conversion fails in words, or
 * is whole. */
static void
test_every_allocation_fails (void)
{
  int64_t n = 0;
  TxStatus status;

  do
    {
      char *target = trace_text_make_directory ();
      TxError error = { 0 };

      n_left = n;
      status = walt_convert (recording, target, NULL, NULL, &error);
      n_left = -1;
      if (status == TX_OK)
        {
          TxReader *reader = tx_reader_open (target, &error);

          g_assert_nonnull (reader);
          g_assert_null (tx_reader_get_damage (reader, NULL));
          g_assert_cmpuint (tx_reader_get_n_steps (reader), ==, 31625);
          tx_reader_close (reader);
        }
      else
        {
          g_assert_cmpint (status, <, 0);
          g_assert_cmpint (error.message[0], !=, '\0');
        }
      trace_text_remove_directory (target);
      n++;
    }
  while (status != TX_OK);
  g_test_message ("walt: each of %" G_GINT64_FORMAT " allocations failed once", n - 1);
  g_assert_cmpint (n, >, 20);
}

/** Cancels when it is asked for the N-th time. */
typedef struct
{
  int n_left;
  double last;
} Patience;

static bool
go_on_cb (void *data, double fraction)
{
  Patience *self = data;

  g_assert_cmpfloat (fraction, >=, self->last);
  g_assert_cmpfloat (fraction, <=, 1);
  self->last = fraction;
  return self->n_left-- > 0;
}

static void
test_cancelled (void)
{
  char *cache = trace_text_make_directory ();
  Patience patience = { .n_left = 0 };
  ReplayProgress progress = { go_on_cb, &patience };
  g_autofree char *kept = g_build_filename (cache, "trackexec", "walt", NULL);
  g_autoptr (GDir) directory = NULL;
  TxError error = { 0 };
  int n_cancelled = 0;

  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  while (replay_convert (TEST_DATA_DIRECTORY "/walt/pt_jinja2", &progress, &error) == TX_CANCELLED)
    {
      GDir *left = g_dir_open (kept, 0, NULL);

      g_assert_null (g_dir_read_name (left));
      g_dir_close (left);
      patience = (Patience){ .n_left = ++n_cancelled };
    }
  g_assert_cmpint (n_cancelled, >=, 4);
  directory = g_dir_open (kept, 0, NULL);
  g_assert_nonnull (g_dir_read_name (directory));
  trace_text_remove_directory (cache);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/walt/every-allocation-fails", test_every_allocation_fails);
  g_test_add_func ("/walt/cancelled", test_cancelled);
  return g_test_run ();
}
