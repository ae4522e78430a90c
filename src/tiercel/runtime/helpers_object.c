/* Operations on names, attributes, calls and functions. */

#include "helpers.h"

int
tc_del_attr(PyObject *object, PyObject *name)
{
    return PyObject_SetAttr(object, name, NULL);
}

PyObject *
tc_get_method(PyObject *object, PyObject *name, int64_t *is_method)
{
    PyObject *method = NULL;
    *is_method = _PyObject_GetMethod(object, name, &method);
    return method;
}

static PyObject *
name_error(PyObject *name)
{
    PyErr_Format(PyExc_NameError, "name '%.200s' is not defined", PyUnicode_AsUTF8(name));
    PyObject *exc = PyErr_GetRaisedException();
    if (PyErr_GivenExceptionMatches(exc, PyExc_NameError) && PyObject_SetAttrString(exc, "name", name) < 0) {
        PyErr_Clear();
    }
    PyErr_SetRaisedException(exc);
    return NULL;
}

PyObject *
tc_load_global(PyObject *globals, PyObject *builtins, PyObject *name)
{
    PyObject *value;
    int found;
    Py_INCREF(globals);
    Py_INCREF(builtins);
    found = PyMapping_GetOptionalItem(globals, name, &value);
    if (found == 0) {
        found = PyMapping_GetOptionalItem(builtins, name, &value);
    }
    Py_DECREF(builtins);
    Py_DECREF(globals);
    return found == 0 ? name_error(name) : value;
}

int
tc_store_global(PyObject *globals, PyObject *name, PyObject *value)
{
    return PyDict_SetItem(globals, name, value);
}

int
tc_delete_global(PyObject *globals, PyObject *name)
{
    int found = PyDict_Pop(globals, name, NULL);
    if (found == 0) {
        name_error(name);
    }
    return found == 1 ? 0 : -1;
}

PyObject *
tc_call_ex(PyObject *callable, PyObject *args, PyObject *kwargs)
{
    if (PyTuple_CheckExact(args)) {
        return PyObject_Call(callable, args, kwargs);
    }
    if (Py_TYPE(args)->tp_iter == NULL && !PySequence_Check(args)) {
        PyObject *name = _PyObject_FunctionStr(callable);
        if (name != NULL) {
            PyErr_Format(PyExc_TypeError, "%U argument after * must be an iterable, not %.200s", name,
                         Py_TYPE(args)->tp_name);
            Py_DECREF(name);
        }
        return NULL;
    }
    PyObject *tuple = PySequence_Tuple(args);
    if (tuple == NULL) {
        return NULL;
    }
    PyObject *result = PyObject_Call(callable, tuple, kwargs);
    Py_DECREF(tuple);
    return result;
}

PyObject *
tc_call_method(PyObject *name, PyObject *const *args, int64_t count, PyObject *kwnames)
{
    return PyObject_VectorcallMethod(name, args, (size_t)count, kwnames);
}

PyObject *
tc_check_result(PyObject *callable, PyObject *result)
{
    return _Py_CheckFunctionResult(PyThreadState_Get(), callable, result, NULL);
}

PyObject *
tc_builtin_method_new(PyObject *method, PyObject *self)
{
    PyObject *bound = Py_TYPE(method)->tp_descr_get(method, self, (PyObject *)Py_TYPE(self));
    if (bound == NULL) {
        Py_FatalError("no memory for a method");
    }
    return bound;
}

/* An instance as object.__new__ makes it. */
PyObject *
tc_instance_new(PyTypeObject *type)
{
    PyObject *object = type->tp_alloc(type, 0);
    if (object == NULL) {
        Py_FatalError("no memory for an instance");
    }
    return object;
}

/* The number of the entry of a name in keys that are all exact strings (unicodekeys_lookup_unicode in dictobject.c), or
   -1: no code of the program runs. */
static Py_ssize_t
find_entry(PyDictKeysObject *keys, PyObject *name)
{
    PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
    Py_hash_t hash = tc_hash(name);
    size_t mask = (size_t)DK_SIZE(keys) - 1, perturb = (size_t)hash, i = (size_t)hash & mask;
    Py_ssize_t index;
    while ((index = tc_dict_index(keys, i)) != DKIX_EMPTY) {
        PyObject *key = index >= 0 ? entries[index].me_key : NULL;
        if (key == name || (key != NULL && ((PyASCIIObject *)key)->hash == hash && tc_str_eq(key, name))) {
            return index;
        }
        i = tc_next_place(i, &perturb) & mask;
    }
    return -1;
}

/* The place of a name in a dict that shares no keys, or NULL. */
static PyObject **
dict_place(PyDictObject *dict, PyObject *name, int64_t hint)
{
    PyDictKeysObject *keys = dict->ma_keys;
    if (!DK_IS_UNICODE(keys)) {
        return NULL;
    }
    PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
    if (hint >= 0 && hint < keys->dk_nentries && entries[hint].me_key == name) {
        return &entries[hint].me_value;
    }
    Py_ssize_t index = find_entry(keys, name);
    return index < 0 ? NULL : &entries[index].me_value;
}

/* `index`: of the name among those that the instances of its type share. */
static PyObject **
own_place(PyObject *object, PyObject *name, int64_t index, int64_t hint)
{
    PyDictObject *dict = _PyObject_ManagedDictPointer(object)->dict;
    if (dict != NULL && dict->ma_values == NULL) {
        return dict_place(dict, name, hint);
    }
    PyDictValues *values = dict != NULL ? dict->ma_values : _PyObject_InlineValues(object);
    if (dict != NULL && dict->ma_keys != ((PyHeapTypeObject *)Py_TYPE(object))->ht_cached_keys) {
        return NULL;
    }
    return values->valid && index >= 0 ? &values->values[index] : NULL;
}

PyObject *
tc_own_load(PyObject *object, PyObject *name, int64_t index, int64_t hint)
{
    PyObject **place = own_place(object, name, index, hint);
    return place == NULL ? NULL : *place;
}

/* What CPython does besides when a value of a dict is replaced.  -1: somebody watches the dict. */
static int
note_written(PyDictObject *dict, PyObject *value)
{
    uint64_t bits = dict->ma_version_tag & DICT_WATCHER_AND_MODIFICATION_MASK;
    if (bits & DICT_WATCHER_MASK) {
        return -1;
    }
    dict->ma_version_tag = DICT_NEXT_VERSION(_PyInterpreterState_Main()) | bits;
    if (PyObject_IS_GC(value) && !PyObject_GC_IsTracked((PyObject *)dict)) {
        PyObject_GC_Track(dict);
    }
    return 0;
}

PyObject *
tc_own_store(PyObject *object, PyObject *name, int64_t index, int64_t hint, PyObject *value)
{
    PyObject **place = own_place(object, name, index, hint);
    if (place == NULL || *place == NULL) {
        return NULL;
    }
    PyObject *old = *place;
    PyDictObject *dict = _PyObject_ManagedDictPointer(object)->dict;
    if (dict != NULL && note_written(dict, value) < 0) {
        return NULL;
    }
    *place = Py_NewRef(value);
    return old;
}

/* Likewise where the instance has a dict that shares no keys, also for the first time: None was there then. */
PyObject *
tc_own_set(PyObject *object, PyObject *name, PyObject *value)
{
    PyDictObject *dict = _PyObject_ManagedDictPointer(object)->dict;
    if (dict == NULL || dict->ma_values != NULL || !DK_IS_UNICODE(dict->ma_keys)) {
        return NULL;
    }
    PyObject **place = dict_place(dict, name, -1);
    if (place != NULL) {
        return tc_own_store(object, name, -1, -1, value);
    }
    if (dict->ma_version_tag & DICT_WATCHER_MASK) {
        return NULL;
    }
    if (PyDict_SetItem((PyObject *)dict, name, value) < 0) {
        PyErr_Clear();
        return NULL;
    }
    return Py_None;
}

int
tc_own_lacks(PyObject *object, PyObject *name)
{
    PyDictObject *dict = _PyObject_ManagedDictPointer(object)->dict;
    if (dict != NULL) {
        if (!DK_IS_UNICODE(dict->ma_keys)) {
            return 0;
        }
        Py_ssize_t entry = find_entry(dict->ma_keys, name);
        return entry < 0 || (dict->ma_values != NULL && dict->ma_values->values[entry] == NULL);
    }
    if (!PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_INLINE_VALUES)) {
        return 1;
    }
    PyDictValues *values = _PyObject_InlineValues(object);
    PyDictKeysObject *keys = ((PyHeapTypeObject *)Py_TYPE(object))->ht_cached_keys;
    for (Py_ssize_t i = 0; values->valid && i < keys->dk_nentries; i++) {
        if (DK_UNICODE_ENTRIES(keys)[i].me_key == name) {
            return values->values[i] == NULL;
        }
    }
    return values->valid;
}

/* MAKE_FUNCTION, then SET_FUNCTION_ATTRIBUTE for each bit of `flags`, lowest first. */
PyObject *
tc_new_function(PyObject *code, PyObject *globals, PyObject *qualname, int64_t flags, PyObject *const *attributes)
{
    PyFunctionObject *func = (PyFunctionObject *)PyFunction_NewWithQualName(code, globals, qualname);
    if (func == NULL) {
        Py_FatalError("no memory for a function");
    }
    _PyFunction_SetVersion(func, ((PyCodeObject *)code)->co_version);
    if (flags & 0x01) {
        func->func_defaults = Py_NewRef(*attributes++);
    }
    if (flags & 0x02) {
        func->func_kwdefaults = Py_NewRef(*attributes++);
    }
    if (flags & 0x04) {
        func->func_annotations = Py_NewRef(*attributes++);
    }
    if (flags & 0x08) {
        func->func_closure = Py_NewRef(*attributes++);
    }
    return (PyObject *)func;
}

PyObject *
tc_super_attr(PyObject *cls, PyObject *object, PyObject *name)
{
    if (PyType_Check(cls)) {
        return _PySuper_Lookup((PyTypeObject *)cls, object, name, NULL);
    }
    PyObject *args[] = {cls, object};
    PyObject *super = PyObject_Vectorcall((PyObject *)&PySuper_Type, args, 2, NULL);
    PyObject *found = super ? PyObject_GetAttr(super, name) : NULL;
    Py_XDECREF(super);
    return found;
}
