import Bytecode

/// Collects instructions; jumps go to labels that get their place later.
struct Emitter {
    struct Label {
        fileprivate var number: Int
    }

    private(set) var code: [Instruction] = []
    private var places: [Int?] = []
    private var jumps: [(instruction: Int, label: Int)] = []

    mutating func label() -> Label {
        places.append(nil)
        return Label(number: places.count - 1)
    }

    mutating func place(_ label: Label) { places[label.number] = code.count }

    mutating func emit(
        _ operation: Operation, _ destination: UInt8 = 0, _ source: UInt8 = 0, offset: Int32 = 0, _ immediate: Int64 = 0
    ) {
        code.append(
            Instruction(operation, destination: destination, source: source, offset: offset, immediate: immediate))
        if operation.encoding.occupiesTwoSlots { code.append(Instruction(.wideImmediateTail)) }
    }

    mutating func jump(
        _ operation: Operation, _ destination: UInt8 = 0, _ source: UInt8 = 0, _ immediate: Int64 = 0, to label: Label
    ) {
        jumps.append((code.count, label.number))
        emit(operation, destination, source, offset: 0, immediate)
    }

    /// The instructions with every target in place.
    func finished() -> [Instruction] {
        var code = code
        for jump in jumps { code[jump.instruction].offset = Int32(places[jump.label] ?? 0) }
        return code
    }
}
