// SPDX-License-Identifier: BSD-3-Clause
// Errors in words.
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "trace/tx-error.h"

static void
test_each_status_has_a_name (void)
{
  static const struct
  {
    TxStatus status;
    const char *name;
  } rows[] = {
    { TX_OK, "success" },
    { TX_END, "end" },
    { TX_CANCELLED, "cancelled" },
    { TX_ERROR_IO, "input/output error" },
    { TX_ERROR_NOT_TRACE, "not a trace" },
    { TX_ERROR_VERSION, "newer version" },
    { TX_ERROR_DAMAGED, "damaged" },
    { TX_ERROR_MEMORY, "out of memory" },
    { TX_ERROR_INVALID, "invalid argument" },
    { TX_ERROR_GAP, "missing stretch" },
    { TX_ERROR_FORKED, "forked" },
    { (TxStatus) 1000, "unknown status" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpstr (tx_status_get_name (rows[i].status), ==, rows[i].name);
}

static void
test_messages (void)
{
  g_autofree char *name = g_strnfill (2 * sizeof ((TxError *) NULL)->message, 'x');
  TxError error;

  g_assert_cmpint (tx_error_set (&error, TX_ERROR_GAP, "block %d is gone", 7), ==, TX_ERROR_GAP);
  g_assert_cmpint (error.status, ==, TX_ERROR_GAP);
  g_assert_cmpstr (error.message, ==, "block 7 is gone");
  g_assert_cmpint (tx_error_set_errno (&error, ENOENT, "cannot open '%s'", "a"), ==, TX_ERROR_IO);
  g_assert_cmpint (error.sys_errno, ==, ENOENT);
  g_assert_cmpstr (error.message, ==, "cannot open 'a': No such file or directory");
  /* What is too long is cut; nobody has to ask for a message. */
  tx_error_set_errno (&error, ENOENT, "cannot open '%s'", name);
  g_assert_cmpuint (strlen (error.message), ==, sizeof error.message - 1);
  g_assert_cmpint (tx_error_set (NULL, TX_ERROR_MEMORY, "no"), ==, TX_ERROR_MEMORY);
  g_assert_cmpint (tx_error_set_errno (NULL, ENOENT, "no"), ==, TX_ERROR_IO);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trace/error/names", test_each_status_has_a_name);
  g_test_add_func ("/trace/error/messages", test_messages);
  return g_test_run ();
}
