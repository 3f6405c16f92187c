// SPDX-License-Identifier: BSD-3-Clause
// ReplayLineTable: open addressing, doubled at three quarters.
#include "replay-lines-private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "replay-salt-private.h"
#include "trace/tx-hash.h"

#define N_SLOTS_FIRST 256u

/* More different lines than any program has, but no more than memory for them: a small trace can
   name billions. What is beyond is added up as one line that is not known. */
#define N_SLOTS_MAX (1u << 21)
#define BEYOND_LINE 1u

struct _ReplayLineTable
{
  ReplayLineSum *slots; /* owned */
  size_t n_slots;       /* a power of two */
  size_t n_used;
  uint64_t n_breaks;
  uint64_t salt; /* mixed into the hashes, so that nobody can choose lines which all hash alike */
};

/* @n_slots unused slots; many of them in large pages, which take far less time to come by. */
static ReplayLineSum *
make_slots (size_t n_slots)
{
#ifdef MADV_HUGEPAGE
  const size_t page_size = 2u * 1024u * 1024u;
  size_t size = n_slots * sizeof (ReplayLineSum);

  if (size > page_size / 2 && n_slots < SIZE_MAX / 2 / sizeof (ReplayLineSum))
    {
      size_t whole_size = (size + page_size - 1) / page_size * page_size;
      void *slots = aligned_alloc (page_size, whole_size);

      if (slots == NULL)
        return NULL;
      (void) madvise (slots, whole_size, MADV_HUGEPAGE);
      memset (slots, 0, size);
      return slots;
    }
#endif
  return calloc (n_slots, sizeof (ReplayLineSum));
}

ReplayLineTable *
_replay_line_table_new (void)
{
  ReplayLineTable *self = calloc (1, sizeof *self);

  if (self == NULL)
    return NULL;
  self->slots = make_slots (N_SLOTS_FIRST);
  if (self->slots == NULL)
    {
      free (self);
      return NULL;
    }
  self->n_slots = N_SLOTS_FIRST;
  self->salt = _replay_salt_new (self->slots);
  return self;
}

ReplayLineTable *
_replay_line_table_copy (const ReplayLineTable *self)
{
  ReplayLineTable *copy = calloc (1, sizeof *copy);

  if (copy == NULL)
    return NULL;
  *copy = *self;
  copy->slots = make_slots (self->n_slots);
  if (copy->slots == NULL)
    {
      free (copy);
      return NULL;
    }
  memcpy (copy->slots, self->slots, self->n_slots * sizeof *copy->slots);
  return copy;
}

void
_replay_line_table_free (ReplayLineTable *self)
{
  if (self == NULL)
    return;
  free (self->slots);
  free (self);
}

bool
_replay_line_sum_is_used (const ReplayLineSum *sum)
{
  return sum->function != 0 || sum->line != 0;
}

/* Where (function, line) is, or would be. */
static size_t
find_slot (
    const ReplayLineSum *slots, size_t n_slots, uint64_t salt, TxFunctionId function, uint32_t line)
{
  size_t slot = (size_t) tx_hash ((uint64_t) function << 32 | line, salt) & (n_slots - 1);

  while (_replay_line_sum_is_used (&slots[slot]) &&
         (slots[slot].function != function || slots[slot].line != line))
    slot = (slot + 1) & (n_slots - 1);
  return slot;
}

static bool
grow (ReplayLineTable *self)
{
  size_t n_slots = self->n_slots * 2;
  ReplayLineSum *slots = make_slots (n_slots);

  if (slots == NULL)
    return false;
  for (size_t i = 0; i < self->n_slots; i++)
    if (_replay_line_sum_is_used (&self->slots[i]))
      slots[find_slot (slots, n_slots, self->salt, self->slots[i].function, self->slots[i].line)] =
          self->slots[i];
  free (self->slots);
  self->slots = slots;
  self->n_slots = n_slots;
  return true;
}

ReplayLineSum *
_replay_line_table_get (ReplayLineTable *self, TxFunctionId function, uint32_t line)
{
  size_t slot;

  if (self->n_used >= self->n_slots / 4 * 3 && self->n_slots < N_SLOTS_MAX && !grow (self))
    return NULL;
  slot = find_slot (self->slots, self->n_slots, self->salt, function, line);
  if (!_replay_line_sum_is_used (&self->slots[slot]) && self->n_used >= N_SLOTS_MAX / 4 * 3)
    slot = find_slot (self->slots, self->n_slots, self->salt, function = 0, line = BEYOND_LINE);
  if (!_replay_line_sum_is_used (&self->slots[slot]))
    {
      self->slots[slot] = (ReplayLineSum){ .function = function, .line = line };
      self->n_used++;
    }
  return &self->slots[slot];
}

static int64_t
add_capped (int64_t a, uint64_t b)
{
  int64_t sum;

  if (b > INT64_MAX || __builtin_add_overflow (a, (int64_t) b, &sum))
    return INT64_MAX;
  return sum;
}

static uint64_t
add_counts (uint64_t a, uint64_t b)
{
  uint64_t sum;

  return __builtin_add_overflow (a, b, &sum) ? UINT64_MAX : sum;
}

/* @n ends of stretches, each off by @error_ns, all together by no more than @most_ns; INT64_MAX
   where that is not known. */
static int64_t
bound (uint64_t n, uint32_t error_ns, uint64_t most_ns)
{
  uint64_t bound_ns;

  if (n == 0)
    return 0;
  if (error_ns == UINT32_MAX || __builtin_mul_overflow (n, (uint64_t) error_ns, &bound_ns) ||
      bound_ns > most_ns)
    bound_ns = most_ns;
  return bound_ns > INT64_MAX ? INT64_MAX : (int64_t) bound_ns;
}

/* A line's time on the stacks is made of stretches: one for each execution, and at most one for
   each frame that a stated stack or a return brought with it (a resumed one too, of functions that
   can be suspended); and each thread may have brought one along from the digest before. Each end is
   off by the digest's error at most; what lies between is exact, also from one digest to the next:
   where the one ends the time of a thread, the other begins it. And all ends in a digest lie within
   its time, so that for each thread no more than that is in question. The same holds for the self
   time of a line that called nothing; else it is something from nothing to the whole time on the
   stack. */
void
_replay_line_error_add (ReplayLineError *self,
                        const TxDigest *digest,
                        const TxDigestLine *line,
                        uint64_t duration_ns)
{
  uint64_t n_begun = (uint64_t) line->hits + digest->restated;
  uint64_t n_ended = n_begun + digest->n_threads;
  uint64_t most_ns, self_ns;

  if (__builtin_mul_overflow (duration_ns, (uint64_t) digest->n_threads, &most_ns))
    most_ns = UINT64_MAX;
  self_ns = (uint64_t) bound (n_begun + n_ended, digest->error_ns, most_ns);
  self->both_ns = add_capped (self->both_ns, self_ns);
  if (line->cumulated_ns > line->self_ns)
    {
      self->has_called = true;
      self_ns = add_counts (self_ns, line->cumulated_ns - line->self_ns);
      if (self_ns < line->self_ns)
        self_ns = line->self_ns;
      if (self_ns > most_ns)
        self_ns = most_ns;
    }
  self->self_ns = add_capped (self->self_ns, self_ns);
  self->n_stretches = add_counts (self->n_stretches, n_begun);
  self->begins_ns =
      add_capped (self->begins_ns, (uint64_t) bound (n_begun, digest->error_ns, most_ns));
  self->n_resumed = add_counts (self->n_resumed, digest->resumed);
  self->resumed_ns =
      add_capped (self->resumed_ns, (uint64_t) bound (digest->resumed, digest->error_ns, most_ns));
  if (digest->error_ns > self->greatest_ns)
    self->greatest_ns = digest->error_ns;
}

/* Each stretch has one beginning and one end. It is known in which digest it begins; where it ends,
   in that or a later one that has the line, is not: so the ends are bounded in two ways. */
void
_replay_line_error_get (const ReplayLineError *self,
                        uint64_t n_carried,
                        bool is_suspended,
                        uint64_t *ret_cumulated_ns,
                        uint64_t *ret_self_ns)
{
  uint64_t n_stretches = add_counts (self->n_stretches, n_carried);
  int64_t resumed_ns = is_suspended ? self->resumed_ns : 0;
  int64_t cumulated_ns, both_ns;

  if (is_suspended)
    n_stretches = add_counts (n_stretches, self->n_resumed);
  cumulated_ns = add_capped (self->begins_ns, (uint64_t) resumed_ns);
  cumulated_ns =
      add_capped (cumulated_ns, (uint64_t) bound (n_stretches, self->greatest_ns, UINT64_MAX));
  both_ns = add_capped (add_capped (self->both_ns, (uint64_t) resumed_ns), (uint64_t) resumed_ns);
  if (both_ns < cumulated_ns)
    cumulated_ns = both_ns;
  *ret_cumulated_ns = cumulated_ns == INT64_MAX ? UINT64_MAX : (uint64_t) cumulated_ns;
  *ret_self_ns = *ret_cumulated_ns;
  if (self->has_called)
    {
      int64_t self_ns =
          add_capped (add_capped (self->self_ns, (uint64_t) resumed_ns), (uint64_t) resumed_ns);

      *ret_self_ns = self_ns == INT64_MAX ? UINT64_MAX : (uint64_t) self_ns;
    }
}

void
_replay_line_table_add_break (ReplayLineTable *self)
{
  self->n_breaks++;
}

uint64_t
_replay_line_table_get_n_breaks (const ReplayLineTable *self)
{
  return self->n_breaks;
}

/* Adds what @other has been told, to the same or more. */
static void
join_errors (ReplayLineError *self, const ReplayLineError *other)
{
  self->n_stretches = add_counts (self->n_stretches, other->n_stretches);
  self->begins_ns = add_capped (self->begins_ns, (uint64_t) other->begins_ns);
  self->both_ns = add_capped (self->both_ns, (uint64_t) other->both_ns);
  self->self_ns = add_capped (self->self_ns, (uint64_t) other->self_ns);
  self->has_called |= other->has_called;
  self->n_resumed = add_counts (self->n_resumed, other->n_resumed);
  self->resumed_ns = add_capped (self->resumed_ns, (uint64_t) other->resumed_ns);
  if (other->greatest_ns > self->greatest_ns)
    self->greatest_ns = other->greatest_ns;
}

bool
_replay_line_table_add (ReplayLineTable *self, const TxDigest *digest, uint64_t duration_ns)
{
  return _replay_line_table_add_within (self, digest, duration_ns, NULL);
}

bool
_replay_line_table_add_within (ReplayLineTable *self,
                               const TxDigest *digest,
                               uint64_t duration_ns,
                               ReplayLineTable *bounds)
{
  for (size_t i = 0; i < digest->n_lines; i++)
    {
      const TxDigestLine *line = &digest->lines[i];
      ReplayLineSum *sum;

      if (line->function == 0 && line->line == 0)
        continue;
      sum = _replay_line_table_get (self, line->function, line->line);
      if (sum == NULL)
        return false;
      sum->hits = add_capped (sum->hits, line->hits);
      sum->self_ns = add_capped (sum->self_ns, line->self_ns);
      sum->cumulated_ns = add_capped (sum->cumulated_ns, line->cumulated_ns);
      sum->waiting_ns = add_capped (sum->waiting_ns, line->waiting_ns);
      if (line->slowest_ns <= INT64_MAX && (int64_t) line->slowest_ns > sum->slowest_ns)
        sum->slowest_ns = (int64_t) line->slowest_ns;
      if (bounds != NULL)
        {
          const ReplayLineSum *bound = _replay_line_table_get (bounds, line->function, line->line);

          if (bound == NULL)
            return false;
          join_errors (&sum->error, &bound->error);
        }
      else
        _replay_line_error_add (&sum->error, digest, line, duration_ns);
    }
  return true;
}

const ReplayLineSum *
_replay_line_table_get_slots (const ReplayLineTable *self, size_t *ret_n_slots)
{
  *ret_n_slots = self->n_slots;
  return self->slots;
}

void
_replay_line_table_clear_slowest (ReplayLineTable *self)
{
  for (size_t i = 0; i < self->n_slots; i++)
    self->slots[i].slowest_ns = 0;
}
