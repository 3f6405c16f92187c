// SPDX-License-Identifier: BSD-3-Clause
// Player: what trackexec-replay knows without a screen: an open recording, where in it one is, what is looked at,
// breakpoints, bookmarks, history. All that changes it goes through a command (player-command.h) or a
// function here; the screen and `--command` only read the fields.
//
// One thread. Long work reports to `progress`, which may cancel it; then nothing has changed.
#pragma once

#include "cli-source.h"
#include "player-answer.h"
#include "replay/replay-bookmarks.h"
#include "replay/replay-breakpoints.h"
#include "replay/replay-gaps.h"
#include "replay/replay-history.h"
#include "replay/replay-hotspots.h"
#include "replay/replay-moves.h"
#include "replay/replay-zone.h"

#define PLAYER_SEARCH_SIZE 256u

typedef enum {
  PLAYER_ZONE_LOCAL,
  PLAYER_ZONE_UTC,
  PLAYER_ZONE_RECORDER, /* of the machine that recorded; local where that is not known */
} PlayerZone;

/** What has changed: counters, so that who shows something sees whether it is stale. */
typedef struct {
  unsigned position; /* the current step */
  unsigned data;     /* the recording has grown */
  unsigned settings; /* breakpoints, bookmarks, zone, order of hot spots, and their thread */
  unsigned breakpoints;
  unsigned look;     /* the file, line or frame looked at */
} PlayerChanges;

typedef struct {
  ReplayTrace *trace;     /* owned */
  const TxReader *reader; /* borrowed of trace */
  char *name;             /* owned: the process's, printable */
  ReplayBreakpoints *breakpoints; /* owned */
  ReplayBookmarks *bookmarks; /* owned; nullable: they can't be kept, and bookmarks_error says why */
  TxError bookmarks_error;
  ReplayHistory *history; /* owned */
  CliSources *sources;    /* owned: made anew when the recording has grown */
  ReplayZone *zone;       /* owned; NULL: UTC */
  PlayerZone zone_kind;
  bool shows_date;        /* times need it */
  bool is_utf8;           /* what is shown may hold more than ASCII */
  ReplayProgress progress;

  bool has_step;     /* false: the recording has none yet */
  ReplayStep step;   /* the current position; in a gap only its position and time */
  bool in_gap;       /* it lies in a stretch that is missing */
  ReplayGap gap;     /* that one */
  bool is_measured;  /* what follows is known as far as it will be: player_measure() */
  ReplayDuration duration; /* of the step; duration_ns -1: not known */
  uint64_t hit;      /* which execution of its line; 0: not known */
  uint64_t n_hits;   /* of how many */

  TxFileId file;     /* looked at: what commands without a file mean */
  uint32_t line;     /* 1-based, of the cursor; 0: none */
  uint32_t depth;    /* of the frame looked at; step.depth: the innermost */

  bool any_thread;   /* step goes to whatever thread comes next */
  bool is_following; /* the position stays at the end while that grows */
  bool is_sliding;   /* positions are passed on the way to another: the history leaves them out */
  ReplayHotspotSort sort; /* of hot spots */
  TxThreadId hot_thread;  /* whose hot spots; 0: all threads' */
  char search[PLAYER_SEARCH_SIZE]; /* last searched for; "": nothing yet */
  PlayerChanges changes;
} Player;

/** player_new: @trace: (transfer full), also on failure */
Player *player_new (ReplayTrace *trace, TxError *error) TX_WARN_UNUSED;
void player_free (Player *self);

/**
 * player_go_to:
 * @answer: (nullable): gets what has to be said: that the position lies in a missing stretch
 *
 * Every change of position ends here.
 */
TxStatus player_go_to (Player *self, ReplayPosition position, PlayerAnswer *answer, TxError *error) TX_WARN_UNUSED;

/**
 * player_measure:
 * Finds what of the current step takes some time to find: which execution it is, how long it took. Before these are
 * shown, so that nobody waits for what is not shown. Whoever cancels it sees the position without them.
 */
void player_measure (Player *self);

/** player_refresh: takes in what a live recording has got since; follows it where asked to. */
TxStatus player_refresh (Player *self, bool *ret_changed, TxError *error) TX_WARN_UNUSED;

/** player_is_live: whether the process still records. */
bool player_is_live (const Player *self);

/** player_look_at: shows a line of a file without moving. */
void player_look_at (Player *self, TxFileId file, uint32_t line);

/** player_set_zone: in which times are shown and understood. */
void player_set_zone (Player *self, PlayerZone zone);

/** Times and names as shown; any byte may be in names: sanitize them. */
void player_format_time (const Player *self, int64_t time_ns, unsigned digits, char *ret_text, size_t size);
/** "exact", or "+-1.2 ms", with a sign for it where there is UTF-8. */
void player_format_bound (const Player *self, uint32_t error_ns, char *ret_text, size_t size);
/** player_format_duration: of the current step: "lasts 12.3 us +-1.2 us"; "" where not known. */
void player_format_duration (const Player *self, char *ret_text, size_t size);
const char *player_get_function_name (const Player *self, TxFunctionId function);
/** player_format_thread: "1 MainThread" */
void player_format_thread (const Player *self, TxThreadId thread, char *ret_text, size_t size);

/* ---- Places: player-place.c ---- */

/** player_find_location: `12`, `file.py:12`, `file.py`; @ret_line 0 where only a file is named. */
TxStatus player_find_location (const Player *self, const char *text, TxFileId *ret_file, uint32_t *ret_line, TxError *error) TX_WARN_UNUSED;
/** player_jump: to any form of a time or place (`j`). */
TxStatus player_jump (Player *self, const char *spec, PlayerAnswer *answer, TxError *error) TX_WARN_UNUSED;
/** player_go_to_time: to the last step at or before; at the ends it stops there and says so. */
TxStatus player_go_to_time (Player *self, int64_t real_ns, PlayerAnswer *answer, TxError *error) TX_WARN_UNUSED;
/** player_go_to_thread: where that thread stands now: its last step so far, else its first one. */
TxStatus player_go_to_thread (Player *self, TxThreadId thread, PlayerAnswer *answer, TxError *error) TX_WARN_UNUSED;
/** player_select_frame: looks at the frame at that depth of the stack. */
TxStatus player_select_frame (Player *self, uint32_t depth, PlayerAnswer *answer, TxError *error) TX_WARN_UNUSED;
/** player_search: looks at the next line, from the one looked at, with the text; without capitals it means either. */
TxStatus player_search (Player *self, const char *text, bool backward, PlayerAnswer *answer, TxError *error) TX_WARN_UNUSED;
/** player_find_text: where the text is in a line, NULL if not; as player_search() understands it. */
const char *player_find_text (const char *line, const char *text);
