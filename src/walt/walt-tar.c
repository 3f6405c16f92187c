// SPDX-License-Identifier: BSD-3-Clause
// The tar format (POSIX ustar and pax, GNU long names), as far as source archives have it.
#include "walt-tar-private.h"

#include <stdlib.h>
#include <string.h>

#define UNIT 512u

/* Offsets and sizes of a header's fields. */
#define NAME_AT       0u
#define NAME_SIZE     100u
#define SIZE_AT       124u
#define SIZE_SIZE     12u
#define MTIME_AT      136u
#define MTIME_SIZE    12u
#define CHECKSUM_AT   148u
#define CHECKSUM_SIZE 8u
#define TYPE_AT       156u
#define LINK_AT       157u
#define LINK_SIZE     100u
#define MAGIC_AT      257u
#define PREFIX_AT     345u
#define PREFIX_SIZE   155u

/* What one extended header may have. */
#define EXTENDED_SIZE_MAX 65536u

struct _WaltTar
{
  WaltGzip *gzip;   /* owned */
  uint64_t n_read;  /* bytes of the archive */
  uint64_t left;    /* of the member's content */
  uint64_t padding; /* behind it */
  char extended[EXTENDED_SIZE_MAX + 1];
};

/** What extended headers say of the member behind them. */
typedef struct
{
  bool has_name, has_link, has_size, has_mtime;
  uint64_t size;
  int64_t mtime_ns;
} Extended;

WaltTar *
_walt_tar_new (int fd)
{
  WaltGzip *gzip = _walt_gzip_new (fd);
  WaltTar *self = gzip ? calloc (1, sizeof *self) : NULL;

  if (!self)
    {
      _walt_gzip_free (gzip);
      return NULL;
    }
  self->gzip = gzip;
  return self;
}

void
_walt_tar_free (WaltTar *self)
{
  if (!self)
    return;
  _walt_gzip_free (self->gzip);
  free (self);
}

/* ---- Bytes ---- */

static size_t
read_bytes (WaltTar *self, uint8_t *bytes, size_t size)
{
  size_t n;

  if (size > WALT_TAR_SIZE_MAX - self->n_read)
    size = (size_t) (WALT_TAR_SIZE_MAX - self->n_read);
  n = _walt_gzip_read (self->gzip, bytes, size);
  self->n_read += n;
  return n;
}

static WaltTarResult
tell_failure (const WaltTar *self)
{
  return _walt_gzip_get_state (self->gzip) == WALT_GZIP_CUT ? WALT_TAR_CUT : WALT_TAR_DAMAGED;
}

static bool
skip (WaltTar *self, uint64_t size)
{
  uint8_t bytes[16384];

  while (size > 0)
    {
      size_t piece = size < sizeof bytes ? (size_t) size : sizeof bytes;

      if (read_bytes (self, bytes, piece) != piece)
        return false;
      size -= piece;
    }
  return true;
}

static uint64_t
get_padding (uint64_t size)
{
  return (UNIT - size % UNIT) % UNIT;
}

/* ---- Fields ---- */

/* Octal digits, or GNU's binary form (first bit set). False where it is neither, or above 2^62. */
static bool
parse_number (const uint8_t *field, size_t size, uint64_t *ret_number)
{
  uint64_t number = 0;
  size_t i = 0;

  if (field[0] & 0x80)
    {
      number = field[0] & 0x7f;
      for (i = 1; i < size; i++)
        {
          if (number >> 54)
            return false;
          number = number << 8 | field[i];
        }
      *ret_number = number;
      return true;
    }
  while (i < size && field[i] == ' ')
    i++;
  for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
    number = number << 3 | (uint64_t) (field[i] - '0');
  *ret_number = number;
  return i == size || field[i] == ' ' || field[i] == '\0';
}

/* The sum of all bytes, those of the checksum's own field as spaces. */
static bool
has_good_checksum (const uint8_t header[UNIT])
{
  uint64_t stated;
  uint64_t sum = 0;

  for (size_t i = 0; i < UNIT; i++)
    sum += i - CHECKSUM_AT < CHECKSUM_SIZE ? ' ' : header[i];
  return parse_number (header + CHECKSUM_AT, CHECKSUM_SIZE, &stated) && stated == sum;
}

static bool
is_empty (const uint8_t header[UNIT])
{
  for (size_t i = 0; i < UNIT; i++)
    if (header[i])
      return false;
  return true;
}

/* Appends a field that ends at a NUL or with its size. */
static void
append_field (char *text, const uint8_t *field, size_t size)
{
  size_t length = strlen (text);
  size_t n = strnlen ((const char *) field, size);

  memcpy (text + length, field, n);
  text[length + n] = '\0';
}

static void
parse_names (const uint8_t header[UNIT], const Extended *extended, WaltMember *member)
{
  if (!extended->has_name)
    {
      member->name[0] = '\0';
      if (memcmp (header + MAGIC_AT, "ustar", 6) == 0 && header[PREFIX_AT])
        {
          append_field (member->name, header + PREFIX_AT, PREFIX_SIZE);
          strcat (member->name, "/");
        }
      append_field (member->name, header + NAME_AT, NAME_SIZE);
    }
  if (!extended->has_link)
    {
      member->link[0] = '\0';
      append_field (member->link, header + LINK_AT, LINK_SIZE);
    }
}

/* ---- Extended headers ---- */

static bool
set_text (char *text, const char *value, size_t size)
{
  if (size > WALT_NAME_SIZE_MAX || memchr (value, '\0', size))
    return false;
  memcpy (text, value, size);
  text[size] = '\0';
  return true;
}

/* Seconds with a fraction. Anything else is no time: it is not worth more. */
static bool
parse_mtime (const char *text, int64_t *ret_ns)
{
  char *end;
  double seconds = strtod (text, &end);

  if (end == text || !(seconds > 0 && seconds < 9e9))
    return false;
  *ret_ns = (int64_t) (seconds * 1e9);
  return true;
}

/* One `key=value` of a pax header; both ends terminated. */
static bool
take_record (
    const char *key, const char *value, size_t size, Extended *extended, WaltMember *member)
{
  char *end;

  if (strcmp (key, "path") == 0)
    return extended->has_name = set_text (member->name, value, size);
  if (strcmp (key, "linkpath") == 0)
    return extended->has_link = set_text (member->link, value, size);
  if (strcmp (key, "mtime") == 0)
    extended->has_mtime = parse_mtime (value, &extended->mtime_ns);
  if (strcmp (key, "size") != 0)
    return true;
  extended->size = strtoull (value, &end, 10);
  return extended->has_size = value[0] >= '0' && value[0] <= '9' && *end == '\0';
}

/* Records `LENGTH KEY=VALUE\n`, LENGTH counting all of it. */
static bool
parse_pax (char *text, size_t size, Extended *extended, WaltMember *member)
{
  char *pos = text, *end = text + size;

  while (pos < end && *pos)
    {
      char *key, *equals;
      unsigned long length = strtoul (pos, &key, 10);

      if (*pos < '0' || *pos > '9' || *key != ' ' || length > (size_t) (end - pos) ||
          length < (size_t) (key - pos) + 3 || pos[length - 1] != '\n')
        return false;
      key++;
      equals = memchr (key, '=', (size_t) (pos + length - 1 - key));
      if (!equals)
        return false;
      *equals = '\0';
      pos[length - 1] = '\0';
      if (!take_record (key, equals + 1, (size_t) (pos + length - 1 - equals - 1), extended,
                        member))
        return false;
      pos += length;
    }
  return true;
}

/* A header that says more of the next member. */
static bool
read_extended (WaltTar *self, char type, uint64_t size, Extended *extended, WaltMember *member)
{
  size_t length;

  if (size > EXTENDED_SIZE_MAX ||
      read_bytes (self, (uint8_t *) self->extended, (size_t) size) != size ||
      !skip (self, get_padding (size)))
    return false;
  self->extended[size] = '\0';
  length = strnlen (self->extended, (size_t) size);
  switch (type)
    {
    case 'x':
      return parse_pax (self->extended, (size_t) size, extended, member);
    case 'L':
      return extended->has_name = set_text (member->name, self->extended, length);
    case 'K':
      return extended->has_link = set_text (member->link, self->extended, length);
    default: /* 'g', for all members: nothing in it is needed */
      return true;
    }
}

/* ---- Members ---- */

/* How a member of that type takes part, and whether content follows. */
static WaltMemberKind
get_kind (char type, bool *ret_has_content)
{
  *ret_has_content = !strchr ("123456", type) || type == '\0';
  switch (type)
    {
    case '\0':
    case '0':
    case '7':
      return WALT_MEMBER_FILE;
    case '1':
      return WALT_MEMBER_HARD_LINK;
    default:
      return WALT_MEMBER_OTHER;
    }
}

static bool
take_member (WaltTar *self,
             const uint8_t header[UNIT],
             const Extended *extended,
             WaltMember *member)
{
  uint64_t mtime = 0;
  bool has_content;

  if (!parse_number (header + SIZE_AT, SIZE_SIZE, &member->size))
    return false;
  if (extended->has_size)
    member->size = extended->size;
  member->kind = get_kind ((char) header[TYPE_AT], &has_content);
  if (!has_content)
    member->size = 0;
  if (member->size > WALT_TAR_SIZE_MAX)
    return false;
  parse_names (header, extended, member);
  member->mtime_ns = 0;
  if (extended->has_mtime)
    member->mtime_ns = extended->mtime_ns;
  else if (parse_number (header + MTIME_AT, MTIME_SIZE, &mtime) && mtime < 9000000000u)
    member->mtime_ns = (int64_t) mtime * 1000000000;
  self->left = member->size;
  self->padding = get_padding (member->size);
  return true;
}

WaltTarResult
_walt_tar_next (WaltTar *self, WaltMember *ret_member)
{
  Extended extended = { 0 };
  uint8_t header[UNIT];

  if (!skip (self, self->left) || !skip (self, self->padding))
    return tell_failure (self);
  self->left = self->padding = 0;
  for (;;)
    {
      char type;
      uint64_t size;

      if (read_bytes (self, header, UNIT) != UNIT)
        return tell_failure (self);
      if (is_empty (header))
        return WALT_TAR_END;
      if (!has_good_checksum (header))
        return WALT_TAR_DAMAGED;
      type = (char) header[TYPE_AT];
      if (type == '\0' || !strchr ("xgLK", type))
        return take_member (self, header, &extended, ret_member) ? WALT_TAR_MEMBER
                                                                 : WALT_TAR_DAMAGED;
      if (!parse_number (header + SIZE_AT, SIZE_SIZE, &size) ||
          !read_extended (self, type, size, &extended, ret_member))
        return _walt_gzip_get_state (self->gzip) == WALT_GZIP_CUT ? WALT_TAR_CUT : WALT_TAR_DAMAGED;
    }
}

size_t
_walt_tar_read (WaltTar *self, uint8_t *bytes, size_t size)
{
  size_t n;

  if (size > self->left)
    size = (size_t) self->left;
  n = read_bytes (self, bytes, size);
  self->left -= n;
  return n;
}

WaltTarResult
_walt_tar_check_end (WaltTar *self)
{
  uint8_t bytes[4096];

  while (read_bytes (self, bytes, sizeof bytes) == sizeof bytes)
    ;
  return _walt_gzip_get_state (self->gzip) == WALT_GZIP_WHOLE ? WALT_TAR_END : tell_failure (self);
}
