/* The exit storm, a test of Tiercel itself: every guard fails once although it holds, each at a visit of its own that
   a seed decides.  Machine code made while the storm is on asks here before it passes a guard. */

#include "tiercel.h"

static int storming;
static uint64_t seed;

/* At which visit, from 0, the site fails: half of them early, others after up to some hundreds. */
static uint32_t
turn(tc_site *site)
{
    uint64_t h = seed * 0x9E3779B97F4A7C15u + (uint64_t)(site - site->version->sites) * 0xC2B2AE3D27D4EB4Fu;
    h ^= h >> 31;
    h *= 0xBF58476D1CE4E5B9u;
    h ^= h >> 27;
    return (uint32_t)(h >> 32) % (2u << (h % 9));
}

int
tc_storm(tc_site *site)
{
    return storming && site->visits++ == turn(site);
}

PyObject *
tc_py_storm(PyObject *module, PyObject *arg)
{
    if (arg == Py_None) {
        storming = 0;
        Py_RETURN_NONE;
    }
    uint64_t number = PyLong_AsUnsignedLongLong(arg);
    if (number == (uint64_t)-1 && PyErr_Occurred()) {
        return NULL;
    }
    seed = number + 1;
    storming = 1;
    Py_RETURN_NONE;
}

PyObject *
tc_py_storming(PyObject *module, PyObject *unused)
{
    return PyBool_FromLong(storming);
}
