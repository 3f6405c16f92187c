// SPDX-License-Identifier: BSD-3-Clause
// The engine's threads: finding the stream's thread for a Python thread quickly,
// telling the stream its name, and forgetting threads that have ended.
#include "engine-private.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Ended threads are looked for when there are this many, and then at twice the number alive. */
#define SWEEP_MIN 32u

/* What TxThread.tick_at_sight means to us. */
enum
{
  UNSEEN = 0,
  SEEN_FROM_AFAR,
  SEEN,
  REPLACED
};

/* (transfer full) (nullable): what the instance itself has under that name, without asking its
 * class, whose properties are the program's code. */
static PyObject *
dup_attribute (PyObject *object, const char *name)
{
  bool is_collecting = rec_py_gc_pause (); /* making its dictionary must not run finalizers */
  PyObject *dict = PyObject_GenericGetDict (object, NULL);
  PyObject *value = dict != NULL && PyDict_Check (dict) ? rec_py_dict_peek (dict, name) : NULL;

  rec_py_gc_resume (is_collecting);
  PyErr_Clear ();
  Py_XINCREF (value);
  Py_XDECREF (dict);
  return value;
}

/* (transfer full) (nullable): the name that `threading` knows; runs no code of the program. */
static PyObject *
get_thread_name (const PyThreadState *tstate)
{
  PyObject *threading = rec_py_peek_threading ();
  PyObject *active = threading != NULL ? PyDict_GetItemString (threading, "_active") : NULL;
  PyObject *ident = PyLong_FromUnsignedLong (tstate->thread_id);
  PyObject *thread = active != NULL && PyDict_CheckExact (active) && ident != NULL
                         ? PyDict_GetItemWithError (active, ident)
                         : NULL;
  PyObject *name;

  PyErr_Clear ();
  Py_XINCREF (thread);
  name = thread != NULL ? dup_attribute (thread, "_name") : NULL;
  Py_XDECREF (thread);
  Py_XDECREF (ident);
  return name;
}

static void
define_thread (RecEngine *self, const TxThread *thread, const PyThreadState *tstate, bool is_caller)
{
  PyObject *type;
  PyObject *value;
  PyObject *traceback;
  PyObject *name;
  const char *text = NULL;
  uint64_t native_id =
      is_caller ? (uint64_t) syscall (SYS_gettid) : rec_py_thread_native_id (tstate);

  PyErr_Fetch (&type, &value, &traceback);
  name = get_thread_name (tstate);
  if (name != NULL && PyUnicode_Check (name))
    text = PyUnicode_AsUTF8 (name);
  PyErr_Clear ();
  if (text == NULL && native_id == (uint64_t) getpid ())
    text = "MainThread"; /* `threading` is not loaded; it would call it so */
  tx_stream_define_thread (self->stream, thread, native_id, text);
  Py_XDECREF (name);
  PyErr_Restore (type, value, traceback);
}

/* @tstate: (nullable): runs this, and is the one that the stream is at. */
static void
remember_caller (RecEngine *self, PyThreadState *tstate)
{
  self->tstate = tstate;
  self->thread_pointer = tstate != NULL ? rec_py_thread_pointer () : NULL;
}

static void
drop_thread (RecEngine *self, size_t index)
{
  RecThread *thread = &self->threads[index];
  RecThread *slot = &self->cache[thread->key % REC_THREAD_CACHE];

  if (slot->key == thread->key)
    *slot = (RecThread){ 0 };
  if (self->thread_key == thread->key)
    {
      self->thread_key = 0;
      remember_caller (self, NULL);
    }
  tx_stream_drop_thread (self->stream, thread->thread);
  *thread = self->threads[--self->n_threads];
}

static int
compare_keys (const void *a, const void *b)
{
  uint64_t one = *(const uint64_t *) a, other = *(const uint64_t *) b;

  return (one > other) - (one < other);
}

/* The keys of all threads, in order, for free(); NULL without memory. */
static uint64_t *
list_keys (size_t *ret_n_keys)
{
  PyInterpreterState *interpreter = PyInterpreterState_Get ();
  size_t n_keys = 0, size = 0;
  uint64_t *keys = NULL;

  for (PyThreadState *tstate = PyInterpreterState_ThreadHead (interpreter); tstate != NULL;
       tstate = PyThreadState_Next (tstate))
    {
      if (n_keys == size)
        {
          uint64_t *more;

          size = size > 0 ? 2 * size : 2 * SWEEP_MIN;
          more = realloc (keys, size * sizeof *keys);
          if (more == NULL)
            {
              free (keys);
              return NULL;
            }
          keys = more;
        }
      keys[n_keys++] = rec_py_thread_key (tstate);
    }
  qsort (keys, n_keys, sizeof *keys, compare_keys);
  *ret_n_keys = n_keys;
  return keys;
}

/* Forgets the threads that have ended. One look at all that are alive: looking for each of them
   one by one would hold up a program of ten thousand threads for a second. */
static void
sweep (RecEngine *self)
{
  size_t n_keys;
  uint64_t *keys = list_keys (&n_keys);

  for (size_t i = keys != NULL ? self->n_threads : 0; i-- > 0;)
    if (bsearch (&self->threads[i].key, keys, n_keys, sizeof *keys, compare_keys) == NULL)
      drop_thread (self, i);
  free (keys);
  self->sweep_at = self->n_threads * 2 > SWEEP_MIN ? self->n_threads * 2 : SWEEP_MIN;
}

static bool
remember_thread (RecEngine *self, uint64_t key, TxThread *thread)
{
  if (self->n_threads == self->threads_size)
    {
      size_t size = self->threads_size > 0 ? self->threads_size * 2 : SWEEP_MIN;
      RecThread *threads = realloc (self->threads, size * sizeof *threads);

      if (threads == NULL)
        return false;
      self->threads = threads;
      self->threads_size = size;
    }
  self->threads[self->n_threads++] = (RecThread){ .key = key, .thread = thread };
  return true;
}

bool
_rec_engine_go_to_thread (RecEngine *self, PyThreadState *tstate)
{
  uint64_t key = rec_py_thread_key (tstate);
  RecThread *slot = &self->cache[key % REC_THREAD_CACHE];
  bool is_caller = rec_py_thread () == tstate;
  TxThread *thread;

  if (self->stream == NULL)
    return false;
  remember_caller (self, is_caller ? tstate : NULL);
  if (self->thread_key == key)
    return true;
  if (slot->key == key)
    thread = slot->thread;
  else
    {
      if (self->n_threads >= self->sweep_at)
        sweep (self);
      thread = tx_stream_get_thread (self->stream, key);
      if (thread == NULL)
        return false;
      if (thread->tick_at_sight == UNSEEN && !remember_thread (self, key, thread))
        return false;
      *slot = (RecThread){ .key = key, .thread = thread };
    }
  tx_stream_switch_to (self->stream, thread);
  self->thread_key = key;
  if (thread->tick_at_sight < SEEN && (is_caller || thread->tick_at_sight == UNSEEN))
    {
      thread->tick_at_sight = is_caller ? SEEN : SEEN_FROM_AFAR;
      define_thread (self, thread, tstate, is_caller);
    }
  return true;
}

void
_rec_engine_clear_threads (RecEngine *self)
{
  for (size_t i = 0; i < REC_THREAD_CACHE; i++)
    self->cache[i] = (RecThread){ 0 };
  free (self->threads);
  self->threads = NULL;
  self->n_threads = 0;
  self->threads_size = 0;
  self->sweep_at = SWEEP_MIN;
  self->thread_key = 0;
  remember_caller (self, NULL);
}

/* (nullable): the thread, if it has had an event. */
static const TxThread *
find_thread (const RecEngine *self, uint64_t key)
{
  const RecThread *slot = &self->cache[key % REC_THREAD_CACHE];

  if (slot->key == key)
    return slot->thread;
  for (size_t i = 0; i < self->n_threads; i++)
    if (self->threads[i].key == key)
      return self->threads[i].thread;
  return NULL;
}

static bool
is_replaced (const RecEngine *self, uint64_t key)
{
  const TxThread *thread = find_thread (self, key);

  return thread != NULL && thread->tick_at_sight == REPLACED;
}

void
rec_engine_thread_replaced (RecEngine *self, PyThreadState *tstate)
{
  static const char text[] = "trackexec: another trace function has taken the place of the "
                             "recorder in this thread; its lines are missing from here";

  if (is_replaced (self, rec_py_thread_key (tstate)) || !_rec_engine_go_to_thread (self, tstate))
    return;
  self->stream->current->tick_at_sight = REPLACED;
  self->replaced++;
  tx_stream_mark (self->stream, text, sizeof text - 1);
}

void
rec_engine_thread_returned (RecEngine *self, PyThreadState *tstate)
{
  static const char text[] = "trackexec: the recorder is the trace function of this thread again";

  bool is_new = find_thread (self, rec_py_thread_key (tstate)) == NULL;

  if (!_rec_engine_go_to_thread (self, tstate) || is_new)
    return; /* threads that `threading` begins get us in this way, too */
  self->stream->current->tick_at_sight = SEEN;
  self->thread_key = 0;
  self->recheck = true;
  tx_stream_mark (self->stream, text, sizeof text - 1);
}
