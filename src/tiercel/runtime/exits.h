/* Leaving native code: what native code calls to hand over to the interpreter, and how a site's description is read.

   A site's `desc` is a tuple (kinds, frames, reason), with `words` behind where they are not in order.
     words   bytes, an unsigned short for each raw value: its word in the extra area
     kinds   bytes, a letter for each raw value: o i u f b not owned, O a reference that the exit consumes
     frames  innermost first, each (code, function, at, resume, handler, locals, stack, linked), the body of a
             generator with `ends` behind: where its caller, which has the generator on its stack below the result, goes
             on when it ends; `at`, `ends` and `resume` in code units; handler None or (target, depth, lasti); function and the items of locals
             and stack are slots:
             n >= 0                         the value n
             -1                             empty
             -2, -3, -4                     the result of the operation or inlined call; its truth; its negated truth
             (0, object)                    a constant
             (1, n, slot)                   the slot if value n is true, else empty
             (2, kind, memo, part...)       an object to be rebuilt (see virtual.c); one memo, one object
   References in it may be borrowed: whatever is used is increfed first. */

#ifndef TIERCEL_EXITS_H
#define TIERCEL_EXITS_H

#include "tiercel.h"

#include <stdarg.h>

enum { TC_SLOT_NULL = -1, TC_SLOT_RESULT = -2, TC_SLOT_RESULT_BOOL = -3, TC_SLOT_RESULT_NOT = -4 };

/* -- exits.c: called by native code.  `frame` is the root frame, NULL in a function that links none. -- */

/* A guard failed before an instruction; with an exception set: the instruction raised it.  The raw values follow. */
tc_result tc_exit(tc_thread *th, _PyInterpreterFrame *frame, PyObject *func, tc_site *site, ...);
/* The same; the raw values are in the extra area. */
tc_result tc_leave_before(tc_thread *th, _PyInterpreterFrame *frame, PyObject *func, tc_site *site);
/* After an operation: leaves with its result (stolen) or none; the raw values are in the extra area. */
tc_result tc_leave(tc_thread *th, _PyInterpreterFrame *frame, PyObject *func, tc_site *site, PyObject *result);
/* An operation raised; the raw values are in the extra area. */
tc_result tc_unwind(tc_thread *th, _PyInterpreterFrame *frame, PyObject *func, tc_site *site);
/* eval_breaker is set or the version has done its work: sees to either.  0: go on, 1: leave, -1: unwind. */
int tc_poll(tc_thread *th, _PyInterpreterFrame *frame, tc_site *site);

PyObject *tc_py_resume(PyObject *module, PyObject *args, PyObject *kwargs);

/* -- a state being rebuilt -- */

typedef struct {
    PyObject *desc;                  /* (code, function, at, ...) */
    PyCodeObject *code;
    int at;
    int resume;
    int handler;                     /* code units; -1: none */
    int depth;                       /* stack entries the handler keeps */
    int lasti;                       /* the handler wants the index of the raising instruction */
    int ends;                        /* of a generator's body: where the caller goes on when it ends; else -1 */
    int ended;                       /* the generator below the result has ended, in a loop: both are dropped */
    int linked;                      /* its frame is on the stack already */
    int broken;                      /* out of memory: not all slots could be made */
    _PyInterpreterFrame *frame;
} tc_state_frame;

typedef struct {
    tc_thread *th;
    tc_site *site;                   /* NULL: no version stands behind the state */
    const char *kinds;
    Py_ssize_t value_count;
    const int64_t *raw;
    PyObject **objects;              /* an owned reference for each value, boxed where it is needed */
    PyObject *memo;                  /* list: what was rebuilt, by memo number; or NULL */
    PyObject *result;                /* owned; or NULL */
    PyObject *exception;             /* owned, put aside; or NULL */
    _PyInterpreterFrame *root;       /* NULL: no frame was linked */
    PyObject *func;                  /* of the outermost frame, where that has to be pushed */
    int again;                       /* the innermost frame has its entry in the exception's traceback */
    tc_loop *loop;                   /* not NULL: the root is the interpreter's own frame */
    Py_ssize_t frame_count;
    tc_state_frame *frames;
} tc_state;

/* -- state.c -- */

static inline PyObject *
tc_field(PyObject *desc, Py_ssize_t index)
{
    return PyTuple_GET_ITEM(desc, index);
}

static inline PyObject *
tc_raw_object(int64_t raw)
{
    return (PyObject *)(uintptr_t)raw;
}

/* Number of raw values and of frames of a description. */
Py_ssize_t tc_value_count(PyObject *desc);
Py_ssize_t tc_frame_count(PyObject *desc);
/* Takes a site's raw values from the extra area. */
void tc_read_values(PyObject *desc, const int64_t *extra, int64_t *raw);
/* Reads a description; `raw`, `objects` and `frames` are the caller's arrays. */
void tc_read_state(tc_state *state, PyObject *desc);
/* Takes references to all values; releases them again. */
void tc_own_values(tc_state *state);
/* The same where native code goes on and keeps those it owns. */
void tc_share_values(tc_state *state);
void tc_release_values(tc_state *state);
/* A new reference to what a slot stands for.  1: found, 0: empty (NULL), -1: exception. */
int tc_slot_object(tc_state *state, PyObject *slot, PyObject **object);
/* An integer part of a virtual object.  0, or -1 and an exception. */
int tc_slot_integer(tc_state *state, PyObject *slot, int64_t *value);
/* Fills the empty slots of a frame; stacktop is left alone.  0, or -1 and an exception: some are still empty. */
int tc_fill_frame(tc_state *state, tc_state_frame *frame);
/* The same of its stack alone. */
int tc_fill_stack(tc_state *state, tc_state_frame *frame);
/* The stack top of a frame that the interpreter may see. */
int tc_stack_top(tc_state_frame *frame);

/* -- exits.c: frames -- */

/* Finds the frames that are linked already; `newest` is the innermost of them. */
void tc_find_linked(tc_state *state, _PyInterpreterFrame *newest);

/* -- virtual.c -- */

int tc_virtual_object(tc_state *state, PyObject *slot, PyObject **object);

/* -- generators.c -- */

/* A new generator that claims to be running, its slots empty.  NULL: no memory, an exception is set. */
PyGenObject *tc_generator_alloc(PyObject *func);
/* Its locals and its stack. */
PyObject **tc_generator_slots(PyGenObject *gen);
/* Its slots are filled: it is suspended at a point (bytecode/suspensions.py says what that is). */
void tc_generator_suspend(PyGenObject *gen, int64_t point);
/* As the type does, for one that has ended, with which nothing can be done any more: there is nothing to finalise. */
void tc_free_ended(PyGenObject *gen);
/* The memory of such ones is kept for a while. */
void tc_free_kept_generators(void);
/* What takes the next value through the type's slots has compiled bodies run. */
void tc_watch_generators(void);
void tc_unwatch_generators(void);
/* Its body runs: the frame, with all that is in the one that was linked for it, if one was. */
_PyInterpreterFrame *tc_generator_resume(PyThreadState *ts, PyGenObject *gen, _PyInterpreterFrame *linked);
PyObject *tc_py_generator(PyObject *module, PyObject *args);
PyObject *tc_py_suspended(PyObject *module, PyObject *object);
/* Whether a body that ran without an exception has yielded, rather than returned. */
int tc_generator_has_yielded(_PyInterpreterFrame *frame);

/* -- unwind.c -- */

/* Goes on in the interpreter, innermost frame first, with state->result or state->exception (consumed). */
tc_result tc_continue(tc_state *state);
/* A frame without a handler ends, with the exception that is set or without one. */
void tc_drop_frame(PyThreadState *ts, _PyInterpreterFrame *frame);
/* Adds the traceback entry of the current frame, which stands where its instr_ptr says, for the exception that is set. */
void tc_add_traceback(PyThreadState *ts, _PyInterpreterFrame *frame);
/* The same for an instruction, also telling monitoring tools. */
void tc_traceback_here(PyThreadState *ts, _PyInterpreterFrame *frame, int at);

/* -- exceptions.c: called by native code -- */

/* Takes the exception that the operation at the site in the extra area raised, its traceback entry added unless it was
   raised again.  Ends the innermost `ending` frames, which are of inlined code, and adds the entries of those below. */
PyObject *tc_catch(tc_thread *th, _PyInterpreterFrame *root, int64_t ending, int64_t again);
/* Sets an exception that the current frame, of inlined code, lets out: it has passed there at `at`. */
void tc_raise_again(tc_thread *th, PyObject *exc, int64_t at);
/* As tc_unwind, but the innermost frame has its traceback entry. */
tc_result tc_unwind_again(tc_thread *th, _PyInterpreterFrame *frame, PyObject *func, tc_site *site);
/* Of a frame that has a frame object: whether anything else holds that.  If not, it goes. */
int tc_frame_is_held(_PyInterpreterFrame *frame);

/* -- references.c: `extra` is NULL where no frame is linked -- */

void tc_incref(PyObject *object);                  /* these three take NULL as well */
void tc_decref(int64_t *extra, PyObject *object);
/* What the object's end runs finds the frame at the site, whose values are in the extra area.  1: leave. */
int tc_release(_PyInterpreterFrame *root, int64_t *extra, tc_site *site, PyObject *object);
/* After the last reference went: what that runs must not take the values of the last site for those of now. */
void tc_free(int64_t *extra, PyObject *object);
/* After the frame was unlinked: what the object's end runs may retire the version, whose code is returned to. */
void tc_drop(tc_version *version, PyObject *object);
void tc_free_dropped(tc_version *version, PyObject *object);

/* Whether what an object's end does cannot be noticed and runs nothing; it has no reference any more. */
int tc_ends_quietly(PyObject *object);
/* The same in the body of a generator, whose frame is linked first unless the object ends quietly. */
void tc_decref_in_chain(int64_t *extra, PyObject *object);
int tc_release_in_chain(_PyInterpreterFrame *root, int64_t *extra, tc_site *site, PyObject *object);
void tc_free_in_chain(int64_t *extra, PyObject *object);
/* Frees an object that ends quietly: 1, or 0 where it does not. */
int tc_free_quietly(PyObject *object);

/* -- resume.c -- */

/* The body of a generator, whose extra area this is, does something that could see frames: they are linked, if not yet. */
void tc_link_chain(int64_t *extra);

/* -- frames.c -- */

tc_thread *tc_thread_get(void);
tc_thread *tc_entry_thread(void);          /* NULL: another tool is on, the interpreter is to run the call */
tc_thread *tc_entry_thread_of(PyThreadState *ts);       /* the same with the state of this thread */
/* Whether the C stack is nearly used up, as native code sees it. */
int tc_stack_is_low(tc_thread *th);
tc_result tc_call_interpreted(tc_thread *th, PyObject *func, tc_version *version, ...);
/* Calls a function as anybody would, with an object for each argument slot. */
PyObject *tc_call_anew(tc_thread *th, PyObject *func, PyObject *const *slots, int count);
/* Native arguments as objects, new references.  0, or -1 and an exception. */
int tc_box_arguments(const char *kinds, int count, PyObject **slots, va_list values);
_PyInterpreterFrame *tc_enter_inlined(tc_thread *th, PyObject *func, PyObject *code);
void tc_leave_inlined(tc_thread *th, _PyInterpreterFrame *frame);
/* A new frame on the data stack, not linked, its locals empty, with strong references to func and code.
   NULL: no memory, no exception set. */
_PyInterpreterFrame *tc_push_frame(PyThreadState *ts, PyObject *func, PyCodeObject *code);

/* Frames of this function are not seen, by tracebacks or otherwise; it is there for good. */
PyObject *tc_py_hide(PyObject *module, PyObject *func);

/* -- targets.c -- */

/* A native call while its target leads to no version; `signature` is the target's. */
tc_result tc_detour(tc_thread *th, PyObject *func, const char *signature, ...);
/* A result, whose reference is taken, in the representation that was promised, or boxed where it is not such a value. */
tc_result tc_as_promised(PyObject *result, char promise);

/* -- entry.c -- */

PyObject *tc_entry_next(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *kwnames,
                        tc_version *version);

/* -- loops.c -- */

/* The activation of a running loop in this frame, on whatever thread, or NULL. */
tc_loop *tc_find_loop(_PyInterpreterFrame *frame);
/* Makes the interpreter raise the exception that is set in its own frame at `at`, once the callback has returned:
   0: it goes on at an instruction that raises it, -1: the callback must fail. */
int tc_raise_in_loop(_PyInterpreterFrame *frame, int at);
/* The first of the two ways.  0, or -1: the code has no such instruction. */
int tc_raise_by_instruction(_PyInterpreterFrame *frame, int at);

/* -- locals.c -- */

/* Marks beside the site's address in the first word of the extra area. */
enum {
    TC_MATERIALISED = 1,     /* the slots of the frames were filled in that state */
    TC_NO_STATE = 2,         /* native code releases something that has no site: the values are not those of now */
    TC_SITE_MARKS = 3,
};

/* 0, or -1 and an exception.  Swap the functions by which Python code asks for the locals of a frame. */
int tc_hooks_install(void);
void tc_hooks_uninstall(void);
/* Fills the slots of the native frame to which `frame` belongs, if it does to one: it must leave then.  0 or -1. */
int tc_materialise(_PyInterpreterFrame *frame);
/* Whether the slots of a native root frame were filled. */
int tc_is_materialised(_PyInterpreterFrame *root, const int64_t *extra);
/* What was rebuilt then, an owned list or NULL; forgets it. */
PyObject *tc_take_memo(_PyInterpreterFrame *root);

#endif
