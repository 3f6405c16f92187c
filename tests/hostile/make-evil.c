// SPDX-License-Identifier: BSD-3-Clause
// Writes the evil traces, and the files outside that they try to have read:
//
//   make-evil DIRECTORY [NAME]...
//
// DIRECTORY/run/NAME is a trace; DIRECTORY/outside/ nobody may look at.
//
// All of them, or some. Prints the names, one a line.
#include <glib/gstdio.h>
#include <stdio.h>

#include "evil.h"

static void
make (const char *run, const EvilRecipe *recipes, const char *const *only)
{
  for (; recipes->name; recipes++)
    if (!*only || g_strv_contains (only, recipes->name))
      {
        Evil *evil = evil_begin (run, recipes->name);

        recipes->make (evil);
        evil_end (evil);
        printf ("%s\n", recipes->name);
      }
}

int
main (int argc, char **argv)
{
  const char *const *only = (const char *const *) argv + 2;
  g_autofree char *run = NULL;
  g_autofree char *outside = NULL;
  g_autofree char *secret = NULL;

  g_assert_cmpint (argc, >=, 2);
  run = g_build_filename (argv[1], "run", NULL);
  outside = g_build_filename (argv[1], "outside", NULL);
  secret = g_build_filename (outside, "secret", NULL);
  g_assert_cmpint (g_mkdir_with_parents (run, 0700), ==, 0);
  g_assert_cmpint (g_mkdir_with_parents (outside, 0700), ==, 0);
  g_assert_true (g_file_set_contents (secret, "the secret\n", -1, NULL));
  make (run, evil_file_recipes, only);
  make (run, evil_name_recipes, only);
  make (run, evil_block_recipes, only);
  return 0;
}
