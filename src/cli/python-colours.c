// SPDX-License-Identifier: BSD-3-Clause
// Reads a line from left to right. A stack tells which strings are open; strings within the braces
// of an f-string are further ones. Nesting beyond the stack is taken for plain text of the string.
#include "python-colours.h"

#include <stdbool.h>
#include <string.h>

typedef struct
{
  PythonState *state; /* borrowed */
  const char *line;   /* borrowed; not terminated */
  size_t length;
  size_t pos;
  uint8_t *kinds;       /* borrowed */
  bool is_first;        /* nothing but space stands before, on this line */
  bool names_follow;    /* def or class was just read */
  bool in_continuation; /* the line ends in a backslash */
} Scan;

/* Sorted, for the search. */
static const char *const keywords[] = {
  "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
  "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
  "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
  "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield",
};

static bool
is_digit (char c)
{
  return c >= '0' && c <= '9';
}

/* Bytes of other than ASCII are taken for letters. */
static bool
is_name_start (char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char) c >= 0x80;
}

static bool
is_name_char (char c)
{
  return is_name_start (c) || is_digit (c);
}

static char
peek (const Scan *scan, size_t offset)
{
  return offset < scan->length - scan->pos ? scan->line[scan->pos + offset] : '\0';
}

static void
take (Scan *scan, size_t n, PythonKind kind)
{
  memset (scan->kinds + scan->pos, kind, n);
  scan->pos += n;
}

static PythonString *
get_innermost (const Scan *scan)
{
  PythonState *state = scan->state;

  return state->n_strings > 0 ? &state->strings[state->n_strings - 1] : NULL;
}

static bool
is_word (const char *word, size_t length, const char *text)
{
  return strlen (text) == length && memcmp (word, text, length) == 0;
}

static bool
is_keyword (const char *word, size_t length)
{
  size_t low = 0, high = sizeof keywords / sizeof *keywords;

  while (low < high)
    {
      size_t middle = (low + high) / 2;
      int order = strncmp (word, keywords[middle], length);

      if (order == 0 && keywords[middle][length] == '\0')
        return true;
      if (order > 0)
        low = middle + 1;
      else
        high = middle;
    }
  return false;
}

/* The last byte of the line's code, a comment left out as far as one can tell without reading
 * strings. */
static char
find_last_of_code (const Scan *scan)
{
  const char *hash = memchr (scan->line, '#', scan->length);
  size_t end = hash ? (size_t) (hash - scan->line) : scan->length;

  while (end > 0 && (scan->line[end - 1] == ' ' || scan->line[end - 1] == '\t'))
    end--;
  return end > 0 ? scan->line[end - 1] : '\0';
}

/* match, case and type are keywords only where a statement of theirs begins: another name, a value
 * or a bracket follows them, and not what would make them a name themselves. */
static bool
is_soft_keyword (const Scan *scan, const char *word, size_t length)
{
  size_t pos = scan->pos + length;
  bool is_type = is_word (word, length, "type");
  bool is_case = is_word (word, length, "case");
  char next;

  if (!scan->is_first || (!is_type && !is_case && !is_word (word, length, "match")))
    return false;
  while (pos < scan->length && (scan->line[pos] == ' ' || scan->line[pos] == '\t'))
    pos++;
  next = pos < scan->length ? scan->line[pos] : '\0';
  if (is_type)
    return pos > scan->pos + length && is_name_start (next);
  if (next == '\0' || strchr ("=.,:;)]}+*/%|&^<>!@#", next))
    return next == '*' && find_last_of_code (scan) == ':';
  return is_case ? memchr (scan->line + pos, ':', scan->length - pos) != NULL
                 : find_last_of_code (scan) == ':';
}

/* How many quotes open a string here, 0 if none. */
static size_t
count_quotes (const Scan *scan, size_t offset)
{
  char quote = peek (scan, offset);

  if (quote != '\'' && quote != '"')
    return 0;
  return peek (scan, offset + 1) == quote && peek (scan, offset + 2) == quote ? 3 : 1;
}

/* @prefix letters (r, b, f, u, t) stand before the quotes. */
static void
open_string (Scan *scan, size_t prefix, size_t n_quotes)
{
  PythonState *state = scan->state;
  PythonString string = { .quote = peek (scan, prefix), .is_triple = n_quotes == 3 };

  for (size_t i = 0; i < prefix; i++)
    {
      char c = peek (scan, i) | 0x20;

      string.is_raw |= c == 'r';
      string.is_format |= c == 'f' || c == 't';
    }
  take (scan, prefix + n_quotes, PYTHON_STRING);
  if (state->n_strings < PYTHON_NESTING_MAX)
    state->strings[state->n_strings++] = string;
}

static bool
is_string_prefix (const char *word, size_t length)
{
  if (length > 2)
    return false;
  for (size_t i = 0; i < length; i++)
    if (!memchr ("rbfutRBFUT", word[i], 10))
      return false;
  return true;
}

static void
read_word (Scan *scan)
{
  const char *word = scan->line + scan->pos;
  size_t length = 1;
  size_t n_quotes;

  while (is_name_char (peek (scan, length)))
    length++;
  n_quotes = is_string_prefix (word, length) ? count_quotes (scan, length) : 0;
  if (n_quotes > 0)
    {
      open_string (scan, length, n_quotes);
      return;
    }
  if (is_keyword (word, length) || is_soft_keyword (scan, word, length))
    {
      bool names_follow = is_word (word, length, "def") || is_word (word, length, "class");

      take (scan, length, PYTHON_KEYWORD);
      scan->names_follow = names_follow;
      return;
    }
  take (scan, length, scan->names_follow ? PYTHON_DEFINED : PYTHON_PLAIN);
  scan->names_follow = false;
}

/* Whatever begins like a number: 12, 0x1f, 1_000.5e-3j. */
static void
read_number (Scan *scan)
{
  bool is_hex = peek (scan, 0) == '0' && (peek (scan, 1) | 0x20) == 'x';
  size_t length = 1;

  for (;; length++)
    {
      char c = peek (scan, length);
      char before = peek (scan, length - 1) | 0x20;

      if (!is_name_char (c) && c != '.' && !((c == '+' || c == '-') && before == 'e' && !is_hex))
        break;
    }
  take (scan, length, PYTHON_NUMBER);
}

static void
read_decorator (Scan *scan)
{
  size_t length = 1;

  while (is_name_char (peek (scan, length)) || peek (scan, length) == '.')
    length++;
  take (scan, length, PYTHON_DECORATOR);
}

/* Brackets within the braces of an f-string, and the braces' end. */
static bool
read_in_braces (Scan *scan, PythonString *string)
{
  char c = peek (scan, 0);

  if (c == '(' || c == '[' || c == '{')
    string->n_brackets += string->n_brackets < UINT16_MAX;
  else if ((c == ')' || c == ']' || c == '}') && string->n_brackets > 0)
    string->n_brackets--;
  else if (c == '}')
    {
      scan->state->n_strings--; /* back to the string's own text */
      take (scan, 1, PYTHON_STRING);
      return true;
    }
  else if (c == ':' && string->n_brackets == 0)
    {
      string->in_braces = 2;
      take (scan, 1, PYTHON_STRING);
      return true;
    }
  return false;
}

static void
read_code (Scan *scan)
{
  PythonString *string = get_innermost (scan);
  char c = peek (scan, 0);
  size_t n_quotes = count_quotes (scan, 0);

  if (string && read_in_braces (scan, string))
    return;
  if (c == ' ' || c == '\t' || c == '\f')
    {
      take (scan, 1, PYTHON_PLAIN);
      return;
    }
  if (c == '#')
    take (scan, scan->length - scan->pos, PYTHON_COMMENT);
  else if (n_quotes > 0)
    open_string (scan, 0, n_quotes);
  else if (is_name_start (c))
    read_word (scan);
  else if (is_digit (c) || (c == '.' && is_digit (peek (scan, 1))))
    read_number (scan);
  else if (c == '@' && scan->is_first)
    read_decorator (scan);
  else
    take (scan, 1, PYTHON_PLAIN);
  scan->is_first = false;
}

/* The braces get an entry of their own above the string's. */
static bool
open_braces (Scan *scan, const PythonString *string)
{
  PythonState *state = scan->state;
  PythonString braces = *string;

  if (state->n_strings == PYTHON_NESTING_MAX)
    return false;
  braces.in_braces = 1;
  braces.n_brackets = 0;
  state->strings[state->n_strings++] = braces;
  take (scan, 1, PYTHON_STRING);
  return true;
}

static bool
is_end_of_string (const Scan *scan, const PythonString *string)
{
  char quote = string->quote;

  return peek (scan, 0) == quote &&
         (!string->is_triple || (peek (scan, 1) == quote && peek (scan, 2) == quote));
}

/* The end of a string closes what is open within it. */
static void
close_string (Scan *scan, const PythonString *string)
{
  PythonState *state = scan->state;
  size_t n_quotes = string->is_triple ? 3 : 1;

  while (state->n_strings > 0 && get_innermost (scan)->in_braces)
    state->n_strings--;
  if (state->n_strings > 0)
    state->n_strings--;
  take (scan, n_quotes, PYTHON_STRING);
}

/* The text of a string, or of what follows the colon in the braces of one. */
static void
read_string (Scan *scan, PythonString *string)
{
  bool in_format = string->in_braces == 2;
  char c = peek (scan, 0);

  if (c == '\\' && scan->length - scan->pos == 1)
    scan->in_continuation = true;
  /* Also in a raw string a backslash keeps the quote behind it from ending the string. */
  if (c == '\\' && scan->length - scan->pos > 1 && !(string->is_format && peek (scan, 1) == '{'))
    take (scan, 2, PYTHON_STRING);
  else if (in_format && c == '}')
    {
      scan->state->n_strings--;
      take (scan, 1, PYTHON_STRING);
    }
  else if (is_end_of_string (scan, string))
    close_string (scan, string);
  else if (string->is_format && c == '{' && !in_format && peek (scan, 1) == '{')
    take (scan, 2, PYTHON_STRING);
  else if (string->is_format && c == '{' && open_braces (scan, string))
    return;
  else
    take (scan, 1, PYTHON_STRING);
}

/* A string of one line that was not closed ends with it, so that one wrong quote does not colour
 * all of a file. Braces may go on over lines. */
static void
end_line (Scan *scan)
{
  PythonString *string = get_innermost (scan);

  if (string && !string->is_triple && string->in_braces != 1 && !scan->in_continuation)
    scan->state->n_strings = string->in_braces ? 0 : scan->state->n_strings - 1;
}

void
python_colour_line (PythonState *state, const char *line, size_t length, uint8_t *ret_kinds)
{
  Scan scan = { .state = state, .line = line, .length = length, .kinds = ret_kinds };

  scan.is_first = state->n_strings == 0;
  while (scan.pos < length)
    {
      PythonString *string = get_innermost (&scan);

      if (string && string->in_braces != 1)
        read_string (&scan, string);
      else
        read_code (&scan);
    }
  end_line (&scan);
}
