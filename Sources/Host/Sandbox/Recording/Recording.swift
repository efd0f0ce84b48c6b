internal import Channel
package import Maps
package import PolicyCore
package import ProgramPackage

/// The form of a recording: what was decided, and all that it came of.
///
/// ```
/// magic u64, version u32, reserved u32
/// frame: kind u32, bytes of the rest u32, and these
/// ```
/// Numbers are little-endian. Programs come first, each followed by its maps as they were before the first event; events are in the order in which
/// they were decided; the end says how many there were, so that a file that was cut off is known for one.
///
/// A verdict is determined by the program, its maps, the event and three things more, none of which a cell finds out by itself: the time, which
/// comes with each event; the random numbers, which come of a seed and begin anew with each cell; and how much of a ring or log has been read,
/// which is all of it before each event while a recording is made. So what helpers answer need not be written down one by one.
enum RecordingForm {
    /// "RINGREC" and a byte that no text file has there.
    static let magic: UInt64 = 0x89_43_45_52_47_4E_49_52
    static let version: UInt32 = 1
    static let headerBytes = 16
    static let frameBytes = 8

    enum Kind: UInt32 {
        case program = 1
        case maps = 2
        case event = 3
        case end = 4
    }

    /// The largest of each part.
    static let programs = 64
    static let nameBytes = 4_096
    static let maps = 4_096
    static let objectBytes =
        AdmissionRequest.objectBytes + AdmissionRequest.kernelConfigBytes
        + AdmissionRequest.typesBytes + 64
    static let contextBytes = 4_096
    static let packetBytes = 1 << 18
    static let commandBytes = Int(EventSlot.commandSize)
}

/// One program of a recording, and what its sandbox was made with.
package struct RecordedProgram: Equatable, Sendable {
    /// The object and what was declared beside it, as the admission jail is given them.
    package var object: AdmissionRequest
    /// Where the object was, for people.
    package var path: String
    package var name: String
    package var section: String
    /// What somebody said that it is a program of; empty: its section says so.
    package var type: String
    package var codeDigest: ContentDigest
    package var tier: Tier
    package var fuel: UInt64
    package var checksEverything: Bool
    package var maximumPayload: Int
    package var seed: UInt64
    package var clocks: ClockOffsets
    package var mapSeeds: [MapSeed]

    /// - Parameter sandbox: whose options have a seed, and that has decided nothing yet.
    package init(_ object: AdmissionRequest, path: String, of sandbox: borrowing Sandbox) {
        let program = sandbox.permit.program
        self.object = object
        self.path = path
        name = program.program.name
        section = program.program.section
        type = program.isTypeGiven ? program.identity.type.value?.rawValue ?? "" : ""
        codeDigest = program.codeDigest
        tier = sandbox.permit.decision.outcome
        fuel = sandbox.options.fuel
        checksEverything = sandbox.options.checksEverything
        maximumPayload = sandbox.options.maximumPayload
        seed = sandbox.options.seed ?? 0
        clocks = sandbox.options.clocks ?? .ofThisProcess
        mapSeeds = sandbox.maps.seeds
    }

    init(
        object: AdmissionRequest, path: String, name: String, section: String, type: String, codeDigest: ContentDigest,
        tier: Tier, fuel: UInt64, checksEverything: Bool, maximumPayload: Int, seed: UInt64, clocks: ClockOffsets,
        mapSeeds: [MapSeed]
    ) {
        self.object = object
        self.path = path
        self.name = name
        self.section = section
        self.type = type
        self.codeDigest = codeDigest
        self.tier = tier
        self.fuel = fuel
        self.checksEverything = checksEverything
        self.maximumPayload = maximumPayload
        self.seed = seed
        self.clocks = clocks
        self.mapSeeds = mapSeeds
    }

    /// A sandbox that is to decide as the recorded one did has these.
    package var options: SandboxOptions {
        var options = SandboxOptions()
        options.fuel = fuel
        options.checksEverything = checksEverything
        options.maximumPayload = maximumPayload
        options.seed = seed
        options.clocks = clocks
        return options
    }
}

/// The words of a program's maps at one moment, those that are 0 left out.
package struct RecordedMaps: Equatable, Sendable {
    package enum Moment: UInt32, Sendable {
        /// Before the first event.
        case start = 0
        /// A new cell decides from here on, and these are the maps as it found them.
        case cell = 1
        /// An event ran out of fuel, and where it stopped is a matter of the engine.
        case fuel = 2
        /// After the last event.
        case end = 3
    }

    /// Words of one map that follow each other.
    package struct Run: Equatable, Sendable {
        package let map: Int
        /// From the start of the map's storage, in bytes.
        package let offset: UInt64
        /// Where they are in the recording.
        package let bytes: Range<Int>
    }

    package let program: Int
    package let moment: Moment
    /// Bytes of storage of each map.
    package let sizes: [UInt64]
    package let runs: [Run]
    /// Where the frame begins.
    package let offset: Int
}

/// An event, and what became of it.
package struct RecordedEvent: Sendable {
    package enum Ending: UInt32, Sendable {
        case returned = 0
        /// The program faulted, and policy's answer stood in.
        case fault = 1
        /// The cell died, or was killed, with the event.
        case cell = 2
    }

    package let program: Int
    package let event: Event
    package let ending: Ending
    package let result: UInt64
    package let verdict: Int
    package let redirection: UInt32
    /// The packet afterwards, without what lies before it; nil: as it was.
    package let changed: [UInt8]?
    /// The context afterwards; nil: as it was.
    package let left: [UInt8]?
}

/// A piece of a recording.
package enum RecordingFrame: Sendable {
    case program(RecordedProgram)
    case maps(RecordedMaps)
    case event(RecordedEvent)
    case end(events: UInt64)
}

/// Why bytes are no recording, or none of this program. Offsets are from the start of the file.
package enum RecordingError: Error, Equatable, Sendable {
    case notARecording
    case version(got: UInt32, known: UInt32)
    case truncated(field: String, offset: Int, needed: Int, available: Int)
    case limit(field: String, offset: Int, value: UInt64, limit: UInt64)
    /// Bits or numbers that mean nothing.
    case meaningless(field: String, offset: Int, value: UInt64)
    case notText(field: String, offset: Int)
    /// A frame where none of its kind may be.
    case outOfOrder(frame: UInt32, offset: Int)
    /// A frame that has something behind its end.
    case longFrame(offset: Int, unread: Int)
    case object(PackageError, offset: Int)
    /// Behind the end.
    case trailing(offset: Int)
    /// It was cut off: the end is missing.
    case unfinished(offset: Int)
    case events(counted: UInt64, claimed: UInt64)
    /// The program has other maps than the recording.
    case mapCount(got: Int, wanted: Int, offset: Int)
    case mapSize(map: String, got: UInt64, wanted: UInt64, offset: Int)
    /// The code is not that which was recorded.
    case otherProgram(name: String, recorded: ContentDigest, given: ContentDigest)
    /// An event that the program does not take.
    case event(field: String, number: UInt64, got: Int, wanted: Int)
}

extension RecordingError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notARecording: "no recording: it does not begin as one"
        case .version(let got, let known): "version \(got) of the form; this is for version \(known)"
        case .truncated(let field, _, let needed, let available):
            "the \(field) would have \(needed) bytes, and \(available) are left"
        case .limit(let field, _, let value, let limit): "the \(field) is \(value), and the limit is \(limit)"
        case .meaningless(let field, _, let value): "\(value) means nothing as \(field)"
        case .notText(let field, _): "the \(field) is no text"
        case .outOfOrder(let frame, _): "a frame of kind \(frame) has no place here"
        case .longFrame(_, let unread): "a frame has \(unread) bytes behind its end"
        case .object(let error, _): "the object is not whole: \(error)"
        case .trailing: "there is something behind the end"
        case .unfinished: "it was cut off here: whoever wrote it did not come to the end"
        case .events(let counted, let claimed): "it has \(counted) events, and says \(claimed)"
        case .mapCount(let got, let wanted, _): "it has \(got) maps, and the program \(wanted)"
        case .mapSize(let map, let got, let wanted, _):
            "map \(map) has \(got) bytes of storage there, and \(wanted) here"
        case .otherProgram(let name, let recorded, let given):
            "\(name) was recorded with the code sha256:\(recorded), and the object has sha256:\(given)"
        case .event(let field, let number, let got, let wanted):
            "event \(number) has a \(field) of \(got) bytes, and the program takes \(wanted)"
        }
    }

    /// Where in the file, where that can be said.
    package var offset: Int? {
        switch self {
        case .truncated(_, let offset, _, _), .limit(_, let offset, _, _), .meaningless(_, let offset, _),
            .notText(_, let offset), .outOfOrder(_, let offset), .longFrame(let offset, _), .object(_, let offset),
            .trailing(let offset), .unfinished(let offset), .mapCount(_, _, let offset),
            .mapSize(_, _, _, let offset):
            offset
        case .notARecording, .version: 0
        case .events, .event, .otherProgram: nil
        }
    }
}
