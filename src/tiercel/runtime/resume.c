/* Generators and coroutines whose bodies are compiled: whoever takes them on through the type's slots, or by their method
   `send`, has the body run natively, from where it is suspended to its next yield, in the generator's own frame.

   What a generator waits for by `yield from`, or a coroutine by `await`, is taken on first; it goes on itself only when
   that has ended.

   What a body cannot do natively the interpreter does in that same frame, which then is as it left it.  A version is
   entered at one point only: the instruction behind a yield, or the first one. */

#include "exits.h"
#include "helpers.h"

/* What the `enter` form of such a version returns. */
enum { MISMATCH, LEFT, FAILED, YIELDED, RETURNED, DELEGATED };

enum { NOT_TAKEN = -2 };     /* beside PySendResult: the interpreter must do it */

static iternextfunc original_iternext;
static sendfunc original_send;       /* generators and coroutines have it in common */

static _PyInterpreterFrame *
frame_of(PyGenObject *gen)
{
    return (_PyInterpreterFrame *)gen->gi_iframe;
}

/* -- running -- */

static void
link_frame(PyThreadState *ts, PyGenObject *gen)
{
    _PyInterpreterFrame *frame = frame_of(gen);
    gen->gi_frame_state = FRAME_EXECUTING;
    gen->gi_exc_state.previous_item = ts->exc_info;
    ts->exc_info = &gen->gi_exc_state;
    frame->previous = ts->current_frame;
    ts->current_frame = frame;
    ts->py_recursion_remaining--;
}

static void
unlink_frame(PyThreadState *ts, PyGenObject *gen, int8_t state)
{
    _PyInterpreterFrame *frame = frame_of(gen);
    gen->gi_frame_state = state;
    ts->exc_info = gen->gi_exc_state.previous_item;
    gen->gi_exc_state.previous_item = NULL;
    ts->current_frame = frame->previous;
    frame->previous = NULL;
    ts->py_recursion_remaining++;
}

/* The interpreter goes on in a frame that is linked, or raises there the exception that is set.  As PyIter_Send. */
static int
interpret(PyThreadState *ts, PyGenObject *gen, int raises, PyObject **result)
{
    _PyInterpreterFrame *frame = frame_of(gen);
    frame->return_offset = 0;
    ts->py_recursion_remaining++;
    ts->current_frame = frame->previous;
    *result = _PyEval_EvalFrameDefault(ts, frame, raises);
    return FRAME_STATE_SUSPENDED(gen->gi_frame_state) ? PYGEN_NEXT : *result ? PYGEN_RETURN : PYGEN_ERROR;
}

/* Runs a version in a frame that is linked: as `resume`. */
static int
run(tc_thread *th, tc_version *version, PyGenObject *gen, PyObject **result)
{
    _PyInterpreterFrame *frame = frame_of(gen);
    int64_t room[TC_LOOP_WORDS + version->extra_words];
    tc_loop *loop = tc_loop_begin(th, room, version, frame);
    loop->resumed = 1;
    version->leaving++;
    int64_t outcome = version->enter(th, frame, loop->extra);
    version->leaving--;
    *result = (PyObject *)(uintptr_t)loop->extra[0];
    tc_loop_end(loop);
    switch (outcome) {
    case MISMATCH:
        return NOT_TAKEN;
    case YIELDED:
        unlink_frame(th->ts, gen, FRAME_SUSPENDED);
        return PYGEN_NEXT;
    case DELEGATED:
        unlink_frame(th->ts, gen, FRAME_SUSPENDED_YIELD_FROM);
        return PYGEN_NEXT;
    case RETURNED:
        tc_drop_frame(th->ts, frame);
        return PYGEN_RETURN;
    case FAILED:
        *result = NULL;
        return PYGEN_ERROR;
    default:
        return interpret(th->ts, gen, 0, result);
    }
}

/* The same with whatever version is for the point `at`; the frame stays linked where none is. */
static int
run_any(tc_thread *th, tc_code *record, PyGenObject *gen, int at, PyObject **result)
{
    _PyInterpreterFrame *frame = frame_of(gen);
    tc_version *version = record->loops;
    if (version == NULL || tc_stack_is_low(th) || tc_is_watched(frame)) {
        return NOT_TAKEN;
    }
    while (version != NULL) {
        tc_version *next = version->next;
        if (version->loop_at == at && tc_is_of_namespaces(version, frame) && !version->suspended && version->valid
            && version->enter != NULL)
        {
            int status = run(th, version, gen, result);
            if (status != NOT_TAKEN) {
                return status;
            }
        }
        version = next;
    }
    return NOT_TAKEN;
}

/* -- deciding -- */

static int
point_of(PyGenObject *gen)
{
    _PyInterpreterFrame *frame = frame_of(gen);
    return (int)(frame->instr_ptr - _PyCode_CODE(_PyFrame_GetCode(frame)));
}

/* Whether a generator can be taken on: it neither runs nor has ended. */
static int
is_suspended(PyGenObject *gen)
{
    return gen->gi_frame_state < FRAME_EXECUTING;
}

/* Counts where no version took the generator: whether one may now.  -1: exception. */
static int
count(PyGenObject *gen, tc_code *record, int at)
{
    _PyInterpreterFrame *frame = frame_of(gen);
    struct tc_counter *counter = tc_counter_of(record, at);
    if (counter == NULL || counter->decided || !tc_control_is_on() || !PyFunction_Check(frame->f_funcobj)
        || tc_is_watched(frame))
    {
        return 0;
    }
    int counted = tc_count_round(_PyFrame_GetCode(frame), at, frame, 0);
    return counted == TC_ROUND_FAILED ? -1 : counted == TC_ROUND_ENTER;
}

/* A generator that waits for no other one: as `resume`. */
static int
resume_one(tc_thread *th, PyGenObject *gen, PyObject **result)
{
    PyThreadState *ts = th->ts;
    int8_t before = gen->gi_frame_state;
    int at = point_of(gen);
    tc_code *record = tc_code_make(_PyFrame_GetCode(frame_of(gen)));
    if (record == NULL) {
        PyErr_Clear();
        return NOT_TAKEN;
    }
    if (record->loops != NULL && ts->py_recursion_remaining > 0) {
        link_frame(ts, gen);
        int status = run_any(th, record, gen, at, result);
        if (status != NOT_TAKEN) {
            return status;
        }
        unlink_frame(ts, gen, before);
    }
    switch (count(gen, record, at)) {
    case -1:
        *result = NULL;
        return PYGEN_ERROR;
    case 0:
        return NOT_TAKEN;
    default:                         /* other threads may have had it meanwhile */
        return gen->gi_frame_state == before && point_of(gen) == at ? resume_one(th, gen, result) : NOT_TAKEN;
    }
}

/* -- generators that wait for others, by `yield from` -- */

static int
has_body(PyObject *object)
{
    return PyGen_CheckExact(object) || PyCoro_CheckExact(object);
}

/* The generator or coroutine whose values a suspended one hands on, if it can be taken on itself. */
static PyGenObject *
delegate_of(PyGenObject *gen)
{
    if (gen->gi_frame_state != FRAME_SUSPENDED_YIELD_FROM) {
        return NULL;
    }
    PyObject *receiver = _PyFrame_StackPeek(frame_of(gen));
    return has_body(receiver) && is_suspended((PyGenObject *)receiver) ? (PyGenObject *)receiver : NULL;
}

static int
is_traced(PyThreadState *ts)
{
    return tc_tools_seen || ts->c_tracefunc != NULL || ts->c_profilefunc != NULL;
}

/* The generator that another one waited for has come to something: what becomes of that one, which is linked. */
static int
go_on(tc_thread *th, PyGenObject *gen, int status, PyObject **result)
{
    PyThreadState *ts = th->ts;
    _PyInterpreterFrame *frame = frame_of(gen);
    _Py_CODEUNIT *send = frame->instr_ptr;
    if (status == PYGEN_ERROR) {
        return interpret(ts, gen, 1, result);
    }
    if (status == PYGEN_NEXT && !is_traced(ts)) {
        frame->instr_ptr = send + TC_SEND_TO_RESUME;
        unlink_frame(ts, gen, FRAME_SUSPENDED_YIELD_FROM);
        return status;
    }
    _PyFrame_StackPush(frame, *result);
    if (status == PYGEN_NEXT) {
        frame->instr_ptr = send + TC_SEND_TO_YIELD;
        return interpret(ts, gen, 0, result);
    }
    frame->instr_ptr = tc_end_of_send(send);
    int at = point_of(gen);
    tc_code *record = is_traced(ts) ? NULL : tc_code_make(_PyFrame_GetCode(frame));
    if (record == NULL) {
        PyErr_Clear();
        return interpret(ts, gen, 0, result);
    }
    status = run_any(th, record, gen, at, result);
    if (status == NOT_TAKEN) {
        int counted = count(gen, record, at);
        status = counted > 0 ? run_any(th, record, gen, at, result) : NOT_TAKEN;
        return status == NOT_TAKEN ? interpret(ts, gen, counted < 0, result) : status;
    }
    return status;
}

/* Takes a generator on to its next yield, if that can be done here: NOT_TAKEN, or what PyIter_Send says and gives.  Of
   generators that wait for each other only the innermost has anything to run; the others are linked meanwhile. */
static int
resume(PyGenObject *gen, PyObject **result)
{
    tc_thread *th = is_suspended(gen) && !tc_is_elsewhere() ? tc_entry_thread() : NULL;
    if (th == NULL) {
        return NOT_TAKEN;
    }
    PyThreadState *ts = th->ts;
    PyGenObject *innermost = gen, *next;
    while ((next = delegate_of(innermost)) != NULL && ts->py_recursion_remaining > 0) {
        frame_of(innermost)->instr_ptr -= TC_SEND_TO_RESUME;
        link_frame(ts, innermost);
        innermost = next;
    }
    int status = resume_one(th, innermost, result);
    if (status == NOT_TAKEN && innermost != gen) {
        status = original_send((PyObject *)innermost, Py_None, result);
    }
    while (innermost != gen) {
        innermost = _PyFrame_GetGenerator(ts->current_frame);
        status = go_on(th, innermost, status, result);
    }
    return status;
}

/* -- the type's slots -- */

/* NULL for the end: with a StopIteration that has the result, unless that is None and nobody `must_raise`. */
static PyObject *
stopped(PyObject *result, int must_raise)
{
    if (result != Py_None) {
        (void)_PyGen_SetStopIterationValue(result);
    }
    else if (must_raise) {
        PyErr_SetNone(PyExc_StopIteration);
    }
    Py_DECREF(result);
    return NULL;
}

static PyObject *
hooked_iternext(PyObject *gen)
{
    PyObject *result;
    int status = resume((PyGenObject *)gen, &result);
    if (status == NOT_TAKEN) {
        return original_iternext(gen);
    }
    return status == PYGEN_RETURN ? stopped(result, 0) : result;
}

static PySendResult
hooked_send(PyObject *gen, PyObject *value, PyObject **result)
{
    int status = value == Py_None ? resume((PyGenObject *)gen, result) : NOT_TAKEN;
    return status == NOT_TAKEN ? original_send(gen, value, result) : (PySendResult)status;
}

static PyCFunction original_method_send;

static PyObject *
hooked_method_send(PyObject *gen, PyObject *value)
{
    PyObject *result;
    int status = value == Py_None ? resume((PyGenObject *)gen, &result) : NOT_TAKEN;
    if (status == NOT_TAKEN) {
        return original_method_send(gen, value);
    }
    return status == PYGEN_RETURN ? stopped(result, 1) : result;
}

/* -- called by native code -- */

static PyObject *ended_with;         /* what the last iterator that tc_send found at its end returned */

PyObject *
tc_send(PyObject *iterator)
{
    PyObject *result;
    int status;
    if (has_body(iterator)) {
        status = hooked_send(iterator, Py_None, &result);
    }
    else {
        iternextfunc next = Py_TYPE(iterator)->tp_iternext;
        result = next != NULL ? next(iterator) : PyObject_CallMethodOneArg(iterator, &_Py_ID(send), Py_None);
        status = result ? PYGEN_NEXT : _PyGen_FetchStopIterationValue(&result) < 0 ? PYGEN_ERROR : PYGEN_RETURN;
    }
    if (status == PYGEN_RETURN) {
        ended_with = result;
        return &tc_exhausted;
    }
    return result;
}

PyObject *
tc_send_result(void)
{
    PyObject *result = ended_with;
    ended_with = NULL;
    return result;
}

int
tc_is_awaitable(PyObject *object)
{
    if (PyCoro_CheckExact(object)) {
        return ((PyGenObject *)object)->gi_frame_state != FRAME_SUSPENDED_YIELD_FROM;
    }
    PyAsyncMethods *methods = Py_TYPE(object)->tp_as_async;
    return (methods != NULL && methods->am_await != NULL)
           || (PyGen_CheckExact(object) && PyGen_GetCode((PyGenObject *)object)->co_flags & CO_ITERABLE_COROUTINE);
}

int
tc_tracks_origins(void)
{
    return PyThreadState_GetUnchecked()->coroutine_origin_tracking_depth > 0;
}

/* -- on and off -- */

static PyMethodDef *
method_send(PyTypeObject *type)
{
    PyMethodDef *def = type->tp_methods;
    while (strcmp(def->ml_name, "send") != 0) {
        def++;
    }
    return def;
}

void
tc_watch_generators(void)
{
    original_iternext = PyGen_Type.tp_iternext;
    PyGen_Type.tp_iternext = hooked_iternext;
    original_send = PyGen_Type.tp_as_async->am_send;
    PyGen_Type.tp_as_async->am_send = PyCoro_Type.tp_as_async->am_send = hooked_send;
    original_method_send = method_send(&PyGen_Type)->ml_meth;
    method_send(&PyGen_Type)->ml_meth = method_send(&PyCoro_Type)->ml_meth = hooked_method_send;
}

void
tc_unwatch_generators(void)
{
    PyGen_Type.tp_iternext = original_iternext;
    PyGen_Type.tp_as_async->am_send = PyCoro_Type.tp_as_async->am_send = original_send;
    method_send(&PyGen_Type)->ml_meth = method_send(&PyCoro_Type)->ml_meth = original_method_send;
}
