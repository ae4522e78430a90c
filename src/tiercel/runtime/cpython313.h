/* CPython 3.13: its private headers, and what they lack.  Nothing else in the runtime depends on the version. */

#ifndef TIERCEL_CPYTHON313_H
#define TIERCEL_CPYTHON313_H

/* As CPython's own extension modules see the internals: thread state by call, no hidden symbols. */
#ifndef Py_BUILD_CORE_MODULE
#define Py_BUILD_CORE_MODULE 1
#endif

#include <Python.h>

#if PY_VERSION_HEX < 0x030D0000 || PY_VERSION_HEX >= 0x030E0000
#error "this header is for CPython 3.13"
#endif
#ifdef Py_GIL_DISABLED
#error "Tiercel needs the GIL"
#endif

#include <internal/pycore_call.h>
#include <internal/pycore_ceval.h>
#include <internal/pycore_code.h>
#include <internal/pycore_dict.h>
#include <internal/pycore_frame.h>
#include <internal/pycore_function.h>
#include <internal/pycore_genobject.h>
#include <internal/pycore_instruments.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_intrinsics.h>
#include <internal/pycore_list.h>
#include <internal/pycore_long.h>
#include <internal/pycore_object.h>
#include <internal/pycore_opcode_metadata.h>
#include <internal/pycore_opcode_utils.h>
#include <internal/pycore_pystate.h>
#include <internal/pycore_range.h>
#include <internal/pycore_tuple.h>

/* -- layouts that the interpreter keeps in its C files -- */

/* list, tuple, str and reversed-list iterators: all of one shape */
typedef struct {
    PyObject_HEAD
    Py_ssize_t it_index;
    PyObject *it_seq;
} tc_sequence_iterator;

/* -- what is asked for often where the thread state is at hand, without looking that up -- */

static inline PyObject *
tc_take_exception(PyThreadState *ts)
{
    PyObject *exc = ts->current_exception;
    ts->current_exception = NULL;
    return exc;
}

/* Takes over the reference; no exception is set. */
static inline void
tc_give_exception(PyThreadState *ts, PyObject *exc)
{
    ts->current_exception = exc;
}

/* codeobject.c: what others keep in a code object */
typedef struct {
    Py_ssize_t ce_size;
    void *ce_extras[1];
} tc_code_extras;

/* As PyUnstable_Code_GetExtra, NULL where there is nothing. */
static inline void *
tc_code_extra(PyCodeObject *code, Py_ssize_t index)
{
    tc_code_extras *extras = code->co_extra;
    return extras == NULL || extras->ce_size <= index ? NULL : extras->ce_extras[index];
}

/* As PyUnstable_Code_SetExtra.  CPython then calls the free functions of all indexes that there are when the code object
   goes, also with nothing to free; whoever takes an index after ours is not to be called for what only we know. */
static inline int
tc_set_code_extra(PyCodeObject *code, Py_ssize_t index, void *extra)
{
    Py_ssize_t before = code->co_extra ? ((tc_code_extras *)code->co_extra)->ce_size : 0;
    if (PyUnstable_Code_SetExtra((PyObject *)code, index, extra) < 0) {
        return -1;
    }
    ((tc_code_extras *)code->co_extra)->ce_size = Py_MAX(before, index + 1);
    return 0;
}

/* the heads of enumobject.c's and bltinmodule.c's structures, as far as they are written to */
typedef struct {
    PyObject_HEAD
    Py_ssize_t en_index;
    PyObject *en_sit;
} tc_enumerate_head;

typedef struct {
    PyObject_HEAD
    Py_ssize_t tuplesize;
    PyObject *ittuple;
} tc_zip_head;

/* -- pending calls -- */

/* Has a function called with NULL between two instructions of whatever thread gets there first; needs no GIL.  0, or -1
   where too many calls wait. */
static inline int
tc_call_soon(int (*function)(void *))
{
    return _PyEval_AddPendingCall(PyInterpreterState_Main(), function, NULL, 0) == _Py_ADD_PENDING_SUCCESS ? 0 : -1;
}

/* -- the data stack -- */

/* Room for `size` slots on the data stack, in a new chunk where this one is full (pystate.c's push_chunk, whose
   chunks come from the arena allocator as well, so that the interpreter frees them).  To be given back, last first, by
   _PyThreadState_PopFrame.  NULL: no memory, no exception set. */
static inline PyObject **
tc_push_slots(PyThreadState *ts, int size)
{
    if (_PyThreadState_HasStackSpace(ts, size)) {
        PyObject **slots = ts->datastack_top;
        ts->datastack_top += size;
        return slots;
    }
    size_t bytes = 16 * 1024;
    while (bytes < sizeof(PyObject *) * ((size_t)size + 1000)) {
        bytes *= 2;
    }
    PyObjectArenaAllocator allocator;
    PyObject_GetArenaAllocator(&allocator);
    _PyStackChunk *chunk = allocator.alloc(allocator.ctx, bytes);
    if (chunk == NULL) {
        return NULL;
    }
    chunk->previous = ts->datastack_chunk;
    chunk->size = bytes;
    chunk->top = 0;
    if (ts->datastack_chunk != NULL) {
        ts->datastack_chunk->top = ts->datastack_top - &ts->datastack_chunk->data[0];
    }
    ts->datastack_chunk = chunk;
    ts->datastack_limit = (PyObject **)((char *)chunk + bytes);
    /* The first chunk of a thread is never popped: its first slot stays unused. */
    PyObject **slots = &chunk->data[chunk->previous == NULL];
    ts->datastack_top = slots + size;
    return slots;
}

/* Frees the chunks above the one that holds a slot: frames that were moved leave theirs behind. */
static inline void
tc_pop_chunks(PyThreadState *ts, void *slot)
{
    _PyStackChunk *chunk = ts->datastack_chunk;
    while ((char *)slot < (char *)chunk || (char *)slot >= (char *)chunk + chunk->size) {
        _PyThreadState_PopFrame(ts, (_PyInterpreterFrame *)chunk->data);
        chunk = ts->datastack_chunk;
    }
}

static inline void
tc_pop_slots(PyThreadState *ts, void *slots)
{
    tc_pop_chunks(ts, slots);
    _PyThreadState_PopFrame(ts, (_PyInterpreterFrame *)slots);
}

/* -- floats -- */

/* Where freed floats wait for the next ones (floatobject.c): linked by their types, and counted. */
typedef struct _Py_float_freelist tc_free_floats;

static inline tc_free_floats *
tc_find_free_floats(PyInterpreterState *interp)
{
    return &interp->object_state.freelists.floats;
}

/* Whether somebody is told of each object that is made or freed, as tracemalloc is. */
static inline int
tc_objects_are_traced(void)
{
    return _PyRuntime.ref_tracer.tracer_func != NULL;
}

/* As PyFloat_FromDouble does, without asking for the thread's state; NULL: no float waits. */
static inline PyObject *
tc_reuse_float(tc_free_floats *free, double value)
{
    PyFloatObject *number = free->items;
    if (number == NULL || tc_objects_are_traced()) {
        return NULL;
    }
    free->items = (PyFloatObject *)Py_TYPE(number);
    free->numfree--;
    ((PyObject *)number)->ob_type = &PyFloat_Type;
    ((PyObject *)number)->ob_refcnt = 1;
    number->ob_fval = value;
    return (PyObject *)number;
}

/* As the end of an exact float, if one more may wait. */
static inline int
tc_keep_float(tc_free_floats *free, PyObject *number)
{
    if ((unsigned int)free->numfree >= PyFloat_MAXFREELIST || tc_objects_are_traced()) {
        return 0;
    }
    free->numfree++;
    number->ob_type = (PyTypeObject *)free->items;
    free->items = (PyFloatObject *)number;
    return 1;
}

/* -- hash tables -- */

/* What stands at a place of a dict's table (dictkeys_get_index in dictobject.c): the number of an entry, or negative. */
static inline Py_ssize_t
tc_dict_index(PyDictKeysObject *keys, size_t place)
{
    int log2_size = DK_LOG_SIZE(keys);
    if (log2_size < 8) {
        return ((int8_t *)keys->dk_indices)[place];
    }
    if (log2_size < 16) {
        return ((int16_t *)keys->dk_indices)[place];
    }
    return log2_size < 32 ? ((int32_t *)keys->dk_indices)[place] : (Py_ssize_t)((int64_t *)keys->dk_indices)[place];
}

/* Where dicts and sets look next, to be masked. */
static inline size_t
tc_next_place(size_t place, size_t *perturb)
{
    *perturb >>= 5;
    return place * 5 + *perturb + 1;
}

/* The hash of a tuple from those of its items (tuplehash in tupleobject.c). */
static const Py_uhash_t tc_tuple_hash_begin = 2870177450012600261ULL;

static inline Py_uhash_t
tc_tuple_hash_item(Py_uhash_t so_far, Py_hash_t item)
{
    so_far += (Py_uhash_t)item * 14029467366897019727ULL;
    return ((so_far << 31) | (so_far >> 33)) * 11400714785074694791ULL;
}

static inline Py_hash_t
tc_tuple_hash_end(Py_uhash_t so_far, Py_ssize_t size)
{
    so_far += (Py_uhash_t)size ^ (tc_tuple_hash_begin ^ 3527539ULL);
    return so_far == (Py_uhash_t)-1 ? 1546275796 : (Py_hash_t)so_far;
}

enum { TC_SET_PROBES = 9 };      /* places that a set looks at in a row (LINEAR_PROBES in setobject.c) */

/* -- version numbers -- */

/* The interpreter finds functions and code objects by their version number, in a table of borrowed references from which
   they are taken when they are freed with that number.  Without it they would stay there: before a number is taken away
   they must go. */
static inline void
tc_forget_function_version(PyFunctionObject *func)
{
    _PyFunction_SetVersion(func, 0);
}

static inline void
tc_forget_code_version(PyCodeObject *code)
{
    struct _func_version_cache_item *slots = PyThreadState_GetUnchecked()->interp->func_state.func_version_cache;
    struct _func_version_cache_item *slot = &slots[code->co_version % FUNC_VERSION_CACHE_SIZE];
    if (slot->code == (PyObject *)code) {
        slot->code = NULL;
        slot->func = NULL;
    }
    code->co_version = 0;
}

/* -- structs that are in no header: array.array's, up to its description, which begins with the type code -- */

typedef struct {
    PyObject_VAR_HEAD
    char *items;
    Py_ssize_t allocated;
    const char *descr;
} tc_array;

/* And range's, whose parts are exact ints. */
typedef struct {
    PyObject_HEAD
    PyObject *start;
    PyObject *stop;
    PyObject *step;
    PyObject *length;
} tc_range;

/* -- where the interpreter looks for a handler -- */

enum { TC_SEND_TO_YIELD = 1 + INLINE_CACHE_ENTRIES_SEND, TC_SEND_TO_RESUME };     /* in the code units of a `yield from` */

/* Where a SEND goes on when what it sends to has ended. */
static inline _Py_CODEUNIT *
tc_end_of_send(_Py_CODEUNIT *send)
{
    return send + TC_SEND_TO_YIELD + send->op.arg;
}

static inline int
tc_is_end_of_send(_Py_CODEUNIT *instruction)
{
    return instruction->op.code == END_SEND || instruction->op.code == INSTRUMENTED_END_SEND;
}

enum { tc_jump_size = 2 };           /* code units of JUMP_BACKWARD and its inline cache */

/* When a callback of the JUMP event fails, the interpreter takes the next instruction from a null pointer: it looks
   its handler up at this offset. */
static inline int
tc_failed_jump_offset(PyCodeObject *code, int oparg)
{
    uintptr_t next = (uintptr_t)0 - (uintptr_t)oparg * sizeof(_Py_CODEUNIT) + sizeof(_Py_CODEUNIT);
    intptr_t distance = (intptr_t)(next - (uintptr_t)_PyCode_CODE(code));
    return (int)(distance / (intptr_t)sizeof(_Py_CODEUNIT)) - 1;
}

#endif
