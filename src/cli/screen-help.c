// SPDX-License-Identifier: BSD-3-Clause
// The help screen: all keys and commands, from their tables; and choosing a process of a run.
#include <stdio.h>
#include <string.h>

#include "replay/replay-text.h"
#include "screen-private.h"

#define LABEL_WIDTH 20
#define TEXT_SIZE   200u

/* ---- Help ---- */

/** One line of it. */
typedef struct
{
  char label[TEXT_SIZE];
  const char *text;
  bool is_title;
} Line;

static void
make_command_label (const PlayerCommand *command, char *ret_label)
{
  size_t used = 0;

  ret_label[0] = '\0';
  for (size_t i = 0; i < PLAYER_NAMES_MAX && command->names[i]; i++)
    used += (size_t) snprintf (ret_label + used, TEXT_SIZE - used, "%s%s", i ? ", " : "",
                               command->names[i]);
  snprintf (ret_label + used, TEXT_SIZE - used, "%s%s", command->argument[0] ? " " : "",
            command->argument);
}

static size_t
count_keys (void)
{
  size_t n = 0;

  for (size_t i = 0; i < screen_n_keys; i++)
    n += screen_keys[i].summary != NULL;
  return n;
}

static const ScreenKey *
get_key (size_t index)
{
  for (size_t i = 0; i < screen_n_keys; i++)
    if (screen_keys[i].summary && index-- == 0)
      return &screen_keys[i];
  return NULL;
}

/* Keys, then commands, each below a title. */
static bool
get_line (size_t index, Line *ret_line)
{
  size_t n_keys = count_keys ();
  const ScreenKey *key;

  *ret_line = (Line){ .text = "" };
  if (index == 0 || index == n_keys + 2)
    {
      ret_line->is_title = true;
      ret_line->text = index == 0 ? "Keys: lower case goes forward, upper case backward"
                                  : "Commands, typed after a colon";
      return true;
    }
  if (index <= n_keys)
    {
      key = get_key (index - 1);
      snprintf (ret_line->label, sizeof ret_line->label, "%s", key->label);
      ret_line->text = key->summary;
      return true;
    }
  if (index == n_keys + 1)
    return true;
  if (index - n_keys - 3 >= player_n_commands)
    return false;
  make_command_label (&player_commands[index - n_keys - 3], ret_line->label);
  ret_line->text = player_commands[index - n_keys - 3].summary;
  return true;
}

static size_t
count_lines (void)
{
  return count_keys () + 3 + player_n_commands;
}

void
screen_help_draw (Screen *self)
{
  int height = LINES - 1;
  size_t n_lines = count_lines ();
  size_t last = n_lines > (size_t) height ? n_lines - (size_t) height : 0;
  Line line;

  if (self->help_top > last)
    self->help_top = last;
  for (int row = 0; row < height && get_line (self->help_top + (size_t) row, &line); row++)
    {
      ScreenPen pen = { .y = row,
                        .end = COLS,
                        .style = line.is_title ? SCREEN_HEADER : SCREEN_KEYWORD };

      screen_pen_put_text (&pen, " ");
      screen_pen_put_text (&pen, line.label);
      if (!line.is_title)
        {
          screen_pen_fill (&pen, pen.x < LABEL_WIDTH ? LABEL_WIDTH : pen.x + 1);
          pen.end = COLS;
          pen.style = SCREEN_PLAIN;
        }
      screen_pen_put_text (&pen, line.text);
      screen_pen_fill (&pen, COLS);
    }
  screen_say (self, false, "help: arrows and Page Up, Page Down scroll, q or Esc goes back");
}

void
screen_help_take_key (Screen *self, uint32_t key)
{
  size_t page = LINES > 2 ? (size_t) LINES - 2 : 1;

  switch (key)
    {
    case SCREEN_KEY_FUNCTION | KEY_DOWN:
    case '\r':
    case 'j':
      self->help_top++;
      break;
    case SCREEN_KEY_FUNCTION | KEY_UP:
    case 'k':
      self->help_top -= self->help_top > 0;
      break;
    case SCREEN_KEY_FUNCTION | KEY_NPAGE:
    case ' ':
      self->help_top += page;
      break;
    case SCREEN_KEY_FUNCTION | KEY_PPAGE:
      self->help_top -= self->help_top > page ? page : self->help_top;
      break;
    case SCREEN_KEY_FUNCTION | KEY_HOME:
      self->help_top = 0;
      break;
    case SCREEN_KEY_FUNCTION | KEY_END:
      self->help_top = count_lines ();
      break;
    case SCREEN_KEY_FUNCTION | KEY_RESIZE:
    case SCREEN_KEY_FUNCTION | KEY_MOUSE:
      break;
    default:
      self->shows_help = false;
      self->message[0] = '\0';
      break;
    }
}

/* ---- Processes ---- */

static void
draw_processes (const ReplayPath *path, size_t selected)
{
  char text[1200];
  size_t height = LINES > 2 ? (size_t) LINES - 2 : 1;
  size_t top = selected >= height ? selected - height + 1 : 0;

  screen_style_set (SCREEN_PLAIN, false);
  erase ();
  snprintf (text, sizeof text, " %zu processes in %.1000s", path->n_traces, path->run_directory);
  screen_put (0, 0, COLS, SCREEN_HEADER, text, false);
  for (size_t i = top; i < path->n_traces && i - top < height; i++)
    {
      snprintf (text, sizeof text, " %3zu  %.1000s", i + 1, path->traces[i].name);
      screen_put ((int) (i - top) + 1, 0, COLS, i == selected ? SCREEN_SELECTED : SCREEN_PLAIN,
                  text, false);
    }
  screen_put (LINES - 1, 0, COLS, SCREEN_DIM, " Up, Down, Enter opens it, q quits", false);
  curs_set (0);
  refresh ();
}

bool
screen_choose (const ReplayPath *path, size_t *ret_index)
{
  size_t selected = 0;

  for (;;)
    {
      uint32_t key;

      draw_processes (path, selected);
      key = screen_read_key (NULL, 1000);
      if (key == '\r' || key == '\n' || key == (SCREEN_KEY_FUNCTION | KEY_ENTER))
        {
          *ret_index = selected;
          return true;
        }
      if (key == 'q' || key == 27 || key == 3 || key == SCREEN_KEY_HANGUP)
        return false;
      if ((key == (SCREEN_KEY_FUNCTION | KEY_DOWN) || key == 'j') && selected + 1 < path->n_traces)
        selected++;
      if ((key == (SCREEN_KEY_FUNCTION | KEY_UP) || key == 'k') && selected > 0)
        selected--;
      if (key >= '1' && key <= '9' && key - '1' < path->n_traces)
        selected = key - '1';
    }
}
