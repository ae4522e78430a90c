/* What the runtime's parts share: the versions of a code object, their exit sites, and the thread record that
   native code carries.  Everything that depends on the CPython version is in the header included below. */

#ifndef TIERCEL_H
#define TIERCEL_H

#define PY_SSIZE_T_CLEAN
#include "cpython313.h"

#include <pthread.h>

/* Values of `stacktop` in a frame that native code runs: the interpreter never stores negative ones but -1. */
enum {
    TC_NATIVE = -2,    /* a native function's frame, its extra area behind it */
    TC_LOOP = -3,      /* the interpreter's own frame, taken over by a running loop */
    TC_INLINED = -4,   /* a frame of inlined code; its root is the next older TC_NATIVE or TC_LOOP frame */
    TC_LEFT = -5,      /* the native code must leave as soon as it regains control */
};

typedef struct tc_version tc_version;

enum { TC_SEEN_TYPES = 4 };

/* One place where native code may leave, raise or run other code. */
typedef struct {
    tc_version *version;
    PyObject *desc;          /* (kinds, frames, reason); see state.c */
    uint64_t count;          /* how often it was taken */
    uint64_t visits;         /* how often native code passed here in an exit storm */
    int tested;              /* 1 + the number of the raw value whose type is tested here; 0: none */
    uint32_t seen[TC_SEEN_TYPES];    /* version tags of the first types with which the test failed; 0: none */
} tc_site;

/* What the native forms return. */
typedef struct {
    int64_t payload;
    int64_t kind;
} tc_result;

enum {
    TC_DECLARED = 0,         /* payload as the version declares it; an object is a new reference */
    TC_BOXED = 1,            /* payload is a new reference to an object */
    TC_ERROR = 2,            /* an exception is set */
    TC_CONTINUE = 3,         /* a running loop left: the interpreter goes on in its frame */
};

/* A running loop, or a generator's body, that is active on some thread. */
typedef struct tc_loop {
    struct tc_loop *next;
    _PyInterpreterFrame *frame;
    int64_t *extra;
    int jump;                /* argument of the jump at which it was entered */
    int resumed;             /* it is a generator's body: its frame ends with an exception that it does not handle */
    struct tc_chain *chain;  /* the generators whose frames are not linked, this body's among them; NULL: all are */
    pthread_t thread;
} tc_loop;

/* Room for one, with the extra area behind it, but for the version's words. */
enum { TC_LOOP_WORDS = (sizeof(tc_loop) + 7) / 8 + 1 };

/* The loop with an extra area. */
static inline tc_loop *
tc_loop_of(int64_t *extra)
{
    return (tc_loop *)(extra - (TC_LOOP_WORDS - 1));
}

typedef struct {
    PyThreadState *ts;       /* the thread state current when this record was handed out */
    char *stack_limit;       /* native code hands over to the interpreter below this address */
    pthread_t self;
} tc_thread;

typedef tc_result (*tc_native)(tc_thread *, PyObject *, ...);
typedef PyObject *(*tc_bound)(tc_thread *, PyObject *, PyObject *const *);
typedef int64_t (*tc_enter)(tc_thread *, _PyInterpreterFrame *, int64_t *);

#define TC_MISMATCH ((PyObject *)1)

/* Why calls and rounds are not a version's for the moment. */
enum {
    TC_SUSPENDED = 1,        /* one is interpreted, of which the control has a better version made */
    TC_RESTING = 2,          /* until the function is called, which is to show whether it still is */
};

/* One compiled form of a code object: of the whole function, of a running loop whose header is at `loop_at`, or of what a
   generator runs that goes on there. */
struct tc_version {
    PyObject_HEAD
    char valid;
    int loop_at;             /* code units; -1 for a function */
    Py_ssize_t extra_words;  /* of a running loop: words its extra area needs */
    PyCodeObject *code;      /* borrowed: the code object owns its versions */
    PyObject *globals;       /* borrowed: identity only */
    PyObject *builtins;      /* borrowed: identity only */
    void *native;
    tc_bound bound;
    vectorcallfunc entry;    /* NULL where the generic entry is used */
    tc_enter enter;
    tc_version *next;        /* older version of the same code and kind; borrowed from the code's table */
    char *param_kinds;       /* letters of the native form's parameters */
    tc_site *sites;
    Py_ssize_t site_count;
    int64_t work;            /* operations of quickly made code before the control is asked for better */
    uint64_t calls;          /* entries through `bound` are not counted; misses are */
    uint64_t misses;
    PyObject *held;          /* list: objects kept alive */
    PyObject *kept;          /* list: what an active frame may still use after retirement, or NULL */
    PyObject ***lent;        /* item slots in descriptions whose reference is not counted */
    Py_ssize_t lent_count;
    PyObject *targets;       /* list: those that lead, or led, to its native form; or NULL */
    uint64_t detours;        /* native calls of this version that could go to better code, were it made anew */
    char promise;            /* letter of the native form's result, by which alone callers go; 0: they assume more */
    char installed;
    char reported;           /* hooks.retired has been called */
    uint32_t active;         /* the last sweep that found it on some stack */
    void **watches;          /* what it is registered under; see watch.c */
    Py_ssize_t watch_count;
    char suspended;          /* TC_SUSPENDED, TC_RESTING; 0: calls and rounds are its */
    char used;               /* it was entered since `rest` */
    Py_ssize_t leaving;      /* calls that go on in the interpreter and will return to its machine code */
    PyObject *library;       /* keeps the machine code */
    PyObject *name;
    PyObject *reason;        /* why it was retired, or NULL */
    PyObject *weakrefs;
};

extern PyTypeObject tc_version_type;

/* What native code of other functions calls; see targets.c. */
typedef struct {
    PyObject_HEAD
    void *native;            /* what callers call */
    void *detour;            /* the same while it leads to no version; NULL: nobody calls yet */
    tc_version *version;     /* borrowed: its retirement clears this */
    char *signature;         /* letters, of the result and of the parameters */
    PyObject *weakrefs;
} tc_target;

extern PyTypeObject tc_target_type;

/* -- desc.c -- */

/* A private copy, checked for its shape, that the collector does not see.  NULL: exception. */
PyObject *tc_desc_copy(PyObject *desc);
/* Visits the place of every object that a copy mentions, until the visitor returns -1. */
typedef int (*tc_leaf_visitor)(tc_version *version, PyObject **place);
int tc_desc_visit(tc_version *version, PyObject *desc, tc_leaf_visitor visit);

/* -- version.c -- */

/* A lent object died: descriptions no longer mention it. */
void tc_version_forget_object(tc_version *version, PyObject *object);
/* Takes strong references to all that is lent, for native frames that are active. */
int tc_version_keep(tc_version *version);
/* Releases everything: no native frame of the version is left and none can begin. */
void tc_version_drop_objects(tc_version *version);
void tc_version_clear(tc_version *version);

/* -- targets.c -- */

/* The version is retired: its targets lead to it no more. */
void tc_leave_targets(tc_version *version);
/* After the version was suspended or resumed. */
void tc_refresh_targets(tc_version *version);

/* -- attach.c -- */

/* What Tiercel keeps in a code object's co_extra. */
/* How often a function was called by the interpreter, or one of its loops has gone round.  What is still far from its
   limit is counted now and then only: between two samples it rests. */
struct tc_counter {
    int at;                  /* the loop header, in code units; unused for calls */
    uint32_t count;          /* since the control was asked about it */
    uint32_t limit;          /* when to ask */
    uint32_t watched;        /* rounds in frames that somebody held */
    uint32_t sample;         /* what was counted of the sample at hand */
    char decided;            /* there is nothing more to count */
    char told;               /* the limit by the control: it may be far */
    double began;            /* when the sample did, on the clock of waiting.c */
    double rested;           /* since when there was none; 0: no rest came before it */
    double rate;             /* events a second in the sample before */
};

typedef struct tc_code {
    PyCodeObject *code;      /* borrowed: it owns this record */
    uint32_t generation;     /* of the counters below: they begin anew at each start */
    tc_version *functions;   /* newest first; each one owned */
    tc_version *loops;       /* newest first; each one owned */
    uint32_t co_version;     /* the code's own, zeroed while new functions are to be attached; 0: untouched */
    uint32_t own_threshold;  /* in calls, of this code; 0: everybody's */
    uint32_t loop_limit;
    struct tc_counter calls; /* limit 0: not set yet */
    struct tc_samples *samples;
    char calls_refused;      /* the control said: never again */
    char misses_refused;
    char underway;           /* machine code for it is being made beside the program */
    char waiting;            /* for the budget */
    double due;              /* when its events are turned on, while it is in the list that `next_due` makes */
    struct tc_code *next_due;
    int loop_count;
    struct tc_counter *counters;
} tc_code;

/* The record of a code object, or NULL; `tc_code_make` makes one (NULL: exception set). */
tc_code *tc_code_get(PyCodeObject *code);
tc_code *tc_code_make(PyCodeObject *code);

/* The newest installed version of the whole function, or NULL; go on with `next`.  All are valid. */
tc_version *tc_versions_of(PyCodeObject *code);

/* Whether another interpreter of the process is running: what is hooked in static types and functions is hooked there too. */
static inline int
tc_is_elsewhere(void)
{
    return PyThreadState_GetUnchecked()->interp != _PyInterpreterState_Main();
}

/* Whether a version is for the globals and builtins of a frame. */
static inline int
tc_is_of_namespaces(tc_version *version, _PyInterpreterFrame *frame)
{
    return version->globals == frame->f_globals && version->builtins == frame->f_builtins;
}

/* An installed version of the running loop whose header is `at`, for functions with the globals of this frame, or NULL. */
tc_version *tc_loop_version(PyCodeObject *code, int at, _PyInterpreterFrame *frame);

/* Notes that a version is installed, so that `stop` finds it. */
int tc_installed_add(tc_version *version);
void tc_retire_all(const char *reason);

/* The libraries of versions that are gone, for the compiler to let go of: a list. */
extern PyObject *tc_old_libraries;

/* Makes a version invalid: detaches its functions, makes its active frames leave, sends native callers elsewhere. */
void tc_version_retire(tc_version *version, const char *reason);
/* The next call or round that would be the version's is the interpreter's, which asks the control about it at once. */
void tc_version_suspend(tc_version *version);
void tc_version_resume(tc_version *version);
/* From here on `used` tells whether it is entered: a function's rests until the interpreter sees a call. */
void tc_version_rest(tc_version *version);
/* The function is called: what rests of it is used. */
void tc_wake(tc_code *record);
/* Whether any thread runs a native frame of the version. */
int tc_is_active(tc_version *version);

/* Every function's vectorcall while it is not attached (the interpreter's own, not exported). */
extern vectorcallfunc tc_interpreter_entry;

int tc_attach_init(void);

/* Attaches a new function to its code's newest matching version; called at its creation. */
void tc_attach_new(PyFunctionObject *func);
/* Sets the interpreter's vectorcall back. */
void tc_detach(PyFunctionObject *func);
/* The function is going away. */
void tc_forget_function(PyFunctionObject *func);
/* The function gets another code object. */
void tc_code_replaced(PyFunctionObject *func);
PyObject *tc_py_attach(PyObject *module, PyObject *args);
PyObject *tc_py_detach(PyObject *module, PyObject *func);
PyObject *tc_py_versions(PyObject *module, PyObject *code);
PyObject *tc_py_interpreted(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);

/* Frees what retired versions held once no native frame can use it, and reports them.  Only where no unlinked
   native code can be below on the stack: where Python code could run. */
void tc_sweep(void);
/* A retired version is to be reported by the next sweep: makes one happen soon. */
void tc_sweep_soon(void);

/* Makes native frames leave when they regain control: those of `version`, or of all versions if it is NULL. */
void tc_mark_frames(tc_version *version);
/* The version whose native code made the call that is being dealt with, or NULL. */
tc_version *tc_calling_version(PyThreadState *ts);
/* Begins anew to count in every code object. */
void tc_next_generation(void);

/* Set while native code stores into a dict without a site, so that watchers know. */
extern int tc_in_native_store;

/* -- counters.c -- */

/* Everybody's, in calls and in rounds. */
extern uint32_t tc_threshold, tc_loop_threshold;
/* The counter of the loop with that header, made if there is none.  NULL: no memory. */
struct tc_counter *tc_counter_of(tc_code *record, int at);
/* Counts one event: whether the control is to be asked now, or not yet, or, where it may, the counter rests and its
   events are to go off until they are turned on again. */
enum tc_counting { TC_COUNTS, TC_ASKS, TC_RESTS };
enum tc_counting tc_count(tc_code *record, struct tc_counter *counter, int may_rest);
/* The control was asked, at that limit, and wants to be again unless it said when: not so soon. */
void tc_count_anew(struct tc_counter *counter, uint32_t asked_at);
PyObject *tc_py_ask_after(PyObject *module, PyObject *args);
PyObject *tc_py_set_threshold(PyObject *module, PyObject *args);

/* -- samples.c -- */
/* A call has just started in this frame: its arguments count. */
void tc_samples_take(tc_code *record, _PyInterpreterFrame *frame);
void tc_samples_free(tc_code *record);
PyObject *tc_py_argument_types(PyObject *module, PyObject *code);

/* -- waiting.c -- */
/* Seconds, of a clock that only goes forward. */
double tc_clock(void);
/* The events of the code are turned on then, or soon after. */
void tc_wake_at(tc_code *record, double due);
/* Its events are off until the budget allows to compile it. */
void tc_waiting_add(tc_code *record);
/* Whether the budget is spent for the moment, so that the control need not be asked. */
int tc_waiting_is_on(void);
void tc_waiting_remove(tc_code *record);
/* Until it resumes there is no thread that waits: before a fork, and for good when Tiercel stops. */
void tc_waiting_pause(void);
void tc_waiting_resume(void);
void tc_waiting_stop(void);
void tc_waiting_after_fork(void);
PyObject *tc_py_wake_after(PyObject *module, PyObject *seconds);

/* -- background.c -- */
extern PyTypeObject tc_job_type;
/* Until it resumes no machine code is made beside the program: before a fork. */
void tc_background_pause(void);
void tc_background_resume(void);
/* Waits for what is being made, and drops it with all that is queued. */
void tc_background_stop(void);
void tc_background_after_fork(void);
PyObject *tc_py_use_llvm(PyObject *module, PyObject *addresses);
PyObject *tc_py_background_wait(PyObject *module, PyObject *seconds);

/* -- watch.c -- */
int tc_watch_start(void);
void tc_watch_stop(void);
int tc_watch_type(tc_version *version, PyTypeObject *type);
int tc_watch_global(tc_version *version, PyObject *dict, PyObject *name);
int tc_watch_dict(tc_version *version, PyObject *dict);
int tc_watch_function(tc_version *version, PyFunctionObject *func);
int tc_watch_death(tc_version *version, PyObject *object);
/* Whether the version assumes that a dict holds this very object. */
int tc_is_watched_value(tc_version *version, PyObject *object);
/* Strong references to everything that the version's assumptions keep alive. */
int tc_keep_watched(tc_version *version, PyObject *list);
void tc_unwatch(tc_version *version);

/* -- control.c -- */
enum { TC_LATER = 2 };
/* Calls a hook on a thread of its own: 0: it returned False, TC_LATER: None, 1: something else, -1: it could not be
   called now or failed, -2: it failed and the control wants the exception, which is set, raised in the program. */
int tc_call_hook(const char *name, PyObject *args);
/* The exits of a site reached a limit; a call matched no version (`slots`: an object for each argument slot). */
void tc_note_noisy(tc_version *version, Py_ssize_t site);
/* Quickly made code has done its work. */
void tc_note_outgrown(tc_version *version);
/* Many native calls of the version found no version of what they call. */
void tc_note_detours(tc_version *version);
void tc_note_miss(PyObject *func, PyObject *const *slots, Py_ssize_t count);

int tc_control_is_on(void);
void tc_control_begin(PyObject *hooks);
/* Waits for the hook that is running. */
void tc_control_end(void);
/* Whether a thread is about to fork. */
int tc_forking(void);
void tc_control_after_fork(void);
PyObject *tc_py_before_fork(PyObject *module, PyObject *unused);
PyObject *tc_py_after_fork(PyObject *module, PyObject *unused);
PyObject *tc_py_after_fork_in_child(PyObject *module, PyObject *unused);

/* -- monitor.c -- */
/* A loop has come round, or a generator is to go on, at `at`: asks the control if that is hot.
   `may_rest`: an event reports it, which can go off. */
enum { TC_ROUND_COUNTED, TC_ROUND_DECIDED, TC_ROUND_ENTER, TC_ROUND_FAILED };
int tc_count_round(PyCodeObject *code, int at, _PyInterpreterFrame *frame, int may_rest);
/* Lets PY_START and JUMP count again in this code, from zero; the first only has the events sent again. */
void tc_instrument_again(PyCodeObject *code);
void tc_rearm(PyCodeObject *code);
/* The control is asked about this function (`at` < 0), or this loop of it, when it runs next. */
void tc_ask_at_once(PyCodeObject *code, int at);
/* Switches our events off while other tools of sys.monitoring are there, and on again. */
void tc_monitor_pause(int pause);

PyObject *tc_py_start(PyObject *module, PyObject *args);
PyObject *tc_py_stop(PyObject *module, PyObject *unused);
PyObject *tc_py_underway(PyObject *module, PyObject *args);

/* -- tools.c -- */
extern int tc_tools_seen;        /* a tool came on since tc_others_active last said no */
/* Whether another tool of sys.monitoring has an id or events. */
int tc_other_tools(void);
/* Whether there is one, or tracing or profiling is on for this thread. */
int tc_others_active(PyThreadState *ts);
void tc_reinstrument(PyCodeObject *code, int tool);
void tc_tools_watch(void);
void tc_tools_unwatch(void);

/* -- worker.c -- */
/* Calls function(argument) on a thread with a large stack and a Python thread state of its own, while the caller
   waits without the GIL; on a worker already, at once.  0, or -1 where no thread can be made. */
int tc_on_thread(void (*function)(void *), void *argument);
/* Starts a thread that gets no signals, and has a large stack; it is to be joined.  -1: it cannot be made. */
int tc_start_thread(pthread_t *thread, void *(*function)(void *), void *argument);
int tc_on_worker(void);
int tc_worker_init(void);
/* Gives what the compiler keeps to the collector again. */
void tc_worker_stop(void);
PyObject *tc_py_run_on_thread(PyObject *module, PyObject *callable);

/* -- exceptions.c -- */
PyObject *tc_py_exchange_handled(PyObject *module, PyObject *exc);

/* -- storm.c -- */
/* Whether the guard at this site must fail now. */
int tc_storm(tc_site *site);
PyObject *tc_py_storm(PyObject *module, PyObject *seed);
PyObject *tc_py_storming(PyObject *module, PyObject *unused);

/* -- symbols.c, module.c -- */
PyObject *tc_py_symbols(PyObject *module, PyObject *unused);
PyObject *tc_py_imports(PyObject *module, PyObject *unused);
PyObject *tc_py_offsets(PyObject *module, PyObject *unused);
PyObject *tc_py_self_check(PyObject *module, PyObject *unused);
PyObject *tc_py_let_others_run(PyObject *module, PyObject *unused);

extern PyObject tc_null_marker;      /* `_runtime.NULL`: an empty slot in a tuple that Python code sees */
extern PyObject tc_exhausted;        /* what tc_next returns at the end; not an object anybody may touch */

/* -- exits.c and others: what the runtime calls there -- */
/* Once, as the module is made. */
void tc_loops_init(void);
/* Around the `enter` form of a version; `room` is the caller's: TC_LOOP_WORDS and the version's words. */
tc_loop *tc_loop_make(tc_thread *th, int64_t *room, tc_version *version, _PyInterpreterFrame *frame);
/* From here on it is found by its frame. */
void tc_loop_begin(tc_loop *loop);
void tc_loop_end(tc_loop *loop);
/* Runs an installed loop version in the interpreter's frame: 0 it does not match, 1 it left, -1 error. */
int tc_run_loop(tc_version *version, _PyInterpreterFrame *frame);
/* Whether somebody may look at the frame's locals without asking again: no loop is run in it then. */
int tc_is_watched(_PyInterpreterFrame *frame);
/* The vectorcall of functions whose version has no entry of its own. */
PyObject *tc_generic_entry(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *kwnames);
/* The extra area of a native frame or of a running loop's frame. */
int64_t *tc_extra_of(PyThreadState *ts, _PyInterpreterFrame *frame);

#endif
