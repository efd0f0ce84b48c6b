package import PolicyCore

/// Why a line of a file of events is none.
package struct EventLineError: Error, Equatable, Sendable {
    package enum Problem: Equatable, Sendable {
        case json(JSONError)
        case tooLong(bytes: Int, limit: Int)
        /// What should have been there.
        case expected(String)
        case unknownField(known: [String])
        case contradiction(String)
    }

    /// Counted from 1.
    package let line: Int
    /// Nil where the line as a whole is meant.
    package let field: String?
    package let problem: Problem

    package init(line: Int, field: String?, problem: Problem) {
        self.line = line
        self.field = field
        self.problem = problem
    }
}

extension EventLineError: CustomStringConvertible {
    package var description: String {
        let what =
            switch problem {
            case .json(let error): error.description
            case .tooLong(let bytes, let limit): "\(bytes) bytes; the limit is \(limit)"
            case .expected(let what): "expected \(what)"
            case .unknownField(let known): "no such field; there are \(known.joined(separator: ", "))"
            case .contradiction(let what): what
            }
        return (field.map { "\"\($0)\": " } ?? "") + what
    }
}

/// Reads events from JSON lines: an object in each line, its members fields of the context and of the event.
///
/// The reader keeps a cursor and no bytes: pass the same bytes to every call. Empty lines are passed over.
package struct EventLines: Sendable {
    package static let longestLine = 1 << 20

    private let layout: EventLayout
    private let isTest: Bool
    private var cursor = 0
    /// The number of the last line that was read.
    package private(set) var line = 0

    package init(_ layout: EventLayout, isTest: Bool = false) {
        self.layout = layout
        self.isTest = isTest
    }

    /// Puts the next event in the place of another; false where the file ends.
    ///
    /// - Parameter packet: the event's packet, where the line does not have it.
    package mutating func next(
        in bytes: [UInt8], packet: [UInt8]? = nil, _ event: inout Event
    ) throws(EventLineError) -> Bool {
        while cursor < bytes.count {
            let start = cursor
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            cursor = end + 1
            line += 1
            let text = bytes[start..<end]
            if text.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            guard text.count <= Self.longestLine else {
                throw EventLineError(
                    line: line, field: nil, problem: .tooLong(bytes: text.count, limit: Self.longestLine))
            }
            let object: JSONValue
            do throws(JSONError) {
                object = try StrictJSON.parse(Array(text), maximumBytes: Self.longestLine, integers: true)
            } catch { throw EventLineError(line: line, field: nil, problem: .json(error)) }
            event = try layout.event(object, packet, line: line, isTest: isTest)
            return true
        }
        return false
    }
}
