/* Calling the control's hooks: one at a time, on a worker, while the thread that calls waits. */

#include "tiercel.h"

#include <time.h>

enum { FIRST_MISSES = 4 };       /* the control hears of that many, and then of each doubling */
enum { WORK_BEFORE_ASKING_AGAIN = 1000000 };     /* where a hook could not be called */

static struct {
    PyObject *hooks;             /* NULL: off */
    int running;                 /* a hook is running, on whatever thread */
    int forks;                   /* threads that are about to fork: no hook begins */
    int ready;                   /* the control has imported what it needs */
} state;

int
tc_control_is_on(void)
{
    return state.hooks != NULL;
}

int
tc_forking(void)
{
    return state.forks > 0;
}

/* -- calling hooks -- */

typedef struct {
    PyObject *hooks;
    const char *name;
    PyObject *args;
    int result;
    PyObject *exception;
} tc_hook_call;

static void
run_hook(void *data)
{
    tc_hook_call *call = data;
    PyObject *method = PyObject_GetAttrString(call->hooks, call->name);
    PyObject *result = method ? PyObject_Call(method, call->args, NULL) : NULL;
    if (result != NULL) {
        call->result = result == Py_False ? 0 : result == Py_None ? TC_LATER : 1;
    }
    else {
        PyObject *exc = PyErr_GetRaisedException();
        PyObject *ignored = PyObject_CallMethod(call->hooks, "failed", "O", exc);
        call->result = -1;
        if (ignored == NULL) {
            call->exception = PyErr_GetRaisedException();
            call->result = -2;
        }
        Py_XDECREF(ignored);
        Py_DECREF(exc);
    }
    Py_XDECREF(result);
    Py_XDECREF(method);
}

/* Whether this thread is in the midst of importing a module: a worker that imports the same one would wait for us. */
static int
is_importing(void)
{
    int found = 0;
    PyObject *bootstrap = PyImport_ImportModule("_frozen_importlib");
    PyObject *locks = bootstrap ? PyObject_GetAttrString(bootstrap, "_module_locks") : NULL;
    PyObject *refs = locks && PyDict_CheckExact(locks) ? PyDict_Values(locks) : NULL;
    unsigned long me = PyThread_get_thread_ident();
    for (Py_ssize_t i = 0; refs != NULL && !found && i < PyList_GET_SIZE(refs); i++) {
        PyObject *lock = NULL;
        if (PyWeakref_Check(PyList_GET_ITEM(refs, i)) && PyWeakref_GetRef(PyList_GET_ITEM(refs, i), &lock) > 0) {
            PyObject *owner = PyObject_GetAttrString(lock, "owner");
            found = owner != NULL && PyLong_Check(owner) && PyLong_AsUnsignedLong(owner) == me;
            Py_XDECREF(owner);
            Py_DECREF(lock);
        }
    }
    Py_XDECREF(refs);
    Py_XDECREF(locks);
    Py_XDECREF(bootstrap);
    PyErr_Clear();
    return found;
}

static int
is_ready(void)
{
    if (!state.ready) {
        PyObject *ready = NULL;
        if (PyObject_GetOptionalAttrString(state.hooks, "ready", &ready) < 0) {
            PyErr_Clear();
        }
        state.ready = ready == NULL || ready == Py_True;
        Py_XDECREF(ready);
    }
    return state.ready || !is_importing();
}

static void
resume_threads(void)
{
    tc_waiting_resume();
    tc_background_resume();
}

int
tc_call_hook(const char *name, PyObject *args)
{
    if (state.hooks == NULL || state.running || state.forks || tc_on_worker() || Py_IsFinalizing() || !is_ready()) {
        return -1;
    }
    PyObject *exc = PyErr_GetRaisedException();
    /* Another thread may stop meanwhile. */
    tc_hook_call call = {Py_NewRef(state.hooks), name, args, -1, NULL};
    state.running = 1;
    (void)tc_on_thread(run_hook, &call);     /* no thread to be had: -1, as if it could not be called now */
    state.running = 0;
    Py_DECREF(call.hooks);
    PyErr_SetRaisedException(call.exception ? call.exception : exc);
    if (call.exception != NULL) {
        Py_XDECREF(exc);
    }
    resume_threads();
    return call.result;
}

/* Where nobody can be given an exception that the control wants raised. */
static int
call_hook_unraisable(const char *name, PyObject *args)
{
    int result = args ? tc_call_hook(name, args) : -2;
    if (result == -2) {
        PyErr_WriteUnraisable(state.hooks);
    }
    Py_XDECREF(args);
    return result;
}

void
tc_note_noisy(tc_version *version, Py_ssize_t site)
{
    PyObject *exc = PyErr_GetRaisedException();
    (void)call_hook_unraisable("noisy", Py_BuildValue("(On)", version, site));
    PyErr_SetRaisedException(exc);
}

/* The control retires the version if it is to be replaced, which is to happen at the next call or round; if not, it
   said how much more work the version is to do. */
void
tc_note_outgrown(tc_version *version)
{
    PyObject *exc = PyErr_GetRaisedException();
    Py_INCREF(version);
    version->work = INT64_MAX;
    if (call_hook_unraisable("outgrown", Py_BuildValue("(O)", version)) == -1) {
        version->work = WORK_BEFORE_ASKING_AGAIN;
    }
    if (!version->valid) {
        tc_ask_at_once(version->code, version->loop_at);
    }
    Py_DECREF(version);
    PyErr_SetRaisedException(exc);
}

void
tc_note_detours(tc_version *version)
{
    PyObject *exc = PyErr_GetRaisedException();
    Py_INCREF(version);
    (void)call_hook_unraisable("detoured", Py_BuildValue("(O)", version));
    Py_DECREF(version);
    PyErr_SetRaisedException(exc);
}

void
tc_note_miss(PyObject *func, PyObject *const *slots, Py_ssize_t count)
{
    PyCodeObject *code = (PyCodeObject *)((PyFunctionObject *)func)->func_code;
    tc_code *record = tc_code_get(code);
    if (record == NULL || record->functions == NULL || record->misses_refused) {
        return;
    }
    uint64_t misses = ++record->functions->misses;
    if (misses < FIRST_MISSES || (misses & (misses - 1)) != 0) {
        return;
    }
    PyObject *args = PyTuple_New(count);
    for (Py_ssize_t i = 0; args != NULL && i < count; i++) {
        PyTuple_SET_ITEM(args, i, Py_NewRef(slots[i] ? slots[i] : &tc_null_marker));
    }
    PyObject *pair = args ? Py_BuildValue("(ON)", func, args) : NULL;
    int result = call_hook_unraisable("missed", pair);
    record = tc_code_get(code);
    if (result == 0 && record != NULL) {
        record->misses_refused = 1;
    }
}

/* -- on and off, and forks -- */

/* In the child of a fork there is no worker any more. */
void
tc_control_after_fork(void)
{
    state.running = 0;
    state.forks = 0;
    tc_waiting_after_fork();
    tc_background_after_fork();
}

static void
wait_for_hook(void)
{
    while (state.running && !tc_on_worker()) {
        struct timespec moment = {0, 1000000};
        Py_BEGIN_ALLOW_THREADS
        nanosleep(&moment, NULL);
        Py_END_ALLOW_THREADS
    }
}

/* A child must not inherit locks that the compiler holds, its own or LLVM's: nobody would ever release them there. */
PyObject *
tc_py_before_fork(PyObject *module, PyObject *unused)
{
    state.forks++;
    wait_for_hook();
    tc_waiting_pause();
    tc_background_pause();
    Py_RETURN_NONE;
}

/* In the parent.  The interpreter warns of threads that it finds there: ours go on after the next hook. */
PyObject *
tc_py_after_fork(PyObject *module, PyObject *unused)
{
    state.forks -= state.forks > 0;
    Py_RETURN_NONE;
}

PyObject *
tc_py_after_fork_in_child(PyObject *module, PyObject *unused)
{
    state.forks = 0;
    resume_threads();
    Py_RETURN_NONE;
}

void
tc_control_begin(PyObject *hooks)
{
    state.ready = 0;
    state.hooks = Py_NewRef(hooks);
}

void
tc_control_end(void)
{
    Py_CLEAR(state.hooks);
    wait_for_hook();             /* it would install what nobody watches any more */
}
