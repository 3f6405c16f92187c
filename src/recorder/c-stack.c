// SPDX-License-Identifier: BSD-3-Clause
// The middle of a thread's C stack. That of the main thread moves with RLIMIT_STACK, which the
// program may lower: it is looked at each time that the stack gets deeper than ever by a page, for
// what was in use once stays.
#include "c-stack.h"

#if !REC_HAVE_MONITORING
#if REC_FRAME_HOOK_USES_STACK

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STEP_BYTES 4096u

typedef struct
{
  uintptr_t top;      /* 0: not asked for yet */
  size_t size_bytes;  /* at most, from the top downwards */
  bool is_limited;    /* the main thread's: by RLIMIT_STACK, whatever that is */
  uintptr_t boundary; /* down to here it was found to be the upper half */
} Stack;

static __thread Stack the_stack = { .boundary = UINTPTR_MAX };

static void
find_stack (Stack *self)
{
  pthread_attr_t attributes;
  struct rlimit limit;
  void *base = NULL;
  size_t size_bytes = 0;

  if (pthread_getattr_np (pthread_self (), &attributes) == 0)
    {
      pthread_attr_getstack (&attributes, &base, &size_bytes);
      pthread_attr_destroy (&attributes);
    }
  self->top = (uintptr_t) base + size_bytes;
  self->size_bytes = size_bytes;
  self->is_limited = syscall (SYS_gettid) == getpid ();
  /* The limit counts arguments and environment, too, which lie above and are at most a quarter. */
  if (self->is_limited && getrlimit (RLIMIT_STACK, &limit) == 0 && limit.rlim_cur > size_bytes &&
      limit.rlim_cur - size_bytes <= limit.rlim_cur / 3)
    {
      self->top += limit.rlim_cur - size_bytes;
      self->size_bytes = limit.rlim_cur;
    }
}

static uintptr_t
get_middle (Stack *self)
{
  struct rlimit limit;
  size_t size_bytes;

  if (self->top == 0)
    find_stack (self);
  size_bytes = self->size_bytes;
  if (self->is_limited && getrlimit (RLIMIT_STACK, &limit) == 0 && limit.rlim_cur < size_bytes)
    size_bytes = limit.rlim_cur;
  return self->top - size_bytes / 2;
}

bool
rec_c_stack_is_low (uintptr_t *ret_boundary)
{
  uintptr_t here = (uintptr_t) __builtin_frame_address (0);
  Stack *self = &the_stack;

  if (here < self->boundary)
    {
      uintptr_t middle = get_middle (self);

      if (here < middle)
        return true;
      self->boundary = self->is_limited && here - middle > STEP_BYTES ? here - STEP_BYTES : middle;
    }
  *ret_boundary = self->boundary;
  return false;
}

#endif
#endif
