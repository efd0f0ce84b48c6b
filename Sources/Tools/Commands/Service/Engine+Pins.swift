internal import Linux
internal import Sandbox
package import ServiceAPI

extension Engine {
    package func pins() -> [PinRecord] {
        programs.values.flatMap { program in
            program.pins.map { PinRecord(path: $0, program: program.id, owner: program.owner) }
        }.sorted { $0.path < $1.path }
    }

    package func pin(_ id: UInt32, as path: String, for requester: Requester) throws(ServiceProblem) -> PinRecord {
        let program = try program(id, for: requester)
        try checkPin(path)
        program.pins.insert(path)
        do throws(ServiceProblem) { try savePins() } catch {
            program.pins.remove(path)
            throw error
        }
        return PinRecord(path: path, program: id, owner: program.owner)
    }

    package func unpin(_ path: String, for requester: Requester) throws(ServiceProblem) {
        guard let program = programs.values.first(where: { $0.pins.contains(path) }) else {
            guard requester.user == 0, let old = notRestored.removeValue(forKey: path) else {
                throw ServiceProblem(.notFound, "nothing is pinned as \(path)")
            }
            do throws(ServiceProblem) { return try savePins() } catch {
                notRestored[path] = old
                throw error
            }
        }
        _ = try self.program(program.id, for: requester)
        program.pins.remove(path)
        do throws(ServiceProblem) { try savePins() } catch {
            program.pins.insert(path)
            throw error
        }
    }

    /// A pin is a path of names, as in the kernel's file system of BPF; nothing of it becomes a path of the host's.
    func checkPin(_ path: String) throws(ServiceProblem) {
        let names = path.split(separator: "/", omittingEmptySubsequences: false)
        let isPath =
            path.utf8.count <= 255
            && names.allSatisfy { name in
                !name.isEmpty && name != "." && name != ".."
                    && name.unicodeScalars.allSatisfy { $0.isASCII && $0.value > 0x20 && $0.value != 0x7F }
            }
        guard isPath else {
            throw ServiceProblem(
                .badInput, "a pin is a path of printable names, such as web/guard, of at most 255 bytes")
        }
        guard notRestored[path] == nil, !programs.values.contains(where: { $0.pins.contains(path) }) else {
            throw ServiceProblem(.conflict, "\(path) is pinned already", remedy: "unpin it first")
        }
    }

    /// Writes down which pins there are, those that could not be restored too: what is pinned goes when somebody says so.
    func savePins() throws(ServiceProblem) {
        var pins = notRestored.mapValues(\.pin)
        for program in programs.values {
            for path in program.pins {
                pins[path] = SavedPin(order: program.order, owner: program.owner, maps: program.maps)
            }
        }
        try state.save(pins)
    }

    // MARK: Maps

    package func maps() -> [MapRecord] { programs.values.sorted { $0.id < $1.id }.flatMap(\.mapRecords) }

    package func map(_ id: UInt32) throws(ServiceProblem) -> MapRecord {
        guard let record = maps().first(where: { $0.id == id }) else {
            throw ServiceProblem(.notFound, "there is no map \(id)")
        }
        return record
    }
}
