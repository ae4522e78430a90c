#include "table.h"

#include <stdint.h>
#include <stdlib.h>

static size_t
hash_pair(const void *a, const void *b)
{
    uint64_t h = ((uint64_t)(uintptr_t)a >> 4) * 0x9E3779B97F4A7C15u;
    h ^= ((uint64_t)(uintptr_t)b >> 3) * 0xC2B2AE3D27D4EB4Fu;
    return (size_t)(h ^ (h >> 29));
}

/* The slot that holds the pair, or the free one where it belongs. */
static tc_slot *
find(const tc_table *table, const void *a, const void *b)
{
    size_t i = hash_pair(a, b) & table->mask;
    while (table->slots[i].a != NULL && (table->slots[i].a != a || table->slots[i].b != b)) {
        i = (i + 1) & table->mask;
    }
    return &table->slots[i];
}

void *
tc_table_get(const tc_table *table, const void *a, const void *b)
{
    return table->used ? find(table, a, b)->value : NULL;
}

static int
grow(tc_table *table)
{
    tc_table bigger = {NULL, table->slots ? 2 * table->mask + 1 : 15, table->used};
    bigger.slots = calloc(bigger.mask + 1, sizeof(tc_slot));
    if (bigger.slots == NULL) {
        return -1;
    }
    for (size_t i = 0; table->slots && i <= table->mask; i++) {
        if (table->slots[i].a != NULL) {
            *find(&bigger, table->slots[i].a, table->slots[i].b) = table->slots[i];
        }
    }
    free(table->slots);
    *table = bigger;
    return 0;
}

int
tc_table_set(tc_table *table, const void *a, const void *b, void *value)
{
    if (table->used) {
        tc_slot *slot = find(table, a, b);
        if (slot->a != NULL) {
            slot->value = value;
            return 0;
        }
    }
    if ((table->slots == NULL || 2 * table->used > table->mask) && grow(table) < 0) {
        return -1;
    }
    *find(table, a, b) = (tc_slot){a, b, value};
    table->used++;
    return 0;
}

void *
tc_table_pop(tc_table *table, const void *a, const void *b)
{
    if (!table->used) {
        return NULL;
    }
    tc_slot *slot = find(table, a, b);
    if (slot->a == NULL) {
        return NULL;
    }
    void *value = slot->value;
    table->used--;
    /* Move later slots of the same run back, so that no search ends early. */
    size_t hole = (size_t)(slot - table->slots), i = hole;
    for (;;) {
        i = (i + 1) & table->mask;
        if (table->slots[i].a == NULL) {
            break;
        }
        size_t home = hash_pair(table->slots[i].a, table->slots[i].b) & table->mask;
        if (((i - home) & table->mask) >= ((i - hole) & table->mask)) {
            table->slots[hole] = table->slots[i];
            hole = i;
        }
    }
    table->slots[hole] = (tc_slot){NULL, NULL, NULL};
    return value;
}

void
tc_table_free(tc_table *table)
{
    free(table->slots);
    *table = (tc_table){NULL, 0, 0};
}
