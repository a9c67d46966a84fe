#pragma once
// Precompiled for the tests of the presets dev and asan. Each test includes what it uses all the same; release and gpu
// compile it without this.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>
