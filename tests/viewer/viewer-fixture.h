// SPDX-License-Identifier: BSD-3-Clause
// A small recording with its source, made by the real writer, for the tests of the viewer; and
// waiting on the main loop for what workers bring.
#pragma once

#include <glib.h>

#include "trace-text.h"

G_BEGIN_DECLS

/* Steps of the recording: number, line (all in prog.py), depth. Thread 2 has the last two.
 *   0:1 1:4 2:9 3:14 4:20            <module>, depth 1
 *   5:15 6:16 [7:5 8:6] 9:15 10:16 [11:5 12:6] 13:15 14:16 [15:5 16:6] 17:15 18:17
 *                                    main, depth 2; in brackets leaf, depth 3
 *   19:5 20:6                        leaf in the thread "worker", depth 1
 * A step takes a millisecond. */
#define VIEWER_FIXTURE_STEPS 21

typedef struct
{
  char *directory; /* owned: holds the source and the trace */
  char *trace;     /* owned: the trace's directory */
  char *source;    /* owned: path of prog.py */
  TraceText *live; /* owned: a recording that goes on; NULL: finished */
} ViewerFixture;

void viewer_fixture_set_up (ViewerFixture *self, gconstpointer unused);
void viewer_fixture_set_up_live (ViewerFixture *self, gconstpointer unused);
void viewer_fixture_tear_down (ViewerFixture *self, gconstpointer unused);

typedef gboolean (*ViewerCondition) (gpointer data);

void viewer_fixture_wait (ViewerCondition condition, gpointer data, const char *what);
void viewer_fixture_wait_for_workers (void);

G_END_DECLS
