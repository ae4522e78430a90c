/* Which types the first arguments of a function come with, before there is a version of it: a version for the types of
   one call would be of little use where most calls are of others. */

#include "tiercel.h"

enum { SAMPLED_ARGUMENTS = 4, SAMPLED_TYPES = 5 };

struct tc_samples {
    uint32_t taken;
    struct {
        PyObject *type;              /* a weak reference: what was seen is not kept alive */
        uint32_t count;
    } seen[SAMPLED_ARGUMENTS][SAMPLED_TYPES];      /* the others are counted by `taken` only */
};

static void
note(struct tc_samples *samples, int argument, PyTypeObject *type)
{
    PyObject *reference = PyWeakref_NewRef((PyObject *)type, NULL);    /* the same one as long as it lives */
    if (reference == NULL) {
        PyErr_Clear();
        return;
    }
    for (int i = 0; i < SAMPLED_TYPES; i++) {
        if (samples->seen[argument][i].type == NULL) {
            samples->seen[argument][i].type = Py_NewRef(reference);
        }
        if (samples->seen[argument][i].type == reference) {
            samples->seen[argument][i].count++;
            break;
        }
    }
    Py_DECREF(reference);
}

void
tc_samples_take(tc_code *record, _PyInterpreterFrame *frame)
{
    int count = record->code->co_argcount;
    if (record->samples == NULL && (record->samples = PyMem_Calloc(1, sizeof(struct tc_samples))) == NULL) {
        return;
    }
    record->samples->taken++;
    for (int i = 0; i < count && i < SAMPLED_ARGUMENTS; i++) {
        PyObject *value = frame->localsplus[i];
        if (value != NULL && !PyCell_Check(value)) {
            note(record->samples, i, Py_TYPE(value));
        }
    }
}

void
tc_samples_free(tc_code *record)
{
    struct tc_samples *samples = record->samples;
    record->samples = NULL;
    for (int i = 0; samples != NULL && i < SAMPLED_ARGUMENTS * SAMPLED_TYPES; i++) {
        Py_XDECREF(samples->seen[i / SAMPLED_TYPES][i % SAMPLED_TYPES].type);
    }
    PyMem_Free(samples);
}

/* argument_types(code): how many calls were looked at, and for each of the first arguments a dict of how often it was of
   which exact type. */
PyObject *
tc_py_argument_types(PyObject *module, PyObject *code)
{
    if (!PyCode_Check(code)) {
        PyErr_SetString(PyExc_TypeError, "argument_types: a code object is needed");
        return NULL;
    }
    tc_code *record = tc_code_get((PyCodeObject *)code);
    struct tc_samples *samples = record ? record->samples : NULL;
    PyObject *arguments = PyList_New(0);
    int count = samples ? ((PyCodeObject *)code)->co_argcount : 0;
    for (int i = 0; arguments != NULL && i < count && i < SAMPLED_ARGUMENTS; i++) {
        PyObject *seen = PyDict_New();
        int failed = seen == NULL || PyList_Append(arguments, seen) < 0;
        for (int j = 0; !failed && j < SAMPLED_TYPES && samples->seen[i][j].type != NULL; j++) {
            PyObject *type = NULL, *times = PyLong_FromUnsignedLong(samples->seen[i][j].count);
            failed = times == NULL || PyWeakref_GetRef(samples->seen[i][j].type, &type) < 0
                     || (type != NULL && PyDict_SetItem(seen, type, times) < 0);
            Py_XDECREF(times);
            Py_XDECREF(type);
        }
        Py_XDECREF(seen);
        if (failed) {
            Py_CLEAR(arguments);
        }
    }
    return arguments ? Py_BuildValue("(IN)", samples ? samples->taken : 0, arguments) : NULL;
}
