#pragma once
namespace fg::test {

// How often this thread has called operator new. A program that links counted_allocations.cpp has its own.
long allocations();

}  // namespace fg::test
