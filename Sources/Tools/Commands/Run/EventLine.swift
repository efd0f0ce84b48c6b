internal import FoundationEssentials
internal import Prototypes
internal import Sandbox

/// What became of one event, as a line of JSON.
struct EventLine: Encodable {
    let event: UInt64
    let verdict: String
    /// R0's lower half, as a number with a sign.
    let result: Int32
    /// Why the program did not return, and the verdict is the policy's.
    let failure: String?
    /// The fields that the program changed, as it left them.
    let context: [String: FieldValue]?
    /// The packet, where the program changed it.
    let packet: String?
    let redirectedTo: UInt32?

    init(
        _ number: UInt64, _ layout: EventLayout, _ result: EventResult, _ event: Event, context: [UInt8]?,
        packet: ArraySlice<UInt8>?
    ) {
        self.event = number
        let row = layout.shape.verdicts.rows[result.verdict]
        verdict = "\(row.name)"
        self.result = Int32(truncatingIfNeeded: result.result)
        failure = result.failure.map { "\($0)" }
        self.context = context.map { context in
            let changed = layout.fields.filter { $0.isWritable && context[$0.range] != event.context[$0.range] }
            return Dictionary(changed.map { ($0.name, FieldValue($0, context)) }) { first, _ in first }
        }
        self.packet = packet.map(hexadecimalDigits)
        redirectedTo = row.fate == .redirected ? result.redirection : nil
    }

    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
}

/// A field of a context as JSON: a number as the program reads it, or a list of them.
enum FieldValue: Encodable, CustomStringConvertible {
    case number(UInt64)
    case list([UInt64])

    init(_ field: EventLayout.Field, _ context: [UInt8]) {
        func number(_ offset: Int, _ size: Int) -> UInt64 {
            context[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        let size =
            switch field.form {
            case .words(let size): size
            case .address: 4
            case .socketAddress: 1
            case .number, .portFirst, .portLast, .port, .named: field.size
            }
        self =
            field.size == size
            ? .number(number(field.offset, size))
            : .list(stride(from: 0, to: field.size, by: size).map { number(field.offset + $0, size) })
    }

    var description: String {
        switch self {
        case .number(let number): "\(number)"
        case .list(let numbers): "[" + numbers.map { "\($0)" }.joined(separator: ", ") + "]"
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let number): try container.encode(number)
        case .list(let numbers): try container.encode(numbers)
        }
    }
}

/// Two digits a byte.
func hexadecimalDigits(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
