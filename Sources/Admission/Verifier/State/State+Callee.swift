/// What a function cannot see of its callers, and so can neither use nor change.
///
/// Put away while the function is verified, it keeps no two states apart, and what is found out of the function holds for every caller
/// that shows it the same.
struct HiddenPart: Sendable {
    fileprivate(set) var cells: [Cell] = []
    /// By frame: its bytes, where none of the function's pointers lead.
    fileprivate(set) var frames: [FrameBytes?] = []
    fileprivate(set) var returns: [Int32] = []
}

extension State {
    /// Puts away what the function that was just entered cannot reach.
    ///
    /// Anything stays that an instruction of the function could change from afar: what has a symbol with something that stays (one
    /// check refines all), what goes with the packet (a helper may move it), and what was acquired (a helper may take it back).
    mutating func hideCallers() -> HiddenPart {
        var hidden = HiddenPart()
        let reachable = reachableFrames
        for frame in 0..<depth {
            let isSeen = reachable >> UInt8(frame) & 1 != 0
            hidden.frames.append(isSeen ? nil : frames[frame])
            if !isSeen { frames[frame] = FrameBytes() }
        }
        hidden.returns = returns
        for index in returns.indices { returns[index] = -1 }

        var symbols: Set<UInt32> = [Symbol.packetSize]
        func stays(_ cell: Cell) -> Bool {
            let isSaved = !Place.isStack(cell.key)
            return !isSaved && reachable >> UInt8(Place.frame(cell.key)) & 1 != 0 || cell.value.changesFromAfar
        }
        for register in 0..<10 where registers[register].kind != .unusable {
            symbols.insert(registers[register].symbol)
        }
        for cell in cells where stays(cell) { symbols.insert(cell.value.symbol) }
        symbols.remove(Symbol.none)
        var kept: [Cell] = []
        for cell in cells {
            if stays(cell) || symbols.contains(cell.value.symbol) {
                kept.append(cell)
            } else {
                hidden.cells.append(cell)
            }
        }
        cells = kept
        return hidden
    }

    /// Puts back what ``hideCallers()`` of a caller took away, at the end of the function.
    mutating func show(_ hidden: HiddenPart) {
        returns = hidden.returns
        for (frame, bytes) in hidden.frames.enumerated() {
            if let bytes { frames[frame] = bytes }
        }
        for cell in hidden.cells { setCell(cell.key, size: cell.size, cell.value) }
    }

    /// The callers' frames, a bit each, that pointers of the running function lead to, directly or through what lies in such a frame.
    private var reachableFrames: UInt8 {
        var reachable: UInt8 = 0
        func add(_ value: Value) {
            if value.kind == .stack, Int(value.frame) < depth { reachable |= 1 << value.frame }
        }
        for register in 0..<10 { add(registers[register]) }
        var before: UInt8
        repeat {
            before = reachable
            for cell in cells where Place.isStack(cell.key) && reachable >> UInt8(Place.frame(cell.key)) & 1 != 0 {
                add(cell.value)
            }
        } while reachable != before
        return reachable
    }
}

extension Value {
    /// An instruction that has nothing to do with this value may change what is known of it.
    fileprivate var changesFromAfar: Bool {
        switch kind {
        case .packet, .packetEnd, .packetMeta, .packetLow, .memory, .socket, .kernelObject: true
        case .scalar, .tainted: extent > 0
        case .unusable, .context, .stack, .map, .mapValue, .function: false
        }
    }
}
