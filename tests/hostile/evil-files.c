// SPDX-License-Identifier: BSD-3-Clause
// What stands in the directory: links, FIFOs, devices, sizes, numbers of files, and an info that
// points elsewhere.
#include "evil.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

static const char *const file_names[] = {
  TX_FILE_END,    TX_FILE_CATALOG, TX_FILE_SOURCES, "index.00000",
  "blocks.00001", "digests.00002", TX_FILE_RING,
};

static char *
get_outside (const Evil *evil, const char *name)
{
  return g_build_filename (evil->outside, name, NULL);
}

static void
link_to (const Evil *evil, const char *target, const char *name)
{
  g_autofree char *path = evil_get_path (evil, name);

  g_assert_cmpint (symlink (target, path), ==, 0);
}

static void
make_links (Evil *evil)
{
  g_autofree char *secret = get_outside (evil, "secret");

  evil_add_good_block (evil);
  for (guint i = 0; i < G_N_ELEMENTS (file_names); i++)
    link_to (evil, secret, file_names[i]);
}

/* A segment that would be right if it stood here. */
static void
make_linked_segment (Evil *evil)
{
  g_autofree char *target = get_outside (evil, "blocks.00000");

  evil_add_good_block (evil);
  g_assert_true (
      g_file_set_contents (target, (const char *) evil->segment->data, evil->segment->len, NULL));
  link_to (evil, target, "blocks.00000");
}

static void
make_linked_info (Evil *evil)
{
  g_autofree char *target = get_outside (evil, "info");

  evil_add_good_block (evil);
  g_assert_true (g_file_set_contents (target, evil->info->str, (gssize) evil->info->len, NULL));
  link_to (evil, target, TX_FILE_INFO);
}

static void
make_link_loops (Evil *evil)
{
  evil_add_good_block (evil);
  for (guint i = 0; i < G_N_ELEMENTS (file_names); i++)
    link_to (evil, file_names[i], file_names[i]);
  link_to (evil, ".", "latest");
}

static void
make_fifos (Evil *evil)
{
  evil_add_good_block (evil);
  for (guint i = 0; i < G_N_ELEMENTS (file_names); i++)
    {
      g_autofree char *path = evil_get_path (evil, file_names[i]);

      g_assert_cmpint (mkfifo (path, 0600), ==, 0);
    }
}

static void
make_directories (Evil *evil)
{
  evil_add_good_block (evil);
  for (guint i = 0; i < G_N_ELEMENTS (file_names); i++)
    {
      g_autofree char *path = evil_get_path (evil, file_names[i]);

      g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
    }
}

/* Where one may not make devices, links to them; the endless one and the one that is a terminal. */
static void
make_devices (Evil *evil)
{
  evil_add_good_block (evil);
  for (guint i = 0; i < G_N_ELEMENTS (file_names); i++)
    {
      g_autofree char *path = evil_get_path (evil, file_names[i]);
      dev_t device = i % 2 ? makedev (1, 5) : makedev (5, 0);

      if (mknod (path, S_IFCHR | 0600, device) != 0)
        link_to (evil, i % 2 ? "/dev/zero" : "/dev/tty", file_names[i]);
    }
}

static void
make_sockets (Evil *evil)
{
  g_autofree char *old = g_get_current_dir ();

  evil_add_good_block (evil);
  /* From within: a socket's path is short. */
  g_assert_cmpint (g_chdir (evil->directory), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (file_names); i++)
    {
      struct sockaddr_un address = { .sun_family = AF_UNIX };
      int fd = socket (AF_UNIX, SOCK_STREAM, 0);

      g_strlcpy (address.sun_path, file_names[i], sizeof address.sun_path);
      g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
      close (fd);
    }
  g_assert_cmpint (g_chdir (old), ==, 0);
}

static void
make_terabytes (Evil *evil)
{
  evil_add_good_block (evil);
  for (guint i = 0; i < G_N_ELEMENTS (file_names); i++)
    evil_put_hole (evil, file_names[i], G_GUINT64_CONSTANT (1) << 42);
}

static void
make_empty_files (Evil *evil)
{
  for (guint i = 0; i < G_N_ELEMENTS (file_names); i++)
    evil_put_hole (evil, file_names[i], 0);
  evil_put_hole (evil, "blocks.00000", 0);
}

/* Each number a file, none next to the other. */
static void
make_many_segments (Evil *evil)
{
  for (guint32 i = 0; i < 5000; i++)
    {
      g_autofree char *name = g_strdup_printf (TX_FILE_SEGMENT_FORMAT, i * 2);
      g_autofree char *digests = g_strdup_printf (TX_FILE_DIGESTS_FORMAT, i * 2 + 1);

      evil_put_hole (evil, name, 64);
      evil_put_hole (evil, digests, 64);
    }
  evil_begin_segment (evil, UINT32_MAX);
  evil_add_good_block (evil);
}

static void
make_odd_names (Evil *evil)
{
  static const char *const names[] = {
    "blocks.4294967296", "blocks.-0001",     "blocks.0000",         "blocks.99999999999999999999",
    "blocks.",           "blocks.00000~",    "digests.00000000000", "blocks.\033[31m",
    "blocks.00001\n",    "index.4294967295",
  };

  evil_add_good_block (evil);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    evil_put_hole (evil, names[i], 4096);
}

/* ---- info and end ---- */

static void
make_ring_elsewhere (Evil *evil)
{
  g_autofree char *secret = get_outside (evil, "secret");

  evil_add_good_block (evil);
  g_string_append_printf (evil->info, "ring=%s\npid=%d\n", secret, 1);
}

static void
make_ring_device (Evil *evil)
{
  evil_add_good_block (evil);
  g_string_append (evil->info, "ring=/dev/tty\npid=1\nstart_ticks=0\n");
}

static void
make_ring_of_a_process (Evil *evil)
{
  evil_add_good_block (evil);
  g_string_append_printf (evil->info, "ring=/proc/self/mem\npid=%d\nboot_id=\nimage=0\n",
                          getppid ());
}

static void
make_ring_relative (Evil *evil)
{
  evil_add_good_block (evil);
  g_string_append (
      evil->info,
      "ring=../../outside/secret\npid=99999999999999999999\nring_dev=18446744073709551615\n");
}

static void
make_parents (Evil *evil)
{
  evil_add_good_block (evil);
  g_string_append (evil->info, "parent=parents\nparent_pid=1\nparent_trace_id=1122334455667788\n"
                               "fork_mono_ns=-9223372036854775808\n");
}

static void
make_parent_outside (Evil *evil)
{
  evil_add_good_block (evil);
  g_string_append (
      evil->info,
      "parent=../../../../../etc/passwd\nparent_pid=1\nprogram=/etc/shadow\ncwd=/root\n");
}

static void
make_long_info (Evil *evil)
{
  evil_add_good_block (evil);
  for (int i = 0; i < 200000; i++)
    g_string_append_printf (evil->info, "k%d==\\x00\\n\n", i % 1000);
}

static void
make_endless_info (Evil *evil)
{
  evil_add_good_block (evil);
  evil_put_file (evil, TX_FILE_INFO, evil->info->str, evil->info->len);
  evil_put_hole (evil, TX_FILE_INFO, G_GUINT64_CONSTANT (1) << 40);
}

static void
make_info_escapes (Evil *evil)
{
  evil_add_good_block (evil);
  g_string_append (
      evil->info,
      "program=\033]0;owned\a\033[2J\ncommand=\\x1b[31m\nargv=\x9b\x32J \xff\xfe <b>&\n"
      "host=<span foreground='red'>x</span>\nzone=../../outside/secret\nutc_offset_s=99999999999\n"
      "python=%s%n%n%n\nmono_ns=-1\nreal_ns=99999999999999999999\nfilter=\xe2\x80\xae"
      "abc\n");
}

static void
make_zone_outside (Evil *evil)
{
  g_autofree char *secret = get_outside (evil, "secret");

  evil_add_good_block (evil);
  g_string_append_printf (evil->info, "zone=%s\nutc_offset_s=-2147483648\n", secret);
}

static void
make_end_of_everything (Evil *evil)
{
  static const char end[] =
      "reason=\033[5mclosed\nblocks=18446744073709551615\nsteps=18446744073709551615\n"
      "events=-1\nevents_lost=18446744073709551615\nnative_cpu_ns=18446744073709551615\n"
      "file_bytes=0\nevent_bytes=18446744073709551615\nstamps=1e999\n";

  evil_add_good_block (evil);
  evil_put_file (evil, TX_FILE_END, end, sizeof end - 1);
}

static void
make_no_id (Evil *evil)
{
  evil_add_good_block (evil);
  g_string_assign (evil->info, "format=1.0\ntrace_id=0\ntrace_id=zz\nincompatible=,,,\n");
}

static void
make_format_of_later (Evil *evil)
{
  evil_add_good_block (evil);
  g_string_assign (evil->info,
                   "format=1.99999999999999999999\nincompatible=\ntrace_id=1122334455667788\n");
}

const EvilRecipe evil_file_recipes[] = {
  { "links", make_links },
  { "linked-segment", make_linked_segment },
  { "linked-info", make_linked_info },
  { "link-loops", make_link_loops },
  { "fifos", make_fifos },
  { "directories", make_directories },
  { "devices", make_devices },
  { "sockets", make_sockets },
  { "terabytes", make_terabytes },
  { "empty-files", make_empty_files },
  { "many-segments", make_many_segments },
  { "odd-names", make_odd_names },
  { "ring-elsewhere", make_ring_elsewhere },
  { "ring-device", make_ring_device },
  { "ring-of-a-process", make_ring_of_a_process },
  { "ring-relative", make_ring_relative },
  { "parents", make_parents },
  { "parent-outside", make_parent_outside },
  { "long-info", make_long_info },
  { "endless-info", make_endless_info },
  { "info-escapes", make_info_escapes },
  { "zone-outside", make_zone_outside },
  { "end-of-everything", make_end_of_everything },
  { "no-id", make_no_id },
  { "format-of-later", make_format_of_later },
  { NULL, NULL },
};
