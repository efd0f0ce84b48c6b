internal import Benchmark

let benchmarks: @Sendable () -> Void = {
    Benchmark("S1") { _ in }
}
