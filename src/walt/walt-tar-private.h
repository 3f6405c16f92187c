// SPDX-License-Identifier: BSD-3-Clause
// WaltTar: walks the members of a tar archive in a gzip file, in order. Nothing is extracted: a
// member's name is text for people.
#pragma once

#include "walt-gzip-private.h"

/* A member's name and link may have so many bytes; an archive so many when unpacked. */
#define WALT_NAME_SIZE_MAX 4096u
#define WALT_TAR_SIZE_MAX  (UINT64_C (1) << 30)

typedef enum
{
  WALT_MEMBER_FILE,
  WALT_MEMBER_HARD_LINK, /* its content is that of the earlier member `link` */
  WALT_MEMBER_OTHER,     /* a symbolic link, a directory, or what is not known: no content */
} WaltMemberKind;

typedef struct
{
  WaltMemberKind kind;
  char name[WALT_NAME_SIZE_MAX + 1]; /* as it stands there, terminated */
  char link[WALT_NAME_SIZE_MAX + 1];
  uint64_t size; /* of its content */
  int64_t mtime_ns;
} WaltMember;

typedef enum
{
  WALT_TAR_MEMBER,
  WALT_TAR_END,     /* of the archive */
  WALT_TAR_CUT,     /* the file ends before the archive does */
  WALT_TAR_DAMAGED, /* a header or the gzip stream is wrong, or it is too large */
} WaltTarResult;

typedef struct _WaltTar WaltTar;

/** _walt_tar_new: @fd: (transfer full): closed also on failure. NULL without memory. */
WaltTar *_walt_tar_new (int fd);
void _walt_tar_free (WaltTar *self);

/** _walt_tar_next: the next real member; what is left of the one before is skipped. */
WaltTarResult _walt_tar_next (WaltTar *self, WaltMember *ret_member);

/** _walt_tar_read: of the member's content: up to @size bytes; fewer only at its end or where the
 * archive fails. */
size_t _walt_tar_read (WaltTar *self, uint8_t *bytes, size_t size);

/** _walt_tar_check_end: reads what stands behind the archive's end: whether the file is whole and
 * its checksum holds. */
WaltTarResult _walt_tar_check_end (WaltTar *self);
