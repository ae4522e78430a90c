/* Objects that existed only at compile time, rebuilt: (2, kind, memo, part...).  Nothing here runs Python code. */

#include "exits.h"
#include "helpers.h"

#include <string.h>

typedef struct {
    tc_state *state;
    PyObject *slot;              /* the whole description */
    Py_ssize_t count;            /* of parts */
    Py_ssize_t memo;
} tc_parts;

static PyObject *
part(tc_parts *parts, Py_ssize_t index)
{
    return PyTuple_GET_ITEM(parts->slot, 3 + index);
}

/* A new reference; a part that must not be empty. */
static PyObject *
part_object(tc_parts *parts, Py_ssize_t index)
{
    PyObject *object;
    if (tc_slot_object(parts->state, part(parts, index), &object) == 0) {
        PyErr_SetString(PyExc_SystemError, "an exit's object lacks a part");
    }
    return object;
}

static int
part_integer(tc_parts *parts, Py_ssize_t index, int64_t *value)
{
    return tc_slot_integer(parts->state, part(parts, index), value);
}

/* -- the memo -- */

static int
remember(tc_parts *parts, PyObject *object)
{
    tc_state *state = parts->state;
    if (state->memo == NULL && (state->memo = PyList_New(0)) == NULL) {
        return -1;
    }
    while (PyList_GET_SIZE(state->memo) <= parts->memo) {
        if (PyList_Append(state->memo, &tc_null_marker) < 0) {
            return -1;
        }
    }
    return PyList_SetItem(state->memo, parts->memo, Py_NewRef(object));
}

static PyObject *
recall(tc_parts *parts)
{
    PyObject *memo = parts->state->memo;
    if (memo == NULL || PyList_GET_SIZE(memo) <= parts->memo) {
        return NULL;
    }
    PyObject *object = PyList_GET_ITEM(memo, parts->memo);
    return object == &tc_null_marker ? NULL : Py_NewRef(object);
}

/* -- one function a kind; those whose objects may refer to themselves remember them before they fill them -- */

static PyObject *
build_tuple(tc_parts *parts)
{
    PyObject *tuple = PyTuple_New(parts->count);
    for (Py_ssize_t i = 0; tuple != NULL && i < parts->count; i++) {
        PyObject *item = part_object(parts, i);
        if (item == NULL) {
            Py_CLEAR(tuple);
            break;
        }
        PyTuple_SET_ITEM(tuple, i, item);
    }
    return tuple;
}

/* number(whether it is an int, its value as a float) */
static PyObject *
build_number(tc_parts *parts)
{
    PyObject *is_int = part_object(parts, 0);
    PyObject *value = is_int ? part_object(parts, 1) : NULL;
    if (value != NULL && is_int == Py_True) {
        Py_SETREF(value, PyLong_FromDouble(PyFloat_AS_DOUBLE(value)));
    }
    Py_XDECREF(is_int);
    return value;
}

static PyObject *
build_list(tc_parts *parts)
{
    PyObject *list = PyList_New(0);
    if (list == NULL || remember(parts, list) < 0) {
        Py_XDECREF(list);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < parts->count; i++) {
        PyObject *item = part_object(parts, i);
        if (item == NULL || PyList_Append(list, item) < 0) {
            Py_XDECREF(item);
            Py_DECREF(list);
            return NULL;
        }
        Py_DECREF(item);
    }
    return list;
}

static PyObject *
build_dict(tc_parts *parts)
{
    PyObject *dict = PyDict_New();
    if (dict == NULL || remember(parts, dict) < 0) {
        Py_XDECREF(dict);
        return NULL;
    }
    for (Py_ssize_t i = 0; i + 1 < parts->count; i += 2) {
        PyObject *key = part_object(parts, i);
        PyObject *value = key ? part_object(parts, i + 1) : NULL;
        int status = value ? PyDict_SetItem(dict, key, value) : -1;
        Py_XDECREF(key);
        Py_XDECREF(value);
        if (status < 0) {
            Py_DECREF(dict);
            return NULL;
        }
    }
    return dict;
}

/* Calls a builtin type with the first `count` parts. */
static PyObject *
call_with_parts(tc_parts *parts, PyTypeObject *type, Py_ssize_t count)
{
    PyObject *args[4] = {NULL};
    PyObject *result = NULL;
    Py_ssize_t made = 0;
    while (made < count && (args[made] = part_object(parts, made)) != NULL) {
        made++;
    }
    if (made == count) {
        result = PyObject_Vectorcall((PyObject *)type, args, (size_t)count, NULL);
    }
    while (made > 0) {
        Py_DECREF(args[--made]);
    }
    return result;
}

static PyObject *
build_slice(tc_parts *parts)
{
    return call_with_parts(parts, &PySlice_Type, 3);
}

static PyObject *
build_range(tc_parts *parts)
{
    return call_with_parts(parts, &PyRange_Type, 3);
}

static PyObject *
build_method(tc_parts *parts)
{
    return call_with_parts(parts, &PyMethod_Type, 2);
}

static PyObject *
build_builtin_method(tc_parts *parts)
{
    PyObject *method = part_object(parts, 0);
    PyObject *self = method ? part_object(parts, 1) : NULL;
    PyObject *bound = self ? tc_builtin_method_new(method, self) : NULL;
    Py_XDECREF(self);
    Py_XDECREF(method);
    return bound;
}

/* An iterator over the first part, at the index that is the second. */
static PyObject *
sequence_iterator(tc_parts *parts, PyTypeObject *reversed)
{
    int64_t index;
    PyObject *sequence = part_object(parts, 0);
    if (sequence == NULL || part_integer(parts, 1, &index) < 0) {
        Py_XDECREF(sequence);
        return NULL;
    }
    tc_sequence_iterator *iterator;
    if (reversed != NULL) {
        iterator = PyObject_GC_New(tc_sequence_iterator, reversed);
        if (iterator != NULL) {
            iterator->it_seq = Py_NewRef(sequence);
            PyObject_GC_Track(iterator);
        }
    }
    else {
        iterator = (tc_sequence_iterator *)tc_iterate(sequence);
    }
    Py_DECREF(sequence);
    if (iterator != NULL) {
        iterator->it_index = (Py_ssize_t)index;
    }
    return (PyObject *)iterator;
}

/* A part of a list, as `list_slice` or, with a step, `list_slice_step` makes it. */
static PyObject *
build_list_slice(tc_parts *parts)
{
    int64_t start, stop, step = 1;
    if (part_integer(parts, 1, &start) < 0 || part_integer(parts, 2, &stop) < 0
        || (parts->count > 3 && part_integer(parts, 3, &step) < 0))
    {
        return NULL;
    }
    PyObject *list = part_object(parts, 0);
    PyObject *slice = list ? tc_list_slice_step(list, start, stop, step) : NULL;
    Py_XDECREF(list);
    return slice;
}

static PyObject *
build_iterator(tc_parts *parts)
{
    return sequence_iterator(parts, NULL);
}

static PyObject *
build_reversed_list(tc_parts *parts)
{
    return sequence_iterator(parts, &PyListRevIter_Type);
}

static PyObject *
build_range_iterator(tc_parts *parts)
{
    int64_t start, step, length;
    if (part_integer(parts, 0, &start) < 0 || part_integer(parts, 1, &step) < 0
        || part_integer(parts, 2, &length) < 0)
    {
        return NULL;
    }
    _PyRangeIterObject *iterator = PyObject_New(_PyRangeIterObject, &PyRangeIter_Type);
    if (iterator != NULL) {
        iterator->start = (long)start;
        iterator->step = (long)step;
        iterator->len = (long)length;
    }
    return (PyObject *)iterator;
}

/* enumerate(()) with another iterator and count put in: calling it with the iterator would run its __iter__. */
static PyObject *
build_enumerate(tc_parts *parts)
{
    PyObject *args[2] = {PyTuple_New(0), NULL};
    PyObject *iterator = part_object(parts, 0);
    PyObject *result = NULL;
    int64_t count;
    if (iterator != NULL && part_integer(parts, 1, &count) == 0) {
        args[1] = PyLong_FromLongLong(count);
        result = args[1] ? PyObject_Vectorcall((PyObject *)&PyEnum_Type, args, 2, NULL) : NULL;
        Py_XDECREF(args[1]);
    }
    if (result != NULL) {
        Py_SETREF(((tc_enumerate_head *)result)->en_sit, Py_NewRef(iterator));
    }
    Py_XDECREF(iterator);
    Py_DECREF(args[0]);
    return result;
}

/* zip() with its iterators put in, for the same reason. */
static PyObject *
build_zip(tc_parts *parts)
{
    PyObject *iterators = build_tuple(parts);
    PyObject *empty = iterators ? PyTuple_New(parts->count) : NULL;
    PyObject *nothing = PyTuple_New(0);
    for (Py_ssize_t i = 0; empty != NULL && i < parts->count; i++) {
        PyTuple_SET_ITEM(empty, i, Py_NewRef(nothing));
    }
    PyObject *result = empty ? PyObject_Call((PyObject *)&PyZip_Type, empty, NULL) : NULL;
    if (result != NULL) {
        Py_SETREF(((tc_zip_head *)result)->ittuple, Py_NewRef(iterators));
    }
    Py_XDECREF(nothing);
    Py_XDECREF(empty);
    Py_XDECREF(iterators);
    return result;
}

static PyObject *
build_cell(tc_parts *parts)
{
    PyObject *cell = PyCell_New(NULL);
    PyObject *content;
    if (cell == NULL || remember(parts, cell) < 0 || tc_slot_object(parts->state, part(parts, 0), &content) < 0) {
        Py_XDECREF(cell);
        return NULL;
    }
    PyCell_SET(cell, content);
    return cell;
}

/* What SET_FUNCTION_ATTRIBUTE does; takes over the reference. */
static void
set_function_attribute(PyFunctionObject *func, int flag, PyObject *value)
{
    switch (flag) {
    case MAKE_FUNCTION_DEFAULTS:
        Py_XSETREF(func->func_defaults, value);
        break;
    case MAKE_FUNCTION_KWDEFAULTS:
        Py_XSETREF(func->func_kwdefaults, value);
        break;
    case MAKE_FUNCTION_ANNOTATIONS:
        Py_XSETREF(func->func_annotations, value);
        break;
    default:
        Py_XSETREF(func->func_closure, value);
        break;
    }
}

/* function(code, globals, qualname, flags, operands in the order of the bits in flags) */
static PyObject *
build_function(tc_parts *parts)
{
    int64_t flags;
    PyObject *code = part_object(parts, 0), *globals = part_object(parts, 1), *qualname = part_object(parts, 2);
    PyObject *func = NULL;
    if (code != NULL && globals != NULL && qualname != NULL && part_integer(parts, 3, &flags) == 0) {
        func = PyFunction_NewWithQualName(code, globals, qualname);
    }
    if (func != NULL && remember(parts, func) < 0) {
        Py_CLEAR(func);
    }
    Py_ssize_t operand = 4;
    for (int flag = MAKE_FUNCTION_DEFAULTS; func != NULL && flag <= MAKE_FUNCTION_CLOSURE; flag <<= 1) {
        if (flags & flag) {
            PyObject *value = part_object(parts, operand++);
            if (value == NULL) {
                Py_CLEAR(func);
                break;
            }
            set_function_attribute((PyFunctionObject *)func, flag, value);
        }
    }
    if (func != NULL) {
        _PyFunction_SetVersion((PyFunctionObject *)func, ((PyCodeObject *)code)->co_version);
    }
    Py_XDECREF(code);
    Py_XDECREF(globals);
    Py_XDECREF(qualname);
    return func;
}

/* Stores into a new instance, without a look at its class, which may have changed since: at the offset of a slot, or
   under a name of the shared keys.  Takes over the reference.  0, or -1 and an exception. */
static int
fill_instance(PyObject *instance, PyObject *place, PyObject *value)
{
    if (PyLong_CheckExact(place)) {
        *(PyObject **)((char *)instance + PyLong_AsSsize_t(place)) = value;
        return 0;
    }
    PyDictKeysObject *keys = ((PyHeapTypeObject *)Py_TYPE(instance))->ht_cached_keys;
    for (Py_ssize_t i = 0; i < keys->dk_nentries; i++) {
        if (DK_UNICODE_ENTRIES(keys)[i].me_key == place) {
            PyDictValues *values = _PyObject_InlineValues(instance);
            values->values[i] = value;
            _PyDictValues_AddToInsertionOrder(values, i);
            return 0;
        }
    }
    Py_DECREF(value);
    PyErr_SetString(PyExc_SystemError, "an exit's instance has no such attribute");
    return -1;
}

/* instance(type, place, value, place, value, ...): object.__new__, attributes stored in this order */
static PyObject *
build_instance(tc_parts *parts)
{
    PyObject *type = part_object(parts, 0);
    if (type == NULL) {
        return NULL;
    }
    PyObject *instance = ((PyTypeObject *)type)->tp_alloc((PyTypeObject *)type, 0);
    Py_DECREF(type);
    if (instance == NULL || remember(parts, instance) < 0) {
        Py_XDECREF(instance);
        return NULL;
    }
    for (Py_ssize_t i = 1; i + 1 < parts->count; i += 2) {
        PyObject *value, *place = part_object(parts, i);
        int found = place ? tc_slot_object(parts->state, part(parts, i + 1), &value) : -1;
        if (found > 0) {
            found = fill_instance(instance, place, value);
        }
        Py_XDECREF(place);
        if (found < 0) {
            Py_DECREF(instance);
            return NULL;
        }
    }
    return instance;
}

/* generator(function, point, locals and stack...); without a point it is running, and its frame is in the state, or it
   is wanted by what its function refers to while that is being made */
static PyObject *
build_generator(tc_parts *parts)
{
    PyObject *func = part_object(parts, 0);
    PyGenObject *gen = func ? (PyGenObject *)recall(parts) : NULL;
    if (func != NULL && gen == NULL) {
        gen = tc_generator_alloc(func);
    }
    Py_XDECREF(func);
    if (gen == NULL || remember(parts, (PyObject *)gen) < 0) {
        Py_XDECREF(gen);
        return NULL;
    }
    if (parts->count == 1) {
        return (PyObject *)gen;
    }
    int64_t point;
    PyObject **slots = tc_generator_slots(gen);
    int status = part_integer(parts, 1, &point);
    for (Py_ssize_t i = 2; i < parts->count && status == 0; i++) {
        status = tc_slot_object(parts->state, part(parts, i), &slots[i - 2]) < 0 ? -1 : 0;
    }
    tc_generator_suspend(gen, status == 0 ? point : -1);
    if (status < 0) {
        Py_CLEAR(gen);
    }
    return (PyObject *)gen;
}

/* -- the table -- */

static const struct {
    const char *kind;
    PyObject *(*build)(tc_parts *);
} builders[] = {
    {"tuple", build_tuple},
    {"number", build_number},
    {"list", build_list},
    {"slice", build_slice},
    {"range", build_range},
    {"bound_method", build_method},
    {"builtin_method", build_builtin_method},
    {"list_iterator", build_iterator},
    {"tuple_iterator", build_iterator},
    {"str_iterator", build_iterator},
    {"bytes_iterator", build_iterator},
    {"range_iterator", build_range_iterator},
    {"enumerate", build_enumerate},
    {"zip", build_zip},
    {"reversed_list", build_reversed_list},
    {"list_slice", build_list_slice},
    {"dict", build_dict},
    {"cell", build_cell},
    {"function", build_function},
    {"instance", build_instance},
    {"generator", build_generator},
};

static PyObject *
build_kind(tc_parts *parts)
{
    PyObject *kind = PyTuple_GET_ITEM(parts->slot, 1);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(builders); i++) {
        if (PyUnicode_EqualToUTF8(kind, builders[i].kind)) {
            return builders[i].build(parts);
        }
    }
    return PyErr_Format(PyExc_SystemError, "an exit cannot build %R", kind);
}

int
tc_virtual_object(tc_state *state, PyObject *slot, PyObject **object)
{
    tc_parts parts = {.state = state, .slot = slot, .count = PyTuple_GET_SIZE(slot) - 3};
    parts.memo = PyLong_AsSsize_t(PyTuple_GET_ITEM(slot, 2));
    *object = recall(&parts);
    if (*object == NULL) {
        *object = build_kind(&parts);
        if (*object != NULL && remember(&parts, *object) < 0) {
            Py_CLEAR(*object);
        }
    }
    return *object != NULL ? 1 : -1;
}
