internal import Bytecode
internal import Channel

/// What a register holds, as far as the straight code before an instruction says.
///
/// Looked for where a helper is called, which is rare, rather than kept up to date at every instruction.
extension Lowering {
    enum Origin: Equatable {
        /// The address of this map's descriptor.
        case map(Int)
        /// What a look-up in a map of maps has found: the address of a descriptor, or 0.
        case foundMap
    }

    /// Instructions that are looked back over.
    private static let farthest = 64

    /// What `register` holds when the instruction at `index` begins, if every way there says so.
    ///
    /// Nothing is believed but the code itself: where control may come from elsewhere, or where it is far, nothing is known.
    func origin(
        of register: UInt8, before index: Int, _ code: borrowing Span<Instruction>, _ notes: borrowing Notes
    ) -> Origin? {
        guard let place = lastWrite(of: register, before: index, code, notes) else { return nil }
        if let map = map(loadedBy: code[place]) { return .map(map) }
        // R0 of a look-up in what is itself known, so this ends here.
        guard isLookUp(code[place]), let loaded = lastWrite(of: 1, before: place, code, notes),
            let outer = map(loadedBy: code[loaded]), program.maps[outer].isOfMaps
        else { return nil }
        return .foundMap
    }

    /// The constant that `register` holds when the instruction at `index` begins, if every way there says so.
    func constant(
        in register: UInt8, before index: Int, _ code: borrowing Span<Instruction>, _ notes: borrowing Notes
    ) -> UInt64? {
        guard let place = lastWrite(of: register, before: index, code, notes) else { return nil }
        let loaded = code[place]
        if loaded.operation == .mov64Immediate || loaded.operation == .loadImmediate64 {
            return UInt64(bitPattern: loaded.immediate)
        }
        return loaded.operation == .mov32Immediate ? UInt64(UInt32(truncatingIfNeeded: loaded.immediate)) : nil
    }

    /// The instruction that made what `register` holds, copies followed back.
    private func lastWrite(
        of register: UInt8, before index: Int, _ code: borrowing Span<Instruction>, _ notes: borrowing Notes
    ) -> Int? {
        var register = register
        var index = index
        var steps = Self.farthest
        while steps > 0, index > 0, !notes.isTarget(index) {
            steps -= 1
            index -= 1
            if code[index].operation == .wideImmediateTail { index -= 1 }
            // Control comes from the instruction before, which is then reachable.
            guard index >= 0, notes.isReachable(index) else { return nil }
            let effects = notes.effects(index)
            // R1 to R5 survive a helper, R6 to R10 a function too.
            if effects.contains(.callsLocal), register < 6 { return nil }
            if effects.contains(.writesResult), register == 0 { return index }
            guard notes.writes(register, at: index) else { continue }
            guard code[index].operation == .mov64Register else { return index }
            register = code[index].source
        }
        return nil
    }

    private func map(loadedBy instruction: Instruction) -> Int? {
        guard instruction.operation == .loadMapByFD || instruction.operation == .loadMapByIndex else { return nil }
        let map = Int(UInt32(truncatingIfNeeded: instruction.immediate))
        return map < program.maps.count ? map : nil
    }

    private func isLookUp(_ instruction: Instruction) -> Bool {
        instruction.operation == .callHelper && program.helperProfile == .linux
            && instruction.immediate == Int64(Helper.mapLookupElement.rawValue)
    }
}
