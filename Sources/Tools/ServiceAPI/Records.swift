/// A program that the service has, as it tells of it.
package struct ProgramRecord: Codable, Equatable, Sendable {
    /// From 1, never given twice while a service runs.
    package var id: UInt32
    package var name: String
    package var section: String
    /// By libbpf's word for it.
    package var type: String
    /// SHA-256 of the object file.
    package var object: String
    /// What policy knows the program by.
    package var digest: String
    package var tier: String
    /// Whether policy allows it no more: then it decides nothing, and its maps are there still.
    package var isDetached: Bool
    /// The user who loaded it.
    package var owner: UInt32
    /// Seconds since 1970.
    package var loaded: Int64
    package var maps: [UInt32]
    /// Where root finds them, for ringfence map.
    package var mapDirectory: String
    package var pins: [String]
    package var events: UInt64
    /// Nil where it is proven to end, so that nobody counts.
    package var instructions: UInt64?
    package var programFaults: UInt64
    package var cellFailures: UInt64
    /// The process of its cell; nil where it has none.
    package var cellProcess: Int32?

    package init(
        id: UInt32, name: String, section: String, type: String, object: String, digest: String, tier: String,
        isDetached: Bool, owner: UInt32, loaded: Int64, maps: [UInt32], mapDirectory: String, pins: [String],
        events: UInt64,
        instructions: UInt64?, programFaults: UInt64, cellFailures: UInt64, cellProcess: Int32?
    ) {
        (self.id, self.name, self.section, self.type) = (id, name, section, type)
        (self.object, self.digest, self.tier, self.isDetached) = (object, digest, tier, isDetached)
        (self.owner, self.loaded, self.maps, self.pins) = (owner, loaded, maps, pins)
        self.mapDirectory = mapDirectory
        (self.events, self.instructions, self.programFaults) = (events, instructions, programFaults)
        (self.cellFailures, self.cellProcess) = (cellFailures, cellProcess)
    }
}

/// A map of a program that the service has.
package struct MapRecord: Codable, Equatable, Sendable {
    package var id: UInt32
    package var name: String
    /// As bpftool says it.
    package var type: String
    package var keySize: UInt32
    package var valueSize: UInt32
    package var maximumEntries: UInt32
    package var program: UInt32
    /// Whether an object's constants: nobody writes them.
    package var isReadOnly: Bool

    package init(
        id: UInt32, name: String, type: String, keySize: UInt32, valueSize: UInt32, maximumEntries: UInt32,
        program: UInt32, isReadOnly: Bool
    ) {
        (self.id, self.name, self.type, self.keySize, self.valueSize) = (id, name, type, keySize, valueSize)
        (self.maximumEntries, self.program, self.isReadOnly) = (maximumEntries, program, isReadOnly)
    }
}

/// An element, its bytes as hexadecimal digits in the order of memory.
package struct MapElement: Codable, Equatable, Sendable {
    /// Empty where the map has no keys.
    package var key: String
    /// One, or one for each CPU.
    package var values: [String]

    package init(key: String, values: [String]) { (self.key, self.values) = (key, values) }
}

/// A name under which a program outlives its client, and the service itself.
package struct PinRecord: Codable, Equatable, Sendable {
    package var path: String
    package var program: UInt32
    package var owner: UInt32

    package init(path: String, program: UInt32, owner: UInt32) {
        (self.path, self.program, self.owner) = (path, program, owner)
    }
}

/// The service itself.
package struct ServiceStatus: Codable, Equatable, Sendable {
    package var process: Int32
    /// Seconds since 1970.
    package var started: Int64
    /// SHA-256 of the policies that decide.
    package var policy: String
    package var codeIntegrity: Bool
    package var kvm: String
    package var programs: Int
    package var maps: Int
    package var pins: Int
    /// Pins that could not be restored, and why.
    package var notRestored: [String: String]

    package init(
        process: Int32, started: Int64, policy: String, codeIntegrity: Bool, kvm: String, programs: Int, maps: Int,
        pins: Int, notRestored: [String: String]
    ) {
        (self.process, self.started, self.policy, self.codeIntegrity) = (process, started, policy, codeIntegrity)
        (self.kvm, self.programs, self.maps, self.pins, self.notRestored) = (kvm, programs, maps, pins, notRestored)
    }
}
