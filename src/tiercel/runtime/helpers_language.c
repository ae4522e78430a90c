/* Patterns, imports and deletions: what instructions come to that CPython does in functions of its own. */

#include "helpers.h"

/* -- classes -- */

/* Whether `__class__` of instances of a type is their type, as far as can be told without running code. */
static int
is_plain(PyTypeObject *type)
{
    static PyObject *names[2], *plain[2];
    for (int i = 0; i < 2; i++) {
        if (plain[i] == NULL) {
            names[i] = PyUnicode_InternFromString(i == 0 ? "__class__" : "__getattribute__");
            plain[i] = names[i] == NULL ? NULL : _PyType_Lookup(&PyBaseObject_Type, names[i]);
            if (plain[i] == NULL) {
                PyErr_Clear();
                return 0;
            }
        }
    }
    return _PyType_Lookup(type, names[0]) == plain[0]
           && (type->tp_getattro == PyObject_GenericGetAttr || _PyType_Lookup(type, names[1]) == plain[1]
               || type == &PyType_Type || type == &PyModule_Type || type == &PySuper_Type);
}

int
tc_instance_of(PyObject *object, PyObject *class)
{
    if (PyType_IsSubtype(Py_TYPE(object), (PyTypeObject *)class)) {
        return 1;
    }
    return is_plain(Py_TYPE(object)) ? 0 : -1;
}

/* -- patterns -- */

PyObject *
tc_match_class(PyObject *subject, PyObject *class, PyObject *names, int64_t positional)
{
    PyObject *found = _PyEval_MatchClass(PyThreadState_GetUnchecked(), subject, class, (Py_ssize_t)positional, names);
    return found != NULL || PyErr_Occurred() ? found : Py_NewRef(Py_None);
}

PyObject *
tc_match_keys(PyObject *mapping, PyObject *keys)
{
    return _PyEval_MatchKeys(PyThreadState_GetUnchecked(), mapping, keys);
}

PyObject *
tc_check_eg_match(PyObject *exc, PyObject *wanted)
{
    PyObject *match = NULL, *rest = NULL;
    if (_PyEval_CheckExceptStarTypeValid(PyThreadState_GetUnchecked(), wanted) < 0
        || _PyEval_ExceptionGroupMatch(exc, wanted, &match, &rest) < 0 || match == NULL)
    {
        return NULL;
    }
    if (match != Py_None) {
        PyErr_SetHandledException(match);
    }
    PyObject *pair = PyTuple_Pack(2, rest, match);
    Py_DECREF(rest);
    Py_DECREF(match);
    return pair;
}

/* -- the intrinsics of CALL_INTRINSIC_1 and CALL_INTRINSIC_2 -- */

PyObject *
tc_intrinsic_1(PyObject *value, int64_t number)
{
    return _PyIntrinsics_UnaryFunctions[number].func(PyThreadState_GetUnchecked(), value);
}

PyObject *
tc_intrinsic_2(PyObject *value, PyObject *other, int64_t number)
{
    return _PyIntrinsics_BinaryFunctions[number].func(PyThreadState_GetUnchecked(), value, other);
}

/* -- imports -- */

PyObject *
tc_import_name(PyObject *globals, PyObject *builtins, PyObject *locals, PyObject *name, PyObject *level,
               PyObject *fromlist)
{
    PyObject *import;
    if (PyMapping_GetOptionalItemString(builtins, "__import__", &import) <= 0) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ImportError, "__import__ not found");
        }
        return NULL;
    }
    PyObject *args[] = {name, globals, locals, fromlist, level};
    PyObject *result;
    if (import == PyThreadState_GetUnchecked()->interp->imports.import_func) {
        int depth = PyLong_AsInt(level);
        result = depth == -1 && PyErr_Occurred()
                     ? NULL : PyImport_ImportModuleLevelObject(name, globals, locals, fromlist, depth);
    }
    else {
        result = PyObject_Vectorcall(import, args, 5, NULL);
    }
    Py_DECREF(import);
    return result;
}

PyObject *
tc_import_from(PyObject *module, PyObject *name)
{
    return PyModule_CheckExact(module) ? tc_dict_get_simple(PyModule_GetDict(module), name) : NULL;
}

/* -- for the evaluator: the modules that are there (not `sys.modules`, which may have been replaced), and the function
      that `import` calls unless another has taken its place -- */

PyObject *
tc_py_imports(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    struct _import_state *imports = &PyThreadState_GetUnchecked()->interp->imports;
    return PyTuple_Pack(2, imports->modules, imports->import_func);
}
