// SPDX-License-Identifier: BSD-3-Clause
// Forks: the child of a process that records must not touch its parent's ring. The one piece of
// state that belongs to the process and not to an object: which writers live.
#include "tx-writer-private.h"

#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static TxWriter *writers;  /* list; under the mutex */
static bool is_registered; /* written once */

static void
prepare_cb (void)
{
  pthread_mutex_lock (&mutex);
}

static void
parent_cb (void)
{
  pthread_mutex_unlock (&mutex);
}

static void
child_cb (void)
{
  for (TxWriter *writer = writers; writer; writer = writer->next)
    tx_writer_abandon_in_child (writer);
  writers = NULL;
  pthread_mutex_unlock (&mutex);
}

/* Handlers cannot be taken back, so they are registered once a process. */
static void
register_handlers (void)
{
  is_registered = pthread_atfork (prepare_cb, parent_cb, child_cb) == 0;
}

bool
_tx_writer_watch_forks (TxWriter *self)
{
  pthread_once (&once, register_handlers);
  if (!is_registered)
    return false;
  pthread_mutex_lock (&mutex);
  self->next = writers;
  writers = self;
  pthread_mutex_unlock (&mutex);
  return true;
}

void
_tx_writer_unwatch_forks (TxWriter *self)
{
  pthread_mutex_lock (&mutex);
  for (TxWriter **link = &writers; *link; link = &(*link)->next)
    if (*link == self)
      {
        *link = self->next;
        break;
      }
  pthread_mutex_unlock (&mutex);
}
