/* Operations on lists, tuples, strings, dicts, sets and iterators. */

#include "helpers.h"

#include <string.h>

#include <internal/pycore_setobject.h>
#include <internal/pycore_unicodeobject.h>

static void
need(int ok)
{
    if (!ok) {
        Py_FatalError("no memory for a container");
    }
}

/* -- lists and tuples -- */

void
tc_list_append(PyObject *list, PyObject *item)
{
    need(PyList_Append(list, item) == 0);
}

PyObject *
tc_list_repeat(PyObject *item, int64_t count)
{
    Py_ssize_t n = count > 0 ? (Py_ssize_t)count : 0;
    PyObject *list = PyList_New(n);
    need(list != NULL);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyList_SET_ITEM(list, i, Py_NewRef(item));
    }
    return list;
}

static void
reverse_items(PyObject **items, Py_ssize_t count)
{
    for (Py_ssize_t i = 0, k = count - 1; i < k; i++, k--) {
        PyObject *item = items[i];
        items[i] = items[k];
        items[k] = item;
    }
}

void
tc_list_reverse(PyObject *list)
{
    reverse_items(((PyListObject *)list)->ob_item, PyList_GET_SIZE(list));
}

void
tc_list_insert(PyObject *list, int64_t index, PyObject *item)
{
    need(PyList_Insert(list, (Py_ssize_t)index, item) == 0);
}

PyObject *
tc_list_pop(PyObject *list, int64_t index)
{
    PyObject *item = PyList_GET_ITEM(list, index);
    Py_ssize_t left = PyList_GET_SIZE(list) - 1;
    if (left >= ((PyListObject *)list)->allocated >> 1 && left > 0) {
        /* CPython does not give memory back then either */
        PyObject **place = ((PyListObject *)list)->ob_item + index;
        memmove(place, place + 1, (size_t)(left - index) * sizeof(PyObject *));
        Py_SET_SIZE(list, left);
        return item;
    }
    Py_INCREF(item);
    need(PyList_SetSlice(list, (Py_ssize_t)index, (Py_ssize_t)index + 1, NULL) == 0);
    return item;
}

PyObject *
tc_list_concat(PyObject *a, PyObject *b)
{
    PyObject *result = PyList_Type.tp_as_sequence->sq_concat(a, b);
    need(result != NULL);
    return result;
}

/* Room for so many items in a list, as list_resize (listobject.c) makes it.  False: no memory. */
static int
make_room(PyListObject *list, Py_ssize_t size)
{
    if (size > list->allocated) {
        Py_ssize_t room = (size + (size >> 3) + 6) & ~(Py_ssize_t)3;
        PyObject **items = PyMem_Realloc(list->ob_item, (size_t)room * sizeof(PyObject *));
        if (items == NULL) {
            return 0;
        }
        list->ob_item = items;
        list->allocated = room;
    }
    return 1;
}

static void
copy_items(PyObject **to, PyObject **from, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        to[i] = Py_NewRef(from[i]);
    }
}

PyObject *
tc_list_join_slice(PyObject *source, int64_t low, int64_t high, PyObject *list, int taken)
{
    Py_ssize_t size = PyList_GET_SIZE(list), more = (Py_ssize_t)(high - low);
    PyListObject *result = (PyListObject *)list;
    if (!taken || Py_REFCNT(list) != 1 || list == source || !make_room(result, size + more)) {
        result = (PyListObject *)PyList_New(size + more);
        need(result != NULL);
        copy_items(result->ob_item, ((PyListObject *)list)->ob_item, size);
        if (taken) {
            Py_DECREF(list);
        }
    }
    copy_items(result->ob_item + size, ((PyListObject *)source)->ob_item + low, more);
    Py_SET_SIZE(result, size + more);
    return (PyObject *)result;
}

PyObject *
tc_list_join(PyObject *others, PyObject *list, int taken)
{
    return tc_list_join_slice(others, 0, PyList_GET_SIZE(others), list, taken);
}

void
tc_list_extend_list(PyObject *list, PyObject *other)
{
    need(PyList_Extend(list, other) == 0);
}

int
tc_list_extend(PyObject *list, PyObject *iterable)
{
    if (PyList_Extend(list, iterable) == 0) {
        return 0;
    }
    if (PyErr_ExceptionMatches(PyExc_TypeError) && Py_TYPE(iterable)->tp_iter == NULL && !PySequence_Check(iterable)) {
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError, "Value after * must be an iterable, not %.200s", Py_TYPE(iterable)->tp_name);
    }
    return -1;
}

/* list[low:high] = value, bounds adjusted, where nobody else will see `value` again: it may be left with the items that
   were replaced, and lets go of them when it ends. */
int
tc_list_take_slice(PyObject *list, int64_t low, int64_t high, PyObject *value)
{
    if (PyList_GET_SIZE(value) != high - low || value == list) {
        return PyList_SetSlice(list, (Py_ssize_t)low, (Py_ssize_t)high, value);
    }
    PyObject **place = ((PyListObject *)list)->ob_item + low, **items = ((PyListObject *)value)->ob_item;
    for (int64_t i = 0; i < high - low; i++) {
        PyObject *item = place[i];
        place[i] = items[i];
        items[i] = item;
    }
    return 0;
}

/* list[low:high] = source[start:stop:step], the first bounds adjusted; a part that is reversed stays where it is. */
int
tc_list_move_slice(PyObject *list, int64_t low, int64_t high, PyObject *source, int64_t start, int64_t stop, int64_t step)
{
    Py_ssize_t first = (Py_ssize_t)start, last = (Py_ssize_t)stop;
    if (step == -1 && list == source
        && PySlice_AdjustIndices(PyList_GET_SIZE(list), &first, &last, -1) == high - low && first == high - 1)
    {
        reverse_items(((PyListObject *)list)->ob_item + low, (Py_ssize_t)(high - low));
        return 0;
    }
    PyObject *moved = tc_list_slice_step(source, start, stop, step);
    int result = tc_list_take_slice(list, low, high, moved);
    Py_DECREF(moved);
    return result;
}

PyObject *
tc_list_new(PyObject *const *items, int64_t count, uint64_t stolen)
{
    PyObject *list = PyList_New((Py_ssize_t)count);
    need(list != NULL);
    for (Py_ssize_t i = 0; i < count; i++, stolen >>= 1) {
        PyList_SET_ITEM(list, i, stolen & 1 ? items[i] : Py_NewRef(items[i]));
    }
    return list;
}

PyObject *
tc_tuple_new(PyObject *const *items, int64_t count, uint64_t stolen)
{
    PyObject *tuple = PyTuple_New((Py_ssize_t)count);
    need(tuple != NULL);
    for (Py_ssize_t i = 0; i < count; i++, stolen >>= 1) {
        PyTuple_SET_ITEM(tuple, i, stolen & 1 ? items[i] : Py_NewRef(items[i]));
    }
    return tuple;
}

/* -- strings -- */

PyObject *
tc_str_from_code(int64_t code)
{
    PyObject *result = PyUnicode_FromOrdinal((int)code);
    need(result != NULL);
    return result;
}

int64_t
tc_str_item(PyObject *string, int64_t index)
{
    return PyUnicode_READ_CHAR(string, (Py_ssize_t)index);
}

int
tc_str_eq(PyObject *a, PyObject *b)
{
    if (a == b) {
        return 1;
    }
    Py_ssize_t length = PyUnicode_GET_LENGTH(a);
    return length == PyUnicode_GET_LENGTH(b) && PyUnicode_KIND(a) == PyUnicode_KIND(b)
           && memcmp(PyUnicode_DATA(a), PyUnicode_DATA(b), (size_t)length * PyUnicode_KIND(a)) == 0;
}

int
tc_str_has(PyObject *string, PyObject *part)
{
    int found = PyUnicode_Contains(string, part);
    need(found >= 0);
    return found;
}

PyObject *
tc_str_slice(PyObject *string, int64_t low, int64_t high)
{
    PyObject *result = PyUnicode_Substring(string, (Py_ssize_t)low, (Py_ssize_t)high);
    need(result != NULL);
    return result;
}

PyObject *
tc_bytes_slice(PyObject *bytes, int64_t low, int64_t high)
{
    if (low == 0 && high == PyBytes_GET_SIZE(bytes)) {
        return Py_NewRef(bytes);
    }
    PyObject *result = PyBytes_FromStringAndSize(PyBytes_AS_STRING(bytes) + low, (Py_ssize_t)(high - low));
    need(result != NULL);
    return result;
}

/* The items in a row where all are ASCII, or NULL without an exception. */
static PyObject *
join_ascii(PyObject *const *items, int64_t count)
{
    Py_ssize_t length = 0;
    for (int64_t i = 0; i < count; i++) {
        if (!PyUnicode_IS_COMPACT_ASCII(items[i]) || PyUnicode_GET_LENGTH(items[i]) > PY_SSIZE_T_MAX - length) {
            return NULL;
        }
        length += PyUnicode_GET_LENGTH(items[i]);
    }
    PyObject *result = length > 1 ? PyUnicode_New(length, 127) : NULL;
    char *end = result != NULL ? PyUnicode_DATA(result) : NULL;
    for (int64_t i = 0; result != NULL && i < count; i++) {
        memcpy(end, PyUnicode_DATA(items[i]), (size_t)PyUnicode_GET_LENGTH(items[i]));
        end += PyUnicode_GET_LENGTH(items[i]);
    }
    return result;
}

PyObject *
tc_build_string(PyObject *const *items, int64_t count)
{
    PyObject *joined = join_ascii(items, count);
    if (joined != NULL || PyErr_Occurred()) {
        return joined;
    }
    PyObject *empty = PyUnicode_New(0, 0);
    PyObject *result = empty ? _PyUnicode_JoinArray(empty, items, (Py_ssize_t)count) : NULL;
    Py_XDECREF(empty);
    return result;
}

/* str() of an int. */
PyObject *
tc_i64_to_str(int64_t value)
{
    char digits[20];
    char *first = digits + sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--first = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0) {
        *--first = '-';
    }
    Py_ssize_t length = digits + sizeof(digits) - first;
    PyObject *result = PyUnicode_New(length, 127);
    need(result != NULL);
    memcpy(PyUnicode_DATA(result), first, (size_t)length);
    return result;
}

PyObject *
tc_format_simple(PyObject *value)
{
    return PyUnicode_CheckExact(value) ? Py_NewRef(value) : PyObject_Format(value, NULL);
}

/* -- dicts and sets -- */

PyObject *
tc_dict_get(PyObject *dict, PyObject *key)
{
    Py_INCREF(dict);
    Py_INCREF(key);
    Py_hash_t hash = tc_hash(key);
    PyObject *value = hash == -1 ? NULL : Py_XNewRef(_PyDict_GetItem_KnownHash(dict, key, hash));
    if (value == NULL && !PyErr_Occurred()) {
        _PyErr_SetKeyError(key);
    }
    Py_DECREF(key);
    Py_DECREF(dict);
    return value;
}

int tc_in_native_store;

int
tc_dict_set_simple(PyObject *dict, PyObject *key, PyObject *value)
{
    int before = tc_in_native_store;
    tc_in_native_store = 1;
    int result = _PyDict_SetItem_KnownHash(dict, key, value, tc_hash(key));
    tc_in_native_store = before;
    return result;
}

PyObject *
tc_dict_new(PyObject *const *items, int64_t count)
{
    PyObject *dict = PyDict_New();
    for (int64_t i = 0; dict != NULL && i + 1 < count; i += 2) {
        if (PyDict_SetItem(dict, items[i], items[i + 1]) < 0) {
            Py_CLEAR(dict);
        }
    }
    return dict;
}

PyObject *
tc_set_new(PyObject *const *items, int64_t count)
{
    PyObject *set = PySet_New(NULL);
    for (int64_t i = 0; set != NULL && i < count; i++) {
        if (PySet_Add(set, items[i]) < 0) {
            Py_CLEAR(set);
        }
    }
    return set;
}

/* DICT_UPDATE: of {**mapping}. */
int
tc_dict_update(PyObject *dict, PyObject *mapping)
{
    if (PyDict_Update(dict, mapping) == 0) {
        return 0;
    }
    if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Format(PyExc_TypeError, "'%.200s' object is not a mapping", Py_TYPE(mapping)->tp_name);
    }
    return -1;
}

/* DICT_MERGE: of callable(**mapping). */
int
tc_dict_merge(PyObject *dict, PyObject *mapping, PyObject *callable)
{
    if (_PyDict_MergeEx(dict, mapping, 2) == 0) {
        return 0;
    }
    _PyEval_FormatKwargsError(PyThreadState_Get(), callable, mapping);
    return -1;
}

int
tc_set_update(PyObject *set, PyObject *iterable)
{
    return _PySet_Update(set, iterable);
}

/* -- iteration -- */

/* What an iterable is unpacked to, as a tuple: `before` items and, unless `after` is -1, a list and `after` more. */
static PyObject *
unpack(PyObject *iterable, int before, int after)
{
    Py_ssize_t n = before + after + 1;
    PyObject *tuple = PyTuple_New(n);
    if (tuple == NULL) {
        return NULL;
    }
    /* It fills from the last place down, as the interpreter's stack wants it; on failure it releases what it made. */
    PyObject *few[8], **items = n <= 8 ? few : PyMem_Malloc((size_t)n * sizeof(PyObject *));
    if (items == NULL) {
        Py_DECREF(tuple);
        return PyErr_NoMemory();
    }
    if (_PyEval_UnpackIterable(PyThreadState_Get(), iterable, before, after, items + n)) {
        for (Py_ssize_t i = 0; i < n; i++) {
            PyTuple_SET_ITEM(tuple, i, items[n - 1 - i]);
        }
    }
    else {
        Py_CLEAR(tuple);
    }
    if (items != few) {
        PyMem_Free(items);
    }
    return tuple;
}

PyObject *
tc_unpack_sequence(PyObject *sequence, int64_t count)
{
    if (PyTuple_CheckExact(sequence) && PyTuple_GET_SIZE(sequence) == count) {
        return Py_NewRef(sequence);
    }
    if (PyList_CheckExact(sequence) && PyList_GET_SIZE(sequence) == count) {
        return PyList_AsTuple(sequence);
    }
    return unpack(sequence, (int)count, -1);
}

PyObject *
tc_unpack_ex(PyObject *iterable, int64_t before, int64_t after)
{
    return unpack(iterable, (int)before, (int)after);
}

PyObject *
tc_list_of_tuple(PyObject *tuple, int64_t low, int64_t high)
{
    PyObject *list = PyList_New((Py_ssize_t)(high - low));
    if (list == NULL) {
        Py_FatalError("no memory for a list");
    }
    for (Py_ssize_t i = (Py_ssize_t)low; i < high; i++) {
        PyList_SET_ITEM(list, i - (Py_ssize_t)low, Py_NewRef(PyTuple_GET_ITEM(tuple, i)));
    }
    return list;
}

PyObject *
tc_next(PyObject *iterator)
{
    PyObject *item = Py_TYPE(iterator)->tp_iternext(iterator);
    if (item != NULL) {
        return item;
    }
    if (PyErr_Occurred()) {
        if (!PyErr_ExceptionMatches(PyExc_StopIteration)) {
            return NULL;
        }
        PyErr_Clear();
    }
    return &tc_exhausted;
}
