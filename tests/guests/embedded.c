/* A library whose allocator is exported, for callers that bring strings and arrays. Built without main. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT(name) __attribute__((export_name(#name))) name

static int steps;

/* A new string, the text backwards. */
char *EXPORT(reverse)(const char *text) {
  size_t length = strlen(text);
  char *copy = malloc(length + 1);
  for (size_t i = 0; i < length; i++) copy[i] = text[length - 1 - i];
  copy[length] = '\0';
  return copy;
}

double EXPORT(dot)(const double *a, const double *b, int n) {
  double sum = 0;
  for (int i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

int EXPORT(step)(void) {
  return ++steps;
}

long long EXPORT(wide)(long long a, long long b) {
  return a + b;
}

float EXPORT(half)(float a) {
  return a / 2;
}

double EXPORT(mix)(int a, long long b, float c, double d, int e) {
  return a + (double)b + c + d + e;
}

void EXPORT(nothing)(void) {
}

int EXPORT(crash)(int when) {
  if (when) __builtin_trap();
  return steps;
}

void EXPORT(leave)(int status) {
  exit(status);
}

void EXPORT(spin)(void) {
  for (volatile int i = 0;; i++) {
  }
}

/* Appends a line to a file. @returns 0, or -1 when it cannot be opened */
int EXPORT(note)(const char *path, const char *line) {
  FILE *file = fopen(path, "a");
  if (file == NULL) return -1;
  fprintf(file, "%s\n", line);
  return fclose(file);
}

/* Writes a line to stdout. */
void EXPORT(say)(const char *line) {
  puts(line);
  fflush(stdout);
}

/* @returns the next byte of stdin, -1 at its end */
int EXPORT(ask)(void) {
  return getchar();
}

/* @returns bytes that the file has, -1 when there is none */
int EXPORT(size)(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) return -1;
  fseek(file, 0, SEEK_END);
  int bytes = (int)ftell(file);
  fclose(file);
  return bytes;
}
