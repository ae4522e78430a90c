/* The thread record, frames of native and inlined code, and calls that native code cannot take itself. */

#include "exits.h"

#include <pthread.h>
#include <string.h>

/* -- threads -- */

/* Reached by every call from interpreted code: the model without a function call suits so small a record, for which
   the dynamic linker keeps room. */
#ifdef __GNUC__
__attribute__((tls_model("initial-exec")))
#endif
static _Py_thread_local tc_thread record;

/* The lowest address and the size of this thread's C stack.  0, or -1. */
static int
stack_bounds(char **lowest, size_t *size)
{
#ifdef __APPLE__
    *size = pthread_get_stacksize_np(pthread_self());
    *lowest = (char *)pthread_get_stackaddr_np(pthread_self()) - *size;
    return 0;
#else
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) {
        return -1;
    }
    void *address;
    int status = pthread_attr_getstack(&attributes, &address, size);
    pthread_attr_destroy(&attributes);
    *lowest = address;
    return status == 0 ? 0 : -1;
#endif
}

/* Half of the stack is left to the interpreter and to other C code, which do not know of native frames. */
static char *
find_stack_limit(void)
{
    char *lowest;
    size_t size;
    if (stack_bounds(&lowest, &size) < 0) {
        return (char *)UINTPTR_MAX;      /* unknown: native code never runs on this thread */
    }
    return lowest + size / 2;
}

static inline tc_thread *
thread_of(PyThreadState *ts)
{
    if (record.stack_limit == NULL) {
        record.stack_limit = find_stack_limit();
        record.self = pthread_self();
    }
    record.ts = ts;
    return &record;
}

tc_thread *
tc_thread_get(void)
{
    return thread_of(PyThreadState_GetUnchecked());
}

tc_thread *
tc_entry_thread(void)
{
    return tc_entry_thread_of(PyThreadState_GetUnchecked());
}

tc_thread *
tc_entry_thread_of(PyThreadState *ts)
{
    tc_thread *th = thread_of(ts);
    if (tc_tools_seen || ts->c_tracefunc != NULL || ts->c_profilefunc != NULL) {
        if (tc_others_active(ts)) {
            return NULL;
        }
        tc_tools_seen = 0;
    }
    return th;
}

int
tc_stack_is_low(tc_thread *th)
{
    char here;
    return &here < th->stack_limit;
}

/* -- frames -- */

_PyInterpreterFrame *
tc_push_frame(PyThreadState *ts, PyObject *func, PyCodeObject *code)
{
    _PyInterpreterFrame *frame = (_PyInterpreterFrame *)tc_push_slots(ts, code->co_framesize);
    if (frame == NULL) {
        return NULL;
    }
    _PyFrame_Initialize(frame, (PyFunctionObject *)Py_NewRef(func), NULL, code, 0);
    return frame;
}

_PyInterpreterFrame *
tc_enter_inlined(tc_thread *th, PyObject *func, PyObject *code)
{
    PyThreadState *ts = th->ts;
    PyCodeObject *co = (PyCodeObject *)code;
    _PyInterpreterFrame *frame = ts->py_recursion_remaining > 0 ? tc_push_frame(ts, func, co) : NULL;
    if (frame == NULL) {
        return NULL;
    }
    frame->instr_ptr = _PyCode_CODE(co) + co->_co_firsttraceable;
    frame->stacktop = TC_INLINED;
    frame->previous = ts->current_frame;
    ts->current_frame = frame;
    ts->py_recursion_remaining--;
    return frame;
}

void
tc_leave_inlined(tc_thread *th, _PyInterpreterFrame *frame)
{
    PyThreadState *ts = th->ts;
    ts->current_frame = frame->previous;
    ts->py_recursion_remaining++;
    Py_DECREF(frame->f_funcobj);
    Py_DECREF(frame->f_executable);
    _PyThreadState_PopFrame(ts, frame);
}

/* -- calls through the interpreter -- */

static int
parameter_count(PyCodeObject *code)
{
    return code->co_argcount + code->co_kwonlyargcount + !!(code->co_flags & CO_VARARGS)
           + !!(code->co_flags & CO_VARKEYWORDS);
}

int
tc_box_arguments(const char *kinds, int count, PyObject **slots, va_list values)
{
    int status = 0;
    for (int i = 0; i < count; i++) {
        switch (kinds[i]) {
        case 'f':
            slots[i] = PyFloat_FromDouble(va_arg(values, double));
            break;
        case 'i':
            slots[i] = PyLong_FromLongLong(va_arg(values, int64_t));
            break;
        case 'u':
            slots[i] = PyLong_FromUnsignedLongLong(va_arg(values, uint64_t));
            break;
        case 'b':
            slots[i] = PyBool_FromLong(va_arg(values, int64_t) != 0);
            break;
        default:
            slots[i] = Py_XNewRef((PyObject *)(uintptr_t)va_arg(values, int64_t));
            break;
        }
        status |= slots[i] == NULL;
    }
    return -status;
}

/* The keyword-only arguments and what ** took, added to a dict for the call.  NULL: exception. */
static PyObject *
keyword_arguments(PyCodeObject *code, PyObject *const *slots, PyObject *extra)
{
    PyObject *keywords = extra ? PyDict_Copy(extra) : PyDict_New();
    for (int i = 0; keywords != NULL && i < code->co_kwonlyargcount; i++) {
        int slot = code->co_argcount + i;
        if (PyDict_SetItem(keywords, PyTuple_GET_ITEM(code->co_localsplusnames, slot), slots[slot]) < 0) {
            Py_CLEAR(keywords);
        }
    }
    return keywords;
}

/* Calls a vectorcall of the function with one object for each argument slot. */
static PyObject *
call_with_slots(vectorcallfunc entry, PyObject *func, PyCodeObject *code, PyObject *const *slots, int count)
{
    if (count == code->co_argcount) {
        return entry(func, slots, (size_t)count, NULL);
    }
    int next = code->co_argcount + code->co_kwonlyargcount;
    PyObject *rest = code->co_flags & CO_VARARGS ? slots[next++] : NULL;
    PyObject *extra = code->co_flags & CO_VARKEYWORDS ? slots[next] : NULL;
    Py_ssize_t nrest = rest ? PyTuple_GET_SIZE(rest) : 0;
    PyObject *keywords = keyword_arguments(code, slots, extra);
    PyObject *names = keywords ? PyDict_Keys(keywords) : NULL;
    PyObject *kwnames = names ? PyList_AsTuple(names) : NULL;
    Py_ssize_t nargs = code->co_argcount + nrest;
    PyObject **args = kwnames ? PyMem_Calloc(nargs + PyTuple_GET_SIZE(kwnames) + 1, sizeof(PyObject *)) : NULL;
    PyObject *result = NULL;
    if (args != NULL) {
        memcpy(args, slots, code->co_argcount * sizeof(PyObject *));
        for (Py_ssize_t i = 0; i < nrest; i++) {
            args[code->co_argcount + i] = PyTuple_GET_ITEM(rest, i);
        }
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kwnames); i++) {
            args[nargs + i] = PyDict_GetItemWithError(keywords, PyTuple_GET_ITEM(kwnames, i));
        }
        result = entry(func, args, (size_t)nargs, kwnames);
        PyMem_Free(args);
    }
    else if (kwnames != NULL) {
        PyErr_NoMemory();
    }
    Py_XDECREF(kwnames);
    Py_XDECREF(names);
    Py_XDECREF(keywords);
    return result;
}

/* The interpreter needs no C stack to call a Python function from another, if it may call it itself. */
static int
detach_if_low(tc_thread *th, PyObject *func)
{
    if (!tc_stack_is_low(th) || ((PyFunctionObject *)func)->vectorcall == tc_interpreter_entry) {
        return 0;
    }
    tc_detach((PyFunctionObject *)func);
    return 1;
}

/* Calls through the interpreter, whatever the function's vectorcall is. */
static PyObject *
interpret(tc_thread *th, PyObject *func, PyCodeObject *code, PyObject *const *slots, int count)
{
    int detached = detach_if_low(th, func);
    PyObject *result = call_with_slots(tc_interpreter_entry, func, code, slots, count);
    if (detached) {
        tc_attach_new((PyFunctionObject *)func);
    }
    return result;
}

PyObject *
tc_call_anew(tc_thread *th, PyObject *func, PyObject *const *slots, int count)
{
    PyCodeObject *code = (PyCodeObject *)Py_NewRef(((PyFunctionObject *)func)->func_code);
    PyObject *result = NULL;
    if (parameter_count(code) != count) {
        PyErr_SetString(PyExc_SystemError, "a function that is called natively has another code object");
    }
    else if (tc_stack_is_low(th)) {
        result = interpret(th, func, code, slots, count);
    }
    else {
        result = call_with_slots(((PyFunctionObject *)func)->vectorcall, func, code, slots, count);
    }
    Py_DECREF(code);
    return result;
}

/* -- where the data stack's chunk is full -- */

enum { SPARE_BYTES = 256 * 1024 };

static pthread_key_t spare_key;          /* each thread's spare chunk, freed with the thread */

static void
make_spare_key(void)
{
    if (pthread_key_create(&spare_key, PyMem_RawFree) != 0) {
        Py_FatalError("Tiercel: no thread-specific data");
    }
}

static _PyStackChunk *
take_spare(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, make_spare_key);
    _PyStackChunk *chunk = pthread_getspecific(spare_key);
    if (chunk == NULL) {
        return PyMem_RawMalloc(SPARE_BYTES);
    }
    (void)pthread_setspecific(spare_key, NULL);
    return chunk;
}

static void
give_spare_back(_PyStackChunk *chunk)
{
    if (pthread_getspecific(spare_key) != NULL || pthread_setspecific(spare_key, chunk) != 0) {
        PyMem_RawFree(chunk);
    }
}

/* A native frame and its extra area did not fit: the call is made in the thread's spare chunk, which stays, so that
   calls at the edge of a chunk cost little.  The interpreter never frees it: no frame lies at its very beginning.
   TC_MISMATCH: the interpreter must make the call. */
static PyObject *
call_in_spare_chunk(tc_thread *th, PyObject *func, tc_version *version, PyObject *const *slots)
{
    PyThreadState *ts = th->ts;
    _PyStackChunk *previous = ts->datastack_chunk;
    PyObject **top = ts->datastack_top, **limit = ts->datastack_limit;
    if (previous == NULL || version->bound == NULL || !version->valid
        || (previous->size == SPARE_BYTES && top == previous->data + 1))     /* too large even for an empty one */
    {
        return TC_MISMATCH;
    }
    _PyStackChunk *chunk = take_spare();
    if (chunk == NULL) {
        return TC_MISMATCH;
    }
    chunk->previous = previous;
    chunk->size = SPARE_BYTES;
    chunk->top = 0;
    ts->datastack_chunk = chunk;
    ts->datastack_top = chunk->data + 1;
    ts->datastack_limit = (PyObject **)((char *)chunk + SPARE_BYTES);
    PyObject *result = version->bound(th, func, slots);
    ts->datastack_chunk = previous;
    ts->datastack_top = top;
    ts->datastack_limit = limit;
    give_spare_back(chunk);
    return result;
}

/* Calls through the interpreter, or natively where only the chunk was full. */
static PyObject *
call_otherwise(tc_thread *th, PyObject *func, tc_version *version, PyObject *const *slots, int count)
{
    /* native code also hands over what is pending at the entry: the interpreter sees to that as the function resumes */
    int pending = (th->ts->eval_breaker & 0xff) != 0;
    if (!tc_stack_is_low(th) && th->ts->py_recursion_remaining > 0 && !pending) {
        PyObject *result = call_in_spare_chunk(th, func, version, slots);
        if (result != TC_MISMATCH) {
            return result;
        }
    }
    return interpret(th, func, version->code, slots, count);
}

tc_result
tc_call_interpreted(tc_thread *th, PyObject *func, tc_version *version, ...)
{
    PyCodeObject *code = version->code;
    int count = parameter_count(code);
    PyObject *slots[count + 1];
    PyObject *result = NULL;
    va_list values;
    Py_INCREF(func);
    version->leaving++;
    va_start(values, version);
    int status = tc_box_arguments(version->param_kinds, count, slots, values);
    va_end(values);
    if (version->work < 0) {
        tc_note_outgrown(version);
    }
    if (status == 0) {
        result = call_otherwise(th, func, version, slots, count);
    }
    for (int i = 0; i < count; i++) {
        Py_XDECREF(slots[i]);
    }
    tc_result answer = tc_as_promised(result, version->promise);
    version->leaving--;
    Py_DECREF(func);
    return answer;
}

/* -- frames that nobody sees -- */

PyObject *
tc_py_hide(PyObject *Py_UNUSED(module), PyObject *func)
{
    if (!PyFunction_Check(func)) {
        PyErr_SetString(PyExc_TypeError, "hide: not a function");
        return NULL;
    }
    /* As the interpreter has it of the code that calls of C make it run: a frame that has not come to this instruction
       is incomplete, and what comes before is never instrumented. */
    PyCodeObject *code = (PyCodeObject *)PyFunction_GET_CODE(func);
    code->_co_firsttraceable = (int)Py_SIZE(code);
    /* Machine code need not count references to what is there for good. */
    func->ob_refcnt = code->ob_base.ob_base.ob_refcnt = _Py_IMMORTAL_REFCNT;
    Py_RETURN_NONE;
}
