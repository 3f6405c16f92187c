// SPDX-License-Identifier: BSD-3-Clause
// Four tables each remember what came last in one kind of place: after the last three events of
// this frame, after the last event, after the last six, after the last sixteen. The most confident
// one guesses; a bit says whether it was right, which costs next to nothing where it mostly is.
// Where it was not, up to three others may guess, and only then the event itself is spelled. What
// is done here in which order is the format: docs/trace-format.md, section 4.2.
#include "tx-predictor-inside-private.h"

#include <sys/mman.h>

TxPredictor *
_tx_predictor_new (void)
{
  /* Not of the heap, whose ways with large pieces depend on what was freed: it is the program's. */
  void *memory =
      mmap (NULL, sizeof (TxPredictor), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  return memory == MAP_FAILED ? NULL : memory;
}

void
_tx_predictor_free (TxPredictor *self)
{
  if (self)
    munmap (self, sizeof *self);
}

static void
fill_even (TxProbability *probabilities, size_t count)
{
  for (size_t i = 0; i < count; i++)
    probabilities[i] = TX_PROBABILITY_EVEN;
}

/* Small blocks have small tables: clearing them would cost more than the rest. */
static unsigned
choose_table_bits (size_t raw_size)
{
  unsigned bits = TABLE_BITS_MIN;

  while (bits < TABLE_BITS_MAX && raw_size > (size_t) 16 << bits)
    bits++;
  return bits;
}

static void
reset (TxPredictor *self, size_t raw_size)
{
  unsigned bits = choose_table_bits (raw_size);

  memset (self, 0, offsetof (TxPredictor, entries) + (sizeof (Entry) * N_TABLES << bits));
  self->table_bits = bits;
  fill_even (&self->first[0][0], sizeof self->first / sizeof (TxProbability));
  fill_even (&self->others[0][0][0], sizeof self->others / sizeof (TxProbability));
  fill_even (&self->trees[0][0], sizeof self->trees / sizeof (TxProbability));
}

/* ---- Guessing ---- */

typedef struct
{
  Entry *entries[N_TABLES];
  uint64_t best; /* item; 0: none */
  bool is_sure;  /* the other tables need not be asked */
  unsigned level;
  uint64_t second; /* the most confident of the others; 0: they agree */
  unsigned second_level;
} Guess;

static inline unsigned
get_confidence (uint64_t entry_item)
{
  return (unsigned) (entry_item >> ITEM_BITS);
}

static inline unsigned
get_level (unsigned confidence)
{
  return confidence == 0 ? 0 : 32 - (unsigned) __builtin_clz (confidence);
}

static inline Entry *
find_entry (TxPredictor *self, unsigned table, uint64_t hash)
{
  return &self->entries[((size_t) table << self->table_bits) + (hash >> (64 - self->table_bits))];
}

static inline uint64_t
get_larger (uint64_t a, uint64_t b)
{
  return a > b ? a : b;
}

/* @item unless it is the best one. */
static inline uint64_t
unless_best (const Guess *guess, unsigned table)
{
  uint64_t item = guess->entries[table]->item;

  return (item & ITEM_MASK) == guess->best ? 0 : item;
}

static inline void
set_best (Guess *guess, uint64_t best)
{
  guess->best = best & ITEM_MASK;
  guess->level = get_level (get_confidence (best));
}

/* The other three tables' entries. */
static inline void
find_entries (TxPredictor *self, Guess *guess)
{
  const Frame *frame = get_frame (self);
  uint64_t where = ((uint64_t) frame->function << 20) + frame->line;

  guess->entries[0] = find_entry (self, 0, (frame->history + where) * MULTIPLIER_A);
  guess->entries[1] = find_entry (self, 1, (where * MULTIPLIER_A + self->last) * MULTIPLIER_B);
  guess->entries[2] = find_entry (self, 2, (self->six + where) * MULTIPLIER_A);
}

static inline void
find_second (Guess *guess)
{
  uint64_t second = get_larger (get_larger (unless_best (guess, 0), unless_best (guess, 1)),
                                get_larger (unless_best (guess, 2), unless_best (guess, 3)));

  guess->second = second & ITEM_MASK;
  guess->second_level = get_level (get_confidence (second));
}

/* The table with the longest memory is believed without asking the others, once it is sure: so what
   repeats itself costs little. */
INLINE void
make_guess (TxPredictor *self, Guess *guess)
{
  uint64_t a, b, c, d;

  guess->entries[3] = find_entry (self, 3, self->sixteen * MULTIPLIER_B);
  d = guess->entries[3]->item;
  guess->is_sure = get_confidence (d) >= CONFIDENCE_SURE;
  guess->second = 0;
  guess->second_level = 0;
  if (guess->is_sure)
    {
      set_best (guess, d);
      return;
    }
  find_entries (self, guess);
  a = guess->entries[0]->item;
  b = guess->entries[1]->item;
  c = guess->entries[2]->item;
  set_best (guess, get_larger (get_larger (a, b), get_larger (c, d)));
  if ((((a ^ b) | (a ^ c) | (a ^ d)) & ITEM_MASK) != 0)
    find_second (guess);
}

/* The other guesses, in the order in which they are made: the second best item, then what the
   tables have beside their items, then the items. */
static uint64_t
get_candidate (const Guess *guess, unsigned number)
{
  if (number == 0)
    return guess->second;
  if (number <= N_TABLES)
    return guess->entries[N_TABLES - number]->other;
  return guess->entries[2 * N_TABLES - number]->item & ITEM_MASK;
}

/* After a wrong guess: the item if one of the others is right, else 0. */
INLINE uint64_t
guess_again (TxPredictor *self, bool is_encoder, const Guess *guess, uint64_t item)
{
  uint64_t said[1 + N_GUESSES] = { guess->best };
  unsigned n_said = 1;

  for (unsigned i = 0; i <= 2 * N_TABLES && n_said <= N_GUESSES; i++)
    {
      uint64_t candidate = get_candidate (guess, i);
      bool is_new = candidate != 0;

      for (unsigned j = 0; j < n_said; j++)
        is_new = is_new && said[j] != candidate;
      if (!is_new)
        continue;
      if (_tx_range_code (&self->coder, is_encoder, candidate != item,
                          &self->others[n_said - 1][i][guess->second_level], OTHER_SPEED) == 0)
        return candidate;
      said[n_said++] = candidate;
    }
  return 0;
}

/* Codes which guess was right. Returns: the item; 0: none */
INLINE uint64_t
code_guess (TxPredictor *self, bool is_encoder, Guess *guess, uint64_t item)
{
  if (guess->best == 0)
    return 0;
  if (_tx_range_code (&self->coder, is_encoder, guess->best != item,
                      &self->first[guess->level - 1][guess->second_level], GUESS_SPEED) == 0)
    return guess->best;
  if (guess->is_sure)
    {
      guess->is_sure = false;
      find_entries (self, guess);
      find_second (guess);
    }
  return guess_again (self, is_encoder, guess, item);
}

/* ---- Learning ---- */

static inline void
learn_entry (Entry *entry, uint64_t item)
{
  unsigned confidence = get_confidence (entry->item);

  if ((entry->item & ITEM_MASK) == item)
    {
      if (confidence < CONFIDENCE_MAX)
        entry->item += UINT64_C (1) << ITEM_BITS;
    }
  else if (confidence > 1)
    {
      entry->item = (entry->item & ITEM_MASK) | (uint64_t) (confidence / 2) << ITEM_BITS;
      entry->other = item;
    }
  else
    {
      entry->other = entry->item & ITEM_MASK;
      entry->item = item | UINT64_C (1) << ITEM_BITS;
    }
}

/* A frame is entered, where another one goes on later. Field by field: a whole frame would be put
   together in memory and read back before it is there. */
INLINE void
push (TxPredictor *self, uint64_t hash, uint32_t function, uint32_t line, uint32_t activation)
{
  Frame *frame = get_frame (self);

  frame->history = (frame->history + hash) * (MULTIPLIER_B << 20);
  self->depth++;
  frame = get_frame (self);
  frame->function = function;
  frame->line = line;
  frame->activation = activation;
  frame->history = 0;
}

static void
note_activation (TxPredictor *self, uint32_t activation)
{
  self->last_activation = activation;
  if (activation > self->max_activation)
    self->max_activation = activation;
}

/* Where the event leads to. */
INLINE void
follow (TxPredictor *self, const Event *event, uint64_t hash)
{
  Frame *frame = get_frame (self);

  switch (event->byte)
    {
    case TX_BYTE_CALL:
      push (self, hash, (uint32_t) event->operand, 0, 0);
      break;
    case TX_BYTE_RETURN:
    case TX_BYTE_UNWIND:
      self->depth--;
      break;
    case TX_BYTE_LINE_FAR:
      frame->line += (uint32_t) _tx_unzigzag (event->operand);
      break;
    case TX_BYTE_YIELD:
      self->inner[event->activation % N_INNER] = self->last_yielded;
      self->last_yielded = event->activation;
      note_activation (self, event->activation);
      self->depth--;
      break;
    case TX_BYTE_RESUME:
      note_activation (self, event->activation);
      push (self, hash, (uint32_t) event->operand, (uint32_t) event->line + RESUMED_LINE,
            event->activation);
      break;
    case TX_BYTE_RAISE:
      break;
    case TX_BYTE_CALL_NEAR ... TX_BYTE_CALL_NEAR_LAST:
      push (self, hash, _tx_byte_get_function (event->byte), 0, 0);
      break;
    default:
      frame->line += event->byte - 0x40u;
      frame->history = (frame->history + hash) * (MULTIPLIER_B << 20);
      break;
    }
}

INLINE void
learn (TxPredictor *self, const Guess *guess, const Event *event, uint64_t item)
{
  uint64_t hash = item * MULTIPLIER_A >> 20;

  if (item != 0)
    {
      learn_entry (guess->entries[3], item);
      if (!guess->is_sure)
        {
          learn_entry (guess->entries[0], item);
          learn_entry (guess->entries[1], item);
          learn_entry (guess->entries[2], item);
        }
      self->last = hash;
      self->six = (self->six + hash) * (MULTIPLIER_A << 10);
      self->sixteen = (self->sixteen + hash) * (MULTIPLIER_B << 4);
    }
  follow (self, event, hash);
}

/* ---- What repeats itself ---- */

/* Whether the item is a line, a return or a call that its first byte tells all of. */
static inline bool
is_plain_item (uint64_t item)
{
  return item - 1 < TX_BYTE_CALL || item - 1 == TX_BYTE_RETURN ||
         (item < 0x100 && _tx_byte_is_near_call ((uint8_t) (item - 1)));
}

/* What a stretch of plain events changes, where the compiler may keep it in registers: it can't
   know that the tables' entries are not where the predictor has it. */
typedef struct
{
  uint64_t last, six, sixteen;
  uint32_t range, code;
  unsigned sure, surest; /* probabilities that it is right: of the last two levels */
} Stretch;

INLINE void
begin_stretch (const TxPredictor *self, Stretch *stretch)
{
  *stretch = (Stretch){ .last = self->last,
                        .six = self->six,
                        .sixteen = self->sixteen,
                        .range = self->coder.range,
                        .code = self->coder.code,
                        .sure = self->first[N_LEVELS - 3][0],
                        .surest = self->first[N_LEVELS - 2][0] };
}

INLINE void
end_stretch (TxPredictor *self, const Stretch *stretch)
{
  self->last = stretch->last;
  self->six = stretch->six;
  self->sixteen = stretch->sixteen;
  self->coder.range = stretch->range;
  self->coder.code = stretch->code;
  self->first[N_LEVELS - 3][0] = (TxProbability) stretch->sure;
  self->first[N_LEVELS - 2][0] = (TxProbability) stretch->surest;
}

/* The frame in which a plain event happened, and the one in which the next will. */
INLINE Frame *
follow_plain (TxPredictor *self, Frame *frame, uint8_t byte, uint64_t hash)
{
  if (byte < TX_BYTE_CALL)
    {
      frame->line += byte - 0x40u;
      frame->history = (frame->history + hash) * (MULTIPLIER_B << 20);
      return frame;
    }
  if (byte == TX_BYTE_RETURN)
    {
      self->depth--;
      return get_frame (self);
    }
  push (self, hash, _tx_byte_get_function (byte), 0, 0);
  return get_frame (self);
}

/* Plain events as long as the table with the longest memory is sure of them and right: what
   encode_event() and decode_event() do then, and nothing else. The first of another kind, or a
   wrong guess, is left to them. */
INLINE void
code_plain_events (TxPredictor *self, bool is_encoder)
{
  Entry *table = &self->entries[(size_t) 3 << self->table_bits];
  unsigned shift = 64 - self->table_bits;
  const uint8_t *src = self->src.pos, *src_end = self->src.end;
  uint8_t *dst = self->pos, *dst_end = self->end;
  Frame *frame = get_frame (self);
  Stretch now;

  begin_stretch (self, &now);
  while (is_encoder ? src != src_end : dst != dst_end)
    {
      Entry *entry = &table[now.sixteen * MULTIPLIER_B >> shift];
      /* Encoding, what comes is known without the table: the next entry need not wait for this one. */
      uint64_t item = is_encoder ? *src + UINT64_C (1) : entry->item & ITEM_MASK;
      uint64_t hash = item * MULTIPLIER_A >> 20;
      unsigned confidence = get_confidence (entry->item);
      bool is_surest = confidence >= CONFIDENCE_SUREST;
      unsigned probability = is_surest ? now.surest : now.sure;
      uint32_t bound = (now.range >> 16) * probability;

      if (confidence < CONFIDENCE_SURE || !is_plain_item (item) ||
          (is_encoder && (entry->item & ITEM_MASK) != item))
        break;
      if (!is_encoder && now.code >= bound)
        break;
      now.range = bound;
      probability = _tx_range_learn_0 (probability, GUESS_SPEED);
      now.surest = is_surest ? probability : now.surest;
      now.sure = is_surest ? now.sure : probability;
      if (now.range < 1u << 24)
        {
          self->coder.range = now.range;
          self->coder.code = now.code;
          _tx_range_coder_fill (&self->coder, is_encoder);
          now.range = self->coder.range;
          now.code = self->coder.code;
          if (self->coder.failed)
            break;
        }
      if (confidence < CONFIDENCE_MAX)
        entry->item += UINT64_C (1) << ITEM_BITS;
      now.last = hash;
      now.six = (now.six + hash) * (MULTIPLIER_A << 10);
      now.sixteen = (now.sixteen + hash) * (MULTIPLIER_B << 4);
      frame = follow_plain (self, frame, (uint8_t) (item - 1), hash);
      if (is_encoder)
        src++;
      else
        *dst++ = (uint8_t) (item - 1);
    }
  end_stretch (self, &now);
  self->src.pos = src;
  self->pos = dst;
}

/* ---- Both directions ---- */

/* Returns: whether the table with the longest memory was sure of it, and right */
INLINE bool
encode_event (TxPredictor *self)
{
  Guess guess;
  Event event = { 0 };
  uint64_t item = 0;

  make_guess (self, &guess);
  if (*self->src.pos < TX_BYTE_CALL) /* nearly always */
    {
      event.byte = *self->src.pos++;
      item = event.byte + 1u;
    }
  else
    {
      _tx_predictor_take_event (self, &event);
      /* An exception with a message is none that can be guessed. */
      if (is_common (event.byte) && (event.byte != TX_BYTE_RAISE ||
                                     (_tx_cursor_left (&self->src) > 0 && *self->src.pos == 0)))
        item = make_item (&event);
    }
  if (code_guess (self, true, &guess, item) == 0)
    {
      _tx_predictor_spell_event (self, true, &event);
      _tx_predictor_pass_rest (self, true, event.byte);
    }
  else if (event.byte == TX_BYTE_RAISE)
    self->src.pos++;
  if (is_common (event.byte))
    learn (self, &guess, &event, item);
  return guess.is_sure;
}

INLINE bool
decode_event (TxPredictor *self)
{
  Guess guess;
  Event event = { 0 };
  uint64_t item;

  make_guess (self, &guess);
  item = code_guess (self, false, &guess, 0);
  if (item != 0)
    {
      event = open_item (item);
      _tx_predictor_put_event (self, &event);
      if (event.byte == TX_BYTE_RAISE)
        _tx_predictor_put_byte (self, 0);
    }
  else
    {
      const uint8_t *rest;

      _tx_predictor_spell_event (self, false, &event);
      _tx_predictor_put_event (self, &event);
      rest = self->pos;
      _tx_predictor_pass_rest (self, false, event.byte);
      if (is_common (event.byte) && !has_failed (self) &&
          (event.byte != TX_BYTE_RAISE || *rest == 0))
        item = make_item (&event);
    }
  if (is_common (event.byte))
    learn (self, &guess, &event, item);
  return guess.is_sure;
}

size_t
_tx_predictor_encode (
    TxPredictor *self, const uint8_t *src, size_t src_size, uint8_t *dst, size_t capacity)
{
  reset (self, src_size);
  self->src = _tx_cursor (src, src_size);
  self->coder = _tx_range_encoder (dst, capacity);
  while (_tx_cursor_left (&self->src) > 0 && !has_failed (self))
    {
      if (encode_event (self))
        code_plain_events (self, true);
    }
  _tx_range_encoder_end (&self->coder);
  return has_failed (self) ? 0 : (size_t) (self->coder.out - dst);
}

bool
_tx_predictor_decode (
    TxPredictor *self, const uint8_t *src, size_t src_size, uint8_t *dst, size_t dst_size)
{
  reset (self, dst_size);
  self->pos = dst;
  self->end = dst + dst_size;
  self->coder = _tx_range_decoder (src, src_size);
  while (self->pos != self->end && !has_failed (self))
    {
      if (decode_event (self))
        code_plain_events (self, false);
    }
  return !has_failed (self) && _tx_range_decoder_is_over (&self->coder);
}
