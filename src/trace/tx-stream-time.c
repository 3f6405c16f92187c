// SPDX-License-Identifier: BSD-3-Clause
// When events happen: whether the fast path may be used, questions of the native thread and their
// answers, exact times, the wall clock, and how long a thread waited.
#include "tx-bytes-private.h"
#include "tx-stream-private.h"

/* The wall clock has moved if it is off by so much; at a block's start, if by so much more than its
   reading may be. */
#define WALL_JUMP_NS  1000000
#define WALL_NOISE_NS 20000

/* A reading of both clocks that took longer was interrupted: the best of some is taken. */
#define N_WALL_TRIES 3
#define WALL_GOOD_NS 500

/* How often a thread's CPU clock is read, which is a system call; and the shortest wait stated. It
   is longer than the time between two readings while events flow, so that it was spent in one
   line. */
#define CPU_PERIOD_NS 2000000
#define WAIT_MIN_NS   5000000

/* Should the native thread be late, the program's thread reads the clock by itself about so often
   while events flow, and not before so many bytes of them. */
#define LATE_NS   2000000
#define BYTES_MIN 64

static int64_t
read_clock (TxStreamPrivate *priv, bool realtime)
{
  return priv->clock_ns (priv->clock_data, realtime);
}

int64_t
_tx_stream_read_clock (TxStream *self)
{
  TxStreamPrivate *priv = self->priv;

  if (self->current->precise == 0 || !priv->counter.is_usable)
    return read_clock (priv, false);
  return _tx_counter_set (&priv->counter, priv->clock_ns, priv->clock_data);
}

/* ---- Limit and questions ---- */

void
_tx_stream_update_limit (TxStream *self)
{
  TxStreamPrivate *priv = self->priv;
  TxThread *thread = self->current;
  uint8_t *limit = NULL;

  if (priv->is_open && thread->id != 0 && thread->id == priv->block_thread &&
      thread->stated_in == priv->sequence && thread->untracked == 0)
    limit = priv->end - TX_EVENT_SIZE_HOT_MAX;
  priv->near_limit = NULL;
  if (limit && thread->precise > 0)
    {
      if (priv->counter.is_usable)
        priv->near_limit = limit - TX_NEAR_SIZE_MAX;
      limit = NULL;
    }
  if (limit > priv->due)
    limit = priv->due;
  atomic_store (&self->limit, limit);
  if (limit && atomic_load (&priv->shared.asked))
    atomic_store (&self->limit, NULL);
}

void
_tx_stream_poke (TxStream *self)
{
  TxStreamPrivate *priv = self->priv;

  if (!(priv->needs_poke || priv->is_unserved) || !priv->poke)
    return;
  priv->needs_poke = false;
  priv->poke (priv->poke_data);
}

/* For how long, up to @now_ns, nothing was written; 0 where that is not certain (see
 * TxStreamShared). */
static int64_t
get_quiet (const TxStream *self, int64_t now_ns)
{
  TxStreamPrivate *priv = self->priv;
  uint32_t committed = atomic_load_explicit (self->committed, memory_order_relaxed);
  int64_t asked_ns;

  if (!priv->is_open ||
      atomic_load (&priv->shared.asked_position) != ((priv->sequence + 1) << 32 | committed))
    return 0;
  asked_ns = atomic_load (&priv->shared.asked_ns);
  return asked_ns > priv->last_exact_ns && asked_ns < now_ns ? now_ns - asked_ns : 0;
}

bool
_tx_stream_take_question (TxStream *self, int64_t *ret_now_ns, int64_t *ret_quiet_ns)
{
  TxStreamPrivate *priv = self->priv;

  if (!atomic_load_explicit (&priv->shared.asked, memory_order_relaxed) ||
      !atomic_exchange (&priv->shared.asked, false))
    return false;
  priv->needs_poke = true;
  *ret_now_ns = _tx_stream_read_clock (self);
  *ret_quiet_ns = get_quiet (self, *ret_now_ns);
  return true;
}

void
_tx_stream_put_end (TxStream *self)
{
  const TxStreamPrivate *priv = self->priv;
  int64_t now_ns, quiet_ns;

  if (!priv->is_open || STAMP_SIZE_MAX > (size_t) (priv->end - self->pos) ||
      !_tx_stream_take_question (self, &now_ns, &quiet_ns) || quiet_ns == 0)
    return;
  _tx_stream_put_stamp (self, now_ns, quiet_ns);
  _tx_stream_commit (self, self->pos);
}

uint64_t
_tx_stream_get_position (TxStream *self)
{
  TxStreamPrivate *priv = self->priv;
  uint64_t n_opened = atomic_load (&priv->shared.n_opened);
  uint8_t *slot;

  if (n_opened == 0)
    return 0;
  slot = _tx_ring_get_slot (priv->ring, n_opened - 1);
  /* Where another block is opened meanwhile this is a position that never was: it claims nothing.
   */
  return n_opened << 32 | atomic_load_explicit (_tx_slot_committed (slot), memory_order_acquire);
}

void
_tx_stream_ask (TxStream *self, uint64_t position, int64_t now_ns)
{
  TxStreamShared *shared = &self->priv->shared;

  atomic_store (&shared->asked_ns, now_ns);
  atomic_store (&shared->asked_position, position);
  atomic_store (&shared->asked, true);
  atomic_store (&self->limit, NULL);
}

bool
_tx_stream_repeat_ask (TxStream *self)
{
  if (!atomic_load (&self->priv->shared.asked))
    return false;
  atomic_store (&self->limit, NULL);
  return true;
}

/* ---- Exact times ---- */

/* How far @size bytes and @elapsed_ns say that events go in LATE_NS. */
static uint32_t
get_stride (const TxStreamPrivate *priv, size_t size, int64_t elapsed_ns)
{
  uint64_t stride;

  if (elapsed_ns <= 0 || size < BYTES_MIN / 4)
    return priv->stride;
  stride = (uint64_t) size * LATE_NS / (uint64_t) elapsed_ns;
  if (stride < BYTES_MIN)
    return BYTES_MIN;
  return stride < TX_SLOT_SIZE_MAX ? (uint32_t) stride : TX_SLOT_SIZE_MAX;
}

void
_tx_stream_put_stamp (TxStream *self, int64_t now_ns, int64_t quiet_ns)
{
  TxStreamPrivate *priv = self->priv;
  int64_t since_ns = now_ns - priv->last_exact_ns;

  if (self->current->precise == 0)
    priv->stride = get_stride (priv, (size_t) (self->pos - priv->stamped), since_ns - quiet_ns);
  *self->pos++ = TX_BYTE_STAMP;
  self->pos = _tx_put_varint64 (self->pos, since_ns > 0 ? (uint64_t) since_ns : 0);
  self->pos = _tx_put_varint64 (self->pos, (uint64_t) quiet_ns);
  if (since_ns > 0)
    priv->last_exact_ns = now_ns;
  _tx_stream_note_stamp (self);
  priv->stats.stamps++;
}

void
_tx_stream_note_stamp (TxStream *self)
{
  TxStreamPrivate *priv = self->priv;
  size_t left = (size_t) (priv->end - self->pos);

  priv->stamped = self->pos;
  priv->due = self->pos + (priv->stride < left && !priv->is_converted ? priv->stride : left);
}

/* ---- The wall clock ---- */

static int64_t
read_wall_offset (TxStreamPrivate *priv)
{
  int64_t best = INT64_MAX, offset_ns = 0;

  for (int i = 0; i < N_WALL_TRIES && best > WALL_GOOD_NS; i++)
    {
      int64_t before = read_clock (priv, false);
      int64_t real_ns = read_clock (priv, true);
      int64_t took = read_clock (priv, false) - before;

      if (took >= best)
        continue;
      best = took;
      /* Unsigned: an insane clock wraps around instead of being undefined. */
      offset_ns = (int64_t) ((uint64_t) real_ns - (uint64_t) before - (uint64_t) (took / 2));
    }
  return offset_ns;
}

static bool
is_off (int64_t offset_ns, int64_t known_ns, int64_t tolerance_ns)
{
  uint64_t moved = (uint64_t) offset_ns - (uint64_t) known_ns + (uint64_t) tolerance_ns;

  return moved > 2 * (uint64_t) tolerance_ns;
}

bool
_tx_stream_has_wall_moved (TxStream *self)
{
  TxStreamPrivate *priv = self->priv;

  return is_off (read_wall_offset (priv), priv->real_offset_ns, WALL_JUMP_NS);
}

int64_t
_tx_stream_get_wall (TxStream *self, int64_t now_ns)
{
  TxStreamPrivate *priv = self->priv;
  int64_t offset_ns = read_wall_offset (priv);

  /* Else blocks would differ by how their clocks happened to be read, and a moment at the end of
     one come again in the next. */
  if (is_off (offset_ns, priv->real_offset_ns, WALL_NOISE_NS))
    priv->real_offset_ns = offset_ns;
  return (int64_t) ((uint64_t) now_ns + (uint64_t) priv->real_offset_ns);
}

/* ---- Waiting ---- */

int64_t
_tx_stream_measure_wait (TxStream *self, int64_t now_ns)
{
  TxStreamPrivate *priv = self->priv;
  TxThread *thread = self->current;
  int64_t span_ns = now_ns - thread->cpu_read_ns;
  int64_t cpu_ns, used_ns;
  bool is_first = thread->cpu_read_ns == 0;

  if (!priv->cpu_ns || (!is_first && span_ns < CPU_PERIOD_NS))
    return 0;
  cpu_ns = priv->cpu_ns (priv->clock_data);
  used_ns = cpu_ns - thread->cpu_ns;
  thread->cpu_ns = cpu_ns;
  thread->cpu_read_ns = now_ns;
  /* Less than before: another thread of the system speaks for this one. */
  if (is_first || used_ns < 0 || span_ns - used_ns < WAIT_MIN_NS)
    return 0;
  return span_ns - used_ns;
}
