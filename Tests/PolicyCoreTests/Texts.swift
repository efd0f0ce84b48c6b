import PolicyCore

/// The head that every valid policy of these tests has; 9 lines.
let head = """
    schema = "ringfence-policy/v1"
    kind = "base"
    id = "test"
    version = 7
    issued = 2026-01-01T00:00:00Z
    expires = 2027-01-01T00:00:00Z
    mode = "enforce"


    """

let digestA = "bpf-prog:v1:sha256:" + String(repeating: "a1", count: 32)
let digestB = "bpf-prog:v1:sha256:" + String(repeating: "b2", count: 32)

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// The error that a whole policy text is refused with, or nil.
func refusal(_ text: [UInt8]) -> PolicyTextError? {
    do throws(PolicyTextError) {
        _ = try PolicyBase(parsing: text, sha256: anyDigest, eligible: .offered)
        return nil
    } catch {
        return error
    }
}

func refusal(_ text: String) -> PolicyTextError? { refusal(bytes(text)) }

/// The error that the reader alone gives, or nil.
func syntaxRefusal(_ text: [UInt8]) -> PolicyTextError? {
    do throws(PolicyTextError) {
        _ = try StrictTOML.parse(text)
        return nil
    } catch {
        return error
    }
}

let anyDigest = must(ContentDigest([UInt8](repeating: 7, count: 32)))

func at(_ text: String) throws -> UTCTime { try UTCTime(text: Array(text.utf8)) }

/// SplitMix64: the same cases in every run.
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// A constant of these tests, which is what it should be.
func must<Value>(_ value: Value?) -> Value {
    guard let value else { preconditionFailure("a constant of these tests is wrong") }
    return value
}

func one<Value>(of values: [Value], using random: inout Generator) -> Value {
    values[Int.random(in: values.indices, using: &random)]
}
