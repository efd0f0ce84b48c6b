internal import Enclosure
internal import PolicyCore
internal import Supervision

/// Where a system call that begins or ends goes in the context of a program of a tracepoint.
struct CallFields {
    private let layout: EventLayout
    private let isRaw: Bool
    /// Whether the hook is of every call: the number is then a `long`, which may be -1.
    private let isOfAll: Bool
    private let readsMemory: Bool

    /// Where the kernel would have the registers: `struct pt_regs` at the top of a stack. Programs of raw tracepoints read them there.
    private static let registers: UInt64 = 0xFFFF_C900_0000_3F58

    init(_ layout: EventLayout, isRaw: Bool, isOfAll: Bool, readsMemory: Bool) {
        self.layout = layout
        self.isRaw = isRaw
        self.isOfAll = isOfAll
        self.readsMemory = readsMemory
    }

    /// What a sandbox has to have room for.
    static let largestPayload = 2048 + EventMemory.capacity

    func event(_ call: SupervisedObservation) -> Event {
        var event = Event(context: layout.emptyContext)
        let number = UInt64(bitPattern: Int64(call.call))
        let result = UInt64(bitPattern: call.result)
        func put(_ value: UInt64, at offset: Int) {
            for index in 0..<8 {
                event.context[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))
            }
        }
        if isRaw {
            // TP_PROTO(struct pt_regs *regs, long id) and (…, long ret) in include/trace/events/syscalls.h.
            put(Self.registers, at: 0)
            put(call.ends ? result : number, at: 8)
        } else {
            // struct syscall_trace_enter and syscall_trace_exit, behind the eight bytes that are not for programs.
            put(isOfAll ? number : number & 0xFFFF_FFFF, at: 8)
            if call.ends {
                put(result, at: 16)
            } else {
                for index in 0..<6 { put(call.arguments[index], at: 16 + 8 * index) }
            }
        }
        if readsMemory {
            var parts = call.memory.map { EventMemory.Part(address: $0.address, bytes: $0.bytes) }
            if isRaw { parts.insert(EventMemory.Part(address: Self.registers, bytes: call.registers), at: 0) }
            event.memory = EventMemory.bytes(of: parts)
        }
        var identity = EventIdentity()
        (identity.process, identity.thread) = (call.process, call.thread)
        (identity.user, identity.group) = (call.user, call.group)
        identity.command = call.command
        event.identity = identity
        return event
    }
}
