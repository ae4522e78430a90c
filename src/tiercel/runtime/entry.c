/* Calls from anywhere into native code: arguments are bound to slots as the interpreter binds them.  Whatever does not
   bind, or matches no version, is the interpreter's. */

#include "exits.h"

typedef struct {
    PyFunctionObject *func;
    PyCodeObject *code;
    int count;                   /* argument slots */
    PyObject **slots;            /* borrowed */
    PyObject *defaults;          /* owned while the call runs: the function may get others */
    PyObject *kwdefaults;        /* owned: the values taken from the dict */
    PyObject *rest;              /* owned: the tuple for *args */
    PyObject *extra;             /* owned: the dict for **kwargs */
} tc_binding;

static void
unbind(tc_binding *binding)
{
    Py_XDECREF(binding->defaults);
    Py_XDECREF(binding->kwdefaults);
    Py_XDECREF(binding->rest);
    Py_XDECREF(binding->extra);
}

static int
slot_count(PyCodeObject *code)
{
    return code->co_argcount + code->co_kwonlyargcount + !!(code->co_flags & CO_VARARGS)
           + !!(code->co_flags & CO_VARKEYWORDS);
}

/* All binding functions: 0, or -1: the interpreter must do it (and raise, if that is what it is). */

static int
bind_positional(tc_binding *binding, PyObject *const *args, Py_ssize_t nargs)
{
    PyCodeObject *code = binding->code;
    Py_ssize_t taken = nargs < code->co_argcount ? nargs : code->co_argcount;
    for (Py_ssize_t i = 0; i < taken; i++) {
        binding->slots[i] = args[i];
    }
    if (!(code->co_flags & CO_VARARGS)) {
        return nargs > taken ? -1 : 0;
    }
    binding->rest = PyTuple_New(nargs - taken);
    if (binding->rest == NULL) {
        return -1;
    }
    for (Py_ssize_t i = taken; i < nargs; i++) {
        PyTuple_SET_ITEM(binding->rest, i - taken, Py_NewRef(args[i]));
    }
    binding->slots[code->co_argcount + code->co_kwonlyargcount] = binding->rest;
    return 0;
}

/* The slot of a keyword, -1: none, -2: the interpreter must look. */
static int
find_keyword(PyCodeObject *code, PyObject *keyword)
{
    int total = code->co_argcount + code->co_kwonlyargcount;
    for (int i = code->co_posonlyargcount; i < total; i++) {
        if (PyTuple_GET_ITEM(code->co_localsplusnames, i) == keyword) {
            return i;
        }
    }
    if (!PyUnicode_CheckExact(keyword)) {
        return -2;
    }
    for (int i = code->co_posonlyargcount; i < total; i++) {
        if (PyUnicode_Compare(PyTuple_GET_ITEM(code->co_localsplusnames, i), keyword) == 0) {
            return i;
        }
    }
    return -1;
}

static int
bind_keywords(tc_binding *binding, PyObject *const *values, PyObject *kwnames)
{
    for (Py_ssize_t i = 0; kwnames != NULL && i < PyTuple_GET_SIZE(kwnames); i++) {
        PyObject *keyword = PyTuple_GET_ITEM(kwnames, i);
        int slot = find_keyword(binding->code, keyword);
        if (slot >= 0) {
            if (binding->slots[slot] != NULL) {
                return -1;
            }
            binding->slots[slot] = values[i];
        }
        else if (slot == -2 || binding->extra == NULL || PyDict_SetItem(binding->extra, keyword, values[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
bind_defaults(tc_binding *binding)
{
    PyCodeObject *code = binding->code;
    PyObject *defaults = binding->defaults = Py_XNewRef(binding->func->func_defaults);
    Py_ssize_t first = code->co_argcount - (defaults ? PyTuple_GET_SIZE(defaults) : 0);
    for (Py_ssize_t i = 0; i < code->co_argcount; i++) {
        if (binding->slots[i] == NULL) {
            if (i < first) {
                return -1;
            }
            binding->slots[i] = PyTuple_GET_ITEM(defaults, i - first);
        }
    }
    return 0;
}

static int
bind_keyword_defaults(tc_binding *binding)
{
    PyCodeObject *code = binding->code;
    for (int i = code->co_argcount; i < code->co_argcount + code->co_kwonlyargcount; i++) {
        if (binding->slots[i] != NULL) {
            continue;
        }
        PyObject *value, *defaults = binding->func->func_kwdefaults;
        if (defaults == NULL
            || PyDict_GetItemRef(defaults, PyTuple_GET_ITEM(code->co_localsplusnames, i), &value) <= 0)
        {
            return -1;
        }
        if (binding->kwdefaults == NULL) {
            binding->kwdefaults = PyList_New(0);
        }
        int status = binding->kwdefaults ? PyList_Append(binding->kwdefaults, value) : -1;
        Py_DECREF(value);
        if (status < 0) {
            return -1;
        }
        binding->slots[i] = value;
    }
    return 0;
}

static int
bind(tc_binding *binding, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyCodeObject *code = binding->code;
    if (code->co_flags & CO_VARKEYWORDS) {
        binding->extra = PyDict_New();
        if (binding->extra == NULL) {
            return -1;
        }
        binding->slots[binding->count - 1] = binding->extra;
    }
    if (bind_positional(binding, args, nargs) < 0 || bind_keywords(binding, args + nargs, kwnames) < 0
        || bind_defaults(binding) < 0 || bind_keyword_defaults(binding) < 0)
    {
        return -1;
    }
    return 0;
}

/* -- versions -- */

static int
fits(tc_version *version, PyFunctionObject *func)
{
    return version->valid && version->bound != NULL && version->globals == func->func_globals
           && version->builtins == func->func_builtins && (PyObject *)version->code == func->func_code;
}

/* Tries a version and those after it; TC_MISMATCH if none takes these types. */
static PyObject *
try_versions(tc_version *version, tc_binding *binding)
{
    tc_thread *th = tc_thread_get();
    while (version != NULL) {
        tc_version *next = version->next;
        if (fits(version, binding->func)) {
            PyObject *result = version->bound(th, (PyObject *)binding->func, binding->slots);
            if (result != TC_MISMATCH) {
                return result;
            }
        }
        version = next;
    }
    return TC_MISMATCH;
}

/* Binds and tries; what nothing takes goes to the interpreter. */
static PyObject *
enter(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *kwnames, tc_version *first)
{
    PyFunctionObject *func = (PyFunctionObject *)callable;
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    int count = slot_count(code);
    PyObject *slots[count + 1];
    for (int i = 0; i <= count; i++) {
        slots[i] = NULL;
    }
    tc_binding binding = {.func = func, .code = code, .count = count, .slots = slots};
    PyObject *result = TC_MISMATCH;
    if (bind(&binding, args, PyVectorcall_NARGS(nargsf), kwnames) == 0) {
        result = try_versions(first, &binding);
        if (result == TC_MISMATCH) {
            tc_note_miss(callable, slots, count);
        }
    }
    else {
        PyErr_Clear();
    }
    unbind(&binding);
    return result != TC_MISMATCH ? result : tc_interpreter_entry(callable, args, nargsf, kwnames);
}

static tc_version *
newest(PyObject *callable)
{
    return tc_versions_of((PyCodeObject *)((PyFunctionObject *)callable)->func_code);
}

PyObject *
tc_generic_entry(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (tc_entry_thread() == NULL) {
        return tc_interpreter_entry(callable, args, nargsf, kwnames);
    }
    return enter(callable, args, nargsf, kwnames, newest(callable));
}

/* An entry did not take the call: the arguments have another shape, or the types are not those of `version`.  The call
   returns to that entry, whose machine code must still be there. */
PyObject *
tc_entry_next(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *kwnames, tc_version *version)
{
    PyCodeObject *code = (PyCodeObject *)((PyFunctionObject *)callable)->func_code;
    int plain = kwnames == NULL && PyVectorcall_NARGS(nargsf) == code->co_argcount && code == version->code;
    PyObject *result;
    version->leaving++;
    if (tc_entry_thread() == NULL) {
        result = tc_interpreter_entry(callable, args, nargsf, kwnames);
    }
    else {
        result = enter(callable, args, nargsf, kwnames, plain ? version->next : newest(callable));
    }
    version->leaving--;
    return result;
}
