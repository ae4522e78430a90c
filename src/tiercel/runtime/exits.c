/* Exits: a site's description and raw values become interpreter frames.

   Everything live is owned before anything is made; an exception is put aside meanwhile; the slots of a frame are its
   own references, and its stack top is set once they are there. */

#include "exits.h"

#include <string.h>

/* -- frames -- */

void
tc_find_linked(tc_state *state, _PyInterpreterFrame *frame)
{
    Py_ssize_t outermost = state->frame_count - 1;
    for (Py_ssize_t i = 0; i < outermost; i++) {
        if (state->root != NULL && state->frames[i].linked && frame != state->root) {
            state->frames[i].frame = frame;
            frame = frame->previous;
        }
    }
    state->frames[outermost].frame = state->root;
    state->frames[outermost].linked = state->root != NULL;
}

/* The function of a frame, a new reference, or NULL and an exception. */
static PyObject *
frame_function(tc_state *state, Py_ssize_t index)
{
    PyObject *func = NULL;
    if (index == state->frame_count - 1 && state->func != NULL) {
        return Py_NewRef(state->func);
    }
    if (tc_slot_object(state, tc_field(state->frames[index].desc, 1), &func) == 0) {
        PyErr_SetString(PyExc_SystemError, "an exit's function is missing");
    }
    return func;
}

/* A frame that is already linked, moved above one that was not and that belongs below it. */
static _PyInterpreterFrame *
move_frame(PyThreadState *ts, _PyInterpreterFrame *old, PyCodeObject *code)
{
    PyObject **slots = tc_push_slots(ts, code->co_framesize);
    if (slots != NULL) {
        memcpy(slots, old, code->co_framesize * sizeof(PyObject *));
        if (old->frame_obj != NULL) {
            old->frame_obj->f_frame = (_PyInterpreterFrame *)slots;
        }
    }
    return (_PyInterpreterFrame *)slots;
}

static _PyInterpreterFrame *
push_new(tc_state *state, Py_ssize_t index)
{
    tc_state_frame *frame = &state->frames[index];
    PyObject *func = frame_function(state, index);
    _PyInterpreterFrame *pushed = func ? tc_push_frame(state->th->ts, func, frame->code) : NULL;
    Py_XDECREF(func);
    if (pushed != NULL) {
        pushed->stacktop = frame->code->co_nlocalsplus;
        state->th->ts->py_recursion_remaining--;
    }
    return pushed;
}

/* The frame of a generator's body: within the generator. */
static _PyInterpreterFrame *
generator_frame(tc_state *state, Py_ssize_t index)
{
    PyObject *gen, *stack = tc_field(state->frames[index + 1].desc, 6);
    if (tc_slot_object(state, PyTuple_GET_ITEM(stack, PyTuple_GET_SIZE(stack) - 2), &gen) <= 0) {
        return NULL;
    }
    _PyInterpreterFrame *linked = state->frames[index].frame;
    _PyInterpreterFrame *frame = tc_generator_resume(state->th->ts, (PyGenObject *)gen, linked);
    Py_DECREF(gen);                  /* its caller's slot will hold it, the memo does meanwhile */
    return frame;
}

/* Gives every frame its place, outermost first, and links them. */
static void
place_frames(tc_state *state)
{
    PyThreadState *ts = state->th->ts;
    _PyInterpreterFrame *older = state->root ? state->root->previous : ts->current_frame;
    int moving = 0;
    for (Py_ssize_t i = state->frame_count - 1; i >= 0; i--) {
        tc_state_frame *frame = &state->frames[i];
        _PyInterpreterFrame *place = frame->frame;
        if (frame->ends >= 0) {
            place = generator_frame(state, i);
        }
        else if (place == NULL) {
            place = push_new(state, i);
            moving = 1;
            frame->linked = 0;
        }
        else if (moving) {
            place = move_frame(ts, place, frame->code);
        }
        if (place == NULL) {
            Py_FatalError("Tiercel: no memory for a frame of native code");
        }
        place->previous = older;
        if (!state->again || i > 0) {        /* else it stands where it raised first: see tc_raise_again */
            place->instr_ptr = _PyCode_CODE(frame->code) + frame->at;
        }
        frame->frame = older = place;
        ts->current_frame = place;
    }
}

/* What a native frame borrowed becomes its own. */
static void
take_references(_PyInterpreterFrame *frame)
{
    Py_INCREF(frame->f_executable);
    Py_INCREF(frame->f_funcobj);
}

static void
note_exception(tc_state *state)
{
    Py_XSETREF(state->exception, PyErr_GetRaisedException());
    Py_CLEAR(state->result);
}

/* What the frames that were linked have already. */
enum { EMPTY, LOCALS, SLOTS };

static int
fill(tc_state *state, tc_state_frame *frame, int there)
{
    switch (frame->linked ? there : EMPTY) {
    case EMPTY:
        return tc_fill_frame(state, frame);
    case LOCALS:
        return tc_fill_stack(state, frame);
    default:
        return 0;
    }
}

static void
build_frames(tc_state *state, int there)
{
    place_frames(state);
    for (Py_ssize_t i = 0; i < state->frame_count; i++) {
        tc_state_frame *frame = &state->frames[i];
        if (fill(state, frame, there) < 0) {
            frame->broken = 1;
            note_exception(state);
        }
    }
    if (state->root != NULL && state->loop == NULL) {
        take_references(state->frames[state->frame_count - 1].frame);
    }
    for (Py_ssize_t i = 0; i < state->frame_count; i++) {
        state->frames[i].frame->stacktop = tc_stack_top(&state->frames[i]);
    }
}

/* Native code takes the site from where it put it down: it may bear a mark by now. */
static tc_site *
unmarked(tc_site *site)
{
    return (tc_site *)((uintptr_t)site & ~(uintptr_t)TC_SITE_MARKS);
}

/* Whether a state differs only by the stack from that in which code ran that was the last to do so. */
static int
has_locals_of_before(tc_state *state)
{
    return PyUnicode_EqualToUTF8(tc_field(state->site->desc, 2), "check_left");
}

/* The slots filled for somebody who asked for locals are given up, but for what is `there`: the state has changed since. */
static void
clear_materialised(tc_state *state, tc_site *then, int there)
{
    Py_ssize_t count = tc_frame_count(then->desc);
    tc_state_frame frames[count];
    tc_state old = {.th = state->th, .root = state->root, .frames = frames};
    tc_read_state(&old, then->desc);
    tc_find_linked(&old, state->th->ts->current_frame);
    for (Py_ssize_t i = 0; i < count; i++) {
        int first = there == LOCALS ? frames[i].code->co_nlocalsplus : 0;
        for (int k = first; frames[i].frame != NULL && k < tc_stack_top(&frames[i]); k++) {
            Py_CLEAR(frames[i].frame->localsplus[k]);
        }
    }
}

/* -- leaving -- */

/* How the state is come by. */
enum { FRESH, AFTER };

/* Builds the frames of a state; afterwards only `state` is left of it. */
static void
build(tc_state *state, int mode)
{
    int64_t *extra = state->root ? tc_extra_of(state->th->ts, state->root) : NULL;
    int there = EMPTY;
    tc_own_values(state);
    tc_find_linked(state, state->th->ts->current_frame);
    if (extra != NULL && tc_is_materialised(state->root, extra)) {
        there = mode == AFTER ? SLOTS : has_locals_of_before(state) ? LOCALS : EMPTY;
        PyObject *memo = tc_take_memo(state->root);
        if (there != SLOTS) {
            clear_materialised(state, unmarked((tc_site *)(uintptr_t)extra[0]), there);
        }
        if (there != EMPTY) {
            Py_XSETREF(state->memo, memo);
        }
        else {
            Py_XDECREF(memo);
        }
    }
    if (extra != NULL) {
        extra[0] = (int64_t)(uintptr_t)state->site;
    }
    build_frames(state, there);
    tc_release_values(state);
}

static void
begin(tc_state *state, tc_thread *th, _PyInterpreterFrame *frame, PyObject *func, tc_site *site)
{
    state->th = th;
    state->site = site;
    state->root = frame;
    state->func = func;
    state->loop = frame ? tc_find_loop(frame) : NULL;
    state->exception = tc_take_exception(th->ts);
    site->version->leaving++;        /* its machine code is returned to */
    tc_read_state(state, site->desc);
}

enum { FIRST_NOISY = 40 };

/* 40 exits, then 80, 160, ... */
static int
is_noisy(uint64_t count)
{
    uint64_t times = count / FIRST_NOISY;
    return count % FIRST_NOISY == 0 && (times & (times - 1)) == 0;
}

/* Remembers by its version tag, which keeps nothing alive, what type an object had that was not the expected one. */
static void
note_type(tc_state *state)
{
    tc_site *site = state->site;
    if (site->tested == 0) {
        return;
    }
    PyObject *object = tc_raw_object(state->raw[site->tested - 1]);
    uint32_t tag = object == NULL ? 0 : Py_TYPE(object)->tp_version_tag;
    for (int i = 0; tag != 0 && i < TC_SEEN_TYPES && site->seen[i] != tag; i++) {
        if (site->seen[i] == 0) {
            site->seen[i] = tag;
            break;
        }
    }
}

static tc_result
end(tc_state *state)
{
    tc_result result = tc_continue(state);
    if (result.kind == TC_BOXED) {
        result = tc_as_promised(tc_raw_object(result.payload), state->site->version->promise);
    }
    state->site->version->leaving--;
    return result;
}

static void
read_variadic(PyObject *desc, int64_t *raw, va_list values)
{
    const char *kinds = PyBytes_AS_STRING(tc_field(desc, 0));
    for (Py_ssize_t i = 0; i < tc_value_count(desc); i++) {
        if (kinds[i] == 'f') {
            double value = va_arg(values, double);
            memcpy(&raw[i], &value, sizeof(value));
        }
        else {
            raw[i] = va_arg(values, int64_t);
        }
    }
}

static tc_result
leave_before(tc_thread *th, _PyInterpreterFrame *frame, PyObject *func, tc_site *site, const int64_t *raw)
{
    PyObject *objects[tc_value_count(site->desc) + 1];
    tc_state_frame frames[tc_frame_count(site->desc)];
    tc_state state = {.raw = raw, .objects = objects, .frames = frames};
    begin(&state, th, frame, func, site);
    int raised = state.exception != NULL;
    note_type(&state);
    build(&state, FRESH);
    site->count++;
    if (!raised && is_noisy(site->count)) {
        tc_note_noisy(site->version, site - site->version->sites);
    }
    return end(&state);
}

tc_result
tc_exit(tc_thread *th, _PyInterpreterFrame *frame, PyObject *func, tc_site *site, ...)
{
    int64_t raw[tc_value_count(site->desc) + 1];
    va_list values;
    va_start(values, site);
    read_variadic(site->desc, raw, values);
    va_end(values);
    return leave_before(th, frame, func, site, raw);
}

tc_result
tc_leave_before(tc_thread *th, _PyInterpreterFrame *frame, PyObject *func, tc_site *site)
{
    int64_t raw[tc_value_count(site->desc) + 1];
    tc_read_values(site->desc, tc_extra_of(th->ts, frame), raw);
    return leave_before(th, frame, func, site, raw);
}

/* Whether a frame of a state has a handler for what its operation raises. */
static int
finds_handler(PyObject *desc)
{
    PyObject *frames = tc_field(desc, 1);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(frames); i++) {
        if (tc_field(PyTuple_GET_ITEM(frames, i), 4) != Py_None) {
            return 1;
        }
    }
    return 0;
}

static tc_result
leave_after(tc_thread *th, _PyInterpreterFrame *frame, PyObject *func, tc_site *site, PyObject *result, int again)
{
    Py_ssize_t count = tc_value_count(site->desc);
    int64_t raw[count + 1];
    PyObject *objects[count + 1];
    tc_state_frame frames[tc_frame_count(site->desc)];
    tc_state state = {.raw = raw, .objects = objects, .frames = frames, .result = result, .again = again};
    begin(&state, th, frame, func, site);
    tc_read_values(site->desc, tc_extra_of(th->ts, frame), raw);
    build(&state, AFTER);
    if (state.exception != NULL && !again && site->count > 0 && is_noisy(site->count)) {
        tc_note_noisy(site->version, site - site->version->sites);
    }
    return end(&state);
}

tc_result
tc_leave(tc_thread *th, _PyInterpreterFrame *frame, PyObject *func, tc_site *site, PyObject *result)
{
    site = unmarked(site);
    site->count++;
    return leave_after(th, frame, func, site, result, 0);
}

tc_result
tc_unwind(tc_thread *th, _PyInterpreterFrame *frame, PyObject *func, tc_site *site)
{
    site = unmarked(site);
    if (finds_handler(site->desc)) {
        site->count++;
    }
    return leave_after(th, frame, func, site, NULL, 0);
}

tc_result
tc_unwind_again(tc_thread *th, _PyInterpreterFrame *frame, PyObject *func, tc_site *site)
{
    return leave_after(th, frame, func, unmarked(site), NULL, 1);
}

/* Whether signal handlers or the like are to run while inlined code has no frame of its own: they could see that. */
static int
would_be_seen(PyThreadState *ts, tc_site *site)
{
    PyObject *innermost = PyTuple_GET_ITEM(tc_field(site->desc, 1), 0);
    return tc_frame_count(site->desc) > 1 && tc_field(innermost, 7) != Py_True
           && (ts->eval_breaker & (_PY_SIGNALS_PENDING_BIT | _PY_CALLS_TO_DO_BIT));
}

int
tc_poll(tc_thread *th, _PyInterpreterFrame *frame, tc_site *site)
{
    PyThreadState *ts = th->ts;
    if (would_be_seen(ts, site)) {
        return 1;
    }
    if (_Py_HandlePending(ts) < 0) {
        return -1;
    }
    if (site->version->work < 0) {
        tc_note_outgrown(site->version);
    }
    return frame->stacktop == TC_LEFT || tc_others_active(ts);
}

/* -- for the graph interpreter -- */

static int
check_values(PyObject *values)
{
    if (!PyTuple_Check(values)) {
        PyErr_SetString(PyExc_TypeError, "resume: the values must be a tuple");
        return -1;
    }
    return 0;
}

PyObject *
tc_py_resume(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"frames", "values", "exception", "result", NULL};
    PyObject *frames, *values, *exception = Py_None, *result = &tc_null_marker;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!O|OO:resume", names, &PyTuple_Type, &frames, &values, &exception,
                                     &result) || check_values(values) < 0)
    {
        return NULL;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(values);
    int64_t raw[count + 1];
    char kinds[count + 1];
    PyObject *objects[count + 1];
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *value = PyTuple_GET_ITEM(values, i);
        raw[i] = (int64_t)(uintptr_t)(value == &tc_null_marker ? NULL : value);
        kinds[i] = 'o';
    }
    kinds[count] = '\0';
    PyObject *desc = Py_BuildValue("(y#Os)", kinds, count, frames, "resume");
    if (desc == NULL) {
        return NULL;
    }
    tc_state_frame state_frames[tc_frame_count(desc)];
    tc_state state = {.th = tc_thread_get(), .raw = raw, .objects = objects, .frames = state_frames};
    state.exception = exception == Py_None ? NULL : Py_NewRef(exception);
    state.result = result == &tc_null_marker ? NULL : Py_NewRef(result);
    tc_read_state(&state, desc);
    build(&state, FRESH);
    tc_result outcome = tc_continue(&state);
    Py_DECREF(desc);
    return outcome.kind == TC_BOXED ? tc_raw_object(outcome.payload) : NULL;
}
