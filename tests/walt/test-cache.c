// SPDX-License-Identifier: BSD-3-Clause
// The cache of converted recordings while another program converts the same one: whoever is later
// takes what is there, unless it is damaged.
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "trace-text.h"
#include "walt/walt.h"

#define RECORDING TEST_DATA_DIRECTORY "/walt/pt_jinja2"

/** The other program: converts when the first one is asked whether it shall go on. */
typedef struct
{
  char *converted; /* owned; NULL: not yet */
  int lock;
  bool damages;    /* its trace, as a crash of the machine would */
  bool keeps_lock; /* it goes on to use it */
} Other;

static bool
convert_meanwhile (void *data, double fraction)
{
  Other *other = data;
  g_autofree char *end = NULL;

  if (other->converted)
    return true;
  g_assert_cmpint (
      walt_convert_cached (RECORDING, NULL, NULL, &other->converted, &other->lock, NULL), ==,
      TX_OK);
  end = g_build_filename (other->converted, "end", NULL);
  if (other->damages)
    g_assert_true (g_file_set_contents (end, "", 0, NULL));
  if (!other->keeps_lock)
    close (other->lock);
  return true;
}

static void
check (Other other, TxStatus expected)
{
  char *cache = trace_text_make_directory ();
  g_autofree char *kept = g_build_filename (cache, "trackexec", "walt", NULL);
  g_autoptr (GDir) directory = NULL;
  TxError error = { 0 };
  char *converted = NULL;
  int lock = -1;

  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  g_assert_cmpint (
      walt_convert_cached (RECORDING, convert_meanwhile, &other, &converted, &lock, &error), ==,
      expected);
  if (expected == TX_OK)
    {
      TxReader *reader = tx_reader_open (converted, NULL);

      g_assert_cmpstr (converted, ==, other.converted);
      g_assert_cmpuint (tx_reader_get_n_steps (reader), >, 1000);
      tx_reader_close (reader);
      close (lock);
    }
  else
    g_assert_nonnull (strstr (error.message, "in use"));
  if (other.keeps_lock)
    close (other.lock);
  /* One entry, and nothing half done. */
  directory = g_dir_open (kept, 0, NULL);
  g_assert_nonnull (g_dir_read_name (directory));
  g_assert_null (g_dir_read_name (directory));
  free (converted);
  free (other.converted);
  trace_text_remove_directory (cache);
}

static void
test_the_other_was_faster (void)
{
  check ((Other){ .lock = -1 }, TX_OK);
  check ((Other){ .keeps_lock = true }, TX_OK);
}

static void
test_the_others_is_damaged (void)
{
  check ((Other){ .damages = true }, TX_OK);
  check ((Other){ .damages = true, .keeps_lock = true }, TX_ERROR_IO);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/walt/cache/faster", test_the_other_was_faster);
  g_test_add_func ("/walt/cache/damaged", test_the_others_is_damaged);
  return g_test_run ();
}
