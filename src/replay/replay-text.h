// SPDX-License-Identifier: BSD-3-Clause
// Makes hostile text printable: names and sources come from other people's programs and may hold
// anything. Nothing that leaves these functions can move a cursor, end a line or fool a reader.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * replay_text_take_char:
 * @text: (inout): moves behind the character.
 * @len: (inout): > 0; bytes left.
 * @ret_char: the code point, or the byte itself if it is not the start of valid UTF-8.
 *
 * Returns: whether it was valid UTF-8 (no surrogates, no overlong forms).
 */
bool replay_text_take_char (const char **text, size_t *len, uint32_t *ret_char);

/**
 * replay_text_is_printable:
 *
 * Returns: false for control characters (C0, DEL, C1), line and paragraph separators, and the marks
 *   that change the direction of text or are invisible.
 */
bool replay_text_is_printable (uint32_t c);

/**
 * replay_text_escape:
 * @text: (array length=len): any bytes.
 * @ret_text: (array length=size): valid UTF-8, NUL-terminated; cut between characters if too small.
 * @size: at least 1; 10 * @len + 1 always suffices.
 *
 * Keeps printable characters; writes backslash as `\\`, tab, newline and carriage return as `\t`,
 * `\n`, `\r`, other bytes as `\xNN` and other characters as `\uNNNN` or `\UNNNNNNNN`.
 *
 * Returns: the length of the text written.
 */
size_t replay_text_escape (const char *text, size_t len, char *ret_text, size_t size);

/**
 * replay_text_sanitize:
 *
 * Like replay_text_escape(), for text that is shown and not read back by programs: a backslash
 * stays as it is, a tab becomes a space, everything else that can't be printed one `?`.
 */
size_t replay_text_sanitize (const char *text, size_t len, char *ret_text, size_t size);
