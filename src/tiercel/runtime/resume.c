/* Generators whose bodies are compiled: whoever takes their next value through the type's slots has the body run natively,
   from where it is suspended to its next yield, in the generator's own frame.

   What a body cannot do natively the interpreter does in that same frame, which then is as it left it.  A version is
   entered at one point only: the instruction behind a yield, or the first one. */

#include "exits.h"
#include "helpers.h"

/* What the `enter` form of such a version returns. */
enum { MISMATCH, LEFT, FAILED, YIELDED, RETURNED };

enum { NOT_TAKEN = -2 };     /* beside PySendResult: the interpreter must do it */

static iternextfunc original_iternext;
static sendfunc original_send;

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

/* The interpreter goes on in a frame that is linked.  What it yields or returns, or NULL. */
static PyObject *
go_on(PyThreadState *ts, _PyInterpreterFrame *frame)
{
    frame->return_offset = 0;
    ts->py_recursion_remaining++;
    ts->current_frame = frame->previous;
    return _PyEval_EvalFrameDefault(ts, frame, 0);
}

/* Runs a version: as `resume`. */
static int
enter(tc_thread *th, tc_version *version, PyGenObject *gen, PyObject **result)
{
    PyThreadState *ts = th->ts;
    _PyInterpreterFrame *frame = frame_of(gen);
    int8_t before = gen->gi_frame_state;
    if (!version->valid || version->enter == NULL || ts->py_recursion_remaining <= 0 || tc_stack_is_low(th)
        || tc_is_watched(frame))
    {
        return NOT_TAKEN;
    }
    int64_t room[TC_LOOP_WORDS + version->extra_words];
    tc_loop *loop = tc_loop_begin(room, version, frame);
    loop->resumed = 1;
    link_frame(ts, gen);
    version->leaving++;
    int64_t outcome = version->enter(th, frame, loop->extra);
    version->leaving--;
    *result = (PyObject *)(uintptr_t)loop->extra[0];
    tc_loop_end(loop);
    switch (outcome) {
    case MISMATCH:
        unlink_frame(ts, gen, before);
        return NOT_TAKEN;
    case YIELDED:
        unlink_frame(ts, gen, FRAME_SUSPENDED);
        return PYGEN_NEXT;
    case RETURNED:
        tc_drop_frame(ts, frame);
        return PYGEN_RETURN;
    case FAILED:
        *result = NULL;
        return PYGEN_ERROR;
    default:
        *result = go_on(ts, frame);
        return FRAME_STATE_SUSPENDED(gen->gi_frame_state) ? PYGEN_NEXT : *result ? PYGEN_RETURN : PYGEN_ERROR;
    }
}

static int
try_versions(tc_thread *th, tc_code *record, PyGenObject *gen, int at, PyObject **result)
{
    PyObject *globals = frame_of(gen)->f_globals;
    tc_version *version = record->loops;
    while (version != NULL) {
        tc_version *next = version->next;
        if (version->loop_at == at && version->globals == globals && !version->suspended) {
            int status = enter(th, version, gen, result);
            if (status != NOT_TAKEN) {
                return status;
            }
        }
        version = next;
    }
    return NOT_TAKEN;
}

/* -- deciding -- */

/* Whether a generator is suspended at a yield of its own, or not begun; `at`: where. */
static int
is_suspended(PyGenObject *gen, int *at)
{
    _PyInterpreterFrame *frame = frame_of(gen);
    if (gen->gi_frame_state != FRAME_SUSPENDED && gen->gi_frame_state != FRAME_CREATED) {
        return 0;
    }
    *at = (int)(frame->instr_ptr - _PyCode_CODE(_PyFrame_GetCode(frame)));
    return 1;
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
    int counted = tc_count_round(_PyFrame_GetCode(frame), at, frame), there;
    if (counted != TC_ROUND_ENTER) {
        return counted == TC_ROUND_FAILED ? -1 : 0;
    }
    return is_suspended(gen, &there) && there == at;     /* other threads may have had it meanwhile */
}

/* Takes a generator on to its next yield, if that can be done natively: NOT_TAKEN, or what the interpreter's own function
   says, the result that of PyIter_Send. */
static int
resume(PyGenObject *gen, PyObject **result)
{
    int at;
    if (!is_suspended(gen, &at)) {
        return NOT_TAKEN;
    }
    tc_code *record = tc_code_make(_PyFrame_GetCode(frame_of(gen)));
    tc_thread *th = record ? tc_entry_thread() : NULL;
    if (th == NULL) {
        PyErr_Clear();
        return NOT_TAKEN;
    }
    int status = try_versions(th, record, gen, at, result);
    if (status != NOT_TAKEN) {
        return status;
    }
    int counted = count(gen, record, at);
    if (counted < 0) {
        *result = NULL;
        return PYGEN_ERROR;
    }
    return counted ? try_versions(th, record, gen, at, result) : NOT_TAKEN;
}

/* -- the type's slots -- */

static PyObject *
hooked_iternext(PyObject *gen)
{
    PyObject *result;
    int status = resume((PyGenObject *)gen, &result);
    if (status == NOT_TAKEN) {
        return original_iternext(gen);
    }
    if (status == PYGEN_RETURN) {
        if (result != Py_None) {
            (void)_PyGen_SetStopIterationValue(result);
        }
        Py_CLEAR(result);
    }
    return result;
}

static PySendResult
hooked_send(PyObject *gen, PyObject *value, PyObject **result)
{
    int status = value == Py_None ? resume((PyGenObject *)gen, result) : NOT_TAKEN;
    return status == NOT_TAKEN ? original_send(gen, value, result) : (PySendResult)status;
}

void
tc_watch_generators(void)
{
    original_iternext = PyGen_Type.tp_iternext;
    PyGen_Type.tp_iternext = hooked_iternext;
    original_send = PyGen_Type.tp_as_async->am_send;
    PyGen_Type.tp_as_async->am_send = hooked_send;
}

void
tc_unwatch_generators(void)
{
    PyGen_Type.tp_iternext = original_iternext;
    PyGen_Type.tp_as_async->am_send = original_send;
}
