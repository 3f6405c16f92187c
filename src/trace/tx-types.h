// SPDX-License-Identifier: BSD-3-Clause
// Words and limits that every part of trackexec shares: identifiers, the kinds
// of events, and the caps that a reader enforces on bytes from a disk.
// The byte-level meaning of all of them is in docs/trace-format.md.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TX_FORMAT_VERSION_MAJOR 1
#define TX_FORMAT_VERSION_MINOR 2

/* Ids start at 1; 0 means "not known" in all of them. */
typedef uint32_t TxFileId;
typedef uint32_t TxFunctionId;
typedef uint32_t TxThreadId;     /* 1, 2, ... in order of the threads' first events */
typedef uint32_t TxTypeId;       /* a type of exceptions */
typedef uint32_t TxActivationId; /* one suspended (generator, coroutine) frame */

/* Caps; the writer keeps to them, a reader refuses what exceeds them. */
#define TX_SLOT_SIZE_DEFAULT   (112u * 1024u) /* encoded it is less than what malloc() maps */
#define TX_SLOT_SIZE_MIN       (4u * 1024u)
#define TX_SLOT_SIZE_MAX       (256u * 1024u)
#define TX_SLOT_COUNT_DEFAULT  18u /* lets the native threads be late by half a second */
#define TX_SLOT_COUNT_MAX      1024u /* and the disk by a minute at a million lines a second */
#define TX_SEGMENT_SIZE_MAX    (64u * 1024u * 1024u)
#define TX_NAME_SIZE_MAX       (8u * 1024u) /* bytes of a path or a qualified name; longer ones are cut */
#define TX_MARK_SIZE_MAX       (2u * 1024u) /* bytes of a mark's text; longer ones are cut */
#define TX_MESSAGE_SIZE_MAX    256u /* bytes of an exception's message; longer ones are cut */
#define TX_LINE_BITMAP_MAX     (16u * 1024u) /* bytes; larger functions state no executable lines */
#define TX_SOURCE_SIZE_MAX     (64u * 1024u * 1024u)
#define TX_DEPTH_MAX           10000000u
#define TX_SNAPSHOT_FRAMES_MAX 1024u /* innermost frames that a stack snapshot holds */

/**
 * TxEventKind:
 * What one decoded event says. LINE events are the steps of a trace.
 */
typedef enum {
  TX_EVENT_LINE = 1,    /* a step: a line began to execute */
  TX_EVENT_CALL,        /* a frame was entered */
  TX_EVENT_RETURN,      /* a frame was left normally */
  TX_EVENT_UNWIND,      /* a frame was left by an exception */
  TX_EVENT_YIELD,       /* a frame was suspended */
  TX_EVENT_RESUME,      /* a suspended frame goes on */
  TX_EVENT_STACK,       /* a thread goes on, its whole stack stated */
  TX_EVENT_THREAD,      /* a thread goes on whose stack this block has stated before */
  TX_EVENT_REVEAL,      /* after a return: the now innermost frame, which no snapshot had held */
  TX_EVENT_DEFINE_FILE, /* definitions come before the first use */
  TX_EVENT_DEFINE_FUNCTION,
  TX_EVENT_DEFINE_THREAD,
  TX_EVENT_MARK,  /* a text that the program left */
  TX_EVENT_GAP,   /* events were dropped here */
  TX_EVENT_CLOCK, /* the wall clock moved against the monotonic one */
  TX_EVENT_STAMP, /* an exact clock reading (applies to the next event) */
  TX_EVENT_WAIT,  /* for how long the next event's thread was on no CPU in the line it was at */
  TX_EVENT_DEFINE_TYPE, /* a type of exceptions */
  TX_EVENT_RAISE, /* an exception was raised in the innermost frame, or came to it from code that is not recorded */
} TxEventKind;

/* Why a stack is stated. */
typedef enum {
  TX_STACK_BLOCK_START = 0,  /* a new block begins */
  TX_STACK_FIRST_SWITCH = 1, /* first switch to this thread in the block */
  TX_STACK_RESYNC = 2,       /* the recorder found that it had missed entries or exits */
  TX_STACK_AFTER_GAP = 3,    /* events were dropped before */
} TxStackReason;

/* Flags of a function. */
typedef enum {
  TX_FUNCTION_GENERATOR = 1 << 0,
  TX_FUNCTION_COROUTINE = 1 << 1,
  TX_FUNCTION_ASYNC_GENERATOR = 1 << 2,
  TX_FUNCTION_MODULE = 1 << 3,
  TX_FUNCTION_LINES_KNOWN = 1 << 4, /* the executable lines are stated */
  TX_FUNCTION_IDLE = 1 << 5,        /* no code: an event loop waits meanwhile */
  TX_FUNCTION_WAS_RUNNING = 1 << 6, /* found running, not seen to be entered: compiled at any time before */
} TxFunctionFlags;

#ifdef __cplusplus
}
#endif
