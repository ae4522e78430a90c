/* Other tools: debuggers, profilers, coverage.  While one is on, native code hands over to the interpreter. */

#include "tiercel.h"

int tc_tools_seen;

int
tc_other_tools(void)
{
    PyInterpreterState *interp = PyInterpreterState_Get();
    uintptr_t names = 0;
    for (int tool = 0; tool < PY_MONITORING_OPTIMIZER_ID; tool++) {
        names |= (uintptr_t)interp->monitoring_tool_names[tool];
    }
    /* Tools 6 and 7 are sys.setprofile and sys.settrace: those of other threads do not count. */
    uint8_t tools = 0;
    for (int event = 0; event < _PY_MONITORING_UNGROUPED_EVENTS; event++) {
        tools |= interp->monitors.tools[event];
    }
    return names != 0 || (tools & ((1 << PY_MONITORING_OPTIMIZER_ID) - 1)) != 0;
}

int
tc_others_active(PyThreadState *ts)
{
    return ts->c_tracefunc != NULL || ts->c_profilefunc != NULL || tc_other_tools();
}

/* Lets the code object be instrumented anew for one tool: what it disabled there is on again.  The next frame of the
   code sees that its version is not the global one. */
void
tc_reinstrument(PyCodeObject *code, int tool)
{
    enum { VERSION_INCREMENT = 1 << 8 };
    if (code->_co_monitoring == NULL || code->_co_instrumentation_version <= VERSION_INCREMENT) {
        return;
    }
    for (int event = 0; event < _PY_MONITORING_LOCAL_EVENTS; event++) {
        code->_co_monitoring->active_monitors.tools[event] &= (uint8_t)~(1 << tool);
    }
    code->_co_instrumentation_version -= VERSION_INCREMENT;
}

/* -- the functions by which tools come on, watched while Tiercel is active -- */

typedef struct {
    const char *module;          /* NULL: sys */
    const char *name;
    int flags;
    PyCFunction ours;
    PyMethodDef *def;
    PyCFunction original;
} tc_hooked;

static void before(PyObject *arg);
static PyObject *after(PyObject *result);
static tc_hooked hooked[];

#define FUNCTION_OR_NONE(number)                                                    \
    static PyObject *hooked_##number(PyObject *module, PyObject *arg)               \
    {                                                                               \
        before(arg);                                                                \
        return after(hooked[number].original(module, arg));                         \
    }
#define ONE_ARGUMENT(number)                                                        \
    static PyObject *hooked_##number(PyObject *module, PyObject *arg)               \
    {                                                                               \
        return after(hooked[number].original(module, arg));                         \
    }
#define FAST_CALL(number)                                                           \
    static PyObject *hooked_##number(PyObject *module, PyObject *const *args, Py_ssize_t nargs) \
    {                                                                               \
        return after(((PyCFunctionFast)(void (*)(void))hooked[number].original)(module, args, nargs)); \
    }

FUNCTION_OR_NONE(0)
FUNCTION_OR_NONE(1)
FUNCTION_OR_NONE(2)
FUNCTION_OR_NONE(3)
FAST_CALL(4)
FAST_CALL(5)
FAST_CALL(6)
ONE_ARGUMENT(7)

/* Our own events are not there for anybody who asks. */
static PyObject *
hooked_8(PyObject *module, PyObject *unused)
{
    PyObject *events = hooked[8].original(module, unused);
    if (tc_is_elsewhere()) {
        return events;
    }
    PyObject *shown = events ? PyDict_New() : NULL;
    PyObject *name, *tools;
    Py_ssize_t position = 0;
    while (shown != NULL && PyDict_Next(events, &position, &name, &tools)) {
        PyObject *others = PyLong_FromLong(PyLong_AsLong(tools) & ~(1L << PY_MONITORING_OPTIMIZER_ID));
        if (others == NULL || (PyObject_IsTrue(others) && PyDict_SetItem(shown, name, others) < 0)) {
            Py_CLEAR(shown);
        }
        Py_XDECREF(others);
    }
    Py_XDECREF(events);
    return shown;
}

static PyObject *
hooked_9(PyObject *module, PyObject *tool)
{
    PyObject *events = hooked[9].original(module, tool);
    if (events != NULL && !tc_is_elsewhere() && PyLong_AsLong(tool) == PY_MONITORING_OPTIMIZER_ID) {
        Py_SETREF(events, PyLong_FromLong(0));
    }
    return events;
}

static tc_hooked hooked[] = {
    {NULL, "settrace", METH_O, hooked_0, NULL, NULL},
    {NULL, "setprofile", METH_O, hooked_1, NULL, NULL},
    {NULL, "_settraceallthreads", METH_O, hooked_2, NULL, NULL},
    {NULL, "_setprofileallthreads", METH_O, hooked_3, NULL, NULL},
    {"monitoring", "use_tool_id", METH_FASTCALL, (PyCFunction)(void (*)(void))hooked_4, NULL, NULL},
    {"monitoring", "set_events", METH_FASTCALL, (PyCFunction)(void (*)(void))hooked_5, NULL, NULL},
    {"monitoring", "set_local_events", METH_FASTCALL, (PyCFunction)(void (*)(void))hooked_6, NULL, NULL},
    {"monitoring", "free_tool_id", METH_O, hooked_7, NULL, NULL},
    {"monitoring", "_all_events", METH_NOARGS, hooked_8, NULL, NULL},
    {"monitoring", "get_events", METH_O, hooked_9, NULL, NULL},
};

enum { HOOKED = sizeof(hooked) / sizeof(hooked[0]) };

/* Whether a frame of the thread has `f_trace_opcodes` set. */
static int
traces_opcodes(PyThreadState *ts)
{
    for (_PyInterpreterFrame *frame = ts->current_frame; frame != NULL; frame = frame->previous) {
        if (frame->owner != FRAME_OWNED_BY_CSTACK && frame->frame_obj != NULL && frame->frame_obj->f_trace_opcodes) {
            return 1;
        }
    }
    return 0;
}

/* A tracer is about to come on for single instructions: our events go first, and stay away.  Code where one event is both the
   tracer's and ours loses the events of its instructions that were set before. */
static void
before(PyObject *arg)
{
    if (arg != Py_None && !tc_is_elsewhere() && traces_opcodes(PyThreadState_Get())) {
        tc_monitor_pause(1);
    }
}

/* Native frames further up leave when they regain control.  While there are other tools, our events are off: where the
   interpreter sends events of ours, it sends some of theirs that it would not send otherwise. */
static PyObject *
after(PyObject *result)
{
    if (tc_is_elsewhere()) {
        return result;
    }
    PyThreadState *ts = PyThreadState_Get();
    tc_monitor_pause(tc_other_tools() || (ts->c_tracefunc != NULL && traces_opcodes(ts)));
    if (tc_others_active(ts)) {
        tc_tools_seen = 1;
        tc_mark_frames(NULL);
    }
    return result;
}

static PyMethodDef *
find_def(tc_hooked *hook)
{
    PyObject *module = hook->module ? PySys_GetObject(hook->module) : NULL;
    PyObject *function = hook->module ? (module ? PyObject_GetAttrString(module, hook->name) : NULL)
                                      : Py_XNewRef(PySys_GetObject(hook->name));
    PyMethodDef *def = NULL;
    if (function != NULL && PyCFunction_CheckExact(function)) {
        def = ((PyCFunctionObject *)function)->m_ml;
    }
    Py_XDECREF(function);
    PyErr_Clear();
    return def != NULL && strcmp(def->ml_name, hook->name) == 0 && def->ml_flags == hook->flags ? def : NULL;
}

void
tc_tools_watch(void)
{
    tc_tools_seen = 1;           /* maybe: one may be on already */
    for (int i = 0; i < HOOKED; i++) {
        if (hooked[i].def == NULL && (hooked[i].def = find_def(&hooked[i])) != NULL) {
            hooked[i].original = hooked[i].def->ml_meth;
            hooked[i].def->ml_meth = hooked[i].ours;
        }
    }
}

void
tc_tools_unwatch(void)
{
    for (int i = 0; i < HOOKED; i++) {
        if (hooked[i].def != NULL) {
            hooked[i].def->ml_meth = hooked[i].original;
            hooked[i].def = NULL;
        }
    }
}
