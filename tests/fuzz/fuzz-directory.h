// SPDX-License-Identifier: BSD-3-Clause
// What the targets that read a whole trace share: a directory in memory that is filled anew for
// each input, everything a reader can be asked, and checksums put right, since otherwise no
// mutation would get behind them.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define CHECK(condition)                                                                           \
  do                                                                                               \
    if (!(condition))                                                                              \
      abort ();                                                                                    \
  while (0)

/* The id of every trace that a target makes. */
#define FUZZ_TRACE_ID   UINT64_C (0x0123456789abcdef)
#define FUZZ_TRACE_INFO "format=1.0\nincompatible=\ntrace_id=0123456789abcdef\n"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/** FuzzForm: what kind of file an input is: what the mutator goes by. */
typedef enum
{
  FUZZ_FORM_TEXT,    /* info, end */
  FUZZ_FORM_RECORDS, /* catalog, sources */
  FUZZ_FORM_INDEX,
  FUZZ_FORM_SEGMENT, /* also the digests of removed ones */
  FUZZ_FORM_RING,
  FUZZ_FORM_SHORT_RING, /* without the rest of the header's page, as fuzz-ring.c takes it */
  FUZZ_FORM_PACKED,     /* a whole trace, see fuzz_directory_unpack() */
} FuzzForm;

/* Of the inputs of the target, which defines it. */
extern const FuzzForm fuzz_form;

/** fuzz_directory_put: writes a file of the trace, in place of what is there. */
void fuzz_directory_put (const char *name, const uint8_t *bytes, size_t size);
/** fuzz_directory_remove: the file, if it is there. */
void fuzz_directory_remove (const char *name);
/** fuzz_directory_read: opens the trace, asks for everything, refreshes, asks again. */
void fuzz_directory_read (void);

/** fuzz_directory_unpack: fills the directory with the whole trace that @data is: one file after the other, a
 * byte that says which, three bytes for its size, and its content. */
void fuzz_directory_unpack (const uint8_t *data, size_t size);
/** fuzz_directory_get_form: of the file that the first byte before it tells. */
FuzzForm fuzz_directory_get_form (uint8_t which);
/** fuzz_directory_get_file_size: of the file whose 4 bytes @data begins with. */
size_t fuzz_directory_get_file_size (const uint8_t *data, size_t size);
/** fuzz_directory_get_path: where it is. */
const char *fuzz_directory_get_path (void);

/** fuzz_wants_checksums: whether this input shall have its checksums put right (most shall). */
int fuzz_wants_checksums (const uint8_t *data, size_t size);

/* Put the checksums right, in place, as far as the structure can be followed. */
void fuzz_fix_records (uint8_t *bytes, size_t size);
void fuzz_fix_segment (uint8_t *bytes, size_t size, uint32_t number);
void fuzz_fix_index (uint8_t *bytes, size_t size);
void fuzz_fix_ring (uint8_t *bytes, size_t size);
/** fuzz_put_checksums: the same for an input of any form (of a short ring the target does it). */
void fuzz_put_checksums (uint8_t *bytes, size_t size, FuzzForm form);
