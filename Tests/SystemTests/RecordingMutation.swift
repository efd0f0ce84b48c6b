import Sandbox
import Testing

/// A change of a recording that another reading of the form is to find.
enum RecordingMutation: CaseIterable {
    case seed, time, packet, result, changed, map

    static let meaningful = allCases

    /// Where a replay may notice it first.
    var fields: Set<String> {
        switch self {
        case .seed, .time: ["result", "packet"]
        case .packet: ["packet", "result"]
        case .result: ["result"]
        case .changed: ["packet"]
        case .map: ["map"]
        }
    }

    /// Reads all of a recording; how many events it has.
    static func read(_ bytes: [UInt8], takesCut: Bool = false) throws -> UInt64 {
        var reader = try RecordingReader(bytes.span, takesCut: takesCut)
        var events: UInt64 = 0
        while let frame = try reader.next(in: bytes.span) {
            if case .event = frame { events += 1 }
        }
        return events
    }

    /// Where each frame of a kind begins, without its head.
    private static func frames(_ kind: UInt8, _ bytes: [UInt8]) -> [Int] {
        var places: [Int] = []
        var place = 16
        while place + 8 <= bytes.count {
            if bytes[place] == kind { places.append(place + 8) }
            place += 8 + (0..<4).reduce(0) { $0 | Int(bytes[place + 4 + $1]) << (8 * $1) }
        }
        return places
    }

    func apply(to bytes: inout [UInt8]) throws {
        // The tenth event: program, flags, time, processor, headers, context, packet, and what came of it.
        let event = Self.frames(3, bytes)[9]
        let context = 24 + event + 4
        let contextSize = Int(bytes[context - 4])
        let packet = context + contextSize + 4
        let packetSize = Int(bytes[packet - 4])
        let result = packet + packetSize
        switch self {
        // Flags, tier and fuel lie before the seed.
        case .seed: bytes[Self.frames(1, bytes)[0] + 16] ^= 0x10
        case .time: bytes[event + 8] ^= 1
        case .packet: bytes[packet + 1] ^= 1
        case .result: bytes[result] ^= 1
        // Behind the result: the row of the verdict, the redirection, the size.
        case .changed: bytes[result + 20 + 3] ^= 1
        case .map:
            // A word of the smallest map at the end, which is the program's variable.
            let end = try #require(Self.frames(2, bytes).last)
            let runs = Self.runs(of: end, bytes)
            let smallest = try #require(runs.min { $0.size < $1.size })
            bytes[smallest.place] ^= 1
        }
    }

    /// Of each run of a frame of maps, bytes of its map, and where its words begin.
    private static func runs(of frame: Int, _ bytes: [UInt8]) -> [(size: Int, place: Int)] {
        func number(_ place: Int, _ size: Int) -> Int {
            (0..<size).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
        }
        var runs: [(size: Int, place: Int)] = []
        var place = frame + 12
        for _ in 0..<number(frame + 8, 4) {
            let size = number(place, 8)
            place += 8
            while number(place + 8, 4) > 0 {
                runs.append((size, place + 12))
                place += 12 + number(place + 8, 4)
            }
            place += 12
        }
        return runs
    }
}
