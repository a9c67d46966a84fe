// Linked into the sanitized programs: drivers and layers stay loaded until the process ends. LeakSanitizer looks for
// leaks at the end, and could neither name the module of a block nor see the pointers that a closed one kept.
int dlclose(void* module) {
  (void)module;
  return 0;
}
