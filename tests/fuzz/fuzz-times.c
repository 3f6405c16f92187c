// SPDX-License-Identifier: BSD-3-Clause
// Any text as a time: no crash, a terminated one-line message or a result within the recording, and
// what is printed of it reads back.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "replay/replay-times.h"

#define CHECK(condition)                                                                           \
  do                                                                                               \
    if (!(condition))                                                                              \
      abort ();                                                                                    \
  while (0)

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_point (const ReplayTimesPoint *point, const ReplayTimesContext *context, const char *text)
{
  char printed[REPLAY_TIMES_FORMAT_SIZE];
  char said[300];
  ReplayTimesSpec again;

  if (point->kind == REPLAY_TIMES_HIT)
    {
      CHECK (point->file >= text);
      CHECK (point->file + point->file_len < text + strlen (text));
      CHECK (point->line > 0);
      return;
    }
  if (point->kind == REPLAY_TIMES_BOOKMARK)
    {
      CHECK (point->note == NULL ? point->bookmark > 0 : point->note_len > 0);
      CHECK (point->note == NULL || point->note + point->note_len <= text + strlen (text));
      return;
    }
  if (point->kind == REPLAY_TIMES_STEP)
    return;
  CHECK (point->time_ns >= context->start_ns && point->time_ns <= context->end_ns);
  replay_times_describe (point, context->zone, said, sizeof said);
  replay_times_format (point->time_ns, context->zone,
                       REPLAY_TIMES_WITH_DATE | REPLAY_TIMES_WITH_OFFSET, 9, printed,
                       sizeof printed);
  CHECK (replay_times_parse (printed, context, &again, NULL) == TX_OK);
  CHECK (again.from.time_ns == point->time_ns);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static ReplayZone *zone;
  const int64_t start_ns = INT64_C (1713277200) * 1000000000;
  ReplayTimesContext context = { start_ns, start_ns, start_ns, NULL, true };
  ReplayTimesSpec spec;
  TxError error = { 0 };
  TxStatus status;
  char *text;

  if (zone == NULL)
    zone = replay_zone_new_named ("Europe/Paris");
  if (size == 0)
    return 0;
  if (data[0] & 1)
    context.zone = zone;
  context.start_ns -= (int64_t) (data[0] & 0x0e) * 86400 * 1000000000 * 20;
  context.end_ns += (int64_t) (data[0] & 0x70) * 60 * 1000000000;
  context.allow_range = (data[0] & 0x80) == 0;

  text = malloc (size);
  if (text == NULL)
    return 0;
  memcpy (text, data + 1, size - 1);
  text[size - 1] = '\0';
  status = replay_times_parse (text, &context, &spec, &error);
  if (status == TX_OK)
    {
      check_point (&spec.from, &context, text);
      if (spec.kind == REPLAY_TIMES_RANGE)
        {
          CHECK (context.allow_range);
          check_point (&spec.to, &context, text);
        }
    }
  else
    {
      CHECK (status == TX_END || status == TX_ERROR_INVALID);
      CHECK (error.status == status && error.message[0] != '\0');
      for (const char *p = error.message; *p != '\0'; p++)
        CHECK ((unsigned char) *p >= 0x20);
    }
  free (text);
  return 0;
}
