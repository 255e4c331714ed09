// Evaluates arithmetic expressions by recursive descent; whatever is wrong, however deep, is left by longjmp to the one
// place that counts it. Known answer: each expression is made with its value, modulo 2^31 - 1; each eleventh is spoilt in
// one of four ways, and must be refused with that reason and at that column.
// Usage: expr [EXPRESSIONS]
#include "report.h"
#include <setjmp.h>

enum { MODULUS = 2147483647, LONGEST = 4096, DEEPEST = 60 };
enum reason { NONE, NO_OPERAND, NOT_CLOSED, LEFT_OVER, BY_ZERO, REASONS };

typedef struct {
  const char *text;
  int at;
  jmp_buf refused;  // given the reason
} parser;

static int64_t sum(parser *p);

static _Noreturn void refuse(parser *p, enum reason reason) { longjmp(p->refused, reason); }

static int64_t operand(parser *p) {
  int64_t value = 0;
  if (p->text[p->at] == '(') {
    p->at++;
    value = sum(p);
    if (p->text[p->at] != ')') refuse(p, NOT_CLOSED);
    p->at++;
    return value;
  }
  int start = p->at;
  for (; p->text[p->at] >= '0' && p->text[p->at] <= '9'; p->at++) value = (value * 10 + p->text[p->at] - '0') % MODULUS;
  if (p->at == start) refuse(p, NO_OPERAND);
  return value;
}

static int64_t product(parser *p) {
  int64_t value = operand(p);
  while (p->text[p->at] == '*' || p->text[p->at] == '%') {
    char sign = p->text[p->at++];
    int64_t right = operand(p);
    if (sign == '%' && right == 0) refuse(p, BY_ZERO);
    value = sign == '*' ? value * right % MODULUS : value % right;
  }
  return value;
}

static int64_t sum(parser *p) {
  int64_t value = product(p);
  while (p->text[p->at] == '+') {
    p->at++;
    value = (value + product(p)) % MODULUS;
  }
  return value;
}

// The value, or -reason, with the column where it was refused.
static int64_t evaluate(const char *text, int *column) {
  parser p = {.text = text};
  int reason = setjmp(p.refused);
  if (reason != NONE) {
    *column = p.at;
    return -reason;
  }
  int64_t value = sum(&p);
  if (text[p.at] != '\0') refuse(&p, LEFT_OVER);
  return value;
}

static uint32_t state = 12345;
static uint32_t random_below(uint32_t limit) {
  state = state * 1664525 + 1013904223;
  return (uint32_t)((uint64_t)state * limit >> 32);
}

// Appends an expression of a value that it returns. With `wrong`, its first operand is spoilt.
static int64_t make(char *text, int *length, int depth, enum reason wrong, int *column) {
  if (depth == 0) {
    int64_t value = 1 + random_below(1000000);
    *column = *length;
    if (wrong == NO_OPERAND) {
      text[(*length)++] = 'x';
      text[*length] = '\0';
      return 0;
    }
    *length += sprintf(text + *length, wrong == BY_ZERO ? "7%%0" : "%d", (int)value);
    if (wrong == BY_ZERO) *column = *length;
    return value;
  }
  text[(*length)++] = '(';
  int64_t value = make(text, length, depth - 1, wrong, column);
  int64_t right = 1 + random_below(1000);
  if (depth % 2) {
    *length += sprintf(text + *length, "*%d", (int)right);
    value = value * right % MODULUS;
  } else {
    *length += sprintf(text + *length, "+%d", (int)right);
    value = (value + right) % MODULUS;
  }
  text[(*length)++] = ')';
  text[*length] = '\0';
  return value;
}

typedef struct {
  char *text;
  int64_t value;  // or -reason
  int column;
} expression;

static expression make_one(int index) {
  static char text[LONGEST];
  int length = 0, column = 0, depth = 1 + index % DEEPEST;
  enum reason wrong = index % 11 == 10 ? 1 + index / 11 % (REASONS - 1) : NONE;
  int64_t value = make(text, &length, depth, wrong, &column);
  if (wrong == NOT_CLOSED) text[--length] = '\0', column = length;
  if (wrong == LEFT_OVER) text[length] = ')', column = length, text[length + 1] = '\0';
  expression made = {strdup(text), wrong == NONE ? value : -(int64_t)wrong, column};
  if (made.text == NULL) exit(2);
  return made;
}

KERNEL size_t evaluate_all(const expression *all, int count, double *total) {
  size_t right = 0;
  for (int i = 0; i < count; i++) {
    int column = -1;
    int64_t value = evaluate(all[i].text, &column);
    right += value == all[i].value && (value >= 0 || column == all[i].column);
    if (value >= 0) *total += (double)value;
  }
  return right;
}

int main(int argc, char **argv) {
  int count = (int)size_argument(argc, argv, 1, 20000, 1, 10000000);
  expression *all = allocate((size_t)count, sizeof *all);
  size_t bytes = 0;
  for (int i = 0; i < count; i++) {
    all[i] = make_one(i);
    bytes += strlen(all[i].text);
  }
  double best = 1e30, total = 0, began = seconds_now();
  size_t right = 0;
  for (int done = 0; repeat_more(done, began); done++) {
    double start = seconds_now();
    total = 0;
    right = evaluate_all(all, count, &total);
    double took = seconds_now() - start;
    if (took < best) best = took;
  }
  return report("expr", count, total, right == (size_t)count, 1e-6 * (double)bytes / best, "MB/s", best);
}
