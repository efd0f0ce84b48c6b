internal import CommandSupport

/// A key or value as people and programs read it: what its type makes of its bytes, in the order of its fields.
enum RenderedValue: Equatable {
    /// Digits, perhaps with a sign or a point.
    case number(String)
    case boolean(Bool)
    /// A name that the source has for the value: of an enumerator.
    case word(String)
    /// Characters, as bytes whose writer may be hostile.
    case text([UInt8])
    case list([RenderedValue])
    case fields([Field])

    struct Field: Equatable {
        let name: String
        let value: RenderedValue
    }
}

// MARK: JSON

extension RenderedValue {
    /// - Parameter indent: the depth at which it stands, where it is spread over lines; nil for one line.
    func json(indent: Int? = nil) -> String {
        switch self {
        // JSON has no numbers such as these.
        case .number(let digits) where ["nan", "-nan", "inf", "-inf"].contains(digits): return Self.quoted(digits)
        case .number(let digits): return digits
        case .boolean(let value): return value ? "true" : "false"
        case .word(let name): return Self.quoted(name)
        case .text(let bytes): return Self.quoted(String(decoding: bytes, as: UTF8.self))
        case .list(let items):
            let isFlat = items.allSatisfy(\.isSimple)
            return Self.joined(items.map { ("", $0) }, "[", "]", isFlat ? nil : indent) { $0.json(indent: $1) }
        case .fields(let fields):
            return Self.joined(fields.map { (Self.quoted($0.name) + ": ", $0.value) }, "{", "}", indent) {
                $0.json(indent: $1)
            }
        }
    }

    private var isSimple: Bool {
        switch self {
        case .number, .boolean, .word, .text: true
        case .list, .fields: false
        }
    }

    private static func joined(
        _ parts: [(String, RenderedValue)], _ open: String, _ close: String, _ indent: Int?,
        _ render: (RenderedValue, Int?) -> String
    ) -> String {
        guard !parts.isEmpty else { return open.trimmed + close.trimmed }
        guard let indent else {
            return open + parts.map { $0.0 + render($0.1, nil) }.joined(separator: ", ") + close
        }
        let margin = String(repeating: "  ", count: indent)
        let lines = parts.map { "\(margin)  \($0.0)\(render($0.1, indent + 1))" }
        return open.trimmed + "\n" + lines.joined(separator: ",\n") + "\n" + margin + close.trimmed
    }

    /// A string of JSON in which a terminal finds nothing to act on: control characters and such are escaped.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where Printable.text(String(scalar)) == String(scalar): result.unicodeScalars.append(scalar)
            case _:
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
        }
        return result + "\""
    }
}

// MARK: C

extension RenderedValue {
    /// As an initializer of C has it.
    ///
    /// - Parameter indent: as for JSON.
    func c(indent: Int? = nil) -> String {
        switch self {
        case .number(let digits): return digits
        case .boolean(let value): return value ? "true" : "false"
        case .word(let name): return Printable.text(name)
        case .text(let bytes):
            return "\"" + Printable.text(bytes, limit: 4_096).replacing("\"", with: "\\\"") + "\""
        case .list(let items):
            let isFlat = items.allSatisfy(\.isSimple)
            return Self.joined(items.map { ("", $0) }, "{ ", " }", isFlat ? nil : indent) { $0.c(indent: $1) }
        case .fields(let fields):
            return Self.joined(
                fields.map { (".\(Printable.text($0.name)) = ", $0.value) }, "{ ", " }", indent
            ) { $0.c(indent: $1) }
        }
    }
}

extension String {
    /// A bracket without the space that goes with it on one line.
    fileprivate var trimmed: String { filter { $0 != " " } }
}
