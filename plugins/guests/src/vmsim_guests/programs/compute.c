/* An integer compute loop for measuring speed: lists, matrices, a state machine and a CRC, as CoreMark mixes them.
   The argument is the number of rounds; the checksum of the default number was computed on another kind of machine. */

#include "vmsim.h"

#define DEFAULT_ROUNDS 100
#define EXPECTED 0xc5dbu

#define NODES 64
#define SIZE 12
#define TEXT_SIZE 256

struct node {
    struct node *next;
    int16_t key;
    uint16_t value;
};

static struct node nodes[NODES];
static int16_t left[SIZE][SIZE], right[SIZE][SIZE];
static int32_t product[SIZE][SIZE];
static uint8_t text[TEXT_SIZE];
static uint16_t crc_table[256];

static uint32_t state = 1;

static uint32_t next_random(void)
{
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

static void make_crc_table(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint16_t crc = (uint16_t)(byte << 8);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
        crc_table[byte] = crc;
    }
}

static uint16_t add_to_crc(uint16_t crc, uint32_t word)
{
    for (int shift = 0; shift < 32; shift += 8)
        crc = (uint16_t)(crc << 8 ^ crc_table[(crc >> 8 ^ word >> shift) & 0xff]);
    return crc;
}

/* A list is made, sorted by insertion, reversed and searched. */
static uint16_t work_on_list(uint16_t crc)
{
    struct node *sorted = 0, *reversed = 0;
    for (int index = 0; index < NODES; index++) {
        struct node *node = &nodes[index], **place = &sorted;
        node->key = (int16_t)next_random();
        node->value = (uint16_t)index;
        while (*place && (*place)->key < node->key)
            place = &(*place)->next;
        node->next = *place;
        *place = node;
    }
    for (struct node *node = sorted; node;) {
        struct node *next = node->next;
        node->next = reversed;
        reversed = node;
        node = next;
    }
    for (struct node *node = reversed; node; node = node->next)
        crc = add_to_crc(crc, (uint32_t)(uint16_t)node->key << 16 | node->value);
    return crc;
}

static uint16_t work_on_matrices(uint16_t crc)
{
    for (int row = 0; row < SIZE; row++)
        for (int column = 0; column < SIZE; column++) {
            left[row][column] = (int16_t)next_random();
            right[row][column] = (int16_t)(left[row][column] * 3 + row - column);
        }
    for (int row = 0; row < SIZE; row++)
        for (int column = 0; column < SIZE; column++) {
            int32_t sum = 0;
            for (int index = 0; index < SIZE; index++)
                sum += left[row][index] * right[index][column] >> 4;
            product[row][column] = sum;
        }
    for (int row = 0; row < SIZE; row++)
        crc = add_to_crc(crc, (uint32_t)product[row][SIZE - 1 - row]);
    return crc;
}

/* Numbers, words and the rest are told apart in a text of nonsense. */
static uint16_t work_on_text(uint16_t crc)
{
    enum { NOTHING, NUMBER, FRACTION, WORD, STATES } kind = NOTHING;
    uint32_t transitions[STATES] = {0};
    for (int index = 0; index < TEXT_SIZE; index++)
        text[index] = "0123456789.,abcXYZ e+-"[next_random() % 22];
    for (int index = 0; index < TEXT_SIZE; index++) {
        uint8_t character = text[index];
        int digit = character >= '0' && character <= '9';
        int letter = (character | 0x20) >= 'a' && (character | 0x20) <= 'z';
        switch (kind) {
        case NUMBER:
            kind = digit ? NUMBER : character == '.' ? FRACTION : letter ? WORD : NOTHING;
            break;
        case FRACTION:
            kind = digit ? FRACTION : letter ? WORD : NOTHING;
            break;
        case WORD:
            kind = digit || letter ? WORD : NOTHING;
            break;
        default:
            kind = digit ? NUMBER : letter ? WORD : NOTHING;
        }
        transitions[kind]++;
    }
    for (int index = 0; index < STATES; index++)
        crc = add_to_crc(crc, transitions[index]);
    return crc;
}

int main(void)
{
    uint32_t rounds = argument_count() ? argument_number(argument_count() - 1) : DEFAULT_ROUNDS;
    uint16_t crc = 0xffff;
    make_crc_table();
    for (uint32_t round = 0; round < rounds; round++)
        crc = work_on_text(work_on_matrices(work_on_list(crc)));
    if (rounds == DEFAULT_ROUNDS)
        CHECK(crc == EXPECTED);
    return 0;
}
