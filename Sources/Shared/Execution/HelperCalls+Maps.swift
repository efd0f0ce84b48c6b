internal import Bytecode
internal import Channel
internal import Maps

/// The helpers for maps (kernel/bpf/helpers.c). That the map is of a type which the helper takes, the verifier proves; the
/// map looks at it again.
extension ProgramRunner {
    /// Calls one of them: arguments first, each the program's to read or to write, then the map.
    ///
    /// A map whose lock is held for too long is `-EBUSY` to a program that wanted to change it; storage that no sound writer
    /// leaves ends the event.
    mutating func callMap(_ helper: MapHelper, _ registers: inout [16 of UInt64]) -> FaultKind? {
        if helper == .lookUp, let found = lookUpQuickly(registers[1], registers[2]) {
            registers[0] = found
            return nil
        }
        guard let map = maps.map(ofElementsAt: registers[1]) else { return refuse(registers[1]) }
        let valueSize = UInt64(map.descriptor.valueSize)
        let second = registers[2]
        let isAllowed =
            switch helper {
            case .lookUp, .update, .delete, .lookUpInLane: mayRead(second, count: UInt64(map.descriptor.keySize))
            case .push: mayRead(second, count: valueSize)
            // A filter is asked for the value that lies there.
            case .peek where map.descriptor.structure == .filter: mayRead(second, count: valueSize)
            case .pop, .peek: mayWrite(second, count: valueSize)
            }
        guard isAllowed else { return refuse(second) }
        if helper == .update, !mayRead(registers[3], count: valueSize) { return refuse(registers[3]) }
        do throws(MapAccessError) {
            switch helper {
            case .lookUp:
                let value = try map.lookup(key: second)
                registers[0] = map.descriptor.isMapOfMaps ? maps.innerMap(at: value) : value
            case .lookUpInLane:
                registers[0] = try map.lookup(key: second, lane: UInt32(truncatingIfNeeded: registers[3]))
                if registers[0] != 0 { regions.showsAllLanes = true }
            case .update:
                registers[0] = extend(try map.update(key: second, value: registers[3], flags: registers[4]))
            case .delete: registers[0] = extend(try map.delete(key: second))
            case .push: registers[0] = extend(try map.push(value: second, flags: registers[3]))
            case .pop: registers[0] = extend(try map.pop(into: second))
            case .peek: registers[0] = extend(try map.peek(at: second))
            }
        } catch {
            guard case .busy = error, helper != .lookUp, helper != .lookUpInLane else {
                refusedArgument = registers[1]
                return .corruptMap
            }
            registers[0] = extend(error.errno)
        }
        return nil
    }

    /// A look-up in a map that is found without looking twice, by a key that is known to be the program's to read; nil otherwise.
    @inline(never) mutating func lookUpQuickly(_ map: UInt64, _ key: UInt64) -> UInt64? {
        guard !Mode(boot.executionMode).checksAccesses else { return nil }
        return maps.quickValue(inMapAt: map, key: key)
    }

    /// One step of `bpf_for_each_map_elem`; see ``Helper/mapElementFrom``.
    @_optimize(size) mutating func mapElement(_ registers: inout [16 of UInt64]) -> FaultKind? {
        let place = registers[3]
        guard let map = maps.map(ofElementsAt: registers[1]), map.descriptor.keySize <= Map.mostForEachKeyBytes else {
            return refuse(registers[1])
        }
        guard mayWrite(place, count: 8 &+ UInt64(Map.mostForEachKeyBytes)) else { return refuse(place) }
        do throws(MapAccessError) {
            let element = try map.element(from: registers[2], key: place &+ 8)
            memory.store64(place, element.value)
            registers[0] = element.next
        } catch {
            refusedArgument = registers[1]
            return .corruptMap
        }
        return nil
    }

    /// What ``callMap(_:_:)`` can do.
    enum MapHelper {
        case lookUp, update, delete, push, pop, peek, lookUpInLane
    }
}
