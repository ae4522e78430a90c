/* Running the compiler on a thread of its own: away from the program's recursion depth, exception state, context,
   trace function, signals and the end of its stack.  The thread lives only while it works. */

#include "tiercel.h"

#include <pthread.h>
#include <signal.h>

enum { STACK_SIZE = 16 << 20 };

typedef struct {
    void (*function)(void *);
    void *argument;
    int begun;
} tc_job;

enum { RECURSION_LIMIT = 20000 };
/* New objects of the compiler's that are worth a collection: few, for what it compiled may hang on its garbage. */
enum { MANY = 100 };

static _Thread_local int on_worker;

int
tc_on_worker(void)
{
    return on_worker;
}

/* -- the collector -- */

/* While the compiler runs, the collector has only the compiler's objects: a collection would run the program's
   finalisers on a thread that it does not know, while its own one waits.  What the compiler keeps stays in lists of
   its own, so that the program's collections neither find nor count it. */
static struct {
    int active;
    int enabled;
    int counts[NUM_GENERATIONS];
    struct gc_generation_stats stats;
    PyGC_Head young, middle;             /* the program's */
    PyGC_Head fresh, recent, old;        /* the compiler's, between its runs: fresh ones were never looked at */
    Py_ssize_t fresh_count, recent_count, old_count;
} aside;

static PyObject *collect;                /* gc.collect: not to be imported while another thread may be importing */

static void
empty_list(PyGC_Head *list)
{
    list->_gc_next = list->_gc_prev = (uintptr_t)list;
}

static void
move_list(PyGC_Head *from, PyGC_Head *to)
{
    PyGC_Head *first = _PyGCHead_NEXT(from), *last = _PyGCHead_PREV(from);
    if (first != from) {
        PyGC_Head *tail = _PyGCHead_PREV(to);
        _PyGCHead_SET_NEXT(tail, first);
        _PyGCHead_SET_PREV(first, tail);
        _PyGCHead_SET_NEXT(last, to);
        _PyGCHead_SET_PREV(to, last);
        empty_list(from);
    }
}

static Py_ssize_t
list_length(PyGC_Head *list)
{
    Py_ssize_t length = 0;
    for (PyGC_Head *head = _PyGCHead_NEXT(list); head != list; head = _PyGCHead_NEXT(head)) {
        length++;
    }
    return length;
}

static void
put_collector_aside(struct _gc_runtime_state *gc)
{
    if (aside.active) {
        return;
    }
    if (aside.recent._gc_next == 0) {
        empty_list(&aside.fresh);
        empty_list(&aside.recent);
        empty_list(&aside.old);
    }
    aside.active = 1;
    aside.enabled = gc->enabled;
    aside.stats = gc->generation_stats[0];
    for (int i = 0; i < NUM_GENERATIONS; i++) {
        aside.counts[i] = gc->generations[i].count;
    }
    empty_list(&aside.young);
    empty_list(&aside.middle);
    move_list(&gc->generations[0].head, &aside.young);
    move_list(&gc->generations[1].head, &aside.middle);
    gc->enabled = 0;
    gc->generations[0].count = 0;
}

static void
restore_collector(struct _gc_runtime_state *gc)
{
    move_list(&gc->generations[0].head, &aside.recent);
    move_list(&gc->generations[1].head, &aside.recent);
    move_list(&aside.young, &gc->generations[0].head);
    move_list(&aside.middle, &gc->generations[1].head);
    for (int i = 0; i < NUM_GENERATIONS; i++) {
        gc->generations[i].count = aside.counts[i];
    }
    gc->generation_stats[0] = aside.stats;
    gc->enabled = aside.enabled;
    aside.active = 0;
}

/* Collects the compiler's garbage, unseen by callbacks and debugging flags, once it has made much: that, and when much
   of it remained, everything.  Within a collection of the program's there is none: the next time, then. */
static void
collect_own(struct _gc_runtime_state *gc)
{
    PyGC_Head *young = &gc->generations[0].head;
    aside.fresh_count += list_length(young);
    move_list(&aside.fresh, young);
    if (aside.fresh_count < MANY) {
        move_list(young, &aside.fresh);
        return;
    }
    int all = aside.recent_count + aside.fresh_count > aside.old_count / 2;
    if (all) {
        move_list(&aside.recent, young);
        move_list(&aside.old, young);
    }
    PyObject *callbacks = gc->callbacks;
    int debug = gc->debug;
    gc->callbacks = NULL;
    gc->debug = 0;
    PyObject *generation = PyLong_FromLong(0);
    PyObject *result = PyObject_CallOneArg(collect, generation);
    Py_XDECREF(result);
    Py_DECREF(generation);
    PyErr_Clear();
    gc->callbacks = callbacks;
    gc->debug = debug;
    PyGC_Head *survivors = &gc->generations[1].head;
    aside.recent_count = list_length(survivors) + (all ? 0 : aside.recent_count);
    move_list(survivors, &aside.recent);
    if (all) {
        aside.old_count = aside.recent_count;
        aside.recent_count = 0;
        move_list(&aside.recent, &aside.old);
    }
    aside.fresh_count = 0;
}

void
tc_worker_stop(void)
{
    struct _gc_runtime_state *gc = &PyInterpreterState_Main()->gc;
    if (!aside.active && aside.recent._gc_next != 0) {
        PyGC_Head *oldest = &gc->generations[NUM_GENERATIONS - 1].head;
        move_list(&aside.fresh, oldest);
        move_list(&aside.recent, oldest);
        move_list(&aside.old, oldest);
        aside.fresh_count = aside.recent_count = aside.old_count = 0;
    }
}

/* -- beginning -- */

static void
after_fork_in_child(void)
{
    if (aside.active) {
        restore_collector(&PyInterpreterState_Main()->gc);
    }
    tc_control_after_fork();
}

int
tc_worker_init(void)
{
    if (pthread_atfork(NULL, NULL, after_fork_in_child) != 0) {
        PyErr_NoMemory();
        return -1;
    }
    PyObject *module = PyImport_ImportModule("gc");
    Py_XSETREF(collect, module ? PyObject_GetAttrString(module, "collect") : NULL);
    Py_XDECREF(module);
    return collect ? 0 : -1;
}

/* -- threads -- */

static void *
run_job(void *data)
{
    tc_job *job = data;
    PyThreadState *ts = PyThreadState_New(PyInterpreterState_Main());
    if (ts == NULL) {
        return NULL;
    }
    job->begun = on_worker = 1;
    PyEval_RestoreThread(ts);
    struct _gc_runtime_state *gc = &ts->interp->gc;
    int mine = !aside.active;
    put_collector_aside(gc);
    /* No events from here: neither our own counting nor anybody's tracing. */
    PyThreadState_EnterTracing(ts);
    ts->py_recursion_remaining += RECURSION_LIMIT - ts->py_recursion_limit;
    ts->py_recursion_limit = RECURSION_LIMIT;
    job->function(job->argument);
    if (mine && aside.active) {
        collect_own(gc);
        restore_collector(gc);
    }
    PyThreadState_LeaveTracing(ts);
    PyThreadState_Clear(ts);
    PyThreadState_DeleteCurrent();
    return NULL;
}

int
tc_start_thread(pthread_t *thread, void *(*function)(void *), void *argument)
{
    pthread_attr_t attr;
    sigset_t all, old;
    if (pthread_attr_init(&attr) != 0) {
        return -1;
    }
    /* Signals are for the program's threads. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int failed = pthread_attr_setstacksize(&attr, STACK_SIZE) != 0
                 || pthread_create(thread, &attr, function, argument) != 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    return failed ? -1 : 0;
}

int
tc_on_thread(void (*function)(void *), void *argument)
{
    if (on_worker) {
        function(argument);
        return 0;
    }
    tc_job job = {function, argument, 0};
    pthread_t thread;
    if (tc_start_thread(&thread, run_job, &job) < 0) {
        return -1;
    }
    Py_BEGIN_ALLOW_THREADS
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    return job.begun ? 0 : -1;
}

typedef struct {
    PyObject *callable;
    PyObject *result;
    PyObject *exception;
} tc_call;

static void
run_call(void *data)
{
    tc_call *call = data;
    call->result = PyObject_CallNoArgs(call->callable);
    if (call->result == NULL) {
        call->exception = PyErr_GetRaisedException();
    }
}

PyObject *
tc_py_run_on_thread(PyObject *module, PyObject *callable)
{
    tc_call call = {callable, NULL, NULL};
    if (tc_on_thread(run_call, &call) < 0) {
        PyErr_SetString(PyExc_RuntimeError, "can't start new thread");
        return NULL;
    }
    if (call.exception != NULL) {
        PyErr_SetRaisedException(call.exception);
    }
    return call.result;
}

/* `let_others_run()`: hand the interpreter's lock to a thread that waits for it.  The interpreter does so between its
   instructions; the compiler, where it is machine code itself, has to say when. */
PyObject *
tc_py_let_others_run(PyObject *module, PyObject *unused)
{
    if (PyThreadState_Get()->eval_breaker & _PY_GIL_DROP_REQUEST_BIT) {
        Py_BEGIN_ALLOW_THREADS
        Py_END_ALLOW_THREADS
    }
    Py_RETURN_NONE;
}
