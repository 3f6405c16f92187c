// SPDX-License-Identifier: BSD-3-Clause
// Colours for 256, for 8, and for none at all. The ground of the terminal is left as it is (it may
// be light or dark), so colours are middling ones; the current line has a ground and colours of its
// own.
#include <stdlib.h>

#include "screen-private.h"

/* Of one style; -1: the terminal's own. */
typedef struct
{
  short of_256, of_8;
  short current_256, current_8; /* on the ground of the current line */
  short ground_256, ground_8;
  attr_t attributes;      /* with colours */
  attr_t attributes_mono; /* without */
} Style;

#define CURRENT_GROUND_256 24
#define CURRENT_GROUND_8   COLOR_BLUE

static const Style styles[SCREEN_STYLES] = {
  [SCREEN_PLAIN] = { -1, -1, 255, COLOR_WHITE, -1, -1, A_NORMAL, A_NORMAL },
  [SCREEN_DIM] = { 244, -1, 250, COLOR_WHITE, -1, -1, A_NORMAL, A_DIM },
  [SCREEN_KEYWORD] = { 32, COLOR_CYAN, 159, COLOR_CYAN, -1, -1, A_BOLD, A_BOLD },
  [SCREEN_STRING] = { 71, COLOR_GREEN, 157, COLOR_GREEN, -1, -1, A_NORMAL, A_NORMAL },
  [SCREEN_COMMENT] = { 244, COLOR_BLUE, 252, COLOR_WHITE, -1, -1, A_NORMAL, A_DIM },
  [SCREEN_NUMBER] = { 133, COLOR_MAGENTA, 225, COLOR_MAGENTA, -1, -1, A_NORMAL, A_NORMAL },
  [SCREEN_DECORATOR] = { 136, COLOR_YELLOW, 229, COLOR_YELLOW, -1, -1, A_NORMAL, A_NORMAL },
  [SCREEN_DEFINED] = { 136, COLOR_YELLOW, 229, COLOR_YELLOW, -1, -1, A_BOLD, A_UNDERLINE },
  [SCREEN_HEADER] = { 255, COLOR_WHITE, 255, COLOR_WHITE, 238, COLOR_BLUE, A_BOLD, A_REVERSE },
  [SCREEN_TITLE] = { 255, COLOR_BLACK, 255, COLOR_BLACK, 241, COLOR_CYAN, A_NORMAL,
                     A_UNDERLINE | A_BOLD },
  [SCREEN_FOCUSED] = { 16, COLOR_BLACK, 16, COLOR_BLACK, 179, COLOR_YELLOW, A_NORMAL,
                       A_REVERSE | A_BOLD },
  [SCREEN_SELECTED] = { 16, COLOR_BLACK, 16, COLOR_BLACK, 179, COLOR_YELLOW, A_NORMAL, A_REVERSE },
  [SCREEN_BREAKPOINT] = { 160, COLOR_RED, 217, COLOR_RED, -1, -1, A_BOLD, A_BOLD },
  [SCREEN_ARROW] = { 172, COLOR_YELLOW, 228, COLOR_YELLOW, -1, -1, A_BOLD, A_BOLD },
  [SCREEN_MATCH] = { 16, COLOR_BLACK, 16, COLOR_BLACK, 220, COLOR_YELLOW, A_NORMAL, A_REVERSE },
  [SCREEN_ERROR] = { 160, COLOR_RED, 217, COLOR_RED, -1, -1, A_BOLD, A_BOLD },
  [SCREEN_NOTICE] = { 136, COLOR_YELLOW, 229, COLOR_YELLOW, -1, -1, A_NORMAL, A_NORMAL },
  [SCREEN_HOT_1] = { 143, COLOR_GREEN, 187, COLOR_GREEN, -1, -1, A_NORMAL, A_NORMAL },
  [SCREEN_HOT_2] = { 172, COLOR_YELLOW, 215, COLOR_YELLOW, -1, -1, A_NORMAL, A_NORMAL },
  [SCREEN_HOT_3] = { 160, COLOR_RED, 217, COLOR_RED, -1, -1, A_BOLD, A_BOLD },
  [SCREEN_LANE] = { 67, COLOR_CYAN, 67, COLOR_CYAN, -1, -1, A_NORMAL, A_NORMAL },
  [SCREEN_GAP] = { 160, COLOR_RED, 160, COLOR_RED, -1, -1, A_NORMAL, A_NORMAL },
  [SCREEN_HERE] = { 16, COLOR_BLACK, 16, COLOR_BLACK, 220, COLOR_YELLOW, A_BOLD,
                    A_REVERSE | A_BOLD },
};

static int n_colours; /* 256, 8 or 0; of the one terminal that there is */

static short
get_pair (ScreenStyle style, bool on_current)
{
  return (short) (1 + (int) style + (on_current ? SCREEN_STYLES : 0));
}

static void
init_pairs (short foreground, short background)
{
  for (int style = 0; style < SCREEN_STYLES; style++)
    {
      const Style *of = &styles[style];
      bool has_ground = of->ground_256 >= 0;
      short current = n_colours == 256 ? CURRENT_GROUND_256 : CURRENT_GROUND_8;
      short colour = n_colours == 256 ? of->of_256 : of->of_8;
      short ground = n_colours == 256 ? of->ground_256 : of->ground_8;

      init_pair (get_pair ((ScreenStyle) style, false), colour < 0 ? foreground : colour,
                 ground < 0 ? background : ground);
      init_pair (get_pair ((ScreenStyle) style, true),
                 n_colours == 256 ? of->current_256 : of->current_8, has_ground ? ground : current);
    }
}

void
screen_styles_init (void)
{
  const char *no_colour = getenv ("NO_COLOR");

  n_colours = 0;
  if ((no_colour && *no_colour) || !has_colors () || start_color () == ERR)
    return;
  n_colours = COLORS >= 256 && COLOR_PAIRS > 2 * SCREEN_STYLES ? 256
              : COLORS >= 8 && COLOR_PAIRS > 2 * SCREEN_STYLES ? 8
                                                               : 0;
  if (n_colours == 0)
    return;
  if (use_default_colors () == OK)
    init_pairs (-1, -1);
  else
    init_pairs (COLOR_WHITE, COLOR_BLACK);
}

void
screen_style_set (ScreenStyle style, bool on_current)
{
  const Style *of = &styles[style];

  if (n_colours > 0)
    wattr_set (stdscr, of->attributes, get_pair (style, on_current), NULL);
  else if (on_current && style != SCREEN_MATCH)
    wattr_set (stdscr, of->attributes_mono | A_REVERSE, 0, NULL);
  else
    wattr_set (stdscr, on_current ? A_BOLD : of->attributes_mono, 0, NULL);
}
