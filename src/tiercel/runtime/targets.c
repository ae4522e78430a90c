/* Targets: what native code calls when it calls another function natively.

   A caller does not call a version but the address that it finds in a target, which stands for a function's native
   forms with the same parameters and the same promise of a result.  While a version keeps that promise the address is
   that of its native form.  When it is retired the address becomes that of a *detour*, machine code of the same form
   that calls the function as anybody would; another version may take the target over later.  So callers live on. */

#include "exits.h"

#include <string.h>

static void
refresh(tc_target *target)
{
    tc_version *version = target->version;
    target->native = version && !version->suspended ? version->native : target->detour;
}

void
tc_refresh_targets(tc_version *version)
{
    PyObject *targets = version->targets;
    for (Py_ssize_t i = 0; targets != NULL && i < PyList_GET_SIZE(targets); i++) {
        tc_target *target = (tc_target *)PyList_GET_ITEM(targets, i);
        if (target->version == version && target->detour != NULL) {
            refresh(target);
        }
    }
}

void
tc_leave_targets(tc_version *version)
{
    PyObject *targets = version->targets;
    for (Py_ssize_t i = 0; targets != NULL && i < PyList_GET_SIZE(targets); i++) {
        tc_target *target = (tc_target *)PyList_GET_ITEM(targets, i);
        if (target->version == version) {
            target->version = NULL;
            refresh(target);
        }
    }
}

/* -- detours -- */

/* A result in the representation that was promised, where it can be; takes the reference.  Letters are those of
   parameters, and `n` for an int that is not negative. */
tc_result
tc_as_promised(PyObject *result, char promise)
{
    tc_result boxed = {(int64_t)(uintptr_t)result, result ? TC_BOXED : TC_ERROR};
    int64_t payload = 0;
    int overflow = 0;
    if (result == NULL || promise == '\0') {
        return boxed;
    }
    if (promise == 'o') {
        return (tc_result){boxed.payload, TC_DECLARED};
    }
    if (promise == 'f' && PyFloat_CheckExact(result)) {
        memcpy(&payload, &((PyFloatObject *)result)->ob_fval, sizeof(payload));
    }
    else if (promise == 'b' && PyBool_Check(result)) {
        payload = result == Py_True;
    }
    else if (promise == 'u' && PyLong_CheckExact(result)) {
        payload = (int64_t)PyLong_AsUnsignedLongLong(result);
        if (payload == -1 && PyErr_Occurred()) {
            PyErr_Clear();
            return boxed;
        }
    }
    else if ((promise == 'i' || promise == 'n') && PyLong_CheckExact(result)) {
        payload = PyLong_AsLongLongAndOverflow(result, &overflow);
        if (overflow || (promise == 'n' && payload < 0)) {
            return boxed;
        }
    }
    else {
        return boxed;
    }
    Py_DECREF(result);
    return (tc_result){payload, TC_DECLARED};
}

enum { FIRST_DETOURS = 1000 };

/* A caller would be better off with what there is now.  The control is asked at 1000 such calls, 2000, 4000, ... */
static void
note_detour(tc_thread *th)
{
    tc_version *caller = tc_calling_version(th->ts);
    uint64_t times = caller ? ++caller->detours / FIRST_DETOURS : 0;
    if (times && caller->detours % FIRST_DETOURS == 0 && (times & (times - 1)) == 0 && caller->valid) {
        tc_note_detours(caller);
    }
}

tc_result
tc_detour(tc_thread *th, PyObject *func, const char *signature, ...)
{
    const char *kinds = signature + 1;
    int count = (int)strlen(kinds);
    PyObject *slots[count + 1];
    va_list values;
    Py_INCREF(func);
    va_start(values, signature);
    int status = tc_box_arguments(kinds, count, slots, values);
    va_end(values);
    PyObject *result = status == 0 ? tc_call_anew(th, func, slots, count) : NULL;
    for (int i = 0; i < count; i++) {
        Py_XDECREF(slots[i]);
    }
    tc_result answer = tc_as_promised(result, signature[0]);
    if (answer.kind == TC_BOXED
        || (answer.kind == TC_DECLARED && ((PyFunctionObject *)func)->vectorcall != tc_interpreter_entry))
    {
        note_detour(th);
    }
    Py_DECREF(func);
    return answer;
}

/* -- the type -- */

static PyObject *
target_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"signature", NULL};
    const char *signature;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s:Target", names, &signature)) {
        return NULL;
    }
    if (signature[0] == '\0' || strchr("ofinub", signature[0]) == NULL) {
        PyErr_SetString(PyExc_ValueError, "Target: the signature must begin with the letter of the result");
        return NULL;
    }
    tc_target *target = (tc_target *)type->tp_alloc(type, 0);
    if (target != NULL) {
        target->signature = PyMem_Malloc(strlen(signature) + 1);
        if (target->signature == NULL) {
            Py_DECREF(target);
            return PyErr_NoMemory();
        }
        strcpy(target->signature, signature);
    }
    return (PyObject *)target;
}

static void
target_dealloc(tc_target *target)
{
    if (target->weakrefs != NULL) {
        PyObject_ClearWeakRefs((PyObject *)target);
    }
    PyMem_Free(target->signature);
    Py_TYPE(target)->tp_free((PyObject *)target);
}

static PyObject *
target_repr(tc_target *target)
{
    return PyUnicode_FromFormat("<Target %s: %V>", target->signature, target->version ? target->version->name : NULL,
                                "detour");
}

PyDoc_STRVAR(lead_to_doc, "lead_to(version): calls go to the native form of that version, until it is retired.");

static PyObject *
target_lead_to(tc_target *target, PyObject *arg)
{
    tc_version *version = (tc_version *)arg;
    if (!Py_IS_TYPE(arg, &tc_version_type)) {
        return PyErr_Format(PyExc_TypeError, "lead_to: not a Version: %R", arg);
    }
    if (!version->valid) {
        Py_RETURN_NONE;                  /* retired meanwhile */
    }
    if (target->version != NULL || version->native == NULL
        || strcmp(target->signature + 1, version->param_kinds) != 0)
    {
        PyErr_SetString(PyExc_ValueError, "lead_to: it leads to a version, or this one has no such native form");
        return NULL;
    }
    if (version->targets == NULL && (version->targets = PyList_New(0)) == NULL) {
        return NULL;
    }
    if (PyList_Append(version->targets, (PyObject *)target) < 0) {
        return NULL;
    }
    target->version = version;
    refresh(target);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(set_detour_doc, "set_detour(address): machine code, there for good, for calls while it leads to no version.\n"
                             "Before any native code calls.");

static PyObject *
target_set_detour(tc_target *target, PyObject *arg)
{
    unsigned long long address = PyLong_AsUnsignedLongLong(arg);
    if (PyErr_Occurred()) {
        return NULL;
    }
    target->detour = (void *)(uintptr_t)address;
    refresh(target);
    Py_RETURN_NONE;
}

static PyObject *
target_get_version(tc_target *target, void *closure)
{
    return Py_NewRef(target->version ? (PyObject *)target->version : Py_None);
}

static PyObject *
target_get_address(tc_target *target, void *closure)
{
    return PyLong_FromVoidPtr(&target->native);
}

static PyObject *
target_get_native(tc_target *target, void *closure)
{
    return PyLong_FromVoidPtr(target->native);
}

static PyObject *
target_get_detour(tc_target *target, void *closure)
{
    return PyLong_FromVoidPtr(target->detour);
}

static PyMethodDef target_methods[] = {
    {"lead_to", (PyCFunction)target_lead_to, METH_O, lead_to_doc},
    {"set_detour", (PyCFunction)target_set_detour, METH_O, set_detour_doc},
    {NULL},
};

static PyMemberDef target_members[] = {
    {"signature", Py_T_STRING, offsetof(tc_target, signature), Py_READONLY, "of the result, then of the parameters"},
    {NULL},
};

static PyGetSetDef target_getset[] = {
    {"version", (getter)target_get_version, NULL, "where calls go, or None", NULL},
    {"address", (getter)target_get_address, NULL, "where callers find the address that they call", NULL},
    {"native", (getter)target_get_native, NULL, "that address", NULL},
    {"detour", (getter)target_get_detour, NULL, "0: none was set", NULL},
    {NULL},
};

PyDoc_STRVAR(target_doc, "Target(signature)\n--\n\n"
                         "What native code calls: the native form of whichever version keeps what the signature says.");

PyTypeObject tc_target_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tiercel._runtime.Target",
    .tp_doc = target_doc,
    .tp_basicsize = sizeof(tc_target),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = target_new,
    .tp_dealloc = (destructor)target_dealloc,
    .tp_repr = (reprfunc)target_repr,
    .tp_weaklistoffset = offsetof(tc_target, weakrefs),
    .tp_methods = target_methods,
    .tp_members = target_members,
    .tp_getset = target_getset,
};
