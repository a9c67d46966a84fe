#pragma once
// Runs a volume reader in a child process. GDCM, as distributions build it, aborts at an assertion on many
// damaged files, allocates what a damaged length says, or never returns; the program that asked must get a
// sentence instead.

#include <cstdint>
#include <filesystem>
#include <functional>

#include "viewer/io/volume.h"

namespace fg::volumes {

// What read() returns or the Failure that it throws, or a Failure where the child died, used memory far
// beyond the bytes of its files before allow_all_memory(), or computed for longer than they can justify. The
// child writes nothing to the console. read() must not rely on other threads: there are none in the child.
Volume read_in_child(const std::filesystem::path& file, std::uint64_t bytes_in_files,
                     const std::function<Volume()>& read);

// Called by read() once sizes are checked.
void allow_all_memory();

}  // namespace fg::volumes
