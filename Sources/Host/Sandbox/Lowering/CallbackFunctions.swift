internal import Bytecode

/// `bpf_loop` and `bpf_for_each_map_elem` as functions in bytecode, behind the programs that call them (kernel/bpf/bpf_iter.c,
/// kernel/bpf/helpers.c): what calls a function of the program is a function like any other, to the interpreter and the compiler alike, and
/// no engine has a way back into the program of its own.
///
/// The address of a function is its number among those whose address is taken, from 1 on, so a call of it is a comparison for each of them
/// and a call to a constant. A callback is one frame deeper than on Linux.
struct CallbackFunctions {
    private var code: AppendedCode
    /// Where the functions begin whose address is taken.
    private let targets: [Int32]

    /// Makes the calls of both helpers calls of functions at the end, and addresses numbers.
    static func lower(_ code: inout AppendedCode) {
        let instructions = code.code
        let targets = Set(instructions.filter { $0.operation == .loadCodeAddress }.map(\.offset)).sorted()
        for (index, instruction) in instructions.enumerated() where instruction.operation == .loadCodeAddress {
            let number = targets.firstIndex(of: instruction.offset).map { $0 + 1 } ?? 0
            code[index] = Instruction(
                .loadImmediate64, destination: instruction.destination, immediate: Int64(number))
        }
        code.replace(helper: loopHelper) { write(&$0, targets) { $0.appendLoop() } }
        code.replace(helper: forEachHelper) { write(&$0, targets) { $0.appendForEach() } }
    }

    static let loopHelper: UInt32 = 181
    static let forEachHelper: UInt32 = 164
    /// BPF_MAX_LOOPS (include/linux/bpf.h).
    private static let mostLoops: Int64 = 8 << 20
    private static let invalid: Int64 = -22
    private static let tooBig: Int64 = -7

    private static func write(
        _ code: inout AppendedCode, _ targets: [Int32], _ append: (inout CallbackFunctions) -> Void
    ) {
        var functions = CallbackFunctions(code: code, targets: targets)
        append(&functions)
        code = functions.code
    }

    private mutating func put(
        _ operation: Bytecode.Operation, _ destination: UInt8 = 0, _ source: UInt8 = 0, offset: Int32 = 0,
        immediate: Int64 = 0
    ) { code.put(operation, destination, source, offset: offset, immediate: immediate) }

    private mutating func set(_ register: UInt8, to number: Int64) { code.set(register, to: number) }

    private mutating func copy(_ register: UInt8, from source: UInt8) { code.copy(register, from: source) }

    private mutating func jump(_ operation: Bytecode.Operation, _ a: UInt8 = 0, _ b: UInt8 = 0, immediate: Int64 = 0)
        -> Int
    { code.jump(operation, a, b, immediate: immediate) }

    private mutating func land(_ jumps: Int...) { for jump in jumps { code.land(jump) } }

    /// Calls the function whose number is in `register`; R0 is what it returns, or 1, which ends any loop, where there is no such function.
    private mutating func call(numberIn register: UInt8) {
        var ends: [Int] = []
        for (index, target) in targets.enumerated() {
            let next = jump(.jumpNotEqual64Immediate, register, immediate: Int64(index + 1))
            put(.callLocal, offset: target)
            ends.append(jump(.jump))
            land(next)
        }
        set(0, to: 1)
        for end in ends { land(end) }
    }

    /// `long bpf_loop(u32 nr_loops, callback, ctx, u64 flags)`: how often the callback ran.
    private mutating func appendLoop() {
        set(0, to: Self.invalid)
        let hasFlags = jump(.jumpNotEqual64Immediate, 4)
        set(0, to: Self.tooBig)
        put(.mov32Register, 6, 1)
        let isLong = jump(.jumpGreater64Immediate, 6, immediate: Self.mostLoops)
        copy(7, from: 3)
        copy(9, from: 2)
        set(8, to: 0)
        let first = jump(.jump)
        let top = code.here
        copy(1, from: 8)
        copy(2, from: 7)
        call(numberIn: 9)
        put(.add64Immediate, 8, immediate: 1)
        let isOver = jump(.jumpNotEqual64Immediate, 0)
        land(first)
        put(.jumpLess64Register, 8, 6, offset: top)
        land(isOver)
        copy(0, from: 8)
        land(hasFlags, isLong)
        put(.exit)
    }

    /// `long bpf_for_each_map_elem(map, callback, ctx, u64 flags)`: how often the callback ran. The key of each element lies in the frame.
    private mutating func appendForEach() {
        let (count, function): (Int32, Int32) = (-8, -16)
        let element = -Int64(512)
        set(0, to: Self.invalid)
        let hasFlags = jump(.jumpNotEqual64Immediate, 4)
        copy(6, from: 1)
        copy(7, from: 3)
        put(.store64Register, 10, 2, offset: function)
        put(.store64Immediate, 10, offset: count)
        set(9, to: 0)
        let top = code.here
        copy(1, from: 6)
        copy(2, from: 9)
        copy(3, from: 10)
        put(.add64Immediate, 3, immediate: element)
        put(.callHelper, immediate: Int64(Helper.mapElementFrom.rawValue))
        let isAtEnd = jump(.jumpEqual64Immediate, 0)
        copy(9, from: 0)
        put(.load64, 1, 10, offset: count)
        put(.add64Immediate, 1, immediate: 1)
        put(.store64Register, 10, 1, offset: count)
        copy(1, from: 6)
        copy(2, from: 10)
        put(.add64Immediate, 2, immediate: element + 8)
        put(.load64, 3, 10, offset: Int32(element))
        copy(4, from: 7)
        put(.load64, 8, 10, offset: function)
        call(numberIn: 8)
        put(.jumpEqual64Immediate, 0, offset: top)
        land(isAtEnd)
        put(.load64, 0, 10, offset: count)
        land(hasFlags)
        put(.exit)
    }
}
