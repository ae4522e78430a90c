/* Running loops: native code that takes the interpreter's own frame over, within a callback of the JUMP event, and
   leaves it so that the interpreter goes on in it. */

#include "exits.h"

#include <opcode_ids.h>

/* All that are active; they lie on the C stacks of their threads, so nothing is assumed of their order. */
static tc_loop *active;

tc_loop *
tc_find_loop(_PyInterpreterFrame *frame)
{
    tc_loop *loop = active;
    while (loop != NULL && loop->frame != frame) {
        loop = loop->next;
    }
    return loop;
}

int64_t *
tc_extra_of(PyThreadState *Py_UNUSED(ts), _PyInterpreterFrame *frame)
{
    tc_loop *loop = tc_find_loop(frame);
    if (loop != NULL) {
        return loop->extra;
    }
    return (int64_t *)((PyObject **)frame + _PyFrame_GetCode(frame)->co_framesize);
}

int
tc_is_watched(_PyInterpreterFrame *frame)
{
    return frame->frame_obj != NULL && Py_REFCNT(frame->frame_obj) > 1;
}

/* A class body, or code run by exec: its names are neither in slots nor globals. */
static int
has_namespace(_PyInterpreterFrame *frame)
{
    return frame->f_locals != NULL && frame->f_locals != frame->f_globals;
}

/* In the child of a fork the other threads are gone, and soon their stacks. */
static void
forget_other_threads(void)
{
    tc_loop **link = &active;
    while (*link != NULL) {
        if (pthread_equal((*link)->thread, pthread_self())) {
            link = &(*link)->next;
        }
        else {
            *link = (*link)->next;
        }
    }
}

void
tc_loops_init(void)
{
    (void)pthread_atfork(NULL, NULL, forget_other_threads);
}

tc_loop *
tc_loop_make(tc_thread *th, int64_t *room, tc_version *version, _PyInterpreterFrame *frame)
{
    tc_loop *loop = (tc_loop *)room;
    *loop = (tc_loop){.frame = frame, .extra = room + TC_LOOP_WORDS - 1, .thread = th->self};
    loop->extra[0] = (int64_t)(uintptr_t)version->sites;
    version->used = 1;
    return loop;
}

void
tc_loop_begin(tc_loop *loop)
{
    loop->next = active;
    active = loop;
}

void
tc_loop_end(tc_loop *loop)
{
    tc_loop **link = &active;
    while (*link != loop) {
        link = &(*link)->next;
    }
    *link = loop->next;
}

int
tc_run_loop(tc_version *version, _PyInterpreterFrame *frame)
{
    tc_thread *th = tc_thread_get();
    if (!version->valid || version->enter == NULL || tc_stack_is_low(th) || tc_is_watched(frame)
        || has_namespace(frame))
    {
        return 0;
    }
    int64_t room[TC_LOOP_WORDS + version->extra_words];
    tc_loop *loop = tc_loop_make(th, room, version, frame);
    tc_loop_begin(loop);
    loop->jump = (int)(frame->instr_ptr - _PyCode_CODE(version->code)) + tc_jump_size - version->loop_at;
    int saved_tracing = th->ts->tracing;
    th->ts->tracing = 0;
    version->leaving++;
    int64_t outcome = version->enter(th, frame, loop->extra);
    version->leaving--;
    th->ts->tracing = saved_tracing;
    tc_loop_end(loop);
    return outcome == 2 ? -1 : (int)outcome;
}

/* -- raising where there is no handler -- */

/* Exception table entries: start, length, target, depth and lasti in groups of six bits. */
static int
read_number(const unsigned char **entry)
{
    int value = **entry & 63;
    while (**entry & 64) {
        (*entry)++;
        value = (value << 6) | (**entry & 63);
    }
    (*entry)++;
    return value;
}

/* Whether a handler covers an instruction (code units). */
static int
is_covered(PyCodeObject *code, int at)
{
    const unsigned char *entry = (const unsigned char *)PyBytes_AS_STRING(code->co_exceptiontable);
    const unsigned char *end = entry + PyBytes_GET_SIZE(code->co_exceptiontable);
    while (entry < end) {
        int start = read_number(&entry);
        int length = read_number(&entry);
        (void)read_number(&entry);
        (void)read_number(&entry);
        if (start <= at && at < start + length) {
            return 1;
        }
    }
    return 0;
}

/* An instruction that raises what is on the stack and that no handler covers; its argument goes to `oparg`.  -1: there
   is none.  The bytes are the code unspecialised, its inline caches zero, so that no unit looks like another. */
static int
find_reraise(PyCodeObject *code, int *oparg)
{
    PyObject *bytes = PyCode_GetCode(code);
    if (bytes == NULL) {
        PyErr_Clear();
        return -1;
    }
    const unsigned char *units = (const unsigned char *)PyBytes_AS_STRING(bytes);
    int count = (int)(PyBytes_GET_SIZE(bytes) / 2), found = -1;
    for (int at = 0; at < count && found < 0; at++) {
        if (units[2 * at] == RERAISE && !is_covered(code, at)) {
            found = at;
            *oparg = units[2 * at + 1];
        }
    }
    Py_DECREF(bytes);
    return found;
}

int
tc_raise_by_instruction(_PyInterpreterFrame *frame, int at)
{
    PyCodeObject *code = _PyFrame_GetCode(frame);
    int oparg = 0, reraise = find_reraise(code, &oparg);
    if (reraise < 0) {
        return -1;
    }
    tc_traceback_here(PyThreadState_GetUnchecked(), frame, at);
    PyObject *exc = PyErr_GetRaisedException();
    PyObject *lasti = oparg ? PyLong_FromLong(at) : NULL;
    if (oparg && lasti == NULL) {
        Py_DECREF(exc);
        return -1;
    }
    while (frame->stacktop > code->co_nlocalsplus) {
        frame->stacktop--;
        Py_CLEAR(frame->localsplus[frame->stacktop]);
    }
    for (int i = 0; i < oparg; i++) {
        _PyFrame_StackPush(frame, i == 0 ? lasti : Py_NewRef(Py_None));
    }
    _PyFrame_StackPush(frame, exc);
    frame->instr_ptr = _PyCode_CODE(code) + reraise;
    return 0;
}

int
tc_raise_in_loop(_PyInterpreterFrame *frame, int at)
{
    PyCodeObject *code = _PyFrame_GetCode(frame);
    tc_loop *loop = tc_find_loop(frame);
    if (is_covered(code, tc_failed_jump_offset(code, loop->jump)) && tc_raise_by_instruction(frame, at) == 0) {
        return 0;
    }
    frame->instr_ptr = _PyCode_CODE(code) + at;
    return -1;
}
