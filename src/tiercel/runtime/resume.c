/* Generators and coroutines whose bodies are compiled: whoever takes them on through the type's slots, or by their method
   `send`, has the body run natively, from where it is suspended to its next yield, in the generator's own frame.

   What a generator waits for by `yield from`, or a coroutine by `await`, is taken on first; it goes on itself only when
   that has ended.

   What a body cannot do natively the interpreter does in that same frame, which then is as it left it.  A version is
   entered at one point only: the instruction behind a yield, or the first one. */

#include "exits.h"
#include "helpers.h"

/* What the `enter` form of such a version returns. */
enum { MISMATCH, LEFT, FAILED, YIELDED, RETURNED, DELEGATED, STARTS };

/* Beside PySendResult: the interpreter must do it; a generator has come to wait for the one on top of its stack, which has
   not begun. */
enum { NOT_TAKEN = -2, STARTING = -3 };

enum { MOST_IN_CHAIN = 48 };

static iternextfunc original_iternext;
static sendfunc original_send;       /* generators and coroutines have it in common */

static PySendResult hooked_send(PyObject *gen, PyObject *value, PyObject **result);

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

/* What is known of generators that wait for each other by `yield from`, outermost first, before anything can see that
   they run: none of their frames is linked, and each is as it was when it was suspended.  The last is the one to run. */
typedef struct tc_chain {
    tc_thread *th;
    int count;                       /* 0: they are linked by now */
    int waiting;                     /* linked frames of generators that wait for another one */
    int known;                       /* how many there were when it was last taken on; they may be gone */
    tc_version *version;             /* that runs */
    PyGenObject *generators[MOST_IN_CHAIN];
    int tops[MOST_IN_CHAIN];         /* of the stacks of those that wait: there is what they wait for */
} tc_chain;

/* Links those that wait, all of them from here on. */
static void
link_waiting(tc_chain *chain, int count)
{
    for (int i = 0; i < count; i++) {
        frame_of(chain->generators[i])->instr_ptr -= TC_SEND_TO_RESUME;
        link_frame(chain->th->ts, chain->generators[i]);
    }
    chain->waiting += count;
    chain->count = 0;
}

void
tc_link_chain(int64_t *extra)
{
    tc_loop *loop = tc_loop_of(extra);
    tc_chain *chain = loop->chain;
    if (chain == NULL) {
        return;
    }
    loop->chain = NULL;
    int waiting = chain->count - 1;
    link_waiting(chain, waiting);
    link_frame(chain->th->ts, chain->generators[waiting]);
    chain->version->leaving++;
    tc_loop_begin(loop);
}

static void
suspend(PyThreadState *ts, PyGenObject *gen, int8_t state, int is_linked)
{
    gen->gi_frame_state = state;
    if (is_linked) {
        unlink_frame(ts, gen, state);
    }
}

/* Runs a version: as `resume`.  Its frame is linked, or `chain` is what it is the last of. */
static int
run(tc_thread *th, tc_version *version, PyGenObject *gen, tc_chain *chain, PyObject **result)
{
    _PyInterpreterFrame *frame = frame_of(gen);
    int64_t room[TC_LOOP_WORDS + version->extra_words];
    tc_loop *loop = tc_loop_make(th, room, version, frame);
    loop->resumed = 1;
    loop->chain = chain;
    if (chain != NULL) {
        chain->version = version;
    }
    else {
        version->leaving++;
        tc_loop_begin(loop);
    }
    int8_t before = gen->gi_frame_state;
    gen->gi_frame_state = FRAME_EXECUTING;
    int64_t outcome = version->enter(th, frame, loop->extra);
    int is_linked = loop->chain == NULL;
    if (is_linked) {
        version->leaving--;
        tc_loop_end(loop);
    }
    *result = (PyObject *)(uintptr_t)loop->extra[0];
    switch (outcome) {
    case MISMATCH:
        gen->gi_frame_state = before;
        return NOT_TAKEN;
    case YIELDED:
        suspend(th->ts, gen, FRAME_SUSPENDED, is_linked);
        return PYGEN_NEXT;
    case DELEGATED:
        suspend(th->ts, gen, FRAME_SUSPENDED_YIELD_FROM, is_linked);
        return PYGEN_NEXT;
    case STARTS:
        if (is_linked) {
            frame->instr_ptr -= TC_SEND_TO_RESUME;
            return STARTING;
        }
        gen->gi_frame_state = FRAME_SUSPENDED_YIELD_FROM;
        return STARTING;
    case RETURNED:
        if (is_linked) {
            tc_drop_frame(th->ts, frame);
        }
        return PYGEN_RETURN;
    case FAILED:
        *result = NULL;
        return PYGEN_ERROR;
    default:
        return interpret(th->ts, gen, 0, result);
    }
}

/* The same with whatever version is for the point `at`; the frame stays as it is where none is. */
static int
run_any(tc_thread *th, tc_code *record, PyGenObject *gen, int at, tc_chain *chain, PyObject **result)
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
            int status = run(th, version, gen, chain, result);
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

/* A generator that waits for no other one, while those that wait for it are linked: as `resume`. */
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
        int status = run_any(th, record, gen, at, NULL, result);
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

/* What a linked generator does that goes on where the one that it waited for has ended. */
static int
go_on_behind(tc_thread *th, PyGenObject *gen, PyObject **result)
{
    PyThreadState *ts = th->ts;
    int at = point_of(gen);
    tc_code *record = is_traced(ts) ? NULL : tc_code_make(_PyFrame_GetCode(frame_of(gen)));
    if (record == NULL) {
        PyErr_Clear();
        return interpret(ts, gen, 0, result);
    }
    int status = run_any(th, record, gen, at, NULL, result);
    if (status == NOT_TAKEN) {
        int counted = count(gen, record, at);
        status = counted > 0 ? run_any(th, record, gen, at, NULL, result) : NOT_TAKEN;
        return status == NOT_TAKEN ? interpret(ts, gen, counted < 0, result) : status;
    }
    return status;
}

/* The generator that another one waited for has come to something: what becomes of that one, which is linked.  It may be
   that it has come to wait for another one. */
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
    return go_on_behind(th, gen, result);
}

/* A linked generator has come to something: it is waited for where that is to wait for one that has not begun. */
static int
settle(tc_thread *th, PyGenObject *gen, int status, PyObject **result)
{
    while (status == STARTING) {
        PyObject *receiver = _PyFrame_StackPeek(frame_of(gen));
        status = go_on(th, gen, hooked_send(receiver, Py_None, result), result);
    }
    return status;
}

/* -- while nothing is linked -- */

/* The last of a chain, whose version has run to its end, ends.  What that runs sees those linked that wait for it. */
static void
end_last(tc_chain *chain)
{
    PyThreadState *ts = chain->th->ts;
    PyGenObject *gen = chain->generators[chain->count - 1];
    _PyInterpreterFrame *frame = frame_of(gen);
    if (frame->frame_obj != NULL || Py_REFCNT(frame->f_funcobj) == 1) {
        link_waiting(chain, chain->count - 1);
        link_frame(ts, gen);
        tc_drop_frame(ts, frame);
        return;
    }
    int top = frame->stacktop;
    gen->gi_frame_state = FRAME_CLEARED;
    frame->stacktop = 0;
    for (int i = 0; i < top; i++) {
        PyObject *object = frame->localsplus[i];
        if (object == NULL || _Py_IsImmortal(object) || --object->ob_refcnt > 0) {
            continue;
        }
        if (chain->count > 0 && !tc_ends_quietly(object)) {
            link_waiting(chain, chain->count - 1);
        }
        _Py_Dealloc(object);
    }
    Py_CLEAR(frame->f_funcobj);
}

/* The generator before the last goes on with what that one has returned. */
static void
take_result(tc_chain *chain, PyObject *result)
{
    chain->count--;
    _PyInterpreterFrame *frame = frame_of(chain->generators[chain->count - 1]);
    frame->instr_ptr = tc_end_of_send(frame->instr_ptr - TC_SEND_TO_RESUME);
    _PyFrame_StackPush(frame, result);
}

/* Whether the limit of recursion allows for as many. */
static int
can_run(tc_chain *chain)
{
    return chain->th->ts->py_recursion_remaining >= chain->count;
}

/* One that the last one waits for; where there is no room, that and those before are linked. */
static void
append(tc_chain *chain, PyGenObject *gen)
{
    if (chain->count == MOST_IN_CHAIN || chain->th->ts->py_recursion_remaining <= chain->count) {
        link_waiting(chain, chain->count);
    }
    else if (chain->count > 0) {
        chain->tops[chain->count - 1] = frame_of(chain->generators[chain->count - 1])->stacktop;
    }
    chain->generators[chain->count++] = gen;
}

/* No version runs what is next of the last one: as `resume`, with those linked that wait for it.  `goes_on`: what it waited
   for has ended, and its result is on its stack. */
static int
take_on_otherwise(tc_chain *chain, int goes_on, PyObject **result)
{
    tc_thread *th = chain->th;
    PyGenObject *last = chain->generators[chain->count - 1];
    link_waiting(chain, chain->count - 1);
    if (goes_on) {
        link_frame(th->ts, last);
        return settle(th, last, go_on_behind(th, last, result), result);
    }
    int status = settle(th, last, resume_one(th, last, result), result);
    if (status == NOT_TAKEN && chain->waiting > 0) {
        status = original_send((PyObject *)last, Py_None, result);
    }
    return status;
}

/* Takes the last one on, and those that wait for it once it has ended, for as long as none of their frames need be linked;
   what it comes to then is that of the last one that was linked. */
static int
take_on(tc_chain *chain, PyObject **result)
{
    int goes_on = 0;
    for (;;) {
        PyGenObject *last = chain->generators[chain->count - 1];
        tc_code *record = tc_code_get(_PyFrame_GetCode(frame_of(last)));
        int status = record == NULL || !can_run(chain)
                         ? NOT_TAKEN
                         : run_any(chain->th, record, last, point_of(last), chain, result);
        if (status == NOT_TAKEN) {
            return take_on_otherwise(chain, goes_on, result);
        }
        if (chain->count == 0) {                 /* they were linked meanwhile */
            return settle(chain->th, last, status, result);
        }
        if (status == PYGEN_NEXT) {
            return status;
        }
        goes_on = status == PYGEN_RETURN;
        if (goes_on) {
            end_last(chain);
            if (chain->count <= 1) {
                return status;
            }
            take_result(chain, *result);
        }
        else {
            append(chain, (PyGenObject *)_PyFrame_StackPeek(frame_of(last)));
        }
    }
}

/* Whether a generator, the top of whose stack was there when it waited for a certain other one, still does. */
static inline int
still_waits(PyGenObject *gen, int top, PyGenObject *other)
{
    _PyInterpreterFrame *frame = frame_of(gen);
    return gen->gi_frame_state == FRAME_SUSPENDED_YIELD_FROM && frame->stacktop == top
           && frame->localsplus[top - 1] == (PyObject *)other && has_body((PyObject *)other) && is_suspended(other);
}

/* The generators that wait for each other from this one on.  Mostly they are those of the last time, which is faster to
   look whether they are than to find them: no step waits for the one before. */
static void
find_chain(tc_chain *chain, PyGenObject *gen)
{
    PyGenObject **generators = chain->generators, *next = gen;
    int known = chain->known, same = 1;
    chain->count = chain->waiting = 0;
    if (known > 1 && generators[0] == gen && chain->th->ts->py_recursion_remaining >= known) {
        while (same < known && still_waits(generators[same - 1], chain->tops[same - 1], generators[same])) {
            same++;
        }
        chain->count = same - 1;
        next = generators[same - 1];
    }
    do {
        append(chain, next);
        next = can_run(chain) ? delegate_of(next) : NULL;
    } while (next != NULL);
}

/* Takes a generator on to its next yield, if that can be done here: NOT_TAKEN, or what PyIter_Send says and gives.  Of
   generators that wait for each other only the innermost has anything to run; the others are linked where anything could
   see them. */
static int
resume(PyGenObject *gen, PyObject **result)
{
    if (!is_suspended(gen)) {
        return NOT_TAKEN;
    }
    PyThreadState *ts = PyThreadState_GetUnchecked();
    tc_thread *th = ts->interp == _PyInterpreterState_Main() ? tc_entry_thread_of(ts) : NULL;
    if (th == NULL) {
        return NOT_TAKEN;
    }
    static tc_chain last;
    static int last_is_taken;
    tc_chain own, *chain = &own;
    own.known = 0;
    if (!last_is_taken) {
        last_is_taken = 1;
        chain = &last;
    }
    chain->th = th;
    find_chain(chain, gen);
    int status = take_on(chain, result);
    chain->known = chain->count;
    while (chain->waiting > 0) {
        PyGenObject *waiting = _PyFrame_GetGenerator(th->ts->current_frame);
        chain->waiting--;
        status = settle(th, waiting, go_on(th, waiting, status, result), result);
    }
    if (chain == &last) {
        last_is_taken = 0;
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
tc_is_unstarted(PyObject *object)
{
    return has_body(object) && ((PyGenObject *)object)->gi_frame_state == FRAME_CREATED;
}

int
tc_is_awaitable(PyObject *object)
{
    if (PyCoro_CheckExact(object)) {
        return ((PyGenObject *)object)->gi_frame_state != FRAME_SUSPENDED_YIELD_FROM;
    }
    PyAsyncMethods *methods = Py_TYPE(object)->tp_as_async;
    return (methods != NULL && methods->am_await != NULL)
           || (PyGen_CheckExact(object) && _PyFrame_GetCode(frame_of((PyGenObject *)object))->co_flags & CO_ITERABLE_COROUTINE);
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
    tc_free_kept_generators();
    PyGen_Type.tp_iternext = original_iternext;
    PyGen_Type.tp_as_async->am_send = PyCoro_Type.tp_as_async->am_send = original_send;
    method_send(&PyGen_Type)->ml_meth = method_send(&PyCoro_Type)->ml_meth = original_method_send;
}
