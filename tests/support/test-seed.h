// SPDX-License-Identifier: BSD-3-Clause
// Random numbers of tests: the same at each run, so that what passed goes on to pass, and a failure
// comes again. With TRACKEXEC_FULL=1 or --seed=random they are others each time. Either way
// g_test_init() prints the seed, and --seed=R02S... gives those of that one again.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#define TEST_ARGS_MAX 64

/* Instead of g_test_init(). */
static inline void
test_init_seeded (int *argc, char ***argv)
{
  static char fixed[] = "--seed=R02S00000001000000020000000300000004";
  static char *args[TEST_ARGS_MAX + 2]; /* GLib goes on to refer to it */
  bool is_random = g_strcmp0 (g_getenv ("TRACKEXEC_FULL"), "1") == 0;
  int n = 0;

  g_assert_cmpint (*argc, <=, TEST_ARGS_MAX);
  args[n++] = (*argv)[0];
  args[n++] = fixed; /* before the others: one that is given wins */
  for (int i = 1; i < *argc; i++)
    if (strcmp ((*argv)[i], "--seed=random") == 0)
      is_random = true;
    else
      args[n++] = (*argv)[i];
  if (is_random)
    memmove (args + 1, args + 2, (size_t) (--n) * sizeof *args);
  args[n] = NULL;
  *argc = n;
  *argv = args;
  g_test_init (argc, argv, NULL);
  /* for code that runs on other threads, where g_test_rand_int() may not be called */
  g_random_set_seed ((guint32) g_test_rand_int ());
}
