internal import CConfinementProbe
internal import Confinement

/// The descriptor numbers that the probe gives the jailed roles; the tests know them too.
enum ProbeDescriptors {
    static let input: Int32 = 0
    static let output: Int32 = 1
    static let processor: Int32 = 100
    static let report: Int32 = 101
    static let codeRange: Range<UInt64> = 0x40_0000..<0x100_0000
    static let words = ChildWords(
        wakeGeneration: 0x80_0000, order: 0x80_0000 + 196, wakeCounter: 0x1234_5678_0004)
}

func plan(role: String, writable: [String] = []) throws(ConfinementError) -> ConfinementPlan {
    let parent = parentProcess()
    switch role {
    case "broker": return try .broker(writable: writable)
    case "spawner": return try .spawner(keeping: [0, 1, 2], parent: parent)
    case "child spawner":
        return try .childSpawner(keeping: [0, 1, 2], codeRange: ProbeDescriptors.codeRange, parent: parent)
    case "monitor":
        let descriptors = MonitorDescriptors(processor: ProbeDescriptors.processor, report: ProbeDescriptors.output)
        return try .monitor(descriptors, parent: parent)
    case "supervisor":
        return try .supervisor(
            SupervisorDescriptors(
                channel: ProbeDescriptors.input, listener: ProbeDescriptors.processor, command: ProbeDescriptors.output),
            parent: parent)
    case "admission":
        let descriptors = AdmissionDescriptors(input: [ProbeDescriptors.input], output: [ProbeDescriptors.output])
        return try .admission(descriptors, parent: parent)
    default: fail("unknown role \(role)")
    }
}

func filter(role: String) -> Filter {
    switch role {
    case "broker": .broker
    case "spawner": .spawner
    case "child spawner": .childSpawner(codeRange: ProbeDescriptors.codeRange)
    case "child": .child(ProbeDescriptors.words)
    case "supervisor":
        .supervisor(
            SupervisorDescriptors(
                channel: ProbeDescriptors.input, listener: ProbeDescriptors.processor, command: ProbeDescriptors.output)
        )
    case "monitor":
        .monitor(MonitorDescriptors(processor: ProbeDescriptors.processor, report: ProbeDescriptors.report))
    case "admission":
        .admission(AdmissionDescriptors(input: [ProbeDescriptors.processor], output: [ProbeDescriptors.report]))
    default: fail("unknown role \(role)")
    }
}

func lockDown(_ plan: ConfinementPlan) -> ConfinementReport {
    do throws(ConfinementError) { return try Confinement(plan).lockDown().report } catch { fail("\(error)") }
}

func parentProcess() -> Int32 { Int32(truncatingIfNeeded: call(110)) }  // getppid

func call(_ number: UInt32, _ arguments: UInt64...) -> Int64 {
    let padded = arguments + Array(repeating: 0, count: 6 - arguments.count)
    // SAFETY: six arguments, as the function reads.
    return unsafe probe_call(number, padded)
}

/// Writes to standard output without any buffering of the C library's.
func say(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    // SAFETY: the kernel reads `count` bytes during the call.
    unsafe bytes.withUnsafeBytes { buffer in
        _ = call(1, 1, UInt64(UInt(bitPattern: buffer.baseAddress)), UInt64(buffer.count))
    }
}

func fail(_ text: String) -> Never {
    say("failed: \(text)")
    probe_exit(2)
}
