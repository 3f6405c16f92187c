// SPDX-License-Identifier: BSD-3-Clause
// The table of keys, and what those do that run no command.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli-sum.h"
#include "screen-private.h"

#define FUNCTION(key)      (SCREEN_KEY_FUNCTION | (key))
#define CONTROL(letter)    ((letter) - '@')
#define SHIFT_F(number)    FUNCTION (KEY_F ((number) + 12))
#define CONTROL_F(n)       FUNCTION (KEY_F ((n) + 24))
#define SHIFT_CONTROL_F(n) FUNCTION (KEY_F ((n) + 36))
#define SECOND_NS          INT64_C (1000000000)

/* ---- Actions ---- */

static void
toggle_pane (Screen *self, int kind)
{
  /* Of a pane that is there without the focus one wants that first. */
  if (self->panes[kind].is_shown && self->focus != kind)
    self->focus = kind;
  else
    screen_pane_show (self, (PlayerListKind) kind, !self->panes[kind].is_shown);
}

/* The source, each pane in sight, the timeline. */
static void
focus_next (Screen *self, int detail)
{
  int next = self->focus;

  if (next == SCREEN_FOCUS_TIMELINE)
    {
      self->focus = SCREEN_FOCUS_SOURCE;
      return;
    }
  for (next++; next < PLAYER_LISTS; next++)
    if (self->panes[next].is_shown)
      {
        self->focus = next;
        return;
      }
  self->focus = self->timeline.area.height > 0 ? SCREEN_FOCUS_TIMELINE : SCREEN_FOCUS_SOURCE;
}

static void
focus_source (Screen *self, int detail)
{
  self->focus = SCREEN_FOCUS_SOURCE;
  self->message[0] = '\0';
}

static int64_t
get_page (const Screen *self)
{
  int height =
      self->focus >= 0 ? self->panes[self->focus].area.height - 1 : self->source.area.height;

  return height > 2 ? height - 1 : 1;
}

/* @detail: rows; pages where it is as large as that */
#define PAGE 1000
#define ENDS 1000000

static void
move_rows (Screen *self, int detail)
{
  int64_t rows = detail == PAGE ? get_page (self) : detail == -PAGE ? -get_page (self) : detail;

  if (detail == ENDS || detail == -ENDS)
    rows = detail > 0 ? INT32_MAX : -INT32_MAX;
  if (self->focus >= 0)
    screen_pane_move (self, (PlayerListKind) self->focus, rows);
  else
    screen_source_move (self, rows);
}

/* Left and right: steps on the timeline, columns of the source. */
static void
move_columns (Screen *self, int detail)
{
  if (self->focus == SCREEN_FOCUS_TIMELINE)
    screen_run_command (self, detail > 0 ? "s" : "rs");
  else if (detail < 0 && self->source.left < 8)
    self->source.left = 0;
  else if (self->source.left < 4000)
    self->source.left += detail * 8;
}

/* @detail: seconds */
static void
move_time (Screen *self, int detail)
{
  PlayerAnswer answer = { .kind = PLAYER_ANSWER_POSITION };
  TxError error = { 0 };
  TxStatus status;

  screen_begin_work (self);
  self->player->is_following = false;
  status = player_go_to_time (
      self->player, cli_add (self->player->step.real_ns, detail * SECOND_NS), &answer, &error);
  screen_take_answer (self, status, &answer, &error);
}

static void
activate (Screen *self, int detail)
{
  if (self->focus >= 0)
    screen_pane_activate (self, (PlayerListKind) self->focus);
}

static void
delete_row (Screen *self, int detail)
{
  if (self->focus >= 0)
    screen_pane_remove (self, (PlayerListKind) self->focus);
}

static void
sort_next (Screen *self, int detail)
{
  const PlayerHotspotColumn *column = player_hotspot_columns;
  char command[64];

  while (column->name && column->sort != self->player->sort)
    column++;
  if (!column->name || !(++column)->name)
    column = player_hotspot_columns;
  snprintf (command, sizeof command, "hot %s", column->name);
  screen_run_command (self, command);
}

static void
redraw (Screen *self, int detail)
{
  clearok (stdscr, TRUE);
}

static void
suspend (Screen *self, int detail)
{
  kill (getpid (), SIGTSTP);
}

static void
interrupt (Screen *self, int detail)
{
  screen_say (self, false, "nothing to cancel (q quits)");
}

static void
search_again (Screen *self, int detail)
{
  screen_run_command (self, detail > 0 ? "/" : "r/");
}

static void
take_mouse (Screen *self, int detail)
{
  screen_take_mouse (self);
}

static void
resize (Screen *self, int detail)
{
  screen_lay_out (self);
}

/* ---- The table ---- */

#define COMMAND(code, command, label, summary)                                                     \
  {                                                                                                \
    code, command, NULL, 0, label, summary                                                         \
  }
#define ACTION(code, action, detail, label, summary)                                               \
  {                                                                                                \
    code, NULL, action, detail, label, summary                                                     \
  }
#define SAME(code, command)                                                                        \
  {                                                                                                \
    code, command, NULL, 0, NULL, NULL                                                             \
  }
#define SAME_ACTION(code, action, detail)                                                          \
  {                                                                                                \
    code, NULL, action, detail, NULL, NULL                                                         \
  }

const ScreenKey screen_keys[] = {
  COMMAND ('s', "s", "s, S", "step into calls; back"),
  SAME ('S', "rs"),
  SAME (FUNCTION (KEY_F (11)), "s"),
  SAME (SHIFT_CONTROL_F (11), "rs"),
  COMMAND ('n', "n", "n, N", "next line, over calls; back"),
  SAME ('N', "rn"),
  SAME (FUNCTION (KEY_F (10)), "n"),
  SAME (SHIFT_CONTROL_F (10), "rn"),
  COMMAND ('o', "finish", "o, O", "out of the function; back to its call"),
  SAME ('O', "rfin"),
  SAME (SHIFT_F (11), "finish"),
  SAME (SHIFT_CONTROL_F (9), "rfin"),
  COMMAND ('c', "c", "c, C", "continue to a breakpoint; back"),
  SAME ('C', "rc"),
  SAME (FUNCTION (KEY_F (5)), "c"),
  SAME (SHIFT_CONTROL_F (5), "rc"),
  COMMAND ('g', "u", "g, G", "run to the line of the cursor; back to it"),
  SAME ('G', "ru"),
  SAME (CONTROL_F (10), "u"),
  SAME (SHIFT_CONTROL_F (12), "ru"),
  COMMAND (']', "]", "[, ]", "the execution of the cursor's line before, the next"),
  SAME ('[', "["),
  COMMAND ('v', "slowest", "v", "the slowest execution of that line"),
  COMMAND ('b', "b", "b, F9", "set or remove a breakpoint on the line of the cursor"),
  SAME (FUNCTION (KEY_F (9)), "b"),
  COMMAND ('j', "j ", "j", "jump: to a time, +2s, 50%, core.py:120#37, a line of a log"),
  COMMAND ('<', "j start", "<, >", "start and end of the recording"),
  SAME ('>', "j end"),
  COMMAND ('u', "up", "u, d", "up and down the stack"),
  SAME ('d', "down"),
  COMMAND ('f', "f ", "f", "look at another file; Tab completes"),
  COMMAND ('/', "/", "/", "find a text in the file"),
  ACTION (FUNCTION (KEY_F (3)), search_again, 1, "F3, Shift+F3", "find it again; backward"),
  SAME_ACTION (SHIFT_F (3), search_again, -1),
  COMMAND ('.', "w", ".", "back to the current line"),
  COMMAND (CONTROL ('O'),
           "back",
           "Ctrl+O, Ctrl+I",
           "back, forward in the history of positions (Ctrl+I is Tab)"),
  SAME (CONTROL ('I'), "forward"),
  COMMAND ('m', "m ", "m", "bookmark this position, with a note"),
  ACTION ('1', toggle_pane, PLAYER_LIST_STACK, "1", "stack: show it, go to it, or hide it"),
  ACTION ('2', toggle_pane, PLAYER_LIST_THREADS, "2", "threads"),
  ACTION ('3',
          toggle_pane,
          PLAYER_LIST_HOTSPOTS,
          "3",
          "hot spots; Enter goes to the slowest execution"),
  ACTION ('4', toggle_pane, PLAYER_LIST_BREAKPOINTS, "4", "breakpoints"),
  ACTION ('5', toggle_pane, PLAYER_LIST_BOOKMARKS, "5", "bookmarks"),
  ACTION ('6', toggle_pane, PLAYER_LIST_FILES, "6", "files"),
  ACTION ('7', toggle_pane, PLAYER_LIST_INFO, "7", "what the recording is"),
  ACTION ('w', focus_next, 0, "w, F6", "to the next pane, the timeline, the source"),
  SAME_ACTION (FUNCTION (KEY_F (6)), focus_next, 0),
  ACTION (27, focus_source, 0, "Esc", "to the source; cancels what takes long"),
  ACTION ('\r', activate, 0, "Enter", "go where the row of the pane leads"),
  SAME_ACTION ('\n', activate, 0),
  SAME_ACTION (FUNCTION (KEY_ENTER), activate, 0),
  ACTION (FUNCTION (KEY_DC),
          delete_row,
          0,
          "Delete, x",
          "remove the breakpoint or bookmark of the row"),
  SAME_ACTION ('x', delete_row, 0),
  ACTION (FUNCTION (KEY_UP),
          move_rows,
          -1,
          "Up, Down",
          "move the cursor; Page Up, Page Down, Home and End, too"),
  SAME_ACTION (FUNCTION (KEY_DOWN), move_rows, 1),
  SAME_ACTION (FUNCTION (KEY_PPAGE), move_rows, -PAGE),
  SAME_ACTION (FUNCTION (KEY_NPAGE), move_rows, PAGE),
  SAME_ACTION (FUNCTION (KEY_HOME), move_rows, -ENDS),
  SAME_ACTION (FUNCTION (KEY_END), move_rows, ENDS),
  ACTION (FUNCTION (KEY_LEFT),
          move_columns,
          -1,
          "Left, Right",
          "scroll sideways; on the timeline one step"),
  SAME_ACTION (FUNCTION (KEY_RIGHT), move_columns, 1),
  ACTION (
      FUNCTION (KEY_SLEFT), move_time, -1, "Shift+Left, Shift+Right", "one second back or forward"),
  SAME_ACTION (FUNCTION (KEY_SRIGHT), move_time, 1),
  ACTION ('+', screen_timeline_zoom, 1, "+, -, 0", "timeline: zoom in, out, show all"),
  SAME_ACTION ('-', screen_timeline_zoom, -1),
  SAME_ACTION ('0', screen_timeline_zoom, 0),
  ACTION ('r', sort_next, 0, "r", "sort hot spots by the next column"),
  COMMAND ('a', "any", "a", "step in any thread, or in this one only"),
  COMMAND ('l', "follow", "l", "follow the end of a recording that grows"),
  COMMAND ('z', "zone", "z", "times in the local zone, in UTC, in the recorder's"),
  COMMAND (':', "", ":", "type a command; Tab completes, Up and Down recall"),
  COMMAND ('h', "h", "h, ?, F1", "help"),
  SAME ('?', "h"),
  SAME (FUNCTION (KEY_F (1)), "h"),
  COMMAND ('q', "q", "q", "quit"),
  ACTION (CONTROL ('L'), redraw, 0, "Ctrl+L", "draw the screen anew"),
  ACTION (CONTROL ('Z'), suspend, 0, "Ctrl+Z", "suspend"),
  SAME_ACTION (CONTROL ('C'), interrupt, 0),
  ACTION (FUNCTION (KEY_MOUSE),
          take_mouse,
          0,
          "mouse",
          "click: line, margin (breakpoint), row; timeline: click, drag; wheel"),
  SAME_ACTION (FUNCTION (KEY_RESIZE), resize, 0),
};

const size_t screen_n_keys = sizeof screen_keys / sizeof *screen_keys;

/* ---- Taking keys ---- */

static const ScreenKey *
find_key (uint32_t code)
{
  for (size_t i = 0; i < screen_n_keys; i++)
    if (screen_keys[i].code == code)
      return &screen_keys[i];
  return NULL;
}

/* Commands that need more words begin a command line: those that end in a space, a search, and the
 * colon. */
static bool
opens_entry (const ScreenKey *key)
{
  size_t length = strlen (key->command);

  return length == 0 || key->command[length - 1] == ' ' || key->command[0] == '/';
}

void
screen_take_key (Screen *self, uint32_t code)
{
  const ScreenKey *key = find_key (code);

  if (code != FUNCTION (KEY_MOUSE) && code != FUNCTION (KEY_RESIZE))
    screen_mouse_let_go (self);
  /* The size may change at any time, whatever is open. */
  if (code == FUNCTION (KEY_RESIZE))
    {
      resize (self, 0);
      return;
    }
  if (self->entry.is_open)
    {
      screen_entry_take_key (self, code);
      return;
    }
  if (self->shows_help)
    {
      screen_help_take_key (self, code);
      return;
    }
  if (!key)
    {
      screen_say (self, false, "no such key (h shows all keys)");
      return;
    }
  if (key->action)
    key->action (self, key->detail);
  else if (opens_entry (key))
    screen_entry_open (self, key->command);
  else
    screen_run_command (self, key->command);
}
