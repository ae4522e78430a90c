/* The extension module `tiercel._runtime`: its methods, types and markers. */

#include "tiercel.h"
#include "exits.h"
#include "launch.h"
#include "layout.h"

static PyObject *
null_repr(PyObject *self)
{
    return PyUnicode_FromString("<null>");
}

static PyTypeObject null_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tiercel._runtime.Null",
    .tp_doc = PyDoc_STR("The type of NULL, which stands for an empty slot."),
    .tp_basicsize = sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_repr = null_repr,
};

PyObject tc_null_marker = {.ob_refcnt = _Py_IMMORTAL_REFCNT, .ob_type = &null_type};
PyObject tc_exhausted = {.ob_refcnt = _Py_IMMORTAL_REFCNT, .ob_type = &null_type};

PyDoc_STRVAR(symbols_doc, "symbols(): the address of each name that machine code may use.");
PyDoc_STRVAR(offsets_doc, "offsets(): where fields are in CPython's structs and in the runtime's, and constants.");
PyDoc_STRVAR(self_check_doc, "self_check(): why Tiercel must stay inactive in this process, or None.");
PyDoc_STRVAR(attach_doc, "attach(func, version): calls of the function enter the version.  False: it is retired.");
PyDoc_STRVAR(detach_doc, "detach(func): calls go to the interpreter again.");
PyDoc_STRVAR(versions_doc, "versions(code): the installed versions, of the function and then of loops, newest first.");
PyDoc_STRVAR(interpreted_doc, "interpreted(func, *args, **kwargs): calls it through the interpreter.");
PyDoc_STRVAR(start_doc, "start(hooks, threshold, loop_threshold): begins to count, and to call the hooks.");
PyDoc_STRVAR(stop_doc, "stop(): retires everything and leaves the process as it was before `start`.");
PyDoc_STRVAR(wake_after_doc, "wake_after(seconds): when code that a hook put off with None may ask again.");
PyDoc_STRVAR(use_llvm_doc, "use_llvm(addresses): where what Job needs of LLVM is, by the names in background.c.");
PyDoc_STRVAR(background_wait_doc, "background_wait(seconds) -> whether all that was begun is made and installed by then.");
PyDoc_STRVAR(underway_doc, "underway(code, whether): machine code is being made of it, or no more: its events count again.");
PyDoc_STRVAR(before_fork_doc, "before_fork(): waits for the hook that is running, and lets none begin.");
PyDoc_STRVAR(after_fork_in_child_doc, "after_fork_in_child(): what was to be done beside the program goes on.");
PyDoc_STRVAR(after_fork_doc, "after_fork(): in the parent, lets hooks begin again.");
PyDoc_STRVAR(ask_after_doc, "ask_after(code, at, runs): in the hook for that code, or for that loop of it: the hook is called\n"
                            "again after so many more calls or rounds.");
PyDoc_STRVAR(argument_types_doc, "argument_types(code): of how many calls the arguments were looked at, and for each of the\n"
             "first ones how often it was of which exact type.");
PyDoc_STRVAR(set_threshold_doc, "set_threshold(code, calls[, rounds]): this code is hot after that many calls, its loops "
                                "after that many rounds (else in proportion); counts anew.");
PyDoc_STRVAR(storm_doc, "storm(seed): from now on guards of code that asks tc_storm fail once each; None: no more.");
PyDoc_STRVAR(storming_doc, "storming(): whether machine code must ask tc_storm before it passes a guard.");
PyDoc_STRVAR(resume_doc, "resume(frames, values, exception=None, result=NULL): goes on in the interpreter.");
PyDoc_STRVAR(exchange_handled_doc, "exchange_handled(exception): it is being handled, or nothing if it is None; what was.");
PyDoc_STRVAR(generator_doc, "generator(function, point, slots): one that is suspended there.");
PyDoc_STRVAR(suspended_doc, "suspended(generator): its function, the point at which it is suspended, its locals and stack; None\n"
                            "if it is no generator that could be made anew.");
PyDoc_STRVAR(hide_doc, "hide(function): nobody sees frames of it; before any exists.");
PyDoc_STRVAR(run_on_thread_doc, "run_on_thread(callable): its result, from a thread of its own with a large stack.");

static PyMethodDef methods[] = {
    {"symbols", tc_py_symbols, METH_NOARGS, symbols_doc},
    {"offsets", tc_py_offsets, METH_NOARGS, offsets_doc},
    {"self_check", tc_py_self_check, METH_NOARGS, self_check_doc},
    {"attach", tc_py_attach, METH_VARARGS, attach_doc},
    {"detach", tc_py_detach, METH_O, detach_doc},
    {"versions", tc_py_versions, METH_O, versions_doc},
    {"interpreted", (PyCFunction)(void (*)(void))tc_py_interpreted, METH_FASTCALL | METH_KEYWORDS, interpreted_doc},
    {"start", tc_py_start, METH_VARARGS, start_doc},
    {"stop", tc_py_stop, METH_NOARGS, stop_doc},
    {"wake_after", tc_py_wake_after, METH_O, wake_after_doc},
    {"let_others_run", tc_py_let_others_run, METH_NOARGS, PyDoc_STR("See worker.c.")},
    {"use_llvm", tc_py_use_llvm, METH_O, use_llvm_doc},
    {"background_wait", tc_py_background_wait, METH_O, background_wait_doc},
    {"underway", tc_py_underway, METH_VARARGS, underway_doc},
    {"before_fork", tc_py_before_fork, METH_NOARGS, before_fork_doc},
    {"after_fork", tc_py_after_fork, METH_NOARGS, after_fork_doc},
    {"after_fork_in_child", tc_py_after_fork_in_child, METH_NOARGS, after_fork_in_child_doc},
    {"set_threshold", tc_py_set_threshold, METH_VARARGS, set_threshold_doc},
    {"argument_types", tc_py_argument_types, METH_O, argument_types_doc},
    {"ask_after", tc_py_ask_after, METH_VARARGS, ask_after_doc},
    {"run_on_thread", tc_py_run_on_thread, METH_O, run_on_thread_doc},
    {"storm", tc_py_storm, METH_O, storm_doc},
    {"storming", tc_py_storming, METH_NOARGS, storming_doc},
    {"resume", (PyCFunction)(void (*)(void))tc_py_resume, METH_VARARGS | METH_KEYWORDS, resume_doc},
    {"exchange_handled", tc_py_exchange_handled, METH_O, exchange_handled_doc},
    {"generator", tc_py_generator, METH_VARARGS, generator_doc},
    {"suspended", tc_py_suspended, METH_O, suspended_doc},
    {"hide", tc_py_hide, METH_O, hide_doc},
    {"attr_index", tc_py_attr_index, METH_VARARGS, PyDoc_STR("See layout.c.")},
    {"attr_offset", tc_py_attr_offset, METH_VARARGS, PyDoc_STR("See layout.c.")},
    {"shared_names", tc_py_shared_names, METH_O, PyDoc_STR("See layout.c.")},
    {"keys_count_address", tc_py_keys_count_address, METH_O, PyDoc_STR("See layout.c.")},
    {"has_own_dict", tc_py_has_own_dict, METH_O, PyDoc_STR("See layout.c.")},
    {"dict_entry", tc_py_dict_entry, METH_VARARGS, PyDoc_STR("See layout.c.")},
    {"imports", tc_py_imports, METH_NOARGS, PyDoc_STR("See helpers_language.c.")},
    {"peek_attr", tc_py_peek_attr, METH_VARARGS, PyDoc_STR("See layout.c.")},
    {"member_offset", tc_py_member_offset, METH_O, PyDoc_STR("See layout.c.")},
    {"type_traits", tc_py_type_traits, METH_O, PyDoc_STR("See layout.c.")},
    {"type_version", tc_py_type_version, METH_O, PyDoc_STR("See layout.c.")},
    {"array_seen", tc_py_array_seen, METH_O, PyDoc_STR("See layout.c.")},
    {"cfunction", tc_py_cfunction, METH_O, PyDoc_STR("See layout.c.")},
    {NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "tiercel._runtime",
    .m_doc = PyDoc_STR("The C runtime of Tiercel; its Python side is tiercel.control."),
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC
PyInit__runtime(void)
{
    if (PyType_Ready(&null_type) < 0 || PyType_Ready(&tc_version_type) < 0 || PyType_Ready(&tc_target_type) < 0
        || PyType_Ready(&tc_job_type) < 0 || tc_attach_init() < 0 || tc_worker_init() < 0
        || (tc_old_libraries = PyList_New(0)) == NULL)
    {
        return NULL;
    }
    PyObject *module = PyModule_Create(&definition);
    if (module == NULL) {
        return NULL;
    }
    tc_loops_init();
    if (PyModule_AddFunctions(module, tc_launch_methods) < 0
        || PyModule_AddObjectRef(module, "Version", (PyObject *)&tc_version_type) < 0
        || PyModule_AddObjectRef(module, "Target", (PyObject *)&tc_target_type) < 0
        || PyModule_AddObjectRef(module, "Job", (PyObject *)&tc_job_type) < 0
        || PyModule_AddObjectRef(module, "old_libraries", tc_old_libraries) < 0
        || PyModule_AddObjectRef(module, "NULL", &tc_null_marker) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
