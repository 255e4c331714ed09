/* Calls functions that its host gives. `main` is for runs, the exports for libraries. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMPORT(name) __attribute__((import_module("host"), import_name(#name))) name
#define EXPORT(name) __attribute__((export_name(#name))) name

int IMPORT(add)(int a, int b);
long long IMPORT(wide)(long long a);
float IMPORT(half)(float a);
double IMPORT(mix)(int a, long long b, float c, double d);
void IMPORT(note)(const char *text);
int IMPORT(fill)(char *buffer, int size);

double EXPORT(all)(int n) {
  return add(n, 2) + wide(n) + half(n) + mix(n, n, n, n);
}

int EXPORT(sum)(int a, int b) {
  return add(a, b);
}

long long EXPORT(widen)(long long a) {
  return wide(a);
}

int main(int argc, char **argv) {
  if (argc > 2) return add(atoi(argv[1]), atoi(argv[2]));
  char buffer[64];
  int length = fill(buffer, sizeof buffer);
  printf("%d %.*s %.2f\n", length, length, buffer, all(3));
  note("noted");
  return 0;
}
