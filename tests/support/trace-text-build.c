// SPDX-License-Identifier: BSD-3-Clause
// Plays a text to the real writer.
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace-text.h"
#include "trace/tx-stream-private.h"

typedef struct
{
  TxFunctionId id;
  uint32_t first_line;
} Function;

typedef struct
{
  uint64_t key;
  const Function *function; /* borrowed from the table */
} Frame;

typedef struct
{
  TxThread *thread; /* of the stream; NULL once it has ended */
  GArray *frames;   /* owned; of Frame, outermost first */
} Thread;

struct _TraceText
{
  TxWriter *writer; /* owned */
  TxStream *stream;
  int64_t mono_ns;
  int64_t waited_ns; /* in all: on no CPU */
  int64_t real_offset_ns;
  int64_t pace_ns;
  GHashTable *files;     /* owned; path -> id */
  GHashTable *functions; /* owned; NAME@FILE:LINE -> Function */
  GHashTable *threads;   /* owned; name -> Thread */
  GHashTable *labels;    /* owned; label -> Frame */
  GHashTable *types;     /* owned; name -> TxTypeId */
  Thread *current;       /* borrowed */
  uint64_t next_key;
};

static int64_t
tell_time_cb (void *data, bool realtime)
{
  TraceText *self = data;

  return self->mono_ns + (realtime ? self->real_offset_ns : 0);
}

static int64_t
tell_cpu_cb (void *data)
{
  const TraceText *self = data;

  return self->mono_ns - self->waited_ns;
}

static void
free_thread (gpointer data)
{
  Thread *thread = data;

  g_array_unref (thread->frames);
  g_free (thread);
}

TraceText *
trace_text_new (const char *directory, const TxWriterOptions *options)
{
  TraceText *self = g_new0 (TraceText, 1);
  TxWriterOptions own = options ? *options : (TxWriterOptions){ 0 };
  TxError error = { 0 };

  self->mono_ns = TRACE_TEXT_MONO_NS;
  self->real_offset_ns = TRACE_TEXT_REAL_NS - TRACE_TEXT_MONO_NS;
  self->files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->functions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->threads = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_thread);
  self->labels = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->types = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->next_key = 0x1000;
  own.manual = true;
  own.clock_ns = tell_time_cb;
  own.cpu_ns = tell_cpu_cb;
  own.clock_data = self;
  self->writer = tx_writer_new (directory, &own, &error);
  if (!self->writer)
    g_error ("cannot record: %s", error.message);
  self->stream = tx_writer_get_stream (self->writer);
  return self;
}

TxWriter *
trace_text_get_writer (TraceText *self)
{
  return self->writer;
}

static void
free_tables (TraceText *self)
{
  g_hash_table_unref (self->files);
  g_hash_table_unref (self->functions);
  g_hash_table_unref (self->threads);
  g_hash_table_unref (self->labels);
  g_hash_table_unref (self->types);
}

void
trace_text_close (TraceText *self)
{
  TxError error = { 0 };

  if (tx_writer_close (self->writer, 10 * G_GINT64_CONSTANT (1000000000), &error) != TX_OK)
    g_error ("cannot close the recording: %s", error.message);
  free_tables (self);
  g_free (self);
}

void
trace_text_abandon (TraceText *self)
{
  tx_writer_abandon_in_child (self->writer);
  tx_writer_close (self->writer, 0, NULL);
  free_tables (self);
  g_free (self);
}

/* ---- Words ---- */

static G_GNUC_NORETURN void
fail (const char *what, const char *item)
{
  g_error ("%s in the text of a trace: '%s'", what, item);
}

static uint32_t
parse_number (const char *word, const char *item)
{
  guint64 number;

  if (!word || !g_ascii_string_to_unsigned (word, 10, 0, UINT32_MAX, &number, NULL))
    fail ("a number is expected", item);
  return (uint32_t) number;
}

/* `5ms` and the like, after its sign. */
static int64_t
parse_duration (const char *word, const char *item)
{
  static const struct
  {
    const char *unit;
    int64_t ns;
  } units[] = { { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 } };
  char *unit;
  int64_t number = g_ascii_strtoll (word ? word : "", &unit, 10);

  for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
    if (word && unit != word && strcmp (unit, units[i].unit) == 0)
      return number * units[i].ns;
  fail ("a duration is expected", item);
}

static TxFileId
find_file (TraceText *self, const char *path)
{
  TxFileId id = GPOINTER_TO_UINT (g_hash_table_lookup (self->files, path));

  if (id == 0)
    {
      id = tx_stream_define_file (self->stream, path, strlen (path));
      g_hash_table_insert (self->files, g_strdup (path), GUINT_TO_POINTER (id));
    }
  return id;
}

/* @lines: (nullable): the numbers of the lines with code, as words. */
static const Function *
define_function (TraceText *self, const char *word, char **lines, const char *item)
{
  Function *function = word ? g_hash_table_lookup (self->functions, word) : NULL;
  const char *at = word ? strchr (word, '@') : NULL;
  const char *colon = word ? strrchr (word, ':') : NULL;
  TxFunctionDefinition definition = { 0 };
  g_autofree char *path = NULL;
  g_autofree char *raw_path = NULL;
  g_autofree char *name = NULL;
  uint8_t bitmap[128] = { 0 };

  if (function)
    return function;
  if (!at || !colon || colon < at)
    fail ("FUNC@FILE:LINE is expected", item);
  raw_path = g_strndup (at + 1, (gsize) (colon - at - 1));
  path = g_uri_unescape_string (raw_path, NULL);
  name = g_uri_unescape_segment (word, at, NULL);
  if (!path || !name)
    fail ("a name has % without a byte in hexadecimal behind it", item);
  definition.file = find_file (self, path);
  definition.first_line = parse_number (colon + 1, item);
  definition.name = name;
  definition.name_size = strlen (name);
  if (g_str_has_prefix (word, "async_"))
    definition.flags = TX_FUNCTION_COROUTINE;
  definition.bitmap_first_line = definition.first_line;
  for (; lines && *lines; lines++)
    {
      uint32_t bit = parse_number (*lines, item) - definition.first_line;

      if (bit >= 8 * sizeof bitmap)
        fail ("a line that is not the function's", item);
      bitmap[bit / 8] |= (uint8_t) (1 << bit % 8);
      definition.line_bitmap = bitmap;
      definition.line_bitmap_size = sizeof bitmap;
    }
  function = g_new0 (Function, 1);
  function->id = tx_stream_define_function (self->stream, &definition);
  function->first_line = definition.first_line;
  g_hash_table_insert (self->functions, g_strdup (word), function);
  return function;
}

static const Function *
find_function (TraceText *self, const char *word, const char *item)
{
  return define_function (self, word, NULL, item);
}

/* ---- Items ---- */

static void
raise_exception (TraceText *self, char **words, const char *item)
{
  const char *name = words[1] ? words[1] : "";
  const char *message = words[1] && words[2] ? strstr (item, words[1]) + strlen (name) + 1 : "";
  gpointer type = g_hash_table_lookup (self->types, name);

  if (!type)
    {
      type = GUINT_TO_POINTER (tx_stream_define_type (self->stream, name, strlen (name)));
      g_hash_table_insert (self->types, g_strdup (name), type);
    }
  tx_stream_raise (self->stream, GPOINTER_TO_UINT (type), message, strlen (message));
}

static void
switch_thread (TraceText *self, const char *name)
{
  Thread *thread = g_hash_table_lookup (self->threads, name);

  if (!thread)
    {
      uint64_t key = g_hash_table_size (self->threads) + 1;

      thread = g_new0 (Thread, 1);
      thread->frames = g_array_new (FALSE, FALSE, sizeof (Frame));
      thread->thread = tx_stream_get_thread (self->stream, key);
      g_hash_table_insert (self->threads, g_strdup (name), thread);
      tx_stream_switch_to (self->stream, thread->thread);
      tx_stream_define_thread (self->stream, thread->thread, 100 + key, name);
    }
  else
    tx_stream_switch_to (self->stream, thread->thread);
  self->current = thread;
}

static void
label_frame (TraceText *self, const char *label, const Frame *frame)
{
  g_hash_table_insert (self->labels, g_strdup (label), g_memdup2 (frame, sizeof *frame));
}

/* [FUNC, "as", LABEL], the last two optional. */
static void
enter (TraceText *self, char **words, const char *item)
{
  Frame frame = { .key = self->next_key++, .function = find_function (self, words[1], item) };

  tx_stream_call (self->stream, frame.function->id, frame.function->first_line, frame.key);
  g_array_append_val (self->current->frames, frame);
  if (words[2] && strcmp (words[2], "as") == 0 && words[3])
    label_frame (self, words[3], &frame);
}

static void
resume (TraceText *self, char **words, const char *item)
{
  Frame *known = g_hash_table_lookup (self->labels, words[1] ? words[1] : "");
  Frame frame;

  if (known)
    frame = *known;
  else
    {
      frame.key = self->next_key++;
      frame.function = find_function (self, words[1], item);
      if (!words[2] || strcmp (words[2], "as") != 0 || !words[3])
        fail ("a frame needs a name", item);
      label_frame (self, words[3], &frame);
    }
  tx_stream_resume (self->stream, frame.function->id, frame.function->first_line, frame.key);
  g_array_append_val (self->current->frames, frame);
}

static void
leave (TraceText *self, const char *how, const char *item)
{
  if (self->current->frames->len == 0)
    fail ("there is no frame to leave", item);
  g_array_set_size (self->current->frames, self->current->frames->len - 1);
  if (strcmp (how, "return") == 0)
    tx_stream_return (self->stream);
  else if (strcmp (how, "unwind") == 0)
    tx_stream_unwind (self->stream);
  else
    tx_stream_yield (self->stream);
}

static void
resync (TraceText *self, char **words, TxStackReason reason, const char *item)
{
  g_autoptr (GArray) frames = g_array_new (FALSE, TRUE, sizeof (TxFrame));
  g_autoptr (GArray) first_lines = g_array_new (FALSE, TRUE, sizeof (uint32_t));

  g_array_set_size (self->current->frames, 0);
  for (words++; *words; words += 2)
    {
      Frame frame = { .key = self->next_key++, .function = find_function (self, *words, item) };
      TxFrame stated = { .function = frame.function->id,
                         .line = parse_number (words[1], item),
                         .key = frame.key };

      g_array_append_val (frames, stated);
      g_array_append_val (first_lines, frame.function->first_line);
      g_array_append_val (self->current->frames, frame);
    }
  tx_stream_resync (self->stream, (const TxFrame *) (gpointer) frames->data,
                    (const uint32_t *) (gpointer) first_lines->data, frames->len, reason);
}

static void
end_thread (TraceText *self)
{
  tx_stream_drop_thread (self->stream, self->current->thread);
  self->current->thread = NULL;
}

static void
execute_lines (TraceText *self, const char *range, const char *item)
{
  g_auto (GStrv) ends = g_strsplit (range ? range : "", "-", 2);
  uint32_t last;

  if (g_strv_length (ends) != 2)
    fail ("FIRST-LAST is expected", item);
  last = parse_number (ends[1], item);
  for (uint32_t line = parse_number (ends[0], item); line <= last; line++)
    {
      tx_stream_line (self->stream, line);
      self->mono_ns += line < last ? self->pace_ns : 0;
    }
}

static void
flush (TraceText *self)
{
  TxError error = { 0 };

  if (tx_writer_flush (self->writer, 10 * G_GINT64_CONSTANT (1000000000), &error) != TX_OK)
    g_error ("cannot write a block: %s", error.message);
}

/* What does not take time. */
static bool
play_setting (TraceText *self, char **words, const char *item)
{
  const char *verb = words[0];

  if (verb[0] == '+')
    self->mono_ns += parse_duration (verb + 1, item);
  else if (strcmp (verb, "wait") == 0)
    {
      self->mono_ns += parse_duration (words[1], item);
      self->waited_ns += parse_duration (words[1], item);
    }
  else if (strcmp (verb, "pace") == 0)
    self->pace_ns = parse_duration (words[1], item);
  else if (strcmp (verb, "clock") == 0)
    {
      self->real_offset_ns += parse_duration (words[1], item);
      _tx_stream_ask (self->stream, _tx_stream_get_position (self->stream), self->mono_ns);
    }
  else if (strcmp (verb, "stamp") == 0)
    _tx_stream_ask (self->stream, _tx_stream_get_position (self->stream), self->mono_ns);
  else if (strcmp (verb, "precise") == 0)
    tx_stream_precise_begin (self->stream);
  else if (strcmp (verb, "imprecise") == 0)
    tx_stream_precise_end (self->stream);
  else if (strcmp (verb, "block") == 0)
    flush (self);
  else if (strcmp (verb, "end-thread") == 0)
    end_thread (self);
  else
    return false;
  return true;
}

static void
play_event (TraceText *self, char **words, const char *item)
{
  const char *verb = words[0];

  if (!self->current)
    fail ("no thread is named", item);
  self->mono_ns += self->pace_ns;
  if (strcmp (verb, "line") == 0)
    tx_stream_line (self->stream, parse_number (words[1], item));
  else if (strcmp (verb, "lines") == 0)
    execute_lines (self, words[1], item);
  else if (strcmp (verb, "call") == 0)
    enter (self, words, item);
  else if (strcmp (verb, "resume") == 0)
    resume (self, words, item);
  else if (strcmp (verb, "return") == 0 || strcmp (verb, "unwind") == 0 ||
           strcmp (verb, "yield") == 0)
    leave (self, verb, item);
  else if (strcmp (verb, "resync") == 0)
    resync (self, words, TX_STACK_RESYNC, item);
  else if (strcmp (verb, "existing") == 0)
    resync (self, words, TX_STACK_FIRST_SWITCH, item);
  else if (strcmp (verb, "mark") == 0)
    tx_stream_mark (self->stream, item + strlen ("mark "), strlen (item) - strlen ("mark "));
  else if (strcmp (verb, "raise") == 0)
    raise_exception (self, words, item);
  else if (strcmp (verb, "code") == 0)
    define_function (self, words[1], words[1] ? words + 2 : NULL, item);
  else if (strcmp (verb, "forget") == 0)
    {
      Frame *frame = g_hash_table_lookup (self->labels, words[1] ? words[1] : "");

      if (!frame)
        fail ("no such frame", item);
      tx_stream_forget_suspended (self->stream, frame->key);
    }
  else
    fail ("an unknown item", item);
}

static void
play_item (TraceText *self, const char *item)
{
  g_auto (GStrv) words = g_strsplit (item, " ", -1);

  if (!play_setting (self, words, item))
    play_event (self, words, item);
}

/* The end of the group that begins behind a parenthesis. */
static const char *
find_group_end (const char *pos)
{
  int depth = 1;

  for (; *pos; pos++)
    {
      depth += *pos == '(' ? 1 : *pos == ')' ? -1 : 0;
      if (depth == 0)
        return pos;
    }
  fail ("a parenthesis lacks", pos);
}

static const char *
play_repeat (TraceText *self, const char *pos)
{
  const char *open = strchr (pos, '(');
  const char *end;
  g_autofree char *number = NULL;
  g_autofree char *group = NULL;

  if (!open)
    fail ("a parenthesis lacks", pos);
  end = find_group_end (open + 1);
  number = g_strstrip (g_strndup (pos, (gsize) (open - pos)));
  group = g_strndup (open + 1, (gsize) (end - open - 1));
  for (uint32_t i = parse_number (number, pos); i > 0; i--)
    trace_text_play (self, group);
  return end + 1;
}

/* `NAME:` at the beginning of an item. */
static const char *
skip_thread (TraceText *self, const char *pos, gsize size)
{
  gsize length = strspn (pos, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
  g_autofree char *name = NULL;

  if (length == 0 || length >= size || pos[length] != ':')
    return pos;
  name = g_strndup (pos, length);
  switch_thread (self, name);
  return pos + length + 1;
}

void
trace_text_play (TraceText *self, const char *text)
{
  while (*text)
    {
      gsize size;
      g_autofree char *item = NULL;
      const char *behind;

      text += strspn (text, " ;\n");
      if (g_str_has_prefix (text, "repeat "))
        {
          text = play_repeat (self, text + strlen ("repeat "));
          continue;
        }
      size = strcspn (text, ";\n");
      behind = skip_thread (self, text, size);
      if (behind != text)
        {
          text = behind;
          continue;
        }
      item = g_strstrip (g_strndup (text, size));
      if (*item)
        play_item (self, item);
      text += size;
    }
}

/* ---- Whole traces ---- */

void
trace_text_record (const char *directory, const char *text)
{
  TraceText *self = trace_text_new (directory, NULL);

  trace_text_play (self, text);
  trace_text_close (self);
}

void
trace_text_record_and_die (const char *directory, const TxWriterOptions *options, const char *text)
{
  pid_t pid = fork ();
  int status;

  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    {
      TraceText *self = trace_text_new (directory, options);

      trace_text_play (self, text);
      kill (getpid (), SIGKILL);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
}
