/* Reference counts, for native code that is to be made quickly: it calls these instead of counting itself. */

#include "exits.h"
#include "helpers.h"

void
tc_incref(PyObject *object)
{
    Py_XINCREF(object);
}

void
tc_free(int64_t *extra, PyObject *object)
{
    extra[0] |= TC_NO_STATE;
    tc_dealloc(object);
}

/* Whether that was the last reference. */
static inline int
count_down(PyObject *object)
{
    return object != NULL && !_Py_IsImmortal(object) && --object->ob_refcnt == 0;
}

void
tc_decref(int64_t *extra, PyObject *object)
{
    if (count_down(object)) {
        if (extra != NULL) {
            extra[0] |= TC_NO_STATE;
        }
        tc_dealloc(object);
    }
}

void
tc_free_dropped(tc_version *version, PyObject *object)
{
    version->leaving++;
    tc_dealloc(object);
    version->leaving--;
}

void
tc_drop(tc_version *version, PyObject *object)
{
    if (count_down(object)) {
        tc_free_dropped(version, object);
    }
}

/* The innermost linked frame stands at the instruction of a site. */
static void
mark_instruction(_PyInterpreterFrame *root, tc_site *site)
{
    PyObject *frames = PyTuple_GET_ITEM(site->desc, 1), *frame = PyTuple_GET_ITEM(frames, 0);
    Py_ssize_t i = 0, outermost = PyTuple_GET_SIZE(frames) - 1;
    while (i < outermost && PyTuple_GET_ITEM(frame, 7) != Py_True) {
        frame = PyTuple_GET_ITEM(frames, ++i);
    }
    _PyInterpreterFrame *linked = i < outermost ? PyThreadState_GetUnchecked()->current_frame : root;
    linked->instr_ptr = _PyCode_CODE((PyCodeObject *)PyTuple_GET_ITEM(frame, 0)) + PyLong_AsLong(PyTuple_GET_ITEM(frame, 2));
}

static int
free_at(_PyInterpreterFrame *root, int64_t *extra, tc_site *site, PyObject *object)
{
    mark_instruction(root, site);
    extra[0] = (int64_t)(uintptr_t)site;
    tc_dealloc(object);
    return root->stacktop == TC_LEFT;
}

int
tc_release(_PyInterpreterFrame *root, int64_t *extra, tc_site *site, PyObject *object)
{
    return count_down(object) ? free_at(root, extra, site, object) : 0;
}

/* -- in bodies of generators, whose frames may not be linked -- */

int
tc_ends_quietly(PyObject *object)
{
    if (PyGen_CheckExact(object) || PyCoro_CheckExact(object)) {
        PyGenObject *gen = (PyGenObject *)object;
        return gen->gi_frame_state == FRAME_CLEARED && gen->gi_weakreflist == NULL && gen->gi_exc_state.exc_value == NULL
               && gen->gi_origin_or_finalizer == NULL && PyUnicode_CheckExact(gen->gi_name)
               && PyUnicode_CheckExact(gen->gi_qualname) && Py_REFCNT(_PyFrame_GetCode((_PyInterpreterFrame *)gen->gi_iframe)) > 1;
    }
    return PyLong_CheckExact(object) || PyFloat_CheckExact(object) || PyUnicode_CheckExact(object)
           || PyBytes_CheckExact(object);
}

int
tc_free_quietly(PyObject *object)
{
    if (!tc_ends_quietly(object)) {
        return 0;
    }
    if ((PyGen_CheckExact(object) || PyCoro_CheckExact(object)) && !tc_objects_are_traced()) {
        tc_free_ended((PyGenObject *)object);
    }
    else {
        tc_dealloc(object);
    }
    return 1;
}

void
tc_free_in_chain(int64_t *extra, PyObject *object)
{
    if (!tc_free_quietly(object)) {
        tc_link_chain(extra);
        tc_free(extra, object);
    }
}

void
tc_decref_in_chain(int64_t *extra, PyObject *object)
{
    if (count_down(object)) {
        tc_free_in_chain(extra, object);
    }
}

int
tc_release_in_chain(_PyInterpreterFrame *root, int64_t *extra, tc_site *site, PyObject *object)
{
    if (!count_down(object) || tc_free_quietly(object)) {
        return 0;
    }
    tc_link_chain(extra);
    return free_at(root, extra, site, object);
}
