/* Exceptions in native code: raised by it, caught by it, and being handled by it. */

#include "helpers.h"
#include "exits.h"

/* -- raising: an exception is set afterwards, whatever happens -- */

/* An exception of a class or the one given, a new reference.  NULL and an exception. */
static PyObject *
instantiated(PyObject *exc, const char *complaint)
{
    if (PyExceptionInstance_Check(exc)) {
        return Py_NewRef(exc);
    }
    if (!PyExceptionClass_Check(exc)) {
        PyErr_SetString(PyExc_TypeError, complaint);
        return NULL;
    }
    PyObject *value = PyObject_CallNoArgs(exc);
    if (value != NULL && !PyExceptionInstance_Check(value)) {
        PyErr_Format(PyExc_TypeError, "calling %R should have returned an instance of BaseException, not %R", exc,
                     Py_TYPE(value));
        Py_CLEAR(value);
    }
    return value;
}

void
tc_raise(PyObject *exc, PyObject *cause)
{
    PyObject *value = instantiated(exc, "exceptions must derive from BaseException");
    if (value == NULL) {
        return;
    }
    PyObject *type = Py_NewRef(PyExceptionClass_Check(exc) ? exc : PyExceptionInstance_Class(value));
    PyObject *fixed = NULL;
    int failed = 0;
    if (cause != NULL) {
        if (cause != Py_None) {
            fixed = instantiated(cause, "exception causes must derive from BaseException");
            failed = fixed == NULL;
        }
        if (!failed) {
            PyException_SetCause(value, fixed);      /* takes the reference */
        }
    }
    if (!failed) {
        PyErr_SetObject(type, value);
    }
    Py_DECREF(value);
    Py_DECREF(type);
}

void
tc_raise_again(tc_thread *th, PyObject *exc, int64_t at)
{
    _PyInterpreterFrame *frame = th->ts->current_frame;
    frame->instr_ptr = _PyCode_CODE(_PyFrame_GetCode(frame)) + at;
    PyErr_SetRaisedException(Py_NewRef(exc));
}

/* -- catching -- */

/* Ends the innermost frames of a state, which are of inlined code: the entries in the traceback keep their locals. */
static void
end_inlined(tc_thread *th, _PyInterpreterFrame *root, Py_ssize_t ending)
{
    PyThreadState *ts = th->ts;
    int64_t *extra = tc_extra_of(ts, root);
    tc_site *site = (tc_site *)((uintptr_t)extra[0] & ~(uintptr_t)TC_SITE_MARKS);
    Py_ssize_t count = tc_value_count(site->desc);
    int64_t raw[count + 1];
    PyObject *objects[count + 1];
    tc_state_frame frames[tc_frame_count(site->desc)];
    tc_state state = {.th = th, .site = site, .root = root, .raw = raw, .objects = objects, .frames = frames};
    tc_read_values(site->desc, extra, raw);
    tc_read_state(&state, site->desc);
    PyObject *exc = tc_take_exception(ts);
    tc_share_values(&state);
    tc_find_linked(&state, ts->current_frame);
    for (Py_ssize_t i = 0; i < ending; i++) {
        _PyInterpreterFrame *frame = frames[i].frame, *caller = frame->previous;
        if (tc_fill_frame(&state, &frames[i]) < 0) {
            Py_SETREF(exc, PyErr_GetRaisedException());      /* as the interpreter: the MemoryError takes its place */
        }
        frame->stacktop = tc_stack_top(&frames[i]);
        ts->current_frame = caller;
        ts->py_recursion_remaining++;
        _PyEval_FrameClearAndPop(ts, frame);
        caller->instr_ptr = _PyCode_CODE(frames[i + 1].code) + frames[i + 1].at;
        tc_give_exception(ts, exc);
        tc_add_traceback(ts, caller);
        exc = tc_take_exception(ts);
    }
    tc_release_values(&state);
    tc_give_exception(ts, exc);
}

PyObject *
tc_catch(tc_thread *th, _PyInterpreterFrame *root, int64_t ending, int64_t again)
{
    if (!again) {
        tc_add_traceback(th->ts, th->ts->current_frame);
    }
    if (ending > 0) {
        end_inlined(th, root, (Py_ssize_t)ending);
    }
    return tc_take_exception(th->ts);
}

int
tc_frame_is_held(_PyInterpreterFrame *frame)
{
    PyFrameObject *object = frame->frame_obj;
    if (Py_REFCNT(object) > 1) {
        return 1;
    }
    frame->frame_obj = NULL;
    Py_DECREF(object);
    return 0;
}

/* -- handling -- */

PyObject *
tc_push_exc_info(PyThreadState *ts, PyObject *exc)
{
    _PyErr_StackItem *handled = ts->exc_info;
    PyObject *before = handled->exc_value;
    handled->exc_value = Py_NewRef(exc);
    return before != NULL ? before : Py_None;
}

PyObject *
tc_pop_except(PyThreadState *ts, PyObject *before, int64_t stolen)
{
    _PyErr_StackItem *handled = ts->exc_info;
    PyObject *exc = handled->exc_value;
    if (before == Py_None) {
        before = NULL;
    }
    else if (!stolen) {
        Py_INCREF(before);
    }
    handled->exc_value = before;
    return exc;
}

int
tc_exc_matches(PyObject *exc, PyObject *type)
{
    return PyType_IsSubtype(Py_TYPE(exc), (PyTypeObject *)type);
}

int
tc_check_exc_match(PyObject *exc, PyObject *wanted)
{
    if (_PyEval_CheckExceptTypeValid(PyThreadState_GetUnchecked(), wanted) < 0) {
        return -1;
    }
    return PyErr_GivenExceptionMatches(exc, wanted);
}

PyObject *
tc_exc_traceback(PyObject *exc)
{
    PyObject *traceback = PyException_GetTraceback(exc);
    return traceback != NULL ? traceback : Py_NewRef(Py_None);
}

PyObject *
tc_load_special(PyObject *object, PyObject *name)
{
    PyObject *method = _PyObject_LookupSpecial(object, name);
    if (method == NULL && !PyErr_Occurred()) {
        int is_async = PyUnicode_READ_CHAR(name, 2) == 'a';
        const char *missed = PyUnicode_EqualToUTF8(name, "__exit__") ? " (missed __exit__ method)"
                             : PyUnicode_EqualToUTF8(name, "__aexit__") ? " (missed __aexit__ method)" : "";
        PyErr_Format(PyExc_TypeError, "'%.200s' object does not support the %scontext manager protocol%s",
                     Py_TYPE(object)->tp_name, is_async ? "asynchronous " : "", missed);
    }
    return method;
}

/* -- for the graph interpreter: what is being handled, exchanged (None: nothing) -- */

PyObject *
tc_py_exchange_handled(PyObject *module, PyObject *exc)
{
    PyThreadState *ts = PyThreadState_GetUnchecked();
    PyObject *before = exc == Py_None ? tc_pop_except(ts, exc, 0) : tc_push_exc_info(ts, exc);
    return before != NULL ? before : Py_NewRef(Py_None);
}
