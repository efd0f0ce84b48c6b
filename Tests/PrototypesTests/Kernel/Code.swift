/// Code for the kernel's verifier: slots of RFC 9669 section 3, jumps to an end that is set last.
struct Code {
    private(set) var slots: [UInt64] = []
    /// Jumps that wait for ``land(_:)``.
    private var waiting: [Int] = []
    /// Addresses of the callback that wait for it.
    private var callbacks: [Int] = []
    /// What the callback returns, and the register through which it reads first, if any.
    var callbackResult: Int32 = 0
    var callbackReads: UInt8?
    /// Where the callback begins.
    private(set) var callback: Int?

    mutating func emit(_ opcode: UInt8, _ to: UInt8 = 0, _ from: UInt8 = 0, _ offset: Int16 = 0, _ value: Int32 = 0) {
        slots.append(
            UInt64(opcode) | UInt64(to) << 8 | UInt64(from) << 12 | UInt64(UInt16(bitPattern: offset)) << 16
                | UInt64(UInt32(bitPattern: value)) << 32)
    }

    mutating func move(_ to: UInt8, _ from: UInt8) { emit(0xBF, to, from) }
    mutating func set(_ to: UInt8, _ value: Int32) { emit(0xB7, to, 0, 0, value) }
    /// The address of a byte of the stack.
    mutating func stack(_ to: UInt8, _ offset: Int32) {
        move(to, 10)
        emit(0x07, to, 0, 0, offset)
    }
    mutating func map(_ to: UInt8, _ descriptor: Int32) {
        emit(0x18, to, 1, 0, descriptor)
        emit(0)
    }
    /// The address of the first byte of the only value of an array.
    mutating func value(_ to: UInt8, _ descriptor: Int32) {
        emit(0x18, to, 2, 0, descriptor)
        emit(0)
    }
    mutating func callbackAddress(_ to: UInt8) {
        callbacks.append(slots.count)
        emit(0x18, to, 4)
        emit(0)
    }
    /// Opcode for loads; the store from a register has the opcode 2 higher.
    static func load(_ size: UInt32) -> UInt8 {
        switch size {
        case 1: 0x71
        case 2: 0x69
        case 4: 0x61
        default: 0x79
        }
    }
    mutating func load(_ to: UInt8, _ from: UInt8, _ offset: Int16, size: UInt32 = 8) {
        emit(Self.load(size), to, from, offset)
    }
    mutating func store(_ base: UInt8, _ from: UInt8, _ offset: Int16, size: UInt32 = 8) {
        emit(Self.load(size) + 2, base, from, offset)
    }
    mutating func call(_ helper: UInt32) { emit(0x85, 0, 0, 0, Int32(helper)) }
    /// To the end if the register is 0.
    mutating func endIfZero(_ register: UInt8) { jump(0x15, register, 0) }
    mutating func jump(_ opcode: UInt8, _ left: UInt8, _ right: UInt8) {
        waiting.append(slots.count)
        emit(opcode, left, right)
    }
    /// The end: R0 becomes the result. Behind it the callback, where one is wanted.
    mutating func finish(_ result: Int32) {
        for index in waiting { slots[index] |= UInt64(UInt16(slots.count - index - 1)) << 16 }
        waiting = []
        set(0, result)
        emit(0x95)
        guard !callbacks.isEmpty else { return }
        let start = slots.count
        callback = start
        for index in callbacks { slots[index] |= UInt64(UInt32(start - index - 1)) << 32 }
        if let register = callbackReads { load(0, register, 0, size: 1) }
        set(0, callbackResult)
        emit(0x95)
    }
}
