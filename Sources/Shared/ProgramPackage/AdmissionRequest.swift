/// What an object may ask about where it is to run, as whoever runs it declares it: nothing of it is read from the host.
package struct ObjectEnvironment: Equatable, Sendable {
    /// The text of a kernel's configuration (`CONFIG_HZ=250` in each line), for externs in `.kconfig`.
    package var kernelConfig: [UInt8]?
    /// Types to make code fit for (CO-RE): BTF, or an ELF file that has some.
    package var types: [UInt8]?

    package init(kernelConfig: [UInt8]? = nil, types: [UInt8]? = nil) {
        self.kernelConfig = kernelConfig
        self.types = types
    }

    /// Nobody declared anything.
    package static let none = ObjectEnvironment()
}

/// What an admission jail is given: an object and its environment, all of it hostile.
///
/// ```
/// magic u64, version u32, flags u32, then bytes of each, u64: object, kernel's configuration, types
/// and these bytes
/// ```
package struct AdmissionRequest: Equatable, Sendable {
    package var object: [UInt8]
    package var environment: ObjectEnvironment

    package init(object: [UInt8], environment: ObjectEnvironment = .none) {
        self.object = object
        self.environment = environment
    }

    /// The largest of each part.
    package static let objectBytes = 64 << 20
    package static let kernelConfigBytes = 4 << 20
    package static let typesBytes = 64 << 20

    /// "RINGOBJ" and a byte that no text file has there.
    private static let magic: UInt64 = 0x89_4A_42_4F_47_4E_49_52
    private static let version: UInt32 = 1
    private static let headerBytes = 40

    private enum Flags {
        static let kernelConfig: UInt32 = 1
        static let types: UInt32 = 2
        static let all: UInt32 = 3
    }

    package func serialized() -> [UInt8] {
        var writer = PackageWriter()
        let (config, types) = (environment.kernelConfig, environment.types)
        writer.put(Self.magic)
        writer.put(Self.version)
        writer.put((config == nil ? 0 : Flags.kernelConfig) | (types == nil ? 0 : Flags.types))
        for part in [object, config ?? [], types ?? []] { writer.put(UInt64(part.count)) }
        return writer.bytes + object + (config ?? []) + (types ?? [])
    }

    /// The broker wrote it and would have to be wrong for it not to hold together.
    package init(parsing whole: [UInt8]) throws(PackageError) {
        let limit = Self.headerBytes + Self.objectBytes + Self.kernelConfigBytes + Self.typesBytes
        guard whole.count <= limit else { throw .tooLarge(bytes: whole.count, limit: limit) }
        let bytes = whole.span
        var reader = PackageReader()
        let magic = try reader.uint64(bytes, "magic")
        guard magic == Self.magic else { throw .wrongMagic(magic) }
        let version = try reader.uint32(bytes, "version")
        guard version == Self.version else { throw .unsupportedVersion(version, supported: Self.version) }
        let flags = try reader.flags(bytes, "flags", known: Flags.all)
        var ends: [Int] = []
        var end = Self.headerBytes
        for (field, limit) in [
            ("bytes of the object", Self.objectBytes), ("bytes of the configuration", Self.kernelConfigBytes),
            ("bytes of the types", Self.typesBytes),
        ] {
            let at = reader.offset
            let count = try reader.uint64(bytes, field)
            guard count <= limit else { throw .limitExceeded(field: field, offset: at, value: count, limit: limit) }
            end += Int(count)
            ends.append(end)
        }
        guard end == whole.count else { throw .lengthMismatch(declared: UInt64(end), actual: whole.count) }
        object = Array(whole[Self.headerBytes..<ends[0]])
        environment = ObjectEnvironment(
            kernelConfig: flags & Flags.kernelConfig == 0 ? nil : Array(whole[ends[0]..<ends[1]]),
            types: flags & Flags.types == 0 ? nil : Array(whole[ends[1]..<ends[2]]))
    }
}
