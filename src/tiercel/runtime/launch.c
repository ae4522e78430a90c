/* Running a program as `python` does: below its first frame there is none of ours, and what ends it is reported as
   CPython's own main function reports it. */

#include "tiercel.h"
#include "launch.h"

#include <internal/pycore_runtime.h>

/* What has been set aside while the program runs: the frames below it, and the recursion they cost. */
typedef struct {
    _PyInterpreterFrame *frame;
    int recursion;
} tc_hidden;

static tc_hidden
hide_frames(PyThreadState *ts)
{
    tc_hidden hidden = {ts->current_frame, ts->py_recursion_limit - ts->py_recursion_remaining};
    ts->current_frame = NULL;
    ts->py_recursion_remaining += hidden.recursion;
    return hidden;
}

static void
show_frames(PyThreadState *ts, tc_hidden hidden)
{
    ts->current_frame = hidden.frame;
    ts->py_recursion_remaining -= hidden.recursion;
}

PyDoc_STRVAR(run_file_doc, "run_file(path, name): runs a script in `__main__`; the exit status.");

static PyObject *
run_file(PyObject *module, PyObject *args)
{
    PyObject *path;
    const char *name;
    if (!PyArg_ParseTuple(args, "O&s:run_file", PyUnicode_FSConverter, &path, &name)) {
        return NULL;
    }
    FILE *file = fopen(PyBytes_AS_STRING(path), "rb");
    if (file == NULL) {
        PyErr_SetFromErrnoWithFilename(PyExc_OSError, PyBytes_AS_STRING(path));
        Py_DECREF(path);
        return NULL;
    }
    PyThreadState *ts = PyThreadState_Get();
    tc_hidden hidden = hide_frames(ts);
    PyCompilerFlags flags = _PyCompilerFlags_INIT;
    int failed = PyRun_AnyFileExFlags(file, name, 1, &flags) != 0;
    show_frames(ts, hidden);
    Py_DECREF(path);
    return PyLong_FromLong(failed);
}

PyDoc_STRVAR(run_stdin_doc, "run_stdin(): runs what the standard input says, as a dialogue if it is a terminal.");

static PyObject *
run_stdin(PyObject *module, PyObject *unused)
{
    PyThreadState *ts = PyThreadState_Get();
    tc_hidden hidden = hide_frames(ts);
    PyCompilerFlags flags = _PyCompilerFlags_INIT;
    int failed = PyRun_AnyFileExFlags(stdin, "<stdin>", 0, &flags) != 0;
    show_frames(ts, hidden);
    return PyLong_FromLong(failed);
}

PyDoc_STRVAR(run_string_doc, "run_string(source): runs a program text in `__main__`; the exit status.");

static PyObject *
run_string(PyObject *module, PyObject *source)
{
    const char *text = PyBytes_AsString(source);
    if (text == NULL) {
        return NULL;
    }
    PyThreadState *ts = PyThreadState_Get();
    tc_hidden hidden = hide_frames(ts);
    PyCompilerFlags flags = _PyCompilerFlags_INIT;
    int failed = PyRun_SimpleStringFlags(text, &flags) != 0;
    show_frames(ts, hidden);
    return PyLong_FromLong(failed);
}

PyDoc_STRVAR(run_callable_doc, "run_callable(callable, *args): calls it; the exit status.");

static PyObject *
run_callable(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1) {
        PyErr_SetString(PyExc_TypeError, "run_callable: nothing to call");
        return NULL;
    }
    PyThreadState *ts = PyThreadState_Get();
    tc_hidden hidden = hide_frames(ts);
    PyObject *result = PyObject_Vectorcall(args[0], args + 1, (size_t)(nargs - 1), NULL);
    if (result == NULL) {
        if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) {
            _PyRuntime.signals.unhandled_keyboard_interrupt = 1;     /* CPython will end by the signal */
        }
        PyErr_Print();          /* does not come back after SystemExit */
    }
    show_frames(ts, hidden);
    int failed = result == NULL;
    Py_XDECREF(result);
    return PyLong_FromLong(failed);
}

PyMethodDef tc_launch_methods[] = {
    {"run_file", run_file, METH_VARARGS, run_file_doc},
    {"run_stdin", run_stdin, METH_NOARGS, run_stdin_doc},
    {"run_string", run_string, METH_O, run_string_doc},
    {"run_callable", (PyCFunction)(void (*)(void))run_callable, METH_FASTCALL, run_callable_doc},
    {NULL},
};
