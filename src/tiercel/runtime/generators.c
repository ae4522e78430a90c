/* Generator objects for generators that existed only at compile time. */

#include "exits.h"
#include "helpers.h"

static _PyInterpreterFrame *
frame_of(PyGenObject *gen)
{
    return (_PyInterpreterFrame *)gen->gi_iframe;
}

/* As the interpreter makes one where it is called; the slots of its frame are empty, and it says that it is running. */
PyGenObject *
tc_generator_alloc(PyObject *func)
{
    PyFunctionObject *function = (PyFunctionObject *)func;
    PyCodeObject *code = (PyCodeObject *)function->func_code;
    PyGenObject *gen = PyObject_GC_NewVar(PyGenObject, &PyGen_Type, _PyFrame_NumSlotsForCodeObject(code));
    if (gen == NULL) {
        return NULL;
    }
    gen->gi_weakreflist = NULL;
    gen->gi_name = Py_NewRef(function->func_name);
    gen->gi_qualname = Py_NewRef(function->func_qualname);
    gen->gi_exc_state = (_PyErr_StackItem){NULL, NULL};
    gen->gi_origin_or_finalizer = NULL;
    gen->gi_hooks_inited = gen->gi_closed = gen->gi_running_async = 0;
    gen->gi_frame_state = FRAME_EXECUTING;
    _PyInterpreterFrame *frame = frame_of(gen);
    _PyFrame_Initialize(frame, (PyFunctionObject *)Py_NewRef(func), NULL, code, 0);
    frame->previous = NULL;
    frame->owner = FRAME_OWNED_BY_GENERATOR;
    frame->instr_ptr += code->_co_firsttraceable;
    PyObject_GC_Track(gen);
    return gen;
}

void
tc_generator_suspend(PyGenObject *gen, int64_t point)
{
    _PyInterpreterFrame *frame = frame_of(gen);
    PyCodeObject *code = _PyFrame_GetCode(frame);
    if (point < 0) {
        gen->gi_frame_state = FRAME_CLEARED;
        frame->stacktop = 0;
        Py_CLEAR(frame->f_funcobj);
        return;
    }
    int unit = (int)(point & 0xFFFFFFFF);
    _Py_CODEUNIT *before = _PyCode_CODE(code) + unit - 1;
    frame->instr_ptr = before + 1;
    frame->stacktop = code->co_nlocalsplus + (int)(point >> 32);
    /* The yields come after the first RESUME; the opcodes themselves may be instrumented. */
    gen->gi_frame_state = unit < code->_co_firsttraceable ? FRAME_CREATED : FRAME_SUSPENDED + before->op.arg;
}

PyObject **
tc_generator_slots(PyGenObject *gen)
{
    return frame_of(gen)->localsplus;
}

PyObject *
tc_generator_new(PyObject *func, int64_t point, PyObject *const *slots, int64_t count)
{
    PyGenObject *gen = tc_generator_alloc(func);
    if (gen == NULL) {
        Py_FatalError("no memory for a generator");
    }
    for (int64_t i = 0; i < count; i++) {
        frame_of(gen)->localsplus[i] = Py_XNewRef(slots[i]);
    }
    tc_generator_suspend(gen, point);
    return (PyObject *)gen;
}

/* -- bodies that an exit finds running -- */

_PyInterpreterFrame *
tc_generator_resume(PyThreadState *ts, PyGenObject *gen, _PyInterpreterFrame *linked)
{
    _PyInterpreterFrame *frame = frame_of(gen);
    if (linked != NULL) {
        Py_DECREF(frame->f_funcobj);
        Py_DECREF(frame->f_executable);
        memcpy(frame, linked, _PyFrame_GetCode(linked)->co_framesize * sizeof(PyObject *));
        frame->owner = FRAME_OWNED_BY_GENERATOR;
        if (frame->frame_obj != NULL) {
            frame->frame_obj->f_frame = frame;
        }
    }
    else {
        ts->py_recursion_remaining--;
    }
    gen->gi_frame_state = FRAME_EXECUTING;
    gen->gi_exc_state.previous_item = ts->exc_info;
    ts->exc_info = &gen->gi_exc_state;
    return frame;
}

int
tc_generator_has_yielded(_PyInterpreterFrame *frame)
{
    return FRAME_STATE_SUSPENDED(_PyFrame_GetGenerator(frame)->gi_frame_state);
}

/* -- for the graph interpreter -- */

PyObject *
tc_py_generator(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *func, *slots;
    long long point;
    if (!PyArg_ParseTuple(args, "O!LO!:generator", &PyFunction_Type, &func, &point, &PyTuple_Type, &slots)) {
        return NULL;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(slots);
    PyObject *items[count + 1];
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = PyTuple_GET_ITEM(slots, i);
        items[i] = item == &tc_null_marker ? NULL : item;
    }
    return tc_generator_new(func, point, items, count);
}
