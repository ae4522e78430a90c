/* Running a program as `python` does; see launch.c. */

#ifndef TIERCEL_LAUNCH_H
#define TIERCEL_LAUNCH_H

#include <Python.h>

/* Functions for the module: to be added with PyModule_AddFunctions. */
extern PyMethodDef tc_launch_methods[];

#endif
