// SPDX-License-Identifier: BSD-3-Clause
// What the terminal is like, and text that fits into its columns without doing anything to it.
#pragma once

#include <stdbool.h>
#include <stddef.h>

/** CliTerm: of the standard output. */
typedef struct {
  bool has_colours; /* a terminal, and nobody said NO_COLOR */
  bool is_utf8;
  size_t width;     /* columns; SIZE_MAX: as many as it takes */
} CliTerm;

/** cli_term_look: sets the locale's character types. $COLUMNS counts where there is no terminal. */
void cli_term_look (CliTerm *ret_term);

/**
 * cli_term_dup_fitting:
 * @text: any bytes
 * @width: columns; the end is cut, and shown to be, where it does not fit
 *
 * Returns: (transfer full): free() it; printable; NULL without memory
 */
char *cli_term_dup_fitting (const CliTerm *self, const char *text, size_t width);

/** cli_term_get_width: columns of a printable text. */
size_t cli_term_get_width (const char *text);

/** cli_term_print: prints @text in @width columns, filled with spaces, at their left or right side. */
void cli_term_print (const char *text, size_t width, bool at_right);

/** cli_term_colour: switches to an ANSI style ("1" bold, "31" red, "0" normal); nothing without colours. */
void cli_term_colour (const CliTerm *self, const char *style);
