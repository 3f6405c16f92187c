// SPDX-License-Identifier: BSD-3-Clause
// RecFilter: which modules and files are recorded. Plain strings in, yes or no
// out; knows nothing of code objects or of the recording.
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct _RecFilter RecFilter;

/** rec_filter_new: Returns: an empty filter, which matches nothing; NULL without memory */
RecFilter *rec_filter_new (void);
void rec_filter_free (RecFilter *self);

/**
 * rec_filter_add:
 * @item: a module name (`pkg`, `pkg.mod`), a path (holds a `/` or ends in `.py`), or `*` for
 * everything
 * @exclude: leave it out although another item takes it in
 *
 * A name stands for the module and all below it; a path for the file, or all files below
 * the directory. Paths are made absolute and their links resolved here.
 *
 * Returns: false without memory
 */
bool rec_filter_add (RecFilter *self, const char *item, bool exclude);

/** rec_filter_has_paths: whether rec_filter_match() looks at the path at all. */
bool rec_filter_has_paths (const RecFilter *self);

/**
 * rec_filter_match:
 * @module: (nullable): the module's `__name__`
 * @path: (nullable): absolute, links resolved
 */
bool rec_filter_match (const RecFilter *self, const char *module, const char *path);

/**
 * rec_filter_describe:
 * Writes all items into @buffer, separated by spaces, excludes with a `-` before; cut at its end.
 */
void rec_filter_describe (const RecFilter *self, char *buffer, size_t size_bytes);
