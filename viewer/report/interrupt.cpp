#include "viewer/report/interrupt.h"

#include <csignal>
#include <initializer_list>

namespace fg {
namespace {

// A signal handler can reach nothing but a global.
volatile std::sig_atomic_t interrupted = 0;

void on_interrupt(int signal) {
  interrupted = signal;
  std::signal(signal, SIG_DFL);  // the second one ends the process
}

}  // namespace

InterruptGuard::InterruptGuard() {
  interrupted = 0;
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, on_interrupt);
}
InterruptGuard::~InterruptGuard() {
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);
}
bool InterruptGuard::requested() const { return interrupted != 0; }
int InterruptGuard::exit_code() const { return 128 + interrupted; }

}  // namespace fg
