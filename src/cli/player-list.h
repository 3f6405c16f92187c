// SPDX-License-Identifier: BSD-3-Clause
// Lists of what there is: stack, threads, hot spots ... A table says what each is made of; who shows one (a pane
// of the screen, a table or JSON on the standard output) knows rows and columns only.
#pragma once

#include "player.h"

#define PLAYER_COLUMNS_MAX 10u
#define PLAYER_COLUMN_HIDDEN 10000u /* from_width of what only programs get to see */

typedef enum {
  PLAYER_CELL_TEXT,
  PLAYER_CELL_NUMBER,   /* as it is, from 0 */
  PLAYER_CELL_COUNT,    /* short: 12.3k */
  PLAYER_CELL_DURATION, /* ns */
  PLAYER_CELL_TIME,     /* UTC ns */
} PlayerCellKind;

typedef struct {
  const char *name;  /* in JSON */
  const char *title;
  PlayerCellKind kind;
  unsigned width;    /* in characters; 0: what is left; at most one column has that */
  unsigned from_width; /* shown where the list is at least that wide */
} PlayerColumn;

typedef struct {
  char *text;     /* owned; of a TEXT: as recorded, any byte */
  int64_t number; /* of the others */
} PlayerCell;

typedef struct {
  PlayerCell cells[PLAYER_COLUMNS_MAX];
  bool is_current; /* where one is */
  bool is_dim;     /* switched off, or nothing to go to */
  TxFileId file;   /* what the row leads to, as its list has it */
  uint32_t line;
  ReplayPosition position;
  uint64_t id;
} PlayerRow;

typedef struct _PlayerListClass PlayerListClass;

typedef struct {
  const PlayerListClass *klass; /* static */
  PlayerRow *rows;              /* owned (array length=n_rows) */
  size_t n_rows;
  size_t capacity;
  char note[160];               /* behind the title; printable; "": nothing */
} PlayerList;

struct _PlayerListClass {
  const char *name;  /* of the command that shows it */
  const char *title; /* of the pane */
  const char *empty; /* said when there is no row */
  PlayerColumn columns[PLAYER_COLUMNS_MAX]; /* name NULL behind the last */
  bool has_titles;   /* the columns' titles say something that the rows do not */
  /* What makes it stale, as PlayerChanges has it. */
  bool is_of_position;
  bool is_of_data;
  bool is_of_settings;
  TxStatus (*fill) (Player *player, PlayerList *list, TxError *error);
  /* What Enter does on a row. */
  TxStatus (*activate) (Player *player, const PlayerRow *row, PlayerAnswer *answer, TxError *error);
  /* What Delete does; nullable. */
  TxStatus (*remove) (Player *player, const PlayerRow *row, PlayerAnswer *answer, TxError *error);
};

/** player_list_get_class: never NULL for a kind below PLAYER_LISTS. */
const PlayerListClass *player_list_get_class (PlayerListKind kind);

/** player_list_load: @ret_list: untouched on failure; player_list_clear() it. */
TxStatus player_list_load (Player *player, PlayerListKind kind, PlayerList *ret_list, TxError *error) TX_WARN_UNUSED;
void player_list_clear (PlayerList *self);

/** player_list_add: a new row, all zero; NULL without memory. For @fill. */
PlayerRow *player_list_add (PlayerList *self);
/** player_row_set_text: copies; without memory the cell is empty. */
void player_row_set_text (PlayerRow *self, size_t column, const char *text);
void player_row_set_number (PlayerRow *self, size_t column, int64_t number);
/** player_row_set_location: "core.py:120" */
void player_row_set_location (PlayerRow *self, size_t column, const Player *player, TxFileId file, uint32_t line);

/** player_list_format_cell: printable; cut if too small. */
void player_list_format_cell (const Player *player, const PlayerColumn *column, const PlayerCell *cell, char *ret_text, size_t size);

/** player_list_fit: which columns of a list of that width are shown, and how wide; 0: not. Between two is one space. */
void player_list_fit (const PlayerListClass *klass, unsigned width, unsigned ret_widths[PLAYER_COLUMNS_MAX]);

/** player_list_is_right: whether a column's text stands at its right side. */
static inline bool
player_column_is_right (const PlayerColumn *column)
{
  return column->kind != PLAYER_CELL_TEXT && column->kind != PLAYER_CELL_TIME;
}

/* ---- The lists; one file each ---- */

extern const PlayerListClass player_list_stack;
extern const PlayerListClass player_list_threads;
extern const PlayerListClass player_list_hotspots;
extern const PlayerListClass player_list_breakpoints;
extern const PlayerListClass player_list_bookmarks;
extern const PlayerListClass player_list_files;
extern const PlayerListClass player_list_info;

/** player_hotspot_columns: names that hot spots can be sorted by, and by what; name NULL behind the last. */
typedef struct {
  const char *name;
  ReplayHotspotSort sort;
} PlayerHotspotColumn;
extern const PlayerHotspotColumn player_hotspot_columns[];
