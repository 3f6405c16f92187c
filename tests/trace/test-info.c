// SPDX-License-Identifier: BSD-3-Clause
// The text files of a trace: lines, escapes, numbers, and what is none of these.
#include <glib.h>
#include <string.h>

#include "trace/tx-info-reader-private.h"

static TxInfo
parse (const char *text)
{
  TxInfo info;

  /* Of malloc(), and of exactly this size. */
  g_assert_true (_tx_info_parse (&info, strdup (text), strlen (text)));
  return info;
}

static void
test_lines (void)
{
  TxInfo info = parse ("a=1\nb_2.c=x=y\nempty=\na=2\n");

  g_assert_cmpuint (info.n_lines, ==, 4);
  g_assert_cmpstr (_tx_info_get (&info, "a"), ==, "1");
  g_assert_cmpstr (_tx_info_get (&info, "b_2.c"), ==, "x=y");
  g_assert_cmpstr (_tx_info_get (&info, "empty"), ==, "");
  g_assert_cmpstr (_tx_info_get (&info, "none"), ==, NULL);
  g_assert_cmpuint (info.n_bad, ==, 0);
  _tx_info_clear (&info);
}

static void
test_a_line_without_its_end_was_cut (void)
{
  TxInfo info = parse ("pid=12\nring=/dev/sh");

  g_assert_cmpstr (_tx_info_get (&info, "pid"), ==, "12");
  g_assert_cmpstr (_tx_info_get (&info, "ring"), ==, NULL);
  _tx_info_clear (&info);
}

static void
test_escapes (void)
{
  TxInfo info = parse ("a=one\\ntwo\nb=back\\\\slash\nc=\\x1b[1m\nd=\\x00\ne=\\q\\x4\\\n");

  g_assert_cmpstr (_tx_info_get (&info, "a"), ==, "one\ntwo");
  g_assert_cmpstr (_tx_info_get (&info, "b"), ==, "back\\slash");
  g_assert_cmpstr (_tx_info_get (&info, "c"), ==, "\x1b[1m");
  /* A NUL would end the value, and what is no escape stays. */
  g_assert_cmpstr (_tx_info_get (&info, "d"), ==, "\\x00");
  g_assert_cmpstr (_tx_info_get (&info, "e"), ==, "\\q\\x4\\");
  _tx_info_clear (&info);
}

static void
test_what_is_no_line_is_left_out (void)
{
  TxInfo info = parse ("good=1\nno equals\n=no key\nBAD=2\nsp ace=3\nalso=4\n");

  g_assert_cmpuint (info.n_lines, ==, 2);
  g_assert_cmpuint (info.n_bad, ==, 4);
  g_assert_cmpstr (_tx_info_get (&info, "also"), ==, "4");
  _tx_info_clear (&info);
}

static void
test_numbers (void)
{
  TxInfo info = parse ("a=42\nb=00ff\nc=18446744073709551615\nd=18446744073709551616\ne=\nf=1x\n"
                       "g=-1\n");
  uint64_t number = 7;

  g_assert_true (_tx_info_get_number (&info, "a", 10, &number));
  g_assert_cmpuint (number, ==, 42);
  g_assert_true (_tx_info_get_number (&info, "b", 16, &number));
  g_assert_cmpuint (number, ==, 255);
  g_assert_true (_tx_info_get_number (&info, "c", 10, &number));
  g_assert_cmpuint (number, ==, UINT64_MAX);
  for (const char *key = "defgh"; *key; key++)
    g_assert_false (_tx_info_get_number (&info, (char[]){ *key, '\0' }, 10, &number));
  g_assert_false (_tx_info_get_number (&info, "b", 10, &number));
  g_assert_cmpuint (number, ==, UINT64_MAX);
  _tx_info_clear (&info);
}

static void
test_nothing (void)
{
  TxInfo info = parse ("");

  g_assert_cmpuint (info.n_lines, ==, 0);
  _tx_info_clear (&info);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/info/lines", test_lines);
  g_test_add_func ("/info/cut", test_a_line_without_its_end_was_cut);
  g_test_add_func ("/info/escapes", test_escapes);
  g_test_add_func ("/info/bad-lines", test_what_is_no_line_is_left_out);
  g_test_add_func ("/info/numbers", test_numbers);
  g_test_add_func ("/info/nothing", test_nothing);
  return g_test_run ();
}
