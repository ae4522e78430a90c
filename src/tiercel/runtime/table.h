/* A hash table from a pair of pointers to a pointer; open addressing, no tombstones. */

#ifndef TIERCEL_TABLE_H
#define TIERCEL_TABLE_H

#include <stddef.h>

typedef struct {
    const void *a;           /* NULL: the slot is free */
    const void *b;
    void *value;
} tc_slot;

typedef struct {
    tc_slot *slots;
    size_t mask;
    size_t used;
} tc_table;

void *tc_table_get(const tc_table *table, const void *a, const void *b);
/* 0, or -1 where there is no memory (no exception set). */
int tc_table_set(tc_table *table, const void *a, const void *b, void *value);
void *tc_table_pop(tc_table *table, const void *a, const void *b);
void tc_table_free(tc_table *table);

#endif
