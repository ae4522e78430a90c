/* Site descriptions as versions keep them: private copies, since some of their references will not be counted. */

#include "tiercel.h"

/* -- the objects in a description -- */

static int visit_slot(tc_version *version, PyObject *slot, tc_leaf_visitor visit);

static int
visit_slots(tc_version *version, PyObject *slots, Py_ssize_t from, tc_leaf_visitor visit)
{
    for (Py_ssize_t i = from; i < PyTuple_GET_SIZE(slots); i++) {
        if (visit_slot(version, PyTuple_GET_ITEM(slots, i), visit) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
visit_slot(tc_version *version, PyObject *slot, tc_leaf_visitor visit)
{
    if (!PyTuple_CheckExact(slot)) {
        return 0;
    }
    switch (PyLong_AsLong(PyTuple_GET_ITEM(slot, 0))) {
        case 0:
            return visit(version, &PyTuple_GET_ITEM(slot, 1));
        case 1:
            return visit_slots(version, slot, 2, visit);
        default:
            return visit_slots(version, slot, 3, visit);
    }
}

int
tc_desc_visit(tc_version *version, PyObject *desc, tc_leaf_visitor visit)
{
    PyObject *frames = PyTuple_GET_ITEM(desc, 1);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(frames); i++) {
        PyObject *frame = PyTuple_GET_ITEM(frames, i);
        if (visit(version, &PyTuple_GET_ITEM(frame, 0)) < 0
            || visit_slot(version, PyTuple_GET_ITEM(frame, 1), visit) < 0
            || visit_slots(version, PyTuple_GET_ITEM(frame, 5), 0, visit) < 0
            || visit_slots(version, PyTuple_GET_ITEM(frame, 6), 0, visit) < 0) {
            return -1;
        }
    }
    return 0;
}

/* -- copies -- */

/* A tuple of the same size, filled by `copy`, that the collector does not see: some of its references will be lent. */
static PyObject *
copy_tuple(PyObject *tuple, PyObject *(*copy)(PyObject *item, Py_ssize_t index))
{
    Py_ssize_t n = PyTuple_GET_SIZE(tuple);
    PyObject *result = PyTuple_New(n);
    if (result == NULL) {
        return NULL;
    }
    if (n) {
        PyObject_GC_UnTrack(result);
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = copy(PyTuple_GET_ITEM(tuple, i), i);
        if (item == NULL) {
            Py_DECREF(result);
            return NULL;
        }
        PyTuple_SET_ITEM(result, i, item);
    }
    return result;
}

static PyObject *
bad_desc(const char *what)
{
    PyErr_Format(PyExc_TypeError, "site description: bad %s", what);
    return NULL;
}

static PyObject *
copy_reference(PyObject *item, Py_ssize_t index)
{
    return Py_NewRef(item);
}

static PyObject *copy_slot(PyObject *slot, Py_ssize_t index);

/* The parts of a slot: what follows the tag of Maybe, or the tag, kind and memo of a virtual object. */
static PyObject *
copy_maybe_part(PyObject *item, Py_ssize_t index)
{
    return index < 2 ? Py_NewRef(item) : copy_slot(item, index);
}

static PyObject *
copy_virtual_part(PyObject *item, Py_ssize_t index)
{
    return index < 3 ? Py_NewRef(item) : copy_slot(item, index);
}

static PyObject *
copy_slot(PyObject *slot, Py_ssize_t index)
{
    if (PyLong_CheckExact(slot)) {
        return Py_NewRef(slot);
    }
    if (!PyTuple_CheckExact(slot) || PyTuple_GET_SIZE(slot) < 2 || !PyLong_CheckExact(PyTuple_GET_ITEM(slot, 0))) {
        return bad_desc("slot");
    }
    Py_ssize_t n = PyTuple_GET_SIZE(slot);
    switch (PyLong_AsLong(PyTuple_GET_ITEM(slot, 0))) {
        case 0:
            return n == 2 ? copy_tuple(slot, copy_reference) : bad_desc("constant");
        case 1:
            return n == 3 ? copy_tuple(slot, copy_maybe_part) : bad_desc("conditional slot");
        case 2:
            return n >= 3 ? copy_tuple(slot, copy_virtual_part) : bad_desc("virtual object");
        default:
            return bad_desc("slot");
    }
}

static PyObject *
copy_frame_item(PyObject *item, Py_ssize_t index)
{
    switch (index) {
        case 0:
            return PyCode_Check(item) ? Py_NewRef(item) : bad_desc("code");
        case 1:
            return copy_slot(item, index);
        case 5:
        case 6:
            return PyTuple_CheckExact(item) ? copy_tuple(item, copy_slot) : bad_desc("slots");
        default:
            return Py_NewRef(item);
    }
}

static PyObject *
copy_frame(PyObject *frame, Py_ssize_t index)
{
    if (!PyTuple_CheckExact(frame) || PyTuple_GET_SIZE(frame) < 8 || PyTuple_GET_SIZE(frame) > 9) {
        return bad_desc("frame");
    }
    return copy_tuple(frame, copy_frame_item);
}

static PyObject *
copy_desc_item(PyObject *item, Py_ssize_t index)
{
    if ((index == 0 || index == 3) && !PyBytes_CheckExact(item)) {
        return bad_desc(index ? "words" : "kinds");
    }
    if (index != 1) {
        return Py_NewRef(item);
    }
    return PyTuple_CheckExact(item) && PyTuple_GET_SIZE(item) ? copy_tuple(item, copy_frame) : bad_desc("frames");
}

PyObject *
tc_desc_copy(PyObject *desc)
{
    Py_ssize_t size = PyTuple_GET_SIZE(desc);
    PyObject *copy = size == 3 || size == 4 ? copy_tuple(desc, copy_desc_item) : bad_desc("size");
    if (copy != NULL && size == 4
        && PyBytes_GET_SIZE(PyTuple_GET_ITEM(copy, 3)) != 2 * PyBytes_GET_SIZE(PyTuple_GET_ITEM(copy, 0)))
    {
        Py_DECREF(copy);
        return bad_desc("words");
    }
    return copy;
}
