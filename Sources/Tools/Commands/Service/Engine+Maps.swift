internal import Linux
internal import Maps
internal import ProgramPackage
internal import Sandbox
package import ServiceAPI

/// Elements of maps, for the owner of the program or root.
extension Engine {
    /// Does something with a map that has keys.
    private func withMap<Result>(
        _ id: UInt32, for requester: Requester, _ body: (Map, MapDefinition) throws(ServiceProblem) -> Result
    ) throws(ServiceProblem) -> Result {
        let owner = try map(id).program
        let program = try program(owner, for: requester)
        guard let result = try program.withMap(id, body) else {
            throw ServiceProblem(.denied, "the policies that are in force allow program \(owner) no more")
        }
        return result
    }

    package func elements(of id: UInt32, for requester: Requester) throws(ServiceProblem) -> [MapElement] {
        try withMap(id, for: requester) { (map, definition) throws(ServiceProblem) in
            guard map.descriptor.structure.hasElements else {
                throw ServiceProblem(.conflict, "map \(definition.name) has no elements that could be listed")
            }
            return try answered(definition) { () throws(MapAccessError) in
                try map.elements().map {
                    MapElement(key: Hexadecimal.text($0.key), values: $0.values.map(Hexadecimal.text))
                }
            }
        }
    }

    package func element(
        _ key: String, of id: UInt32, for requester: Requester
    ) throws(ServiceProblem) -> MapElement {
        try withMap(id, for: requester) { (map, definition) throws(ServiceProblem) in
            let bytes = try keyBytes(key, map, definition)
            let values = try answered(definition) { () throws(MapAccessError) in try map.values(of: bytes) }
            guard let values else { throw ServiceProblem(.notFound, "map \(definition.name) has no such key") }
            return MapElement(key: Hexadecimal.text(bytes), values: values.map(Hexadecimal.text))
        }
    }

    package func update(
        _ key: String, of id: UInt32, _ update: ElementUpdate, for requester: Requester
    ) throws(ServiceProblem) {
        try withMap(id, for: requester) { (map, definition) throws(ServiceProblem) in
            try checkWritable(definition)
            let bytes = try keyBytes(key, map, definition)
            guard let value = Hexadecimal.bytes(update.value) else {
                throw ServiceProblem(.badInput, "value is no row of hexadecimal digits")
            }
            let mode: MapUpdate =
                switch update.mode ?? .any {
                case .any: .createOrReplace
                case .noexist: .create
                case .exist: .replace
                }
            for lane in 0..<map.descriptor.laneCount {
                let answer = try answered(definition) { () throws(MapAccessError) in
                    try map.set(value, for: bytes, lane: lane, mode: lane == 0 ? mode : .createOrReplace)
                }
                try check(answer, definition)
            }
        }
    }

    package func remove(_ key: String, of id: UInt32, for requester: Requester) throws(ServiceProblem) {
        try withMap(id, for: requester) { (map, definition) throws(ServiceProblem) in
            try checkWritable(definition)
            let bytes = try keyBytes(key, map, definition)
            try check(
                try answered(definition) { () throws(MapAccessError) in try map.remove(bytes) }, definition)
        }
    }

    private func keyBytes(
        _ key: String, _ map: Map, _ definition: MapDefinition
    ) throws(ServiceProblem) -> [UInt8] {
        guard map.descriptor.structure.hasKeys else {
            throw ServiceProblem(.conflict, "map \(definition.name) has no keys")
        }
        guard let bytes = Hexadecimal.bytes(key) else {
            throw ServiceProblem(.badInput, "the key is no row of hexadecimal digits")
        }
        return bytes
    }

    private func checkWritable(_ definition: MapDefinition) throws(ServiceProblem) {
        guard !definition.isReadOnly else {
            throw ServiceProblem(.conflict, "map \(definition.name) holds constants: proofs rely on them")
        }
    }

    private func answered<Result>(
        _ definition: MapDefinition, _ body: () throws(MapAccessError) -> Result
    ) throws(ServiceProblem) -> Result {
        do throws(MapAccessError) { return try body() } catch {
            switch error {
            case .busy: throw ServiceProblem(.conflict, "map \(definition.name) is busy", remedy: "try again")
            case .corrupt(let corruption):
                throw ServiceProblem(.conflict, "map \(definition.name) was damaged by its cell: \(corruption)")
            case .keySize(let got, let expected):
                throw ServiceProblem(
                    .badInput, "the key has \(got) bytes; those of \(definition.name) have \(expected)")
            case .valueSize(let got, let expected):
                throw ServiceProblem(
                    .badInput, "the value has \(got) bytes; those of \(definition.name) have \(expected)")
            case .noSuchLane(let got, let limit):
                throw ServiceProblem(.badInput, "there is no CPU \(got): there are \(limit)")
            }
        }
    }

    /// - Parameter answer: 0, or a negative errno as BPF_MAP_UPDATE_ELEM and BPF_MAP_DELETE_ELEM give it.
    private func check(_ answer: Int64, _ definition: MapDefinition) throws(ServiceProblem) {
        guard answer != 0 else { return }
        let text = SystemError.text(of: Int32(truncatingIfNeeded: -answer))
        switch answer {
        case LinuxErrno.noEntry: throw ServiceProblem(.notFound, "map \(definition.name) has no such key")
        case LinuxErrno.exists: throw ServiceProblem(.conflict, "map \(definition.name) has this key already")
        case LinuxErrno.tooBig, LinuxErrno.noSpace:
            throw ServiceProblem(.limit, "map \(definition.name) is full: \(text)")
        case _: throw ServiceProblem(.badInput, "map \(definition.name): \(text)")
        }
    }
}

extension MapStructure {
    fileprivate var hasKeys: Bool {
        switch self {
        case .array, .hash, .trie: true
        case .queue, .filter, .ring: false
        }
    }

    fileprivate var hasElements: Bool {
        switch self {
        case .array, .hash, .trie, .queue: true
        case .filter, .ring: false
        }
    }
}
