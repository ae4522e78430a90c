/* Layout queries for the evaluator; see layout.c. */

#ifndef TIERCEL_LAYOUT_H
#define TIERCEL_LAYOUT_H

#include "tiercel.h"

PyObject *tc_py_attr_index(PyObject *module, PyObject *args);
PyObject *tc_py_attr_offset(PyObject *module, PyObject *args);
PyObject *tc_py_shared_names(PyObject *module, PyObject *type);
PyObject *tc_py_keys_count_address(PyObject *module, PyObject *type);
PyObject *tc_py_peek_attr(PyObject *module, PyObject *args);
PyObject *tc_py_dict_entry(PyObject *module, PyObject *args);
PyObject *tc_py_has_own_dict(PyObject *module, PyObject *obj);
PyObject *tc_py_member_offset(PyObject *module, PyObject *descriptor);
PyObject *tc_py_type_traits(PyObject *module, PyObject *type);
PyObject *tc_py_type_version(PyObject *module, PyObject *type);
PyObject *tc_py_array_seen(PyObject *module, PyObject *array);
PyObject *tc_py_cfunction(PyObject *module, PyObject *callable);

#endif
