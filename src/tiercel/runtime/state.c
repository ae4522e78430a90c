/* States: what a site's description and raw values say is in the slots of frames.  Everything live is owned before anything is
   made. */

#include "exits.h"

#include <string.h>

/* -- reading a description -- */

static int
int_field(PyObject *desc, Py_ssize_t index)
{
    return (int)_PyLong_CompactValue((PyLongObject *)tc_field(desc, index));
}

Py_ssize_t
tc_value_count(PyObject *desc)
{
    return PyBytes_GET_SIZE(tc_field(desc, 0));
}

Py_ssize_t
tc_frame_count(PyObject *desc)
{
    return PyTuple_GET_SIZE(tc_field(desc, 1));
}

void
tc_read_values(PyObject *desc, const int64_t *extra, int64_t *raw)
{
    unsigned short *words = PyTuple_GET_SIZE(desc) > 3 ? (unsigned short *)PyBytes_AS_STRING(tc_field(desc, 3)) : NULL;
    for (Py_ssize_t i = 0; i < tc_value_count(desc); i++) {
        raw[i] = extra[words ? words[i] : i + 1];
    }
}

static void
read_frame(tc_state_frame *frame, PyObject *desc)
{
    *frame = (tc_state_frame){.desc = desc, .handler = -1, .ends = -1};
    frame->code = (PyCodeObject *)tc_field(desc, 0);
    frame->at = int_field(desc, 2);
    frame->resume = int_field(desc, 3);
    PyObject *handler = tc_field(desc, 4);
    if (handler != Py_None) {
        frame->handler = int_field(handler, 0);
        frame->depth = int_field(handler, 1);
        frame->lasti = tc_field(handler, 2) == Py_True;
    }
    frame->linked = tc_field(desc, 7) == Py_True;
    if (PyTuple_GET_SIZE(desc) > 8) {
        frame->ends = int_field(desc, 8);
    }
}

void
tc_read_state(tc_state *state, PyObject *desc)
{
    PyObject *frames = tc_field(desc, 1);
    state->kinds = PyBytes_AS_STRING(tc_field(desc, 0));
    state->value_count = tc_value_count(desc);
    state->frame_count = PyTuple_GET_SIZE(frames);
    for (Py_ssize_t i = 0; i < state->frame_count; i++) {
        read_frame(&state->frames[i], PyTuple_GET_ITEM(frames, i));
    }
}

int
tc_stack_top(tc_state_frame *frame)
{
    return frame->code->co_nlocalsplus + (int)PyTuple_GET_SIZE(tc_field(frame->desc, 6));
}

/* -- values -- */

static double
raw_double(int64_t raw)
{
    double value;
    memcpy(&value, &raw, sizeof(value));
    return value;
}

void
tc_own_values(tc_state *state)
{
    for (Py_ssize_t i = 0; i < state->value_count; i++) {
        PyObject *object = NULL;
        if (state->kinds[i] == 'o') {
            object = Py_XNewRef(tc_raw_object(state->raw[i]));
        }
        else if (state->kinds[i] == 'O') {
            object = tc_raw_object(state->raw[i]);
        }
        state->objects[i] = object;
    }
}

void
tc_share_values(tc_state *state)
{
    for (Py_ssize_t i = 0; i < state->value_count; i++) {
        int counted = state->kinds[i] == 'o' || state->kinds[i] == 'O';
        state->objects[i] = counted ? Py_XNewRef(tc_raw_object(state->raw[i])) : NULL;
    }
}

void
tc_release_values(tc_state *state)
{
    for (Py_ssize_t i = 0; i < state->value_count; i++) {
        Py_CLEAR(state->objects[i]);
    }
    Py_CLEAR(state->memo);
}

/* A new reference to a value, boxed at most once.  As for tc_slot_object. */
static int
value_object(tc_state *state, Py_ssize_t index, PyObject **object)
{
    PyObject **owned = &state->objects[index];
    if (*owned == NULL) {
        int64_t raw = state->raw[index];
        switch (state->kinds[index]) {
        case 'i':
            *owned = PyLong_FromLongLong(raw);
            break;
        case 'u':
            *owned = PyLong_FromUnsignedLongLong((uint64_t)raw);
            break;
        case 'f':
            *owned = PyFloat_FromDouble(raw_double(raw));
            break;
        case 'b':
            *owned = PyBool_FromLong(raw != 0);
            break;
        default:
            *object = NULL;
            return 0;
        }
        if (*owned == NULL) {
            *object = NULL;
            return -1;
        }
    }
    *object = Py_NewRef(*owned);
    return 1;
}

static int
value_is_true(tc_state *state, Py_ssize_t index)
{
    char kind = state->kinds[index];
    if (kind == 'o' || kind == 'O') {
        return state->objects[index] == Py_True;
    }
    return state->raw[index] != 0;
}

/* -- slots -- */

static int
composed_object(tc_state *state, PyObject *slot, PyObject **object)
{
    switch (int_field(slot, 0)) {
    case 0:
        *object = Py_NewRef(tc_field(slot, 1));
        return 1;
    case 1:
        if (!value_is_true(state, int_field(slot, 1))) {
            return 0;
        }
        return tc_slot_object(state, tc_field(slot, 2), object);
    default:
        return tc_virtual_object(state, slot, object);
    }
}

int
tc_slot_object(tc_state *state, PyObject *slot, PyObject **object)
{
    *object = NULL;
    if (!PyLong_Check(slot)) {
        return composed_object(state, slot, object);
    }
    Py_ssize_t number = _PyLong_CompactValue((PyLongObject *)slot);
    if (number >= 0) {
        return value_object(state, number, object);
    }
    if (number == TC_SLOT_RESULT && state->result != NULL) {
        *object = Py_NewRef(state->result);
        return 1;
    }
    return 0;
}

int
tc_slot_integer(tc_state *state, PyObject *slot, int64_t *value)
{
    if (PyLong_Check(slot) && PyLong_AsSsize_t(slot) >= 0) {
        Py_ssize_t number = PyLong_AsSsize_t(slot);
        if (state->kinds[number] == 'i' || state->kinds[number] == 'b') {
            *value = state->raw[number];
            return 0;
        }
    }
    PyObject *object;
    int found = tc_slot_object(state, slot, &object);
    if (found <= 0) {
        if (found == 0) {
            PyErr_SetString(PyExc_SystemError, "an exit's integer is missing");
        }
        return -1;
    }
    *value = PyLong_AsLongLong(object);
    Py_DECREF(object);
    return *value == -1 && PyErr_Occurred() ? -1 : 0;
}

/* Whether a slot waits for a result that only goes in when the frame goes on. */
static int
is_result(PyObject *slot)
{
    return PyLong_Check(slot) && _PyLong_CompactValue((PyLongObject *)slot) <= TC_SLOT_RESULT;
}

static int
fill_slots(tc_state *state, PyObject *slots, PyObject **place)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(slots); i++) {
        PyObject *slot = PyTuple_GET_ITEM(slots, i);
        place[i] = NULL;
        if (!is_result(slot) && tc_slot_object(state, slot, &place[i]) < 0) {
            while (++i < PyTuple_GET_SIZE(slots)) {
                place[i] = NULL;
            }
            return -1;
        }
    }
    return 0;
}

int
tc_fill_stack(tc_state *state, tc_state_frame *frame)
{
    return fill_slots(state, tc_field(frame->desc, 6), frame->frame->localsplus + frame->code->co_nlocalsplus);
}

int
tc_fill_frame(tc_state *state, tc_state_frame *frame)
{
    int locals = fill_slots(state, tc_field(frame->desc, 5), frame->frame->localsplus);
    return tc_fill_stack(state, frame) < 0 || locals < 0 ? -1 : 0;
}
