internal import CommandSupport
internal import Maps
internal import ProgramPackage
internal import Sandbox

/// How commands on maps speak of keys and values: the map's types make them, and bytes where there are none.
struct MapText {
    let definition: MapDefinition
    let types: ValueTypes
    let renderer: ValueRenderer
    let isPerCPU: Bool

    init(_ definition: MapDefinition, _ types: ValueTypes) {
        self.definition = definition
        self.types = types
        renderer = ValueRenderer(types)
        isPerCPU = MapKind(rawValue: definition.type)?.isPerCPU ?? false
    }

    // MARK: out

    /// An element as a line of C, or several.
    func c(_ element: MapContents.Element, isPretty: Bool) -> String {
        let indent = isPretty ? 0 : nil
        let key = element.key.isEmpty ? "" : "key: \(c(element.key, definition.keyType, indent))  "
        guard isPerCPU else { return key + "value: \(c(element.values.first ?? [], definition.valueType, indent))" }
        let values = element.values.enumerated().map {
            "value (CPU \($0.offset)): \(c($0.element, definition.valueType, indent))"
        }
        return key + values.joined(separator: isPretty ? "\n" : "  ")
    }

    /// A key and the one after it, in the words of bpftool.
    func c(key: [UInt8]?, next: [UInt8]) -> String {
        let given = key.map { c($0, definition.keyType, nil) } ?? "none"
        return "key: \(given)  next key: \(c(next, definition.keyType, nil))"
    }

    func json(key: [UInt8]?, next: [UInt8]) -> RenderedValue {
        var fields: [RenderedValue.Field] = []
        var formatted: [RenderedValue.Field] = []
        for (name, bytes) in [("key", key), ("next_key", next)] {
            guard let bytes else { continue }
            fields.append(.init(name: name, value: Self.bytes(bytes)))
            if let value = renderer.render(bytes, as: definition.keyType) {
                formatted.append(.init(name: name, value: value))
            }
        }
        if !formatted.isEmpty { fields.append(.init(name: "formatted", value: .fields(formatted))) }
        return .fields(fields)
    }

    private func c(_ bytes: [UInt8], _ type: Int?, _ indent: Int?) -> String {
        renderer.render(bytes, as: type)?.c(indent: indent)
            ?? bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
    }

    /// An element as bpftool's JSON has it: the bytes, and under `formatted` what their types make of them.
    func json(_ element: MapContents.Element) -> RenderedValue {
        var fields: [RenderedValue.Field] = []
        var formatted: [RenderedValue.Field] = []
        if !element.key.isEmpty {
            fields.append(.init(name: "key", value: Self.bytes(element.key)))
            if let key = renderer.render(element.key, as: definition.keyType) {
                formatted.append(.init(name: "key", value: key))
            }
        }
        if isPerCPU {
            fields.append(.init(name: "values", value: lanes(element.values) { Self.bytes($0) }))
            if element.values.allSatisfy({ renderer.render($0, as: definition.valueType) != nil }) {
                let values = lanes(element.values) { renderer.render($0, as: definition.valueType) ?? .list([]) }
                formatted.append(.init(name: "values", value: values))
            }
        } else {
            fields.append(.init(name: "value", value: Self.bytes(element.values.first ?? [])))
            if let value = renderer.render(element.values.first ?? [], as: definition.valueType) {
                formatted.append(.init(name: "value", value: value))
            }
        }
        if !formatted.isEmpty { fields.append(.init(name: "formatted", value: .fields(formatted))) }
        return .fields(fields)
    }

    private func lanes(_ values: [[UInt8]], _ render: ([UInt8]) -> RenderedValue) -> RenderedValue {
        .list(
            values.enumerated().map {
                .fields([
                    .init(name: "cpu", value: .number("\($0.offset)")), .init(name: "value", value: render($0.element)),
                ])
            })
    }

    private static func bytes(_ bytes: [UInt8]) -> RenderedValue {
        .list(bytes.map { .word("0x" + ($0 < 16 ? "0" : "") + String($0, radix: 16)) })
    }

    // MARK: in

    func key(_ words: ElementWords.Bytes?) throws(Failure) -> [UInt8] {
        guard definition.keySize > 0 else {
            guard words == nil else { throw failure("has no keys: say a value only") }
            return []
        }
        guard let words else {
            throw failure(
                "needs a key of \(definition.keySize) bytes", remedy: "say: key BYTES, or --key JSON")
        }
        return try bytes(words, "key", definition.keySize, definition.keyType)
    }

    func value(_ words: ElementWords.Bytes?) throws(Failure) -> [UInt8] {
        guard let words else {
            throw failure(
                "needs a value of \(definition.valueSize) bytes", remedy: "say: value BYTES, or --value JSON")
        }
        return try bytes(words, "value", definition.valueSize, definition.valueType)
    }

    private func bytes(
        _ words: ElementWords.Bytes, _ what: String, _ size: UInt32, _ type: Int?
    ) throws(Failure) -> [UInt8] {
        switch words {
        case .given(let bytes):
            guard bytes.count == Int(size) else {
                throw failure("has \(what)s of \(size) bytes, and \(bytes.count) were given")
            }
            return bytes
        case .json(let text):
            guard let type else {
                throw failure(
                    "has \(what)s of \(size) bytes of a type that is not known",
                    remedy: "say them byte by byte (\(what) 0x01 0 …), or compile the object with -g")
            }
            do throws(ValueReader.Problem) { return try ValueReader(types).bytes(of: text, as: type) } catch {
                throw failure("\(what): \(error)")
            }
        }
    }

    func failure(_ problem: String, remedy: String? = nil) -> Failure {
        Failure(.badInput, "map \(definition.name)", problem, remedy: remedy)
    }

    /// What a negative errno of an operation means here.
    func failure(_ answer: Int64, isDelete: Bool = false) -> Failure {
        switch answer {
        case LinuxErrno.noEntry: failure("has no such key")
        case LinuxErrno.exists: failure("has such a key already, and noexist was asked for")
        case LinuxErrno.tooBig:
            failure(
                MapKind(rawValue: definition.type)?.structure == .array
                    ? "has no such index; it has \(definition.maximumEntries) entries"
                    : "is full; it holds \(definition.maximumEntries) entries")
        case LinuxErrno.noSpace: failure("is full; it holds \(definition.maximumEntries) entries")
        case LinuxErrno.busy: failure("is locked by somebody who does not give it back")
        case LinuxErrno.invalid where isDelete: failure("has elements that cannot be deleted")
        case _: failure("does not take it (errno \(-answer))")
        }
    }

    /// Works on the storage, and says which map it was where that cannot be done.
    func attempt<Result>(_ work: () throws(MapAccessError) -> Result) throws(Failure) -> Result {
        do throws(MapAccessError) { return try work() } catch { throw failure("\(error)") }
    }
}
