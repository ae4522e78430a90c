/* Making object files of LLVM's text: in the calling thread, or on one of its own, beside the program, which goes on
   meanwhile.  LLVM needs nothing of the interpreter; once an object file is there, whatever thread of the program next
   looks has the control install it. */

#include "tiercel.h"

#include <pthread.h>
#include <stddef.h>
#include <time.h>

enum { RETRY_NS = 10000000 };    /* where the control could not be called */

/* What is wanted of LLVM, as llvmlite's library exports it. */
static struct {
    void *context, *builder, *passes, *machine, *quick_machine;
    uintptr_t noinline, optnone;                 /* attributes of functions */
    void *(*parse)(void *context, const char *text, char **error);
    void *(*get_function)(void *module, const char *name);
    void (*run_passes)(void *passes, void *function, void *builder);
    void (*add_attribute)(void *function, int attribute);
    void *(*emit)(void *machine, void *module, int object_file, char **error);
    const char *(*buffer_start)(void *buffer);
    size_t (*buffer_size)(void *buffer);
    void (*dispose_buffer)(void *buffer);
    void (*dispose_module)(void *module);
    void (*dispose_string)(char *string);
} llvm;

#define FUNCTION(NAME) {#NAME, offsetof(__typeof__(llvm), NAME)}
static const struct { const char *name; size_t offset; } llvm_table[] = {
    FUNCTION(context), FUNCTION(builder), FUNCTION(passes), FUNCTION(machine), FUNCTION(quick_machine),
    FUNCTION(noinline), FUNCTION(optnone), FUNCTION(parse), FUNCTION(get_function), FUNCTION(run_passes),
    FUNCTION(add_attribute), FUNCTION(emit), FUNCTION(buffer_start), FUNCTION(buffer_size), FUNCTION(dispose_buffer),
    FUNCTION(dispose_module), FUNCTION(dispose_string),
};
#undef FUNCTION

/* The target machines, the passes and their analyses serve one at a time. */
static pthread_mutex_t llvm_lock = PTHREAD_MUTEX_INITIALIZER;

typedef struct tc_job {
    PyObject_HEAD
    PyObject *text;              /* bytes, and the name of the function that is worth optimising */
    PyObject *main;
    PyObject *owner;             /* the control's */
    int quick;
    int readable;                /* assembly instead of an object file */
    enum { NEW, BEGUN, MADE, TAKEN } state;
    void *buffer;
    char *error;                 /* malloc'ed; or `buffer` */
    int64_t cpu_ns;
    struct tc_job *next;
} tc_job;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    int exists;                  /* and is to be joined; seen with the GIL only */
    int broken;                  /* for good: see `after_fork` */
    int stop;
    int posted;                  /* a pending call will take what is made */
    int busy;
    tc_job *queue, *made;        /* owned */
} background = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* -- one job -- */

static int64_t
nanoseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void
note_error(tc_job *job, const char *what, char *details)
{
    size_t size = strlen(what) + (details ? strlen(details) : 0) + 3;
    job->error = malloc(size);
    if (job->error != NULL) {
        snprintf(job->error, size, "%s: %s", what, details ? details : "");
    }
    if (details != NULL) {
        llvm.dispose_string(details);
    }
}

static void
make_module(tc_job *job)
{
    char *error = NULL;
    void *module = llvm.parse(llvm.context, PyBytes_AS_STRING(job->text), &error);
    void *function = module && !error ? llvm.get_function(module, PyBytes_AS_STRING(job->main)) : NULL;
    if (function == NULL) {
        note_error(job, "LLVM does not take the text", error);
    }
    else {
        llvm.run_passes(llvm.passes, function, llvm.builder);
        if (job->quick) {
            llvm.add_attribute(function, (int)llvm.noinline);
            llvm.add_attribute(function, (int)llvm.optnone);
        }
        job->buffer = llvm.emit(job->quick ? llvm.quick_machine : llvm.machine, module, !job->readable, &error);
        if (job->buffer == NULL) {
            note_error(job, "LLVM makes nothing of the text", error);
        }
        else if (error != NULL) {
            llvm.dispose_string(error);
        }
    }
    if (module != NULL) {
        llvm.dispose_module(module);
    }
}

static void
make(tc_job *job)
{
    pthread_mutex_lock(&llvm_lock);
    int64_t began = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
    make_module(job);
    job->cpu_ns = nanoseconds(CLOCK_THREAD_CPUTIME_ID) - began;
    pthread_mutex_unlock(&llvm_lock);
}

/* -- the thread -- */

static int install_made(void *unused);

static void
post(void)
{
    if (!background.posted && tc_call_soon(install_made) == 0) {
        background.posted = 1;
    }
}

static void
wait_a_moment(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += RETRY_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&background.changed, &background.lock, &until);
}

static void
append(tc_job **list, tc_job *job)
{
    while (*list != NULL) {
        list = &(*list)->next;
    }
    *list = job;
    job->next = NULL;
}

static void *
work(void *unused)
{
    pthread_mutex_lock(&background.lock);
    while (!background.stop) {
        tc_job *job = background.queue;
        if (job != NULL) {
            background.queue = job->next;
            background.busy = 1;
            pthread_mutex_unlock(&background.lock);
            make(job);
            pthread_mutex_lock(&background.lock);
            background.busy = 0;
            job->state = MADE;
            append(&background.made, job);
            pthread_cond_broadcast(&background.changed);
            post();
        }
        else if (background.made != NULL) {
            wait_a_moment();
            post();
        }
        else {
            pthread_cond_wait(&background.changed, &background.lock);
        }
    }
    pthread_mutex_unlock(&background.lock);
    return NULL;
}

static void
start_thread(void)
{
    if (background.exists || background.broken || tc_forking() || (background.queue == NULL && background.made == NULL)) {
        return;
    }
    background.stop = background.posted = 0;
    background.exists = pthread_cond_init(&background.changed, NULL) == 0
                        && tc_start_thread(&background.thread, work, NULL) == 0;
}

/* Once what it is at is done. */
static void
join_thread(void)
{
    if (!background.exists) {
        return;
    }
    background.exists = 0;
    Py_BEGIN_ALLOW_THREADS
    pthread_mutex_lock(&background.lock);
    background.stop = 1;
    pthread_cond_broadcast(&background.changed);
    pthread_mutex_unlock(&background.lock);
    pthread_join(background.thread, NULL);
    pthread_cond_destroy(&background.changed);
    Py_END_ALLOW_THREADS
}

/* -- what is made -- */

static tc_job *
take_made(void)
{
    pthread_mutex_lock(&background.lock);
    tc_job *job = background.made;
    if (job != NULL) {
        background.made = job->next;
        job->next = NULL;
    }
    pthread_mutex_unlock(&background.lock);
    return job;
}

static void
put_back(tc_job *job)
{
    pthread_mutex_lock(&background.lock);
    job->next = background.made;
    background.made = job;
    pthread_mutex_unlock(&background.lock);
}

/* Whatever thread comes between two instructions.  -1: the control wants an exception raised there. */
static int
install_made(void *unused)
{
    pthread_mutex_lock(&background.lock);
    background.posted = 0;
    pthread_mutex_unlock(&background.lock);
    tc_job *job;
    int result = 0;
    while (result >= 0 && tc_control_is_on() && !tc_others_active(PyThreadState_Get())
           && (job = take_made()) != NULL) {
        PyObject *args = PyTuple_Pack(1, job);
        result = args ? tc_call_hook("made", args) : -1;
        Py_XDECREF(args);
        if (result == -1) {
            PyErr_Clear();
            if (job->state == MADE) {
                put_back(job);       /* the control could not be called: in a moment */
                return 0;
            }
            result = 0;
        }
        Py_DECREF(job);
    }
    return result < 0 ? -1 : 0;
}

static void
drop(tc_job *job)
{
    while (job != NULL) {
        tc_job *next = job->next;
        Py_DECREF(job);
        job = next;
    }
}

/* -- for others -- */

/* Until `resume`; for a fork, while whose preparations nothing is begun. */
void
tc_background_pause(void)
{
    join_thread();
}

void
tc_background_resume(void)
{
    start_thread();
}

void
tc_background_stop(void)
{
    join_thread();
    tc_job *queue = background.queue, *made = background.made;
    background.queue = background.made = NULL;
    drop(queue);
    drop(made);
}

/* In the child of a fork.  One that was not announced may have been made while LLVM worked, whose locks nobody will ever
   release here: nothing is begun any more. */
void
tc_background_after_fork(void)
{
    background.lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    background.broken = background.exists && background.busy;
    background.exists = 0;
}

/* -- for the control -- */

PyObject *
tc_py_use_llvm(PyObject *module, PyObject *addresses)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(llvm_table); i++) {
        PyObject *value = PyMapping_GetItemString(addresses, llvm_table[i].name);
        void *address = value ? PyLong_AsVoidPtr(value) : NULL;
        Py_XDECREF(value);
        if (PyErr_Occurred()) {
            return NULL;
        }
        memcpy((char *)&llvm + llvm_table[i].offset, &address, sizeof(address));
    }
    Py_RETURN_NONE;
}

/* Whether all is made and installed; waits that long for it (in seconds). */
PyObject *
tc_py_background_wait(PyObject *module, PyObject *seconds)
{
    double most = PyFloat_AsDouble(seconds);
    if (most == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    int64_t until = nanoseconds(CLOCK_MONOTONIC) + (int64_t)(most < 1e9 ? 1e9 * most : 1e18);
    for (;;) {
        start_thread();
        pthread_mutex_lock(&background.lock);
        int made = background.made != NULL, working = background.queue != NULL || background.busy;
        pthread_mutex_unlock(&background.lock);
        if (!made && !working) {
            Py_RETURN_TRUE;
        }
        if (made && install_made(NULL) < 0) {
            return NULL;
        }
        if (nanoseconds(CLOCK_MONOTONIC) >= until) {
            Py_RETURN_FALSE;
        }
        if (PyErr_CheckSignals() < 0) {
            return NULL;
        }
        struct timespec moment = {0, 1000000};
        Py_BEGIN_ALLOW_THREADS
        nanosleep(&moment, NULL);
        Py_END_ALLOW_THREADS
    }
}

/* -- the type -- */

static PyObject *
job_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"text", "main", "quick", "owner", "readable", NULL};
    PyObject *text, *main, *owner = Py_None;
    int quick, readable = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "SSp|Op:Job", names, &text, &main, &quick, &owner, &readable)) {
        return NULL;
    }
    if (llvm.parse == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "Job: use_llvm was not called");
        return NULL;
    }
    tc_job *job = (tc_job *)type->tp_alloc(type, 0);
    if (job != NULL) {
        job->text = Py_NewRef(text);
        job->main = Py_NewRef(main);
        job->owner = Py_NewRef(owner);
        job->quick = quick;
        job->readable = readable;
    }
    return (PyObject *)job;
}

static void
job_dealloc(tc_job *job)
{
    if (job->buffer != NULL) {
        llvm.dispose_buffer(job->buffer);
    }
    free(job->error);
    Py_XDECREF(job->text);
    Py_XDECREF(job->main);
    Py_XDECREF(job->owner);
    Py_TYPE(job)->tp_free((PyObject *)job);
}

static int
begin(tc_job *job)
{
    if (job->state != NEW) {
        PyErr_SetString(PyExc_RuntimeError, "a job is done once");
        return -1;
    }
    job->state = BEGUN;
    return 0;
}

static PyObject *
job_run(tc_job *job, PyObject *unused)
{
    if (begin(job) < 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    make(job);
    Py_END_ALLOW_THREADS
    job->state = MADE;
    Py_RETURN_NONE;
}

static PyObject *
job_start(tc_job *job, PyObject *unused)
{
    if (begin(job) < 0) {
        return NULL;
    }
    pthread_mutex_lock(&background.lock);
    append(&background.queue, (tc_job *)Py_NewRef((PyObject *)job));
    if (background.exists) {
        pthread_cond_broadcast(&background.changed);
    }
    pthread_mutex_unlock(&background.lock);
    start_thread();
    Py_RETURN_NONE;
}

static PyObject *
job_take(tc_job *job, PyObject *unused)
{
    if (job->state != MADE) {
        PyErr_SetString(PyExc_RuntimeError, "it is not made, or was taken already");
        return NULL;
    }
    job->state = TAKEN;
    if (job->buffer == NULL) {
        PyErr_SetString(PyExc_RuntimeError, job->error ? job->error : "no memory");
        return NULL;
    }
    return PyBytes_FromStringAndSize(llvm.buffer_start(job->buffer), (Py_ssize_t)llvm.buffer_size(job->buffer));
}

static PyObject *
job_get_seconds(tc_job *job, void *unused)
{
    return PyFloat_FromDouble((double)job->cpu_ns / 1e9);
}

static PyObject *
job_get_owner(tc_job *job, void *unused)
{
    return Py_NewRef(job->owner);
}

static PyMethodDef job_methods[] = {
    {"run", (PyCFunction)job_run, METH_NOARGS, PyDoc_STR("run(): does it, in this thread, without the GIL.")},
    {"start", (PyCFunction)job_start, METH_NOARGS, PyDoc_STR("start(): has it done beside the program.  Then the hook\n"
                                                             "`made` is called with the job.")},
    {"take", (PyCFunction)job_take, METH_NOARGS, PyDoc_STR("take() -> what was made; RuntimeError if there is none.")},
    {NULL},
};

static PyGetSetDef job_getset[] = {
    {"seconds", (getter)job_get_seconds, NULL, "of processor time", NULL},
    {"owner", (getter)job_get_owner, NULL, "what was given at the beginning", NULL},
    {NULL},
};

PyTypeObject tc_job_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tiercel._runtime.Job",
    .tp_doc = PyDoc_STR("Job(text, main, quick, owner=None, readable=False)\n--\n\n"
                        "An object file, or assembly to read, to be made of LLVM's text."),
    .tp_basicsize = sizeof(tc_job),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = job_new,
    .tp_dealloc = (destructor)job_dealloc,
    .tp_methods = job_methods,
    .tp_getset = job_getset,
};
