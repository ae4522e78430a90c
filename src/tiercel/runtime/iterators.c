/* Iterators of the interpreter made at a position: where a virtual iterator must exist after all. */

#include "helpers.h"

/* As in Objects/listobject.c, tupleobject.c and rangeobject.c. */
typedef struct {
    PyObject_HEAD
    Py_ssize_t it_index;
    PyObject *it_seq;
} sequence_iterator;

typedef struct {
    PyObject_HEAD
    long start;
    long step;
    long len;
} range_iterator;

/* An iterator over the items that a sequence has, whatever `__iter__` a subclass of list or tuple may have got by now. */
PyObject *
tc_iterate(PyObject *sequence)
{
    PyTypeObject *type = PyList_Check(sequence) ? &PyList_Type : PyTuple_Check(sequence) ? &PyTuple_Type : Py_TYPE(sequence);
    return type->tp_iter(sequence);
}

/* A list or tuple iterator at an index; never NULL. */
PyObject *
tc_sequence_iter_new(PyObject *sequence, int64_t index)
{
    PyObject *iterator = tc_iterate(sequence);
    if (iterator == NULL) {
        Py_FatalError("out of memory");
    }
    ((sequence_iterator *)iterator)->it_index = (Py_ssize_t)index;
    return iterator;
}

/* A range iterator with `length` items to go; never NULL. */
PyObject *
tc_range_iter_new(int64_t start, int64_t step, int64_t length)
{
    PyObject *range = tc_range_new(0, 1, 1);
    PyObject *iterator = PyObject_GetIter(range);
    Py_DECREF(range);
    if (iterator == NULL) {
        Py_FatalError("out of memory");
    }
    range_iterator *it = (range_iterator *)iterator;
    it->start = start;
    it->step = step;
    it->len = length;
    return iterator;
}

/* list[start:stop:step] as PySlice_Unpack leaves the bounds; never NULL. */
PyObject *
tc_list_slice_step(PyObject *list, int64_t start, int64_t stop, int64_t step)
{
    Py_ssize_t first = (Py_ssize_t)start, last = (Py_ssize_t)stop;
    Py_ssize_t count = PySlice_AdjustIndices(PyList_GET_SIZE(list), &first, &last, (Py_ssize_t)step);
    PyListObject *result = (PyListObject *)PyList_New(0);
    PyObject **items = PyMem_New(PyObject *, count);
    if (result == NULL || (items == NULL && count != 0)) {
        Py_FatalError("out of memory");
    }
    PyObject **source = ((PyListObject *)list)->ob_item;
    for (Py_ssize_t i = 0; i < count; i++, first += (Py_ssize_t)step) {
        items[i] = Py_NewRef(source[first]);
    }
    result->ob_item = items;
    result->allocated = count;
    Py_SET_SIZE(result, count);
    return (PyObject *)result;
}
