internal import CommandSupport
internal import ProgramPackage
internal import Sandbox

/// What records are made of: the type that the map's definition names for its values, as bpf2go's users write it, or one that the caller names.
struct RecordTypes {
    private let renderer: ValueRenderer
    private let byMap: [String: Int]
    /// For records of maps that name none.
    private let named: Int?

    /// - Parameter name: of a structure, union or typedef of the object; nil: only maps say.
    init(_ program: AdmittedProgram, named name: String?) throws(Failure) {
        try self.init(program.maps, program.valueTypes, named: name)
    }

    init(_ maps: [MapDefinition], _ types: ValueTypes, named name: String?) throws(Failure) {
        renderer = ValueRenderer(types)
        var byMap: [String: Int] = [:]
        for map in maps { if let type = map.valueType { byMap[map.name] = type } }
        self.byMap = byMap
        guard let name else {
            named = nil
            return
        }
        let known = types.types.indices.filter { !types.types[$0].name.isEmpty && types.size(of: $0) > 0 }
        guard let type = known.first(where: { types.types[$0].name == name }) else {
            let names = known.filter { types.types[$0].isComposed }.map { types.types[$0].name }
            throw Failure(
                .badInput, "--record-type", "the object describes no type \(name)",
                remedy: names.isEmpty
                    ? "compile it with -g, and let a global variable point to the type: struct event *unused;"
                    : "it describes \(names.prefix(16).joined(separator: ", "))")
        }
        named = type
    }

    /// Nil where no type is known, or the record is shorter than it. What is longer than its type has something behind it: bytes of a packet,
    /// say, or room that the kernel would round up to.
    func render(_ record: RingRecord) -> RenderedValue? {
        guard let type = byMap[record.map] ?? named else { return nil }
        let size = renderer.types.size(of: type)
        guard record.bytes.count >= size else { return nil }
        return renderer.render(Array(record.bytes.prefix(size)), as: type)
    }
}

extension ValueType {
    /// Whether it has parts with names.
    var isComposed: Bool {
        switch shape {
        case .structure, .union: true
        case .integer, .float, .enumeration, .pointer, .array, .alias: false
        }
    }
}
