/* Looking a simple key up: one whose hash, and whose comparison with another such, runs no code of the program.  What
   is stored may be anything: where only its own `__eq__` can tell whether it is the key, native code leaves. */

#include "helpers.h"

#include <internal/pycore_dict.h>
#include <internal/pycore_long.h>

enum { UNKNOWN = -1 };

static int bytes_warning;        /* comparing bytes with strings warns: python -b */

static int
is_simple(PyObject *object)
{
    if (PyTuple_CheckExact(object)) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(object); i++) {
            if (!is_simple(PyTuple_GET_ITEM(object, i))) {
                return 0;
            }
        }
        return 1;
    }
    return PyLong_CheckExact(object) || PyUnicode_CheckExact(object) || PyFloat_CheckExact(object)
           || PyBytes_CheckExact(object) || PyBool_Check(object) || object == Py_None;
}

/* Whether what is stored is or equals a simple key, or UNKNOWN. */
static int
is_key(PyObject *stored, PyObject *key)
{
    if (stored == key) {
        return 1;
    }
    if (PyUnicode_CheckExact(stored) && PyUnicode_CheckExact(key)) {
        return tc_str_eq(stored, key);
    }
    if (PyLong_CheckExact(stored) && PyLong_CheckExact(key)
        && _PyLong_BothAreCompact((PyLongObject *)stored, (PyLongObject *)key))
    {
        return _PyLong_CompactValue((PyLongObject *)stored) == _PyLong_CompactValue((PyLongObject *)key);
    }
    if (!is_simple(stored) || !is_simple(key) || (bytes_warning && PyBytes_CheckExact(stored) != PyBytes_CheckExact(key))) {
        return UNKNOWN;
    }
    return PyObject_RichCompareBool(stored, key, Py_EQ) == 1;
}

/* As PyObject_Hash, without calls for strings, small ints and tuples of such. */
Py_hash_t
tc_hash(PyObject *object)
{
    if (PyUnicode_CheckExact(object)) {
        Py_hash_t hash = ((PyASCIIObject *)object)->hash;
        return hash != -1 ? hash : PyObject_Hash(object);
    }
    if (PyLong_CheckExact(object) && _PyLong_IsCompact((PyLongObject *)object)) {
        Py_ssize_t value = _PyLong_CompactValue((PyLongObject *)object);
        return value == -1 ? -2 : value;
    }
    if (Py_TYPE(object)->tp_hash != PyTuple_Type.tp_hash) {
        return PyObject_Hash(object);
    }
    Py_uhash_t so_far = tc_tuple_hash_begin;
    Py_ssize_t size = PyTuple_GET_SIZE(object);
    for (Py_ssize_t i = 0; i < size; i++) {
        Py_hash_t item = tc_hash(PyTuple_GET_ITEM(object, i));
        if (item == -1) {
            return -1;
        }
        so_far = tc_tuple_hash_item(so_far, item);
    }
    return tc_tuple_hash_end(so_far, size);
}

/* As _Py_dict_lookup (dictobject.c): 1, the value being a new reference, 0, or UNKNOWN. */
static int
find(PyObject *dict, PyObject *key, PyObject **value)
{
    PyDictKeysObject *keys = ((PyDictObject *)dict)->ma_keys;
    *value = NULL;
    if (DK_IS_UNICODE(keys)) {
        return PyDict_GetItemRef(dict, key, value);      /* all that is stored are strings */
    }
    Py_hash_t hash = tc_hash(key);
    size_t mask = (size_t)DK_SIZE(keys) - 1, perturb = (size_t)hash, i = (size_t)hash & mask;
    Py_ssize_t index;
    while ((index = tc_dict_index(keys, i)) != DKIX_EMPTY) {
        PyDictKeyEntry *entry = &DK_ENTRIES(keys)[index < 0 ? 0 : index];
        int found = index >= 0 && entry->me_hash == hash ? is_key(entry->me_key, key) : 0;
        if (found) {
            *value = found > 0 ? Py_NewRef(entry->me_value) : NULL;
            return found;
        }
        i = tc_next_place(i, &perturb) & mask;
    }
    return 0;
}

PyObject *
tc_dict_get_simple(PyObject *dict, PyObject *key)
{
    PyObject *value;
    (void)find(dict, key, &value);
    return value;
}

PyObject *
tc_dict_get_or(PyObject *dict, PyObject *key, PyObject *missing)
{
    PyObject *value;
    int found = find(dict, key, &value);
    return found ? value : Py_NewRef(missing);
}

int
tc_dict_has_simple(PyObject *dict, PyObject *key)
{
    PyObject *value;
    int found = find(dict, key, &value);
    Py_XDECREF(value);
    return found;
}

/* As set_lookkey (setobject.c). */
static int
find_in_set(PyObject *set, PyObject *key, Py_hash_t hash)
{
    setentry *table = ((PySetObject *)set)->table;
    size_t mask = (size_t)((PySetObject *)set)->mask, perturb = (size_t)hash, i = (size_t)hash & mask;
    for (;;) {
        setentry *entry = &table[i], *last = entry + (i + TC_SET_PROBES <= mask ? TC_SET_PROBES : 0);
        for (; entry <= last; entry++) {
            if (entry->hash == 0 && entry->key == NULL) {
                return 0;
            }
            int found = entry->hash == hash ? is_key(entry->key, key) : 0;
            if (found) {
                return found;
            }
        }
        i = tc_next_place(i, &perturb) & mask;
    }
}

int
tc_set_has_simple(PyObject *set, PyObject *key)
{
    return find_in_set(set, key, tc_hash(key));
}

int
tc_set_add_simple(PyObject *set, PyObject *key)
{
    int found = tc_set_has_simple(set, key);
    if (found == 0 && PySet_Add(set, key) < 0) {
        Py_FatalError("no memory for a set");
    }
    return found;
}

int
tc_sequence_has(PyObject *sequence, PyObject *item)
{
    PyObject **items = PySequence_Fast_ITEMS(sequence);
    int found = 0;
    for (Py_ssize_t i = 0, size = PySequence_Fast_GET_SIZE(sequence); !found && i < size; i++) {
        found = is_key(items[i], item);
    }
    return found;
}

/* The next item of a list, tuple or set, or NULL at the end; `at` is 0 at first. */
static PyObject *
next_item(PyObject *items, Py_ssize_t *at)
{
    if (!PyAnySet_CheckExact(items)) {
        return *at < PySequence_Fast_GET_SIZE(items) ? PySequence_Fast_ITEMS(items)[(*at)++] : NULL;
    }
    PySetObject *set = (PySetObject *)items;
    while (*at <= set->mask) {
        setentry *entry = &set->table[(*at)++];
        if (entry->key != NULL && entry->hash != -1) {       /* -1: there was one */
            return entry->key;
        }
    }
    return NULL;
}

/* Whether a set's items are all in another one. */
int
tc_set_within(PyObject *items, PyObject *set)
{
    Py_ssize_t left = PySet_GET_SIZE(items);
    if (left > PySet_GET_SIZE(set)) {
        return 0;
    }
    setentry *others = ((PySetObject *)set)->table;
    size_t mask = (size_t)((PySetObject *)set)->mask;
    for (setentry *entry = ((PySetObject *)items)->table; left > 0; entry++) {
        if (entry->key == NULL || entry->hash == -1) {      /* -1: there was one */
            continue;
        }
        left--;
        setentry *first = &others[(size_t)entry->hash & mask];
        int found = first->key == entry->key ? 1 : find_in_set(set, entry->key, entry->hash);
        if (found <= 0) {
            return found;
        }
    }
    return 1;
}

/* Whether one number is less than another: of exact ints of one digit, or of exact floats; else UNKNOWN. */
static int
is_less(PyObject *a, PyObject *b)
{
    if (PyLong_CheckExact(a) && PyLong_CheckExact(b) && _PyLong_BothAreCompact((PyLongObject *)a, (PyLongObject *)b)) {
        return _PyLong_CompactValue((PyLongObject *)a) < _PyLong_CompactValue((PyLongObject *)b);
    }
    if (PyFloat_CheckExact(a) && PyFloat_CheckExact(b)) {
        return PyFloat_AS_DOUBLE(a) < PyFloat_AS_DOUBLE(b);
    }
    return UNKNOWN;
}

static PyObject *
extreme(PyObject *items, int greatest)
{
    Py_ssize_t at = 0;
    PyObject *item, *best = next_item(items, &at);
    while ((item = next_item(items, &at)) != NULL) {
        int better = greatest ? is_less(best, item) : is_less(item, best);
        if (better == UNKNOWN) {
            return NULL;
        }
        best = better ? item : best;
    }
    return Py_XNewRef(best);
}

PyObject *
tc_least(PyObject *items)
{
    return extreme(items, 0);
}

PyObject *
tc_greatest(PyObject *items)
{
    return extreme(items, 1);
}

/* Whether tables are laid out as we think: every other of many ints is found in a dict and in a set; and
   whether tuples are hashed as we think. */
int
tc_check_lookup(void)
{
    enum { MANY = 600 };
    PyObject *dict = PyDict_New(), *set = PySet_New(NULL);
    bytes_warning = _Py_GetConfig()->bytes_warning;
    int ok = dict != NULL && set != NULL;
    for (long i = 0; ok && i < MANY; i += 2) {
        PyObject *number = PyLong_FromLong(i);
        ok = number != NULL && PyDict_SetItem(dict, number, number) == 0 && PySet_Add(set, number) == 0;
        Py_XDECREF(number);
    }
    for (long i = 0; ok && i < MANY; i++) {
        PyObject *number = PyLong_FromLong(i);
        ok = number != NULL && tc_dict_has_simple(dict, number) == 1 - i % 2 && tc_set_has_simple(set, number) == 1 - i % 2;
        Py_XDECREF(number);
    }
    PyObject *nested = Py_BuildValue("(l(s(Od)()l))", -1L, "text", Py_None, 2.5, 1L << 40);
    ok = ok && nested != NULL && tc_hash(nested) == PyObject_Hash(nested);
    Py_XDECREF(nested);
    Py_XDECREF(dict);
    Py_XDECREF(set);
    return ok;
}
