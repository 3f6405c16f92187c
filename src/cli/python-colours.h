// SPDX-License-Identifier: BSD-3-Clause
// What each byte of a line of Python is: keyword, string, comment ... For colours only: it never fails, and
// takes whatever a file may hold. Knows no screen. The grammar is that of Python 3.13 (language reference,
// chapter 2, "Lexical analysis"), which reads older sources the same.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum {
  PYTHON_PLAIN,
  PYTHON_KEYWORD,
  PYTHON_STRING,
  PYTHON_COMMENT,
  PYTHON_NUMBER,
  PYTHON_DECORATOR,
  PYTHON_DEFINED, /* the name behind def or class */
  PYTHON_KINDS,   /* how many there are */
} PythonKind;

#define PYTHON_NESTING_MAX 8u

/** PythonString: a string that is open, or the braces within an f-string. */
typedef struct {
  char quote;       /* ' or " */
  uint8_t is_triple;
  uint8_t is_raw;
  uint8_t is_format; /* f or t */
  uint8_t in_braces; /* code of `{...}`; 2: what follows its colon */
  uint16_t n_brackets; /* open within the braces */
} PythonString;

/** PythonState: what is open at a line's end. All zero: nothing, as at a file's beginning. */
typedef struct {
  PythonString strings[PYTHON_NESTING_MAX]; /* outermost first */
  uint32_t n_strings;
} PythonState;

/**
 * python_colour_line:
 * @state: (inout): at the line's beginning; becomes that at its end
 * @line: (array length=length): any bytes, without the line's end
 * @ret_kinds: (array length=length): a PythonKind for each byte
 */
void python_colour_line (PythonState *state, const char *line, size_t length, uint8_t *ret_kinds);
