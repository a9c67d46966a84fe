#pragma once
// Rotations of space in double precision, and the ways to write them down. Angles are radians here; the C interface has
// degrees where people type them (Euler angles, the angle about an axis).

#include <algorithm>
#include <array>
#include <cmath>

namespace fg {

using Vector3 = std::array<double, 3>;

struct Matrix3 {
  double m[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
};

struct Quaternion {
  double w = 1, x = 0, y = 0, z = 0;
};

inline Vector3 operator+(const Vector3& a, const Vector3& b) {
  return {a[0] + b[0], a[1] + b[1], a[2] + b[2]};
}
inline Vector3 operator-(const Vector3& a, const Vector3& b) {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}
inline Vector3 operator*(double s, const Vector3& a) { return {s * a[0], s * a[1], s * a[2]}; }
inline double dot(const Vector3& a, const Vector3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
inline double length(const Vector3& a) { return std::sqrt(dot(a, a)); }
// Times a power of two that makes the largest number 1 to 2: squares neither overflow nor vanish, no digit changes. Zeros
// stay.
template <std::size_t N>
std::array<double, N> of_middling_size(std::array<double, N> numbers) {
  double largest = 0;
  for (const double number : numbers) largest = std::max(largest, std::abs(number));
  if (largest > 0)
    for (const int power = std::ilogb(largest); double& number : numbers)
      number = std::scalbn(number, -power);
  return numbers;
}
inline Vector3 cross(const Vector3& a, const Vector3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

inline Matrix3 operator*(const Matrix3& a, const Matrix3& b) {
  Matrix3 product;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      product.m[i][j] = a.m[i][0] * b.m[0][j] + a.m[i][1] * b.m[1][j] + a.m[i][2] * b.m[2][j];
  return product;
}
inline Vector3 operator*(const Matrix3& a, const Vector3& v) {
  Vector3 product;
  for (std::size_t i = 0; i < 3; ++i) product[i] = a.m[i][0] * v[0] + a.m[i][1] * v[1] + a.m[i][2] * v[2];
  return product;
}
inline Matrix3 transposed(const Matrix3& a) {
  Matrix3 t;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) t.m[i][j] = a.m[j][i];
  return t;
}
inline double determinant(const Matrix3& a) {
  const Vector3 x{a.m[0][0], a.m[0][1], a.m[0][2]}, y{a.m[1][0], a.m[1][1], a.m[1][2]},
      z{a.m[2][0], a.m[2][1], a.m[2][2]};
  return dot(x, cross(y, z));
}
// The largest entry of A A^T - 1: 0 for rotations and mirrors. NaN stays.
inline double distance_from_orthonormal(const Matrix3& a) {
  const Matrix3 product = a * transposed(a);
  double largest = 0;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) {
      const double off = std::abs(product.m[i][j] - (i == j));
      largest = off <= largest ? largest : off;
    }
  return largest;
}

// The nearest matrix with A A^T = 1, a rotation or a mirror as A is, where A is nearly one: Newton's iteration for the polar
// factor. What is as near as rounding leaves it stays as it is.
inline Matrix3 nearest_orthonormal(Matrix3 a) {
  constexpr double kRounding = 1e-15;
  for (int round = 0; round < 4 && distance_from_orthonormal(a) > kRounding; ++round) {
    const Matrix3 product = a * transposed(a);
    Matrix3 half;
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j) half.m[i][j] = 1.5 * (i == j) - 0.5 * product.m[i][j];
    a = half * a;
  }
  return a;
}

// ---- Euler angles ----

// R = R_a(angle 0) R_b(angle 1) R_c(angle 2), intrinsic: each turn is about an axis that the turns before have moved.
struct EulerOrder {
  int a = 2, b = 0, c = 1;  // 0 x, 1 y, 2 z; b differs from both

  int other() const { return 3 - a - b; }  // the axis that is neither a nor b
  double sign() const { return (b - a + 3) % 3 == 1 ? 1 : -1; }
};

// Number 0..11: XYZ XZY YXZ YZX ZXY ZYX XYX XZX YXY YZY ZXZ ZYZ.
inline EulerOrder euler_order(int number) {
  constexpr int kOrders[12][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0},
                                  {0, 1, 0}, {0, 2, 0}, {1, 0, 1}, {1, 2, 1}, {2, 0, 2}, {2, 1, 2}};
  return {kOrders[number][0], kOrders[number][1], kOrders[number][2]};
}

inline Matrix3 turn_about(int axis, double angle) {
  const int i = (axis + 1) % 3, j = (axis + 2) % 3;
  Matrix3 turn;
  turn.m[i][i] = turn.m[j][j] = std::cos(angle);
  turn.m[j][i] = std::sin(angle);
  turn.m[i][j] = -turn.m[j][i];
  return turn;
}

inline Matrix3 matrix_of_euler(const Vector3& angles, EulerOrder order) {
  return turn_about(order.a, angles[0]) * turn_about(order.b, angles[1]) * turn_about(order.c, angles[2]);
}

// The middle angle is in -pi/2..pi/2 where the axes are three, in 0..pi where the first is the last. Where the first and
// the last axis fall together, the last angle is 0. The last angle is taken from what the first leaves over, so that
// their sum stays exact near that pose.
inline Vector3 euler_of_matrix(const Matrix3& r, EulerOrder order) {
  constexpr double kTogether = 1e-15;  // what rounding leaves
  const int a = order.a, b = order.b, k = order.other();
  const double s = order.sign();
  const bool proper = order.a == order.c;
  const double across = proper ? std::hypot(r.m[b][a], r.m[k][a]) : std::hypot(r.m[b][k], r.m[k][k]);
  Vector3 angles;
  if (across < kTogether)
    angles[0] = std::atan2(s * r.m[k][b], r.m[b][b]);
  else
    angles[0] = proper ? std::atan2(r.m[b][a], -s * r.m[k][a]) : std::atan2(-s * r.m[b][k], r.m[k][k]);
  angles[1] = proper ? std::atan2(across, r.m[a][a]) : std::atan2(s * r.m[a][k], across);
  const Matrix3 rest = turn_about(a, -angles[0]) * r;
  angles[2] =
      proper ? std::atan2(-s * rest.m[b][k], rest.m[b][b]) : std::atan2(s * rest.m[b][a], rest.m[b][b]);
  return angles;
}

// ---- quaternions ----

inline Quaternion normalized(const Quaternion& q) {
  const auto [w, x, y, z] = of_middling_size(std::array<double, 4>{q.w, q.x, q.y, q.z});
  const double size = std::sqrt(w * w + x * x + y * y + z * z);
  return {w / size, x / size, y / size, z / size};
}

// Of a unit quaternion.
inline Matrix3 matrix_of_quaternion(const Quaternion& q) {
  Matrix3 r;
  r.m[0][0] = 1 - 2 * (q.y * q.y + q.z * q.z);
  r.m[1][1] = 1 - 2 * (q.x * q.x + q.z * q.z);
  r.m[2][2] = 1 - 2 * (q.x * q.x + q.y * q.y);
  r.m[0][1] = 2 * (q.x * q.y - q.w * q.z);
  r.m[1][0] = 2 * (q.x * q.y + q.w * q.z);
  r.m[0][2] = 2 * (q.x * q.z + q.w * q.y);
  r.m[2][0] = 2 * (q.x * q.z - q.w * q.y);
  r.m[1][2] = 2 * (q.y * q.z - q.w * q.x);
  r.m[2][1] = 2 * (q.y * q.z + q.w * q.x);
  return r;
}

// w is 0 or more; where it is 0, the first of x, y, z that is not 0 is positive. Divides by the largest of the four
// (Shepperd 1978), so that small angles keep their digits and half turns have no special case.
inline Quaternion quaternion_of_matrix(const Matrix3& r) {
  const double trace = r.m[0][0] + r.m[1][1] + r.m[2][2];
  int largest = 0;
  for (int i = 1; i < 3; ++i)
    if (r.m[i][i] > r.m[largest][largest]) largest = i;
  double v[3], w;
  if (trace >= r.m[largest][largest]) {
    w = 1 + trace;  // 4 w w; the others are 4 w times theirs
    for (int i = 0; i < 3; ++i) v[i] = r.m[(i + 2) % 3][(i + 1) % 3] - r.m[(i + 1) % 3][(i + 2) % 3];
  } else {
    const int i = largest, j = (i + 1) % 3, k = (i + 2) % 3;
    v[i] = 1 + r.m[i][i] - r.m[j][j] - r.m[k][k];
    v[j] = r.m[i][j] + r.m[j][i];
    v[k] = r.m[i][k] + r.m[k][i];
    w = r.m[k][j] - r.m[j][k];
  }
  const Quaternion q = normalized({w, v[0], v[1], v[2]});
  const double leading = q.w != 0 ? q.w : q.x != 0 ? q.x : q.y != 0 ? q.y : q.z;
  return leading < 0 ? Quaternion{-q.w, -q.x, -q.y, -q.z} : q;
}

// ---- rotation vectors: axis times angle, the logarithm of a rotation ----

inline Matrix3 cross_matrix(const Vector3& v) {
  return {{{0, -v[2], v[1]}, {v[2], 0, -v[0]}, {-v[1], v[0], 0}}};
}

// sin(x) / x.
inline double sine_ratio(double x) { return x == 0 ? 1 : std::sin(x) / x; }
// (1 - cos(x)) / x^2, from half the angle: no digits are lost.
inline double versine_ratio(double x) {
  const double half = sine_ratio(0.5 * x);
  return 0.5 * half * half;
}
// The series of sine or cosine from 1/order! on, divided by the powers of x before: sum of (-x^2)^k / (2k + order)!.
inline double series_rest(double x, int order) {
  double term = order == 3 ? 1.0 / 6 : 1.0 / 24, sum = term;
  for (int n = order + 1; n <= order + 25; n += 2) {
    term *= -x * x / (n * (n + 1));
    sum += term;
  }
  return sum;
}
// (x - sin(x)) / x^3, and (x^2/2 - 1 + cos(x)) / x^4: the series where the differences would lose digits.
inline double sine_rest(double x) {
  return std::abs(x) < 2 ? series_rest(x, 3) : (x - std::sin(x)) / (x * x * x);
}
inline double cosine_rest(double x) {
  return std::abs(x) < 2 ? series_rest(x, 4) : (0.5 * x * x - 1 + std::cos(x)) / (x * x * x * x);
}
// (1 - x/2 cot(x/2)) / x^2, 1/12 at 0, for |x| below 2 pi; by the rests, since its own difference loses digits.
inline double cotangent_rest(double x) {
  return (sine_rest(x) - 2 * cosine_rest(x)) / (2 * versine_ratio(x));
}

// 1 + a K + b K^2 of K = cross_matrix(v).
inline Matrix3 cross_polynomial(const Vector3& v, double a, double b) {
  const Matrix3 k = cross_matrix(v), k2 = k * k;
  Matrix3 sum;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) sum.m[i][j] = (i == j) + a * k.m[i][j] + b * k2.m[i][j];
  return sum;
}

// Rodrigues' formula.
inline Matrix3 so3_exp(const Vector3& log) {
  const double angle = length(log);
  return cross_polynomial(log, sine_ratio(angle), versine_ratio(angle));
}

// Of the shorter way round: an angle of 0..pi.
inline Vector3 so3_log(const Quaternion& q) {
  const Vector3 v{q.x, q.y, q.z};
  const double sine = length(v);
  return (sine == 0 ? 0 : 2 * std::atan2(sine, q.w) / sine) * v;
}
inline Vector3 so3_log(const Matrix3& r) { return so3_log(quaternion_of_matrix(r)); }

// ---- six numbers: the first two columns (Zhou et al. 2019) ----

// Any two vectors that are not parallel: the second is turned away from the first, the third is their product.
inline Matrix3 matrix_of_columns(const Vector3& first, const Vector3& second) {
  const Vector3 x = (1 / length(first)) * first;
  const Vector3 across = second - dot(x, second) * x;
  const Vector3 y = (1 / length(across)) * across;
  const Vector3 z = cross(x, y);
  Matrix3 r;
  for (std::size_t i = 0; i < 3; ++i) {
    r.m[i][0] = x[i];
    r.m[i][1] = y[i];
    r.m[i][2] = z[i];
  }
  return r;
}

}  // namespace fg
