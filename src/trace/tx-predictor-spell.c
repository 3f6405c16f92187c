// SPDX-License-Identifier: BSD-3-Clause
// Events that were not guessed: bytes and numbers in bits, the operands of each event, and
// activations as what they are expected to be.
#include "tx-predictor-inside-private.h"

/* ---- Bytes and numbers, spelled ---- */

static uint8_t
code_byte (TxPredictor *self, bool is_encoder, unsigned tree, uint8_t byte)
{
  unsigned node = 1;

  for (unsigned i = 8; i-- > 0;)
    node = node << 1 | _tx_range_code (&self->coder, is_encoder, byte >> i & 1,
                                       &self->trees[tree][node], OTHER_SPEED);
  return (uint8_t) node;
}

static uint64_t
code_number (TxPredictor *self, bool is_encoder, unsigned tree, uint64_t number)
{
  uint64_t result = 0;
  uint8_t byte;

  for (unsigned shift = 0;; shift += 7)
    {
      byte = (uint8_t) (number & 0x7f) | (number > 0x7f ? 0x80 : 0);
      byte = code_byte (self, is_encoder, tree + (shift > 0), byte);
      result |= (uint64_t) (byte & 0x7f) << shift;
      number >>= 7;
      if ((byte & 0x80) == 0)
        return result;
      if (shift == 63)
        {
          self->failed = true;
          return 0;
        }
    }
}

static uint8_t
take_byte (TxPredictor *self)
{
  return _tx_cursor_u8 (&self->src);
}

/* Only the shortest form comes back. */
static uint64_t
take_number (TxPredictor *self)
{
  const uint8_t *pos = self->src.pos;
  uint64_t number = _tx_cursor_varint64 (&self->src);

  if (self->src.pos - pos > 1 && self->src.pos[-1] == 0)
    self->failed = true;
  return number;
}

void
_tx_predictor_put_byte (TxPredictor *self, uint8_t byte)
{
  if (self->pos == self->end)
    self->failed = true;
  else
    *self->pos++ = byte;
}

static void
put_number (TxPredictor *self, uint64_t number)
{
  if ((size_t) (self->end - self->pos) < _tx_varint64_size (number))
    self->failed = true;
  else
    self->pos = _tx_put_varint64 (self->pos, number);
}

/* The same for both directions: from the source to the coder, or from the coder to the output. */
static uint8_t
pass_byte (TxPredictor *self, bool is_encoder, unsigned tree)
{
  uint8_t byte = code_byte (self, is_encoder, tree, is_encoder ? take_byte (self) : 0);

  if (!is_encoder)
    _tx_predictor_put_byte (self, byte);
  return byte;
}

static uint64_t
pass_number (TxPredictor *self, bool is_encoder, unsigned tree)
{
  uint64_t number = code_number (self, is_encoder, tree, is_encoder ? take_number (self) : 0);

  if (!is_encoder)
    put_number (self, number);
  return number;
}

static void
pass_text (TxPredictor *self, bool is_encoder)
{
  uint64_t size = pass_number (self, is_encoder, TREE_LENGTH);

  while (size-- > 0 && !has_failed (self))
    (void) pass_byte (self, is_encoder, TREE_TEXT);
}

static void
pass_frames (TxPredictor *self, bool is_encoder)
{
  uint64_t count = pass_number (self, is_encoder, TREE_LENGTH);

  while (count-- > 0 && !has_failed (self))
    {
      (void) pass_number (self, is_encoder, TREE_FUNCTION);
      (void) pass_number (self, is_encoder, TREE_LINE);
    }
}

/* The operands of events that are never guessed: n number, t time, b byte, s string, f frames. */
static const char *
get_operands (uint8_t byte)
{
  static const char *const operands[] = {
    [TX_BYTE_THREAD - 0x80] = "n",
    [TX_BYTE_STACK - 0x80] = "nbnf",
    [TX_BYTE_STAMP - 0x80] = "tt",
    [TX_BYTE_REVEAL - 0x80] = "nn",
    [TX_BYTE_DEFINE_FILE - 0x80] = "ns",
    [TX_BYTE_DEFINE_FUNCTION - 0x80] = "nnnnsns",
    [TX_BYTE_DEFINE_THREAD - 0x80] = "nns",
    [TX_BYTE_MARK - 0x80] = "s",
    [TX_BYTE_GAP - 0x80] = "n",
    [TX_BYTE_CLOCK - 0x80] = "bbbbbbbbbbbbbbbb",
    [TX_BYTE_WAIT - 0x80] = "n",
    [TX_BYTE_NEAR - 0x80] = "t",
    [TX_BYTE_DEFINE_TYPE - 0x80] = "ns",
  };

  if (byte >= TX_BYTE_EXTENSION)
    return "s";
  return byte - 0x80u < sizeof operands / sizeof *operands ? operands[byte - 0x80] : NULL;
}

static void
pass_operands (TxPredictor *self, bool is_encoder, uint8_t byte)
{
  const char *operands = get_operands (byte);

  if (!operands)
    {
      self->failed = true;
      return;
    }
  for (; *operands != '\0'; operands++)
    switch (*operands)
      {
      case 'n':
        (void) pass_number (self, is_encoder, TREE_NUMBER);
        break;
      case 't':
        (void) pass_number (self, is_encoder, TREE_TIME);
        break;
      case 'b':
        (void) pass_byte (self, is_encoder, TREE_BYTE);
        break;
      case 's':
        pass_text (self, is_encoder);
        break;
      default:
        pass_frames (self, is_encoder);
      }
}

/* ---- Events that are guessed ---- */

/* What a frame that goes on usually goes on with: the one that it had waited for. */
static uint32_t
get_expected (TxPredictor *self, uint8_t byte)
{
  uint32_t activation = get_frame (self)->activation;

  if (byte == TX_BYTE_YIELD)
    return activation;
  return activation != 0 ? self->inner[activation % N_INNER] : self->last_yielded;
}

/* Encoding: reads an activation. */
static void
take_activation (TxPredictor *self, Event *event)
{
  uint64_t difference = take_number (self);
  int64_t activation = (int64_t) self->last_activation + _tx_unzigzag (difference);

  if (difference >> 33 != 0 || activation < 0 || activation > UINT32_MAX)
    {
      self->failed = true;
      return;
    }
  event->activation = (uint32_t) activation;
  if (event->activation == get_expected (self, event->byte))
    event->symbol = SYMBOL_EXPECTED;
  else if (event->activation == self->max_activation + 1)
    event->symbol = SYMBOL_NEW;
  else
    event->symbol = SYMBOL_OTHERS + difference;
}

/* Decoding: writes the activation that the symbol means. */
static void
put_activation (TxPredictor *self, Event *event)
{
  uint64_t difference = event->symbol - SYMBOL_OTHERS;

  if (event->symbol == SYMBOL_EXPECTED)
    event->activation = get_expected (self, event->byte);
  else if (event->symbol == SYMBOL_NEW)
    event->activation = self->max_activation + 1;
  else
    event->activation = self->last_activation + (uint32_t) _tx_unzigzag (difference);
  if (event->symbol < SYMBOL_OTHERS)
    difference = _tx_zigzag ((int64_t) event->activation - (int64_t) self->last_activation);
  put_number (self, difference);
}

/* Encoding: the next event, all of it but for the operands of one that is not guessed, and for the
   message of an exception. */
void
_tx_predictor_take_event (TxPredictor *self, Event *event)
{
  event->byte = take_byte (self);
  switch (event->byte)
    {
    case TX_BYTE_CALL:
    case TX_BYTE_LINE_FAR:
    case TX_BYTE_RAISE:
      event->operand = take_number (self);
      break;
    case TX_BYTE_YIELD:
      take_activation (self, event);
      break;
    case TX_BYTE_RESUME:
      event->operand = take_number (self);
      take_activation (self, event);
      event->line = take_number (self);
      break;
    default:
      break;
    }
}

/* Decoding: the other way. */
void
_tx_predictor_put_event (TxPredictor *self, Event *event)
{
  _tx_predictor_put_byte (self, event->byte);
  switch (event->byte)
    {
    case TX_BYTE_CALL:
    case TX_BYTE_LINE_FAR:
    case TX_BYTE_RAISE:
      put_number (self, event->operand);
      break;
    case TX_BYTE_YIELD:
      put_activation (self, event);
      break;
    case TX_BYTE_RESUME:
      put_number (self, event->operand);
      put_activation (self, event);
      put_number (self, event->line);
      break;
    default:
      break;
    }
}

/* The event as it is. Its operands, if it is not one that is guessed, are passed on. */
void
_tx_predictor_spell_event (TxPredictor *self, bool is_encoder, Event *event)
{
  event->byte = code_byte (self, is_encoder, TREE_KIND, event->byte);
  switch (event->byte)
    {
    case TX_BYTE_CALL:
      event->operand = code_number (self, is_encoder, TREE_FUNCTION, event->operand);
      break;
    case TX_BYTE_LINE_FAR:
      event->operand = code_number (self, is_encoder, TREE_FAR, event->operand);
      break;
    case TX_BYTE_RAISE:
      event->operand = code_number (self, is_encoder, TREE_TYPE, event->operand);
      break;
    case TX_BYTE_YIELD:
      event->symbol = code_number (self, is_encoder, TREE_SYMBOL, event->symbol);
      break;
    case TX_BYTE_RESUME:
      event->operand = code_number (self, is_encoder, TREE_RESUMED, event->operand);
      event->symbol = code_number (self, is_encoder, TREE_SYMBOL, event->symbol);
      event->line = code_number (self, is_encoder, TREE_LINE, event->line);
      break;
    default:
      break;
    }
}

void
_tx_predictor_pass_rest (TxPredictor *self, bool is_encoder, uint8_t byte)
{
  if (byte == TX_BYTE_RAISE)
    pass_text (self, is_encoder);
  else if (!is_common (byte))
    pass_operands (self, is_encoder, byte);
}
