internal import Channel
package import Linux
internal import PolicyCore

/// Where what a running command shows of itself lies in its file.
///
/// ```
/// 0         magic, version, bytes of the description
/// 4 KiB     512 bytes of counters for each program
/// 64 KiB    the journal: 1 MiB, written round and round
/// behind    the description, written once
/// ```
package enum LiveForm {
    /// "RINGLIV" and a byte that no text file has there.
    package static let magic: UInt64 = 0x89_56_49_4C_47_4E_49_52
    package static let version: UInt64 = 1
    package static let programs = 64
    package static let counters: UInt64 = 4_096
    package static let countersSize: UInt64 = 512
    package static let journal: UInt64 = 65_536
    package static let journalSize: UInt64 = 1 << 20
    package static var description: UInt64 { journal + journalSize }
    /// An entry of the journal is no longer than that, with its header.
    package static let entryBytes = 65_536

    /// Words of the head.
    package enum Head {
        package static let magic: UInt64 = 0
        package static let version: UInt64 = 8
        package static let descriptionSize: UInt64 = 16
        /// Bytes of the journal that were ever written, and that are being written: what lies a whole journal before the second is gone.
        package static let written: UInt64 = 24
        package static let reserved: UInt64 = 32
    }

    /// Words of a program's counters.
    package enum Counter: Int, CaseIterable, Sendable {
        case events = 0
        /// From when an event was taken until it was decided about, all together.
        case nanoseconds
        case faults
        case cellFailures
        case records
        case lines
        case tier
        case process
    }

    /// Behind the counters, one word for each row of the table of verdicts.
    package static let verdicts = 16
    package static let verdictsStart = UInt64(Counter.allCases.count) * 8

    /// What an entry of the journal is.
    package enum Entry: UInt8, Sendable {
        case record = 1
        case line = 2
    }

    /// length u32, kind u8, program u8, bytes of the map's name u16, lane u32, reserved u32, event u64, time u64; then name and bytes.
    package static let entryHeader = 32
}

/// What a running command shows of itself: counters, and what its programs print and hand out.
///
/// A file that this process maps and others read: a counter is a plain store, no system call is made for an event, and nobody who looks on can
/// hold anything up or change what is decided. The file is its owner's alone; whoever has it locked is alive.
@safe package final class LiveBoard {
    private let descriptor: FileDescriptor
    private let window: Window
    private let memory: CellMemory
    /// Entries are rare, and come of several threads.
    private let lock = RecursiveLock()
    private var written: UInt64 = 0
    private var programs = 0

    /// Makes the file, before this process is locked down.
    ///
    /// - Parameters:
    ///   - directory: where such files are; made where it is not there, for its owner alone.
    ///   - name: of the file, that of no living process.
    package init(in directory: String, name: String) throws(SystemError) {
        try Directory.make(directory)
        let place = try Directory(directory)
        // It has its name once it is locked: what has a name and no lock is a dead command's, and goes.
        let unfinished = name + ".new"
        try place.remove(unfinished)
        let file = try place.open(unfinished, .new)
        guard try FileLock.isTaken(file) else {
            throw SystemError(call: "flock", code: SystemError.wouldBlock)
        }
        let size = LiveForm.description
        try allocate(file, size: size)
        let window = try Window(size: size)
        try window.map(file, at: 0, size: size, writable: true)
        // SAFETY: the window maps the whole of it, and this object keeps the window.
        memory = unsafe CellMemory(unsafeBase: UInt(window.base))
        self.window = window
        descriptor = file
        memory.storeRelaxed64(LiveForm.Head.magic, LiveForm.magic)
        memory.storeRelaxed64(LiveForm.Head.version, LiveForm.version)
        try place.rename(unfinished, to: name)
    }

    /// For who closes everything else.
    package var rawDescriptor: Int32 { descriptor.rawValue }

    /// Writes what does not change any more. Who looks on believes nothing before that is there.
    package func describe(_ bytes: [UInt8]) throws(SystemError) {
        try write(bytes, to: descriptor, at: LiveForm.description)
        memory.storeRelease64(LiveForm.Head.descriptionSize, UInt64(bytes.count))
    }

    /// The counters of one more program.
    package func addProgram() -> LiveProgram? {
        guard programs < LiveForm.programs else { return nil }
        defer { programs += 1 }
        return LiveProgram(board: self, number: programs)
    }

    fileprivate func store(_ value: UInt64, at offset: UInt64) { memory.storeRelaxed64(offset, value) }

    /// Adds an entry to the journal, over the oldest.
    fileprivate func append(
        _ kind: LiveForm.Entry, program: Int, name: String, lane: UInt32, event: UInt64, time: UInt64, _ bytes: [UInt8]
    ) {
        let name = Array(name.utf8.prefix(255))
        let body = bytes.prefix(LiveForm.entryBytes - LiveForm.entryHeader - name.count - 8)
        let length = (LiveForm.entryHeader + name.count + body.count + 7) & ~7
        var entry: [UInt8] = []
        entry.reserveCapacity(length)
        entry.append(UInt32(LiveForm.entryHeader + name.count + body.count))
        entry += [kind.rawValue, UInt8(program), UInt8(name.count), 0]
        entry.append(lane)
        entry.append(0 as UInt32)
        entry.append(event)
        entry.append(time)
        entry += name
        entry += body
        while entry.count < length { entry.append(0 as UInt8) }
        lock.whileHeld { append(entry) }
    }

    private func append(_ entry: [UInt8]) {
        let length = entry.count
        // A reader that sees a part of what is written here sees this first.
        memory.storeRelaxed64(LiveForm.Head.reserved, written + UInt64(length))
        fence()
        var place = written
        for start in stride(from: 0, to: length, by: 8) {
            var word: UInt64 = 0
            for index in 0..<8 { word |= UInt64(entry[start + index]) << (8 * UInt64(index)) }
            memory.storeRelaxed64(LiveForm.journal + place % LiveForm.journalSize, word)
            place += 8
        }
        written = place
        memory.storeRelease64(LiveForm.Head.written, written)
    }
}

/// The counters of one program on a board, on one lane. Its only writer is the thread that decides.
package struct LiveProgram {
    private let board: LiveBoard
    private let number: Int
    private let base: UInt64
    private var events: UInt64 = 0
    private var nanoseconds: UInt64 = 0
    private var faults: UInt64 = 0
    private var records: UInt64 = 0
    private var lines: UInt64 = 0
    private var verdicts = [UInt64](repeating: 0, count: LiveForm.verdicts)

    fileprivate init(board: LiveBoard, number: Int) {
        self.board = board
        self.number = number
        base = LiveForm.counters + UInt64(number) * LiveForm.countersSize
    }

    /// Counts an event: a few stores.
    package mutating func count(_ result: EventResult, nanoseconds spent: UInt64) {
        events &+= 1
        nanoseconds &+= spent
        set(.events, events)
        set(.nanoseconds, nanoseconds)
        if result.verdict < LiveForm.verdicts {
            verdicts[result.verdict] &+= 1
            board.store(verdicts[result.verdict], at: base + LiveForm.verdictsStart + UInt64(result.verdict) * 8)
        }
        if result.failure != nil {
            faults &+= 1
            set(.faults, faults)
        }
    }

    /// What does not change with each event.
    package mutating func show(_ sandbox: borrowing Sandbox) {
        set(.cellFailures, sandbox.statistics.cellFailures)
        set(.tier, UInt64(sandbox.permit.decision.outcome.rawValue))
        set(.process, UInt64(UInt32(bitPattern: sandbox.cellProcess)))
    }

    package mutating func note(_ taken: [RingRecord], lines printed: [String], time: UInt64) {
        for record in taken {
            board.append(
                .record, program: number, name: record.map, lane: record.lane, event: events, time: time, record.bytes)
        }
        for line in printed {
            board.append(.line, program: number, name: "", lane: 0, event: events, time: time, Array(line.utf8))
        }
        guard !taken.isEmpty || !printed.isEmpty else { return }
        records &+= UInt64(taken.count)
        lines &+= UInt64(printed.count)
        set(.records, records)
        set(.lines, lines)
    }

    private func set(_ counter: LiveForm.Counter, _ value: UInt64) {
        board.store(value, at: base + UInt64(counter.rawValue) * 8)
    }
}
