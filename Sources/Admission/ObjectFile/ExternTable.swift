import ProgramPackage

/// What an object expects from where it runs: settings of a kernel (`.kconfig`), and what a kernel has (`.ksyms`). Debug information puts
/// each into one of these sections, which are in no file.
struct ExternTable: Sendable {
    enum Extern: Equatable, Sendable {
        /// A setting, at this offset of their map.
        case setting(offset: UInt32)
        /// A setting without a value.
        case unset
        /// Something that only a kernel has, and that the object can do without: its address is 0.
        case absent
        case kernelVariable, kernelFunction
    }

    /// The map of settings, as libbpf makes it, and what it is made of: the section's record, and where each variable lies.
    struct Settings: Sendable {
        var map: MapDefinition
        var section: BTF.TypeRecord
        var offsets: [String: UInt64]
    }

    private var byName: [String: Extern] = [:]
    private(set) var settings: Settings?

    /// What an undefined symbol stands for; nil where debug information says nothing of it.
    subscript(name: String) -> Extern? { byName[name] }

    static let settingsSection = ".kconfig"
    static let kernelSection = ".ksyms"

    init(of object: ObjectImage, types: BTF?, _ environment: ObjectEnvironment) throws(ObjectError) {
        var isWeak: [String: Bool] = [:]
        for symbol in object.symbols where symbol.place == .undefined && symbol.isGlobal {
            isWeak[try object.name(of: symbol)] = symbol.isWeak
        }
        // Without debug information there is still what a linker does with weak symbols.
        for (name, isWeak) in isWeak where isWeak { byName[name] = .absent }
        var wanted: [Setting] = []
        var section: BTF.TypeRecord?
        for record in types?.types ?? [] where record.kind == .dataSection {
            guard let types, record.count > 0 else { continue }
            switch try types.name(record.name, "a data section", mayBeEmpty: true) {
            case Self.settingsSection:
                guard section == nil else {
                    throw .btf(
                        section: BTF.sectionName, offset: record.tail, .sectionTwice(section: Self.settingsSection))
                }
                section = record
                wanted = try Self.settings(record, types, isWeak)
            case Self.kernelSection:
                for (name, kind) in try Self.members(of: record, types) where isWeak[name] == false {
                    byName[name] = kind
                }
            default: continue
            }
        }
        let config = try KernelConfig(environment.kernelConfig, wanted: Set(wanted.map(\.name)))
        guard let section else { return }
        try place(wanted, config, section)
    }

    private static func settings(
        _ section: BTF.TypeRecord, _ types: BTF, _ isWeak: [String: Bool]
    ) throws(ObjectError) -> [Setting] {
        var settings: [Setting] = []
        var names: Set<String> = []
        for index in 0..<section.count {
            let number = types.variable(index, of: section)
            guard let variable = types.record(number), variable.kind == .variable else {
                throw .btf(
                    section: BTF.sectionName, offset: section.tail, .wrongKind(type: number, expected: "a variable"))
            }
            let name = try types.name(variable.name, "an extern")
            guard names.insert(name).inserted else { throw .duplicateName(what: "externs", name: name) }
            // One that nothing refers to has no symbol.
            guard let isWeak = isWeak[name] else { continue }
            settings.append(try Setting(name, type: variable.sizeOrType, isWeak: isWeak, types))
        }
        return settings
    }

    private static func members(
        of section: BTF.TypeRecord, _ types: BTF
    ) throws(ObjectError) -> [(name: String, kind: Extern)] {
        var members: [(name: String, kind: Extern)] = []
        for index in 0..<section.count {
            guard let member = types.record(types.variable(index, of: section)) else { continue }
            guard member.kind == .variable || member.kind == .function else { continue }
            members.append(
                (
                    try types.name(member.name, "an extern"),
                    member.kind == .function ? .kernelFunction : .kernelVariable
                ))
        }
        return members
    }

    /// Gives settings their places, in libbpf's order: by alignment, largest first, then size, then name.
    private mutating func place(
        _ wanted: [Setting], _ config: KernelConfig, _ section: BTF.TypeRecord
    ) throws(ObjectError) {
        var bytes: [UInt8] = []
        var offsets: [String: UInt64] = [:]
        let sorted = wanted.sorted {
            ($1.alignment, $0.size, $0.name) < ($0.alignment, $1.size, $1.name)
        }
        for setting in sorted {
            let value = config[setting.name]
            guard value != nil || setting.isWeak else {
                byName[setting.name] = .unset
                continue
            }
            guard setting.size <= ObjectLimits.dataSectionBytes - bytes.count - 8 else {
                throw .limitExceeded(
                    what: "bytes of section \(Self.settingsSection)", value: UInt64(setting.size) + UInt64(bytes.count),
                    limit: UInt64(ObjectLimits.dataSectionBytes))
            }
            while bytes.count % Int(setting.alignment) != 0 { bytes.append(0) }
            offsets[setting.name] = UInt64(bytes.count)
            byName[setting.name] = .setting(offset: UInt32(bytes.count))
            bytes += try setting.bytes(of: value)
        }
        guard !bytes.isEmpty else { return }
        settings = Settings(
            map: .constants(named: Self.settingsSection, bytes), section: section, offsets: offsets)
    }
}

extension MapDefinition {
    /// BPF_MAP_TYPE_ARRAY and BPF_F_RDONLY_PROG (linux/bpf.h).
    private static let arrayType: UInt32 = 2
    private static let readOnlyForProgram: UInt32 = 1 << 7

    /// The array of one value that programs read and nobody writes.
    static func constants(named name: String, _ bytes: [UInt8]) -> MapDefinition {
        MapDefinition(
            name: name, type: arrayType, keySize: 4, valueSize: UInt32(bytes.count), maximumEntries: 1,
            flags: readOnlyForProgram, initialValue: bytes, isReadOnly: true)
    }
}
