// SPDX-License-Identifier: BSD-3-Clause
// WaltCache: the directory of converted traces, and what is kept in it. Knows nothing of what
// traces are.
//
// An entry is a directory `KEY/NAME`; it appears whole, by a rename. Who uses one has a shared lock
// (flock) on its directory; it is removed under an exclusive one, renamed first, so that nobody
// finds half of it.
#pragma once

#include <stdint.h>

#include "trace/tx-error.h"

#define WALT_CACHE_KEY_SIZE 80u

typedef struct
{
  char *path; /* owned */
  int fd;
} WaltCache;

/** WaltCacheEntry: one that is in use here. */
typedef struct
{
  char *path; /* owned; of the entry, or of a new one that has no key yet */
  int lock;   /* of it */
} WaltCacheEntry;

/** _walt_cache_open: makes the directory where it is not there; refuses one that is another user's.
 */
TxStatus _walt_cache_open (WaltCache *self, TxError *error) TX_WARN_UNUSED;
void _walt_cache_close (WaltCache *self);

/** _walt_cache_find: TX_END when there is none with that key, or no file @probe in it. */
TxStatus _walt_cache_find (const WaltCache *self,
                           const char *key,
                           const char *probe,
                           WaltCacheEntry *ret_entry) TX_WARN_UNUSED;

/** _walt_cache_begin: an empty entry to be filled, which nobody else sees. */
TxStatus
_walt_cache_begin (const WaltCache *self, WaltCacheEntry *ret_entry, TxError *error) TX_WARN_UNUSED;

/** _walt_cache_publish: gives the entry its key: TX_END when another one has it by now. */
TxStatus _walt_cache_publish (const WaltCache *self,
                              const char *key,
                              WaltCacheEntry *entry,
                              TxError *error) TX_WARN_UNUSED;

/** _walt_cache_entry_remove: with all that is in it. */
void _walt_cache_entry_remove (WaltCacheEntry *self);
/** _walt_cache_entry_leave: it stays. */
void _walt_cache_entry_leave (WaltCacheEntry *self);

/**
 * _walt_cache_prune:
 * @key: just used; @n_same: so many characters of it are the same for all states of its source
 *
 * Removes what is in nobody's use: what was begun and left, other states of that source, and the
 * longest unused entries beyond the limits.
 */
void _walt_cache_prune (const WaltCache *self, const char *key, size_t n_same);
