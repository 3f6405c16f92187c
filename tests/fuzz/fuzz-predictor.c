// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as predicted events, and any bytes as events to be predicted: nothing outside the given
// memory is touched, and what is encoded comes back.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "trace/tx-predictor-private.h"

#define CHECK(condition)                                                                           \
  do                                                                                               \
    if (!(condition))                                                                              \
      abort ();                                                                                    \
  while (0)

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_decoding (TxPredictor *predictor, const uint8_t *data, size_t size, size_t decoded_size)
{
  uint8_t *decoded = malloc (decoded_size ? decoded_size : 1);

  CHECK (decoded);
  (void) _tx_predictor_decode (predictor, data, size, decoded, decoded_size);
  free (decoded);
}

static void
check_round_trip (TxPredictor *predictor, const uint8_t *data, size_t size)
{
  size_t capacity = 2 * size + 64;
  uint8_t *encoded = malloc (capacity);
  uint8_t *decoded = malloc (size ? size : 1);
  size_t encoded_size;

  CHECK (encoded && decoded);
  encoded_size = _tx_predictor_encode (predictor, data, size, encoded, capacity);
  if (encoded_size > 0)
    {
      CHECK (encoded_size <= capacity);
      CHECK (_tx_predictor_decode (predictor, encoded, encoded_size, decoded, size));
      CHECK (memcmp (data, decoded, size) == 0);
    }
  /* Where there is less room, nothing is written behind it. */
  if (encoded_size > 1)
    CHECK (_tx_predictor_encode (predictor, data, size, encoded, encoded_size - 1) == 0);
  free (encoded);
  free (decoded);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  TxPredictor *predictor = _tx_predictor_new ();

  CHECK (predictor);
  check_round_trip (predictor, data, size);
  /* The first byte says how much is asked for. */
  if (size > 0)
    check_decoding (predictor, data + 1, size - 1, (size_t) data[0] * data[0]);
  _tx_predictor_free (predictor);
  return 0;
}
