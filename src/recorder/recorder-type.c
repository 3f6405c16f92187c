// SPDX-License-Identifier: BSD-3-Clause
// The functions of trackexec._recorder. Those that a program calls often (mark,
// precise_timestamping, stats, stop) return at once when nothing is recorded.
#include "recorder-type.h"

#include "idle.h"
#include "program.h"
#include "recover.h"

#include <string.h>

#define STOP_OTHERS "a recording is already running in this process"

/* ---- start ---- */

static bool
add_items (RecFilter *filter, PyObject *items, bool exclude)
{
  PyObject *sequence = PySequence_Fast (items, "a sequence of strings is needed");
  bool ok = sequence != NULL;

  for (Py_ssize_t i = 0; ok && i < PySequence_Fast_GET_SIZE (sequence); i++)
    {
      PyObject *bytes = NULL;

      ok = PyUnicode_FSConverter (PySequence_Fast_GET_ITEM (sequence, i), &bytes);
      if (ok && !rec_filter_add (filter, PyBytes_AS_STRING (bytes), exclude))
        {
          PyErr_NoMemory ();
          ok = false;
        }
      Py_XDECREF (bytes);
    }
  Py_XDECREF (sequence);
  return ok;
}

/* Values of `info` are one line each. */
static void
copy_line (char *to, size_t size, const char *from)
{
  snprintf (to, size, "%s", from);
  for (; *to != '\0'; to++)
    if (*to == '\n' || *to == '\r')
      *to = ' ';
}

static bool
read_info (PyObject *pairs, RecInfo *info, size_t *ret_n_info)
{
  PyObject *sequence = PySequence_Fast (pairs, "info must be a sequence of pairs");
  size_t n_info = 0;
  bool ok = sequence != NULL;

  for (Py_ssize_t i = 0; ok && i < PySequence_Fast_GET_SIZE (sequence) && n_info < REC_INFO_MAX;
       i++)
    {
      PyObject *pair = PySequence_Fast_GET_ITEM (sequence, i);
      const char *key;
      PyObject *value = NULL;

      ok = PyTuple_Check (pair) &&
           PyArg_ParseTuple (pair, "sO&", &key, PyUnicode_FSConverter, &value);
      if (ok)
        {
          copy_line (info[n_info].key, sizeof info->key, key);
          copy_line (info[n_info].value, sizeof info->value, PyBytes_AS_STRING (value));
          n_info++;
        }
      else if (!PyErr_Occurred ())
        PyErr_SetString (PyExc_TypeError, "info must be a sequence of pairs");
      Py_XDECREF (value);
    }
  Py_XDECREF (sequence);
  *ret_n_info = n_info;
  return ok;
}

static bool
start_engine (RecOptions *options, PyObject *include, PyObject *exclude)
{
  options->filter = rec_filter_new ();
  if (options->filter == NULL)
    {
      PyErr_NoMemory ();
      return false;
    }
  if (!add_items (options->filter, include, false) || !add_items (options->filter, exclude, true))
    {
      rec_filter_free (options->filter);
      return false;
    }
  return rec_engine_start (rec_engine_get (), options);
}

static PyObject *
start (PyObject *module, PyObject *args, PyObject *kwargs)
{
  static const char *names[] = { "directory", "include",    "exclude",   "info",
                                 "ring_dir",  "slot_count", "slot_size", "children",
                                 "recover",   "limits",     NULL };
  static RecInfo info[REC_INFO_MAX]; /* large; the GIL protects it */
  RecOptions options = { .info = info };
  PyObject *directory = NULL;
  PyObject *ring_directory = NULL;
  PyObject *recover_directory = NULL;
  PyObject *include;
  PyObject *exclude;
  PyObject *pairs;
  unsigned long long limits[4] = { 0 }; /* as _limits.py orders them */
  int children = 0;
  bool ok;

  if (!PyArg_ParseTupleAndKeywords (
          args, kwargs, "O&OOO|O&IIpO&(KKKK):start", (char **) names, PyUnicode_FSConverter,
          &directory, &include, &exclude, &pairs, PyUnicode_FSConverter, &ring_directory,
          &options.slot_count, &options.slot_size_bytes, &children, PyUnicode_FSConverter,
          &recover_directory, &limits[0], &limits[1], &limits[2], &limits[3]))
    {
      Py_XDECREF (recover_directory);
      Py_XDECREF (directory);
      Py_XDECREF (ring_directory);
      return NULL;
    }
  options.directory = PyBytes_AS_STRING (directory);
  options.ring_directory = ring_directory != NULL ? PyBytes_AS_STRING (ring_directory) : NULL;
  options.recover_directory =
      recover_directory != NULL ? PyBytes_AS_STRING (recover_directory) : NULL;
  options.traces_children = children;
  options.limits = (RecLimits){ limits[0], limits[1], limits[2], limits[3] };
  rec_engine_leave_child_trace (rec_engine_get ());
  ok = rec_engine_get ()->directory == NULL && !rec_engine_get ()->is_changing;
  if (!ok)
    PyErr_SetString (PyExc_RuntimeError, STOP_OTHERS);
  ok = ok && read_info (pairs, info, &options.n_info) && start_engine (&options, include, exclude);
  Py_DECREF (directory);
  Py_XDECREF (ring_directory);
  Py_XDECREF (recover_directory);
  if (!ok)
    return NULL;
  Py_RETURN_NONE;
}

/* ---- stop, mark, stats ---- */

/* Takes the exception. The program may have a handler that raises no Exception; that stays. */
static void
say_end_is_missing (void)
{
  PyObject *type;
  PyObject *value;
  PyObject *traceback;
  PyObject *api;

  PyErr_Fetch (&type, &value, &traceback);
  PyErr_NormalizeException (&type, &value, &traceback);
  api = PyImport_ImportModule ("trackexec._api");
  if (api != NULL)
    Py_XDECREF (PyObject_CallMethod (api, "_say", "sO", "a recording is not whole: %s", value));
  if (PyErr_Occurred () && PyErr_ExceptionMatches (PyExc_Exception))
    PyErr_Clear ();
  Py_XDECREF (api);
  Py_XDECREF (type);
  Py_XDECREF (value);
  Py_XDECREF (traceback);
}

PyDoc_STRVAR (
    stop_doc,
    "stop()\n--\n\nStop recording and finish the trace. Nothing happens when none runs.\n\n"
    "What a disk refuses is logged by the logger `trackexec`, and not raised.");

static PyObject *
stop (PyObject *module, PyObject *unused)
{
  if (!rec_engine_stop (rec_engine_get ()))
    say_end_is_missing ();
  if (PyErr_Occurred ())
    return NULL;
  Py_RETURN_NONE;
}

PyDoc_STRVAR (mark_doc,
              "mark(text, /)\n--\n\n"
              "Leave a text in the trace at this place, with its exact time.\n\n"
              "Nothing happens when nothing is recorded. Of a text that is no str the mark tells,\n"
              "and nothing is raised.");

/* As UTF-8, no more of it than a mark holds; NULL without memory. */
static PyObject *
encode_mark (PyObject *text)
{
  PyObject *start;
  PyObject *bytes = NULL;

  if (!PyUnicode_Check (text))
    start =
        PyUnicode_FromFormat ("trackexec: mark() needs a str, not %.80s", Py_TYPE (text)->tp_name);
  else
    start = PyUnicode_Substring (text, 0, TX_MARK_SIZE_MAX + 1);
  if (start != NULL)
    bytes = PyUnicode_AsEncodedString (start, "utf-8", "backslashreplace");
  Py_XDECREF (start);
  return bytes;
}

static PyObject *
mark (PyObject *module, PyObject *text)
{
  static const char lost[] = "trackexec: there was no memory for a mark";
  RecEngine *engine = rec_engine_get ();
  PyObject *bytes;

  if (engine->stream == NULL && !engine->is_pending)
    Py_RETURN_NONE;
  bytes = encode_mark (text);
  if (bytes != NULL)
    rec_engine_mark (engine, PyBytes_AS_STRING (bytes), (size_t) PyBytes_GET_SIZE (bytes));
  else
    {
      PyErr_Clear ();
      rec_engine_mark (engine, lost, sizeof lost - 1);
    }
  Py_XDECREF (bytes);
  Py_RETURN_NONE;
}

static bool
put_number (PyObject *dict, const char *key, uint64_t number)
{
  PyObject *value = PyLong_FromUnsignedLongLong (number);
  bool ok = value != NULL && PyDict_SetItemString (dict, key, value) == 0;

  Py_XDECREF (value);
  return ok;
}

/* 0.0 where there is nothing to divide by. */
static bool
put_ratio (PyObject *dict, const char *key, uint64_t number, uint64_t by)
{
  PyObject *value = PyFloat_FromDouble (by > 0 ? (double) number / (double) by : 0);
  bool ok = value != NULL && PyDict_SetItemString (dict, key, value) == 0;

  Py_XDECREF (value);
  return ok;
}

static bool
put_text (PyObject *dict, const char *key, const char *text)
{
  PyObject *value = PyUnicode_DecodeFSDefault (text);
  bool ok = value != NULL && PyDict_SetItemString (dict, key, value) == 0;

  Py_XDECREF (value);
  return ok;
}

static bool
put_writer_stats (PyObject *dict, RecEngine *engine)
{
  TxStreamStats stream;
  TxWriterStats writer;

  tx_stream_get_stats (engine->stream, &stream);
  tx_writer_get_stats (engine->writer, &writer);
  return put_text (dict, "directory", engine->directory) &&
         put_text (dict, "ring", tx_writer_get_ring_path (engine->writer)) &&
         put_number (dict, "event_bytes", stream.bytes) &&
         put_number (dict, "blocks", stream.blocks) &&
         put_number (dict, "events_lost", stream.events_lost) &&
         put_number (dict, "resyncs", stream.resyncs) &&
         put_number (dict, "stamps", stream.stamps) &&
         put_number (dict, "threads", stream.threads) &&
         put_number (dict, "functions", stream.functions) &&
         put_number (dict, "files", stream.files) &&
         put_number (dict, "steps_written", writer.steps) &&
         put_number (dict, "events_written", writer.events) &&
         put_number (dict, "blocks_written", writer.blocks_written) &&
         put_number (dict, "blocks_lost", writer.blocks_lost) &&
         put_number (dict, "file_bytes", writer.file_bytes) &&
         put_number (dict, "native_cpu_ns", writer.native_cpu_ns) &&
         put_ratio (dict, "native_ns_per_event", writer.native_cpu_ns, writer.events) &&
         put_ratio (dict, "encode_ns_per_event", writer.event_cost_ps, 1000) &&
         put_number (dict, "last_errno",
                     (uint64_t) (writer.last_errno > 0 ? writer.last_errno : 0));
}

static bool
put_engine_stats (PyObject *dict, const RecEngine *engine)
{
  for (size_t i = 0; i < engine->n_notes; i++)
    if (!put_text (dict, engine->notes[i].key, engine->notes[i].value))
      return false;
  return put_number (dict, "foreign_callbacks", engine->foreign_callbacks) &&
         put_number (dict, "foreign_exits", engine->foreign_exits) &&
         put_number (dict, "instruction_functions", engine->instructions) &&
         put_number (dict, "refused_functions", engine->refused) &&
         put_number (dict, "replaced", engine->replaced);
}

PyDoc_STRVAR (
    stats_doc,
    "stats()\n--\n\n"
    "What the running recording has seen, written and cost, as a dict.\n\n"
    "Among it: events_written, events_lost, blocks_written, blocks_lost; native_cpu_ns, the CPU\n"
    "time of the recorder's own threads, and native_ns_per_event; encode_ns_per_event, what\n"
    "writing an event costs the program here, without the interpreter's part (for that see\n"
    "`python -m trackexec doctor`). When it stops, the same goes into the trace: trackexec-dump\n"
    "--info.\n\n"
    "Without a recording: {'recording': False}.");

static PyObject *
stats (PyObject *module, PyObject *unused)
{
  RecEngine *engine = rec_engine_get ();
  PyObject *dict = PyDict_New ();

  if (dict == NULL)
    return NULL;
  if (PyDict_SetItemString (dict, "recording", engine->stream != NULL ? Py_True : Py_False) < 0 ||
      (engine->stream != NULL &&
       !(put_writer_stats (dict, engine) && put_engine_stats (dict, engine))))
    {
      Py_DECREF (dict);
      return NULL;
    }
  return dict;
}

/* Not the trace of a forked child, which began by itself and gives way to another. */
static PyObject *
is_recording (PyObject *module, PyObject *unused)
{
  const RecEngine *engine = rec_engine_get ();

  return PyBool_FromLong (engine->stream != NULL && !engine->is_child_trace);
}

/* Whether marks go anywhere: also in a forked child whose trace is still to begin. */
static PyObject *
is_active (PyObject *module, PyObject *unused)
{
  const RecEngine *engine = rec_engine_get ();

  return PyBool_FromLong (engine->stream != NULL || engine->is_pending);
}

/* ---- Precise sections ---- */

static PyObject *the_section; /* owned: one object serves all, for the nesting is kept by thread */

static PyObject *
enter_section (PyObject *self, PyObject *unused)
{
  RecEngine *engine = rec_engine_get ();

  if (engine->stream != NULL)
    rec_engine_precise_begin (engine);
  Py_RETURN_NONE;
}

static PyObject *
exit_section (PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
  RecEngine *engine = rec_engine_get ();

  if (engine->stream != NULL)
    rec_engine_precise_end (engine);
  Py_RETURN_NONE;
}

static void
dealloc_section (PyObject *self)
{
  PyTypeObject *type = Py_TYPE (self);

  type->tp_free (self);
  Py_DECREF (type);
}

static PyMethodDef section_methods[] = {
  { "__enter__", enter_section, METH_NOARGS, NULL },
  { "__exit__", (PyCFunction) (void (*) (void)) exit_section, METH_FASTCALL, NULL },
  { 0 },
};

static PyType_Slot section_slots[] = {
  { Py_tp_dealloc, dealloc_section },
  { Py_tp_methods, section_methods },
  { 0 },
};

static PyType_Spec section_spec = {
  .name = "trackexec._recorder.PreciseSection",
  .basicsize = sizeof (PyObject),
  .flags = Py_TPFLAGS_DEFAULT,
  .slots = section_slots,
};

bool
rec_recorder_init (PyObject *module)
{
  PyTypeObject *type = (PyTypeObject *) PyType_FromSpec (&section_spec);

  if (type == NULL)
    return false;
  the_section = (PyObject *) PyObject_New (PyObject, type);
  Py_DECREF (type);
  return the_section != NULL;
}

PyDoc_STRVAR (
    precise_doc,
    "precise_timestamping()\n--\n\n"
    "A context manager: every step of this thread inside is stamped with its exact time.\n\n"
    "Nests. Nothing happens when nothing is recorded.");

static PyObject *
precise_timestamping (PyObject *module, PyObject *unused)
{
  Py_INCREF (the_section);
  return the_section;
}

/* ---- Forks ---- */

static PyObject *
before_fork (PyObject *module, PyObject *unused)
{
  rec_engine_before_fork (rec_engine_get ());
  Py_RETURN_NONE;
}

static PyObject *
after_fork_in_parent (PyObject *module, PyObject *unused)
{
  rec_engine_after_fork_in_parent (rec_engine_get ());
  Py_RETURN_NONE;
}

static PyObject *
after_fork_in_child (PyObject *module, PyObject *unused)
{
  rec_engine_after_fork_in_child (rec_engine_get ());
  Py_RETURN_NONE;
}

PyMethodDef rec_recorder_methods[] = {
  { "start", (PyCFunction) (void (*) (void)) start, METH_VARARGS | METH_KEYWORDS, NULL },
  { "stop", stop, METH_NOARGS, stop_doc },
  { "mark", mark, METH_O, mark_doc },
  { "stats", stats, METH_NOARGS, stats_doc },
  { "is_active", is_active, METH_NOARGS, NULL },
  { "is_recording", is_recording, METH_NOARGS, NULL },
  { "precise_timestamping", precise_timestamping, METH_NOARGS, precise_doc },
  { "watch_idle", (PyCFunction) (void (*) (void)) rec_idle_watch, METH_FASTCALL, NULL },
  { "before_fork", before_fork, METH_NOARGS, NULL },
  { "after_fork_in_parent", after_fork_in_parent, METH_NOARGS, NULL },
  { "after_fork_in_child", after_fork_in_child, METH_NOARGS, NULL },
  { "recover", rec_recover, METH_VARARGS, NULL },
  { "run_file", rec_program_run_file, METH_O, NULL },
  { "run_call", (PyCFunction) (void (*) (void)) rec_program_run_call, METH_FASTCALL, NULL },
  { 0 },
};
