internal import Channel
internal import Enclosure
internal import Maps
internal import PolicyCore
internal import ProgramPackage

/// Reads a recording, which anybody may have written: frame by frame, each length held against what is there before anything is made of it.
package struct RecordingReader: Sendable {
    private var cursor = 0
    /// Where the frame under way ends.
    private var end = 0
    private var programs = 0
    private var events: UInt64 = 0
    private var isEnded = false
    /// Whether it was cut off: what is left is part of a frame.
    private var isCut = false
    /// Programs whose maps at the start are still to come.
    private var wantsMaps = false
    /// Whether a file that was cut off is read as far as it goes.
    private let takesCut: Bool

    package init(_ bytes: borrowing Span<UInt8>, takesCut: Bool = false) throws(RecordingError) {
        self.takesCut = takesCut
        end = min(bytes.count, RecordingForm.headerBytes)
        guard bytes.count >= RecordingForm.headerBytes, try number64(bytes, "magic") == RecordingForm.magic else {
            throw .notARecording
        }
        let version = try number32(bytes, "version")
        guard version == RecordingForm.version else { throw .version(got: version, known: RecordingForm.version) }
        let reserved = try number32(bytes, "reserved word")
        guard reserved == 0 else { throw .meaningless(field: "reserved word", offset: 12, value: UInt64(reserved)) }
    }

    /// The next frame; nil behind the end.
    package mutating func next(in bytes: borrowing Span<UInt8>) throws(RecordingError) -> RecordingFrame? {
        guard !isEnded else {
            guard isCut || cursor == bytes.count else { throw .trailing(offset: cursor) }
            return nil
        }
        let start = cursor
        guard bytes.count - cursor >= RecordingForm.frameBytes else { return try cut(at: start) }
        end = cursor + RecordingForm.frameBytes
        let kind = try number32(bytes, "kind of frame")
        let length = Int(try number32(bytes, "length of a frame"))
        guard length <= bytes.count - cursor else { return try cut(at: start) }
        end = cursor + length
        guard let kind = RecordingForm.Kind(rawValue: kind) else {
            throw .meaningless(field: "kind of frame", offset: start, value: UInt64(kind))
        }
        let frame = try read(kind, bytes, at: start)
        guard cursor == end else { throw .longFrame(offset: cursor, unread: end - cursor) }
        return frame
    }

    private mutating func cut(at offset: Int) throws(RecordingError) -> RecordingFrame? {
        // A program without its maps is nothing to begin with.
        guard takesCut, programs > 0, !wantsMaps else { throw .unfinished(offset: offset) }
        isEnded = true
        isCut = true
        return .end(events: events)
    }

    private mutating func read(
        _ kind: RecordingForm.Kind, _ bytes: borrowing Span<UInt8>, at start: Int
    ) throws(RecordingError) -> RecordingFrame {
        switch kind {
        case .program:
            guard events == 0, !wantsMaps else { throw .outOfOrder(frame: kind.rawValue, offset: start) }
            guard programs < RecordingForm.programs else {
                throw .limit(
                    field: "number of programs", offset: start, value: UInt64(programs) + 1,
                    limit: UInt64(RecordingForm.programs))
            }
            programs += 1
            wantsMaps = true
            return .program(try program(bytes))
        case .maps:
            let maps = try maps(bytes, at: start)
            guard (maps.moment == .start) == wantsMaps, maps.moment != .start || maps.program == programs - 1 else {
                throw .outOfOrder(frame: kind.rawValue, offset: start)
            }
            wantsMaps = false
            return .maps(maps)
        case .event:
            guard !wantsMaps else { throw .outOfOrder(frame: kind.rawValue, offset: start) }
            events += 1
            return .event(try event(bytes))
        case .end:
            guard !wantsMaps else { throw .outOfOrder(frame: kind.rawValue, offset: start) }
            let claimed = try number64(bytes, "number of events")
            guard claimed == events else { throw .events(counted: events, claimed: claimed) }
            isEnded = true
            return .end(events: claimed)
        }
    }
}

// MARK: Parts

extension RecordingReader {
    private mutating func program(_ bytes: borrowing Span<UInt8>) throws(RecordingError) -> RecordedProgram {
        let flags = try bounded(bytes, "flags of a program", limit: 1)
        let place = cursor
        let tierNumber = try number32(bytes, "tier")
        guard let tier = UInt8(exactly: tierNumber).flatMap(Tier.init(rawValue:)), tier != .deny else {
            throw .meaningless(field: "tier", offset: place, value: UInt64(tierNumber))
        }
        let fuelPlace = cursor
        let fuel = try number64(bytes, "fuel")
        guard fuel >= 1, fuel <= 1 << 40 else {
            throw .limit(field: "fuel", offset: fuelPlace, value: fuel, limit: 1 << 40)
        }
        let seed = try number64(bytes, "seed")
        let clocks = ClockOffsets(
            boot: try number64(bytes, "clock of the boot"), atomic: try number64(bytes, "atomic clock"))
        let payload = try bounded(bytes, "largest packet", limit: RecordingForm.packetBytes)
        guard let digest = ContentDigest(try take(32, bytes, "digest of the code")) else {
            preconditionFailure("32 bytes are a digest")
        }
        var texts: [String] = []
        for field in ["name of the program", "section", "type", "path"] { texts.append(try text(bytes, field)) }
        let count = try bounded(bytes, "number of maps", limit: RecordingForm.maps)
        try check(room: count * 16, bytes, "seeds of the maps")
        var seeds: [MapSeed] = []
        for _ in 0..<count {
            seeds.append(MapSeed(low: try number64(bytes, "seed"), high: try number64(bytes, "seed")))
        }
        let objectPlace = cursor
        let raw = try field(bytes, "object", limit: RecordingForm.objectBytes)
        let object: AdmissionRequest
        do throws(PackageError) { object = try AdmissionRequest(parsing: raw) } catch {
            throw .object(error, offset: objectPlace)
        }
        return RecordedProgram(
            object: object, path: texts[3], name: texts[0], section: texts[1], type: texts[2], codeDigest: digest,
            tier: tier, fuel: fuel, checksEverything: flags == 1, maximumPayload: payload, seed: seed, clocks: clocks,
            mapSeeds: seeds)
    }

    private mutating func maps(
        _ bytes: borrowing Span<UInt8>, at start: Int
    ) throws(RecordingError) -> RecordedMaps {
        let program = try programNumber(bytes)
        let place = cursor
        let momentNumber = try number32(bytes, "moment of the maps")
        guard let moment = RecordedMaps.Moment(rawValue: momentNumber) else {
            throw .meaningless(field: "moment of the maps", offset: place, value: UInt64(momentNumber))
        }
        let count = try bounded(bytes, "number of maps", limit: RecordingForm.maps)
        var sizes: [UInt64] = []
        var runs: [RecordedMaps.Run] = []
        for map in 0..<count {
            let place = cursor
            let size = try number64(bytes, "size of a map")
            // Maps lie in a cell's window, which has 4 GiB.
            guard size <= 1 << 32 else {
                throw .limit(field: "size of a map", offset: place, value: size, limit: 1 << 32)
            }
            sizes.append(size)
            var last: UInt64 = 0
            while let run = try run(of: map, size, after: last, bytes) {
                runs.append(run)
                last = run.offset + UInt64(run.bytes.count)
            }
        }
        return RecordedMaps(program: program, moment: moment, sizes: sizes, runs: runs, offset: start)
    }

    /// The next words of a map, which lie behind those before and in the map; nil where there are no more.
    private mutating func run(
        of map: Int, _ size: UInt64, after last: UInt64, _ bytes: borrowing Span<UInt8>
    ) throws(RecordingError) -> RecordedMaps.Run? {
        let place = cursor
        let offset = try number64(bytes, "place of words")
        let length = Int(try number32(bytes, "length of words"))
        guard length > 0 else {
            guard offset == 0 else { throw .meaningless(field: "place of no words", offset: place, value: offset) }
            return nil
        }
        guard offset & 7 == 0, offset >= last else {
            throw .meaningless(field: "place of words", offset: place, value: offset)
        }
        guard length & 7 == 0 else {
            throw .meaningless(field: "length of words", offset: place + 8, value: UInt64(length))
        }
        guard offset <= size, UInt64(length) <= size - offset else {
            throw .limit(field: "end of words", offset: place, value: offset &+ UInt64(length), limit: size)
        }
        try check(room: length, bytes, "words")
        defer { cursor += length }
        return RecordedMaps.Run(map: map, offset: offset, bytes: cursor..<cursor + length)
    }

    private mutating func event(_ bytes: borrowing Span<UInt8>) throws(RecordingError) -> RecordedEvent {
        let program = try programNumber(bytes)
        let place = cursor
        let flags = try number32(bytes, "flags of an event")
        guard flags & ~EventFlags.all == 0, let ending = RecordedEvent.Ending(rawValue: flags & EventFlags.ending)
        else {
            throw .meaningless(field: "flags of an event", offset: place, value: UInt64(flags))
        }
        guard ending == .returned || flags & (EventFlags.packet | EventFlags.context) == 0 else {
            throw .meaningless(field: "flags of an event", offset: place, value: UInt64(flags))
        }
        let time = try number64(bytes, "time")
        let processor = try number32(bytes, "processor")
        let headersPlace = cursor
        let headers = PacketHeaders(rawValue: UInt16(try bounded(bytes, "headers", limit: 0xFFFF)))
        guard [.networkOnly, .linkBefore, .link].contains(headers) else {
            throw .meaningless(field: "headers", offset: headersPlace, value: UInt64(headers.rawValue))
        }
        var event = Event(context: try field(bytes, "context", limit: RecordingForm.contextBytes))
        let packetPlace = cursor
        event.packet = try field(bytes, "packet", limit: RecordingForm.packetBytes)
        guard event.packet.count >= Int(headers.sizeBefore) else {
            throw .meaningless(field: "headers", offset: packetPlace, value: UInt64(headers.rawValue))
        }
        if flags & EventFlags.hidden != 0 {
            event.hidden = try field(bytes, "hidden bytes", limit: RecordingForm.packetBytes)
        }
        if flags & EventFlags.memory != 0 {
            event.memory = try field(bytes, "memory", limit: RecordingForm.packetBytes)
        }
        event.headers = headers
        event.time = time
        event.processor = processor
        if flags & EventFlags.identity != 0 { event.identity = try identity(bytes) }
        let result = try number64(bytes, "result")
        let verdict = try bounded(bytes, "verdict", limit: 0xFFFF)
        let redirection = try number32(bytes, "redirection")
        let changed =
            flags & EventFlags.packet == 0
            ? nil : try field(bytes, "packet afterwards", limit: RecordingForm.packetBytes)
        let left =
            flags & EventFlags.context == 0
            ? nil : try field(bytes, "context afterwards", limit: RecordingForm.contextBytes)
        return RecordedEvent(
            program: program, event: event, ending: ending, result: result, verdict: verdict, redirection: redirection,
            changed: changed, left: left)
    }

    private mutating func identity(_ bytes: borrowing Span<UInt8>) throws(RecordingError) -> EventIdentity {
        var identity = EventIdentity()
        identity.process = try number32(bytes, "process")
        identity.thread = try number32(bytes, "thread")
        identity.user = try number32(bytes, "user")
        identity.group = try number32(bytes, "group")
        identity.cgroup = try number64(bytes, "cgroup")
        identity.cookie = try number64(bytes, "cookie")
        identity.command = try field(bytes, "command", limit: RecordingForm.commandBytes)
        return identity
    }

    private mutating func programNumber(_ bytes: borrowing Span<UInt8>) throws(RecordingError) -> Int {
        let place = cursor
        let number = try number32(bytes, "number of a program")
        guard number < programs else {
            throw .limit(
                field: "number of a program", offset: place, value: UInt64(number), limit: UInt64(programs))
        }
        return Int(number)
    }
}

// MARK: Numbers

extension RecordingReader {
    private func check(room count: Int, _ bytes: borrowing Span<UInt8>, _ field: String) throws(RecordingError) {
        guard count <= end - cursor else {
            throw .truncated(field: field, offset: cursor, needed: count, available: end - cursor)
        }
    }

    private mutating func number32(_ bytes: borrowing Span<UInt8>, _ field: String) throws(RecordingError) -> UInt32 {
        try check(room: 4, bytes, field)
        defer { cursor += 4 }
        var number: UInt32 = 0
        for index in 0..<4 { number |= UInt32(bytes[cursor + index]) << (8 * UInt32(index)) }
        return number
    }

    private mutating func number64(_ bytes: borrowing Span<UInt8>, _ field: String) throws(RecordingError) -> UInt64 {
        let low = UInt64(try number32(bytes, field))
        return low | UInt64(try number32(bytes, field)) << 32
    }

    private mutating func bounded(
        _ bytes: borrowing Span<UInt8>, _ field: String, limit: Int
    ) throws(RecordingError) -> Int {
        let place = cursor
        let number = try number32(bytes, field)
        guard UInt64(number) <= UInt64(limit) else {
            throw .limit(field: field, offset: place, value: UInt64(number), limit: UInt64(limit))
        }
        return Int(number)
    }

    private mutating func take(
        _ count: Int, _ bytes: borrowing Span<UInt8>, _ field: String
    ) throws(RecordingError) -> [UInt8] {
        try check(room: count, bytes, field)
        defer { cursor += count }
        var taken: [UInt8] = []
        taken.reserveCapacity(count)
        for index in cursor..<cursor + count { taken.append(bytes[index]) }
        return taken
    }

    /// Bytes behind their length.
    private mutating func field(
        _ bytes: borrowing Span<UInt8>, _ name: String, limit: Int
    ) throws(RecordingError) -> [UInt8] {
        try take(try bounded(bytes, name, limit: limit), bytes, name)
    }

    private mutating func text(_ bytes: borrowing Span<UInt8>, _ name: String) throws(RecordingError) -> String {
        let place = cursor
        let raw = try field(bytes, name, limit: RecordingForm.nameBytes)
        guard let text = String(validating: raw, as: UTF8.self) else { throw .notText(field: name, offset: place) }
        return text
    }
}
