// SPDX-License-Identifier: BSD-3-Clause
// Decodes the operands of DEFINE events. Keeps nothing.
#include "tx-definition-private.h"

static void
decode_function (TxCursor *cursor, TxDefinition *definition)
{
  definition->file = _tx_cursor_varint32 (cursor);
  definition->first_line = _tx_cursor_varint32 (cursor);
  definition->flags = _tx_cursor_varint32 (cursor);
  definition->name = _tx_cursor_string (cursor, TX_NAME_SIZE_MAX, &definition->name_size);
  definition->bitmap_first_line = _tx_cursor_varint32 (cursor);
  definition->bitmap = _tx_cursor_string (cursor, TX_LINE_BITMAP_MAX, &definition->bitmap_size);
}

bool
_tx_definition_decode (TxCursor *cursor, TxEventKind kind, TxDefinition *ret_definition)
{
  TxDefinition definition = { .kind = kind };

  definition.id = _tx_cursor_varint32 (cursor);
  if (kind == TX_EVENT_DEFINE_FUNCTION)
    decode_function (cursor, &definition);
  else
    {
      if (kind == TX_EVENT_DEFINE_THREAD)
        definition.native_id = _tx_cursor_varint64 (cursor);
      definition.name = _tx_cursor_string (cursor, TX_NAME_SIZE_MAX, &definition.name_size);
    }
  if (definition.id == 0)
    cursor->failed = true;
  if (cursor->failed)
    return false;
  *ret_definition = definition;
  return true;
}
