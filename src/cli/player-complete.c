// SPDX-License-Identifier: BSD-3-Clause
// What Tab offers: commands, files, functions, columns.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli-location.h"
#include "player-command.h"
#include "player-list.h"
#include "replay/replay-text.h"

#define WORDS_MAX 500u

typedef struct
{
  PlayerCompletions *found;
  const char *word; /* borrowed; what is there of it */
  size_t length;
} Search;

/* Names that hold what can't be typed are left out, and so are those that are there already. */
static void
offer (Search *search, const char *text)
{
  PlayerCompletions *found = search->found;
  size_t size = strlen (text) + 1;
  char *clean;

  if (found->n_words == WORDS_MAX || size <= search->length ||
      memcmp (text, search->word, search->length) != 0)
    return;
  for (size_t i = 0; i < found->n_words; i++)
    if (strcmp (found->words[i], text) == 0)
      return;
  clean = malloc (size);
  if (!clean)
    return;
  replay_text_sanitize (text, size - 1, clean, size);
  if (strcmp (clean, text) == 0 && !strchr (text, ' '))
    found->words[found->n_words++] = clean;
  else
    free (clean);
}

static void
offer_commands (Search *search)
{
  for (size_t i = 0; i < player_n_commands; i++)
    for (size_t k = 0; k < PLAYER_NAMES_MAX && player_commands[i].names[k]; k++)
      offer (search, player_commands[i].names[k]);
}

static void
offer_files (const Player *player, Search *search)
{
  for (size_t id = 1; id <= tx_reader_get_n_files (player->reader); id++)
    if (tx_reader_get_file (player->reader, (TxFileId) id))
      offer (search, cli_location_get_file (player->reader, (TxFileId) id));
}

static void
offer_functions (const Player *player, Search *search)
{
  for (size_t id = 1; id <= tx_reader_get_n_functions (player->reader); id++)
    {
      const TxFunction *function = tx_reader_get_function (player->reader, (TxFunctionId) id);

      if (function && function->name[0] != '<')
        offer (search, function->name);
    }
}

static void
offer_columns (Search *search)
{
  for (const PlayerHotspotColumn *column = player_hotspot_columns; column->name; column++)
    offer (search, column->name);
  offer (search, "thread");
}

static void
offer_argument (const Player *player, const PlayerCommand *command, Search *search)
{
  switch (command->completion)
    {
    case PLAYER_COMPLETE_FILE:
      offer_files (player, search);
      break;
    case PLAYER_COMPLETE_PLACE:
      offer_files (player, search);
      if (command->run == player_command_break)
        offer_functions (player, search);
      break;
    case PLAYER_COMPLETE_COLUMN:
      offer_columns (search);
      break;
    case PLAYER_COMPLETE_ZONE:
      offer (search, "local");
      offer (search, "utc");
      offer (search, "recorder");
      break;
    case PLAYER_COMPLETE_NOTHING:
    default:
      break;
    }
}

static int
compare_words (const void *a, const void *b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static size_t
count_common (const PlayerCompletions *self)
{
  size_t common = self->n_words > 0 ? strlen (self->words[0]) : 0;

  for (size_t i = 1; i < self->n_words; i++)
    {
      size_t same = 0;

      while (same < common && self->words[0][same] == self->words[i][same])
        same++;
      common = same;
    }
  /* Not within a character. */
  while (common > 0 && self->n_words > 0 && ((unsigned char) self->words[0][common] & 0xc0) == 0x80)
    common--;
  return common;
}

void
player_complete (Player *self, const char *text, size_t cursor, PlayerCompletions *ret_completions)
{
  char *line = strndup (text, cursor);
  PlayerCompletions found = { .words = calloc (WORDS_MAX, sizeof *found.words), .start = cursor };
  Search search = { .found = &found };
  const PlayerCommand *command;
  const char *argument;

  *ret_completions = found;
  if (!line || !found.words)
    {
      free (line);
      return;
    }
  while (found.start > 0 && line[found.start - 1] != ' ')
    found.start--;
  search.word = line + found.start;
  search.length = strlen (search.word);
  command = player_find_command (line, &argument);
  /* As long as no space follows, the command itself is being typed. */
  if (strspn (line, " ") == found.start)
    offer_commands (&search);
  else if (command && argument >= line && (size_t) (argument - line) <= found.start)
    offer_argument (self, command, &search);
  qsort (found.words, found.n_words, sizeof *found.words, compare_words);
  found.common = count_common (&found);
  *ret_completions = found;
  free (line);
}

void
player_completions_clear (PlayerCompletions *self)
{
  for (size_t i = 0; i < self->n_words; i++)
    free (self->words[i]);
  free (self->words);
  *self = (PlayerCompletions){ 0 };
}
