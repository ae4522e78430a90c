/* Machine code played by C: a small register machine runs programs (tuples made by the tests) the way compiled code
   runs, on the real runtime, which it calls through the addresses in `_runtime.symbols()`.

   A program is (linked, sites address, version address, steps).  Registers hold raw words.  Steps:
     ("const", to, object)            a new reference
     ("int", to, value), ("float", to, value)
     ("exit", site, registers)        a guard failed
     ("raise", site, registers)       the same with a ValueError set
     ("call", site, registers, to, callee, args)     a call that may run anything, checked afterwards
     ("poll", site, registers)        as at a back-edge, with something pending
     ("enter", func, code)            a linked frame of inlined code
     ("leave",)                       and its end
     ("drop", register)               release a reference
     ("aim", at)                      in a running loop: a failing callback would look for a handler at `at`
     ("return", register)             hands the reference over
   A function's arguments are in the first registers, borrowed; a running loop's slots are taken over into them. */

#include "exits.h"

#include <string.h>

static __typeof__(&tc_exit) native_exit;
static __typeof__(&tc_leave) native_leave;
static __typeof__(&tc_unwind) native_unwind;
static __typeof__(&tc_poll) native_poll;
static __typeof__(&tc_thread_get) native_thread_get;
static __typeof__(&tc_enter_inlined) native_enter_inlined;
static __typeof__(&tc_leave_inlined) native_leave_inlined;
static __typeof__(&tc_call_interpreted) native_call_interpreted;

static PyObject *programs;               /* code -> program */

enum { REGISTERS = 16, ROOM = 24 };

typedef struct {
    tc_thread *th;
    PyObject *func;
    _PyInterpreterFrame *root;           /* NULL: not linked */
    int64_t *extra;
    int marker;
    tc_site *sites;
    PyObject *steps;
    int64_t registers[REGISTERS];
} machine;

static PyObject *
item(PyObject *tuple, Py_ssize_t index)
{
    return PyTuple_GET_ITEM(tuple, index);
}

static long
number(PyObject *tuple, Py_ssize_t index)
{
    return PyLong_AsLong(item(tuple, index));
}

static tc_site *
site_of(machine *m, PyObject *step)
{
    return m->sites + number(step, 1);
}

/* The raw values of a site: integers and pointers first, doubles after them, so that one call fits all: the two kinds
   travel in registers of their own. */
typedef struct {
    int64_t words[8];
    double doubles[4];
} raw_values;

static raw_values
gather(machine *m, PyObject *step)
{
    raw_values values = {{0}, {0}};
    PyObject *registers = item(step, 2);
    const char *kinds = PyBytes_AS_STRING(item(site_of(m, step)->desc, 0));
    int words = 0, doubles = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(registers); i++) {
        int64_t word = m->registers[number(registers, i)];
        if (kinds[i] == 'f') {
            memcpy(&values.doubles[doubles++], &word, sizeof(word));
        }
        else {
            values.words[words++] = word;
        }
    }
    return values;
}

#define VARIADIC(v) v.words[0], v.words[1], v.words[2], v.words[3], v.words[4], v.words[5], v.words[6], v.words[7], \
                    v.doubles[0], v.doubles[1], v.doubles[2], v.doubles[3]

static void
mark_instruction(machine *m, PyObject *step)
{
    PyObject *frames = item(site_of(m, step)->desc, 1), *frame = item(frames, 0);
    for (Py_ssize_t i = 1; item(frame, 7) != Py_True; i++) {
        frame = item(frames, i);         /* the innermost that is linked */
    }
    m->th->ts->current_frame->instr_ptr = _PyCode_CODE((PyCodeObject *)item(frame, 0)) + number(frame, 2);
}

static void
spill(machine *m, PyObject *step)
{
    PyObject *registers = item(step, 2);
    mark_instruction(m, step);
    m->extra[0] = (int64_t)(uintptr_t)site_of(m, step);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(registers); i++) {
        m->extra[1 + i] = m->registers[number(registers, i)];
    }
}

static PyObject *
as_object(machine *m, long reg)
{
    return (PyObject *)(uintptr_t)m->registers[reg];
}

static void
put_object(machine *m, long reg, PyObject *object)
{
    m->registers[reg] = (int64_t)(uintptr_t)object;
}

/* 1: `result` is the outcome. */
static int
step_call(machine *m, PyObject *step, tc_result *result)
{
    PyObject *args[8], *arg_registers = item(step, 5);
    Py_ssize_t nargs = PyTuple_GET_SIZE(arg_registers);
    for (Py_ssize_t i = 0; i < nargs; i++) {
        args[i] = as_object(m, number(arg_registers, i));
    }
    spill(m, step);
    PyObject *returned = PyObject_Vectorcall(as_object(m, number(step, 4)), args, (size_t)nargs, NULL);
    tc_site *site = (tc_site *)(uintptr_t)m->extra[0];    /* as compiled code finds it */
    if (returned == NULL) {
        *result = native_unwind(m->th, m->root, m->func, site);
        return 1;
    }
    if (m->root->stacktop != m->marker) {
        *result = native_leave(m->th, m->root, m->func, site, returned);
        return 1;
    }
    put_object(m, number(step, 3), returned);
    return 0;
}

static int
step_poll(machine *m, PyObject *step, tc_result *result)
{
    spill(m, step);
    int status = native_poll(m->th, m->root, site_of(m, step));
    if (status < 0) {
        *result = native_unwind(m->th, m->root, m->func, (tc_site *)(uintptr_t)m->extra[0]);
    }
    else if (status > 0) {
        *result = native_leave(m->th, m->root, m->func, (tc_site *)(uintptr_t)m->extra[0], NULL);
    }
    return status != 0;
}

static tc_result
unlink_and_return(machine *m, PyObject *value)
{
    PyThreadState *ts = m->th->ts;
    if (m->root != NULL) {
        ts->current_frame = m->root->previous;
        ts->datastack_top = (PyObject **)m->root;
        ts->py_recursion_remaining++;
    }
    return (tc_result){(int64_t)(uintptr_t)value, TC_DECLARED};
}

static int
is(PyObject *step, const char *name)
{
    return PyUnicode_EqualToUTF8(item(step, 0), name);
}

/* The loop's record lies before its extra area.  The offset falls by one where the jump grows by one. */
static void
aim_at(machine *m, int at)
{
    tc_loop *loop = (tc_loop *)(m->extra - TC_LOOP_WORDS + 1);
    int offset = tc_failed_jump_offset(_PyFrame_GetCode(m->root), loop->jump);
    loop->jump = (int)((unsigned)loop->jump + (unsigned)offset - (unsigned)at);
    if (tc_failed_jump_offset(_PyFrame_GetCode(m->root), loop->jump) != at) {
        Py_FatalError("aimed badly");
    }
}

static void
compute(machine *m, PyObject *step)
{
    if (is(step, "const")) {
        put_object(m, number(step, 1), Py_NewRef(item(step, 2)));
    }
    else if (is(step, "int")) {
        m->registers[number(step, 1)] = number(step, 2);
    }
    else if (is(step, "float")) {
        double value = PyFloat_AS_DOUBLE(item(step, 2));
        memcpy(&m->registers[number(step, 1)], &value, sizeof(value));
    }
    else if (is(step, "enter")) {
        (void)native_enter_inlined(m->th, item(step, 1), item(step, 2));
    }
    else if (is(step, "leave")) {
        native_leave_inlined(m->th, m->th->ts->current_frame);
    }
    else if (is(step, "drop")) {
        if (m->extra != NULL) {
            m->extra[0] = (int64_t)(uintptr_t)m->sites | TC_NO_STATE;
        }
        Py_DECREF(as_object(m, number(step, 1)));
    }
    else if (is(step, "aim")) {
        aim_at(m, (int)number(step, 1));
    }
    else {
        Py_FatalError("no such step");
    }
}

/* 1: `result` is the outcome. */
static int
take_step(machine *m, PyObject *step, tc_result *result)
{
    if (is(step, "call")) {
        return step_call(m, step, result);
    }
    if (is(step, "poll")) {
        return step_poll(m, step, result);
    }
    if (is(step, "return")) {
        *result = unlink_and_return(m, as_object(m, number(step, 1)));
        return 1;
    }
    if (is(step, "exit") || is(step, "raise")) {
        raw_values v = gather(m, step);
        if (is(step, "raise")) {
            PyErr_SetString(PyExc_ValueError, "native");
        }
        *result = native_exit(m->th, m->root, m->func, site_of(m, step), VARIADIC(v));
        return 1;
    }
    compute(m, step);
    return 0;
}

static tc_result
run(machine *m)
{
    tc_result result = {0, TC_ERROR};
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(m->steps); i++) {
        if (take_step(m, item(m->steps, i), &result)) {
            return result;
        }
    }
    Py_FatalError("the program has no end");
}

static void
load_program(machine *m, PyObject *program)
{
    m->sites = PyLong_AsVoidPtr(item(program, 1));
    m->steps = item(program, 3);
}

/* As the prologue of compiled code: nothing is changed where there is no room. */
static int
link_frame(machine *m, PyCodeObject *code)
{
    PyThreadState *ts = m->th->ts;
    char here;
    if (ts->datastack_limit - ts->datastack_top <= code->co_framesize + ROOM || ts->py_recursion_remaining <= 0
        || &here < m->th->stack_limit)
    {
        return -1;
    }
    _PyInterpreterFrame *frame = (_PyInterpreterFrame *)ts->datastack_top;
    ts->datastack_top += code->co_framesize + ROOM;
    ts->py_recursion_remaining--;
    *frame = (_PyInterpreterFrame){
        .f_executable = (PyObject *)code, .f_funcobj = m->func, .previous = ts->current_frame,
        .f_globals = ((PyFunctionObject *)m->func)->func_globals,
        .f_builtins = ((PyFunctionObject *)m->func)->func_builtins,
        .instr_ptr = _PyCode_CODE(code) + code->_co_firsttraceable, .stacktop = TC_NATIVE,
        .owner = FRAME_OWNED_BY_THREAD,
    };
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        frame->localsplus[i] = NULL;
    }
    ts->current_frame = frame;
    m->root = frame;
    m->marker = TC_NATIVE;
    m->extra = (int64_t *)((PyObject **)frame + code->co_framesize);
    m->extra[0] = (int64_t)(uintptr_t)m->sites;
    return 0;
}

static PyObject *
bound(tc_thread *th, PyObject *func, PyObject *const *slots)
{
    PyCodeObject *code = (PyCodeObject *)((PyFunctionObject *)func)->func_code;
    PyObject *program = PyDict_GetItemWithError(programs, (PyObject *)code);
    machine m = {.th = th, .func = func};
    load_program(&m, program);
    int count = code->co_argcount + code->co_kwonlyargcount + !!(code->co_flags & CO_VARARGS)
                + !!(code->co_flags & CO_VARKEYWORDS);
    for (int i = 0; i < count; i++) {
        put_object(&m, i, slots[i]);
    }
    tc_result result;
    if (item(program, 0) == Py_True && link_frame(&m, code) < 0) {
        result = native_call_interpreted(th, func, PyLong_AsVoidPtr(item(program, 2)), m.registers[0], m.registers[1],
                                         m.registers[2], m.registers[3], m.registers[4], m.registers[5]);
    }
    else {
        result = run(&m);
    }
    return result.kind == TC_ERROR ? NULL : (PyObject *)(uintptr_t)result.payload;
}

static int64_t
enter(tc_thread *th, _PyInterpreterFrame *frame, int64_t *extra)
{
    PyObject *program = PyDict_GetItemWithError(programs, frame->f_executable);
    if (program == NULL) {
        return 0;
    }
    machine m = {.th = th, .func = frame->f_funcobj, .root = frame, .extra = extra, .marker = TC_LOOP};
    load_program(&m, program);
    for (int i = 0; i < frame->stacktop; i++) {
        put_object(&m, i, frame->localsplus[i]);
        frame->localsplus[i] = NULL;
    }
    frame->stacktop = TC_LOOP;
    return run(&m).kind == TC_ERROR ? 2 : 1;
}

/* -- the module -- */

static PyObject *
set_program(PyObject *module, PyObject *args)
{
    PyObject *code, *program;
    if (!PyArg_ParseTuple(args, "O!O!", &PyCode_Type, &code, &PyTuple_Type, &program)) {
        return NULL;
    }
    return PyDict_SetItem(programs, code, program) < 0 ? NULL : Py_NewRef(Py_None);
}

static void *
address(PyObject *symbols, const char *name)
{
    PyObject *value = PyDict_GetItemString(symbols, name);
    return value ? PyLong_AsVoidPtr(value) : NULL;
}

static PyObject *
connect(PyObject *module, PyObject *symbols)
{
    native_exit = (__typeof__(native_exit))address(symbols, "tc_exit");
    native_leave = (__typeof__(native_leave))address(symbols, "tc_leave");
    native_unwind = (__typeof__(native_unwind))address(symbols, "tc_unwind");
    native_poll = (__typeof__(native_poll))address(symbols, "tc_poll");
    native_thread_get = (__typeof__(native_thread_get))address(symbols, "tc_thread_get");
    native_enter_inlined = (__typeof__(native_enter_inlined))address(symbols, "tc_enter_inlined");
    native_leave_inlined = (__typeof__(native_leave_inlined))address(symbols, "tc_leave_inlined");
    native_call_interpreted = (__typeof__(native_call_interpreted))address(symbols, "tc_call_interpreted");
    Py_RETURN_NONE;
}

/* Overwrites the C stack limit of this thread; returns the old one.  0: as if there were no more C stack. */
static PyObject *
set_stack_limit(PyObject *module, PyObject *limit)
{
    tc_thread *th = native_thread_get();
    char *old = th->stack_limit;
    th->stack_limit = PyLong_AsVoidPtr(limit);
    return PyLong_FromVoidPtr(old);
}

static PyObject *
stack_position(PyObject *module, PyObject *unused)
{
    char here, *volatile position = &here;
    return PyLong_FromVoidPtr(position);
}

/* (words in use of the data stack's chunk, frames that may still be pushed) */
static PyObject *
thread_state(PyObject *module, PyObject *unused)
{
    PyThreadState *ts = PyThreadState_Get();
    Py_ssize_t used = ts->datastack_top - ts->datastack_chunk->data;
    return Py_BuildValue("(ni)", used, ts->py_recursion_remaining);
}

/* Uses up the data stack's chunk but for some words, calls, and gives it back. */
static PyObject *
with_full_chunk(PyObject *module, PyObject *args)
{
    PyObject *callable;
    int left;
    if (!PyArg_ParseTuple(args, "Oi", &callable, &left)) {
        return NULL;
    }
    PyThreadState *ts = PyThreadState_Get();
    PyObject **top = ts->datastack_top;
    ts->datastack_top = ts->datastack_limit - left;
    PyObject *result = PyObject_CallNoArgs(callable);
    ts->datastack_top = top;
    return result;
}

static PyMethodDef methods[] = {
    {"connect", connect, METH_O, NULL},
    {"set_program", set_program, METH_VARARGS, NULL},
    {"set_stack_limit", set_stack_limit, METH_O, NULL},
    {"stack_position", stack_position, METH_NOARGS, NULL},
    {"thread_state", thread_state, METH_NOARGS, NULL},
    {"with_full_chunk", with_full_chunk, METH_VARARGS, NULL},
    {NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "native", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC
PyInit_native(void)
{
    PyObject *module = PyModule_Create(&definition);
    programs = PyDict_New();
    if (module == NULL || programs == NULL
        || PyModule_Add(module, "bound", PyLong_FromVoidPtr((void *)bound)) < 0
        || PyModule_Add(module, "enter", PyLong_FromVoidPtr((void *)enter)) < 0)
    {
        return NULL;
    }
    return module;
}
