// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "kernels/cuda/blocks.cuh"

/// What C++ has no words for: copies for which nobody waits, clusters of thread blocks, and the tensor cores' products.
/// C[16][8] += A[16][k] B[k][8] is a warp's (PTX ISA, "Matrix fragments for mma": what each lane holds of each matrix),
/// k being two pieces of channels. C[64][n] += A[64][k] B[k][n] is that of a warpgroup, four warps: Hopper's tensor
/// cores read its factors from shared memory by themselves ("Asynchronous warpgroup level matrix instructions"). Only
/// machine code for sm_90a has this and clusters; elsewhere nothing is there to call.
namespace dipper::cuda {

/// The shared memory that a launch asked for.
__device__ inline Piece* dynamic_shared() {
  extern __shared__ Piece memory[];
  return memory;
}

__device__ inline std::uint32_t shared_address(const void* at) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(at));
}

/// Four 8x8 matrices of 16-bit values, or 8x4 of 32-bit ones: lane l gives where row l % 8 of matrix l / 8 lies.
__device__ inline void load_matrices(std::uint32_t (&to)[4], const Piece* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(shared_address(row))
               : "memory");
}

/// The same, each transposed; of 16-bit values alone.
__device__ inline void load_matrices_transposed(std::uint32_t (&to)[4], const Piece* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(shared_address(row))
               : "memory");
}

/// Copies one piece to shared memory, or writes zeros there; done after wait_for_copies().
__device__ inline void copy_piece(Piece* to, const Piece* from, bool zero) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from), "r"(zero ? 0 : 16)
               : "memory");
}

__device__ inline void end_of_copies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}

/// Until all of the calling thread's copies are done but those of the last `pending` groups.
template <int pending>
__device__ inline void wait_for_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
}

/// To the nearest float of 11 bits.
__device__ inline std::uint32_t rounded_to_tf32(float value) {
  std::uint32_t word = 0;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(word) : "f"(value));
  return word;
}

// `type`: the shape, and the types of the sums and of both factors.
#define DIPPER_MULTIPLY(type)                                                                    \
  asm volatile("mma.sync.aligned." type " {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};" \
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])                                  \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]))

/// A warp's product, of factors as load_matrices() loads them.
template <Arithmetic arithmetic>
__device__ inline void multiply(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
  if constexpr (arithmetic == Arithmetic::bf16) {
    DIPPER_MULTIPLY("m16n8k16.row.col.f32.bf16.bf16.f32");
  } else if constexpr (arithmetic == Arithmetic::fp16) {
    DIPPER_MULTIPLY("m16n8k16.row.col.f32.f16.f16.f32");
  } else {
    static_assert(arithmetic == Arithmetic::tf32);
    DIPPER_MULTIPLY("m16n8k8.row.col.f32.tf32.tf32.f32");
  }
}

#undef DIPPER_MULTIPLY

/// A matrix in shared memory as core matrices of 8 rows of 16 bytes, each without gaps: where the first is, and how
/// many pieces from one to the next along each axis of the matrix. `along_rows` leads to the next 8 rows of A or
/// columns of B.
__device__ inline std::uint64_t matrix_at(const Piece* first, int along_k, int along_rows) {
  return (shared_address(first) & 0x3FFFFU) >> 4 | static_cast<std::uint64_t>(along_k) << 16 |
         static_cast<std::uint64_t>(along_rows) << 32;
}

/// What ordinary stores and copies wrote to shared memory is seen by the tensor cores after the next barrier.
__device__ inline void publish_to_tensor_cores() {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
#endif
}

/// Before the first product, after registers were written.
__device__ inline void begin_products() {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#endif
}

/// After the last: the products go on while the warps do other things.
__device__ inline void commit_products() {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
#endif
}

__device__ inline void wait_for_products() {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
#endif
}

/// A barrier in shared memory that counts the bytes of bulk copies. One thread makes it; the others may use it after
/// the next __syncthreads().
__device__ inline void make_barrier(std::uint64_t* barrier) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(shared_address(barrier)) : "memory");
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
#endif
}

/// The barrier's next phase ends when so many bytes have come. Called by one thread, before the copies.
__device__ inline void expect_bytes(std::uint64_t* barrier, int bytes) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(barrier)), "r"(bytes)
               : "memory");
#endif
}

/// Copies pieces without gaps to shared memory, where the tensor cores see them once the barrier's phase has ended.
__device__ inline void copy_bulk(Piece* to, const Piece* from, int bytes, std::uint64_t* barrier) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(
                   shared_address(to)),
               "l"(from), "r"(bytes), "r"(shared_address(barrier))
               : "memory");
#endif
}

/// Until the barrier's phase number `phase` has ended, counted from 0.
__device__ inline void wait_for_phase(std::uint64_t* barrier, int phase) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  asm volatile(
      "{.reg .pred p;\n"
      "again_%=: mbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1;\n"
      "@!p bra again_%=;}" ::"r"(shared_address(barrier)),
      "r"(phase & 1)
      : "memory");
#endif
}

/// All thread blocks of the cluster meet; what they wrote to their shared memory can then be read by the others.
__device__ inline void meet_cluster() {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  asm volatile("barrier.cluster.arrive.release; barrier.cluster.wait.acquire;" ::: "memory");
#endif
}

/// A float that lies in the shared memory of thread block `rank` of the cluster, where this one has it at `at`.
__device__ inline float read_cluster(const float* at, int rank) {
  float value = 0;
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  asm volatile("{.reg .b32 there; mapa.shared::cluster.u32 there, %1, %2; ld.shared::cluster.f32 %0, [there];}"
               : "=f"(value)
               : "r"(shared_address(at)), "r"(rank)
               : "memory");
#endif
  return value;
}

// The sums of a product of n columns: as operands, and their names.
#define DIPPER_SUMS_4(i) "+f"(c[(i) / 4][0]), "+f"(c[(i) / 4][1]), "+f"(c[(i) / 4][2]), "+f"(c[(i) / 4][3])
#define DIPPER_SUMS_8(i) DIPPER_SUMS_4(i), DIPPER_SUMS_4((i) + 4)
#define DIPPER_SUMS_16(i) DIPPER_SUMS_8(i), DIPPER_SUMS_8((i) + 8)
#define DIPPER_SUMS_32(i) DIPPER_SUMS_16(i), DIPPER_SUMS_16((i) + 16)
#define DIPPER_SUMS_64(i) DIPPER_SUMS_32(i), DIPPER_SUMS_32((i) + 32)
#define DIPPER_NAMES_4 "%0, %1, %2, %3"
#define DIPPER_NAMES_8 DIPPER_NAMES_4 ", %4, %5, %6, %7"
#define DIPPER_NAMES_16 DIPPER_NAMES_8 ", %8, %9, %10, %11, %12, %13, %14, %15"
#define DIPPER_NAMES_32 \
  DIPPER_NAMES_16 ", %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
#define DIPPER_NAMES_64                                                                \
  DIPPER_NAMES_32                                                                      \
  ", %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, " \
  "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"

#define DIPPER_WGMMA(shape, names, factors) \
  "{.reg .pred p; setp.ne.b32 p, 1, 0; wgmma.mma_async.sync.aligned." shape " {" names "}, " factors ";}"

// `type`: k and the types of the sums and of both factors; `turned`: which factors lie the other way round, for those
// types that may.
#define DIPPER_MULTIPLY_SHARED(type, turned)                                                                      \
  if constexpr (n == 8) {                                                                                         \
    asm volatile(DIPPER_WGMMA("m64n8" type, DIPPER_NAMES_4, "%4, %5, p, 1, 1" turned)                             \
                 : DIPPER_SUMS_4(0)                                                                               \
                 : "l"(a), "l"(b));                                                                               \
  } else if constexpr (n == 16) {                                                                                 \
    asm volatile(DIPPER_WGMMA("m64n16" type, DIPPER_NAMES_8, "%8, %9, p, 1, 1" turned)                            \
                 : DIPPER_SUMS_8(0)                                                                               \
                 : "l"(a), "l"(b));                                                                               \
  } else if constexpr (n == 32) {                                                                                 \
    asm volatile(DIPPER_WGMMA("m64n32" type, DIPPER_NAMES_16, "%16, %17, p, 1, 1" turned)                         \
                 : DIPPER_SUMS_16(0)                                                                              \
                 : "l"(a), "l"(b));                                                                               \
  } else if constexpr (n == 64) {                                                                                 \
    asm volatile(DIPPER_WGMMA("m64n64" type, DIPPER_NAMES_32, "%32, %33, p, 1, 1" turned)                         \
                 : DIPPER_SUMS_32(0)                                                                              \
                 : "l"(a), "l"(b));                                                                               \
  } else if constexpr (n == 128) {                                                                                \
    asm volatile(DIPPER_WGMMA("m64n128" type, DIPPER_NAMES_64, "%64, %65, p, 1, 1" turned)                        \
                 : DIPPER_SUMS_64(0)                                                                              \
                 : "l"(a), "l"(b));                                                                               \
  } else {                                                                                                        \
    static_assert(n == 136);                                                                                      \
    asm volatile(DIPPER_WGMMA("m64n136" type, DIPPER_NAMES_64 ", %64, %65, %66, %67", "%68, %69, p, 1, 1" turned) \
                 : DIPPER_SUMS_64(0), DIPPER_SUMS_4(64)                                                           \
                 : "l"(a), "l"(b));                                                                               \
  }

/// Both factors in shared memory, by matrix_at(). A thread's sums: for each 8 columns those of a warp's product, of
/// the 16 rows that its warp has.
template <Arithmetic arithmetic, int n>
__device__ inline void multiply_shared(float (&c)[n / 8][4], std::uint64_t a, std::uint64_t b) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  if constexpr (arithmetic == Arithmetic::bf16) {
    DIPPER_MULTIPLY_SHARED("k16.f32.bf16.bf16", ", 0, 0")
  } else if constexpr (arithmetic == Arithmetic::fp16) {
    DIPPER_MULTIPLY_SHARED("k16.f32.f16.f16", ", 0, 0")
  } else {
    static_assert(arithmetic == Arithmetic::tf32);
    DIPPER_MULTIPLY_SHARED("k8.f32.tf32.tf32", "")
  }
#endif
}

#define DIPPER_MULTIPLY_TRANSPOSED(type)                                                                \
  if constexpr (n == 8) {                                                                               \
    asm volatile(DIPPER_WGMMA("m64n8" type, DIPPER_NAMES_4, "{%4, %5, %6, %7}, %8, p, 1, 1, 1")         \
                 : DIPPER_SUMS_4(0)                                                                     \
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));                                 \
  } else if constexpr (n == 32) {                                                                       \
    asm volatile(DIPPER_WGMMA("m64n32" type, DIPPER_NAMES_16, "{%16, %17, %18, %19}, %20, p, 1, 1, 1")  \
                 : DIPPER_SUMS_16(0)                                                                    \
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));                                 \
  } else {                                                                                              \
    static_assert(n == 128);                                                                            \
    asm volatile(DIPPER_WGMMA("m64n128" type, DIPPER_NAMES_64, "{%64, %65, %66, %67}, %68, p, 1, 1, 1") \
                 : DIPPER_SUMS_64(0)                                                                    \
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));                                 \
  }

/// A in registers, as load_matrices() loads it for each warp's 16 rows; B in shared memory with k along its core
/// matrices' rows, so that 16 bytes are 8 columns. Of 16 bits alone.
template <Arithmetic arithmetic, int n>
__device__ inline void multiply_transposed(float (&c)[n / 8][4], const std::uint32_t (&a)[4], std::uint64_t b) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  if constexpr (arithmetic == Arithmetic::bf16) {
    DIPPER_MULTIPLY_TRANSPOSED("k16.f32.bf16.bf16")
  } else {
    static_assert(arithmetic == Arithmetic::fp16);
    DIPPER_MULTIPLY_TRANSPOSED("k16.f32.f16.f16")
  }
#endif
}

#undef DIPPER_SUMS_4
#undef DIPPER_SUMS_8
#undef DIPPER_SUMS_16
#undef DIPPER_SUMS_32
#undef DIPPER_SUMS_64
#undef DIPPER_NAMES_4
#undef DIPPER_NAMES_8
#undef DIPPER_NAMES_16
#undef DIPPER_NAMES_32
#undef DIPPER_NAMES_64
#undef DIPPER_WGMMA
#undef DIPPER_MULTIPLY_SHARED
#undef DIPPER_MULTIPLY_TRANSPOSED

}  // namespace dipper::cuda
