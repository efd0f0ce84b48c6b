internal import CommandSupport
internal import Linux
internal import Sandbox

/// A running command, as it shows itself. What is read is copied first; the process that wrote it may be gone at any time.
final class LiveView {
    let description: LiveDescription
    let packages: [[UInt8]]
    private let file: FileDescriptor
    /// How far the journal was read.
    private var position: UInt64

    /// What one program has come to.
    struct Sample {
        var counters: [UInt64]
        var verdicts: [UInt64]

        subscript(_ counter: LiveForm.Counter) -> UInt64 { counters[counter.rawValue] }
    }

    /// Something that a program handed out or printed.
    struct Entry {
        let kind: LiveForm.Entry
        let program: Int
        let map: String
        let lane: UInt32
        let event: UInt64
        let time: UInt64
        let bytes: [UInt8]
    }

    /// Descriptions with the types of sixty-four programs.
    private static let largestDescription = 1 << 28

    /// Nil where the file is none of a living command that has described itself.
    init?(_ directory: borrowing Directory, _ name: String) {
        guard let file = try? directory.open(name, .read) else { return nil }
        // Whoever could write the file could say anything: only its owner may, and that is who looks.
        guard let facts = try? FileFacts(file), facts.owner == effectiveUser, facts.permissions & 0o077 == 0,
            facts.size >= LiveForm.description
        else { return nil }
        // Its writer holds the lock for as long as it lives.
        guard (try? FileLock.isTaken(file)) == false else {
            try? directory.remove(name)
            return nil
        }
        guard let head = Self.words(file, at: 0, count: 5), head[0] == LiveForm.magic, head[1] == LiveForm.version,
            head[2] > 0, head[2] <= Self.largestDescription,
            let bytes = try? read(file, count: Int(head[2]), at: LiveForm.description), bytes.count == Int(head[2]),
            let (description, packages) = LiveDescription.read(bytes)
        else { return nil }
        self.description = description
        self.packages = packages
        position = 0
        self.file = file
    }

    /// The commands that are alive in a directory, in the order of their processes.
    static func all(in path: String) -> [LiveView] {
        guard let place = try? StrictDirectory(path), let names = try? place.names(limit: 1 << 16),
            let directory = try? Directory(path)
        else { return [] }
        let processes = names.compactMap { Int32(String(decoding: $0, as: UTF8.self)) }.sorted()
        return processes.compactMap { LiveView(directory, "\($0)") }
    }

    var isAlive: Bool { (try? FileLock.isTaken(file)) == false }

    func sample(_ program: Int) -> Sample? {
        let counters = LiveForm.Counter.allCases.count
        let place = LiveForm.counters + UInt64(program) * LiveForm.countersSize
        guard let words = Self.words(file, at: place, count: counters + LiveForm.verdicts) else { return nil }
        return Sample(counters: Array(words[..<counters]), verdicts: Array(words[counters...]))
    }

    /// Goes to the end of the journal: what was written before is not asked for.
    func skip() {
        guard let head = Self.words(file, at: LiveForm.Head.written, count: 1) else { return }
        position = head[0]
    }

    /// What was written since the last time, and how many bytes of it were written over before they were read.
    func entries() -> (entries: [Entry], lost: UInt64) {
        guard let head = Self.words(file, at: LiveForm.Head.written, count: 1), head[0] & 7 == 0, head[0] > position
        else { return ([], 0) }
        let end = head[0]
        var start = max(position, end > LiveForm.journalSize ? end - LiveForm.journalSize : 0)
        guard let bytes = range(start..<end), let after = Self.words(file, at: LiveForm.Head.reserved, count: 1) else {
            return ([], 0)
        }
        var lost = start - position
        position = end
        // What is being written over by now may be half of one entry and half of another.
        let sound = after[0] > LiveForm.journalSize ? after[0] - LiveForm.journalSize : 0
        guard sound <= start, lost == 0 else {
            // Where an entry begins nobody knows any more; the next time starts at a place that is known.
            lost += end - start
            start = end
            return ([], lost)
        }
        return (Self.entries(in: bytes, programs: description.programs.count), 0)
    }

    private func range(_ range: Range<UInt64>) -> [UInt8]? {
        let first = range.lowerBound % LiveForm.journalSize
        let count = range.upperBound - range.lowerBound
        let upToEnd = min(count, LiveForm.journalSize - first)
        guard var bytes = try? read(file, count: Int(upToEnd), at: LiveForm.journal + first) else { return nil }
        if upToEnd < count {
            guard let rest = try? read(file, count: Int(count - upToEnd), at: LiveForm.journal) else { return nil }
            bytes += rest
        }
        return bytes.count == Int(count) ? bytes : nil
    }

    static func entries(in bytes: [UInt8], programs: Int) -> [Entry] {
        var entries: [Entry] = []
        var place = 0
        func number(_ offset: Int, _ size: Int) -> UInt64 {
            bytes[place + offset..<place + offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        while bytes.count - place >= LiveForm.entryHeader {
            let length = Int(number(0, 4)), nameLength = Int(bytes[place + 6])
            guard let kind = LiveForm.Entry(rawValue: bytes[place + 4]), Int(bytes[place + 5]) < programs,
                length >= LiveForm.entryHeader + nameLength, length <= bytes.count - place
            else { break }
            let name = place + LiveForm.entryHeader
            entries.append(
                Entry(
                    kind: kind, program: Int(bytes[place + 5]),
                    map: String(decoding: bytes[name..<name + nameLength], as: UTF8.self),
                    lane: UInt32(truncatingIfNeeded: number(8, 4)), event: number(16, 8), time: number(24, 8),
                    bytes: Array(bytes[name + nameLength..<place + length])))
            place += (length + 7) & ~7
        }
        return entries
    }

    private static func words(_ file: borrowing FileDescriptor, at offset: UInt64, count: Int) -> [UInt64]? {
        guard let bytes = try? read(file, count: count * 8, at: offset), bytes.count == count * 8 else { return nil }
        return stride(from: 0, to: bytes.count, by: 8).map { start in
            bytes[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }
}
