// SPDX-License-Identifier: BSD-3-Clause
// Whether a trace's process lives: this one does, and nothing that only looks like it.
#include <glib.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "trace-text.h"
#include "trace/tx-os-private.h"
#include "trace/tx-process-private.h"

typedef struct
{
  char *directory; /* owned */
  TraceText *text;
  TxReader *reader;
  TxProcess process; /* this one, as its trace has it */
} Fixture;

static uint64_t
get_number (const Fixture *fixture, const char *key)
{
  return g_ascii_strtoull (tx_reader_get_info (fixture->reader, key), NULL, 10);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->directory = trace_text_make_directory ();
  fixture->text = trace_text_new (fixture->directory, NULL);
  fixture->reader = tx_reader_open (fixture->directory, NULL);
  fixture->process = (TxProcess){
    .pid = (uint32_t) getpid (),
    .start_ticks = get_number (fixture, "start_ticks"),
    .image = get_number (fixture, "image"),
    .pid_namespace = get_number (fixture, "pid_namespace"),
    .time_namespace = get_number (fixture, "time_namespace"),
    .boot_id = tx_reader_get_info (fixture->reader, "boot_id"),
  };
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  tx_reader_close (fixture->reader);
  trace_text_close (fixture->text);
  trace_text_remove_directory (fixture->directory);
}

static void
test_who_lives (Fixture *fixture, gconstpointer data)
{
  TxProcess process = fixture->process;

  g_assert_true (_tx_process_is_alive (&process));
  process.boot_id = "00000000-0000-0000-0000-000000000000";
  g_assert_false (_tx_process_is_alive (&process));
  process.boot_id = "";
  g_assert_false (_tx_process_is_alive (&process));
  process = fixture->process;
  process.pid = 0;
  g_assert_false (_tx_process_is_alive (&process));
  /* Our pid was another's before; from another time namespace its ticks say nothing. */
  process = fixture->process;
  process.start_ticks++;
  g_assert_false (_tx_process_is_alive (&process));
  process.time_namespace ^= 1;
  g_assert_cmpint (_tx_process_is_alive (&process), ==, process.time_namespace != 1);
  /* Another program was run since. */
  process = fixture->process;
  process.image ^= 4096;
  g_assert_cmpint (_tx_process_is_alive (&process), ==, fixture->process.image <= 1);
  process.image = 0;
  g_assert_true (_tx_process_is_alive (&process));
}

static void
test_zombies_are_dead (Fixture *fixture, gconstpointer data)
{
  TxProcess process = fixture->process;
  siginfo_t info;
  pid_t pid = fork ();

  if (pid == 0)
    _exit (0);
  g_assert_cmpint (waitid (P_PID, (id_t) pid, &info, WEXITED | WNOWAIT), ==, 0);
  process.pid = (uint32_t) pid;
  process.time_namespace ^= 1; /* so that only its state can say it */
  g_assert_false (_tx_process_is_alive (&process));
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
  g_assert_false (_tx_process_is_alive (&process));
}

/* ---- Processes that /proc says little of ---- */

static void *
stay_cb (void *data)
{
  for (;;)
    pause ();
  return NULL;
}

static char
get_state (pid_t pid)
{
  char *name = g_strdup_printf ("/proc/%ld/stat", (long) pid);
  char *text = NULL;
  char *pos = g_file_get_contents (name, &text, NULL, NULL) ? strrchr (text, ')') : NULL;
  char state = pos ? pos[2] : '?';

  g_free (text);
  g_free (name);
  return state;
}

/* A process lives as long as any of its threads, though /proc calls it a zombie then. */
static void
test_main_thread_ended (Fixture *fixture, gconstpointer data)
{
  TxProcess process = fixture->process;
  pthread_t thread;
  pid_t pid = fork ();

  if (pid == 0)
    {
      alarm (60); /* should nobody end it */
      if (pthread_create (&thread, NULL, stay_cb, NULL) != 0)
        _exit (1);
      pthread_exit (NULL);
    }
  for (int i = 0; i < 5000 && get_state (pid) != 'Z'; i++)
    g_usleep (1000);
  g_assert_cmpint (get_state (pid), ==, 'Z');
  process.pid = (uint32_t) pid;
  process.time_namespace ^= 1; /* so that its ticks need not be known */
  g_assert_true (_tx_process_is_alive (&process));
  kill (pid, SIGKILL);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
  g_assert_false (_tx_process_is_alive (&process));
}

/* Exit statuses of children that look from another place. */
enum
{
  SEEN_RIGHT,
  SEEN_WRONG,
  CANNOT_LOOK
};

static pid_t
make_gone (void)
{
  pid_t pid = fork ();

  if (pid == 0)
    _exit (0);
  waitpid (pid, NULL, 0);
  return pid;
}

/* Group 0 may see all. */
static bool
become (uid_t uid)
{
  return setgroups (0, NULL) == 0 && setresgid (uid, uid, uid) == 0 &&
         setresuid (uid, uid, uid) == 0;
}

/* In a child, where /proc is another one. */
static int
look_from (const TxProcess *self, const char *type, const char *options, uid_t uid)
{
  TxProcess gone = *self;

  gone.pid = (uint32_t) make_gone ();
  if (unshare (CLONE_NEWNS) != 0 || mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
      mount ("none", "/proc", type, 0, options) != 0 || (uid && !become (uid)))
    return CANNOT_LOOK;
  return _tx_process_is_alive (self) && !_tx_process_is_alive (&gone) ? SEEN_RIGHT : SEEN_WRONG;
}

static void
check_seen_from (const TxProcess *self, const char *type, const char *options, uid_t uid)
{
  int status;
  pid_t pid = fork ();

  if (pid == 0)
    _exit (look_from (self, type, options, uid));
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  if (WEXITSTATUS (status) == CANNOT_LOOK)
    g_test_skip ("only root can mount another /proc");
  else
    g_assert_cmpint (WEXITSTATUS (status), ==, SEEN_RIGHT);
}

/* systemd's ProtectProc=invisible. A process that has changed its user is hidden from its own, too.
 */
static void
test_hidden (Fixture *fixture, gconstpointer data)
{
  check_seen_from (&fixture->process, "proc", "hidepid=2", 65534);
}

static void
test_no_proc (Fixture *fixture, gconstpointer data)
{
  check_seen_from (&fixture->process, "tmpfs", NULL, 0);
}

/* A trace that was begun without /proc names nothing but a pid. */
static void
test_only_a_pid (Fixture *fixture, gconstpointer data)
{
  TxProcess process = { .pid = (uint32_t) getpid (), .boot_id = "" };

  g_assert_false (_tx_process_is_alive (&process));
  g_assert_true (_tx_process_may_be_elsewhere (&process));
  process.pid = 1; /* somebody else's */
  g_assert_true (_tx_process_may_be_elsewhere (&process));
  process.pid = (uint32_t) make_gone ();
  g_assert_false (_tx_process_may_be_elsewhere (&process));
  process.pid = 0;
  g_assert_false (_tx_process_may_be_elsewhere (&process));
}

static void
test_elsewhere (Fixture *fixture, gconstpointer data)
{
  TxProcess process = fixture->process;

  g_assert_false (_tx_process_may_be_elsewhere (&process));
  process.pid_namespace ^= 1;
  g_assert_cmpint (_tx_process_may_be_elsewhere (&process), ==, process.pid_namespace != 1);
  process.boot_id = "00000000-0000-0000-0000-000000000000";
  g_assert_false (_tx_process_may_be_elsewhere (&process));
  process = fixture->process;
  process.pid_namespace = 0;
  g_assert_false (_tx_process_may_be_elsewhere (&process));
}

static void
test_program_start (Fixture *fixture, gconstpointer data)
{
  int64_t start_ns = _tx_process_get_program_start ();
  int64_t now_ns = g_get_real_time () * 1000;

  g_assert_cmpint (start_ns, <=, now_ns);
  g_assert_cmpint (start_ns, >, now_ns - INT64_C (3600) * 1000000000);
}

/* ---- Threads ---- */

static _Atomic int sleeper_id;

static void *
sleep_cb (void *data)
{
  atomic_store (&sleeper_id, _tx_os_get_thread_id ());
  while (atomic_load (&sleeper_id))
    nanosleep (&(struct timespec){ .tv_nsec = 200000000 }, NULL);
  return NULL;
}

static void
test_blocked_threads (Fixture *fixture, gconstpointer data)
{
  bool was_blocked = false;
  pthread_t sleeper;

  g_assert_false (_tx_process_is_thread_blocked (_tx_os_get_thread_id ()));
  g_assert_false (_tx_process_is_thread_blocked (1 << 30));
  g_assert_cmpint (pthread_create (&sleeper, NULL, sleep_cb, NULL), ==, 0);
  while (!atomic_load (&sleeper_id))
    g_usleep (1000);
  for (int i = 0; i < 1000 && !was_blocked; i++)
    {
      g_usleep (1000);
      was_blocked = _tx_process_is_thread_blocked (atomic_load (&sleeper_id));
    }
  g_assert_true (was_blocked);
  atomic_store (&sleeper_id, 0);
  pthread_join (sleeper, NULL);
}

#define TEST(path, func) g_test_add ("/trace/process/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TEST ("who-lives", test_who_lives);
  TEST ("zombies", test_zombies_are_dead);
  TEST ("main-thread-ended", test_main_thread_ended);
  TEST ("hidden", test_hidden);
  TEST ("no-proc", test_no_proc);
  TEST ("only-a-pid", test_only_a_pid);
  TEST ("elsewhere", test_elsewhere);
  TEST ("program-start", test_program_start);
  TEST ("blocked-threads", test_blocked_threads);
  return g_test_run ();
}
