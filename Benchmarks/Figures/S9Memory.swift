internal import Enclosure
internal import Foundation
internal import Linux
internal import Measuring

/// What an idle cell keeps for itself, and many cells at once.
enum MemoryFigure {
    private static let cellCount = 200

    /// Bytes, from one process's `smaps_rollup`.
    private struct Usage {
        var privateBytes = 0.0
        var proportional = 0.0
    }

    private static func usage(of process: Int32) throws -> Usage {
        let path = "/proc/\(process)/smaps_rollup"
        guard let data = FileManager.default.contents(atPath: path), !data.isEmpty else {
            throw FixtureError.refused("\(path) cannot be read; a monitor shows it to root only")
        }
        var usage = Usage()
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 3, let kibibytes = Double(words[1]) else { continue }
            switch words[0] {
            case "Private_Clean:", "Private_Dirty:", "Private_Hugetlb:": usage.privateBytes += kibibytes * 1024
            case "Pss:": usage.proportional += kibibytes * 1024
            default: continue
            }
        }
        return usage
    }

    static func measure(_ kind: EnclosureKind) throws -> Figure {
        let fixture = try CellFixture(CellFixture.tiny)
        let jail = try Jail(for: kind)
        let process = kind == .guest ? "monitor" : "child"
        let file = try fixture.file()
        let maps = try CellFixture.maps()
        let before = available()
        var cells = CellList()
        var creations: [Double] = []
        var firstAnswers: [Double] = []
        let start = monotonicNanoseconds()
        for index in 0..<cellCount {
            let began = monotonicNanoseconds()
            var cell = try Cell(in: jail, file, maps: maps, generation: UInt32(index + 1), limits: WaitLimits())
            try cell.waitUntilRunning()
            creations.append(Double(monotonicNanoseconds() - began))
            firstAnswers.append(try timed { try cell.roundTrip() })
            cells.append(cell)
        }
        let total = Double(monotonicNanoseconds() - start)
        // Every one answers again, while all the others are there.
        let answers = try cells.roundTrips()
        Thread.sleep(forTimeInterval: 0.1)
        let usages = try cells.processes.map { try usage(of: $0) }
        let after = available()
        guard let unshared = Summary(usages.map { $0.privateBytes / 1_048_576 }), let creation = Summary(creations),
            let first = Summary(firstAnswers), let again = Summary(answers),
            let proportional = Summary([usages.reduce(0) { $0 + $1.proportional } / 1_048_576]),
            let system = Summary([Double(before - after) / 1_048_576]), let all = Summary([total])
        else { throw FixtureError.refused("no samples") }
        return Figure(
            "S9", kind == .guest ? "" : "child", "\(cellCount) cells at once, each in a \(kind)",
            [
                Figure.Series("private memory of one \(process)", "MiB", unshared),
                Figure.Series("all of them, shared pages divided", "MiB", proportional),
                Figure.Series("less memory available to the system", "MiB", system),
                Figure.Series("all started, each having answered once", "ns", all),
                Figure.Series("one start", "ns", creation), Figure.Series("first answer", "ns", first),
                Figure.Series("answer of a parked cell among \(cellCount)", "ns", again),
            ],
            targets: [Figure.Target("private memory, MiB, median", limit: 2, value: unshared.median)],
            note: kind == .guest
                ? "the kernel's own memory of a machine shows in what is less available, not in the monitor"
                : "the spawner's and the broker's memory is not in these")
    }

    private static func available() -> Int {
        guard let data = FileManager.default.contents(atPath: "/proc/meminfo") else { return 0 }
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
        }
        return 0
    }
}

/// Cells cannot be copied, so a list of them is made of boxes.
struct CellList {
    private final class Box {
        var cell: Cell
        init(_ cell: consuming Cell) { self.cell = cell }
    }

    private var boxes: [Box] = []

    mutating func append(_ cell: consuming Cell) { boxes.append(Box(cell)) }

    var processes: [Int32] { boxes.map { $0.cell.processID } }

    /// One event for each, in order; the time of each.
    func roundTrips() throws -> [Double] {
        try boxes.map { box in try timed { try box.cell.roundTrip() } }
    }
}
