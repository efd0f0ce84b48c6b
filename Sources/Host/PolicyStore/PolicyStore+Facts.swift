internal import Linux
internal import PolicyCore
internal import PolicyTrust

extension PolicyStore {
    /// Which machine this is.
    func machine() throws(StoreError) -> MachineID {
        if let machine = configuration.machine { return machine }
        guard let text = try? readKernelFile("/etc/machine-id", limit: 64), text.count == 33, text.last == 0x0A,
            let machine = MachineID(String(decoding: text.dropLast(), as: UTF8.self))
        else { throw .machine }
        return machine
    }

    /// `{"base/fleet-base": 42}`: what whoever packaged this release knows to be the oldest that may still be in force.
    func minimumFloors() throws(StoreError) -> [FloorName: UInt64] {
        guard let path = configuration.minimumFloorsFile else { return [:] }
        do throws(FileProblem) {
            guard let slash = path.lastIndex(of: "/") else { throw .malformed("not a whole path") }
            let careful = CarefulReader()
            let bytes: [UInt8]
            do throws(FileProblem) {
                let directory = try careful.directory(String(path[..<slash]))
                bytes = try careful.read(
                    String(path[path.index(after: slash)...]), in: directory, maximumBytes: HostState.maximumBytes)
            } catch {
                guard error != .missing else { return [:] }
                throw error
            }
            return try Self.floors(bytes)
        } catch {
            throw .file(path, error)
        }
    }

    private static func floors(_ bytes: [UInt8]) throws(FileProblem) -> [FloorName: UInt64] {
        let json: JSONValue
        do throws(JSONError) {
            json = try StrictJSON.parse(
                bytes, maximumBytes: HostState.maximumBytes, integers: true, depth: 1, members: HostState.maximumFloors)
        } catch {
            throw .malformed("\(error)")
        }
        guard case .object(let members) = json else { throw .malformed("not an object of floors") }
        var floors: [FloorName: UInt64] = [:]
        for member in members {
            guard let name = FloorName(text: String(decoding: member.name, as: UTF8.self)),
                case .number(let digits) = member.value, let version = UInt64(String(decoding: digits, as: UTF8.self))
            else { throw .malformed("a floor is a name and a version, as in \"base/fleet\": 42") }
            floors[name] = version
        }
        return floors
    }
}
