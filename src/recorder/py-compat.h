// SPDX-License-Identifier: BSD-3-Clause
// Everything that differs between versions of CPython: the only file of the
// recorder that may look at PY_VERSION_HEX, and the only one that reads
// interpreter structures. Knows nothing of recording. The rest of the recorder
// sees RecPyFrame (a running frame, opaque) and a handful of accessors.
//
// 3.9 and 3.10 have frame objects on a list; since 3.11 frames are plain structs
// and a frame object is made on demand only, so we never ask for one.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <frameobject.h>
#include <opcode.h>

#include <stdbool.h>
#include <stdint.h>

#if PY_VERSION_HEX < 0x03090000 || PY_VERSION_HEX >= 0x030E0000
#error "trackexec supports CPython 3.9 to 3.13"
#endif
#ifdef PYPY_VERSION
#error "trackexec needs CPython"
#endif
#ifdef Py_GIL_DISABLED
#error "trackexec does not support free-threaded builds of Python yet"
#endif

#if PY_VERSION_HEX >= 0x030B0000
/* The interpreter's frame layout; static inline functions only. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wundef"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#pragma GCC diagnostic ignored "-Wold-style-definition"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wredundant-decls"
#define Py_BUILD_CORE 1
#include <internal/pycore_frame.h>
#if PY_VERSION_HEX < 0x030C0000
#undef _PyGC_FINALIZED
#include <internal/pycore_interp.h>
#endif
#undef Py_BUILD_CORE
#pragma GCC diagnostic pop
#endif

/* ---- Which event source there is ---- */

#if PY_VERSION_HEX >= 0x030C0000
#define REC_HAVE_MONITORING 1
#else
#define REC_HAVE_MONITORING 0
#endif

#if PY_VERSION_HEX >= 0x030B0000
#define REC_FRAMES_ARE_STRUCTS 1
#else
#define REC_FRAMES_ARE_STRUCTS 0
#endif

/* The line table of a code object: see line-table.c. */
#define REC_LINE_TABLE_LNOTAB   1
#define REC_LINE_TABLE_PAIRS    2
#define REC_LINE_TABLE_LOCATION 3
#if PY_VERSION_HEX >= 0x030B0000
#define REC_LINE_TABLE REC_LINE_TABLE_LOCATION
#elif PY_VERSION_HEX >= 0x030A0000
#define REC_LINE_TABLE REC_LINE_TABLE_PAIRS
#else
#define REC_LINE_TABLE REC_LINE_TABLE_LNOTAB
#endif

#if PY_VERSION_HEX >= 0x030C0000
#define REC_MODULE_SLOTS_EXTRA                                                                     \
  { Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED },
#else
#define REC_MODULE_SLOTS_EXTRA
#endif

/* ---- Code objects ---- */

#if PY_VERSION_HEX >= 0x030C0000
#define rec_py_request_code_extra PyUnstable_Eval_RequestCodeExtraIndex
#define rec_py_set_code_extra     PyUnstable_Code_SetExtra
#else
#define rec_py_request_code_extra _PyEval_RequestCodeExtraIndex
#define rec_py_set_code_extra     _PyCode_SetExtra
#endif

/* Private to codeobject.c, the same since 3.6. Read in place: the function costs a call an event.
 */
typedef struct
{
  Py_ssize_t n_extras;
  void *extras[1];
} RecPyCodeExtras;

static inline void *
rec_py_get_code_extra (PyCodeObject *code, Py_ssize_t index)
{
  const RecPyCodeExtras *extras = code->co_extra;

  return extras != NULL && extras->n_extras > index ? extras->extras[index] : NULL;
}

/* Behind rec_py_set_code_extra(): as many slots as are in use. The interpreter makes as many as
 * there are users, and when the code object dies calls every user's free function, also those whose
 * slot is empty, and who may be gone by then. A user behind us gets its slot when it asks for it.
 */
static inline void
rec_py_trim_code_extras (PyCodeObject *code, Py_ssize_t index)
{
  RecPyCodeExtras *extras = code->co_extra;

  while (extras != NULL && extras->n_extras > index + 1 &&
         extras->extras[extras->n_extras - 1] == NULL)
    extras->n_extras--;
}

/* (transfer none): qualified where this Python knows it. */
static inline PyObject *
rec_py_code_name (PyCodeObject *code)
{
#if PY_VERSION_HEX >= 0x030B0000
  return code->co_qualname;
#else
  return code->co_name;
#endif
}

/* (transfer none): the bytes of the line table. */
static inline PyObject *
rec_py_code_line_table (PyCodeObject *code)
{
#if PY_VERSION_HEX >= 0x030A0000
  return code->co_linetable;
#else
  return code->co_lnotab;
#endif
}

/* Size of the bytecode in bytes. */
static inline size_t
rec_py_code_size (PyCodeObject *code)
{
#if PY_VERSION_HEX >= 0x030B0000
  return (size_t) Py_SIZE (code) * sizeof (_Py_CODEUNIT);
#else
  return (size_t) PyBytes_GET_SIZE (code->co_code);
#endif
}

/* Byte offset of the first instruction that can be a line of the program: behind RESUME. */
static inline size_t
rec_py_code_first_offset (PyCodeObject *code)
{
#if PY_VERSION_HEX >= 0x030B0000
  return ((size_t) code->_co_firsttraceable + 1) * sizeof (_Py_CODEUNIT);
#else
  return 0;
#endif
}

/* ---- Strings ---- */

/* Whether the characters can be read: old C code made strings that were not ready yet. */
static inline bool
rec_py_string_is_ready (PyObject *string)
{
#if PY_VERSION_HEX >= 0x030C0000
  return true;
#else
  return PyUnicode_IS_READY (string);
#endif
}

/* ---- Threads ---- */

static inline PyThreadState *
rec_py_thread (void)
{
#if PY_VERSION_HEX >= 0x030D0000
  return PyThreadState_GetUnchecked ();
#else
  return _PyThreadState_UncheckedGet ();
#endif
}

#define REC_HAVE_THREAD_POINTER 0
#if defined __has_builtin
#if __has_builtin(__builtin_thread_pointer) && (defined __x86_64__ || defined __aarch64__)
#undef REC_HAVE_THREAD_POINTER
#define REC_HAVE_THREAD_POINTER 1
#endif
#endif

/* A number of the running thread of the operating system, in one instruction; another thread has it
 * only after this one has ended. NULL where the compiler or machine has no such thing. */
static inline void *
rec_py_thread_pointer (void)
{
#if REC_HAVE_THREAD_POINTER
  return __builtin_thread_pointer ();
#else
  return NULL;
#endif
}

/* Never 0, never used again for another thread of the process. */
static inline uint64_t
rec_py_thread_key (const PyThreadState *tstate)
{
  return tstate->id + 1;
}

/* The kernel's id, 0 where the version does not keep it. */
static inline uint64_t
rec_py_thread_native_id (const PyThreadState *tstate)
{
#if PY_VERSION_HEX >= 0x030B0000 && defined(PY_HAVE_THREAD_NATIVE_ID)
  return tstate->native_thread_id;
#else
  return 0;
#endif
}

/* Levels of recursion that frames above the caller have used up are given back; returns how many.
 */
static inline int
rec_py_reset_recursion (PyThreadState *tstate)
{
  int used;

#if PY_VERSION_HEX >= 0x030C0000
  used = tstate->py_recursion_limit - tstate->py_recursion_remaining;
  tstate->py_recursion_remaining += used;
#elif PY_VERSION_HEX >= 0x030B0000
  used = tstate->recursion_limit - tstate->recursion_remaining;
  tstate->recursion_remaining += used;
#else
  used = tstate->recursion_depth;
  tstate->recursion_depth = 0;
#endif
  return used;
}

/* Undoes rec_py_reset_recursion(). */
static inline void
rec_py_use_recursion (PyThreadState *tstate, int used)
{
#if PY_VERSION_HEX >= 0x030C0000
  tstate->py_recursion_remaining -= used;
#elif PY_VERSION_HEX >= 0x030B0000
  tstate->recursion_remaining -= used;
#else
  tstate->recursion_depth += used;
#endif
}

/* ---- Frames ---- */

#if REC_FRAMES_ARE_STRUCTS
typedef _PyInterpreterFrame RecPyFrame;
#else
typedef struct _frame RecPyFrame;
#endif

/* Where the thread keeps its innermost frame. */
static inline RecPyFrame **
rec_py_frame_slot (PyThreadState *tstate)
{
#if PY_VERSION_HEX >= 0x030D0000
  return &tstate->current_frame;
#elif PY_VERSION_HEX >= 0x030B0000
  return &tstate->cframe->current_frame;
#else
  return &tstate->frame;
#endif
}

/* Frames that are being made, and the interpreter's own, are not for us. */
static inline RecPyFrame *
rec_py_frame_skip_internal (RecPyFrame *frame)
{
#if REC_FRAMES_ARE_STRUCTS
  while (frame != NULL && _PyFrame_IsIncomplete (frame))
    frame = frame->previous;
#endif
  return frame;
}

/* (nullable): the innermost frame of @tstate, running or waiting. */
static inline RecPyFrame *
rec_py_frame_current (PyThreadState *tstate)
{
  return rec_py_frame_skip_internal (*rec_py_frame_slot (tstate));
}

/* (nullable): the frame that called @frame. */
static inline RecPyFrame *
rec_py_frame_previous (RecPyFrame *frame)
{
#if REC_FRAMES_ARE_STRUCTS
  return rec_py_frame_skip_internal (frame->previous);
#else
  return frame->f_back;
#endif
}

/* Whether @caller (nullable) called @frame; may say no although it did, with more than one frame of
 * the interpreter's own between. */
static inline bool
rec_py_frame_is_called_by (const RecPyFrame *frame, const RecPyFrame *caller)
{
#if REC_HAVE_MONITORING
  const RecPyFrame *previous = frame->previous;

  return previous == caller || (previous != NULL && previous->owner == FRAME_OWNED_BY_CSTACK &&
                                previous->previous == caller);
#elif REC_FRAMES_ARE_STRUCTS
  return frame->previous == caller;
#else
  return frame->f_back == caller;
#endif
}

/* (transfer none) */
static inline PyCodeObject *
rec_py_frame_code (RecPyFrame *frame)
{
#if PY_VERSION_HEX >= 0x030D0000
  return (PyCodeObject *) frame->f_executable;
#else
  return frame->f_code;
#endif
}

/* (transfer none) (nullable) */
static inline PyObject *
rec_py_frame_globals (RecPyFrame *frame)
{
  return frame->f_globals;
}

/* The line that @frame is at; 0 if it has none. */
static inline uint32_t
rec_py_frame_line (RecPyFrame *frame)
{
  int line;

#if PY_VERSION_HEX >= 0x030C0000
  line = PyUnstable_InterpreterFrame_GetLine (frame);
#elif PY_VERSION_HEX >= 0x030B0000
  line = PyCode_Addr2Line (frame->f_code,
                           _PyInterpreterFrame_LASTI (frame) * (int) sizeof (_Py_CODEUNIT));
#else
  line = PyFrame_GetLineNumber (frame);
#endif
  return line > 0 ? (uint32_t) line : 0;
}

static inline RecPyFrame *
rec_py_frame_from_object (PyFrameObject *object)
{
#if REC_FRAMES_ARE_STRUCTS
  return object->f_frame;
#else
  return object;
#endif
}

/* Has the frame executed nothing yet? At an entry: does it begin, or go on after a yield? */
static inline bool
rec_py_frame_is_fresh (RecPyFrame *frame)
{
#if REC_FRAMES_ARE_STRUCTS
  return _PyInterpreterFrame_LASTI (frame) <= rec_py_frame_code (frame)->_co_firsttraceable;
#else
  return frame->f_lasti < 0;
#endif
}

#if !REC_HAVE_MONITORING
/* ---- What a trace function needs (before 3.12) ---- */

/* The line of a LINE event, as the interpreter has put it into the frame object. */
static inline uint32_t
rec_py_traced_line (PyFrameObject *object)
{
  return object->f_lineno > 0 ? (uint32_t) object->f_lineno : 0;
}

/* Whether it is the frame of a generator or coroutine. */
static inline bool
rec_py_frame_is_resumable (const RecPyFrame *frame)
{
#if REC_FRAMES_ARE_STRUCTS
  return frame->owner == FRAME_OWNED_BY_GENERATOR;
#else
  return frame->f_gen != NULL;
#endif
}

/* At a `return` event of a generator's frame: is it only suspended? */
static inline bool
rec_py_frame_is_suspending (RecPyFrame *frame)
{
#if REC_FRAMES_ARE_STRUCTS
  return frame->owner == FRAME_OWNED_BY_GENERATOR &&
         _PyFrame_GetGenerator (frame)->gi_frame_state == FRAME_SUSPENDED;
#elif PY_VERSION_HEX >= 0x030A0000
  return frame->f_state == FRAME_SUSPENDED;
#else
  return frame->f_stacktop != NULL;
#endif
}

/**
 * RecPyTracing:
 * Whether the frame that begins now sends events to the thread's trace function:
 * what the hook saves before a frame and puts back behind it.
 */
#if PY_VERSION_HEX >= 0x030A0000
typedef int RecPyTracing;
#else
typedef Py_tracefunc RecPyTracing;
#endif

static inline RecPyTracing
rec_py_tracing_save (const PyThreadState *tstate)
{
#if PY_VERSION_HEX >= 0x030A0000
  return tstate->cframe->use_tracing;
#else
  return tstate->c_tracefunc;
#endif
}

static inline bool
rec_py_tracing_is_on (const PyThreadState *tstate)
{
#if PY_VERSION_HEX >= 0x030A0000
  return tstate->cframe->use_tracing != 0;
#else
  return tstate->use_tracing != 0;
#endif
}

static inline void
rec_py_tracing_restore (PyThreadState *tstate, RecPyTracing saved)
{
#if PY_VERSION_HEX >= 0x030B0000
  tstate->cframe->use_tracing = tstate->c_profilefunc != NULL ? 255 : (uint8_t) saved;
#elif PY_VERSION_HEX >= 0x030A0000
  tstate->cframe->use_tracing = saved || tstate->c_profilefunc != NULL;
#else
  tstate->c_tracefunc = saved;
  tstate->use_tracing = saved != NULL || tstate->c_profilefunc != NULL;
#endif
}

/* 3.9 sends LINE events whenever there is a trace function, so there it is taken away instead. */
static inline void
rec_py_tracing_set (PyThreadState *tstate, Py_tracefunc function, bool on)
{
#if PY_VERSION_HEX >= 0x030B0000
  tstate->cframe->use_tracing = on || tstate->c_profilefunc != NULL ? 255 : 0;
#elif PY_VERSION_HEX >= 0x030A0000
  tstate->cframe->use_tracing = on || tstate->c_profilefunc != NULL;
#else
  tstate->c_tracefunc = on ? function : NULL;
  tstate->use_tracing = on || tstate->c_profilefunc != NULL;
#endif
}

/* What the trace function then is where it is switched off. */
static inline Py_tracefunc
rec_py_untraced_function (Py_tracefunc function)
{
#if PY_VERSION_HEX >= 0x030A0000
  return function;
#else
  return NULL;
#endif
}

/* Switches tracing on in all C-level evaluations of @tstate, not only in the innermost. */
static inline void
rec_py_tracing_set_everywhere (PyThreadState *tstate, Py_tracefunc function)
{
  /* The outermost one is the thread state's own; 3.10 leaves its `previous` uninitialised. */
#if PY_VERSION_HEX >= 0x030B0000
  for (_PyCFrame *cframe = tstate->cframe; cframe != NULL && cframe != &tstate->root_cframe;
       cframe = cframe->previous)
    cframe->use_tracing = 255;
  tstate->root_cframe.use_tracing = 255;
#elif PY_VERSION_HEX >= 0x030A0000
  for (CFrame *cframe = tstate->cframe; cframe != NULL && cframe != &tstate->root_cframe;
       cframe = cframe->previous)
    cframe->use_tracing = 1;
  tstate->root_cframe.use_tracing = 1;
#else
  rec_py_tracing_set (tstate, function, true);
#endif
}

/* Calls between Python functions that use no C stack (3.11) do so once a frame hook is there. */
#define REC_FRAME_HOOK_USES_STACK REC_FRAMES_ARE_STRUCTS

#if REC_FRAME_HOOK_USES_STACK
/* rec_py_thread_key() of the thread of @interpreter that was made last; it may have ended. */
static inline uint64_t
rec_py_newest_thread_key (const PyInterpreterState *interpreter)
{
  return interpreter->threads.next_unique_id + 1;
}

/* Whether audit hooks in Python are there, during which other threads may run. */
static inline bool
rec_py_has_audit_hooks (const PyInterpreterState *interpreter)
{
  return interpreter->audit_hooks != NULL;
}

/* The head of the interpreter's list of threads, newest first, and the newest one's key. C code
 * makes threads without the GIL: what is in the list for a moment is not filled in. */
static inline PyThreadState *
rec_py_threads (PyInterpreterState *interpreter, uint64_t *ret_newest)
{
  PyThreadState *head;
  uint64_t newest;

  do
    {
      newest = rec_py_newest_thread_key (interpreter);
      /* There is no such thread; but it is looked for with the lock of the list. */
      PyThreadState_SetAsyncExc (ULONG_MAX, NULL);
      head = PyInterpreterState_ThreadHead (interpreter);
    }
  while (rec_py_newest_thread_key (interpreter) != newest);
  if (ret_newest != NULL)
    *ret_newest = newest;
  return head;
}
#endif
#endif /* !REC_HAVE_MONITORING */

#if REC_HAVE_MONITORING
/* Whether it is a number of one digit, above 0: then it can be had without a call. (The tag has the
 * number of digits above three bits, of which all are 0 for what is positive: longintrepr.h.) */
static inline bool
rec_py_is_small_number (PyObject *number)
{
  return ((const PyLongObject *) number)->long_value.lv_tag == 1 << 3;
}

static inline uint32_t
rec_py_read_small_number (PyObject *number)
{
  return ((const PyLongObject *) number)->long_value.ob_digit[0];
}

/* A line number or offset that an event brings. */
static inline uint32_t
rec_py_read_number (PyObject *number)
{
  if (rec_py_is_small_number (number))
    return rec_py_read_small_number (number);
  return (uint32_t) PyLong_AsUnsignedLongMask (number);
}

/* Opcodes that never begin a line, though they may have one (initialize_lines() of CPython). */
static inline bool
rec_py_opcode_is_lineless (uint8_t opcode)
{
  return opcode == RESUME || opcode == END_FOR || opcode == END_SEND || opcode == END_ASYNC_FOR;
}
#endif

/* ---- Without running the program's code ---- */

/* (transfer none) (nullable): what @dict has under a key that is that very string. A look-up would
 * compare keys of the program's classes by their own methods. */
static inline PyObject *
rec_py_dict_peek (PyObject *dict, const char *name)
{
  Py_ssize_t at = 0;
  PyObject *key;
  PyObject *value;

  while (PyDict_Next (dict, &at, &key, &value))
    if (PyUnicode_CheckExact (key) && PyUnicode_CompareWithASCIIString (key, name) == 0)
      return value;
  return NULL;
}

/* Keeps what is allocated until rec_py_gc_resume() from starting a collection, which runs
 * finalizers. Since 3.12 collections do not come at allocations; in 3.9 they cannot be put off. */
static inline bool
rec_py_gc_pause (void)
{
#if PY_VERSION_HEX >= 0x030A0000 && PY_VERSION_HEX < 0x030C0000
  return PyGC_Disable () != 0;
#else
  return false;
#endif
}

static inline void
rec_py_gc_resume (bool was_enabled)
{
#if PY_VERSION_HEX >= 0x030A0000 && PY_VERSION_HEX < 0x030C0000
  if (was_enabled)
    PyGC_Enable ();
#endif
}

/* (transfer none) (nullable): the dictionary of the module `threading`, if it is there: also while
 * it is being imported, which PyImport_GetModule() would wait for. */
static inline PyObject *
rec_py_peek_threading (void)
{
  PyObject *modules = PyImport_GetModuleDict ();
  PyObject *module = modules != NULL && PyDict_CheckExact (modules)
                         ? PyDict_GetItemString (modules, "threading")
                         : NULL;

  return module != NULL && PyModule_Check (module) ? PyModule_GetDict (module) : NULL;
}
