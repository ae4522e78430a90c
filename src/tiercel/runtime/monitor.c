/* Finding hot code: PY_START and JUMP events of sys.monitoring, counted per code object; what is hot
   is the control's to decide.  A location whose fate is decided answers DISABLE, now and whenever events are restarted. */

#include "tiercel.h"
#include "exits.h"

enum {
    WATCHED_ROUNDS = 1 << 18,        /* so long a loop waits for its frame to be let go, which costs time */
    SAMPLED_CALL = 7,                /* of so many calls one is looked at; no number in which programs repeat themselves */
};

static struct {
    PyObject *disable;
    int paused;                  /* other tools are on: our events are off */
    int at_exit;                 /* `stop` is registered with atexit */
} state;

/* -- the events -- */

static PyObject *
slot_object(PyObject *object)
{
    return Py_NewRef(object ? object : &tc_null_marker);
}

/* The arguments of a function that has just started, in the order of co_varnames. */
static PyObject *
arguments(_PyInterpreterFrame *frame, PyCodeObject *code)
{
    int count = code->co_argcount + code->co_kwonlyargcount + !!(code->co_flags & CO_VARARGS)
                + !!(code->co_flags & CO_VARKEYWORDS);
    PyObject *args = PyTuple_New(count);
    for (int i = 0; args != NULL && i < count; i++) {
        PyObject *value = frame->localsplus[i];
        if (value != NULL && PyCell_Check(value)
            && (_PyLocals_GetKind(code->co_localspluskinds, i) & CO_FAST_CELL)) {
            value = PyCell_GET(value);
        }
        PyTuple_SET_ITEM(args, i, slot_object(value));
    }
    return args;
}

static int
is_generator(PyCodeObject *code)
{
    return (code->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) != 0;
}

/* After the wait it counts anew, so that what runs most asks first.  Machine code that is underway ends the wait. */
static void
wait_for_code(tc_code *record, struct tc_counter *counter)
{
    tc_count_anew(counter, 0);
    if (!record->underway) {
        tc_waiting_add(record);
    }
}

/* The interpreter begins to run a coroutine, as it does within its own `await`.  Whoever awaits it from native code, or takes
   it on by a slot, will find a version. */
static PyObject *
on_coroutine_start(PyCodeObject *code, _PyInterpreterFrame *frame)
{
    int at = code->_co_firsttraceable - 1;
    tc_code *record = tc_code_make(code);
    struct tc_counter *counter = record ? tc_counter_of(record, at) : NULL;
    if (counter == NULL) {
        PyErr_Clear();
        Py_RETURN_NONE;
    }
    if (counter->decided || !PyFunction_Check(frame->f_funcobj) || tc_loop_version(code, at, frame) != NULL) {
        return Py_NewRef(state.disable);
    }
    if (tc_others_active(PyThreadState_GetUnchecked()) || tc_is_watched(frame)) {
        Py_RETURN_NONE;
    }
    switch (tc_count_round(code, at, frame, 1)) {
    case TC_ROUND_COUNTED:
        Py_RETURN_NONE;
    case TC_ROUND_FAILED:
        return NULL;
    default:
        return Py_NewRef(state.disable);
    }
}

/* A code object starts to run in the interpreter. */
static PyObject *
on_start(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyThreadState *ts = PyThreadState_Get();
    _PyInterpreterFrame *frame = ts->current_frame;
    if (!tc_control_is_on() || nargs != 2 || frame == NULL || frame->f_executable != args[0]
        || !PyCode_Check(args[0])) {
        Py_RETURN_NONE;
    }
    PyCodeObject *code = (PyCodeObject *)args[0];
    if (code->co_flags & CO_COROUTINE) {
        return on_coroutine_start(code, frame);
    }
    tc_code *record = tc_code_make(code);
    if (record == NULL) {
        PyErr_Clear();
        Py_RETURN_NONE;
    }
    struct tc_counter *calls = &record->calls;
    if (!calls->decided && record->functions == NULL && calls->count + 1 < calls->limit) {
        if (calls->count % SAMPLED_CALL == 0) {
            tc_samples_take(record, frame);
        }
        int rests = tc_count(record, calls, 1) == TC_RESTS;         /* most calls that come here */
        return Py_NewRef(rests ? state.disable : Py_None);
    }
    /* Where the C stack is low, what was detached for that must not be attached again. */
    if (tc_others_active(ts) || tc_stack_is_low(tc_thread_get())) {
        Py_RETURN_NONE;
    }
    PyFunctionObject *func = (PyFunctionObject *)frame->f_funcobj;
    if (is_generator(code) || !PyFunction_Check(func)) {
        calls->decided = 1;
    }
    if (record->functions != NULL && PyFunction_Check(func) && func->vectorcall == tc_interpreter_entry) {
        tc_wake(record);
        tc_attach_new(func);     /* made before the code was compiled, or its version rested */
        if (func->vectorcall != tc_interpreter_entry) {
            Py_RETURN_NONE;
        }
    }
    if (calls->decided || record->waiting || record->underway) {
        return Py_NewRef(state.disable);
    }
    if (calls->limit == 0) {
        calls->limit = tc_threshold;
    }
    enum tc_counting counting = tc_count(record, calls, record->functions == NULL);
    if (counting != TC_ASKS) {
        return Py_NewRef(counting == TC_RESTS ? state.disable : Py_None);
    }
    if (record->functions == NULL && tc_waiting_is_on()) {
        wait_for_code(record, calls);
        return Py_NewRef(state.disable);
    }
    tc_sweep();
    Py_INCREF(func);
    PyObject *values = arguments(frame, code);
    PyObject *pair = values ? Py_BuildValue("(ON)", func, values) : NULL;
    uint32_t asked_at = calls->limit;
    int result = pair ? tc_call_hook("hot_call", pair) : -1;
    Py_XDECREF(pair);
    Py_DECREF(func);
    if (result == -1) {
        PyErr_Clear();
        Py_RETURN_NONE;          /* at the next call */
    }
    if (result == TC_LATER && record->functions == NULL) {
        wait_for_code(record, calls);
        return Py_NewRef(state.disable);
    }
    tc_count_anew(calls, asked_at);
    record->calls_refused |= result == 0;
    calls->decided = result != 1 || record->functions != NULL;
    if (calls->decided) {
        tc_samples_free(record);
    }
    if (result == -2) {
        return NULL;
    }
    return Py_NewRef(record->calls_refused ? state.disable : Py_None);
}

/* Enters a version that fits the frame: as tc_run_loop. */
static int
enter_loop(PyCodeObject *code, int at, _PyInterpreterFrame *frame)
{
    tc_version *version = tc_loop_version(code, at, frame);
    while (version != NULL) {
        tc_version *next = version->next;
        if (version->loop_at == at && tc_is_of_namespaces(version, frame) && !version->suspended) {
            int result = tc_run_loop(version, frame);
            if (result != 0) {
                return result;
            }
        }
        version = next;
    }
    return 0;
}

static PyObject *
slots_tuple(PyObject **slots, int count)
{
    PyObject *tuple = PyTuple_New(count);
    for (int i = 0; tuple != NULL && i < count; i++) {
        PyTuple_SET_ITEM(tuple, i, slot_object(slots[i]));
    }
    return tuple;
}

static int
ask_loop(PyCodeObject *code, int at, _PyInterpreterFrame *frame)
{
    int bottom = code->co_nlocalsplus;
    PyObject *locals = slots_tuple(frame->localsplus, bottom);
    PyObject *stack = slots_tuple(frame->localsplus + bottom, frame->stacktop - bottom);
    PyObject *args = locals && stack ? Py_BuildValue("(OiOO)", frame->f_funcobj, at, locals, stack) : NULL;
    int result = args ? tc_call_hook("hot_loop", args) : -1;
    if (args == NULL) {
        PyErr_Clear();
    }
    Py_XDECREF(args);
    Py_XDECREF(stack);
    Py_XDECREF(locals);
    return result;
}

void
tc_ask_at_once(PyCodeObject *code, int at)
{
    tc_code *record = code ? tc_code_get(code) : NULL;
    struct tc_counter *counter = record && at >= 0 ? tc_counter_of(record, at) : NULL;
    if (record != NULL && at < 0) {
        tc_count_anew(&record->calls, 0);
        record->calls.limit = 1;
        record->calls.decided = record->calls_refused;
    }
    if (counter != NULL) {
        tc_count_anew(counter, 0);
        counter->limit = 1;
        counter->decided = 0;
    }
    if (record != NULL && tc_control_is_on()) {
        tc_instrument_again(code);
    }
}

int
tc_count_round(PyCodeObject *code, int at, _PyInterpreterFrame *frame, int may_rest)
{
    tc_code *record = tc_code_get(code);
    struct tc_counter *counter = tc_counter_of(record, at);
    int unseen = tc_loop_version(code, at, frame) == NULL;
    if ((record->waiting || record->underway) && unseen) {
        return TC_ROUND_DECIDED;
    }
    enum tc_counting counting = tc_count(record, counter, unseen && may_rest);
    if (counting != TC_ASKS) {
        return counting == TC_RESTS ? TC_ROUND_DECIDED : TC_ROUND_COUNTED;
    }
    if (unseen && tc_waiting_is_on()) {
        wait_for_code(record, counter);
        return TC_ROUND_DECIDED;
    }
    tc_sweep();
    uint32_t asked_at = counter->limit;
    int result = ask_loop(code, at, frame);
    record = tc_code_get(code);
    counter = record ? tc_counter_of(record, at) : NULL;
    if (result == -1 || counter == NULL) {
        return TC_ROUND_COUNTED;         /* at the next round */
    }
    if (result == TC_LATER && unseen) {
        wait_for_code(record, counter);
        return TC_ROUND_DECIDED;
    }
    tc_count_anew(counter, asked_at);
    if (result == TC_LATER) {
        return TC_ROUND_COUNTED;
    }
    if (result != 1) {
        counter->decided = 1;
        return result == 0 ? TC_ROUND_DECIDED : TC_ROUND_FAILED;
    }
    return TC_ROUND_ENTER;
}

/* The interpreter jumps. */
static PyObject *
on_jump(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyThreadState *ts = PyThreadState_Get();
    _PyInterpreterFrame *frame = ts->current_frame;
    if (!tc_control_is_on() || nargs != 3 || frame == NULL || frame->f_executable != args[0]
        || !PyCode_Check(args[0]) || tc_others_active(ts)) {
        Py_RETURN_NONE;
    }
    PyCodeObject *code = (PyCodeObject *)args[0];
    long from = PyLong_AsLong(args[1]), to = PyLong_AsLong(args[2]);
    int at = (int)(to / (long)sizeof(_Py_CODEUNIT));
    if (to > from) {
        return Py_NewRef(state.disable);
    }
    tc_code *record = tc_code_make(code);
    struct tc_counter *counter = record ? tc_counter_of(record, at) : NULL;
    if (counter == NULL) {
        PyErr_Clear();
        Py_RETURN_NONE;
    }
    if (counter->decided || !PyFunction_Check(frame->f_funcobj)) {
        counter->decided = 1;
        return Py_NewRef(state.disable);
    }
    if (tc_is_watched(frame)) {
        return Py_NewRef(++counter->watched < WATCHED_ROUNDS ? Py_None : state.disable);
    }
    if (record->loops != NULL) {
        int entered = enter_loop(code, at, frame);
        if (entered != 0) {
            return entered < 0 ? NULL : Py_NewRef(Py_None);
        }
    }
    switch (tc_count_round(code, at, frame, 1)) {
    case TC_ROUND_COUNTED:
        Py_RETURN_NONE;
    case TC_ROUND_DECIDED:
        return Py_NewRef(state.disable);
    case TC_ROUND_FAILED:
        return NULL;
    default:
        return enter_loop(code, at, frame) < 0 ? NULL : Py_NewRef(Py_None);
    }
}

/* What was disabled in the code object is on again, also for frames that run it: these would not look at their
   instrumentation before their next call.  Setting local events, there and back, instruments at once. */
void
tc_instrument_again(PyCodeObject *code)
{
    PyObject *exc = PyErr_GetRaisedException();
    tc_reinstrument(code, PY_MONITORING_OPTIMIZER_ID);
    PyObject *monitoring = PySys_GetObject("monitoring");
    int events = 1 << PY_MONITORING_EVENT_PY_START | 1 << PY_MONITORING_EVENT_JUMP;
    for (int set = 1; monitoring != NULL && set >= 0; set--) {
        PyObject *result = PyObject_CallMethod(monitoring, "set_local_events", "iOi", PY_MONITORING_OPTIMIZER_ID, code,
                                               set ? events : 0);
        Py_XDECREF(result);
    }
    PyErr_SetRaisedException(exc);
}

void
tc_rearm(PyCodeObject *code)
{
    tc_code *record = tc_code_get(code);
    if (record == NULL || !tc_control_is_on()) {
        return;
    }
    tc_waiting_remove(record);
    tc_count_anew(&record->calls, 0);
    record->calls.decided = record->calls_refused;
    for (int i = 0; i < record->loop_count; i++) {
        tc_count_anew(&record->counters[i], 0);
    }
    tc_instrument_again(code);
}

/* underway(code, whether): machine code is being made of it, or no more.  Then its events count again. */
PyObject *
tc_py_underway(PyObject *module, PyObject *args)
{
    PyCodeObject *code;
    int whether;
    if (!PyArg_ParseTuple(args, "O!p:underway", &PyCode_Type, &code, &whether)) {
        return NULL;
    }
    tc_code *record = tc_code_make(code);
    if (record == NULL) {
        return NULL;
    }
    record->underway = (char)whether;
    if (!whether && tc_control_is_on()) {
        tc_instrument_again(code);
    }
    Py_RETURN_NONE;
}

/* -- on and off -- */

static PyMethodDef on_start_def = {"on_start", (PyCFunction)(void (*)(void))on_start, METH_FASTCALL, NULL};
static PyMethodDef on_jump_def = {"on_jump", (PyCFunction)(void (*)(void))on_jump, METH_FASTCALL, NULL};

static int
set_callback(PyObject *monitoring, int event, PyMethodDef *def)
{
    PyObject *callback = def ? PyCFunction_New(def, NULL) : Py_NewRef(Py_None);
    PyObject *old = callback ? PyObject_CallMethod(monitoring, "register_callback", "iiO", PY_MONITORING_OPTIMIZER_ID,
                                                   1 << event, callback) : NULL;
    Py_XDECREF(callback);
    Py_XDECREF(old);
    return old ? 0 : -1;
}

static int
call_monitoring(PyObject *monitoring, const char *name, int events)
{
    PyObject *result = events < 0 ? PyObject_CallMethod(monitoring, name, "i", PY_MONITORING_OPTIMIZER_ID)
                                  : PyObject_CallMethod(monitoring, name, "ii", PY_MONITORING_OPTIMIZER_ID, events);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

enum { OUR_EVENTS = 1 << PY_MONITORING_EVENT_PY_START | 1 << PY_MONITORING_EVENT_JUMP };

static int
events_on(PyObject *monitoring)
{
    PyObject *result = PyObject_CallMethod(monitoring, "use_tool_id", "is", PY_MONITORING_OPTIMIZER_ID, "tiercel");
    if (result == NULL) {
        return -1;
    }
    Py_DECREF(result);
    state.paused = tc_other_tools();
    if (set_callback(monitoring, PY_MONITORING_EVENT_PY_START, &on_start_def) < 0
        || set_callback(monitoring, PY_MONITORING_EVENT_JUMP, &on_jump_def) < 0
        || call_monitoring(monitoring, "set_events", state.paused ? 0 : OUR_EVENTS) < 0) {
        return -1;
    }
    /* What an earlier start disabled counts again. */
    if (!state.paused) {
        result = PyObject_CallMethod(monitoring, "restart_events", NULL);
        Py_XDECREF(result);
        return result ? 0 : -1;
    }
    return 0;
}

static void
events_off(PyObject *monitoring)
{
    if (call_monitoring(monitoring, "set_events", 0) < 0
        || set_callback(monitoring, PY_MONITORING_EVENT_PY_START, NULL) < 0
        || set_callback(monitoring, PY_MONITORING_EVENT_JUMP, NULL) < 0
        || call_monitoring(monitoring, "free_tool_id", -1) < 0) {
        PyErr_Clear();
    }
}

static PyObject *
find_monitoring(void)
{
    PyObject *monitoring = PySys_GetObject("monitoring");
    if (monitoring == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "sys.monitoring is gone");
    }
    return Py_XNewRef(monitoring);
}

void
tc_monitor_pause(int pause)
{
    static int pausing;          /* to set events is watched as well */
    if (!tc_control_is_on() || state.paused == pause || pausing) {
        return;
    }
    pausing = 1;
    PyObject *exc = PyErr_GetRaisedException(), *monitoring = find_monitoring();
    state.paused = pause;
    if (monitoring != NULL) {
        (void)call_monitoring(monitoring, "set_events", pause ? 0 : OUR_EVENTS);
        Py_DECREF(monitoring);
    }
    PyErr_SetRaisedException(exc);
    pausing = 0;
}

static int
stop_at_exit(PyObject *module)
{
    if (state.at_exit) {
        return 0;
    }
    PyObject *stop = PyObject_GetAttrString(module, "stop");
    PyObject *atexit = stop ? PyImport_ImportModule("atexit") : NULL;
    PyObject *result = atexit ? PyObject_CallMethod(atexit, "register", "O", stop) : NULL;
    state.at_exit = result != NULL;
    Py_XDECREF(result);
    Py_XDECREF(atexit);
    Py_XDECREF(stop);
    return state.at_exit ? 0 : -1;
}

PyObject *
tc_py_start(PyObject *module, PyObject *args)
{
    PyObject *hooks;
    unsigned int threshold, loop_threshold;
    if (!PyArg_ParseTuple(args, "OII:start", &hooks, &threshold, &loop_threshold)) {
        return NULL;
    }
    if (tc_control_is_on()) {
        PyErr_SetString(PyExc_RuntimeError, "start: already started");
        return NULL;
    }
    PyObject *monitoring = find_monitoring();
    if (monitoring == NULL || stop_at_exit(module) < 0 || tc_watch_start() < 0
        || (state.disable == NULL && (state.disable = PyObject_GetAttrString(monitoring, "DISABLE")) == NULL)) {
        Py_XDECREF(monitoring);
        return NULL;
    }
    tc_next_generation();
    tc_threshold = threshold ? threshold : 1;
    tc_loop_threshold = loop_threshold ? loop_threshold : 1;
    int failed = events_on(monitoring);
    if (!failed && tc_hooks_install() < 0) {
        PyObject *exc = PyErr_GetRaisedException();
        events_off(monitoring);
        PyErr_SetRaisedException(exc);
        failed = 1;
    }
    Py_DECREF(monitoring);
    if (failed) {
        return NULL;
    }
    tc_tools_watch();
    tc_control_begin(hooks);
    Py_RETURN_NONE;
}

PyObject *
tc_py_stop(PyObject *module, PyObject *unused)
{
    if (tc_control_is_on()) {
        PyObject *monitoring = find_monitoring();
        if (monitoring != NULL) {
            events_off(monitoring);
            Py_DECREF(monitoring);
        }
        PyErr_Clear();
        tc_control_end();
    }
    tc_waiting_stop();
    tc_background_stop();
    tc_retire_all("Tiercel was stopped");
    tc_watch_stop();
    tc_tools_unwatch();
    tc_hooks_uninstall();
    tc_sweep();
    tc_worker_stop();
    Py_RETURN_NONE;
}
