/* Generator and coroutine objects for what existed only at compile time. */

#include "exits.h"
#include "helpers.h"

static _PyInterpreterFrame *
frame_of(PyGenObject *gen)
{
    return (_PyInterpreterFrame *)gen->gi_iframe;
}

/* -- memory of generators that have ended, for the next of the same size -- */

enum { KEPT_SIZES = 8, MOST_KEPT = 16 };

static struct kept {
    Py_ssize_t size;                 /* slots; of all in here */
    int count;
    PyGenObject *items[MOST_KEPT];
} kept[KEPT_SIZES];

static PyGenObject *
take_kept(PyTypeObject *type, Py_ssize_t size)
{
    struct kept *here = &kept[size % KEPT_SIZES];
    if (here->count == 0 || here->size != size || tc_objects_are_traced()) {
        return NULL;
    }
    PyGenObject *gen = here->items[--here->count];
    Py_SET_TYPE(gen, type);
    ((PyObject *)gen)->ob_refcnt = 1;
    return gen;
}

static int
keep(PyGenObject *gen)
{
    Py_ssize_t size = Py_SIZE(gen);
    struct kept *here = &kept[size % KEPT_SIZES];
    if (here->count == MOST_KEPT || (here->count > 0 && here->size != size)) {
        return 0;
    }
    _Py_AS_GC((PyObject *)gen)->_gc_prev = 0;    /* whether it was finalised */
    here->size = size;
    here->items[here->count++] = gen;
    return 1;
}

void
tc_free_kept_generators(void)
{
    for (struct kept *here = kept; here < kept + KEPT_SIZES; here++) {
        while (here->count > 0) {
            PyObject_GC_Del(here->items[--here->count]);
        }
    }
}

/* As the interpreter makes one where it is called; the slots of its frame are empty, and it says that it is running. */
PyGenObject *
tc_generator_alloc(PyObject *func)
{
    PyFunctionObject *function = (PyFunctionObject *)func;
    PyCodeObject *code = (PyCodeObject *)function->func_code;
    PyTypeObject *type = code->co_flags & CO_COROUTINE ? &PyCoro_Type
                         : code->co_flags & CO_ASYNC_GENERATOR ? &PyAsyncGen_Type : &PyGen_Type;
    Py_ssize_t size = _PyFrame_NumSlotsForCodeObject(code);
    PyGenObject *gen = take_kept(type, size);
    if (gen == NULL) {
        gen = PyObject_GC_NewVar(PyGenObject, type, size);
    }
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

void
tc_free_ended(PyGenObject *gen)
{
    PyObject_GC_UnTrack(gen);
    Py_DECREF(frame_of(gen)->f_executable);
    Py_DECREF(gen->gi_name);
    Py_DECREF(gen->gi_qualname);
    if (!keep(gen)) {
        PyObject_GC_Del(gen);
    }
}

/* -- generators that are taken apart -- */

/* Whether a generator is suspended, and all that it is one that tc_generator_new makes would be. */
static int
could_be_made(PyGenObject *gen)
{
    _PyInterpreterFrame *frame = frame_of(gen);
    if (!PyGen_CheckExact(gen) || gen->gi_frame_state >= FRAME_SUSPENDED_YIELD_FROM || gen->gi_weakreflist != NULL
        || gen->gi_exc_state.exc_value != NULL || frame->frame_obj != NULL || frame->f_locals != NULL)
    {
        return 0;
    }
    PyFunctionObject *function = (PyFunctionObject *)frame->f_funcobj;
    return function->func_code == frame->f_executable && function->func_globals == frame->f_globals
           && function->func_builtins == frame->f_builtins && function->func_name == gen->gi_name
           && function->func_qualname == gen->gi_qualname;
}

static int64_t
point_of(PyGenObject *gen)
{
    _PyInterpreterFrame *frame = frame_of(gen);
    PyCodeObject *code = _PyFrame_GetCode(frame);
    int64_t depth = frame->stacktop - code->co_nlocalsplus;
    return (frame->instr_ptr - _PyCode_CODE(code)) | depth << 32;
}

int
tc_generator_at(PyObject *object, PyObject *code, PyObject *globals, int64_t point, int64_t bound)
{
    PyGenObject *gen = (PyGenObject *)object;
    _PyInterpreterFrame *frame = frame_of(gen);
    if (!could_be_made(gen) || frame->f_executable != code || frame->f_globals != globals || point_of(gen) != point) {
        return 0;
    }
    for (int i = 0; i < frame->stacktop; i++) {
        if ((frame->localsplus[i] != NULL) != ((bound >> i) & 1)) {
            return 0;
        }
    }
    return 1;
}

PyObject *
tc_generator_slot(PyObject *object, int64_t index)
{
    PyObject **slot = &frame_of((PyGenObject *)object)->localsplus[index];
    PyObject *value = *slot;
    *slot = NULL;
    return value;
}

PyObject *
tc_generator_function(PyObject *object)
{
    PyGenObject *gen = (PyGenObject *)object;
    _PyInterpreterFrame *frame = frame_of(gen);
    PyObject *func = frame->f_funcobj;
    frame->f_funcobj = NULL;
    frame->stacktop = 0;
    gen->gi_frame_state = FRAME_CLEARED;
    return func;
}

PyObject *
tc_py_suspended(PyObject *Py_UNUSED(module), PyObject *object)
{
    PyGenObject *gen = (PyGenObject *)object;
    if (!PyGen_CheckExact(object) || !could_be_made(gen)) {
        Py_RETURN_NONE;
    }
    _PyInterpreterFrame *frame = frame_of(gen);
    PyObject *slots = PyTuple_New(frame->stacktop);
    for (int i = 0; slots != NULL && i < frame->stacktop; i++) {
        PyObject *value = frame->localsplus[i];
        PyTuple_SET_ITEM(slots, i, Py_NewRef(value ? value : &tc_null_marker));
    }
    return slots ? Py_BuildValue("(OLN)", frame->f_funcobj, (long long)point_of(gen), slots) : NULL;
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
