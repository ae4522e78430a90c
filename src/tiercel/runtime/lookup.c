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
    if (!is_simple(stored) || (bytes_warning && PyBytes_CheckExact(stored) != PyBytes_CheckExact(key))) {
        return UNKNOWN;
    }
    return PyObject_RichCompareBool(stored, key, Py_EQ) == 1;
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
    Py_hash_t hash = PyObject_Hash(key);
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
tc_dict_get_str(PyObject *dict, PyObject *key)
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
tc_dict_has_str(PyObject *dict, PyObject *key)
{
    PyObject *value;
    int found = find(dict, key, &value);
    Py_XDECREF(value);
    return found;
}

/* As set_lookkey (setobject.c). */
int
tc_set_has_str(PyObject *set, PyObject *key)
{
    Py_hash_t hash = PyObject_Hash(key);
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
tc_set_add_str(PyObject *set, PyObject *key)
{
    int found = tc_set_has_str(set, key);
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

/* Whether tables are laid out as we think: every other of many ints is found in a dict and in a set. */
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
        ok = number != NULL && tc_dict_has_str(dict, number) == 1 - i % 2 && tc_set_has_str(set, number) == 1 - i % 2;
        Py_XDECREF(number);
    }
    Py_XDECREF(dict);
    Py_XDECREF(set);
    return ok;
}
