import PolicyCore
import PolicyTrust

/// A generator that gives the same numbers for the same seed (xorshift64*).
struct Generator {
    var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    @inline(__always)
    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 2_685_821_657_736_338_717
    }

    /// From 0 to below `limit`.
    @inline(__always)
    mutating func below(_ limit: Int) -> Int { Int(truncatingIfNeeded: ((next() >> 32) &* UInt64(limit)) >> 32) }
}

/// The readers of foreign bytes, and what they are to be asked.
enum Reader: Int, CaseIterable {
    case envelope, base64, toml, policy, root, lists, statement, state

    var name: String { "\(self)" }
}

struct Fuzzer {
    private(set) var executions: UInt64 = 0
    private(set) var failure: String?
    private var generator: Generator
    private var corpus: [[[UInt8]]]
    private var accepted = [UInt64](repeating: 0, count: Reader.allCases.count)
    private var refused = [UInt64](repeating: 0, count: Reader.allCases.count)
    private let machine: MachineID
    private let key: StateKey

    init(seed: UInt64) {
        generator = Generator(seed: seed)
        corpus = Reader.allCases.map(Seeds.seeds)
        guard let machine = MachineID("0123456789abcdef0123456789abcdef"),
            let key = try? StateKey([UInt8](repeating: 9, count: 32))
        else { preconditionFailure("constants") }
        self.machine = machine
        self.key = key
    }

    var summary: String {
        Reader.allCases.map { "\($0.name) \(accepted[$0.rawValue])+\(refused[$0.rawValue])" }.joined(separator: ", ")
    }

    var isConvincing: Bool {
        Reader.allCases.allSatisfy { accepted[$0.rawValue] > 0 && refused[$0.rawValue] > 0 }
    }

    /// True unless a reader did something that it should not.
    mutating func run(_ count: Int) -> Bool {
        for index in 0..<count {
            let reader = Reader.allCases[index % Reader.allCases.count]
            let input = mutated(reader)
            executions += 1
            if give(input, to: reader) {
                accepted[reader.rawValue] += 1
                keep(input, reader)
            } else {
                refused[reader.rawValue] += 1
            }
            if let failure {
                self.failure = "\(reader.name): \(failure): \(input)"
                return false
            }
        }
        return true
    }

    /// What a reader took is a place to start from: in the place of another, so that the corpus does not grow.
    private mutating func keep(_ input: [UInt8], _ reader: Reader) {
        guard input.count < 4096, generator.below(8) == 0 else { return }
        if corpus[reader.rawValue].count < 256 {
            corpus[reader.rawValue].append(input)
        } else {
            // The first ones are what people write, and stay.
            corpus[reader.rawValue][32 + generator.below(224)] = input
        }
    }

    // MARK: mutation

    private mutating func mutated(_ reader: Reader) -> [UInt8] {
        let inputs = corpus[reader.rawValue]
        var text = inputs[generator.below(inputs.count)]
        // Half of all inputs differ in one place, so that some of them are taken and lead on.
        for _ in 0...(generator.below(2) == 0 ? 0 : generator.below(4)) {
            guard !text.isEmpty else { break }
            let place = generator.below(text.count)
            switch generator.below(18) {
            case 0: text[place] = UInt8(truncatingIfNeeded: generator.next())
            case 1: text[place] ^= 1 << UInt8(generator.below(8))
            case 2: text.remove(at: place)
            case 3: text.insert(Seeds.punctuation[generator.below(Seeds.punctuation.count)], at: place)
            case 4: text.removeSubrange(place..<min(text.count, place + 1 + generator.below(32)))
            case 5:
                text.insert(
                    contentsOf: text[place..<min(text.count, place + 1 + generator.below(64))],
                    at: generator.below(text.count))
            case 6: text.insert(contentsOf: Seeds.words[generator.below(Seeds.words.count)], at: place)
            case 7:
                // A piece of another input, as grammars have it: from one line's end, or quote, to the next.
                let other = inputs[generator.below(inputs.count)]
                guard !other.isEmpty else { break }
                let start = generator.below(other.count)
                let end = other[start...].firstIndex { $0 == 0x0A || $0 == 0x22 || $0 == 0x2C } ?? other.count
                text.insert(contentsOf: other[start..<end], at: place)
            case 8: text.removeSubrange(place...)
            case 12, 13, 14: alter(&text, at: place)
            case 15: text.insert(0x20, at: text[place...].firstIndex { !Seeds.isWord($0) } ?? text.count)
            case 16: moveLine(in: &text, from: place)
            case 9:
                // A token by another: whatever lies between two characters that are no letters.
                let end = text[place...].firstIndex { !Seeds.isWord($0) } ?? text.count
                text.replaceSubrange(place..<end, with: Seeds.words[generator.below(Seeds.words.count)])
            case 10:
                let byte = text[place]
                text.insert(contentsOf: repeatElement(byte, count: generator.below(64)), at: place)
            case _:
                let other = generator.below(text.count)
                text.swapAt(place, other)
            }
        }
        return text
    }

    /// A character by another of its kind: what was a number, a digest or a name stays one.
    private mutating func alter(_ text: inout [UInt8], at place: Int) {
        guard let place = text[place...].firstIndex(where: Seeds.isWord) else { return }
        switch text[place] {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): text[place] = UInt8(ascii: "0") + UInt8(generator.below(10))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): text[place] = UInt8(ascii: "a") + UInt8(generator.below(6))
        case UInt8(ascii: "g")...UInt8(ascii: "z"): text[place] = UInt8(ascii: "a") + UInt8(generator.below(26))
        case _: text[place] = UInt8(ascii: "A") + UInt8(generator.below(26))
        }
    }

    /// A line, with its end, to another line's beginning.
    private mutating func moveLine(in text: inout [UInt8], from place: Int) {
        let start = (text[..<place].lastIndex(of: 0x0A) ?? -1) + 1
        let end = text[place...].firstIndex(of: 0x0A).map { $0 + 1 } ?? text.count
        let line = Array(text[start..<end])
        if generator.below(2) == 0 { text.removeSubrange(start..<end) }
        let target = (text[..<generator.below(text.count + 1)].lastIndex(of: 0x0A) ?? -1) + 1
        text.insert(contentsOf: line, at: target)
    }

    // MARK: readers

    /// Whether the reader takes it; what it should not do goes to ``failure``.
    private mutating func give(_ input: [UInt8], to reader: Reader) -> Bool {
        switch reader {
        case .envelope:
            guard let envelope = try? Envelope(parsing: input) else { return false }
            // What was read has one text of its own, which says the same.
            if let again = try? Envelope(parsing: envelope.json), again == envelope { return true }
            failure = "an envelope that is not read back"
        case .base64:
            guard let bytes = Base64.decode(input) else { return false }
            if Base64.Alphabet.allCases.contains(where: { Base64.encode(bytes, $0) == input }) { return true }
            failure = "a second spelling of the same bytes"
        case .toml: return (try? StrictTOML.parse(input)) != nil
        case .policy:
            guard let file = try? PolicyFile(parsing: input) else { return false }
            if file.version == 0 || file.version >= PolicyFile.versionLimit || file.issued >= file.expires {
                failure = "a policy out of its limits"
            }
            return true
        case .root:
            guard let root = try? Root(text: input) else { return false }
            for (name, role) in root.file.roles
            where role.threshold < name.minimumThreshold(root.file.profile) || role.threshold > Set(role.keys).count {
                failure = "a threshold out of its limits"
            }
            return true
        case .lists:
            return (try? RevokeFile(parsing: input)) != nil || (try? HostFile(parsing: input)) != nil
                || (try? RecoveryFile(parsing: input)) != nil || (try? TombstoneFile(parsing: input)) != nil
        case .statement:
            guard let statement = try? ProgramStatement(parsing: input) else { return false }
            if let again = try? ProgramStatement(parsing: statement.json(name: "x")), again == statement { return true }
            failure = "a statement that is not read back"
        case .state:
            guard let state = try? HostState(file: input, key: key, machine: machine) else { return false }
            if state.file(key) != input { failure = "a state of which not every byte counts" }
            return true
        }
        return false
    }
}
