/* Questions about the layout of types and objects, asked at compile time.  Nothing here runs code of the program. */

#include "layout.h"

#include <structmember.h>
#include <string.h>

static PyDictKeysObject *
shared_keys(PyTypeObject *type)
{
    if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) || !PyType_HasFeature(type, Py_TPFLAGS_INLINE_VALUES)) {
        return NULL;
    }
    return ((PyHeapTypeObject *)type)->ht_cached_keys;
}

/* The offset of the slot behind a member descriptor, or -1: it is no such descriptor, or of something else. */
static Py_ssize_t
member_offset(PyObject *descriptor)
{
    if (!Py_IS_TYPE(descriptor, &PyMemberDescr_Type)) {
        return -1;
    }
    PyMemberDef *member = ((PyMemberDescrObject *)descriptor)->d_member;
    return member->type == Py_T_OBJECT_EX && !(member->flags & Py_READONLY) ? member->offset : -1;
}

/* The index of a name in a type's shared instance keys, or -1. */
static Py_ssize_t
key_index(PyDictKeysObject *keys, PyObject *name)
{
    PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
    for (Py_ssize_t i = 0; i < keys->dk_nentries; i++) {
        PyObject *key = entries[i].me_key;
        if (key == name || (key != NULL && PyUnicode_Compare(key, name) == 0)) {
            return i;
        }
    }
    return -1;
}

PyObject *
tc_py_attr_index(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *type, *name;
    if (!PyArg_ParseTuple(args, "O!U", &PyType_Type, &type, &name)) {
        return NULL;
    }
    PyDictKeysObject *keys = shared_keys((PyTypeObject *)type);
    return PyLong_FromSsize_t(keys == NULL ? -1 : key_index(keys, name));
}

/* Where instances of a type hold an attribute, in bytes from the object: an inline value or a slot; or -1. */
PyObject *
tc_py_attr_offset(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *type, *name;
    if (!PyArg_ParseTuple(args, "O!U", &PyType_Type, &type, &name)) {
        return NULL;
    }
    PyDictKeysObject *keys = shared_keys((PyTypeObject *)type);
    Py_ssize_t index = keys == NULL ? -1 : key_index(keys, name);
    if (index >= 0) {
        Py_ssize_t first = (Py_ssize_t)(sizeof(PyObject) + offsetof(PyDictValues, values));
        return PyLong_FromSsize_t(first + index * (Py_ssize_t)sizeof(PyObject *));
    }
    PyObject *descriptor = _PyType_Lookup((PyTypeObject *)type, name);
    return PyLong_FromSsize_t(descriptor == NULL ? -1 : member_offset(descriptor));
}

PyObject *
tc_py_shared_names(PyObject *Py_UNUSED(module), PyObject *type)
{
    PyDictKeysObject *keys = PyType_Check(type) ? shared_keys((PyTypeObject *)type) : NULL;
    if (keys == NULL) {
        Py_RETURN_NONE;
    }
    PyObject *names = PyTuple_New(keys->dk_nentries);
    if (names == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < keys->dk_nentries; i++) {
        PyTuple_SET_ITEM(names, i, Py_NewRef(DK_UNICODE_ENTRIES(keys)[i].me_key));
    }
    return names;
}

PyObject *
tc_py_keys_count_address(PyObject *Py_UNUSED(module), PyObject *type)
{
    PyDictKeysObject *keys = PyType_Check(type) ? shared_keys((PyTypeObject *)type) : NULL;
    return PyLong_FromVoidPtr(keys == NULL ? NULL : &keys->dk_nentries);
}

/* The attribute that an instance holds itself, or the module's NULL marker. */
PyObject *
tc_py_peek_attr(PyObject *module, PyObject *args)
{
    PyObject *obj, *name, *missing, *found = NULL;
    if (!PyArg_ParseTuple(args, "OUO", &obj, &name, &missing)) {
        return NULL;
    }
    PyTypeObject *type = Py_TYPE(obj);
    if (!PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT)) {
        return Py_NewRef(missing);
    }
    PyDictObject *dict = _PyObject_ManagedDictPointer(obj)->dict;
    if (dict != NULL) {
        found = PyDict_GetItemWithError((PyObject *)dict, name);
        PyErr_Clear();
        return Py_NewRef(found != NULL ? found : missing);
    }
    PyDictKeysObject *keys = shared_keys(type);
    if (keys != NULL && _PyObject_InlineValues(obj)->valid) {
        Py_ssize_t index = key_index(keys, name);
        if (index >= 0) {
            found = _PyObject_InlineValues(obj)->values[index];
        }
    }
    return Py_NewRef(found != NULL ? found : missing);
}

/* The number of the entry under which the dict of an instance has a name; -1: it has no dict of its own, or not that. */
PyObject *
tc_py_dict_entry(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *obj, *name;
    if (!PyArg_ParseTuple(args, "OU", &obj, &name)) {
        return NULL;
    }
    PyDictObject *dict = PyType_HasFeature(Py_TYPE(obj), Py_TPFLAGS_MANAGED_DICT)
                             ? _PyObject_ManagedDictPointer(obj)->dict : NULL;
    int usable = dict != NULL && dict->ma_values == NULL && DK_IS_UNICODE(dict->ma_keys);
    return PyLong_FromSsize_t(usable ? key_index(dict->ma_keys, name) : -1);
}

/* Whether an instance keeps its attributes in a dict of its own instead of inline values. */
PyObject *
tc_py_has_own_dict(PyObject *Py_UNUSED(module), PyObject *obj)
{
    PyDictObject *dict = PyType_HasFeature(Py_TYPE(obj), Py_TPFLAGS_MANAGED_DICT)
                             ? _PyObject_ManagedDictPointer(obj)->dict : NULL;
    return PyBool_FromLong(dict != NULL && dict->ma_values == NULL);
}

PyObject *
tc_py_member_offset(PyObject *Py_UNUSED(module), PyObject *descriptor)
{
    return PyLong_FromSsize_t(member_offset(descriptor));
}

/* What attribute access on instances of a type means: a dict of flags. */
PyObject *
tc_py_type_traits(PyObject *Py_UNUSED(module), PyObject *arg)
{
    if (!PyType_Check(arg)) {
        PyErr_SetString(PyExc_TypeError, "a type is needed");
        return NULL;
    }
    PyTypeObject *type = (PyTypeObject *)arg;
    return Py_BuildValue(
        "{s:O,s:O,s:O,s:O,s:O,s:O,s:n,s:O}",
        "generic_getattr", type->tp_getattro == PyObject_GenericGetAttr ? Py_True : Py_False,
        "generic_setattr", type->tp_setattro == PyObject_GenericSetAttr ? Py_True : Py_False,
        "inline_values", PyType_HasFeature(type, Py_TPFLAGS_INLINE_VALUES) ? Py_True : Py_False,
        "managed_dict", PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT) ? Py_True : Py_False,
        "has_dict", (type->tp_dictoffset != 0 || PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT)) ? Py_True : Py_False,
        "heap_type", PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) ? Py_True : Py_False,
        "basicsize", type->tp_basicsize,
        "finalizer", (type->tp_finalize != NULL || type->tp_del != NULL) ? Py_True : Py_False);
}

/* The version tag of a type, by which inline caches know it; 0 while it has none. */
PyObject *
tc_py_type_version(PyObject *Py_UNUSED(module), PyObject *arg)
{
    if (!PyType_Check(arg)) {
        PyErr_SetString(PyExc_TypeError, "a type is needed");
        return NULL;
    }
    return PyLong_FromUnsignedLong(((PyTypeObject *)arg)->tp_version_tag);
}

/* (address, length, type code) of an array.array as machine code sees it: private, so compared with the public ones */
PyObject *
tc_py_array_seen(PyObject *Py_UNUSED(module), PyObject *arg)
{
    if (Py_TYPE(arg)->tp_basicsize < (Py_ssize_t)sizeof(tc_array) || Py_TYPE(arg)->tp_as_buffer == NULL
        || Py_TYPE(arg)->tp_as_buffer->bf_getbuffer == NULL) {
        PyErr_SetString(PyExc_TypeError, "an array is needed");
        return NULL;
    }
    tc_array *array = (tc_array *)arg;
    return Py_BuildValue("NnC", PyLong_FromVoidPtr(array->items), Py_SIZE(arg), *array->descr);
}

/* (flags, address of the C function) of a builtin function or method descriptor, or None */
PyObject *
tc_py_cfunction(PyObject *Py_UNUSED(module), PyObject *callable)
{
    PyMethodDef *def = NULL;
    if (Py_IS_TYPE(callable, &PyCFunction_Type)) {
        def = ((PyCFunctionObject *)callable)->m_ml;
    }
    else if (Py_IS_TYPE(callable, &PyMethodDescr_Type)) {
        def = ((PyMethodDescrObject *)callable)->d_method;
    }
    if (def == NULL) {
        Py_RETURN_NONE;
    }
    return Py_BuildValue("iN", def->ml_flags, PyLong_FromVoidPtr((void *)(uintptr_t)def->ml_meth));
}
