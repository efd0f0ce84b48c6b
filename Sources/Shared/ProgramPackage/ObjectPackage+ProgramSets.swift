/// A program, and all that may go on in its place: what a cell is given when that program is to run.
package struct ProgramSet: Equatable, Sendable {
    /// Indices into ``ObjectPackage/programs``, the one that is entered first.
    package var programs: [Int]
    /// Of each of ``programs``.
    package var facts: [ProgramFacts]
    /// Indices into ``ObjectPackage/maps``: those that the first program refers to and that these hold, then what the next adds.
    package var maps: [Int]
}

/// Why there is no set.
package enum ProgramSetError: Error, Equatable, Sendable {
    case facts(program: String, ProgramFactsError)
    /// A slot of an array of programs names one that could not be linked.
    case omitted(program: String, map: String, reason: String)
}

extension ProgramSetError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .facts(let program, let error): "program \(program): \(error)"
        case .omitted(let program, let map, let reason):
            "map \(map) holds program \(program), which cannot be linked: \(reason)"
        }
    }
}

extension ObjectPackage {
    /// The set of a program: itself, and what the arrays of programs that it or a member refers to hold from the start.
    package func programSet(of program: Int) throws(ProgramSetError) -> ProgramSet {
        var set = ProgramSet(programs: [program], facts: [], maps: [])
        var nextMap = 0
        while set.facts.count < set.programs.count {
            let member = programs[set.programs[set.facts.count]]
            let facts: ProgramFacts
            do throws(ProgramFactsError) { facts = try member.facts(in: self) } catch {
                throw .facts(program: member.name, error)
            }
            set.facts.append(facts)
            for map in facts.mapIndices where !set.maps.contains(map) { set.maps.append(map) }
            while nextMap < set.maps.count {
                try add(what: maps[set.maps[nextMap]], to: &set)
                nextMap += 1
            }
        }
        return set
    }

    /// Adds what a map holds. Parsing the package saw that all of it is there.
    private func add(what map: MapDefinition, to set: inout ProgramSet) throws(ProgramSetError) {
        for inner in map.referredMaps where !set.maps.contains(inner) { set.maps.append(inner) }
        for slot in map.slots {
            switch slot.target {
            case .map: break
            case .program(let name):
                guard let index = programs.firstIndex(where: { $0.name == name }) else {
                    let reason = omitted.first { $0.name == name }?.reason ?? "the object has no such program"
                    throw .omitted(program: name, map: map.name, reason: reason)
                }
                if !set.programs.contains(index) { set.programs.append(index) }
            }
        }
    }
}
