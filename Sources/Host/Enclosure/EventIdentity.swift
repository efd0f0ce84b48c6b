internal import Channel

/// Who did what an event tells of, as `bpf_get_current_pid_tgid` and its kin say it.
package struct EventIdentity: Equatable, Sendable {
    /// A process, which Linux calls a thread group, and the thread in it.
    package var process: UInt32 = 0
    package var thread: UInt32 = 0
    package var user: UInt32 = 0
    package var group: UInt32 = 0
    package var cgroup: UInt64 = 0
    /// Of the socket.
    package var cookie: UInt64 = 0
    /// The name of the process; what is behind 15 bytes is cut.
    package var command: [UInt8] = []

    package init() {}

    func write(to memory: CellMemory, slot: UInt64) {
        memory.storeRelaxed64(slot + EventSlot.process, UInt64(process) << 32 | UInt64(thread))
        memory.storeRelaxed64(slot + EventSlot.user, UInt64(group) << 32 | UInt64(user))
        memory.storeRelaxed64(slot + EventSlot.cgroup, cgroup)
        memory.storeRelaxed64(slot + EventSlot.cookie, cookie)
        var words: (UInt64, UInt64) = (0, 0)
        for (index, byte) in command.prefix(Int(EventSlot.commandSize) - 1).enumerated() {
            if index < 8 {
                words.0 |= UInt64(byte) << (8 * UInt64(index))
            } else {
                words.1 |= UInt64(byte) << (8 * UInt64(index - 8))
            }
        }
        memory.storeRelaxed64(slot + EventSlot.command, words.0)
        memory.storeRelaxed64(slot + EventSlot.command + 8, words.1)
    }
}

/// The fields of a context that hold addresses of the event's slot: where they are, in bytes from the context's start.
package struct ContextPointers: Equatable, Sendable {
    /// 32 bits each, as Linux has them, or 64 where they are wide: the packet's first byte, its end, and its metadata, which is empty at first.
    package var data: Int?
    package var dataEnd: Int?
    package var dataMeta: Int?
    package var isWide = false
    /// 64 bits: an object that lies in the context too.
    package var object: (field: Int, place: Int)?

    package init() {}

    package static func == (left: ContextPointers, right: ContextPointers) -> Bool {
        left.data == right.data && left.dataEnd == right.dataEnd && left.dataMeta == right.dataMeta
            && left.isWide == right.isWide && left.object?.field == right.object?.field
            && left.object?.place == right.object?.place
    }

    /// - Parameter contextSize: what no field may lie behind.
    @inline(__always)
    func write(to memory: CellMemory, slot: UInt64, payloadSize: UInt64, contextSize: Int) {
        let context = slot + EventSlot.context
        let payload = slot + EventSlot.payload
        func address(_ field: Int, _ width: Int) -> UInt64 {
            precondition(field >= 0 && field <= contextSize - width, "a pointer lies within its context")
            return context + UInt64(field)
        }
        if isWide {
            if let data { memory.store64(address(data, 8), payload) }
            if let dataEnd { memory.store64(address(dataEnd, 8), payload + payloadSize) }
            return
        }
        // Everything in a cell lies below 4 GiB.
        if let data { memory.store32(address(data, 4), UInt32(payload)) }
        if let dataEnd { memory.store32(address(dataEnd, 4), UInt32(payload + payloadSize)) }
        if let dataMeta { memory.store32(address(dataMeta, 4), UInt32(payload)) }
        if let object { memory.store64(address(object.field, 8), context + UInt64(object.place)) }
    }
}
