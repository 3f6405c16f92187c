// SPDX-License-Identifier: BSD-3-Clause
// Goes through the archive twice: first for the names, and to know whether it is sound, then for
// the texts, one in memory at a time.
#include "walt-sources-private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "walt-tar-private.h"

#define ARCHIVE "log_sources.tar.gz"

/* All names together may have so many bytes; a text so many (as traces have it). */
#define NAMES_SIZE_MAX (64u * 1024u * 1024u)
#define TEXT_SIZE_MAX  (64u * 1024u * 1024u)

/* ---- Listing ---- */

static bool
add_member (WaltSources *self, const WaltMember *member)
{
  WaltSource *source;

  if (self->n_items == self->capacity)
    {
      size_t larger = self->capacity ? 2 * self->capacity : 64;
      WaltSource *items = reallocarray (self->items, larger, sizeof *items);

      if (!items)
        return false;
      self->items = items;
      self->capacity = larger;
    }
  source = &self->items[self->n_items];
  *source = (WaltSource){
    .name = strdup (member->name),
    .link = member->kind == WALT_MEMBER_HARD_LINK ? strdup (member->link) : NULL,
    .mtime_ns = member->mtime_ns,
    .has_content = member->kind == WALT_MEMBER_FILE,
  };
  self->n_items++;
  return source->name && (source->link || member->kind != WALT_MEMBER_HARD_LINK);
}

/** Ordered: a member among those of the same name. */
typedef struct
{
  const char *name;
  uint32_t id;
} Named;

static int
compare_named (const void *a, const void *b)
{
  const Named *left = a, *right = b;
  int order = strcmp (left->name, right->name);

  return order != 0 ? order : left->id < right->id ? -1 : left->id > right->id;
}

/* The last member before @id that is called @name; UINT32_MAX without one. */
static uint32_t
find_target (const Named *named, size_t n, const char *name, uint32_t id)
{
  Named key = { name, id };
  size_t low = 0, high = n;

  while (low < high)
    {
      size_t middle = low + (high - low) / 2;

      if (compare_named (&named[middle], &key) < 0)
        low = middle + 1;
      else
        high = middle;
    }
  return low > 0 && strcmp (named[low - 1].name, name) == 0 ? named[low - 1].id : UINT32_MAX;
}

/* Puts each hard link into the list of the member whose content it has. That of a link's target, if
   that is a link itself, is known already: it stands before. */
static bool
connect_links (WaltSources *self)
{
  Named *named = calloc (self->n_items + 1, sizeof *named);
  uint32_t *owners = calloc (self->n_items + 1, sizeof *owners);
  bool is_done = named && owners;

  for (size_t i = 0; is_done && i < self->n_items; i++)
    named[i] = (Named){ self->items[i].name, (uint32_t) i };
  if (is_done)
    qsort (named, self->n_items, sizeof *named, compare_named);
  for (size_t i = 0; is_done && i < self->n_items; i++)
    {
      uint32_t target = self->items[i].link
                            ? find_target (named, self->n_items, self->items[i].link, (uint32_t) i)
                            : UINT32_MAX;

      owners[i] = target == UINT32_MAX ? (uint32_t) i : owners[target];
      if (owners[i] == i || !self->items[owners[i]].has_content)
        continue;
      self->items[i].next_alias = self->items[owners[i]].next_alias;
      self->items[owners[i]].next_alias = (uint32_t) i;
    }
  free (named);
  free (owners);
  return is_done;
}

static void
tell (WaltSources *self, WaltTarResult result)
{
  if (result == WALT_TAR_CUT)
    snprintf (self->reason, sizeof self->reason,
              ARCHIVE " is cut: what it holds cannot be checked, and some files are not in it");
  else if (result != WALT_TAR_END)
    snprintf (self->reason, sizeof self->reason,
              ARCHIVE " is damaged: there are no source texts, and names of files may be missing");
  /* One that is cut is being written, or was when its process died. */
  self->has_texts = result == WALT_TAR_END || result == WALT_TAR_CUT;
}

static TxStatus
list_members (WaltSources *self, WaltTar *tar, WaltMember *member)
{
  size_t names_size = 0;
  WaltTarResult result;

  while ((result = _walt_tar_next (tar, member)) == WALT_TAR_MEMBER)
    {
      names_size += strlen (member->name) + strlen (member->link);
      if (self->n_items >= WALT_FILES_MAX || names_size > NAMES_SIZE_MAX)
        {
          result = WALT_TAR_DAMAGED;
          break;
        }
      if (!add_member (self, member))
        return TX_ERROR_MEMORY;
    }
  if (result == WALT_TAR_END)
    result = _walt_tar_check_end (tar);
  tell (self, result);
  return connect_links (self) ? TX_OK : TX_ERROR_MEMORY;
}

/* NULL without memory, or with @ret_missing where there is no archive. */
static WaltTar *
open_archive (const WaltDirectory *directory, int *ret_missing)
{
  int fd = _walt_directory_open_file (directory->fd, ARCHIVE);

  *ret_missing = fd < 0 ? errno : 0;
  return fd < 0 ? NULL : _walt_tar_new (fd);
}

TxStatus
_walt_sources_read (WaltSources *self, const WaltDirectory *directory)
{
  WaltMember *member = malloc (sizeof *member);
  int missing = 0;
  WaltTar *tar = member ? open_archive (directory, &missing) : NULL;
  TxStatus status = TX_ERROR_MEMORY;

  *self = (WaltSources){ 0 };
  if (tar)
    status = list_members (self, tar, member);
  else if (missing)
    {
      snprintf (self->reason, sizeof self->reason, ARCHIVE " cannot be opened: %s",
                missing == EINVAL || missing == ELOOP ? "it is no file" : strerror (missing));
      status = TX_OK;
    }
  _walt_tar_free (tar);
  free (member);
  return status;
}

void
_walt_sources_clear (WaltSources *self)
{
  for (size_t i = 0; i < self->n_items; i++)
    {
      free (self->items[i].name);
      free (self->items[i].link);
    }
  free (self->items);
  *self = (WaltSources){ 0 };
}

/* ---- Into a trace ---- */

/* The content of member @id, for it and all that have the same. */
static TxStatus
copy_text (const WaltSources *self,
           size_t id,
           const uint8_t *text,
           size_t size,
           TxWriter *writer,
           TxError *error)
{
  TxStatus status = tx_writer_add_source (writer, (TxFileId) (id + 1), self->items[id].mtime_ns,
                                          text, size, error);

  for (uint32_t alias = self->items[id].next_alias; alias != 0 && status == TX_OK;
       alias = self->items[alias].next_alias)
    status =
        tx_writer_add_source (writer, alias + 1, self->items[alias].mtime_ns, text, size, error);
  return status;
}

static TxStatus
copy_member (const WaltSources *self,
             size_t id,
             WaltTar *tar,
             const WaltMember *member,
             TxWriter *writer,
             TxError *error)
{
  TxStatus status = TX_OK;
  uint8_t *text;

  if (!self->items[id].has_content || member->kind != WALT_MEMBER_FILE ||
      member->size > TEXT_SIZE_MAX)
    return TX_OK;
  text = malloc (member->size ? (size_t) member->size : 1);
  if (!text)
    return tx_error_set (error, TX_ERROR_MEMORY, "cannot copy a source text: out of memory");
  /* One that is cut is not shown: its lines would be others. */
  if (_walt_tar_read (tar, text, (size_t) member->size) == member->size)
    status = copy_text (self, id, text, (size_t) member->size, writer, error);
  free (text);
  return status;
}

TxStatus
_walt_sources_copy (const WaltSources *self,
                    const WaltDirectory *directory,
                    TxWriter *writer,
                    TxError *error)
{
  WaltMember *member = malloc (sizeof *member);
  int missing = 0;
  WaltTar *tar = member && self->has_texts ? open_archive (directory, &missing) : NULL;
  TxStatus status = TX_OK;

  if (!member || (self->has_texts && !tar && !missing))
    status = tx_error_set (error, TX_ERROR_MEMORY, "cannot copy the source texts: out of memory");
  for (size_t i = 0; tar && status == TX_OK && i < self->n_items &&
                     _walt_tar_next (tar, member) == WALT_TAR_MEMBER;
       i++)
    {
      /* The archive is written anew meanwhile, in place. */
      if (strcmp (member->name, self->items[i].name) != 0)
        break;
      status = copy_member (self, i, tar, member, writer, error);
    }
  _walt_tar_free (tar);
  free (member);
  return status;
}
