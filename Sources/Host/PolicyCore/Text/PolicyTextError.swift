/// A policy text that is refused: where, and for what. The whole file is refused with it; there is no partial policy.
package struct PolicyTextError: Error, Equatable, Sendable {
    package var code: PolicyCode
    package var position: SourcePosition
    package var problem: Problem

    package init(_ problem: Problem, at position: SourcePosition, code: PolicyCode? = nil) {
        self.problem = problem
        self.position = position
        self.code = code ?? problem.code
    }

    /// What is wrong. Text that is quoted from the file is printable ASCII, shortened.
    package enum Problem: Equatable, Sendable {
        // Bytes.
        case invalidUTF8(byte: UInt8)
        case byteOrderMark
        case carriageReturn
        case tab
        case forbiddenScalar(UInt32)
        case notASCII(UInt32)

        // Syntax.
        case expected(String, found: UInt8?)
        case unsupported(String)
        case duplicate(String, first: SourcePosition)
        case malformedTime(UTCTime.Malformation)

        // Limits.
        case limit(String, limit: Int)

        // Schema.
        case unknownKey(String, table: String, expected: [String])
        case missingKey(String, table: String)
        case wrongType(key: String, expected: String, found: String)
        case unknownValue(key: String, value: String, expected: String)
        case invalid(key: String, reason: String)

        // Self-tests.
        case expectationFailed(expected: String, got: String)
        case expectationContradicts(String)

        var code: PolicyCode {
            switch self {
            case .invalidUTF8, .byteOrderMark, .carriageReturn, .tab, .forbiddenScalar, .notASCII, .expected,
                .unsupported, .duplicate, .malformedTime:
                .parse
            case .limit: .limit
            case .unknownKey, .missingKey, .wrongType, .unknownValue, .invalid: .schema
            case .expectationFailed, .expectationContradicts: .expectation
            }
        }
    }
}

extension PolicyTextError: CustomStringConvertible {
    package var description: String { "\(position): \(code): \(problem)" }
}

extension PolicyTextError.Problem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalidUTF8(let byte): "byte 0x\(hexadecimal(UInt32(byte), digits: 2)) is not UTF-8 here"
        case .byteOrderMark: "the file begins with a byte order mark; save it as UTF-8 without one"
        case .carriageReturn: "carriage return; lines end in LF alone"
        case .tab: "tab; indent and separate with spaces"
        case .forbiddenScalar(let scalar):
            "U+\(hexadecimal(scalar, digits: 4)) is a control or invisible character, which a policy may not hold anywhere"
        case .notASCII(let scalar):
            "U+\(hexadecimal(scalar, digits: 4)) outside a comment or a note; write printable ASCII"
        case .expected(let what, let found): "expected \(what), found \(Self.name(of: found))"
        case .unsupported(let what): what
        case .duplicate(let what, let first): "\(what) is already there, at \(first)"
        case .malformedTime(let malformation): malformation.description
        case .limit(let what, let limit): "\(what): the limit is \(limit)"
        case .unknownKey(let key, let table, let expected):
            "unknown key \"\(shortened(key))\" in \(table); expected one of \(expected.joined(separator: ", "))"
        case .missingKey(let key, let table): "\(table) has no \"\(key)\""
        case .wrongType(let key, let expected, let found): "\"\(key)\" has to be \(expected), and is \(found)"
        case .unknownValue(let key, let value, let expected):
            "\"\(shortened(value))\" is no value of \"\(key)\"; expected \(expected)"
        case .invalid(let key, let reason): "\"\(key)\": \(reason)"
        case .expectationFailed(let expected, let got):
            "this self-test expects \(expected), and the policy gives \(got)"
        case .expectationContradicts(let reason): "this self-test contradicts itself: \(reason)"
        }
    }

    private static func name(of byte: UInt8?) -> String {
        guard let byte else { return "the end of the file" }
        switch byte {
        case 0x0A: return "the end of the line"
        case 0x20: return "a space"
        case 0x21...0x7E: return "'\(Character(Unicode.Scalar(byte)))'"
        case _: return "byte 0x\(hexadecimal(UInt32(byte), digits: 2))"
        }
    }
}

/// The first 64 characters of a text that someone else wrote.
func shortened(_ text: String) -> String {
    text.utf8.count <= 64 ? text : "\(text.prefix(64))…"
}
