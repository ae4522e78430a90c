/* What the code generator binds by name: functions and data of this library and of CPython, and where the fields
   are that native code reads itself. */

#include "helpers.h"
#include "exits.h"

#include <math.h>

typedef struct {
    const char *name;
    void *address;
} tc_symbol;

#define FUNCTION(name) {#name, (void *)(uintptr_t)&name}
#define DATA(name) {#name, (void *)&name}

static const tc_symbol symbols[] = {
    /* exits.c and others */
    FUNCTION(tc_exit), FUNCTION(tc_leave_before), FUNCTION(tc_leave), FUNCTION(tc_unwind), FUNCTION(tc_poll),
    FUNCTION(tc_call_interpreted), FUNCTION(tc_detour), FUNCTION(tc_entry_next), FUNCTION(tc_thread_get), FUNCTION(tc_entry_thread),
    FUNCTION(tc_enter_inlined), FUNCTION(tc_leave_inlined), FUNCTION(tc_generic_entry), FUNCTION(tc_others_active),
    FUNCTION(tc_storm),
    FUNCTION(tc_catch), FUNCTION(tc_frame_is_held), FUNCTION(tc_raise), FUNCTION(tc_raise_again),
    FUNCTION(tc_unwind_again), FUNCTION(tc_push_exc_info),
    FUNCTION(tc_pop_except), FUNCTION(tc_exc_matches), FUNCTION(tc_check_exc_match), FUNCTION(tc_exc_traceback),
    FUNCTION(tc_super_attr), FUNCTION(tc_load_special), FUNCTION(PyErr_GetHandledException),
    FUNCTION(tc_incref), FUNCTION(tc_decref), FUNCTION(tc_release), FUNCTION(tc_free),
    FUNCTION(tc_drop), FUNCTION(tc_free_dropped),
    /* helpers_*.c */
    FUNCTION(tc_dealloc),
    FUNCTION(tc_box_i64), FUNCTION(tc_box_f64), FUNCTION(tc_unbox_i64), FUNCTION(tc_i64_pow),
    FUNCTION(tc_long_to_f64), FUNCTION(tc_number_to_f64), FUNCTION(tc_long_low_bits), FUNCTION(tc_long_add), FUNCTION(tc_long_sub),
    FUNCTION(tc_long_mul), FUNCTION(tc_long_floordiv), FUNCTION(tc_long_mod), FUNCTION(tc_long_and),
    FUNCTION(tc_long_or), FUNCTION(tc_long_xor), FUNCTION(tc_long_lshift), FUNCTION(tc_long_rshift),
    FUNCTION(tc_long_pow), FUNCTION(tc_power), FUNCTION(tc_inplace_power), FUNCTION(tc_store_f64),
    FUNCTION(tc_store_i64), FUNCTION(tc_long_lt), FUNCTION(tc_long_le), FUNCTION(tc_long_eq),
    FUNCTION(tc_long_ne), FUNCTION(tc_long_gt), FUNCTION(tc_long_ge), FUNCTION(tc_f64_floordiv),
    FUNCTION(tc_f64_mod), FUNCTION(tc_range_length), FUNCTION(tc_range_new), FUNCTION(tc_list_append),
    FUNCTION(tc_list_repeat), FUNCTION(tc_list_reverse), FUNCTION(tc_list_pop), FUNCTION(tc_list_concat),
    FUNCTION(tc_list_join), FUNCTION(tc_list_join_slice),
    FUNCTION(tc_list_extend_list), FUNCTION(tc_list_extend), FUNCTION(tc_list_new), FUNCTION(tc_tuple_new),
    FUNCTION(tc_str_from_code), FUNCTION(tc_str_item), FUNCTION(tc_str_eq), FUNCTION(tc_str_has), FUNCTION(tc_str_slice), FUNCTION(tc_bytes_slice),
    FUNCTION(tc_sequence_has), FUNCTION(tc_dict_get_or), FUNCTION(PyTuple_GetSlice), FUNCTION(tc_build_string),
    FUNCTION(tc_format_simple), FUNCTION(tc_dict_get_simple), FUNCTION(tc_dict_get), FUNCTION(tc_dict_set_simple),
    FUNCTION(tc_dict_has_simple), FUNCTION(tc_dict_new), FUNCTION(tc_set_has_simple), FUNCTION(tc_set_add_simple),
    FUNCTION(tc_set_within), FUNCTION(tc_least), FUNCTION(tc_greatest),
    FUNCTION(tc_set_new), FUNCTION(tc_unpack_sequence), FUNCTION(tc_unpack_ex), FUNCTION(tc_list_of_tuple),
    FUNCTION(tc_instance_of), FUNCTION(tc_match_class), FUNCTION(tc_match_keys), FUNCTION(tc_check_eg_match),
    FUNCTION(tc_intrinsic_1), FUNCTION(tc_intrinsic_2), FUNCTION(tc_import_from), FUNCTION(tc_delete_global),
    FUNCTION(tc_next), FUNCTION(tc_send), FUNCTION(tc_send_result), FUNCTION(tc_is_unstarted),
    FUNCTION(tc_link_chain), FUNCTION(tc_free_in_chain), FUNCTION(tc_free_quietly), FUNCTION(tc_decref_in_chain),
    FUNCTION(tc_release_in_chain), FUNCTION(tc_del_attr),
    FUNCTION(tc_is_awaitable), FUNCTION(tc_tracks_origins), FUNCTION(_PyCoro_GetAwaitableIter),
    FUNCTION(tc_load_global), FUNCTION(tc_store_global), FUNCTION(tc_import_name), FUNCTION(tc_call_ex),
    FUNCTION(tc_call_method), FUNCTION(tc_check_result), FUNCTION(tc_instance_new), FUNCTION(tc_new_function),
    FUNCTION(tc_i64_to_str),
    FUNCTION(tc_generator_new), FUNCTION(tc_generator_at), FUNCTION(tc_generator_slot),
    FUNCTION(tc_generator_function),
    FUNCTION(tc_own_load), FUNCTION(tc_own_store), FUNCTION(tc_own_set), FUNCTION(tc_own_lacks),
    FUNCTION(tc_dict_update), FUNCTION(tc_dict_merge), FUNCTION(tc_set_update), FUNCTION(tc_sequence_iter_new),
    FUNCTION(tc_range_iter_new), FUNCTION(tc_list_slice_step), FUNCTION(tc_list_take_slice),
    FUNCTION(tc_list_move_slice), FUNCTION(tc_list_insert), FUNCTION(tc_builtin_method_new),
    FUNCTION(tc_box_u64), FUNCTION(tc_box_number), FUNCTION(PyList_SetSlice),
    FUNCTION(tc_int_of_str), FUNCTION(tc_get_method),
    /* CPython */
    FUNCTION(PyNumber_Absolute), FUNCTION(PyNumber_Add), FUNCTION(PyNumber_And),
    FUNCTION(PyNumber_FloorDivide), FUNCTION(PyNumber_InPlaceAdd), FUNCTION(PyNumber_InPlaceAnd),
    FUNCTION(PyNumber_InPlaceFloorDivide), FUNCTION(PyNumber_InPlaceLshift), FUNCTION(PyNumber_InPlaceMatrixMultiply),
    FUNCTION(PyNumber_InPlaceMultiply), FUNCTION(PyNumber_InPlaceOr), FUNCTION(PyNumber_InPlaceRemainder),
    FUNCTION(PyNumber_InPlaceRshift), FUNCTION(PyNumber_InPlaceSubtract), FUNCTION(PyNumber_InPlaceTrueDivide),
    FUNCTION(PyNumber_InPlaceXor), FUNCTION(PyNumber_Index), FUNCTION(PyNumber_Invert),
    FUNCTION(PyNumber_Lshift), FUNCTION(PyNumber_MatrixMultiply), FUNCTION(PyNumber_Multiply),
    FUNCTION(PyNumber_Negative), FUNCTION(PyNumber_Or), FUNCTION(PyNumber_Positive),
    FUNCTION(PyNumber_Remainder), FUNCTION(PyNumber_Rshift), FUNCTION(PyNumber_Subtract),
    FUNCTION(PyNumber_TrueDivide), FUNCTION(PyNumber_Xor), FUNCTION(PyObject_ASCII),
    FUNCTION(PyObject_Call), FUNCTION(PyObject_CallNoArgs), FUNCTION(PyObject_CallOneArg),
    FUNCTION(PyObject_DelItem), FUNCTION(PyObject_Format), FUNCTION(PyObject_GetAttr),
    FUNCTION(PyObject_GetItem), FUNCTION(PyObject_GetIter), FUNCTION(PyObject_Hash),
    FUNCTION(PyObject_IsInstance), FUNCTION(PyObject_IsSubclass), FUNCTION(PyObject_IsTrue),
    FUNCTION(PyObject_Not), FUNCTION(PyObject_Repr), FUNCTION(PyObject_RichCompare),
    FUNCTION(PyObject_RichCompareBool), FUNCTION(PyObject_SetAttr), FUNCTION(PyObject_SetItem),
    FUNCTION(PyObject_Size), FUNCTION(PyObject_Str), FUNCTION(PyObject_Vectorcall),
    FUNCTION(PyObject_VectorcallDict), FUNCTION(PyObject_VectorcallMethod), FUNCTION(PyIter_Next),
    FUNCTION(PySequence_Contains), FUNCTION(PySequence_List), FUNCTION(PySequence_Tuple),
    FUNCTION(PyList_Append), FUNCTION(PyList_AsTuple), FUNCTION(PyList_GetSlice),
    FUNCTION(PyList_Insert), FUNCTION(PyList_New), FUNCTION(PyList_Reverse),
    FUNCTION(PyList_SetSlice), FUNCTION(PyList_Sort), FUNCTION(PyTuple_GetSlice),
    FUNCTION(PyTuple_New), FUNCTION(PyDict_Contains), FUNCTION(PyDict_Copy),
    FUNCTION(PyDict_New), FUNCTION(PyDict_SetItem), FUNCTION(PyDict_Update),
    FUNCTION(PySet_Add), FUNCTION(PySet_Contains), FUNCTION(PySet_New),
    FUNCTION(PyFrozenSet_New), FUNCTION(PyUnicode_Append), FUNCTION(PyUnicode_Concat),
    FUNCTION(PyUnicode_Contains), FUNCTION(PyUnicode_FromOrdinal), FUNCTION(PyUnicode_Join),
    FUNCTION(PyUnicode_Substring), FUNCTION(PyCell_New), FUNCTION(PyFloat_FromDouble), FUNCTION(PyFloat_FromString),
    FUNCTION(PyLong_FromDouble), FUNCTION(PyLong_FromLongLong), FUNCTION(PyMethod_New),
    FUNCTION(PySlice_New), FUNCTION(PyErr_Clear), FUNCTION(PyErr_Occurred),
    FUNCTION(PyErr_SetObject), FUNCTION(PyErr_SetString), FUNCTION(PyEval_RestoreThread),
    FUNCTION(PyEval_SaveThread),
    /* the C library */
    FUNCTION(acos), FUNCTION(acosh), FUNCTION(asin), FUNCTION(asinh), FUNCTION(atan), FUNCTION(atan2),
    FUNCTION(atanh), FUNCTION(cbrt), FUNCTION(ceil), FUNCTION(copysign), FUNCTION(cos), FUNCTION(cosh),
    FUNCTION(erf), FUNCTION(erfc), FUNCTION(exp), FUNCTION(exp2), FUNCTION(expm1), FUNCTION(fabs),
    FUNCTION(floor), FUNCTION(fmod), FUNCTION(hypot), FUNCTION(ldexp), FUNCTION(lgamma), FUNCTION(log),
    FUNCTION(log10), FUNCTION(log1p), FUNCTION(log2), FUNCTION(nextafter), FUNCTION(pow), FUNCTION(remainder),
    FUNCTION(rint), FUNCTION(round), FUNCTION(sin), FUNCTION(sinh), FUNCTION(sqrt), FUNCTION(tan),
    FUNCTION(tanh), FUNCTION(tgamma), FUNCTION(trunc),
    /* data */
    DATA(PyBool_Type), DATA(PyByteArray_Type), DATA(PyBytes_Type), DATA(PyCell_Type),
    DATA(PyCode_Type), DATA(PyComplex_Type), DATA(PyDict_Type), DATA(PyEnum_Type),
    DATA(PyFloat_Type), DATA(PyFrozenSet_Type), DATA(PyFunction_Type), DATA(PyListIter_Type),
    DATA(PyList_Type), DATA(PyLong_Type), DATA(PyMethod_Type), DATA(PyModule_Type),
    DATA(PyRangeIter_Type), DATA(PyRange_Type), DATA(PySet_Type), DATA(PySlice_Type),
    DATA(PyTupleIter_Type), DATA(PyTuple_Type), DATA(PyType_Type), DATA(PyUnicode_Type),
    DATA(PyZip_Type), DATA(PyBaseObject_Type),
    {"Py_None", Py_None}, {"Py_True", Py_True}, {"Py_False", Py_False}, {"Py_Ellipsis", Py_Ellipsis},
    {"Py_NotImplemented", Py_NotImplemented},
    {"_Py_NoneStruct", Py_None}, {"_Py_TrueStruct", Py_True}, {"_Py_FalseStruct", Py_False},
    DATA(tc_exhausted), DATA(tc_null_marker),
};

PyObject *
tc_py_symbols(PyObject *module, PyObject *unused)
{
    PyObject *dict = PyDict_New();
    for (size_t i = 0; dict != NULL && i < Py_ARRAY_LENGTH(symbols); i++) {
        PyObject *address = PyLong_FromVoidPtr(symbols[i].address);
        if (address == NULL || PyDict_SetItemString(dict, symbols[i].name, address) < 0) {
            Py_CLEAR(dict);
        }
        Py_XDECREF(address);
    }
    return dict;
}

typedef struct {
    const char *name;
    Py_ssize_t value;
} tc_offset;

#define FIELD(name, type, field) {name, offsetof(type, field)}

static const tc_offset offsets[] = {
    FIELD("object.refcnt", PyObject, ob_refcnt),
    FIELD("object.type", PyObject, ob_type),
    {"object.size", sizeof(PyObject)},
    FIELD("var.size", PyVarObject, ob_size),
    {"immortal_refcnt", _Py_IMMORTAL_REFCNT},
    FIELD("type.flags", PyTypeObject, tp_flags),
    FIELD("type.version_tag", PyTypeObject, tp_version_tag),
    FIELD("type.iternext", PyTypeObject, tp_iternext),
    FIELD("type.richcompare", PyTypeObject, tp_richcompare),

    FIELD("frame.executable", _PyInterpreterFrame, f_executable),
    FIELD("frame.previous", _PyInterpreterFrame, previous),
    FIELD("frame.funcobj", _PyInterpreterFrame, f_funcobj),
    FIELD("frame.globals", _PyInterpreterFrame, f_globals),
    FIELD("frame.builtins", _PyInterpreterFrame, f_builtins),
    FIELD("frame.locals", _PyInterpreterFrame, f_locals),
    FIELD("frame.frame_obj", _PyInterpreterFrame, frame_obj),
    FIELD("frame.instr_ptr", _PyInterpreterFrame, instr_ptr),
    FIELD("frame.stacktop", _PyInterpreterFrame, stacktop),
    FIELD("frame.return_offset", _PyInterpreterFrame, return_offset),
    FIELD("frame.owner", _PyInterpreterFrame, owner),
    FIELD("frame.localsplus", _PyInterpreterFrame, localsplus),
    {"frame.owned_by_thread", FRAME_OWNED_BY_THREAD},
    FIELD("tstate.eval_breaker", PyThreadState, eval_breaker),
    FIELD("tstate.py_recursion_remaining", PyThreadState, py_recursion_remaining),
    FIELD("tstate.c_recursion_remaining", PyThreadState, c_recursion_remaining),
    FIELD("tstate.current_frame", PyThreadState, current_frame),
    FIELD("tstate.datastack_top", PyThreadState, datastack_top),
    FIELD("tstate.datastack_limit", PyThreadState, datastack_limit),
    FIELD("thread.ts", tc_thread, ts),
    FIELD("thread.stack_limit", tc_thread, stack_limit),
    FIELD("version.valid", tc_version, valid),
    FIELD("version.native", tc_version, native),
    FIELD("version.calls", tc_version, calls),
    FIELD("version.work", tc_version, work),
    {"site.size", sizeof(tc_site)},
    FIELD("site.count", tc_site, count),
    {"extra.chain", (Py_ssize_t)offsetof(tc_loop, chain) - (TC_LOOP_WORDS - 1) * (Py_ssize_t)sizeof(int64_t)},
    {"marker.native", TC_NATIVE},
    {"marker.loop", TC_LOOP},
    {"marker.inlined", TC_INLINED},
    {"marker.left", TC_LEFT},

    FIELD("code.framesize", PyCodeObject, co_framesize),
    FIELD("code.code_adaptive", PyCodeObject, co_code_adaptive),
    FIELD("function.code", PyFunctionObject, func_code),
    FIELD("function.globals", PyFunctionObject, func_globals),
    FIELD("function.builtins", PyFunctionObject, func_builtins),
    FIELD("function.closure", PyFunctionObject, func_closure),
    FIELD("function.defaults", PyFunctionObject, func_defaults),
    FIELD("function.kwdefaults", PyFunctionObject, func_kwdefaults),
    FIELD("function.vectorcall", PyFunctionObject, vectorcall),
    FIELD("function.version", PyFunctionObject, func_version),
    FIELD("method.function", PyMethodObject, im_func),
    FIELD("method.self", PyMethodObject, im_self),

    FIELD("long.tag", PyLongObject, long_value.lv_tag),
    FIELD("long.digits", PyLongObject, long_value.ob_digit),
    {"long.non_size_bits", NON_SIZE_BITS},
    {"long.sign_mask", SIGN_MASK},
    {"long.shift", PyLong_SHIFT},
    FIELD("float.value", PyFloatObject, ob_fval),
    {"float.size", sizeof(PyFloatObject)},
    FIELD("complex.value", PyComplexObject, cval),
    FIELD("list.items", PyListObject, ob_item),
    FIELD("list.allocated", PyListObject, allocated),
    FIELD("tuple.items", PyTupleObject, ob_item),
    FIELD("cell.content", PyCellObject, ob_ref),
    FIELD("slice.start", PySliceObject, start),
    FIELD("slice.stop", PySliceObject, stop),
    FIELD("slice.step", PySliceObject, step),
    {"inline.values", sizeof(PyObject)},
    FIELD("values.capacity", PyDictValues, capacity),
    FIELD("values.size", PyDictValues, size),
    FIELD("values.valid", PyDictValues, valid),
    FIELD("values.values", PyDictValues, values),
    {"managed.dict", MANAGED_DICT_OFFSET},
    FIELD("dict.used", PyDictObject, ma_used),
    FIELD("dict.values", PyDictObject, ma_values),
    FIELD("set.used", PySetObject, used),
    FIELD("unicode.length", PyASCIIObject, length),
    FIELD("unicode.hash", PyASCIIObject, hash),
    FIELD("unicode.state", PyASCIIObject, state),
    {"unicode.kind_shift", 2},   /* bit fields have no offsetof: self_check sees to these two */
    {"unicode.ascii_bit", 1 << 6},
    {"unicode.ascii_data", sizeof(PyASCIIObject)},
    {"unicode.compact_data", sizeof(PyCompactUnicodeObject)},
    FIELD("bytes.data", PyBytesObject, ob_sval),
    FIELD("bytearray.start", PyByteArrayObject, ob_start),
    FIELD("array.items", tc_array, items),
    FIELD("array.descr", tc_array, descr),
    FIELD("listiter.index", _PyListIterObject, it_index),
    FIELD("listiter.seq", _PyListIterObject, it_seq),
    FIELD("tupleiter.index", _PyTupleIterObject, it_index),
    FIELD("tupleiter.seq", _PyTupleIterObject, it_seq),
    FIELD("range.start", tc_range, start),
    FIELD("range.stop", tc_range, stop),
    FIELD("range.step", tc_range, step),
    FIELD("rangeiter.start", _PyRangeIterObject, start),
    FIELD("rangeiter.step", _PyRangeIterObject, step),
    FIELD("rangeiter.len", _PyRangeIterObject, len),
};

PyObject *
tc_py_offsets(PyObject *module, PyObject *unused)
{
    PyObject *dict = PyDict_New();
    for (size_t i = 0; dict != NULL && i < Py_ARRAY_LENGTH(offsets); i++) {
        PyObject *value = PyLong_FromSsize_t(offsets[i].value);
        if (value == NULL || PyDict_SetItemString(dict, offsets[i].name, value) < 0) {
            Py_CLEAR(dict);
        }
        Py_XDECREF(value);
    }
    return dict;
}

/* -- the self check: private structs against what the public API says -- */

static int
check_values(void)
{
    PyObject *number = PyLong_FromLong(-12345), *real = PyFloat_FromDouble(2.5);
    PyObject *list = Py_BuildValue("[OO]", Py_True, Py_None), *tuple = Py_BuildValue("(OO)", Py_True, Py_None);
    PyObject *ascii = PyUnicode_FromString("tiercel"), *wide = PyUnicode_FromString("\xe2\x82\xac");
    int ok = number && real && list && tuple && ascii && wide;
    if (ok) {
        uint32_t ascii_state, wide_state;
        memcpy(&ascii_state, (char *)ascii + offsetof(PyASCIIObject, state), sizeof(ascii_state));
        memcpy(&wide_state, (char *)wide + offsetof(PyASCIIObject, state), sizeof(wide_state));
        ok = _PyLong_IsCompact((PyLongObject *)number) && _PyLong_CompactValue((PyLongObject *)number) == -12345
             && ((PyFloatObject *)real)->ob_fval == 2.5
             && PyList_Size(list) == Py_SIZE(list) && ((PyListObject *)list)->ob_item[1] == Py_None
             && PyTuple_Size(tuple) == Py_SIZE(tuple) && ((PyTupleObject *)tuple)->ob_item[1] == Py_None
             && ((PyASCIIObject *)ascii)->length == 7 && memcmp((PyASCIIObject *)ascii + 1, "tiercel", 7) == 0
             && (ascii_state >> 2 & 7) == PyUnicode_1BYTE_KIND && (ascii_state & 1 << 6)
             && (wide_state >> 2 & 7) == PyUnicode_2BYTE_KIND && !(wide_state & 1 << 6)
             && *(Py_UCS2 *)((PyCompactUnicodeObject *)wide + 1) == 0x20ac;
    }
    Py_XDECREF(number);
    Py_XDECREF(real);
    Py_XDECREF(list);
    Py_XDECREF(tuple);
    Py_XDECREF(ascii);
    Py_XDECREF(wide);
    return ok;
}

/* Our caller's frame, seen through the public API and through the private struct. */
static int
check_frame(PyThreadState *ts)
{
    PyFrameObject *frame = PyEval_GetFrame();
    _PyInterpreterFrame *inner = ts->current_frame;
    if (frame == NULL || inner == NULL) {
        return 0;
    }
    PyObject *code = (PyObject *)PyFrame_GetCode(frame), *globals = PyFrame_GetGlobals(frame);
    PyObject *builtins = PyFrame_GetBuiltins(frame);
    int at = PyFrame_GetLasti(frame);
    int ok = inner->f_executable == code && inner->f_globals == globals && inner->f_builtins == builtins
             && inner->frame_obj == frame
             && at == (int)((char *)inner->instr_ptr - ((PyCodeObject *)code)->co_code_adaptive)
             && (char *)inner > (char *)ts->datastack_chunk
             && (PyObject **)inner + ((PyCodeObject *)code)->co_framesize <= ts->datastack_top;
    if (inner->owner != FRAME_OWNED_BY_THREAD) {
        ok = inner->f_executable == code;
    }
    Py_DECREF(code);
    Py_DECREF(globals);
    Py_DECREF(builtins);
    return ok;
}

static int
check_function(void)
{
    PyObject *globals = PyDict_New();
    PyCodeObject *code = PyCode_NewEmpty("file", "name", 1);
    PyObject *func = globals && code ? PyFunction_New((PyObject *)code, globals) : NULL;
    int ok = func != NULL && PyFunction_GET_CODE(func) == (PyObject *)code && PyFunction_GetGlobals(func) == globals
             && ((PyFunctionObject *)func)->vectorcall == PyVectorcall_Function(func)
             && ((PyFunctionObject *)func)->vectorcall != NULL;
    Py_XDECREF(func);
    Py_XDECREF(code);
    Py_XDECREF(globals);
    return ok;
}

PyObject *
tc_py_self_check(PyObject *module, PyObject *unused)
{
    PyThreadState *ts = PyThreadState_Get();
    const char *reason = NULL;
#ifdef Py_GIL_DISABLED
    reason = "this CPython is built without the GIL";
#endif
    if (Py_Version >> 16 != PY_VERSION_HEX >> 16) {
        reason = "this CPython is not the version that Tiercel was built for";
    }
    else if (ts->interp != PyInterpreterState_Main()) {
        reason = "this is not the main interpreter";
    }
    else if (ts->interp->eval_frame != NULL) {
        reason = "another extension evaluates frames";
    }
    else if (!check_values() || !check_function() || !check_frame(ts) || !tc_check_floats(ts)
             || !tc_check_lookup()) {
        reason = "this CPython's structures are not the ones that Tiercel was built for";
    }
    PyErr_Clear();
    return reason ? PyUnicode_FromString(reason) : Py_NewRef(Py_None);
}
