// Chooses the build for this browser: with relaxed SIMD where it is there, else with simd128.

/** A module with one function that uses f32x4.relaxed_madd. */
const PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 0, 253, 17, 65, 0, 253, 17, 65, 0,
  253, 17, 253, 133, 2, 11,
]);

/** Whether to use relaxed SIMD; `?simd=128` in a worker's address says no. */
export const relaxed = WebAssembly.validate(PROBE) && new URL(self.location.href).searchParams.get("simd") !== "128";
