internal import Bytecode

/// Programs, and behind them functions in bytecode that stand for helpers that they call.
///
/// What is written so needs nothing of the image, which is full, and no engine needs to know of it: it is code like the program's own, and an
/// access that is not proven is checked as the program's own are. The proof is of the program as its author wrote it; the functions are ours.
struct AppendedCode {
    /// Programs, one behind the other, every target an index into all of it; then functions.
    private(set) var code: [Instruction]

    init(_ code: [Instruction]) { self.code = code }

    subscript(index: Int) -> Instruction {
        get { code[index] }
        set { code[index] = newValue }
    }

    /// Makes every call of a helper a call of a function, which is appended once; whether there was any call.
    @discardableResult
    mutating func replace(helper: UInt32, by append: (inout AppendedCode) -> Void) -> Bool {
        let calls = self.calls(of: helper)
        guard !calls.isEmpty else { return false }
        let start = Int32(code.count)
        append(&self)
        for index in calls { code[index] = Instruction(.callLocal, offset: start) }
        return true
    }

    /// Makes every call of a helper one instruction.
    mutating func replace(helper: UInt32, by instruction: Instruction) {
        for index in calls(of: helper) { code[index] = instruction }
    }

    private func calls(of helper: UInt32) -> [Int] {
        code.indices.filter { code[$0].operation == .callHelper && code[$0].immediate == Int64(helper) }
    }

    // MARK: Writing

    mutating func put(
        _ operation: Bytecode.Operation, _ destination: UInt8 = 0, _ source: UInt8 = 0, offset: Int32 = 0,
        immediate: Int64 = 0
    ) {
        code.append(
            Instruction(operation, destination: destination, source: source, offset: offset, immediate: immediate))
    }

    mutating func set(_ register: UInt8, to number: Int64) {
        put(.mov64Immediate, register, immediate: number)
    }

    mutating func copy(_ register: UInt8, from source: UInt8) { put(.mov64Register, register, source) }

    mutating func add(_ number: Int64, to registers: UInt8...) {
        for register in registers { put(.add64Immediate, register, immediate: number) }
    }

    mutating func call(_ helper: Helper) { put(.callHelper, immediate: Int64(helper.rawValue)) }

    mutating func exit() { put(.exit) }

    /// A place to jump back to.
    var here: Int32 { Int32(code.count) }

    /// A jump whose target is not known yet.
    mutating func jump(_ operation: Bytecode.Operation = .jump, _ a: UInt8 = 0, _ b: UInt8 = 0, immediate: Int64 = 0)
        -> Int
    {
        put(operation, a, b, immediate: immediate)
        return code.count - 1
    }

    mutating func jump(to place: Int32) { put(.jump, offset: place) }

    mutating func land(_ jumps: Int...) { for jump in jumps { code[jump].offset = here } }
}
