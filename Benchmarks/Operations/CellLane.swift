internal import CBenchmark
internal import Measuring
internal import ProgramPackage
internal import Sandbox

/// A program in a sandbox.
final class CellLane: Lane {
    private let box: SandboxBox
    private let ticks: Ticks
    /// Events until the cell, which parked while others had their turn, and the caches are as in a long row of events.
    private static let firstEvents = 4

    init(_ program: String, at place: Place, in workshop: Workshop, _ ticks: Ticks) throws {
        guard let tier = place.tier else { preconditionFailure("the kernel is no sandbox") }
        let (box, maps) = try workshop.sandbox(of: program, in: tier)
        for definition in maps {
            try Elements.fill(box.sandbox.maps.map(named: definition.name), as: definition)
        }
        // The host is on processor 0.
        _ = cbenchmark_pin(box.sandbox.cellProcess, 1)
        self.box = box
        self.ticks = ticks
    }

    var process: Int32? { box.sandbox.cellProcess }

    func warm(events: Int) throws {
        _ = try Self.time(events, &box.sandbox, ticks)
        box.sandbox.discardRecords()
    }

    func sample(events: Int) throws -> Double {
        defer { box.sandbox.discardRecords() }
        return try Self.sample(events, &box.sandbox, ticks)
    }

    // The sandbox is lent once for all events of a sample: a class asks at each access whether it is alone.

    private static func sample(_ events: Int, _ sandbox: inout Sandbox, _ ticks: Ticks) throws -> Double {
        _ = try time(firstEvents, &sandbox, ticks)
        return try time(events, &sandbox, ticks)
    }

    private static func time(_ events: Int, _ sandbox: inout Sandbox, _ ticks: Ticks) throws -> Double {
        var changed = [UInt8](repeating: 0, count: sandbox.options.maximumPayload)
        let before = cbenchmark_ticks()
        for _ in 0..<events {
            // SAFETY: both arrays live through the call, and only the call uses the second.
            let result = unsafe try eventPacket.withUnsafeBytes { packet in
                unsafe try changed.withUnsafeMutableBytes { changed in
                    unsafe try sandbox.decide(xdp: packet, into: changed, time: 1)
                }
            }
            guard result.failure == nil, result.result == successfulResult else {
                throw OperationsError.unexpected(
                    "a program returned \(result.result): \(String(describing: result.failure))")
            }
        }
        return ticks.nanoseconds(before, cbenchmark_ticks()) / Double(events)
    }
}

extension Sandbox {
    /// Reads whatever programs handed out.
    mutating func discardRecords() {
        _ = takeRecords(limit: .max)
    }
}
