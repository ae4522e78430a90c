/* Going on in the interpreter: the frames of a state run one after the other, innermost first, each with the result
   or the exception of the one before. */

#include "exits.h"

/* -- exceptions -- */

void
tc_add_traceback(PyThreadState *ts, _PyInterpreterFrame *frame)
{
    if (!_PyFrame_IsIncomplete(frame)) {
        PyObject *exc = tc_take_exception(ts);
        PyFrameObject *object = PyThreadState_GetFrame(ts);
        if (object == NULL) {
            PyErr_Clear();               /* no memory for it */
        }
        tc_give_exception(ts, exc);
        if (object != NULL) {
            (void)PyTraceBack_Here(object);
            Py_DECREF(object);
        }
    }
}

void
tc_traceback_here(PyThreadState *ts, _PyInterpreterFrame *frame, int at)
{
    _Py_CODEUNIT *instruction = _PyCode_CODE(_PyFrame_GetCode(frame)) + at;
    frame->instr_ptr = instruction;
    if (!_PyFrame_IsIncomplete(frame)) {
        tc_add_traceback(ts, frame);
        _PyEval_MonitorRaise(ts, frame, instruction);
    }
}

static void
cut_stack(_PyInterpreterFrame *frame, int top)
{
    while (frame->stacktop > top) {
        frame->stacktop--;
        Py_CLEAR(frame->localsplus[frame->stacktop]);
    }
}

/* Prepares a frame to go on at its handler with the exception that is set.  0, or -1: it has none. */
static int
enter_handler(tc_state_frame *frame)
{
    if (frame->handler < 0 || frame->broken) {
        return -1;
    }
    _PyInterpreterFrame *f = frame->frame;
    PyObject *exc = PyErr_GetRaisedException();
    cut_stack(f, frame->code->co_nlocalsplus + frame->depth);
    if (frame->lasti) {
        PyObject *lasti = PyLong_FromLong(frame->at);
        if (lasti == NULL) {
            Py_DECREF(exc);      /* as the interpreter: the MemoryError takes its place */
            return -1;
        }
        _PyFrame_StackPush(f, lasti);
    }
    _PyFrame_StackPush(f, exc);
    f->instr_ptr = _PyCode_CODE(frame->code) + frame->handler;
    return 0;
}

/* -- results -- */

/* Puts a result where the description has a place for it.  0, or -1 and an exception. */
static int
place_result(PyObject *slots, PyObject **place, PyObject *result)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(slots); i++) {
        PyObject *slot = PyTuple_GET_ITEM(slots, i);
        long kind = PyLong_Check(slot) ? PyLong_AsLong(slot) : 0;
        if (kind == TC_SLOT_RESULT) {
            Py_XSETREF(place[i], Py_NewRef(result));
        }
        else if (kind < TC_SLOT_RESULT) {
            int truth = PyObject_IsTrue(result);
            if (truth < 0) {
                return -1;
            }
            Py_XSETREF(place[i], PyBool_FromLong(truth == (kind == TC_SLOT_RESULT_BOOL)));
        }
    }
    return 0;
}

/* Takes over the reference to the result. */
static int
give_result(tc_state_frame *frame, PyObject *result)
{
    PyObject **place = frame->frame->localsplus;
    int status = 0;
    if (frame->ended) {
        cut_stack(frame->frame, frame->frame->stacktop - 2);
    }
    else if (result != NULL
        && (place_result(PyTuple_GET_ITEM(frame->desc, 5), place, result) < 0
            || place_result(PyTuple_GET_ITEM(frame->desc, 6), place + frame->code->co_nlocalsplus, result) < 0))
    {
        status = -1;
    }
    Py_XDECREF(result);
    return status;
}

/* -- running -- */

/* Runs a frame of this state, the current one, to its end.  The interpreter counts the recursion itself; a frame of
   inlined code that had not been counted must not fail for that now. */
static PyObject *
run_frame(PyThreadState *ts, _PyInterpreterFrame *frame)
{
    int lent = 0;
    ts->py_recursion_remaining++;
    if (ts->py_recursion_remaining <= 0) {
        lent = 1 - ts->py_recursion_remaining;
        ts->py_recursion_remaining = 1;
    }
    frame->return_offset = 0;
    ts->current_frame = frame->previous;
    PyObject *result = _PyEval_EvalFrameDefault(ts, frame, 0);
    ts->py_recursion_remaining -= lent;
    return result;
}

void
tc_drop_frame(PyThreadState *ts, _PyInterpreterFrame *frame)
{
    ts->py_recursion_remaining++;
    ts->current_frame = frame->previous;
    _PyEval_FrameClearAndPop(ts, frame);
}

/* Gives the root's extra area back: nothing newer is on the data stack. */
static void
trim(tc_state *state, tc_state_frame *frame)
{
    if (state->root != NULL && state->loop == NULL && frame == &state->frames[state->frame_count - 1]) {
        tc_pop_chunks(state->th->ts, frame->frame);
        state->th->ts->datastack_top = (PyObject **)frame->frame + frame->code->co_framesize;
    }
}

/* After a generator's body ran: where its caller, the next frame, goes on. */
static void
note_end(tc_state_frame *frame, PyObject *result)
{
    if (frame->ends >= 0 && result != NULL && !tc_generator_has_yielded(frame->frame)) {
        frame[1].ended = !tc_is_end_of_send(_PyCode_CODE(frame[1].code) + frame->ends);
        frame[1].resume = frame->ends;
    }
}

/* One frame of a function: with the result, or with the exception that is set. */
static PyObject *
continue_frame(tc_state *state, tc_state_frame *frame, PyObject *result)
{
    PyThreadState *ts = state->th->ts;
    ts->current_frame = frame->frame;
    trim(state, frame);
    if (ts->current_exception != NULL || give_result(frame, result) < 0) {
        if (!state->again || frame != state->frames) {
            tc_traceback_here(ts, frame->frame, frame->at);
        }
        if (enter_handler(frame) < 0) {
            tc_drop_frame(ts, frame->frame);
            return NULL;
        }
    }
    else {
        frame->frame->instr_ptr = _PyCode_CODE(frame->code) + frame->resume;
    }
    return run_frame(ts, frame->frame);
}

/* The interpreter's own frame lets an exception out. */
static int
raise_in_loop(tc_state *state, tc_state_frame *frame)
{
    if (!state->loop->resumed) {
        return tc_raise_in_loop(frame->frame, frame->at) < 0 ? TC_ERROR : TC_CONTINUE;
    }
    tc_drop_frame(state->th->ts, frame->frame);
    return TC_ERROR;
}

/* The interpreter's own frame, to which it returns. */
static tc_result
continue_loop(tc_state *state, tc_state_frame *frame, PyObject *result)
{
    PyThreadState *ts = state->th->ts;
    tc_result left = {0, TC_CONTINUE};
    ts->current_frame = frame->frame;
    if (ts->current_exception == NULL && give_result(frame, result) == 0) {
        frame->frame->instr_ptr = _PyCode_CODE(frame->code) + frame->resume;
        return left;
    }
    int handled = frame->handler >= 0 && !frame->broken;
    if (handled || state->loop->resumed) {
        tc_traceback_here(ts, frame->frame, frame->at);
    }
    if (!handled || enter_handler(frame) < 0) {
        left.kind = raise_in_loop(state, frame);
    }
    return left;
}

tc_result
tc_continue(tc_state *state)
{
    PyObject *result = state->result;
    if (state->exception != NULL) {
        Py_CLEAR(result);
        tc_give_exception(state->th->ts, state->exception);
        state->exception = NULL;
    }
    state->result = NULL;
    Py_ssize_t count = state->frame_count - (state->loop != NULL);
    for (Py_ssize_t i = 0; i < count; i++) {
        result = continue_frame(state, &state->frames[i], result);
        note_end(&state->frames[i], result);
    }
    if (state->loop != NULL) {
        return continue_loop(state, &state->frames[count], result);
    }
    return (tc_result){(int64_t)(uintptr_t)result, result ? TC_BOXED : TC_ERROR};
}
