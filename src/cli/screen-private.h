// SPDX-License-Identifier: BSD-3-Clause
// What the files of the screen share: its state, styles, and drawing that lets nothing through to the terminal
// but printable characters.
#pragma once

#include <curses.h>
#include <time.h>

#include "player-command.h"
#include "player-list.h"
#include "python-colours.h"
#include "replay/replay-timeline.h"
#include "screen-keys.h"
#include "screen.h"

#define SCREEN_ENTRY_SIZE   8192u
#define SCREEN_HISTORY_MAX  100u
#define SCREEN_PENDING_MAX  64u
#define SCREEN_LANES_MAX    6u

/* ---- Styles: screen-styles.c ---- */

typedef enum {
  SCREEN_PLAIN,
  SCREEN_DIM,
  SCREEN_KEYWORD,
  SCREEN_STRING,
  SCREEN_COMMENT,
  SCREEN_NUMBER,
  SCREEN_DECORATOR,
  SCREEN_DEFINED,
  SCREEN_HEADER,
  SCREEN_TITLE,    /* of a pane */
  SCREEN_FOCUSED,  /* of the pane with the focus */
  SCREEN_SELECTED, /* row of a pane */
  SCREEN_BREAKPOINT,
  SCREEN_ARROW,
  SCREEN_MATCH,    /* of a search */
  SCREEN_ERROR,
  SCREEN_NOTICE,
  SCREEN_HOT_1,    /* heat: little */
  SCREEN_HOT_2,
  SCREEN_HOT_3,    /* most */
  SCREEN_LANE,
  SCREEN_GAP,
  SCREEN_HERE,     /* the position on the timeline */
  SCREEN_STYLES,   /* how many there are */
} ScreenStyle;

/** screen_styles_init: looks at what the terminal has, and NO_COLOR. */
void screen_styles_init (void);
/** screen_style_set: what is put next has this style; on the ground of the current line where asked to. */
void screen_style_set (ScreenStyle style, bool on_current);

/* ---- Drawing: screen-draw.c ---- */

typedef struct {
  int y;
  int x;
  int height;
  int width;
} ScreenArea;

/** screen_is_utf8: whether more than ASCII may be put. */
bool screen_is_utf8 (void);
/** screen_get_ellipsis: for what is not known yet. */
const char *screen_get_ellipsis (void);
void screen_draw_init (void);

/** ScreenPen: where the next character goes, and where the line's room ends. */
typedef struct {
  int y;
  int x;
  int end;    /* first column that is not ours */
  int skip;   /* columns of the text that are scrolled out at the left */
  int column; /* of the text, for tabs */
  ScreenStyle style;
  bool on_current;
} ScreenPen;

/** screen_pen_put: any bytes; what can't be printed is `?`. */
void screen_pen_put (ScreenPen *pen, const char *text, size_t length);
void screen_pen_put_text (ScreenPen *pen, const char *text);
/** screen_pen_put_symbol: @ascii where the terminal has no UTF-8. */
void screen_pen_put_symbol (ScreenPen *pen, const char *utf8, const char *ascii);
/** screen_pen_fill: spaces up to column @end of the screen. */
void screen_pen_fill (ScreenPen *pen, int end);
/** screen_put: @text in @width columns, filled with spaces, its end cut. */
void screen_put (int y, int x, int width, ScreenStyle style, const char *text, bool at_right);
/** screen_get_text_width: in columns, as screen_pen_put() takes them. */
int screen_get_text_width (const char *text, size_t length);

/* ---- State ---- */

/** What has the focus: a pane by its list's number, or one of these. */
#define SCREEN_FOCUS_SOURCE   -1
#define SCREEN_FOCUS_TIMELINE -2

typedef struct {
  PlayerList list;
  bool is_loaded;
  PlayerChanges loaded;  /* what it shows */
  int64_t loaded_ms;
  char error[200];       /* why it shows nothing; "": it does */
  bool is_shown;         /* wanted */
  ScreenArea area;       /* height 0: no room */
  size_t selected;
  size_t top;
} ScreenPane;

typedef struct {
  ScreenArea area;
  uint32_t top;          /* first line shown, from 1 */
  int left;              /* columns scrolled out */
  unsigned look;         /* PlayerChanges.look that was scrolled to */
  int scrolled_height;   /* of the area then: a smaller one must not lose the line */
  int n_notes;           /* rows above the first line */
  int text_x;            /* where the text begins, for the mouse */
  TxFileId file;         /* whose lines are here */
  unsigned data;         /* PlayerChanges.data that they are of */
  bool has_lines;
  ReplayFileLine *lines; /* owned (array length=n_lines): by line */
  size_t n_lines;
  uint64_t hottest_ns;   /* greatest self time */
  PythonState *states;   /* owned (array length=n_states): before each line, as far as one has looked */
  size_t n_states;
  size_t states_capacity;
  TxFileId states_file;
} ScreenSource;

typedef struct {
  ScreenArea area;
  ReplayTimeline *timeline; /* owned; nullable */
  unsigned data;            /* PlayerChanges.data that it is of */
  int64_t start_ns;         /* what is shown; both 0: all */
  int64_t end_ns;
  int64_t loaded_start_ns;  /* the same, of what was loaded, or cancelled */
  int64_t loaded_end_ns;
  int loaded_width;
  int64_t loaded_ms;
  bool shows_marks;         /* there are breakpoints that are on */
  bool has_marks;           /* of the timeline above */
  bool *marks;              /* owned; nullable: its columns with hits of breakpoints */
  unsigned marks_breakpoints;  /* PlayerChanges.breakpoints that they are of */
} ScreenTimeline;

typedef struct {
  char text[SCREEN_ENTRY_SIZE]; /* terminated */
  size_t cursor;                /* bytes */
  char *history[SCREEN_HISTORY_MAX]; /* owned, each too: oldest first */
  size_t n_history;
  size_t at;                    /* in the history; n_history: the new one */
  bool is_open;
  char offer[1024];             /* what Tab has found, printable */
} ScreenEntry;

/** Who waits for what is done: screen-work.c. */
typedef enum {
  SCREEN_WORK_COMMAND, /* who asked for it: Esc cancels it, other keys wait */
  SCREEN_WORK_QUICK,   /* the picture: it is put off when it takes longer than one notices */
  SCREEN_WORK_SPARE,   /* nobody, the picture is there: it is put off for any key */
} ScreenWork;

struct _Screen {
  Player *player; /* borrowed */
  ScreenSource source;
  ScreenTimeline timeline;
  ScreenPane panes[PLAYER_LISTS];
  int focus;
  ScreenArea header;
  ScreenArea message_area;
  ScreenEntry entry;
  char message[600];
  bool is_error;
  bool shows_help;
  size_t help_top;
  bool quits;
  bool is_held;    /* the mouse's button */
  bool is_sliding; /* it was pressed on the timeline */
  uint32_t pending[SCREEN_PENDING_MAX]; /* keys that came during a long move */
  size_t n_pending;
  ScreenWork work;
  int64_t work_began_ms;
  int64_t woke_ms;       /* when the key came, or the time, for which a picture is made */
  int64_t polled_ms;     /* when the keyboard was looked at */
  bool was_cancelled;
  bool was_put_off;      /* what was being loaded is not, and will be */
};

/* ---- screen.c ---- */

int64_t screen_get_now_ms (void);
/** screen_read_key: 0 after @timeout_ms without one; SCREEN_KEY_HANGUP when the terminal is gone. */
uint32_t screen_read_key (Screen *self, int timeout_ms);
#define SCREEN_KEY_HANGUP 0x20000000u
/** screen_run_command: as typed; shows its answer or its error. */
void screen_run_command (Screen *self, const char *command);
void screen_take_answer (Screen *self, TxStatus status, const PlayerAnswer *answer, const TxError *error);
void screen_say (Screen *self, bool is_error, const char *format, ...) TX_PRINTF (3, 4);
/** screen_take_waiting_key: 0 if there is none. */
uint32_t screen_take_waiting_key (void);
void screen_draw (Screen *self);

/* ---- Long work: screen-work.c ---- */

/** screen_begin_work: from here on the progress is of new work that was asked for. */
void screen_begin_work (Screen *self);
/** screen_progress_cb: a ReplayProgressFunc; @data: the screen. */
bool screen_progress_cb (void *data, double fraction);
/** screen_load_quickly: as much of what the picture shows as there is time for before it, behind the key. */
void screen_load_quickly (Screen *self);
/** screen_load_rest: more of it, until a key comes or some time has passed; false: the picture need not be drawn anew. */
bool screen_load_rest (Screen *self);

/* ---- Parts ---- */

void screen_lay_out (Screen *self);
void screen_header_draw (const Screen *self);

/** screen_source_load: counts and heat, if they are missing or old; false: they aren't. The others are alike. */
bool screen_source_load (Screen *self);
void screen_source_draw (Screen *self);
/** screen_source_draw_line: @row: of the area; @digits: room for the number */
void screen_source_draw_line (Screen *self, int row, uint32_t line, int digits);
void screen_source_move (Screen *self, int64_t lines);
void screen_source_scroll (Screen *self, int64_t lines);
void screen_source_click (Screen *self, int y, int x);
void screen_source_clear (ScreenSource *self);
uint32_t screen_source_get_n_lines (const Screen *self);

bool screen_timeline_load (Screen *self);
void screen_timeline_draw (Screen *self);
void screen_timeline_zoom (Screen *self, int detail);
void screen_timeline_click (Screen *self, int x);
void screen_timeline_clear (ScreenTimeline *self);

bool screen_pane_load (Screen *self, PlayerListKind kind);
void screen_pane_draw (Screen *self, PlayerListKind kind);
void screen_pane_show (Screen *self, PlayerListKind kind, bool show);
void screen_pane_move (Screen *self, PlayerListKind kind, int64_t rows);
void screen_pane_activate (Screen *self, PlayerListKind kind);
void screen_pane_remove (Screen *self, PlayerListKind kind);
void screen_pane_click (Screen *self, PlayerListKind kind, int y);

void screen_entry_open (Screen *self, const char *text);
void screen_entry_take_key (Screen *self, uint32_t key);
void screen_entry_draw (const Screen *self);
void screen_entry_clear (ScreenEntry *self);

void screen_help_draw (Screen *self);
void screen_help_take_key (Screen *self, uint32_t key);

void screen_take_key (Screen *self, uint32_t key);

/** screen_mouse_init: asks the terminal for clicks, and for motion while a button is held. */
void screen_mouse_init (void);
/** screen_mouse_close: before endwin(). */
void screen_mouse_close (void);
void screen_take_mouse (Screen *self);
/** screen_mouse_let_go: a slide over the timeline ends where it is; also when its end was not told. */
void screen_mouse_let_go (Screen *self);
