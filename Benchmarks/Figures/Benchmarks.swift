internal import Benchmark
internal import Enclosure
internal import Foundation
internal import Measuring

/// Every figure is one benchmark that runs once, in a process of its own: it takes its own samples, side by side with what they
/// are compared to, hands them over as metrics of its own, and keeps the figure for the report.
let benchmarks: @Sendable () -> Void = {
    add("S1 round trip", ["guest", "threads", "child"]) { try RoundTripFigure.measure() }
    add("S3 wake of a parked cell", ["guest", "thread", "exit", "child"]) { try WakeFigure.measure() }
    for workload in InterpreterFigure.workloads {
        add("S4 interpreter, \(workload.name)", ["checked", "metered", "verified"]) {
            try InterpreterFigure.measure(workload)
        }
    }
    for workload in InterpreterFigure.workloads {
        add("S5 native code, \(workload.name)", ["verified", "metered", "interpreted"]) {
            try NativeFigure.measure(workload)
        }
    }
    add("S5 native code, facts", ["proven", "plain"]) { try FactsFigure.measure() }
    add("S6 compilation", ["small", "large", "metered"]) { try CompilationFigure.measure() }
    add("S8a new cell, back to back", ["cell", "ioctls"]) { try ColdStartFigure.fromNothing(idleNanoseconds: 0) }
    add("S8a new cell, idle between", ["cell", "ioctls"]) {
        try ColdStartFigure.fromNothing(idleNanoseconds: 5_000_000)
    }
    add("S8b cell from the pool", ["reset", "stop"]) { try ColdStartFigure.pooled() }
    add("S8c command", ["run", "version"]) { try ColdStartFigure.command() }
    add("S8d replacement", ["replacement", "noticed"]) { try ColdStartFigure.replacement() }
    add("S8e new child", ["cold", "waiting"]) { try ColdStartFigure.child() }
    add("S9 memory", ["private"]) { try MemoryFigure.measure(.guest) }
    add("S9 memory of children", ["private"]) { try MemoryFigure.measure(.child) }
    add("S10 image", ["bytes"]) { try ImageFigure.measure() }
}

/// - Parameter metrics: names for the medians of the figure's first series, in thousandths of their unit.
private func add(_ name: String, _ metrics: [String], _ measure: @escaping @Sendable () throws -> Figure) {
    let custom = metrics.map { BenchmarkMetric.custom("\($0) (median, thousandths)") }
    let configuration = Benchmark.Configuration(
        metrics: custom, warmupIterations: 0, maxDuration: .seconds(60), maxIterations: 1)
    Benchmark(name, configuration: configuration) { benchmark in
        do {
            let figure = try measure()
            for (metric, series) in zip(custom, figure.series) {
                benchmark.measurement(metric, Int(series.summary.median * 1000))
            }
            try Results.keep(figure)
        } catch {
            // The report has to say that a figure is missing: what the library prints is easily overlooked.
            try? Results.keep(Figure(failing: name, "\(error)"))
            benchmark.error("\(error)")
        }
    }
}
